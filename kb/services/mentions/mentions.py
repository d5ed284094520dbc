"""Mentions: find the users named in a text, and list a user's unread mentions.

Only members of the group and the contributor of the item can be mentioned. A login that names no such user gives the
same result whether an account with it exists or not.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from kb.access.actor import Action, Actor
from kb.access.permissions import is_allowed, require_permission, require_signed_in_user
from kb.errors import NotFound, Unavailable
from kb.model.items.annotation import Annotation
from kb.model.items.item import Item
from kb.model.items.moderation import RemovedContent
from kb.model.people.group import Group
from kb.model.people.mention import Mention, mentioned_logins
from kb.model.people.user import User
from kb.services.core.library import Library
from kb.services.core.readable_groups import readable_groups
from kb.services.email.messages import MessageWriter
from kb.services.trash.item_parts import item_part
from kb.store import ReadSnapshot
from kb.store.database.clock import timestamp_now

MOST_SHOWN = 200
"""Mentions on the page: unread ones first."""
MOST_COMPLETIONS = 8


@dataclass(frozen=True, slots=True)
class MentionView:
    """A mention that the actor may still read: the part of the item, and its author; None for a deleted author."""

    mention: Mention
    item: Item
    group: Group
    part: RemovedContent
    by: User | None


def save_mentions(messages: MessageWriter, actor: Actor, item: Item, part_id: str, text: str) -> None:
    """Store the users mentioned in a new or changed text, in its transaction; send e-mail messages to those who want
    them.

    Users are not notified of mentioning themselves, nor twice about the same text.
    """
    writing = messages.writing
    before = {mention.user_id for mention in writing.mentions.in_part(part_id)}
    logins = mentioned_logins(text)
    if not logins and not before:
        return
    group = writing.groups.by_ids([item.group_id])[item.group_id]
    named = {
        user.id: user for user in mentioned_users(writing, item, group, logins).values() if user.id != actor.user_id
    }
    writing.mentions.drop(part_id, before - set(named))
    new = [user_id for user_id in named if user_id not in before]
    now = timestamp_now()
    writing.mentions.add([Mention(part_id, user_id, item.id, actor.user_id, now) for user_id in new])
    wanting = writing.mentions.wanting_email(new)
    for account in writing.accounts.by_ids(wanting).values():
        messages.send_mention(account, group, item, part_id, by=actor)


def mentioned_users(reading: ReadSnapshot, item: Item, group: Group, logins: Iterable[str]) -> dict[str, User]:
    """The users that these logins mention on an item."""
    users = reading.users.by_logins(logins)
    if not users:
        return {}
    accounts = reading.accounts.by_ids([user.id for user in users.values()])
    mentioned: dict[str, User] = {}
    for login, user in users.items():
        account = accounts.get(user.id)
        if account is None or account.closed_at is not None:
            continue
        memberships = reading.groups.memberships(user.id)
        is_member = any(membership.group_id == group.id for membership in memberships)
        shared_it = item.author is not None and item.author.id == user.id
        if is_member or (shared_it and is_allowed(Actor(user.id, memberships), Action.READ, group)):
            mentioned[login] = user
    return mentioned


def users_mentioned_in_item(library: Library, item: Item, group: Group) -> dict[str, User]:
    """The users mentioned in the texts of a readable item, by login. Without any mention no query is sent."""
    texts = (
        text
        for annotation in item.annotations
        for text in (annotation.body or "", *(reply.body for reply in annotation.replies))
        if "@" in text
    )
    logins = dict.fromkeys(login for text in texts for login in mentioned_logins(text))
    if not logins:
        return {}
    with library.store.read() as reading:
        return mentioned_users(reading, item, group, logins)


def mention_completions(library: Library, actor: Actor, slug: str, start: str) -> tuple[User, ...]:
    """Members with a word of this prefix, for writers of a group. Raises NotFound, LoginNeeded, Forbidden."""
    prefix = start.strip().lstrip("@").casefold()
    with library.store.read() as reading:
        group = require_permission(actor, Action.CONTRIBUTE, reading.groups.by_slug(slug))
        people = [user for user, _ in reading.groups.members(group.id)]
    texts = ((person, (person.login, *person.name.casefold().split())) for person in people)
    users = [user for user, words in texts if any(word.startswith(prefix) for word in words)]
    return tuple(sorted(users, key=lambda user: (not user.login.startswith(prefix), user.login)))[:MOST_COMPLETIONS]


def unread_mentions(reading: ReadSnapshot, actor: Actor) -> int:
    """The number of the actor's unread mentions that may be read; at most as many as one page shows."""
    if actor.user_id is None or not reading.mentions.unread(actor.user_id, 1):
        return 0
    unseen = [mention for mention in reading.mentions.of_user(actor.user_id, MOST_SHOWN) if mention.seen_at is None]
    return len(_readable_mentions(reading, actor, unseen))


def mentions_of(library: Library, actor: Actor) -> tuple[MentionView, ...]:
    """The actor's mentions that may be read, unread ones first, then the latest. Raises LoginNeeded."""
    user_id = require_signed_in_user(actor, reading=True)
    with library.store.read() as reading:
        return _readable_mentions(reading, actor, reading.mentions.of_user(user_id, MOST_SHOWN))


def mark_mentions_seen(library: Library, actor: Actor, annotation_id: str | None = None) -> None:
    """Mark one of the actor's mentions as read, or all. Raises LoginNeeded, Forbidden for a read-only token."""
    user_id = require_signed_in_user(actor)
    with library.store.write() as writing:
        writing.mentions.mark_read(user_id, None if annotation_id is None else [annotation_id], timestamp_now())


def mark_item_mentions_seen(library: Library, actor: Actor, item: Item, annotations: Iterable[Annotation]) -> None:
    """Mark the actor's unread mentions in these annotations of an item, and in their replies, as read.

    It writes only if there are any, and does nothing for an anonymous actor, for a read-only token, or while the
    database cannot be written.
    """
    if actor.user_id is None or actor.read_only:
        return
    with library.store.read() as reading:
        if not reading.mentions.unread(actor.user_id, 1):
            return
        shown = {id_ for part in annotations for id_ in (part.id, *(reply.id for reply in part.replies))}
        mentions = reading.mentions.of_user(actor.user_id, MOST_SHOWN)
    seen = [mention.annotation_id for mention in mentions if mention.seen_at is None and mention.item_id == item.id]
    if not (seen := [mention_id for mention_id in seen if mention_id in shown]):
        return
    try:
        with library.store.write() as writing:
            writing.mentions.mark_read(actor.user_id, seen, timestamp_now())
    except Unavailable:
        return


def wants_mention_emails(library: Library, actor: Actor) -> bool:
    """Whether the actor wants e-mail messages about mentions."""
    user_id = require_signed_in_user(actor, reading=True)
    with library.store.read() as reading:
        return bool(reading.mentions.wanting_email([user_id]))


def set_mention_emails(library: Library, actor: Actor, *, enabled: bool) -> None:
    """Turn e-mail messages about mentions on or off. Raises LoginNeeded, Forbidden; NotFound for a deleted account."""
    user_id = require_signed_in_user(actor)
    with library.store.write() as writing:
        if not writing.accounts.by_ids([user_id]):
            raise NotFound("This account does not exist.")
        writing.mentions.set_wants_email(user_id, enabled=enabled)


def _readable_mentions(reading: ReadSnapshot, actor: Actor, mentions: Iterable[Mention]) -> tuple[MentionView, ...]:
    listed = tuple(mentions)
    scope = readable_groups(reading, actor).scope
    item_of = reading.items.taken_annotation_ids(mention.annotation_id for mention in listed)
    items = reading.items.beginnings(item_of.values(), scope)
    annotations = reading.items.listed_annotations(item_of, items.values())
    groups = reading.groups.by_ids({item.group_id for item in items.values()})
    people = reading.users.by_ids({mention.by_id for mention in listed if mention.by_id})
    views = []
    for mention in listed:
        item = items.get(item_of.get(mention.annotation_id, ""))
        if item is None:
            continue
        part = item_part(replace(item, annotations=(annotations[mention.annotation_id],)), mention.annotation_id)
        if part is not None:
            views.append(MentionView(mention, item, groups[item.group_id], part, people.get(mention.by_id or "")))
    return tuple(views)
