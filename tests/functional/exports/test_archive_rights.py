"""The download of a group's archive stops when its reader is no owner any more, however slow the download is."""

from collections.abc import Callable
from io import BytesIO
from zipfile import ZipFile

import pytest

from kb.access.actor import OPERATOR
from kb.model.items.item_fields import ItemFields
from kb.model.people.group import JoinPolicy, Role, Visibility
from kb.services.core.library import Library
from kb.services.exports.exports import export_of_group
from kb.services.exports.group_archive import LISTS, SAVED_SEARCHES, VOCABULARY, group_archive
from kb.services.groups.group_states import delete_group
from kb.services.groups.membership import remove_member, set_role
from kb.services.items.item_creation import save_item
from kb.services.lists.lists import create_list
from kb.services.search.saved_searches import create_saved_search
from tests.factories.group import a_shared, as_
from tests.support.browser_sessions import a_library_of


def _expel(library: Library, slug: str) -> None:
    remove_member(library, as_(library, "claire"), slug, "paul")


def _demote(library: Library, slug: str) -> None:
    set_role(library, as_(library, "claire"), slug, "paul", Role.MODERATOR)


def _delete(library: Library, slug: str) -> None:
    delete_group(library, as_(library, "claire"), slug)


@pytest.mark.parametrize("lose", [_expel, _demote, _delete])
def test_lists_and_searches_are_left_out_for_a_former_owner(lose: Callable[[Library, str], None]) -> None:
    with a_library_of("claire", "paul") as library:
        slug = a_shared(library, JoinPolicy.INVITE, Visibility.MEMBERS).slug
        set_role(library, OPERATOR, slug, "paul", Role.OWNER)
        paul, claire = as_(library, "paul"), as_(library, "claire")
        save_item(library, claire, slug, ItemFields(title="Les crues"))
        create_saved_search(library, claire, slug, "Une recherche", "q=eau")
        pieces = group_archive(library, paul, export_of_group(library, paul, slug))
        begun = next(pieces, b"")
        create_list(library, claire, slug, "Une liste")
        lose(library, slug)
        with ZipFile(BytesIO(begun + b"".join(pieces))) as archive:
            assert [archive.read(name) for name in (LISTS, SAVED_SEARCHES, VOCABULARY)] == [b"", b"", b""]
