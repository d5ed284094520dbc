"""Setting aside a whole item, or a part of one, in a transaction: hidden, or in the bin of its group."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kb.access.actor import Action, Actor
from kb.access.permissions import may, require, require_person
from kb.errors import Conflict, NotFound, Refused
from kb.model.ids import new_id
from kb.model.items.annotation import Annotation, Reply
from kb.model.items.item import Item
from kb.model.items.moderation import Aside, SetAside, Taken
from kb.model.people.group import Group
from kb.model.text_rules import check_text
from kb.model.web_pages.address import canonical_url
from kb.services.core.audit_log import Done, note
from kb.services.trash.item_parts import author_of, has_words_of_others, kind_of, part_of, taken_out, text_of
from kb.store import Reading, Writing
from kb.store.database.clock import instant_in, this_instant
from kb.store.groups.removed_items import body_of

LONGEST_WHY = 1_000
"""Characters of a reason; the rest is cut."""
_LONGEST_TITLE = 300


@dataclass(frozen=True, slots=True)
class How:
    """In which way, why, and until when it can come back; None: for as long as it is hidden."""

    kind: Aside
    why: str
    expires_at: str | None = None


def set_aside(writing: Writing, actor: Actor, item: Item, part_id: str | None, how: How) -> SetAside:
    """Take an item, or a part of it, out of the library; whoever calls this has asked for the rights.

    Raises NotFound for a part that is not there.
    """
    part = required_part(item, part_id)
    if part.item is None:
        rest, part = taken_out(item, part, asides_of(writing, item.id))
        writing.items.update([rest])
    else:
        writing.items.remove([item.id])
    writing.moderation.settle_flags(item.id, part_id)
    for reply in part.annotation.replies if part.annotation else ():
        writing.moderation.settle_flags(item.id, reply.id)
    return _put_aside(writing, actor, [(item, part_id, part)], how)[0]


def _put_aside(
    writing: Writing, actor: Actor, taken: Sequence[tuple[Item, str | None, Taken]], how: How
) -> list[SetAside]:
    """Keep items, or parts of them by id, that were taken out of the library, and write in the log who did it."""
    asides = [
        SetAside(
            new_id(),
            item.group_id,
            how.kind,
            item.id,
            part_id,
            title_of(item),
            body_of(part),
            actor.user_id,
            reason(how.why) or None,
            this_instant(),
            how.expires_at,
            item.order if part.item else None,
            canonical_url(item.url) if part.item else None,
        )
        for item, part_id, part in taken
    ]
    writing.moderation.put_aside(asides)
    done = Done.HIDDEN if how.kind is Aside.HIDDEN else Done.REMOVED
    for (item, part_id, part), aside in zip(taken, asides, strict=True):
        note(writing, actor, done, group_id=item.group_id, subject=part_id or item.id, detail=named(part, aside.title))
    return asides


def put_items_in_bin(writing: Writing, actor: Actor, items: Sequence[Item], days: float) -> None:
    """As `put_in_bin` for each of these items, many times faster."""
    writing.items.remove([item.id for item in items])
    for item in items:
        writing.moderation.settle_flags(item.id)
    how = How(Aside.REMOVED, "", instant_in(days=days))
    _put_aside(writing, actor, [(item, None, required_part(item, None)) for item in items], how)


def put_in_bin(writing: Writing, actor: Actor, item: Item, days: float) -> SetAside:
    """Put a whole item in the bin of its group, for so many days; whoever calls this has asked for the rights."""
    return set_aside(writing, actor, item, None, How(Aside.REMOVED, "", instant_in(days=days)))


def note_restored(writing: Writing, actor: Actor, aside: SetAside, taken: Taken) -> None:
    """Write in the log that something is back."""
    subject, detail = aside.annotation_id or aside.item_id, named(taken, aside.title)
    note(writing, actor, Done.RESTORED, group_id=aside.group_id, subject=subject, detail=detail)


def asides_of(reading: Reading, item_id: str) -> list[tuple[str, Taken]]:
    """All that is out of an item that is in the library, by the id that it had there, the latest first."""
    held = reading.moderation.aside_of_items([item_id])
    return [(one.annotation_id, reading.moderation.taken(one)) for one in reversed(held) if one.annotation_id]


def forget_for_good(writing: Writing, aside: SetAside, taken: Taken) -> None:
    """Drop what was set aside, with what was taken out of it before and could go back nowhere."""
    held = writing.moderation.aside_of_items([aside.item_id])
    if taken.item is not None:
        gone = [one.id for one in held]
    else:
        answers = ((one, writing.moderation.taken(one)) for one in held if one.id != aside.id)
        gone = [aside.id, *(one.id for one, answer in answers if answer.parent == aside.annotation_id)]
    writing.moderation.drop_aside(gone)


def required_part(item: Item, part_id: str | None) -> Taken:
    """The item itself, or a part of it. Raises NotFound."""
    part = part_of(item, part_id)
    if part is None:
        raise NotFound("This passage or comment is not there any more.")
    return part


def require_removable(actor: Actor, group: Group, item: Item, part_id: str | None = None) -> None:
    """Raise SignInNeeded, Refused or Conflict unless somebody may put an item, or a part of it, in the bin."""
    require(actor, Action.CONTRIBUTE, group)
    if not may(actor, Action.MODERATE, group):
        _require_own(actor, required_part(item, part_id))


def _require_own(actor: Actor, part: Taken) -> None:
    user_id, author = require_person(actor), author_of(part)
    if author is None or author.id != user_id:
        raise Refused("Only its author or a moderator can remove this.")
    if has_words_of_others(part, user_id):
        raise Conflict("Others have added their words to this: ask a moderator to remove it.")


def with_free_ids(reading: Reading, item: Item) -> Item:
    """The item, with another id for what comes back and whose own an annotation of another item has got meanwhile."""
    ids = [id_ for one in item.annotations for id_ in (one.id, *(reply.id for reply in one.replies))]
    taken = {id_ for id_, holder in reading.items.taken_annotation_ids(ids).items() if holder != item.id}
    if not taken:
        return item

    def freed(one: Annotation) -> Annotation:
        replies = tuple(_freed_reply(reply, taken) for reply in one.replies)
        return replace(one, id=new_id() if one.id in taken else one.id, replies=replies)

    return replace(item, annotations=tuple(map(freed, item.annotations)))


def _freed_reply(reply: Reply, taken: set[str]) -> Reply:
    return replace(reply, id=new_id()) if reply.id in taken else reply


def reason(why: str) -> str:
    """A reason as it is kept. Raises Invalid for what no base can hold."""
    return check_text(why.strip()[:LONGEST_WHY])


def title_of(item: Item) -> str:
    """What an item is called."""
    return text_of(Taken(item=item))


def named(part: Taken, title: str = "") -> str:
    """What the line of the log is about: the kind of thing, then the title of its item."""
    return f"{kind_of(part)} {title[:_LONGEST_TITLE]}".strip()
