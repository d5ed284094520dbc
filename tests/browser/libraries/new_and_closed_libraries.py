"""A new, empty library, and a library with an archived and a deleted group."""

from dataclasses import replace

from kb.indexer import catch_up
from kb.model.people.group import Role
from kb.services.core.library import Library
from tests.browser.support.checked_pages import MEMBER, OWNER
from tests.browser.support.site import give_account
from tests.factories.items import a_group, a_user, an_annotation, an_item
from tests.factories.library import add_items, an_empty_library

_CLOSED, _DELETED = "2015-02-03T09:00:00.000000Z", "2999-01-01T09:00:00.000000Z"


def a_fresh_library() -> Library:
    """A library with an administrator's account and nothing else."""
    library = an_empty_library()
    with library.store.write() as writing:
        writing.users.add([a_user(OWNER, "Claire Aubert")])
        give_account(writing, OWNER)
    return library


def a_library_with_closed_groups() -> Library:
    """An archived group and a deleted group, each with items and a member, and a group that is neither."""
    library = an_empty_library()
    groups = (
        replace(a_group("reseau", "Réseau des archives, 2010 à 2014"), archived_at=_CLOSED),
        replace(a_group("essai", "Groupe d’essai"), deleted_at=_DELETED),
        a_group("veille"),
    )
    items = (
        an_item(
            f"Les agents et leurs outils, {number}",
            id=f"{group.slug}-{number}",
            group=group,
            order=2 * place + number,
            author=a_user(OWNER, "Claire Aubert"),
            tags=["agents"],
            added="2014-11-07T09:00:00Z",
            annotations=[an_annotation("Les agents attendent des outils simples.", id=f"h-{group.slug}-{number}")],
        )
        for place, group in enumerate(groups)
        for number in range(2)
    )
    add_items(library, *items, groups=groups)
    with library.store.write() as writing:
        writing.users.add([a_user(MEMBER, "Luc Martin")])
        for login in (OWNER, MEMBER):
            give_account(writing, login)
        for group in groups:
            writing.groups.set_role(a_user(OWNER).id, group.id, Role.OWNER)
            writing.groups.set_role(a_user(MEMBER).id, group.id, Role.MEMBER)
    catch_up(library)
    return library
