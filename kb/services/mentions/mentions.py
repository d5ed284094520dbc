"""Mentions: who is named in what somebody writes, and what of it the person named has still to see.

Only who belongs to the group can be named, and who shared the item: nothing tells whether a login that names nobody
there is somebody elsewhere.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from kb.access.actor import Action, Actor
from kb.access.permissions import may, require, require_person, scope_of, sight_of
from kb.errors import NotFound
from kb.model.items.item import Item
from kb.model.items.moderation import Taken
from kb.model.people.group import Group
from kb.model.people.mention import Mention, named_in
from kb.model.people.user import User
from kb.services.core.library import Library
from kb.services.email.messages import Telling
from kb.services.trash.item_parts import part_of
from kb.store import Reading
from kb.store.database.clock import this_instant

MOST_SHOWN = 200
"""Mentions on the page: those that one has not seen first."""
MOST_COMPLETED = 8


@dataclass(frozen=True, slots=True)
class MentionView:
    """A mention that one may still read: in which part of which item, and who wrote it; None for nobody any more."""

    mention: Mention
    item: Item
    group: Group
    part: Taken
    by: User | None


def note_mentions(telling: Telling, actor: Actor, item: Item, part_id: str, text: str) -> None:
    """Keep who is named in a text that was just written or changed, in its own transaction; tell who wants letters.

    Nobody is told of naming themselves, nor twice of the same words.
    """
    writing = telling.writing
    before = {one.user_id for one in writing.mentions.in_part(part_id)}
    logins = named_in(text)
    if not logins and not before:
        return
    group = writing.groups.by_ids([item.group_id])[item.group_id]
    named = {one.id: one for one in people_named(writing, item, group, logins).values() if one.id != actor.user_id}
    writing.mentions.drop(part_id, before - set(named))
    new = [user_id for user_id in named if user_id not in before]
    now = this_instant()
    writing.mentions.add([Mention(part_id, user_id, item.id, actor.user_id, now) for user_id in new])
    wanting = writing.mentions.wants_letters(new)
    for account in writing.accounts.by_ids(wanting).values():
        telling.mentioned(account, group, item, part_id, by=actor)


def people_named(reading: Reading, item: Item, group: Group, logins: Iterable[str]) -> dict[str, User]:
    """Of these logins, those that name somebody on an item, with who they are."""
    users = reading.users.by_logins(logins)
    if not users:
        return {}
    accounts = reading.accounts.by_ids([one.id for one in users.values()])
    found: dict[str, User] = {}
    for login, user in users.items():
        account = accounts.get(user.id)
        if account is None or account.closed_at is not None:
            continue
        memberships = reading.groups.memberships(user.id)
        is_member = any(one.group_id == group.id for one in memberships)
        shared_it = item.author is not None and item.author.id == user.id
        if is_member or (shared_it and may(Actor(user.id, memberships), Action.READ, group)):
            found[login] = user
    return found


def people_in_texts(library: Library, item: Item, group: Group) -> dict[str, User]:
    """Who is named in the texts of an item that the asker may read, by login. Nothing is asked where nobody is."""
    texts = (
        text
        for one in item.annotations
        for text in (one.body or "", *(reply.body for reply in one.replies))
        if "@" in text
    )
    logins = dict.fromkeys(login for text in texts for login in named_in(text))
    if not logins:
        return {}
    with library.store.read() as reading:
        return people_named(reading, item, group, logins)


def completions(library: Library, actor: Actor, slug: str, start: str) -> tuple[User, ...]:
    """Members of a group whose login or name has a word that begins so, for who may write there.

    Raises NotFound, SignInNeeded, Refused.
    """
    wanted = start.strip().lstrip("@").casefold()
    with library.store.read() as reading:
        group = require(actor, Action.CONTRIBUTE, reading.groups.by_slug(slug))
        people = [user for user, _ in reading.groups.members(group.id)]
    found = [one for one in people if any(word.startswith(wanted) for word in _words_of(one))]
    return tuple(sorted(found, key=lambda one: (not one.login.startswith(wanted), one.login)))[:MOST_COMPLETED]


def unread_mentions(library: Library, actor: Actor) -> int:
    """How many mentions the asker has not seen and may read; as many as one page shows, at most."""
    if actor.user_id is None:
        return 0
    with library.store.read() as reading:
        if not reading.mentions.unread(actor.user_id, 1):
            return 0
        unseen = [one for one in reading.mentions.of_user(actor.user_id, MOST_SHOWN) if one.seen_at is None]
        return len(_views(reading, actor, unseen))


def mentions_of(library: Library, actor: Actor) -> tuple[MentionView, ...]:
    """The mentions of who asks that they may read, unseen ones first, then the latest. Raises SignInNeeded."""
    user_id = require_person(actor, reading=True)
    with library.store.read() as reading:
        return _views(reading, actor, reading.mentions.of_user(user_id, MOST_SHOWN))


def see_mentions(library: Library, actor: Actor, annotation_id: str | None = None) -> None:
    """Note that the asker has seen one mention of them, or all. Raises SignInNeeded, Refused for a reading token."""
    user_id = require_person(actor)
    with library.store.write() as writing:
        writing.mentions.see(user_id, None if annotation_id is None else [annotation_id], this_instant())


def wants_letters(library: Library, actor: Actor) -> bool:
    """Whether the asker wants a letter when they are named."""
    user_id = require_person(actor, reading=True)
    with library.store.read() as reading:
        return bool(reading.mentions.wants_letters([user_id]))


def want_letters(library: Library, actor: Actor, *, wanted: bool) -> None:
    """Have letters about mentions, or none. Raises SignInNeeded, Refused; NotFound for an account that is gone."""
    user_id = require_person(actor)
    with library.store.write() as writing:
        if not writing.accounts.by_ids([user_id]):
            raise NotFound("This account does not exist.")
        writing.mentions.want_letters(user_id, wanted=wanted)


def _views(reading: Reading, actor: Actor, mentions: Iterable[Mention]) -> tuple[MentionView, ...]:
    """Those of these mentions that are still there and may be read."""
    held = tuple(mentions)
    scope = scope_of(actor, reading.groups.in_sight(sight_of(actor)))
    items = reading.items.of_annotations([one.annotation_id for one in held], scope)
    groups = reading.groups.by_ids({item.group_id for item in items.values()})
    people = reading.users.by_ids({one.by_id for one in held if one.by_id})
    views = []
    for one in held:
        item = items.get(one.annotation_id)
        part = part_of(item, one.annotation_id) if item is not None else None
        if item is not None and part is not None:
            views.append(MentionView(one, item, groups[item.group_id], part, people.get(one.by_id or "")))
    return tuple(views)


def _words_of(user: User) -> tuple[str, ...]:
    return (user.login, *user.name.casefold().split())
