"""Mentions: find the users named in a text, and complete their logins.

Only members of the group and the contributor of the item can be mentioned. A login that names no such user gives the
same result whether an account with it exists or not.
"""

from collections.abc import Iterable

from kb.access.actor import Action, Actor
from kb.access.permissions import is_allowed, require_permission
from kb.model.items.item import Item
from kb.model.people.group import Group
from kb.model.people.mention import mentioned_logins
from kb.model.people.user import User
from kb.services.core.library import Library
from kb.store import ReadSnapshot, TextWritten, WriteTransaction

MOST_COMPLETIONS = 8


def record_text(
    writing: WriteTransaction, actor: Actor, item: Item, part_id: str, text: str, *, before: str = ""
) -> None:
    """Tell the features of a new or changed text, in its transaction, with the users whom it mentions.

    Users do not mention themselves, nor others anew who stood in the text `before`.
    """
    if actor.user_id is None or text == before:
        return
    now, then = mentioned_logins(text), mentioned_logins(before)
    named: dict[str, str] = {}
    if now or then:
        group = writing.groups.by_ids([item.group_id])[item.group_id]
        users = mentioned_users(writing, item, group, (*now, *then))
        named = {login: user.id for login, user in users.items() if user.id != actor.user_id}
    mentioned = tuple(named[login] for login in now if login in named and login not in then)
    unmentioned = tuple(named[login] for login in then if login in named and login not in now)
    first = bool(text) and not before
    if first or mentioned or unmentioned:
        writing.changes.record_text(TextWritten(item.id, part_id, actor.user_id, first, mentioned, unmentioned))


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
