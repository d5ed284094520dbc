"""Merge duplicate items of the same page into one, and keep every highlight, tag and author."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from kb.access.actor import Action, Actor
from kb.access.permissions import is_allowed, require_permission
from kb.errors import Conflict, Invalid, NotFound
from kb.model.bibliographic_record import RECORD_NAMES, with_record_values
from kb.model.ids import new_id
from kb.model.items.annotation import Annotation, AnnotationKind
from kb.model.items.item import Item, Sharing
from kb.model.items.item_fields import MOST_TAGS
from kb.model.items.item_file import FileRole
from kb.model.items.moderation import RemovedContent
from kb.model.items.undo import ItemChange
from kb.model.people.group import Group
from kb.model.web_pages.canonical_address import canonical_url
from kb.services.core.audit_log import AuditEvent, write_audit_log
from kb.services.core.library import Library
from kb.services.core.read_your_writes import item_write_transaction
from kb.services.items.item_creation import with_detected_language
from kb.services.items.item_edit import editable_item
from kb.services.items.items import ItemView, readable_item
from kb.services.trash.content_removal import log_detail, may_remove, require_removable, title_of_item
from kb.services.undo.three_way_merge import authored_words
from kb.services.undo.undo import save_undo
from kb.store import ReadSnapshot
from kb.store.database.clock import timestamp_now

MOST_MERGED = 50
"""Items that one action merges."""
SETS_PER_PAGE = 20
"""Sets of duplicates on a page."""
_MOST_VIEWS = 2**53
_ORIGIN_FIELDS = tuple(
    name
    for name in dict.fromkeys(("byline", "source", *RECORD_NAMES))
    if name not in {"url", "title", "description", "language"}
)
"""Fields that a comment names in one line if the items differ in them."""


@dataclass(frozen=True, slots=True)
class MergedItems:
    """The merged item, the number of other items in it, and the id to undo the merge."""

    item: Item
    group: Group
    others: int
    undo: str | None


@dataclass(frozen=True, slots=True)
class DuplicateSets:
    """A page of a group's sets of duplicates, and the number of sets.

    `mergeable` are the sets that the actor may merge, by their position.
    """

    group: Group
    sets: tuple[tuple[Item, ...], ...]
    mergeable: frozenset[int]
    total: int
    page: int


def merge_items(library: Library, actor: Actor, keep_id: str, other_ids: Sequence[str]) -> MergedItems:
    """Merge items of a group into one: the kept item takes over everything from the others.

    Moderators may do it, and members if they shared all the items. Empty fields of the kept item are filled from the
    others; a different title, description, address or source is kept as a comment by its contributor. Raises NotFound,
    LoginNeeded, Forbidden; Conflict, also if the merged item had more parts or tags than an item may have; Invalid for
    items of different groups, none, or too many.
    """
    ids = tuple(dict.fromkeys(other_id for other_id in other_ids if other_id != keep_id))
    if not ids:
        raise Invalid("Choose two items at least: there is nothing to merge in one.")
    if len(ids) > MOST_MERGED:
        raise Invalid("At most %(limit)s items can be merged at once.", limit=MOST_MERGED)
    with item_write_transaction(library, actor) as writing:
        item, group = editable_item(writing, actor, keep_id)
        others = [editable_item(writing, actor, other_id)[0] for other_id in ids]
        if any(other.group_id != group.id for other in others):
            raise Invalid("Only items of one group can be merged: move or copy them first.")
        for other in (item, *others):
            require_removable(actor, group, other)
        _require_one_file(writing, [item.id, *ids])
        merged, duplicate_ids = merged_item(item, others)
        if len(merged.tags) > max(MOST_TAGS, *(len(other.tags) for other in (item, *others))):
            raise Conflict("An item has at most %(limit)s tags.", limit=MOST_TAGS)
        merged = with_detected_language(replace(merged, updated=timestamp_now()), group, library)
        writing.items.remove(ids)
        writing.items.update([merged])
        writing.item_merges.move_references(ids, item.id, duplicate_ids)
        for other in others:
            detail = log_detail(RemovedContent(item=other), title_of_item(other))
            write_audit_log(writing, actor, AuditEvent.MERGED, group_id=group.id, subject=item.id, detail=detail)
        changed = [ItemChange(item, merged), *(ItemChange(other, None) for other in others)]
        return MergedItems(merged, group, len(others), save_undo(writing, actor, changed=changed))


def _require_one_file(reading: ReadSnapshot, item_ids: Sequence[str]) -> None:
    """Raise Conflict if items have different files, of which the merged item could keep only one."""
    files = {file.sha256 for file in reading.item_files.of_items(item_ids) if file.role is FileRole.FILE}
    if len(files) > 1:
        raise Conflict("These items have different files: keep them apart, or remove the items that you do not need.")


def merged_into(library: Library, actor: Actor, item_id: str) -> str:
    """The id of the item that another was merged into. Raises NotFound if the actor may read none."""
    with library.store.read() as reading:
        merged_id = reading.item_merges.merged_into(item_id)
        if merged_id is None:
            raise NotFound("This item does not exist, or you may not read it.")
        return readable_item(reading, actor, merged_id)[0].id


def duplicates_of_group(library: Library, actor: Actor, slug: str, page: int) -> DuplicateSets:
    """The duplicates of a group, by page, for contributors. Raises NotFound, LoginNeeded, Forbidden."""
    with library.store.read() as reading:
        group = require_permission(actor, Action.CONTRIBUTE, reading.groups.by_slug(slug))
        sets = reading.item_merges.duplicates(group.id, (page - 1) * SETS_PER_PAGE, SETS_PER_PAGE)
        total = reading.item_merges.count_duplicates(group.id)
    mergeable = frozenset(
        position for position, items in enumerate(sets) if all(may_remove(actor, group, item) for item in items)
    )
    return DuplicateSets(group, sets, mergeable, total, page)


def duplicates_of_item(library: Library, actor: Actor, view: ItemView) -> tuple[Item, ...]:
    """The other items of the same page in the same group, for an actor who may add to it."""
    address = canonical_url(view.item.url)
    if address is None or not is_allowed(actor, Action.CONTRIBUTE, view.group):
        return ()
    with library.store.read() as reading:
        items = reading.items.at_address(address, [view.group.id], MOST_MERGED)
        if view.item.linked_url not in {None, address}:
            items += reading.items.at_address(view.item.linked_url or "", [view.group.id], MOST_MERGED)
    return tuple({item.id: item for item in items if item.id != view.item.id}.values())


def merged_item(item: Item, others: Sequence[Item]) -> tuple[Item, dict[str, str]]:
    """The merged item with everything from the others, and the annotations left out as duplicates: the id of the one
    that stays, by the id of the one left out.

    Annotations keep their ids, authors and dates; annotations of one author with the same text become one.
    """
    several = (item, *others)
    annotations, duplicate_ids = _all_annotations(several)
    filled = replace(
        with_record_values(item, {name: _first_value(name, several) for name in RECORD_NAMES if name != "language"}),
        author=_first_value("author", several),
        linked_url=_first_value("linked_url", several),
        added=min((item.added for item in several if item.added), default=None),
        tags=_all_tags(several),
        views=min(sum(item.views for item in several), _MOST_VIEWS),
    )
    comments = [comment for other in others if (comment := _differing_comment(filled, other)) is not None]
    filled = replace(filled, annotations=(*annotations, *comments))
    given_language = None if item.language_decided else item.language
    given = (other.language for other in others if other.language and not other.language_decided)
    language = given_language or next(given, None)
    if language is not None:
        filled = replace(filled, language=language, language_decided=False)
    return replace(filled, sharers=_all_sharers(filled, several)), duplicate_ids


def _all_sharers(merged: Item, several: Sequence[Item]) -> tuple[Sharing, ...]:
    """All users who shared one of the items, except the author of the merged item."""
    sharers: dict[str, Sharing] = {}
    for item in several:
        for sharing in ((Sharing(item.author, item.added),) if item.author else ()) + item.sharers:
            if merged.author is None or sharing.user.id != merged.author.id:
                sharers.setdefault(sharing.user.id, sharing)
    return tuple(sharers.values())


def _all_tags(several: Sequence[Item]) -> tuple[str, ...]:
    tags: dict[str, str] = {}
    first, *others = several
    for tag in (tag for item in others for tag in item.tags):
        tags.setdefault(tag.casefold(), tag)
    own = {tag.casefold() for tag in first.tags}
    return (*first.tags, *(tag for folded, tag in tags.items() if folded not in own))


def _all_annotations(several: Sequence[Item]) -> tuple[list[Annotation], dict[str, str]]:
    """All annotations of the items, those of the first unchanged; and the duplicates left out, by id, with the
    annotation that stays.

    The replies to two annotations with the same text go under the one that stays.
    """
    first, *others = several
    annotations = {annotation.id: annotation for annotation in first.annotations}
    known = {authored_words(annotation): annotation.id for annotation in reversed(first.annotations)}
    duplicate_ids: dict[str, str] = {}
    for annotation in (part for item in others for part in item.annotations):
        duplicate_id = known.get(authored_words(annotation))
        if duplicate_id is None:
            annotations[annotation.id] = annotation
            known[authored_words(annotation)] = annotation.id
        else:
            annotations[duplicate_id] = replace(
                annotations[duplicate_id], replies=annotations[duplicate_id].replies + annotation.replies
            )
            duplicate_ids[annotation.id] = duplicate_id
    return list(annotations.values()), duplicate_ids


def _differing_comment(item: Item, other: Item) -> Annotation | None:
    """A comment by the contributor of the other item, with the texts of that item that the kept item would lose."""
    texts = []
    if other.title and item.title and not _is_shortened_title(other.title, item.title):
        texts.append(other.title)
    if (
        other.description
        and item.description
        and _normalized_title(other.description) not in _normalized_title(item.description)
    ):
        texts.append(other.description)
    if other.url and item.url and canonical_url(other.url) != canonical_url(item.url):
        texts.append(other.url)
    origin = [(getattr(other, name), getattr(item, name)) for name in _ORIGIN_FIELDS]
    if differing := [
        value for value, known in origin if value and known and _normalized_title(value) != _normalized_title(known)
    ]:
        texts.append(", ".join(differing))
    if not texts:
        return None
    body = "\n\n".join(texts)
    return Annotation(new_id(), AnnotationKind.COMMENT, author=other.author, added=other.added, body=body)


def _is_shortened_title(title: str, whole: str) -> bool:
    """Whether a title says no more than another: the same except for spaces and case, or truncated with an ellipsis."""
    start = title.removesuffix("...").removesuffix("…")
    return _normalized_title(whole) == _normalized_title(title) or (
        start != title and _normalized_title(whole).startswith(_normalized_title(start))
    )


def _normalized_title(text: str) -> str:
    return " ".join(text.casefold().split())


def _first_value(name: str, several: Sequence[Item]) -> Any:
    return next((value for item in several if (value := getattr(item, name))), None)
