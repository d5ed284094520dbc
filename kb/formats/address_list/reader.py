"""A list of addresses, one a line: words after an address are its title, and lines that begin with `#` are skipped."""

import re
from collections.abc import Iterable, Iterator

from kb.errors import translatable
from kb.formats.shared.decoded_text import decode_head, numbered_text_lines
from kb.formats.shared.import_format import ImportFormat
from kb.model.items.import_draft import ItemDraft, RecordWarning, warning_of
from kb.model.storable_text import one_line

_LONGEST_LINE = 100_000
# Commas and semicolons occur in addresses of newspapers; at the end of one they separate it from the next.
_ADDRESS = re.compile(
    r"(?:[-*•]\s)?<?(https?://[^\s<>]++)>?[,;]?(?:\s++(?:[-–—:]\s++)?+(.*+)|)", re.IGNORECASE | re.DOTALL
)


def is_address_list(head: bytes) -> bool:
    """Whether the first line that is not empty, of a file that begins with these bytes, begins with an address."""
    lines = (line.strip() for line in decode_head(head).split("\n"))
    first = next((line for line in lines if line and not line.startswith("#")), "")
    return _ADDRESS.fullmatch(first) is not None


def read_address_list(chunks: Iterable[bytes]) -> Iterator[ItemDraft | RecordWarning]:
    """An item for each address, in order."""
    for entry in numbered_text_lines(chunks, _LONGEST_LINE):
        if isinstance(entry, RecordWarning):
            yield entry
            continue
        number, line = entry
        if match := _ADDRESS.fullmatch(line.strip()):
            yield ItemDraft(url=match[1].rstrip(",;"), title=one_line(match[2] or "") or None)
        elif (text := line.strip()) and not text.startswith("#"):
            yield warning_of("This line is no address.", number, skipped=True)


ADDRESS_LIST_IMPORT = ImportFormat(
    "addresses",
    translatable("A list of addresses, one on each line"),
    (".txt", "text/plain"),
    is_address_list,
    read_address_list,
)
