"""Imported authors of the whole site: whom an administrator knows to be somebody who has an account."""

from dataclasses import dataclass

from kb.access.actor import Actor
from kb.access.permissions import require_administrator
from kb.errors import Conflict, NotFound
from kb.model.people.group import Group
from kb.model.people.user import User
from kb.search.index_search import label_order
from kb.services.accounts.accounts import required_account
from kb.services.core.library import Library
from kb.services.core.pagination import Portion, portion
from kb.services.groups.author_links import attribute, forget_author
from kb.store import Contribution, Reading


@dataclass(frozen=True, slots=True)
class AuthorView:
    """How many items an imported author shared, and annotations and replies they wrote, in each group, by its name.

    Only groups that people share.
    """

    user: User
    parts: tuple[tuple[Group, int, int], ...]


def find_authors(library: Library, actor: Actor, q: str, page: int) -> Portion[Contribution]:
    """The imported authors whose login or name holds each word, the most active first.

    What is in somebody's own library does not count. Raises Refused, but for an administrator.
    """
    require_administrator(actor)
    wanted = label_order(q).split()
    with library.store.read() as reading:
        every = reading.contributions.imported()
    found = [one for one in every if all(word in label_order(f"{one.user.login} {one.user.name}") for word in wanted)]
    return portion(sorted(found, key=lambda one: (-one.shared - one.annotated, one.user.login)), page)


def author_view(library: Library, actor: Actor, author: str) -> AuthorView:
    """One imported author. Raises Refused, but for an administrator; NotFound."""
    require_administrator(actor)
    with library.store.read() as reading:
        return _author(reading, author)


def merge_of(library: Library, actor: Actor, author: str, login: str) -> tuple[AuthorView, User]:
    """Whose what an author did would become, before it does. Raises what `merge_author` raises."""
    require_administrator(actor)
    with library.store.read() as reading:
        return _author(reading, author), _receiver(reading, login)


def merge_author(library: Library, actor: Actor, author: str, login: str) -> tuple[AuthorView, User]:
    """Make what an imported author did in all groups that people share that of an account.

    An author of whom nothing is left anywhere is gone. Raises Refused, but for an administrator; NotFound; Conflict
    for an account that is closed.
    """
    require_administrator(actor)
    with library.store.write() as writing:
        found, to = _author(writing, author), _receiver(writing, login)
        for group, _, _ in found.parts:
            attribute(writing, actor, group, found.user, to)
        forget_author(writing, found.user)
    return found, to


def _author(reading: Reading, login: str) -> AuthorView:
    user = reading.users.by_login(login)
    did = reading.contributions.of_person(user.id) if user and not reading.users.has_account(user.id) else {}
    shared = [group for group in reading.groups.by_ids(did).values() if not group.is_personal]
    if user is None or not shared:
        raise NotFound("There is no imported author “%(login)s”.", login=login[:100])
    return AuthorView(user, tuple((group, *did[group.id]) for group in sorted(shared, key=_order)))


def _order(group: Group) -> tuple[str, str]:
    return label_order(group.name), group.slug


def _receiver(reading: Reading, login: str) -> User:
    account = required_account(reading, login.strip().casefold())
    if account.closed_at is not None:
        raise Conflict("The account “%(login)s” is closed.", login=account.user.login)
    return account.user
