"""The passages of an item that the actor may read, and where they stand in the kept text."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from kb.access.actor import Actor
from kb.features.reading.anchoring import Anchor, anchor_all
from kb.features.reading.kept_text import KeptText
from kb.features.reading.passage_anchors import anchored_passages, anchored_quote, anchors_in_version, found_in_version
from kb.features.reading.text_versions import ChangedPassage, changed_passages
from kb.model.items.annotation import Annotation
from kb.model.items.item import Item
from kb.model.people.group import Group
from kb.services.annotations.private_notes import item_with_private_notes
from kb.services.core.library import Library
from kb.services.items.items import ItemView, readable_item

MOST_PASSAGES = 1_000
"""Passages that are looked for in a text; further ones are on the page of the item."""
_EFFORT = 250_000_000
"""Steps to find them, for one page: some tenths of a second."""


@dataclass(frozen=True, slots=True)
class Passage:
    """An annotation, and its place in the text; None if it has no passage, or if the text does not hold it. `owner` has
    it: the item, or that of the actor's own library, which nobody else reads.
    """

    annotation: Annotation
    owner: ItemView
    anchor: Anchor | None = None


@dataclass(frozen=True, slots=True)
class Passages:
    """`placed` are in the order of the text, `lost` are not in it, `comments` have no passage. `left_out` were not
    looked for. `changed` are those whose words were changed in the present version, or are gone, by annotation.
    """

    placed: tuple[Passage, ...]
    lost: tuple[Passage, ...]
    comments: tuple[Passage, ...]
    left_out: int
    changed: Mapping[str, ChangedPassage]


def passages_of(library: Library, actor: Actor, kept: KeptText) -> Passages:
    """The annotations of an item that was read for the actor, and the actor's private notes about it."""
    every = list(_annotations(library, actor, kept.item, kept.group))
    quoted = [passage for passage in every if passage.annotation.quote]
    sought = quoted[:MOST_PASSAGES]
    anchors, changed = _anchors(library, kept, tuple(passage.annotation for passage in sought))
    found = [replace(passage, anchor=anchors.get(passage.annotation.id)) for passage in sought]
    placed = [(one.anchor.start, one.anchor.end, number) for number, one in enumerate(found) if one.anchor is not None]
    return Passages(
        tuple(found[number] for _, _, number in sorted(placed)),
        tuple(passage for passage in found if passage.anchor is None),
        tuple(passage for passage in every if not passage.annotation.quote),
        len(quoted) - len(sought),
        changed,
    )


def _anchors(
    library: Library, kept: KeptText, passages: tuple[Annotation, ...]
) -> tuple[Mapping[str, Anchor | None], Mapping[str, ChangedPassage]]:
    """The places of passages in this version of the text; in the present one, those that have changed, too. Private
    notes are followed through the versions of the item as its own passages are.
    """
    if kept.version is None:
        anchored = anchor_all(kept.text, map(anchored_quote, passages), effort=_EFFORT)
        return {part.id: anchor for part, anchor in zip(passages, anchored, strict=True)}, {}
    item = replace(kept.item, annotations=passages)
    with library.store.read() as reading:
        if kept.version != kept.versions[-1]:
            return anchors_in_version(reading, item, kept.version.number), {}
        placed = anchored_passages(reading, item)
    changed = changed_passages(item, placed.versions, placed.anchors)
    return found_in_version(placed, kept.version.number), {passage.annotation.id: passage for passage in changed}


def _annotations(library: Library, actor: Actor, item: Item, group: Group) -> Iterator[Passage]:
    shared = ItemView(item, group)
    yield from (Passage(annotation, shared) for annotation in item.annotations)
    own = item_with_private_notes(library, actor, item, group)
    if own is not None:
        with library.store.read() as reading:
            owner = ItemView(*readable_item(reading, actor, own.id))
        yield from (Passage(annotation, owner) for annotation in owner.item.annotations)
