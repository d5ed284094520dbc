"""Editing, moving, copying and the reading list, in a browser without JavaScript."""

import html
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.model.items.item import Item
from kb.model.people.group import Role, Visibility
from kb.services.core.library import Library
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import set_role
from kb.site import create_app
from tests.factories.moderation import ROLES, a_moderated_library
from tests.support.browser_sessions import PASSWORD, send, sign_in

Browsers = dict[str, TestClient]
EDIT, MOVE = "/items/i1/edit", "/items/i1/move"


@pytest.fixture
def library() -> Iterator[Library]:
    with a_moderated_library() as library:
        add_group(library, OPERATOR, "atelier", "Atelier", visible=Visibility.MEMBERS)
        set_role(library, OPERATOR, "atelier", "claire", Role.OWNER)
        yield library


@pytest.fixture
def browser(library: Library) -> Iterator[Browsers]:
    app = create_app(library)
    with ExitStack() as opened:
        browsers = {login: opened.enter_context(TestClient(app)) for login in ("", "claire", "max", "rene", "sam")}
        for login in set(browsers) & set(ROLES):
            sign_in(browsers[login], login, PASSWORD)
        yield browsers


def form_of(client: TestClient, page: str = EDIT) -> dict[str, str]:
    """The initial fields of a form, as a browser would send them back."""
    return fields_in(client.get(page).text)


def fields_in(page: str) -> dict[str, str]:
    inputs = re.findall(r'<input(?=[^>]* type="(?:hidden|text)")[^>]* name="([^"]+)"[^>]*? value="([^"]*)"', page)
    texts = re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>\n?([^<]*)</textarea>', page)
    chosen = re.findall(r'<select[^>]* name="([^"]+)"[^>]*>.*?<option value="([^"]*)" selected', page, re.DOTALL)
    ticked = re.findall(r'<input type="radio" name="([^"]+)" value="([^"]*)" checked', page)
    return {name: html.unescape(value) for name, value in (*inputs, *texts, *chosen, *ticked)}


def now(library: Library, item_id: str = "i1") -> Item | None:
    with library.store.read() as reading:
        return reading.items.any_of([item_id]).get(item_id)


def title(library: Library) -> str | None:
    item = now(library)
    return item.title if item else None


def test_an_item_is_changed_and_that_is_undone(library: Library, browser: Browsers) -> None:
    claire = browser["claire"]
    before = now(library)
    form = form_of(claire)
    assert (form["title"], form["published"], form["tags"]) == ("Le port au petit matin", "11/2013", "port, Quai")
    answer = claire.post(
        EDIT, data={**form, "title": "Le port au soir", "tags": 'quai, "a, b"'}, follow_redirects=False
    )
    location = answer.headers["location"]
    assert location.startswith("/items/i1?done=item-changed&undo=")
    after = now(library)
    assert after is not None
    assert (after.title, after.tags, after.published) == ("Le port au soir", ("quai", "a, b"), "2013-11")
    page = claire.get(location).text
    assert "Le signet est modifié" in page
    undo = re.search(r'<form class="flash" method="post" action="([^"]+)"', page)
    assert undo is not None
    send(claire, "/items/i1", html.unescape(undo[1]))
    again = now(library)
    assert again is not None
    assert before is not None
    assert (again.title, again.tags) == (before.title, before.tags)


def test_a_form_that_changes_nothing_says_so(browser: Browsers) -> None:
    answer = browser["claire"].post(EDIT, data=form_of(browser["claire"]), follow_redirects=False)
    assert answer.headers["location"] == "/items/i1?done=unchanged"


def test_two_users_who_edit_see_both_versions_and_choose_field_by_field(library: Library, browser: Browsers) -> None:
    claire, max_ = browser["claire"], browser["max"]
    first, second = form_of(claire), form_of(max_)
    max_.post(EDIT, data={**second, "title": "Le port <b>de Max</b>", "source": "Ouest-France"})
    answer = claire.post(EDIT, data={**first, "title": "Le port de Claire", "byline": "A. Martin"})
    assert answer.status_code == 409
    assert title(library) == "Le port <b>de Max</b>"
    page = answer.text
    assert "Version de Max" in page
    assert "Le port &lt;b&gt;de Max&lt;/b&gt;" in page
    assert 'value="Le port de Claire"' in page
    form = fields_in(page)
    # Fields that Claire did not touch are Max's; a field that both changed has her text until she decides otherwise.
    assert (form["take-source"], form["take-title"]) == ("theirs", "mine")
    answer = claire.post(EDIT, data={**form, "title": "Le port de Max et Claire"}, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    after = now(library)
    assert after is not None
    assert (after.title, after.source, after.byline) == ("Le port de Max et Claire", "Ouest-France", "A. Martin")


def test_the_other_version_can_be_chosen_and_a_third_one_is_a_new_conflict(library: Library, browser: Browsers) -> None:
    claire, max_ = browser["claire"], browser["max"]
    first = form_of(claire)
    max_.post(EDIT, data={**form_of(max_), "title": "Deuxième", "description": "De Max."})
    conflict = fields_in(claire.post(EDIT, data={**first, "title": "Première", "description": "De Claire."}).text)
    max_.post(EDIT, data={**form_of(max_), "title": "Troisième"})
    answer = claire.post(EDIT, data={**conflict, "take-description": "theirs"})
    assert answer.status_code == 409
    assert "Troisième" in answer.text
    form = fields_in(answer.text)
    assert (form["title"], form["description"]) == ("Première", "De Max.")
    claire.post(EDIT, data={**form, "take-title": "theirs"})
    after = now(library)
    assert after is not None
    assert (after.title, after.description) == ("Troisième", "De Max.")


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("published", "hier", "n’est pas une date"),
        ("url", "http://[", "n’est pas une adresse"),
        ("title", "x" * 3_000, "Un titre a 300 caractères au plus"),
        ("language", "../../etc", "n’est pas"),
        ("tags", ", ".join(f"mot{number}" for number in range(101)), "100"),
        ("title", "nul\x00", "U+0000"),
        ("read", "{", "formulaire"),
        ("read", '{"tags": [1]}', "formulaire"),
        ("read", "[" * 5_000, "formulaire"),
    ],
)
def test_invalid_values_are_refused_and_stay_in_the_form(
    library: Library, browser: Browsers, field: str, value: str, expected: str
) -> None:
    claire, before = browser["claire"], now(library)
    answer = claire.post(EDIT, data={**form_of(claire), "byline": "Ce que j’ai tapé", field: value})
    assert answer.status_code == 400
    assert expected in html.unescape(answer.text)
    assert "Ce que j’ai tapé" in answer.text
    assert now(library) == before


def test_hostile_texts_stand_in_the_form_as_they_are(library: Library, browser: Browsers) -> None:
    claire = browser["claire"]
    hostile = '"><script>alert(1)</script>\u202e'
    claire.post(EDIT, data={**form_of(claire), "title": hostile, "description": f"\n</textarea>{hostile}\nfin"})
    page = claire.get(EDIT).text
    assert "<script>alert" not in page
    again = claire.post(EDIT, data=form_of(claire), follow_redirects=False)
    assert again.headers["location"] == "/items/i1?done=unchanged"


def test_an_address_of_another_item_leads_to_that_one(library: Library, browser: Browsers) -> None:
    claire = browser["claire"]
    answer = claire.post("/items/i2/edit", data={**form_of(claire, "/items/i2/edit"), "url": "https://exemple.fr/port"})
    assert answer.status_code == 409
    assert '<a class="action-link" href="/items/i1">' in answer.text


def test_text_typed_for_a_deleted_item_is_not_lost(library: Library, browser: Browsers) -> None:
    claire, form = browser["claire"], form_of(browser["claire"])
    send(browser["max"], "/items/i1/moderation", act="remove")
    answer = claire.post(EDIT, data={**form, "title": "Un long travail"})
    assert answer.status_code == 404
    assert "Un long travail" in answer.text
    # The message is the same whether the item was removed or never existed.
    other = claire.post("/items/rien/edit", data={**form, "title": "Un long travail"})
    assert other.text.replace("/items/rien", "/items/i1") == answer.text


def test_an_item_moved_to_an_unreadable_group_is_not_found(library: Library, browser: Browsers) -> None:
    form, max_ = form_of(browser["max"], "/items/i2/edit"), browser["max"]
    with library.store.write() as writing:
        group = writing.groups.by_slug("atelier")
        item = writing.items.any_of(["i2"])["i2"]
        assert group is not None
        writing.items.update([replace(item, group_id=group.id)])
    answer = max_.post("/items/i2/edit", data={**form, "title": "Trop tard"})
    assert answer.status_code == 404
    assert "Atelier" not in answer.text


def test_a_reader_edits_nothing(library: Library, browser: Browsers) -> None:
    form = form_of(browser["claire"])
    before = now(library)
    for login, status in (("rene", 403), ("sam", 403)):
        token = form_of(browser[login], "/items/i1")["form_token"]
        assert browser[login].post(EDIT, data={**form, "form_token": token, "title": "À moi"}).status_code == status
        assert "/items/i1/edit" not in browser[login].get("/items/i1").text
    assert browser[""].get(EDIT, follow_redirects=False).headers["location"].startswith("/login")
    assert now(library) == before


def test_the_sharer_removes_an_item_from_its_form_and_has_it_back(library: Library, browser: Browsers) -> None:
    page = browser["max"].get(EDIT).text
    assert 'href="/items/i1/moderation"' in page
    # Others have written on the item, so Claire may not remove it alone.
    assert 'href="/items/i1/moderation"' not in browser["claire"].get(EDIT).text
    location = send(browser["max"], "/items/i1/moderation", act="remove").headers["location"]
    assert now(library) is None
    undo = re.search(r'<form class="flash" method="post" action="([^"]+)"', browser["max"].get(location).text)
    assert undo is not None
    send(browser["max"], "/g/quais/bin", html.unescape(undo[1]))
    assert title(library) == "Le port au petit matin"


def test_a_copy_is_made_and_undone(library: Library, browser: Browsers) -> None:
    claire = browser["claire"]
    page = claire.get(MOVE).text
    assert 'value="copy"' in page
    assert 'value="move"' not in page
    answer = send(claire, MOVE, act="copy", group="atelier")
    location = answer.headers["location"]
    assert "done=item-copied&undo=" in location
    copied = location.removeprefix("/items/").partition("?")[0]
    assert now(library, copied) is not None
    # No second copy is made: the page links to the first one.
    again = send(claire, MOVE, act="copy", group="atelier")
    assert again.status_code == 409
    assert f'href="/items/{copied}"' in again.text
    undo = re.search(r'<form class="flash" method="post" action="([^"]+)"', claire.get(location).text)
    assert undo is not None
    assert send(claire, "/items/i1", html.unescape(undo[1])).status_code == 303
    assert now(library, copied) is None


def test_a_move_to_more_readers_asks_for_confirmation(library: Library, browser: Browsers) -> None:
    claire = browser["claire"]
    copied = send(claire, MOVE, act="copy", group="atelier").headers["location"].partition("?")[0]
    send(browser["max"], "/items/i1/moderation", act="remove")
    with library.store.write() as writing:
        item = writing.items.any_of([copied.removeprefix("/items/")]).popitem()[1]
        writing.items.update([replace(item, url=None)])
    preview = send(claire, f"{copied}/move", act="copy", group="quais")
    assert preview.status_code == 409
    assert 'name="confirmed" value="quais"' in preview.text
    # A confirmation for one group is not valid for another.
    assert send(claire, f"{copied}/move", act="copy", group="quais", confirmed="~claire").status_code == 409
    response = send(claire, f"{copied}/move", act="copy", group="quais", confirmed="quais")
    assert "done=item-copied" in response.headers["location"]


def test_unreadable_groups_answer_like_missing_ones(browser: Browsers) -> None:
    responses = [send(browser["max"], MOVE, act="copy", group=slug) for slug in ("atelier", "rien", "")]
    assert {answer.status_code for answer in responses} == {404}
    # The form token is masked differently in each response.
    assert len({re.sub(r'name="form_token" value="\w+"', "", answer.text) for answer in responses}) == 1
    assert "Atelier" not in responses[0].text


def test_an_item_is_added_to_the_reading_list_and_removed(browser: Browsers) -> None:
    rene = browser["rene"]
    assert "vide" in rene.get("/later").text
    headers = {"referer": "http://testserver/items/i1"}
    data = {"form_token": form_of(rene, "/items/i1")["form_token"], "id": "i1"}
    answer = rene.post("/later", data={**data, "act": "later"}, headers=headers, follow_redirects=False)
    assert answer.headers["location"] == "/items/i1?done=to-read"
    assert "Le port au petit matin" in rene.get("/later").text
    assert 'value="read"' in rene.get("/items/i1").text
    rene.post("/later", data={**data, "act": "read"})
    assert "Le port au petit matin" not in rene.get("/later").text
    assert "Le port au petit matin" in rene.get("/later?show=read").text
    assert 'value="again"' in rene.get("/items/i1").text
    rene.post("/later", data={**data, "act": "off"})
    assert "vide" in rene.get("/later?show=all").text
    assert "Le port" not in browser["claire"].get("/later?show=all").text


def test_a_reading_list_refuses_what_it_does_not_know(browser: Browsers) -> None:
    sam = browser["sam"]
    assert sam.get("/later?show=<b>").status_code == 400
    for page in ("-1", "0", "1e9", "9" * 30, "²"):
        assert sam.get("/later", params={"page": page}).status_code == 400
    assert sam.get("/later?page=90").status_code == 200
    assert send(sam, "/items/i1", "/later", act="rien", id="i1").status_code == 400
    assert send(sam, "/items/i1", "/later", act="later", id="rien").status_code == 404
    assert send(sam, "/items/i1", "/later", act="read", id="i1").status_code == 404
