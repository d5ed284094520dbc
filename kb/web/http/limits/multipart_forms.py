"""Read forms with files (`multipart/form-data`, RFC 7578) in chunks, so that no file is held in memory."""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import IO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from kb.errors import Invalid, Unavailable
from kb.extraction.file_type_detection import HEAD_BYTES
from kb.web.http.limits.request_bodies import DISK_FULL
from kb.web.http.urls.listing_scope import Pairs

MULTIPART_TYPE = "multipart/form-data"
MOST_PARTS = 50
LONGEST_FIELDS = 1 << 20
"""Bytes of all fields of such a form together, without its files."""
_LONGEST_TYPE = 1000
"""Characters of the content type, whose boundary has 70 at most (RFC 2046, 5.1.1)."""
_CHUNK = 64 * 1024
_NOT_OUR_FORM = "The request is not a form of this site."


def is_multipart(headers: Mapping[str, str]) -> bool:
    """Whether a body is declared as a form with files."""
    return headers.get("content-type", "").partition(";")[0].strip().lower() == MULTIPART_TYPE


@dataclass(frozen=True, slots=True)
class Upload:
    """A file sent by a browser: `field` is its field in the form, `name` its file name on the user's machine.

    Its content is `size` bytes of `file` from `start` on, readable until the request is answered.
    """

    field: str
    name: str
    size: int
    file: IO[bytes] = dataclasses.field(repr=False, compare=False)
    start: int = dataclasses.field(default=0, repr=False, compare=False)

    @property
    def content(self) -> bytes:
        """The whole content in memory: only for uploads of some MiB."""
        return b"".join(self.chunks())

    @property
    def head(self) -> bytes:
        """The first bytes, by which its kind is known."""
        return next(self.chunks(), b"")[:HEAD_BYTES]

    @property
    def digest(self) -> str:
        """The SHA-256 of the content, in hexadecimal."""
        hash_ = sha256()
        for piece in self.chunks():
            hash_.update(piece)
        return hash_.hexdigest()

    def chunks(self) -> Iterator[bytes]:
        """The content, in chunks that fit in memory whatever its size."""
        place, end = self.start, self.start + self.size
        while place < end:
            self.file.seek(place)
            piece = self.file.read(min(_CHUNK, end - place))
            place += len(piece)
            yield piece


def parse_multipart(content_type: str, body: IO[bytes], files: IO[bytes]) -> tuple[Pairs, tuple[Upload, ...]]:
    """The fields and the uploads of a form; the content of uploads is written to `files`.

    Raises Invalid for an invalid form, and for too many or too long fields; Unavailable if the disk is full.
    """
    _, options = parse_options_header(content_type[:_LONGEST_TYPE])
    if not (boundary := options.get(b"boundary")):
        raise Invalid(_NOT_OUR_FORM)
    reader = _MultipartReader(files)
    try:
        parser = MultipartParser(boundary, reader.callbacks())  # type: ignore[arg-type]
        while piece := body.read(_CHUNK):
            parser.write(piece)
        parser.finalize()
        return reader.fields(), reader.uploads()
    except (FormParserError, ValueError):
        raise Invalid(_NOT_OUR_FORM) from None
    except OSError:
        raise Unavailable(DISK_FULL) from None


@dataclass(slots=True)
class _Part:
    """`content` is the value of a field; of a file, `size` bytes are in the file of uploads, from `start` on."""

    start: int
    header: bytearray = field(default_factory=bytearray)
    value: bytearray = field(default_factory=bytearray)
    options: dict[bytes, bytes] = field(default_factory=dict)
    content: bytearray = field(default_factory=bytearray)
    size: int = 0

    @property
    def is_file(self) -> bool:
        return b"filename" in self.options


@dataclass(slots=True)
class _MultipartReader:
    """Receives the parser's results, as slices of its input."""

    files: IO[bytes]
    parts: list[_Part] = field(default_factory=list)
    is_whole: bool = False
    in_fields: int = 0

    def callbacks(self) -> dict[str, object]:
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._current_part.header.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._current_part.value.extend(data[start:end]),
            "on_header_end": self._header,
            "on_part_data": self._data,
            "on_end": self._end,
        }

    @property
    def _current_part(self) -> _Part:
        return self.parts[-1]

    def _begin(self) -> None:
        if len(self.parts) == MOST_PARTS:
            raise Invalid(_NOT_OUR_FORM)
        self.parts.append(_Part(self.files.tell()))

    def _header(self) -> None:
        part = self._current_part
        if part.header.lower() == b"content-disposition":
            part.options = parse_options_header(part.value.decode("latin-1"))[1]
        part.header.clear()
        part.value.clear()

    def _data(self, data: bytes, start: int, end: int) -> None:
        part = self._current_part
        if part.is_file:
            part.size += self.files.write(data[start:end])
            return
        self.in_fields += end - start
        if self.in_fields > LONGEST_FIELDS:
            raise Invalid(_NOT_OUR_FORM)
        part.content.extend(data[start:end])

    def _end(self) -> None:
        self.is_whole = True

    def fields(self) -> Pairs:
        if not self.is_whole:
            raise Invalid(_NOT_OUR_FORM)
        parts = (part for part in self.parts if not part.is_file)
        return tuple((part.options.get(b"name", b"").decode(), bytes(part.content).decode()) for part in parts)

    def uploads(self) -> tuple[Upload, ...]:
        return tuple(
            Upload(
                part.options.get(b"name", b"").decode(),
                part.options[b"filename"].decode("utf-8", "replace"),
                part.size,
                self.files,
                part.start,
            )
            for part in self.parts
            if part.is_file
        )
