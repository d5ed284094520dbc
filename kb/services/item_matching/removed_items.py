"""Hidden and removed items: an import neither restores such an item nor creates another in its place."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from kb.model.items.annotation import Annotation
from kb.model.items.import_draft import AnnotationDraft, ItemDraft
from kb.model.items.item import Item
from kb.model.items.moderation import Removal, RemovalKind, RemovedContent
from kb.services.item_matching.item_matching import PlacedDraft, drafts_by_group
from kb.store import ReadSnapshot

REMOVED_ITEM_MESSAGES = {
    RemovalKind.REMOVED: "This item is in the trash of its group: restore it there, or empty the trash first.",
    RemovalKind.HIDDEN: "This item is hidden by a moderator of its group.",
}
"""The reason why no import may add an item that is hidden or removed in its group."""


@dataclass(slots=True)
class RemovedItems:
    """The hidden and removed items, and parts of items, that the drafts of a batch match."""

    _items: dict[str, list[tuple[Removal, Item]]] = field(default_factory=dict)
    """By group."""
    _ids: dict[str, str] = field(default_factory=dict)
    """The group of each hidden or removed item, annotation and reply with an id from a draft of the batch."""
    _in_part: frozenset[str] = frozenset()
    """The items with a hidden or removed annotation or reply."""

    def look_up(self, batch: Sequence[PlacedDraft], reading: ReadSnapshot) -> None:
        """Fetch what the drafts of a batch may match."""
        self._items, self._ids, self._in_part = {}, {}, frozenset()
        if not reading.moderation.has_removals():
            return
        groups = drafts_by_group(batch)
        for group_id, placed_drafts in groups.items():
            removals = reading.moderation.removals_like(
                group_id,
                {placed.draft.id for placed in placed_drafts if placed.draft.id},
                {placed.address for placed in placed_drafts if placed.address},
                {placed.draft.title for placed in placed_drafts if placed.draft.title},
            )
            contents = reading.moderation.removed_contents(removals)
            wholes = zip(removals, contents, strict=True)
            self._items[group_id] = [(removal, whole.item) for removal, whole in wholes if whole.item is not None]
        self._in_part = reading.moderation.partly_removed_items(groups)
        named = [part.id for placed in batch for part in (placed.draft, *placed.draft.parts)]
        self._ids = reading.moderation.removed_ids(id_ for id_ in named if id_)

    def whole(self, placed: PlacedDraft, sharer: str | None) -> Removal | None:
        """The removal of the item that a draft matches, hidden or in the trash; None if it was not taken out.

        It is matched as in the library: by id, by address, or by title and sharer if one of the two has no address.
        """
        removals = self._items.get(placed.group.id, ())
        return next((removal for removal, item in removals if _is_same_item(placed, sharer, removal, item)), None)

    def is_elsewhere(self, placed: PlacedDraft) -> bool:
        """Whether a hidden or removed item of another group has a draft's id."""
        return placed.draft.id is not None and self._ids.get(placed.draft.id, placed.group.id) != placed.group.id

    def reserved_ids(self) -> Iterable[str]:
        """Ids that must stay free, so that hidden and removed content can be restored."""
        return self._ids

    def without_removed_annotations(self, draft: ItemDraft, item: Item, reading: ReadSnapshot) -> ItemDraft:
        """The draft of an item without the annotations and replies that are hidden or removed."""
        if item.id not in self._in_part:
            return draft
        contents = reading.moderation.removed_contents(reading.moderation.removals_of_items([item.id]))
        annotations = (
            annotation
            for annotation in draft.annotations
            if not any(_is_same_annotation(annotation, content.annotation) for content in contents)
        )
        return replace(draft, annotations=tuple(_without_removed_replies(part, item, contents) for part in annotations))


def _without_removed_replies(draft: AnnotationDraft, item: Item, contents: Sequence[RemovedContent]) -> AnnotationDraft:
    answered = {annotation.id for annotation in item.annotations if _is_same_annotation(draft, annotation)}
    replies = [content.reply for content in contents if content.reply is not None and content.parent in answered]
    ids, bodies = {reply.id for reply in replies}, {reply.body for reply in replies}
    remaining = tuple(reply for reply in draft.replies if reply.id not in ids and reply.body not in bodies)
    return replace(draft, replies=remaining)


def _is_same_item(placed: PlacedDraft, sharer: str | None, removal: Removal, item: Item) -> bool:
    draft = placed.draft
    if draft.id == removal.item_id:
        return True
    if placed.address is not None and removal.address is not None:
        return placed.address == removal.address
    author = item.author.login if item.author else None
    return bool(draft.title) and draft.title == item.title and author == sharer


def _is_same_annotation(draft: AnnotationDraft, part: Annotation | None) -> bool:
    if part is None:
        return False
    return draft.id == part.id or (draft.kind, draft.quote, draft.body) == (part.kind, part.quote, part.body)
