"""What differs between an item before a change and after it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kb.model.bibliographic_record import RECORD_NAMES
from kb.model.items.annotation import Annotation, Reply
from kb.model.items.item import Item

Value = str | list[str] | None
Values = tuple[Value, Value]
"""Before and after."""

TITLE = "title"
TAGS, GROUP, REMOVED = "tags", "group", "removed"
"""Fields beside those of the bibliographic record: the group is given by its id. A part that was removed has the field
REMOVED alone, without its words, which are in the trash.
"""
PART_FIELDS = ("quote", "body", "color", TAGS)


@dataclass(frozen=True, slots=True)
class PartChange:
    """The changed fields of an item, or of one of its annotations or replies (`part_id`), which `part_author_id` wrote.

    Both are empty for the item itself.
    """

    changes: Mapping[str, Values]
    part_id: str = ""
    part_author_id: str = ""


def changes_between(before: Item, after: Item) -> Iterator[PartChange]:
    """The item's own changes, then those of parts that are there before. A part that was added is no change: it has its
    author and date.
    """
    fields = {name: (getattr(before, name), getattr(after, name)) for name in RECORD_NAMES if name != "language"}
    # A language that was detected is no value of a user.
    languages = (_given_language(before), _given_language(after))
    own: Mapping[str, Values] = {
        **fields,
        "language": languages,
        TAGS: (list(before.tags), list(after.tags)),
        GROUP: (before.group_id, after.group_id),
    }
    if changed := _different(own):
        yield PartChange(changed)
    parts = {part.id: part for part in after.parts}
    for part in before.parts:
        author = part.author.id if part.author else ""
        now = parts.get(part.id)
        if now is None:
            yield PartChange({REMOVED: (None, None)}, part.id, author)
        elif now is not part and (changed := _different({name: _values(part, now, name) for name in PART_FIELDS})):
            yield PartChange(changed, part.id, author)


def _given_language(item: Item) -> str | None:
    return None if item.language_decided else item.language


def _values(before: Annotation | Reply, after: Annotation | Reply, name: str) -> Values:
    return part_value(before, name), part_value(after, name)


def part_value(part: Annotation | Reply, name: str) -> Value:
    """The value of one of PART_FIELDS; None for a field that it does not have."""
    value: Value = getattr(part, name, None)
    return list(value or ()) if name == TAGS else value


def _different(values: Mapping[str, Values]) -> dict[str, Values]:
    return {name: (before, after) for name, (before, after) in values.items() if (before or None) != (after or None)}
