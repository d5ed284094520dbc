"""The tags and the text of HTML, in bounded memory and in time proportional to its length.

The parser of the standard library keeps an unfinished tag and reads it again with each chunk, and some of its versions
take the square of the length for comments and attributes that never end. Here a tag has 1 MiB at most.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from kb.formats.readers.field_values import unescape_references
from kb.model.items.import_draft import Remark

_LONGEST_TAG = 1 << 20
_ATTRIBUTE = re.compile(r"""([^\s=/"'<>]++)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++)))?""")
_NAME = re.compile(r"(/?)([A-Za-z][A-Za-z0-9]*+)")
_STOP = re.compile("[\"'>]")


@dataclass(frozen=True, slots=True)
class MarkupTag:
    """A tag: its name in small letters, preceded by `/` if it closes. `attributes` have names in small letters."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)


def markup_tokens(pieces: Iterable[str | Remark]) -> Iterator[MarkupTag | str | Remark]:
    """The tags, and the text between them without references. Comments and declarations are dropped."""
    buffer = ""
    for piece in pieces:
        if isinstance(piece, Remark):
            yield piece
            continue
        buffer += piece
        place = 0
        while (start := buffer.find("<", place)) >= 0:
            end = _tag_end(buffer, start)
            if end is None:
                break
            if start > place:
                yield unescape_references(buffer[place:start])
            if tag := _tag(buffer[start + 1 : end]):
                yield tag
            elif buffer[start + 1] not in "!?":
                yield unescape_references(buffer[start : end + 1])
            place = end + 1
        # A text is kept too: a reference may be cut in it.
        buffer = buffer[place:]
        if len(buffer) > _LONGEST_TAG:
            yield unescape_references(buffer.partition("<")[0])
            buffer = ""
    if buffer and not buffer.startswith("<"):
        yield unescape_references(buffer.partition("<")[0])


def _tag_end(text: str, start: int) -> int | None:
    """The place of the `>` that ends a tag; None if it is not there yet."""
    if text.startswith("<!--", start):
        end = text.find("-->", start + 4)
        return end + 2 if end >= 0 else None
    place = start + 1
    while found := _STOP.search(text, place):
        if found[0] == ">":
            return found.start()
        close = text.find(found[0], found.end())
        if close < 0:
            return None
        place = close + 1
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
