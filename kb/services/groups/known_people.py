"""The people with an account whom a user may know, and those of them whom a typed name or login means.

A user knows the members of the groups that the user belongs to; an administrator knows all accounts.
"""

from collections.abc import Iterable
from unicodedata import normalize

from kb.access.actor import Action, Actor
from kb.access.permissions import require_permission, require_signed_in_user
from kb.errors import Conflict
from kb.model.people.user import User
from kb.services.core.library import Library

MOST_SUGGESTED = 100
"""People that a field suggests; others are found by what is typed."""
LONGEST_TYPED = 200
MOST_MATCHES = 20


class SeveralPeople(Conflict):
    """A typed name means several people: `people`, of whom the user chooses one."""

    def __init__(self, typed: str, people: tuple[User, ...]) -> None:
        super().__init__("Several people answer to “%(typed)s”: choose one.", typed=typed)
        self.people = people


def known_people(library: Library, actor: Actor) -> tuple[User, ...]:
    """The people with an open account whom the actor may know, by name. Raises LoginNeeded."""
    user_id = require_signed_in_user(actor, reading=True)
    with library.store.read() as reading:
        if actor.administrator:
            return _by_name(account.user for account in reading.accounts.all() if account.closed_at is None)
        groups = reading.groups.by_ids({membership.group_id for membership in actor.memberships})
        shared = [group.id for group in groups.values() if not group.is_personal and group.deleted_at is None]
        people = {user.id: user for group_id in shared for user, _ in reading.groups.members(group_id)}
        accounts = reading.accounts.by_ids(people)
    return _by_name(
        user
        for user in people.values()
        if user.id != user_id and user.id in accounts and not accounts[user.id].closed_at
    )


def people_to_name(library: Library, actor: Actor, slug: str) -> tuple[User, ...]:
    """The members of a group, by name, for its owners. Raises NotFound, LoginNeeded, Forbidden."""
    with library.store.read() as reading:
        group = require_permission(actor, Action.MANAGE, reading.groups.by_slug(slug))
        return _by_name(user for user, _ in reading.groups.members(group.id))


def login_of_typed(typed: str, people: Iterable[User]) -> str:
    """The login that a typed text means among these people: their login, their name, or the beginnings of its words.

    A text that means none of them is returned as it is: it may be the login of somebody else. Raises SeveralPeople.
    """
    text = " ".join(typed.split())[:LONGEST_TYPED]
    users = tuple(people)
    folded = _folded(text)
    if not folded or any(user.login == text.casefold() for user in users):
        return text
    exact = tuple(user for user in users if _folded(user.name) == folded)
    words = folded.split()
    matches = exact or tuple(
        user
        for user in users
        if all(any(part.startswith(word) for part in _folded(user.name).split()) for word in words)
    )
    if len(matches) > 1:
        raise SeveralPeople(text, matches[:MOST_MATCHES])
    return matches[0].login if matches else text


def _by_name(people: Iterable[User]) -> tuple[User, ...]:
    return tuple(sorted(people, key=lambda user: (_folded(user.name), user.login)))


def _folded(text: str) -> str:
    """A text without case and accents, its words separated by spaces."""
    letters = (
        character
        for character in normalize("NFKD", text[:LONGEST_TYPED]).casefold()
        if not 0x300 <= ord(character) < 0x370
    )
    return " ".join("".join(letters).replace("-", " ").split())
