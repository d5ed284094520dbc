"""The versions of an item's text, and the passages that have changed in them, for those who may read the item."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from kb.access.actor import Action, Actor
from kb.access.permissions import require_permission
from kb.errors import NotFound
from kb.features.reading.passage_anchors import anchored_passages
from kb.features.reading.records import PassageAnchor, PassageState, TextVersion, VersionsReading
from kb.features.reading.text_difference import DifferenceRow, difference
from kb.model.items.annotation import Annotation
from kb.model.items.item import Item
from kb.model.people.group import Group
from kb.services.core.library import Library
from kb.services.items.item_refetch import may_refetch
from kb.services.items.items import readable_item
from kb.store import ReadSnapshot
from kb.store.items.page_texts import PageText

NO_VERSION = "This version of the text is not kept any more."


@dataclass(frozen=True, slots=True)
class ChangedPassage:
    """A passage whose words were changed in the page, or are gone. `changed` is the version in which that is so, and
    `before` the one before it, None if it is not kept.
    """

    annotation: Annotation
    state: PassageState
    before: TextVersion | None
    changed: TextVersion


@dataclass(frozen=True, slots=True)
class TextVersions:
    """The versions of an item's text, the present one last; what has become of its passages; whether the actor may
    have the page fetched again, and whether it waits for that.
    """

    item: Item
    group: Group
    versions: tuple[TextVersion, ...]
    changed: tuple[ChangedPassage, ...]
    may_refetch: bool
    is_waiting: bool


@dataclass(frozen=True, slots=True)
class VersionDifference:
    """What differs between two versions of a text."""

    item: Item
    group: Group
    old: TextVersion
    new: TextVersion
    rows: tuple[DifferenceRow, ...]


def text_versions(library: Library, actor: Actor, item_id: str) -> TextVersions:
    """The versions of the text of an item. Raises NotFound."""
    with library.store.read() as reading:
        item, group = readable_item(reading, actor, item_id)
        placed = anchored_passages(reading, item)
        may = may_refetch(library, reading, actor, item, group)
        fetch = reading.page_fetches.of_item(item.id) if may else None
    changed = changed_passages(item, placed.versions, placed.anchors)
    return TextVersions(item, group, placed.versions, changed, may, fetch is not None and not fetch.is_over)


def changed_passages(
    item: Item, versions: tuple[TextVersion, ...], anchors: Mapping[str, PassageAnchor]
) -> tuple[ChangedPassage, ...]:
    """The passages of an item whose words were changed after they were marked, or are gone."""
    found = []
    for annotation in item.annotations:
        anchor = anchors.get(annotation.id)
        if anchor is None or anchor.changed_in is None or not versions:
            continue
        # A version in between may have gone: the next one that is kept says when.
        changed = next((version for version in versions if version.number >= anchor.changed_in), versions[-1])
        before = next((version for version in reversed(versions) if version.number < changed.number), None)
        found.append(ChangedPassage(annotation, anchor.state, before, changed))
    return tuple(found)


def changed_passages_of_group(
    library: Library, actor: Actor, slug: str, page: int, size: int
) -> tuple[Group, list[tuple[Item, list[ChangedPassage]]], int]:
    """A group, a page of its items with passages that have changed, and the number of these passages in all.

    Raises NotFound.
    """
    with library.store.read() as reading:
        group = require_permission(actor, Action.READ, reading.groups.by_slug(slug))
        records = VersionsReading(reading.connection)
        anchors = records.changed_of_group(group.id, (page - 1) * size, size)
        total = records.count_changed_of_group(group.id)
        items = reading.items.any_of({anchor.item_id for anchor in anchors})
        found = []
        for item_id, some in groupby(anchors, key=attrgetter("item_id")):
            item, ids = items[item_id], {anchor.annotation_id for anchor in some}
            placed = anchored_passages(reading, item)
            changed = changed_passages(item, placed.versions, placed.anchors)
            found.append((item, [passage for passage in changed if passage.annotation.id in ids]))
    return group, [(item, passages) for item, passages in found if passages], total


def version_difference(library: Library, actor: Actor, item_id: str, old: str, new: str) -> VersionDifference:
    """The difference of two versions of an item's text. Raises NotFound, also for a version that is not kept."""
    with library.store.read() as reading:
        item, group = readable_item(reading, actor, item_id)
        (before, old_text), (after, new_text) = (version_text(reading, item.id, number) for number in (old, new))
    return VersionDifference(item, group, before, after, difference(old_text.text, new_text.text))


def version_text(reading: ReadSnapshot, item_id: str, number: str) -> tuple[TextVersion, PageText]:
    """A version of an item's text, by its number in an address, for an actor who may read the item. Raises NotFound."""
    records = VersionsReading(reading.connection)
    versions = records.versions(item_id)
    version = next((version for version in versions if str(version.number) == number), None)
    if version is None:
        raise NotFound(NO_VERSION)
    is_present = version == versions[-1]
    text = reading.page_texts.with_layout(item_id) if is_present else records.text(item_id, version.number)
    if text is None:
        raise NotFound(NO_VERSION)
    return version, text
