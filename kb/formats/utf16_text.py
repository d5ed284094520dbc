"""Text files in UTF-16 or UTF-32 with a byte order mark, such as the "Unicode text" of Excel, as UTF-8."""

import codecs
from collections.abc import Iterable, Iterator

# A mark of UTF-32 begins with that of UTF-16.
_ENCODINGS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def chunks_in_utf8(head: bytes, chunks: Iterable[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first bytes of a file and the others, in UTF-8 without the mark if they have one of UTF-16 or UTF-32.

    What is no character becomes U+FFFD.
    """
    encoding = next((encoding for mark, encoding in _ENCODINGS if head.startswith(mark)), None)
    if encoding is None:
        return head, iter(chunks)
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    return decoder.decode(head).encode(), _decoded(decoder, chunks)


def _decoded(decoder: codecs.IncrementalDecoder, chunks: Iterable[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        yield decoder.decode(chunk).encode()
    yield decoder.decode(b"", final=True).encode()
