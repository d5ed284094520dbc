"""Actions on more items than one request can change: portions, which resume after an interruption and have one undo."""

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from html import unescape
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.testclient import TestClient

from kb.indexer import catch_up
from kb.model.people.group import Group
from kb.services.authentication import authentication
from kb.services.core.library import Library
from kb.site import create_app
from kb.web.pages.items.bulk import bulk_portions
from tests.factories.group import a_shared
from tests.factories.items import an_item
from tests.factories.library import add_items, an_empty_library
from tests.support.browser_sessions import an_account, sign_in

pytestmark = pytest.mark.usefixtures("impatient")

ITEMS = 25
FIELD = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Library, TestClient, Group]]:
    """25 items of Claire's group; a request changes ten of them."""
    monkeypatch.setattr(bulk_portions, "PORTIONS", dict.fromkeys(bulk_portions.PORTIONS, 10))
    with closing(an_empty_library()) as library:
        an_account(library, "claire")
        group = a_shared(library)
        add_items(
            library, *(an_item(f"Note {n}", id=f"n{n}", group=group, tags=["lot"], order=n) for n in range(ITEMS))
        )
        catch_up(library)
        claire = TestClient(create_app(library))
        sign_in(claire)
        yield library, claire, group


def form(page: str) -> dict[str, str]:
    """The hidden fields of the first form of the page that continues the action."""
    return dict(FIELD.findall(page.split("data-continue>")[1].split("</form>", maxsplit=1)[0]))


def begin_action(claire: TestClient, group: Group, act: str, **fields: str) -> Any:
    page = claire.get(f"/bulk?group={group.slug}&act={act}&scope=all").text
    hidden = dict(FIELD.findall(page.split('class="bulk-form"')[1]))
    assert hidden["total"] == str(ITEMS)
    return claire.post(f"/bulk?group={group.slug}", data={**hidden, **fields})


def count(library: Library, group: Group) -> int:
    with library.store.read() as reading:
        return len(reading.items.ids_of_group(group.id))


def test_a_long_action_is_done_in_portions_and_undone_as_one(opened: tuple[Library, TestClient, Group]) -> None:
    library, claire, group = opened
    page = begin_action(claire, group, "bin").text
    assert "Signets\u202f: 10 sur 25" in page
    assert count(library, group) == 15
    page = claire.post(f"/bulk?group={group.slug}", data=form(page)).text
    assert "Signets\u202f: 20 sur 25" in page
    end = claire.post(f"/bulk?group={group.slug}", data=form(page))
    assert count(library, group) == 0
    assert end.url.path == f"/g/{group.slug}"
    assert "Les signets choisis sont à la corbeille." in end.text
    action = re.search(r'action="(/restore/[^"]+)"', end.text)
    token = re.search(r'name="form_token" value="([^"]+)"', end.text)
    assert action is not None
    assert token is not None
    page = claire.post(action[1], data={"form_token": token[1]}).text
    assert "Parties\u202f: 1 sur 3" in page
    page = claire.post(action[1], data=form(page)).text
    end = claire.post(action[1], data=form(page))
    assert "annul" in end.text
    assert count(library, group) == ITEMS


def test_portions_do_not_count_as_forms_and_have_a_limit_of_their_own(
    opened: tuple[Library, TestClient, Group], monkeypatch: pytest.MonkeyPatch
) -> None:
    library, claire, group = opened
    monkeypatch.setattr(bulk_portions, "PORTIONS", dict.fromkeys(bulk_portions.PORTIONS, 1))
    # Time stands still: on a slow machine the limit would recover.
    monkeypatch.setattr(authentication, "time", SimpleNamespace(time=lambda: 1e9))
    forms = 3
    limited = replace(library, settings=replace(library.settings, rate_write=forms))
    browser = TestClient(create_app(limited), cookies=claire.cookies)
    page = begin_action(browser, group, "bin").text
    for _ in range(ITEMS - 1):
        action = re.search(r'method="post" action="([^"]+)" data-continue', page)
        assert action is not None
        answer = browser.post(unescape(action[1]), data=form(page))
        assert answer.status_code == 200
        page = answer.text
    assert count(library, group) == 0

    token = re.search(r'name="form_token" value="([^"]+)"', page)
    assert token is not None
    address = f"/bulk?group={group.slug}&portion=1"
    # A portion needs a started action: its address alone starts none.
    sent = [
        browser.post(address, data={"form_token": token[1], "act": "bin", "item": "n1"}).status_code for _ in range(9)
    ]
    assert sent == [400] * (authentication.PORTIONS_PER_FORM * forms - (ITEMS - 1)) + [429] * 3
    others = [
        browser.post("/lists?portion=1", data={"form_token": token[1], "name": ""}).status_code for _ in range(forms)
    ]
    assert others == [400] * (forms - 1) + [429]


def test_a_portion_that_is_sent_again_continues(opened: tuple[Library, TestClient, Group]) -> None:
    library, claire, group = opened
    first = form(begin_action(claire, group, "bin").text)
    claire.post(f"/bulk?group={group.slug}", data=first)
    page = claire.post(f"/bulk?group={group.slug}", data=first).text
    assert count(library, group) == 0
    assert "data-continue" not in page


def test_each_portion_asks_for_the_rights_again(opened: tuple[Library, TestClient, Group]) -> None:
    library, claire, group = opened
    hidden = form(begin_action(claire, group, "tag", add="neuf").text)
    with library.store.write() as writing:
        user = writing.users.by_login("claire")
        assert user is not None
        writing.groups.drop_member(user.id, group.id)
    claire.post(f"/bulk?group={group.slug}", data=hidden)
    with library.store.read() as reading:
        tags = reading.tag_assignments.tags_of([f"n{n}" for n in range(ITEMS)])
    assert sum("neuf" in of_item for _, of_item in tags.values()) == 10


def test_all_of_a_search_goes_on_the_reading_list_in_its_order(opened: tuple[Library, TestClient, Group]) -> None:
    _, claire, group = opened
    page = begin_action(claire, group, "later").text
    while "data-continue" in page:
        page = claire.post(f"/bulk?group={group.slug}", data=form(page)).text
    listed = re.findall(r'href="/items/(n\d+)"', claire.get("/later").text)
    item_ids = re.findall(r'name="item" value="(n\d+)"', claire.get(f"/g/{group.slug}?select=1&per_page=50").text)
    assert list(dict.fromkeys(listed)) == item_ids


def test_the_undo_of_another_person_is_not_extended(opened: tuple[Library, TestClient, Group]) -> None:
    library, claire, group = opened
    hidden = form(begin_action(claire, group, "tag", add="neuf").text)
    an_account(library, "luc")
    luc = TestClient(create_app(library))
    sign_in(luc, "luc")
    page = luc.get("/later").text
    token = re.search(r'name="form_token" value="([^"]+)"', luc.get("/groups/new").text)
    assert token is not None, page
    luc.post(f"/bulk?group={group.slug}", data={**hidden, "form_token": token[1]})
    with library.store.read() as reading:
        undo = reading.undos.by_id(hidden["undo"])
    assert undo is not None
    assert undo.parts == ()


def test_a_list_is_chosen_or_named(opened: tuple[Library, TestClient, Group]) -> None:
    library, claire, group = opened
    page = claire.get(f"/bulk?group={group.slug}&act=list&item=n1").text
    hidden = dict(FIELD.findall(page.split('class="bulk-form"')[1]))
    refused = claire.post(f"/bulk?group={group.slug}", data={**hidden, "item": "n1", "name": " "})
    assert refused.status_code == 400
    assert "Choisissez une liste" in refused.text
    claire.post(f"/bulk?group={group.slug}", data={**hidden, "item": "n1", "name": "Choix"})
    with library.store.read() as reading:
        own = reading.groups.by_slug("~claire")
        assert own is not None
        assert [list_.name for list_ in reading.lists.of_groups([own.id])] == ["Choix"]
