"""A login or a name that stands for those who run the site is taken by administrators alone."""

from collections.abc import Iterator

import pytest

from kb.access.actor import ANONYMOUS, OPERATOR
from kb.errors import Conflict
from kb.services.accounts.account_lifecycle import NewAccount, add_account, create_account
from kb.services.accounts.own_account import change_name
from kb.services.core.library import Library
from kb.services.groups.group_settings import GroupNameTaken, GroupSettings, create_group, require_new_group_name
from tests.factories.import_export import import_data, items_in, lines_of
from tests.factories.moderation import a_moderated_library, actor_of


@pytest.fixture
def library() -> Iterator[Library]:
    with a_moderated_library() as library:
        add_account(library, OPERATOR, NewAccount("root", "Marie Durand"), administrator=True)
        yield library


def sign_up(library: Library, login: str, name: str) -> None:
    with library.store.write() as writing:
        create_account(writing, ANONYMOUS, NewAccount(login, name), None)


@pytest.mark.parametrize(
    ("login", "name"),
    [("admin", "Ali"), ("moderateur2", "Ali"), ("ali", "Аdministrateur"), ("ali", "Mаrie  Durand"), ("support", "")],
)
def test_nobody_signs_up_as_one_who_runs_the_site(library: Library, login: str, name: str) -> None:
    with pytest.raises(Conflict, match="stands for those who run this site"):
        sign_up(library, login, name)
    sign_up(library, "ali", "Ali Root")


def test_the_operator_gives_any_login_and_name(library: Library) -> None:
    assert add_account(library, OPERATOR, NewAccount("admin", "Administrateur")).user.name == "Administrateur"


def test_nobody_changes_their_name_to_one_of_those(library: Library) -> None:
    for name in ("Root Admin", "Marie Durand", "L’équipe Florilège"):
        with pytest.raises(Conflict, match="stands for those who run this site"):
            change_name(library, actor_of(library, "claire"), name)
    change_name(library, actor_of(library, "root"), "Administratrice")


def test_an_imported_author_does_not_take_a_reserved_login(library: Library) -> None:
    record = {"title": "Un faux", "author": "admin", "annotations": [{"body": "Faux.", "author": "Support 2"}]}
    for _ in range(2):
        import_data(library, lines_of(record), actor_of(library, "claire"), group_slug="quais")
    item = items_in(library)[-1]
    assert [part and (part.login, part.name) for part in (item.author, item.annotations[0].author)] == [
        ("admin-import", "admin"),
        ("support-2-import", "Support 2"),
    ]
    assert len(item.annotations) == 1


def test_a_new_group_has_no_name_that_looks_like_that_of_a_readable_one(library: Library) -> None:
    claire = actor_of(library, "claire")
    create_group(library, claire, GroupSettings("Lectures communes"))
    claire = actor_of(library, "claire")
    for name in ("Lectures  communes", "Leсtures communes", "lectures communes\u3164"):
        with pytest.raises(GroupNameTaken):
            require_new_group_name(library, claire, name)
    require_new_group_name(library, claire, "Lectures du soir")
