"""A name that was given to an account in a group is known when the file comes again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kb.access.actor import OPERATOR
from kb.services.accounts.account_lifecycle import close_account
from kb.services.core.library import Library
from kb.services.groups.author_links import link_author_in_group
from kb.services.groups.membership import remove_member
from kb.services.imports.import_job_runner import run_due_import_jobs
from tests.factories.import_export import import_data, items_in, lines_of
from tests.factories.import_jobs import send_file
from tests.factories.moderation import a_moderated_library, actor_of, person
from tests.support.browser_sessions import browsers_of, token_of

PAGE = (Path(__file__).resolve().parents[2] / "corpus" / "saved_pages" / "donnees-ouvertes.txt").read_bytes()
NAME = "Marthe Vidal-Roche"


@pytest.fixture
def library() -> Iterator[Library]:
    with a_moderated_library() as library:
        yield library


def sharers(library: Library) -> list[str]:
    return [item.author.login for item in items_in(library) if item.author]


@pytest.mark.parametrize("login", ["", "olga"], ids=["the operator", "an owner"])
def test_a_page_that_comes_again_without_its_map_adds_nothing(library: Library, login: str) -> None:
    actor = actor_of(library, login) if login else OPERATOR
    first = import_data(library, PAGE, OPERATOR, group_slug="quais", author_map={NAME: "claire"})
    assert first.added
    before = items_in(library)
    again = import_data(library, PAGE, actor, group_slug="quais")
    assert (again.added, again.updated, again.unchanged) == (0, 0, again.read)
    assert items_in(library) == before
    # With another map too: what is there stays.
    again = import_data(library, PAGE, OPERATOR, group_slug="quais", author_map={NAME: "max"})
    assert again.added == 0
    assert items_in(library) == before


def test_what_was_attributed_later_is_known_too(library: Library) -> None:
    import_data(library, PAGE, OPERATOR, group_slug="quais")
    link_author_in_group(library, OPERATOR, "quais", "marthe-vidal-roche", "claire")
    before = items_in(library)
    report = import_data(library, PAGE, OPERATOR, group_slug="quais")
    assert (report.added, report.updated) == (0, 0)
    assert items_in(library) == before


def test_new_items_of_a_remembered_name_are_those_of_the_account_while_it_may_be_named(library: Library) -> None:
    def bring(number: int) -> str:
        record = {"title": f"Nouveau {number}", "author": "Gaviolig", "annotations": [{"body": "Un mot."}]}
        import_data(library, lines_of(record), OPERATOR, group_slug="quais")
        item = next(item for item in items_in(library) if item.title == record["title"])
        assert item.author is not None
        return item.author.login

    first, mapped = lines_of({"title": "Un", "author": "Gaviolig"}), {"Gaviolig": "claire"}
    import_data(library, first, OPERATOR, group_slug="quais", author_map=mapped)
    assert bring(2) == "claire"
    close_account(library, OPERATOR, "claire", closed=True)
    assert bring(3) == "gaviolig"
    close_account(library, OPERATOR, "claire", closed=False)
    assert bring(4) == "claire"
    remove_member(library, OPERATOR, "quais", "claire")
    assert bring(5) == "gaviolig"


def test_a_members_own_word_for_a_name_speaks_for_nobody_else(library: Library) -> None:
    """A member says that a name is their own: later imports of others, and of the operator, do not take it for true."""
    claire = actor_of(library, "claire")
    record = {"title": "Le quai", "author": "Gaviolig"}
    import_data(library, lines_of(record), claire, group_slug="quais", author_map={"Gaviolig": "claire"})
    assert import_data(library, lines_of(record), OPERATOR, group_slug="quais").added == 0
    import_data(library, lines_of({"title": "Un autre quai", "author": "Gaviolig"}), OPERATOR, group_slug="quais")
    assert items_in(library)[-1].author.login == "gaviolig"


def test_another_member_gives_nothing_to_a_remembered_account(library: Library) -> None:
    import_data(library, PAGE, OPERATOR, group_slug="quais", author_map={NAME: "claire"})
    record = {"title": "Un faux", "author": NAME, "annotations": [{"body": "Faux.", "author": NAME}]}
    import_data(library, lines_of(record), actor_of(library, "max"), group_slug="quais")
    item = items_in(library)[-1]
    assert {part.author.login for part in (item, *item.annotations) if part.author} == {"marthe-vidal-roche"}


def test_the_preview_proposes_the_remembered_account_to_an_owner(library: Library) -> None:
    import_data(library, PAGE, OPERATOR, group_slug="quais", author_map={NAME: "claire"})
    browsers = browsers_of(library, ("olga", "max", "claire"), follow_redirects=False)

    def preview(login: str, title: str = "Du nouveau") -> str:
        record = lines_of({"title": title, "author": NAME})
        client = browsers[login]
        address = str(send_file(client, "quais", record).headers["location"])
        run_due_import_jobs(library)
        return client.get(address).text

    filled = 'value="claire" list="accounts"'
    assert [login for login in browsers if login and filled in preview(login)] == ["olga", "claire"]
    close_account(library, OPERATOR, "claire", closed=True)
    assert filled not in preview("olga", "Plus tard")


def test_what_an_owner_confirms_is_remembered_and_can_be_changed(library: Library) -> None:
    import_data(library, PAGE, OPERATOR, group_slug="quais", author_map={NAME: "claire"})
    olga = browsers_of(library, ("olga",), follow_redirects=False)["olga"]
    for number, login in enumerate(("claire", "max", "max")):
        record = lines_of({"title": f"Du nouveau {number}", "author": NAME})
        address = str(send_file(olga, "quais", record).headers["location"])
        run_due_import_jobs(library)
        remembered = "claire" if number < 2 else "max"
        assert f'value="{remembered}" list="accounts"' in olga.get(address).text
        form = {"form_token": token_of(olga, "/account"), "act": "bring", "name-0": login}
        assert olga.post(address, data=form).status_code == 303
        run_due_import_jobs(library)
        assert items_in(library)[-1].author == person(library, login)
