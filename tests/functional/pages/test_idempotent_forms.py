"""A form that is sent twice from the same page acts once: a double click, a lost response, the browser's history."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from starlette.testclient import TestClient

from kb.indexer import catch_up
from kb.model.people.group import Role
from kb.services.core.library import Library
from kb.site import create_app
from tests.factories.group import a_shared
from tests.factories.items import an_item
from tests.factories.library import add_items, an_empty_library
from tests.support.browser_sessions import an_account, sign_in, token_of


@pytest.fixture
def opened() -> Iterator[tuple[Library, TestClient, str]]:
    """Claire's browser on her group with one item, and the group's address."""
    with closing(an_empty_library()) as library:
        an_account(library, "claire")
        group = a_shared(library)
        add_items(library, an_item("Note", id="note", group=group))
        catch_up(library)
        claire = TestClient(create_app(library), follow_redirects=False)
        sign_in(claire)
        yield library, claire, group.slug


def names_of_lists(library: Library) -> list[str]:
    with library.store.read() as reading:
        claire = reading.accounts.by_login("claire")
        assert claire is not None
        groups = [membership.group_id for membership in reading.groups.memberships(claire.user.id)]
        return sorted(list_.name for list_ in reading.lists.of_groups(groups))


def test_the_same_fields_from_the_same_page_act_once(opened: tuple[Library, TestClient, str]) -> None:
    library, claire, slug = opened
    sent = {"form_token": token_of(claire, "/lists"), "name": "Plan", "group": slug}
    first, second = claire.post("/lists", data=sent), claire.post("/lists", data=sent)
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.headers["location"] == second.headers["location"]
    assert names_of_lists(library) == ["Plan"]
    claire.post("/lists", data={**sent, "name": "Autre plan"})
    claire.post("/lists", data={**sent, "form_token": token_of(claire, "/lists")})
    assert names_of_lists(library) == ["Autre plan", "Plan", "Plan"]


def test_a_draft_that_was_sent_and_comes_back_on_another_page_acts_once(
    opened: tuple[Library, TestClient, str],
) -> None:
    library, claire, slug = opened
    sent = {"form_token": token_of(claire, "/lists"), "name": "Plan", "group": slug}
    claire.post("/lists", data=sent)
    claire.post("/lists", data={**sent, "form_token": token_of(claire, "/lists"), "once": sent["form_token"]})
    assert names_of_lists(library) == ["Plan"]


def test_a_refused_form_may_be_sent_again(opened: tuple[Library, TestClient, str]) -> None:
    library, claire, _slug = opened
    token = token_of(claire, "/lists")
    refused = claire.post("/lists", data={"form_token": token, "name": "Plan", "group": "rien"})
    assert refused.status_code in {400, 404}
    assert names_of_lists(library) == []


def test_another_user_does_not_get_the_stored_answer(opened: tuple[Library, TestClient, str]) -> None:
    library, claire, slug = opened
    an_account(library, "luc")
    luc = TestClient(create_app(library), follow_redirects=False)
    sign_in(luc, "luc")
    sent = {"name": "Plan", "group": slug, "once": "le même"}
    created = claire.post("/lists", data={**sent, "form_token": token_of(claire, "/lists")})
    assert created.status_code == 303
    response = luc.post("/lists", data={**sent, "form_token": token_of(luc, "/lists")})
    assert response.status_code in {400, 403, 404}
    assert created.headers["location"].split("?")[0] not in response.text


def test_a_list_and_its_first_entry_are_made_together_or_not_at_all(opened: tuple[Library, TestClient, str]) -> None:
    library, claire, _slug = opened
    page = "/lists/add?item=note"
    sent = {"form_token": token_of(claire, page), "item": "note", "name": "Plan", "where": "own", "words": "x" * 30_000}
    assert claire.post(page, data=sent).status_code == 400
    assert names_of_lists(library) == []


def test_the_page_that_a_repeated_form_leads_to_checks_the_rights(
    opened: tuple[Library, TestClient, str],
) -> None:
    library, _claire, slug = opened
    account = an_account(library, "luc")
    with library.store.write() as writing:
        group = writing.groups.by_slug(slug)
        assert group is not None
        writing.groups.set_role(account.user.id, group.id, Role.MEMBER)
    luc = TestClient(create_app(library), follow_redirects=False)
    sign_in(luc, "luc")
    sent = {"form_token": token_of(luc, "/lists"), "name": "Plan", "group": slug}
    created = luc.post("/lists", data=sent)
    with library.store.write() as writing:
        writing.groups.drop_member(account.user.id, group.id)
    again = luc.post("/lists", data=sent)
    assert again.status_code == 303
    assert luc.get(created.headers["location"]).status_code in {403, 404}
