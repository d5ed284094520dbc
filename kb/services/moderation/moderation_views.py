"""What those who look after a group see: reports that wait, what is hidden, the bin, the log."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from kb.access.actor import Action, Actor
from kb.access.permissions import may, require, require_person, sight_of
from kb.errors import NotFound
from kb.model.items.item import Item
from kb.model.items.moderation import Act, Aside, Flag, SetAside, Taken
from kb.model.people.group import Group
from kb.model.people.user import User
from kb.services.core.library import Library
from kb.services.groups.groups import allowed_in
from kb.services.items.items import readable_item
from kb.services.moderation.moderation_actions import is_taken_back
from kb.services.trash.item_parts import author_of, has_words_of_others, part_of
from kb.store import Reading

LINES = 50
"""Lines of the log on one page."""
_MOST = 500
"""Things that are set aside on one page."""
_MOST_REPORTED = 200
"""Things that are reported on one page: the next ones come when these are settled."""


@dataclass(frozen=True, slots=True)
class Reported:
    """One thing that somebody reports, and the reports on it, each with who made it."""

    item: Item
    part_id: str | None
    part: Taken
    flags: tuple[tuple[Flag, User | None], ...]


@dataclass(frozen=True, slots=True)
class Out:
    """One thing that is out of the library; `by` took it out. `item_is_there`: only a part of its item is out."""

    aside: SetAside
    part: Taken
    by: User | None
    item_is_there: bool


@dataclass(frozen=True, slots=True)
class Moderation:
    """What waits in a group, and what is hidden."""

    group: Group
    reported: tuple[Reported, ...]
    hidden: tuple[Out, ...]
    may_purge: bool


@dataclass(frozen=True, slots=True)
class Bin:
    """What was removed from a group: all of it, or, not `whole`, what whoever asks removed."""

    group: Group
    removed: tuple[Out, ...]
    whole: bool
    may_purge: bool


@dataclass(frozen=True, slots=True)
class Log:
    """A page of what was done in a group, the latest first; `older` is where the next page begins."""

    group: Group
    lines: tuple[Act, ...]
    people: dict[str, User]
    older: int | None


@dataclass(frozen=True, slots=True)
class Deeds:
    """What somebody may do about one thing."""

    flag: bool = False
    hide: bool = False
    remove: bool = False

    def __bool__(self) -> bool:
        return self.flag or self.hide or self.remove


def moderation_of(library: Library, actor: Actor, slug: str) -> Moderation:
    """What waits for a moderator. Raises NotFound, SignInNeeded, Refused."""
    with library.store.read() as reading:
        group = require(actor, Action.MODERATE, reading.groups.by_slug(slug))
        return Moderation(
            group,
            _reported(reading, group),
            _out(reading, reading.moderation.aside_of(group.id, Aside.HIDDEN, _MOST)),
            may(actor, Action.MANAGE, group),
        )


def waiting(library: Library, actor: Actor, group: Group) -> int:
    """How many reports wait for whoever asks; none for who does not moderate the group."""
    if group.is_personal or not may(actor, Action.MODERATE, group):
        return 0
    with library.store.read() as reading:
        return len({(one.item_id, one.annotation_id) for one in reading.moderation.flags_of(group.id)})


def bin_of(library: Library, actor: Actor, slug: str) -> Bin:
    """What can be put back: all, for a moderator, else what one removed. Raises NotFound, SignInNeeded, Refused."""
    with library.store.read() as reading:
        group = require(actor, Action.CONTRIBUTE, reading.groups.by_slug(slug))
        whole = may(actor, Action.MODERATE, group)
        removed = reading.moderation.aside_of(group.id, Aside.REMOVED, _MOST)
        seen = removed if whole else [one for one in removed if is_taken_back(actor, one)]
        return Bin(group, _out(reading, seen), whole, may(actor, Action.MANAGE, group))


def one_out(library: Library, actor: Actor, slug: str, aside_id: str) -> tuple[Group, Out]:
    """One thing, before it is gone for good. Raises NotFound, SignInNeeded, Refused for who is no owner."""
    with library.store.read() as reading:
        group = require(actor, Action.MANAGE, reading.groups.by_slug(slug))
        aside = reading.moderation.aside(aside_id)
        if aside is None or aside.group_id != group.id:
            raise NotFound("This was put back, or is gone for good.")
        return group, _out(reading, [aside])[0]


def log_of(library: Library, actor: Actor, slug: str, before: int | None = None) -> Log:
    """Who did what in a group. Raises NotFound, SignInNeeded, Refused for who does not moderate it."""
    with library.store.read() as reading:
        group = require(actor, Action.MODERATE, reading.groups.by_slug(slug))
        found = reading.moderation.acts(group.id, before=before, limit=LINES + 1)
        lines = found[:LINES]
        people = reading.users.by_ids(id_ for _, act in lines for id_ in (act.user_id, act.subject) if id_)
        older = lines[-1][0] if len(found) > LINES else None
        return Log(group, tuple(act for _, act in lines), people, older)


def deeds_in(actor: Actor, group: Group) -> Callable[[Taken], Deeds]:
    """Tells what somebody may do about each thing of a group."""
    if actor.user_id is None or actor.read_only:
        return lambda _: Deeds()
    allowed, user_id = allowed_in(actor, group), actor.user_id
    moderates = Action.MODERATE in allowed
    flags = Action.FLAG in allowed and not group.is_personal and not moderates

    def about(part: Taken) -> Deeds:
        author = author_of(part)
        is_own = author is not None and author.id == user_id
        removes = moderates or (is_own and Action.CONTRIBUTE in allowed and not has_words_of_others(part, user_id))
        return Deeds(flags and not is_own, moderates and not group.is_personal, removes)

    return about


def thing_of(library: Library, actor: Actor, item_id: str, part_id: str | None) -> tuple[Item, Group, Taken, Deeds]:
    """One thing, for who would report, hide or remove it. Raises NotFound, SignInNeeded."""
    with library.store.read() as reading:
        item, group = readable_item(reading, actor, item_id, reading.groups.in_sight(sight_of(actor)))
    require_person(actor, reading=True)
    part = part_of(item, part_id)
    if part is None:
        raise NotFound("This passage or comment is not there any more.")
    return item, group, part, deeds_in(actor, group)(part)


def _reported(reading: Reading, group: Group) -> tuple[Reported, ...]:
    things: dict[tuple[str, str | None], list[Flag]] = {}
    for one in reading.moderation.flags_of(group.id):
        things.setdefault((one.item_id, one.annotation_id), []).append(one)
    first = list(things.items())[:_MOST_REPORTED]
    items = reading.items.any_of(dict.fromkeys(item_id for (item_id, _), _ in first))
    people = reading.users.by_ids({one.user_id for _, held in first for one in held if one.user_id})
    reported = []
    for (item_id, part_id), held in first:
        item = items.get(item_id)
        part = part_of(item, part_id) if item else None
        # An import may have taken it away since: the sweeper forgets the report.
        if item is not None and part is not None and item.group_id == group.id:
            named = tuple((one, people.get(one.user_id or "")) for one in held)
            reported.append(Reported(item, part_id, part, named))
    return tuple(reported)


def _out(reading: Reading, asides: Iterable[SetAside]) -> tuple[Out, ...]:
    held = tuple(asides)
    people = reading.users.by_ids({one.user_id for one in held if one.user_id})
    gone = reading.moderation.aside_ids(one.item_id for one in held)
    return tuple(
        Out(one, reading.moderation.taken(one), people.get(one.user_id or ""), one.item_id not in gone) for one in held
    )
