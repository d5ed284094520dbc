"""Forms that carry files (`multipart/form-data`, RFC 7578), read in memory: the body is bounded before."""

from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from kb.errors import Invalid
from kb.web.places import Pairs

MEDIA_TYPE = "multipart/form-data"
MOST_PARTS = 50
_NOT_OURS = "What was sent is not a form of this site."


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as a browser sends it: `field` names its place in the form, `name` is what it is called there."""

    field: str
    name: str
    content: bytes


def parts_of(content_type: str, body: bytes) -> tuple[Pairs, tuple[Upload, ...]]:
    """The fields and the files of a form. Raises Invalid for what is none, and for too many of them."""
    _, options = parse_options_header(content_type)
    if not (boundary := options.get(b"boundary")):
        raise Invalid(_NOT_OURS)
    reader = _Reader()
    try:
        parser = MultipartParser(boundary, reader.callbacks())  # type: ignore[arg-type]
        parser.write(body)
        parser.finalize()
        return reader.fields(), reader.files()
    except (FormParserError, ValueError):
        raise Invalid(_NOT_OURS) from None


@dataclass(slots=True)
class _Part:
    header: bytearray = field(default_factory=bytearray)
    value: bytearray = field(default_factory=bytearray)
    disposition: str = ""
    content: bytearray = field(default_factory=bytearray)

    def options(self) -> dict[bytes, bytes]:
        return parse_options_header(self.disposition)[1]


@dataclass(slots=True)
class _Reader:
    """What the parser has told; it gives slices of what it was given."""

    parts: list[_Part] = field(default_factory=list)
    is_whole: bool = False

    def callbacks(self) -> dict[str, object]:
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._here.header.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._here.value.extend(data[start:end]),
            "on_header_end": self._header,
            "on_part_data": lambda data, start, end: self._here.content.extend(data[start:end]),
            "on_end": self._end,
        }

    @property
    def _here(self) -> _Part:
        return self.parts[-1]

    def _begin(self) -> None:
        if len(self.parts) == MOST_PARTS:
            raise Invalid(_NOT_OURS)
        self.parts.append(_Part())

    def _header(self) -> None:
        part = self._here
        if part.header.lower() == b"content-disposition":
            part.disposition = part.value.decode("latin-1")
        part.header.clear()
        part.value.clear()

    def _end(self) -> None:
        self.is_whole = True

    def fields(self) -> Pairs:
        if not self.is_whole:
            raise Invalid(_NOT_OURS)
        found = ((options, one) for one in self.parts if b"filename" not in (options := one.options()))
        return tuple((options.get(b"name", b"").decode(), bytes(one.content).decode()) for options, one in found)

    def files(self) -> tuple[Upload, ...]:
        found = ((options, one) for one in self.parts if b"filename" in (options := one.options()))
        return tuple(
            Upload(
                options.get(b"name", b"").decode(), options[b"filename"].decode("utf-8", "replace"), bytes(one.content)
            )
            for options, one in found
        )
