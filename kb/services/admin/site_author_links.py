"""Author links on the whole site: an administrator links an imported author to an account."""

from dataclasses import dataclass

from kb.access.actor import Actor
from kb.access.permissions import require_administrator
from kb.errors import NotFound
from kb.model.people.group import Group
from kb.model.people.user import User
from kb.search.index_search import label_sort_key
from kb.services.core.library import Library
from kb.services.core.pagination import PaginatedRows, matching_rows, paginate
from kb.services.groups.author_links import account_to_link, drop_unused_author, reassign_contributions
from kb.store import Contribution, ReadSnapshot


@dataclass(frozen=True, slots=True)
class ImportedAuthorView:
    """The counts of an imported author's items, annotations and replies in each shared group, by the group's name.

    Users' own libraries are left out.
    """

    user: User
    parts: tuple[tuple[Group, int, int], ...]


def find_imported_authors(library: Library, actor: Actor, q: str, page: int) -> PaginatedRows[Contribution]:
    """The imported authors whose login or name contains each word, the most active first.

    Content in users' own libraries does not count. Raises Forbidden unless the actor is an administrator.
    """
    require_administrator(actor)
    with library.store.read() as reading:
        every = reading.contributions.imported()
    found = matching_rows(every, q, lambda one: f"{one.user.login} {one.user.name}")
    return paginate(sorted(found, key=lambda one: (-one.shared - one.annotated, one.user.login)), page)


def imported_author_view(library: Library, actor: Actor, author: str) -> ImportedAuthorView:
    """One imported author. Raises Forbidden unless the actor is an administrator; NotFound."""
    require_administrator(actor)
    with library.store.read() as reading:
        return _imported_author_with_login(reading, author)


def site_author_link_preview(
    library: Library, actor: Actor, author: str, login: str
) -> tuple[ImportedAuthorView, User]:
    """The effect of `link_author_on_site`, without doing it. Raises the same errors."""
    require_administrator(actor)
    with library.store.read() as reading:
        return _imported_author_with_login(reading, author), account_to_link(reading, login).user


def link_author_on_site(library: Library, actor: Actor, author: str, login: str) -> tuple[ImportedAuthorView, User]:
    """Give an imported author's content in all shared groups to an account.

    An author without any content left is deleted. Raises Forbidden unless the actor is an administrator; NotFound;
    Conflict for a closed account.
    """
    require_administrator(actor)
    with library.store.write() as writing:
        found, to = _imported_author_with_login(writing, author), account_to_link(writing, login).user
        for group, _, _ in found.parts:
            reassign_contributions(writing, actor, group, found.user, to)
        drop_unused_author(writing, found.user)
    return found, to


def _imported_author_with_login(reading: ReadSnapshot, login: str) -> ImportedAuthorView:
    user = reading.users.by_login(login)
    did = reading.contributions.of_person(user.id) if user and not reading.users.has_account(user.id) else {}
    shared = [group for group in reading.groups.by_ids(did).values() if not group.is_personal]
    if user is None or not shared:
        raise NotFound("There is no imported author “%(login)s”.", login=login[:100])
    shared.sort(key=lambda group: (label_sort_key(group.name), group.slug))
    return ImportedAuthorView(user, tuple((group, *did[group.id]) for group in shared))
