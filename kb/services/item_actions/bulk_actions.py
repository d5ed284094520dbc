"""Bulk actions: change the selected items, or all items that a search finds.

Items that the user may not change are left as they are, and reported. A large action is written in batches, so that
other writers do not wait for long; it counts as one action, and one undo reverses it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from kb.access.actor import Action, Actor
from kb.access.permissions import is_allowed, require_signed_in_user
from kb.errors import FlorilegeError, Invalid
from kb.model.items.item import Item
from kb.model.items.item_fields import MOST_TAGS, checked_tags
from kb.model.items.item_list import ItemPart
from kb.model.items.tag import tag_form, with_tags, without_tags
from kb.model.items.undo import TagsChange
from kb.model.people.group import Group, GroupState
from kb.model.search_request import SearchRequest, View
from kb.services.authentication.authentication import current_actor
from kb.services.core.audit_log import AuditEvent, write_audit_log
from kb.services.core.library import Library
from kb.services.core.read_your_writes import item_write_transaction
from kb.services.core.readable_groups import readable_groups
from kb.services.search.note_copies import without_note_copies
from kb.services.search.search_access import search_access, with_last_visit
from kb.services.trash.content_removal import move_items_to_trash, require_removable, title_of_item
from kb.services.undo.undo import can_undo, save_undo
from kb.store import WriteTransaction

MOST_BULK_ITEMS = 5_000
"""Items of one action."""
TAG_BATCH_SIZE = 2_500
"""Items of one transaction that changes tags."""
TRASH_BATCH_SIZE = 150
"""Items of one transaction that moves them to the trash."""
MOST_SKIPPED_NAMED = 20
"""Items listed by name among those that could not be changed."""


@dataclass(frozen=True, slots=True)
class SkippedItem:
    """An item that was not changed, and the reason."""

    item_id: str
    title: str
    why: FlorilegeError


@dataclass(frozen=True, slots=True)
class BulkResult:
    """Counts of an action: `changed` items; `unchanged` needed no change; `left` could not be changed, some `named`."""

    changed: int
    unchanged: int
    left: int
    named: tuple[SkippedItem, ...]
    undo: str | None


@dataclass(frozen=True, slots=True)
class BulkTargets:
    """`mine`: ids of items in groups where the actor contributes; `archived`: how many were found in archived groups;
    `others`: how many in other groups.
    """

    mine: tuple[str, ...]
    others: int
    archived: int = 0


def may_contribute(actor: Actor, group: Group | None = None) -> bool:
    """Whether the actor may contribute to the group; without one, to any, as every user who is logged in may."""
    return (
        actor.user_id is not None
        and not actor.read_only
        and (group is None or is_allowed(actor, Action.CONTRIBUTE, group))
    )


def bulk_targets(
    library: Library, actor: Actor, request: SearchRequest, ids: Sequence[str] | None = None
) -> BulkTargets:
    """The items that an action on all results of a request would change; only those in `ids`, if given.

    An annotation that was found stands for its item. Raises LoginNeeded, Forbidden; Unavailable, as a search does.
    """
    chosen_ids = selected_ids(library, actor, request, ids)
    with library.store.read() as reading:
        readable = readable_groups(reading, actor)
        tags_by_item = reading.tag_assignments.tags_of(sorted(set(chosen_ids)))
    allowed = _writable_groups(actor, readable.groups)
    # Items in groups that the actor may not read are not even counted.
    seen = {item_id: group_id for item_id, (group_id, _) in tags_by_item.items() if readable.scope.holds(group_id)}
    mine = tuple(item_id for item_id, group_id in seen.items() if group_id in allowed)
    closed = {group.id for group in readable.groups if group.state is GroupState.ARCHIVED}
    archived = sum(group_id in closed for group_id in seen.values())
    return BulkTargets(mine, len(seen) - len(mine) - archived, archived)


def selected_ids(
    library: Library, actor: Actor, request: SearchRequest, ids: Sequence[str] | None = None
) -> tuple[str, ...]:
    """The ids of the selected items that the actor may read, in the order given, or else of all results of a request.

    Raises as `bulk_targets`.
    """
    require_signed_in_user(actor)
    if ids is None:
        return tuple(dict.fromkeys(item_id for item_id, _ in _search_results(library, actor, request)))
    with library.store.read() as reading:
        return tuple(reading.items.readable_ids(ids, readable_groups(reading, actor).scope))


def items_of_passages(library: Library, actor: Actor, request: SearchRequest) -> tuple[str, ...]:
    """The ids of the items of all passages that a request finds, each once, in their order. The actor may be anonymous.

    Raises Invalid for more than MOST_BULK_ITEMS passages; Unavailable.
    """
    parts = _search_results(library, actor, request, most=MOST_BULK_ITEMS)
    return tuple(dict.fromkeys(item_id for item_id, _ in parts))


def bulk_selection(
    library: Library, actor: Actor, request: SearchRequest, selected: Sequence[ItemPart] | None = None
) -> tuple[ItemPart, ...]:
    """The selected items and annotations that the actor may read, in the order given, or else all results of a request.

    Raises as `bulk_targets`.
    """
    require_signed_in_user(actor)
    if selected is None:
        return _search_results(library, actor, request)
    with library.store.read() as reading:
        items = reading.items.visible({item_id for item_id, _ in selected}, readable_groups(reading, actor).scope)
    known = {(item.id, part.id) for item in items.values() for part in item.annotations}
    return tuple(part for part in dict.fromkeys(selected) if part in known or (part[1] is None and part[0] in items))


def in_result_order(
    library: Library, actor: Actor, request: SearchRequest, parts: Sequence[ItemPart]
) -> tuple[ItemPart, ...]:
    """Items and annotations in the order in which a search finds them; others come last, in the order given.

    After a search that finds more than MOST_BULK_ITEMS they stay as they are. Raises Unavailable.
    """
    request = with_last_visit(request, actor)
    readable, matchers = search_access(library, actor, request)
    search = library.catalogue.search(request, readable, matchers)
    total = search.count()
    positions = {id_: position for position, id_ in enumerate(search.ordered_ids())} if total <= MOST_BULK_ITEMS else {}
    return tuple(sorted(parts, key=lambda part: positions.get(part[1] or part[0], total)))


def selected_items_by_id(library: Library, actor: Actor, ids: Sequence[str]) -> tuple[Item, ...]:
    """The items with these ids that the actor may read, in the order given."""
    with library.store.read() as reading:
        items = reading.items.visible(ids, readable_groups(reading, actor).scope)
    return tuple(items[item_id] for item_id in dict.fromkeys(ids) if item_id in items)


def _search_results(
    library: Library, actor: Actor, request: SearchRequest, *, most: int | None = None
) -> tuple[ItemPart, ...]:
    """All results of a request: items, or the annotations that its view shows. Raises Invalid for more than `most`."""
    request = with_last_visit(request, actor)
    readable, matchers = search_access(library, actor, request)
    search = library.catalogue.search(request, readable, matchers)
    if most is not None and search.count() > most:
        raise Invalid("At most %(limit)s at once: narrow the search for all of them.", limit=most)
    ids = tuple(without_note_copies(library, actor, request, readable, search).ordered_ids())
    with library.store.read() as reading:
        items = reading.items.taken_annotation_ids(ids) if request.view is View.PASSAGES else {}
        parts = [(items.get(id_, id_), id_ if id_ in items else None) for id_ in ids]
        readable_ids = frozenset(reading.items.readable_ids((item_id for item_id, _ in parts), readable.scope))
    return tuple(part for part in parts if part[0] in readable_ids)


def tag_items(
    library: Library,
    actor: Actor,
    ids: Sequence[str],
    add: Sequence[str],
    remove: Sequence[str],
    *,
    part_of: str | None = None,
) -> BulkResult:
    """Add tags to items, and remove others. `part_of` is the undo of earlier portions of the same action.

    Raises LoginNeeded, Forbidden for a read-only token; Invalid for invalid tags, no tags, or too many items.
    """
    more, less = checked_tags(add), checked_tags(remove)
    if not more and not less:
        raise Invalid("Give at least one tag to add or remove.")
    forms = {tag_form(tag) for tag in less}

    def change(
        writing: WriteTransaction, groups: dict[str, Group], portion: Sequence[str], undo: str | None
    ) -> BulkResult:
        tag_changes, named, remaining = list[TagsChange](), list[SkippedItem](), 0
        tags_by_item = writing.tag_assignments.tags_of(portion)
        here = {item_id: pair for item_id, pair in tags_by_item.items() if pair[0] in groups}
        for item_id, (_, before) in here.items():
            after = with_tags(without_tags(before, forms), more)
            if len(after) > max(MOST_TAGS, len(before)):
                remaining += 1
                named.append(SkippedItem(item_id, "", Invalid("An item has at most %(limit)s tags.", limit=MOST_TAGS)))
            elif after != before:
                tag_changes.append(TagsChange(item_id, before, after))
        writing.tag_assignments.set_tags({retagging.item_id: retagging.after for retagging in tag_changes})
        for group_id in sorted({here[retagging.item_id][0] for retagging in tag_changes}):
            signed: Iterator[str] = (sign + tag for sign, tags in (("+", more), ("−", less)) for tag in tags)
            # Users' own libraries are private: nothing is logged.
            detail = None if groups[group_id].is_personal else ", ".join(signed)
            write_audit_log(writing, actor, AuditEvent.ITEMS_TAGGED, group_id=groups[group_id].id, detail=detail)
        undo = save_undo(writing, actor, tag_changes=tag_changes, part_of=undo)
        return BulkResult(
            len(tag_changes), len(here) - len(tag_changes) - remaining, remaining, with_titles(writing, named), undo
        )

    return change_in_batches(library, actor, ids, TAG_BATCH_SIZE, change, part_of=part_of)


def trash_items(library: Library, actor: Actor, ids: Sequence[str], *, part_of: str | None = None) -> BulkResult:
    """Move items to the trash of their groups: all of them for moderators, otherwise the actor's own.

    Raises as `tag_items`.
    """

    def change(
        writing: WriteTransaction, groups: dict[str, Group], portion: Sequence[str], undo: str | None
    ) -> BulkResult:
        removable, named, remaining = list[Item](), list[SkippedItem](), 0
        current = current_actor(writing, actor)
        for item in writing.items.any_of(portion).values():
            if item.group_id not in groups:
                continue
            try:
                require_removable(current, groups[item.group_id], item)
            except FlorilegeError as error:
                remaining += 1
                named.append(SkippedItem(item.id, title_of_item(item), error))
            else:
                removable.append(item)
        removals = move_items_to_trash(writing, actor, removable, library.settings.bin_days)
        undo = save_undo(writing, actor, trashed=[removal.id for removal in removals], part_of=undo)
        return BulkResult(len(removals), 0, remaining, tuple(named[:MOST_SKIPPED_NAMED]), undo)

    return change_in_batches(library, actor, ids, TRASH_BATCH_SIZE, change, part_of=part_of)


BatchChange = Callable[[WriteTransaction, dict[str, Group], Sequence[str], str | None], BulkResult]
"""Changes a batch of items in a transaction, in these groups; the last value is the id of the undo so far."""


def change_in_batches(
    library: Library, actor: Actor, ids: Sequence[str], size: int, change: BatchChange, *, part_of: str | None = None
) -> BulkResult:
    """Change items in batches; each batch only changes items in groups where the actor contributes at that time.

    `part_of` is the undo of the actor's earlier portions of the same action, ignored if it cannot be undone any more.
    """
    require_signed_in_user(actor)
    selected = tuple(dict.fromkeys(ids))
    if len(selected) > MOST_BULK_ITEMS:
        raise Invalid("At most %(limit)s items are changed at once: narrow the search first.", limit=MOST_BULK_ITEMS)
    if part_of is not None and not can_undo(library, actor, part_of):
        part_of = None
    whole = BulkResult(0, 0, 0, (), part_of)
    for start in range(0, len(selected), size):
        portion = selected[start : start + size]
        with item_write_transaction(library, actor) as writing:
            # The actor may have lost access since the previous batch.
            current = current_actor(writing, actor)
            groups = _writable_groups(current, readable_groups(writing, current).groups)
            result = change(writing, groups, portion, whole.undo)
        named = (*whole.named, *result.named)[:MOST_SKIPPED_NAMED]
        whole = BulkResult(
            whole.changed + result.changed,
            whole.unchanged + result.unchanged,
            whole.left + result.left,
            named,
            result.undo,
        )
    return whole


def _writable_groups(actor: Actor, groups: Iterable[Group]) -> dict[str, Group]:
    return {group.id: group for group in groups if is_allowed(actor, Action.CONTRIBUTE, group)}


def with_titles(writing: WriteTransaction, skipped_items: Sequence[SkippedItem]) -> tuple[SkippedItem, ...]:
    some = skipped_items[:MOST_SKIPPED_NAMED]
    items = writing.items.any_of([item.item_id for item in some])
    return tuple(SkippedItem(item.item_id, title_of_item(items[item.item_id]), item.why) for item in some)
