"""The tags and the text of HTML, in bounded memory and in time proportional to its length.

The parser of the standard library keeps an unfinished tag and reads it again with each chunk, and some of its versions
take the square of the length for comments and attributes that never end. Here a tag has 1 MiB at most.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from kb.formats.shared.field_values import unescape_references
from kb.model.items.import_draft import RecordWarning

_LONGEST_TAG = 1 << 20
_ATTRIBUTE = re.compile(r"""([^\s=/"'<>]++)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++)))?""")
_NAME = re.compile(r"(/?)([A-Za-z][A-Za-z0-9]*+)")
_STOP = re.compile("[\"'>]")
_RAW_ENDS = {name: re.compile(f"</{name}", re.IGNORECASE) for name in ("script", "style")}
"""The ends of elements whose text is no text of the page, and in which `<` starts no tag."""
_LONGEST_RAW_END = len("</script")


@dataclass(frozen=True, slots=True)
class MarkupTag:
    """A tag: its name in small letters, preceded by `/` if it closes. `attributes` have names in small letters."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)


def markup_tokens(pieces: Iterable[str | RecordWarning]) -> Iterator[MarkupTag | str | RecordWarning]:
    """The tags, and the text between them without references. Comments, declarations, scripts, styles are dropped."""
    reader = _TokenReader()
    for piece in pieces:
        if isinstance(piece, RecordWarning):
            yield piece
        else:
            yield from reader.take(piece)
    if reader.buffer and not reader.raw and not reader.buffer.startswith("<"):
        yield unescape_references(reader.buffer.partition("<")[0])


@dataclass(slots=True)
class _TokenReader:
    """The text that is not read yet. `raw` is the name of the element whose text is being dropped."""

    buffer: str = ""
    raw: str = ""

    def take(self, piece: str) -> Iterator[MarkupTag | str]:
        """The tokens that a further piece completes."""
        buffer = self.buffer + piece
        position = self._after_raw(buffer, 0)
        while not self.raw and (start := buffer.find("<", position)) >= 0:
            end = _tag_end(buffer, start)
            if end is None:
                break
            if start > position:
                yield unescape_references(buffer[position:start])
            if tag := _tag(buffer[start + 1 : end]):
                yield tag
                self.raw = tag.name if tag.name in _RAW_ENDS else ""
            elif buffer[start + 1] not in "!?":
                yield unescape_references(buffer[start : end + 1])
            position = self._after_raw(buffer, end + 1)
        # A text is kept too: a reference may be cut in it.
        self.buffer = buffer[position:]
        if len(self.buffer) > _LONGEST_TAG:
            yield unescape_references(self.buffer.partition("<")[0])
            self.buffer = ""

    def _after_raw(self, buffer: str, position: int) -> int:
        """The end of the text of a script or a style, from which reading goes on; `raw` stays set if it is missing."""
        if not self.raw:
            return position
        end = _RAW_ENDS[self.raw].search(buffer, position)
        if end is None:
            return max(position, len(buffer) - _LONGEST_RAW_END)
        self.raw = ""
        return end.start()


def _tag_end(text: str, start: int) -> int | None:
    """The position of the `>` that ends a tag; None if it is not there yet."""
    if text.startswith("<!--", start):
        end = text.find("-->", start + 4)
        return end + 2 if end >= 0 else None
    position = start + 1
    while match := _STOP.search(text, position):
        if match[0] == ">":
            return match.start()
        close = text.find(match[0], match.end())
        if close < 0:
            return None
        position = close + 1
    return None


def _tag(text: str) -> MarkupTag | None:
    name = _NAME.match(text)
    if name is None:
        return None
    values = _ATTRIBUTE.findall(text, name.end())
    return MarkupTag(
        name[0].lower(),
        {key.lower(): unescape_references(double or single or bare) for key, double, single, bare in values},
    )
