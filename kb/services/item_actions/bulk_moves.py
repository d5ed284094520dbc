"""Bulk moves and copies: the selected items go to another group, each with the rights that moving one needs."""

from collections.abc import Sequence

from kb.access.actor import Action, Actor
from kb.access.permissions import require_permission
from kb.errors import FlorilegeError, Invalid, NotFound
from kb.model.items.undo import ItemChange
from kb.model.people.group import Group
from kb.services.core.library import Library
from kb.services.core.readable_groups import readable_groups
from kb.services.item_actions.bulk_actions import BulkResult, SkippedItem, change_in_batches
from kb.services.item_actions.move_and_copy import (
    WiderAudience,
    copy_in_transaction,
    has_wider_audience,
    move_in_transaction,
)
from kb.services.trash.content_removal import title_of_item
from kb.services.undo.undo import save_undo
from kb.store import WriteTransaction

MOVE_BATCH_SIZE = 100
"""Items of one transaction: each is written whole, with its annotations."""
MOVE, COPY = "move", "copy"


def move_items(
    library: Library,
    actor: Actor,
    ids: Sequence[str],
    slug: str,
    how: str,
    *,
    confirmed: bool = False,
    part_of: str | None = None,
) -> BulkResult:
    """Move the items to a group, or copy them (`how`); those that may not go there are left, and named.

    Raises NotFound, LoginNeeded, Forbidden for the group; WiderAudience unless `confirmed`; Invalid.
    """
    if how not in {MOVE, COPY}:
        raise Invalid("The request is not a form of this site.")
    _require_target(library, actor, ids, slug, confirmed=confirmed)

    def change(writing: WriteTransaction, _: dict[str, Group], portion: Sequence[str], undo: str | None) -> BulkResult:
        changed, named = list[ItemChange](), list[SkippedItem]()
        readable = writing.items.any_of(portion)
        for item_id in portion:
            try:
                if how == MOVE:
                    done, _target = move_in_transaction(writing, library, actor, item_id, slug, confirmed=confirmed)
                else:
                    done, _target, _left = copy_in_transaction(
                        writing, library, actor, item_id, slug, confirmed=confirmed
                    )
            except NotFound:
                # Gone meanwhile, or not readable: as if it did not exist.
                continue
            except FlorilegeError as error:
                if (item := readable.get(item_id)) is not None:
                    named.append(SkippedItem(item_id, title_of_item(item), error))
            else:
                changed.append(done)
        undo = save_undo(writing, actor, changed=changed, part_of=undo)
        return BulkResult(len(changed), 0, len(named), tuple(named), undo)

    return change_in_batches(library, actor, ids, MOVE_BATCH_SIZE, change, part_of=part_of)


def _require_target(library: Library, actor: Actor, ids: Sequence[str], slug: str, *, confirmed: bool) -> None:
    """Ask for the right to add to the group, and for the confirmation, before anything is written."""
    with library.store.read() as reading:
        target = require_permission(actor, Action.CONTRIBUTE, reading.groups.by_slug(slug))
        readable = reading.items.readable_ids(ids, readable_groups(reading, actor).scope)
        group_ids = {group_id for group_id, _ in reading.tag_assignments.tags_of(readable).values()}
        sources = reading.groups.by_ids(group_ids - {target.id}).values()
    if not confirmed and any(has_wider_audience(source, target) for source in sources):
        raise WiderAudience(target)
