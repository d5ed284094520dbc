"""What is reported to the moderators of a group, hidden by them, removed, and put back.

What is hidden or removed is in no other table than `set_aside`: no search, count, feed or export can show it.
"""

from kb.access.actor import Action, Actor
from kb.access.permissions import may, require, require_person, sight_of
from kb.errors import Conflict, NotFound, Refused
from kb.model.ids import new_id
from kb.model.items.item import Item
from kb.model.items.moderation import Aside, Flag, SetAside
from kb.model.people.group import Group
from kb.services.authentication.authentication import check_limits
from kb.services.core.audit_log import Done, note
from kb.services.core.library import Library
from kb.services.core.write_transaction import changing
from kb.services.items.items import readable_item
from kb.services.trash.item_parts import put_back
from kb.services.trash.trash import (
    How,
    asides_of,
    forget_for_good,
    named,
    note_restored,
    reason,
    require_removable,
    required_part,
    set_aside,
    title_of,
    with_free_ids,
)
from kb.store import Rate, Reading, Writing
from kb.store.database.clock import instant_in, this_instant

_REPORTS = Rate(burst=30, every=60)

_GONE = "This was put back, or is gone for good."


def flag(library: Library, actor: Actor, item_id: str, part_id: str | None = None, why: str = "") -> None:
    """Report an item, or an annotation or a reply of it, to the moderators; once more changes nothing.

    Raises NotFound, SignInNeeded, Refused in somebody's own library, TooOften.
    """
    said = reason(why)
    with library.store.read() as reading:
        _flaggable(reading, actor, item_id)
    check_limits(library, [(f"flag {actor.user_id}", _REPORTS)])
    with changing(library, actor) as writing:
        item, group, user_id = _flaggable(writing, actor, item_id)
        part = required_part(item, part_id)
        if writing.moderation.has_flagged(user_id, item.id, part_id):
            return
        writing.moderation.add_flag(Flag(new_id(), group.id, item.id, part_id, user_id, said, this_instant()))
        note(
            writing,
            actor,
            Done.FLAGGED,
            group_id=group.id,
            subject=part_id or item.id,
            detail=named(part, title_of(item)),
        )


def dismiss(library: Library, actor: Actor, slug: str, item_id: str, part_id: str | None = None) -> None:
    """Answer the reports on one thing: it stays. Raises NotFound, Refused."""
    with changing(library, actor) as writing:
        group = require(actor, Action.MODERATE, writing.groups.by_slug(slug))
        item = writing.items.any_of([item_id]).get(item_id)
        if item is None or item.group_id != group.id:
            raise NotFound(_GONE)
        part = required_part(item, part_id)
        if writing.moderation.dismiss_flags(item.id, part_id):
            note(
                writing,
                actor,
                Done.DISMISSED,
                group_id=group.id,
                subject=part_id or item.id,
                detail=named(part, title_of(item)),
            )


def hide(library: Library, actor: Actor, item_id: str, part_id: str | None = None, why: str = "") -> SetAside:
    """Take an item, or an annotation or a reply of it, out of everybody's sight until it is restored.

    Raises NotFound, SignInNeeded, Refused for who does not moderate the group.
    """
    with changing(library, actor) as writing:
        item, group = _readable(writing, actor, item_id)
        require(actor, Action.MODERATE, group)
        _require_moderators(group)
        return set_aside(writing, actor, item, part_id, How(Aside.HIDDEN, why))


def remove(library: Library, actor: Actor, item_id: str, part_id: str | None = None, why: str = "") -> SetAside:
    """Put an item, or an annotation or a reply of it, in the bin of the group, whence it goes for good later.

    It is for moderators, and for members who take back what is theirs. Raises NotFound, SignInNeeded, Refused for
    others, Conflict where others have added words to it.
    """
    with changing(library, actor) as writing:
        item, group = _readable(writing, actor, item_id)
        require_removable(actor, group, item, part_id)
        expires_at = instant_in(days=library.settings.bin_days)
        return set_aside(writing, actor, item, part_id, How(Aside.REMOVED, why, expires_at))


def restore(library: Library, actor: Actor, aside_id: str) -> tuple[SetAside, Group]:
    """Put back what was hidden or removed, as it was and where it stood.

    It is for moderators, and for members who removed something themselves. Raises NotFound, SignInNeeded, Refused;
    Conflict where what it belongs to is out of the library itself.
    """
    with changing(library, actor) as writing:
        aside, group = _required_aside(writing, actor, aside_id)
        require(actor, Action.MODERATE if not is_taken_back(actor, aside) else Action.CONTRIBUTE, group)
        taken = writing.moderation.taken(aside)
        if taken.item is not None:
            if writing.items.any_of([aside.item_id]):
                raise Conflict("An item with the same identity is in the library again.")
            writing.items.add([with_free_ids(writing, taken.item)])
        else:
            _put_part_back(writing, aside)
        writing.moderation.drop_aside([aside.id])
        note_restored(writing, actor, aside, taken)
    return aside, group


def purge(library: Library, actor: Actor, aside_id: str) -> Group:
    """Remove for good, at once, what is hidden or in the bin.

    Raises NotFound, SignInNeeded, Refused for who is no owner of the group.
    """
    with changing(library, actor) as writing:
        aside, group = _required_aside(writing, actor, aside_id)
        require(actor, Action.MANAGE, group)
        taken = writing.moderation.taken(aside)
        forget_for_good(writing, aside, taken)
        note(
            writing,
            actor,
            Done.PURGED,
            group_id=group.id,
            subject=aside.annotation_id or aside.item_id,
            detail=named(taken),
        )
    return group


def is_taken_back(actor: Actor, aside: SetAside) -> bool:
    """Whether it is something that the asker removed themselves."""
    return aside.kind is Aside.REMOVED and actor.user_id is not None and aside.user_id == actor.user_id


def _put_part_back(writing: Writing, aside: SetAside) -> None:
    item = writing.items.any_of([aside.item_id]).get(aside.item_id)
    if item is None:
        raise Conflict("The item that this belongs to is hidden or removed itself: restore the item first.")
    if item.group_id != aside.group_id:
        raise Conflict("The item that this belongs to is in another group now.")
    whole = put_back(item, aside.annotation_id or "", asides_of(writing, item.id))
    if whole is None:
        raise Conflict("What this answers is hidden or removed itself: restore that first.")
    writing.items.update([with_free_ids(writing, whole)])


def _readable(reading: Reading, actor: Actor, item_id: str) -> tuple[Item, Group]:
    return readable_item(reading, actor, item_id, reading.groups.in_sight(sight_of(actor)))


def _flaggable(reading: Reading, actor: Actor, item_id: str) -> tuple[Item, Group, str]:
    item, group = _readable(reading, actor, item_id)
    user_id = require_person(actor)
    require(actor, Action.FLAG, group)
    _require_moderators(group)
    return item, group, user_id


def _require_moderators(group: Group) -> None:
    if group.is_personal:
        raise Refused("This is somebody's own library: it has no moderators.")


def _required_aside(reading: Reading, actor: Actor, aside_id: str) -> tuple[SetAside, Group]:
    """What is set aside, and its group, for who may read the group."""
    aside = reading.moderation.aside(aside_id)
    group = reading.groups.by_ids([aside.group_id]).get(aside.group_id) if aside else None
    if aside is None or group is None or not may(actor, Action.READ, group):
        raise NotFound(_GONE)
    return aside, group
