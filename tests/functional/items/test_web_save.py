"""Saving a page: the form, the page fetch, repeated and late forms, and users without the right."""

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.indexer import catch_up
from kb.model.people.group import Role, Visibility
from kb.model.vocabulary import Vocabulary
from kb.model.web_pages.page_facts import FetchFailure
from kb.services.core.library import Library
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import set_role
from tests.factories.items import an_item
from tests.factories.library import add_items
from tests.factories.page import AGENTS, Web, a_page, work_off
from tests.factories.saved_search import LOGINS, a_library_of_lectures
from tests.factories.vocabulary import a_concept
from tests.support.browser_sessions import PASSWORD, browsers_of, sign_in, token_of
from tests.support.save_forms import form_fields, item_of, press

QUOTE = '« Les œuvres d’été », dit-il : l’énergie & la "forme"'


@pytest.fixture
def library() -> Iterator[Library]:
    with a_library_of_lectures() as library:
        quick = replace(library, settings=replace(library.settings, rate_write=0))
        yield quick


@pytest.fixture
def browser(library: Library) -> dict[str, TestClient]:
    return browsers_of(library, LOGINS, follow_redirects=False)


def test_a_page_is_saved_in_one_step_and_found_at_once(browser: dict[str, TestClient], library: Library) -> None:
    paul = browser["paul"]
    form = paul.get("/keep?" + urlencode({"url": AGENTS, "title": "Les œuvres", "quote": QUOTE})).text
    answer = press(paul, form, tags="Énergie, agents", **{"note-1": "Très juste.", "color-1": "green"}, byline="A. B.")
    item = item_of(library, answer)
    assert (item.url, item.title, item.tags, item.byline) == (AGENTS, "Les œuvres", ("Énergie", "agents"), "A. B.")
    assert [(part.quote, part.body, part.color) for part in item.annotations] == [(QUOTE, "Très juste.", "green")]
    page = paul.get(answer.headers["location"]).text
    assert "C’est gardé" in page
    assert "Annuler" in page
    catch_up(library)
    assert "<mark>œuvres</mark>" in paul.get("/search?q=œuvre").text


def test_an_item_needs_no_address(browser: dict[str, TestClient], library: Library) -> None:
    form = browser["paul"].get("/keep").text
    answer = press(
        browser["paul"],
        form,
        title="Réunion du mardi",
        source="Atelier",
        published="2014-11",
        group="~paul",
        later="on",
    )
    item = item_of(library, answer)
    assert (item.url, item.source, item.published) == (None, "Atelier", "2014-11")
    with library.store.read() as reading:
        assert reading.reading_lists.of_items(item.author.id if item.author else "", [item.id])
    # The next time, the last used group is selected.
    assert form_fields(browser["paul"].get("/keep").text)["group"] == ["~paul"]
    assert form_fields(browser["paul"].get("/keep?group=lectures").text)["group"] == ["lectures"]
    assert browser["paul"].get("/g/lectures/keep").headers["location"] == "/keep?group=lectures"


def test_the_form_says_that_a_title_is_required_without_an_address(browser: dict[str, TestClient]) -> None:
    form = browser["paul"].get("/keep").text
    assert '<label for="f-title">Titre <span class="hint">(nécessaire sans adresse)</span></label>' in form
    refused = press(browser["paul"], form, tags="eau")
    assert refused.status_code == 400
    assert "Donnez une adresse ou un titre" in refused.text


def test_saving_for_a_full_reading_list_saves_nothing_and_keeps_the_form(
    browser: dict[str, TestClient], library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    paul = browser["paul"]
    answer = press(paul, paul.get("/keep").text, title="Déjà là", group="~paul")
    existing = item_of(library, answer)
    monkeypatch.setattr("kb.services.items.reading_list.MOST_ENTRIES", 0)
    before = _newest_change(library)

    refused = press(paul, paul.get("/keep").text, title="Réunion du mardi", group="~paul", later="on")
    assert refused.status_code == 409
    assert form_fields(refused.text)["title"] == ["Réunion du mardi"]
    added = press(paul, paul.get("/keep").text, "add", item=existing.id, title="Déjà là", tags="x", later="on")
    assert added.status_code == 409

    assert _newest_change(library) == before


def _newest_change(library: Library) -> int:
    with library.store.read() as reading:
        return reading.changes.newest()


def test_looking_for_the_page_fills_what_is_empty_and_never_what_was_typed(
    browser: dict[str, TestClient], library: Library
) -> None:
    paul = browser["paul"]
    web = Web(
        {
            AGENTS: a_page(title="Titre du site", source="La Gazette", published="2014-11-07", language="fr"),
            "https://exemple.fr/autre": a_page(
                "https://exemple.fr/autre", title="Autre titre", description="Dont acte"
            ),
        }
    )
    form = paul.get("/keep?" + urlencode({"url": AGENTS})).text
    assert work_off(library, web) == 0
    waiting = press(paul, form, "look", description="De moi").text
    assert "en cours de lecture" in waiting
    state = re.search(r'data-poll="([^"]+)"', waiting)
    assert state is not None
    assert paul.get(state[1]).json()["over"] is False
    assert browser["claire"].get(state[1]).status_code == 404
    work_off(library, web)
    assert paul.get(state[1]).json()["over"] is True
    read = press(paul, waiting, "again").text
    fields = form_fields(read)
    names = ("title", "description", "source", "published", "language")
    assert [fields[name][0] for name in names] == ["Titre du site", "De moi", "La Gazette", "2014-11-07", "fr"]
    # Another address: what the first page had filled in is replaced, and typed text stays.
    press(paul, read, "look", url="https://exemple.fr/autre")
    work_off(library, web)
    fields = form_fields(press(paul, read, "look", url="https://exemple.fr/autre").text)
    assert [fields[name][0] for name in names[:3]] == ["Autre titre", "De moi", ""]
    assert web.asked == {AGENTS: 1, "https://exemple.fr/autre": 1}


def _is_fold_open(page: str) -> bool:
    match = re.search(r'<details class="page-facts"( open)?>', page)
    assert match is not None
    return match[1] is not None


def test_the_section_is_open_for_typed_values_and_closed_for_values_of_the_page(
    browser: dict[str, TestClient], library: Library
) -> None:
    paul = browser["paul"]
    web = Web({AGENTS: a_page(title="Titre du site", source="La Gazette", published="2014-11-07", language="fr")})
    form = paul.get("/keep?" + urlencode({"url": AGENTS, "title": "Mon titre", "quote": QUOTE})).text
    assert not _is_fold_open(form)
    assert re.search(r'id="preview"[^>]* hidden></p>', form)
    waiting = press(paul, form, "look").text
    work_off(library, web)
    read = press(paul, waiting, "again").text
    assert not _is_fold_open(read)
    assert re.search(r'id="preview"[^>]*><span>La Gazette</span> <span>7 novembre 2014</span> </p>', read)
    assert form_fields(read)["title"] == ["Mon titre"]
    for name, value in (("description", "De moi"), ("source", "Ma source"), ("byline", "A. B."), ("language", "en")):
        assert _is_fold_open(press(paul, read, "more", **{name: value}).text), name
    refused = press(paul, read, published="hier")
    assert refused.status_code == 400
    assert _is_fold_open(refused.text)
    assert 'id="e-published"' in refused.text
    # A value in the address that opens the form does not come from a fetched page.
    assert _is_fold_open(paul.get("/keep?" + urlencode({"description": "Partagé"})).text)
    long = press(paul, form, "more", source="x" * 50_000).text
    assert len(re.findall("x{200}", re.search(r'id="preview"[^>]*>([^<]*)', long)[1])) == 0  # type: ignore[index]


def test_an_unreadable_page_is_reported_and_the_typed_text_is_enough(
    browser: dict[str, TestClient], library: Library
) -> None:
    paul = browser["paul"]
    form = paul.get("/keep?" + urlencode({"url": AGENTS, "title": "À la main"})).text
    waiting = press(paul, form, "look").text
    work_off(library, Web({AGENTS: FetchFailure.GONE}))
    failed = press(paul, waiting, "again").text
    assert "Ce que vous écrivez suffit" in failed
    assert item_of(library, press(paul, failed)).title == "À la main"
    assert "Donnez d’abord l’adresse" in press(paul, form, "look", url="").text


def test_an_address_that_the_group_has_is_shown_and_its_item_extended(
    browser: dict[str, TestClient], library: Library
) -> None:
    add_group(library, OPERATOR, "cave", "La cave", visible=Visibility.MEMBERS)
    set_role(library, OPERATOR, "cave", "claire", Role.MEMBER)
    claire, paul = browser["claire"], browser["paul"]
    for group in ("lectures", "cave"):
        press(claire, claire.get("/keep").text, url=AGENTS, title=f"Dans {group}", group=group)
    form = paul.get("/keep?" + urlencode({"url": f"{AGENTS}?utm_source=x", "group": "lectures"})).text
    assert "Dans lectures" in form
    assert "cave" not in form
    response = press(paul, form, tags="réseau", **{"quote-1": "Un passage"})
    assert response.status_code == 409
    assert "Ajouter à ce signet" in response.text
    assert (form_fields(response.text)["tags"], form_fields(response.text)["quote-1"]) == (["réseau"], ["Un passage"])
    answer = press(paul, response.text, "add")
    item = item_of(library, answer)
    assert (item.title, item.tags, [annotation.quote for annotation in item.annotations]) == (
        "Dans lectures", ("réseau",), ["Un passage"],
    )  # fmt: skip
    assert "Annuler" in paul.get(answer.headers["location"]).text
    assert "Dans «\u202fLa cave\u202f»" in claire.get("/keep?" + urlencode({"url": AGENTS, "group": "lectures"})).text


def test_two_clicks_keep_one_item(browser: dict[str, TestClient], library: Library) -> None:
    form = browser["paul"].get("/keep").text
    answers = [press(browser["paul"], form, title="Réunion", **{"quote-1": "Un mot"}) for _ in range(2)]
    assert item_of(library, answers[0]) == item_of(library, answers[1])


def test_a_form_that_is_too_old_keeps_what_was_typed(browser: dict[str, TestClient], library: Library) -> None:
    paul = browser["paul"]
    form = paul.get("/keep").text
    old = press(paul, form, title="Mon titre", form_token="a" * 64, **{"quote-1": QUOTE})
    assert old.status_code == 403
    assert "trop ancien" in old.text
    assert form_fields(old.text)["quote-1"] == [QUOTE]
    paul.cookies.delete("kb-session")
    out = press(paul, form, title="Mon titre", **{"quote-1": QUOTE})
    assert out.status_code == 401
    assert "connectez-vous dans un autre onglet" in out.text
    sign_in(paul, "paul")
    match = re.search(r'name="kept" value="([^"]*)"', out.text)
    assert match is not None
    again = paul.post("/keep", data={"kept": unescape(match[1])})
    assert again.status_code == 200
    assert item_of(library, press(paul, again.text, group="lectures")).annotations[0].quote == QUOTE
    response = paul.post("/keep", data=form_fields(form), headers={"sec-fetch-site": "cross-site"})
    assert (response.status_code, "keep" in response.text) == (403, True)
    assert 'id="save-form"' not in response.text


def test_login_returns_to_the_save_form_with_all_typed_text(browser: dict[str, TestClient]) -> None:
    brought = {"url": AGENTS, "title": "Titre", "quote": "é" * 600}
    answer = browser[""].get("/keep?" + urlencode(brought))
    login = answer.headers["location"]
    onward = parse_qs(urlsplit(login).query)["next"][0]
    form = {"form_token": token_of(browser[""], login), "login": "paul", "password": PASSWORD, "next": onward}
    back = browser[""].post("/login", data=form).headers["location"]
    fields = form_fields(browser[""].get(back).text)
    assert (fields["url"], fields["title"], fields["quote-1"]) == ([AGENTS], ["Titre"], ["é" * 600])


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ({}, "Donnez une adresse ou un titre"),
        ({"url": "pas une adresse"}, "adresse"),
        ({"title": "x", "published": "hier"}, "date"),
        ({"title": "x", "language": "klingon!"}, "langue"),
        ({"title": "x", "color-1": "noir", "quote-1": "a"}, "couleurs"),
        ({"title": "x", "tags": ",".join(map(str, range(101)))}, "100"),
        ({"title": "x", "quote-1": "a" * 50_001}, "trop long"),
    ],
)
def test_invalid_values_have_their_error_beside_the_field(
    browser: dict[str, TestClient], typed: dict[str, str], expected: str
) -> None:
    answer = press(browser["paul"], browser["paul"].get("/keep").text, **{"description": "Je reste.", **typed})
    assert answer.status_code == 400
    assert expected in answer.text
    assert "Je reste." in answer.text


def test_hostile_words_are_kept_to_the_letter_and_shown_harmless(
    browser: dict[str, TestClient], library: Library
) -> None:
    paul, hostile = browser["paul"], "\"><script>alert(1)</script>' </textarea>\u202e"
    form = paul.get(
        "/keep?" + urlencode(dict.fromkeys(("url", "title", "quote", "text", "tags", "group"), hostile))
    ).text
    assert "<script>alert" not in form
    failed = press(paul, form, url="", title=hostile, published="hier", tag=[hostile], once=hostile, fetch=hostile)
    assert "<script>alert" not in failed.text
    item = item_of(library, press(paul, failed.text, published="", source=hostile, **{"quote-1": hostile}))
    assert (item.title, item.annotations[0].quote) == (hostile, hostile)
    for act in ("", "autre"):
        assert press(paul, form, act).status_code == 400
    assert press(paul, form, "add", item="rien", url="", title="x").status_code == 404
    assert press(paul, form, url="", title="x", group="rien").status_code == 404
    assert paul.post("/keep", data={**form_fields(form), "act": "more", "quote-1": "a" * 2_000_000}).status_code == 413


def test_places_for_passages_come_without_a_script(browser: dict[str, TestClient], library: Library) -> None:
    paul = browser["paul"]
    more = press(paul, paul.get("/keep?title=Titre").text, "more", **{"quote-1": "Premier"}).text
    item = item_of(library, press(paul, more, **{"quote-2": "Second"}))
    assert [annotation.quote for annotation in item.annotations] == ["Premier", "Second"]


def test_tags_are_proposed_and_ticked_without_a_script(browser: dict[str, TestClient], library: Library) -> None:
    with library.store.read() as reading:
        group = reading.groups.by_slug("lectures")
    assert group is not None
    add_items(library, *(an_item(f"Le courrier {n}", group=group, tags=["Courrier"]) for n in range(3)))
    with library.store.write() as writing:
        writing.vocabularies.set(group.id, Vocabulary.of([a_concept("télétravail")]))
    catch_up(library)
    form = browser["paul"].get("/keep?" + urlencode({"title": "Télétravail et courriers", "group": "lectures"})).text
    assert re.findall(r'name="tag" value="([^"]*)"', form) == ["télétravail", "Courrier"]
    assert item_of(library, press(browser["paul"], form, tag=["Courrier"], tags="à moi")).tags == ("à moi", "Courrier")


def test_the_group_is_the_last_one_used_else_none_and_says_who_reads_it(browser: dict[str, TestClient]) -> None:
    paul = browser["paul"]
    first = paul.get("/keep").text
    assert form_fields(first)["group"] == [""]
    assert "Choisir un groupe" in first
    assert re.search(r'<option value="lectures">[^<]+ – lu par [^<]+</option>', first)
    refused = paul.post("/keep", data={**form_fields(first), "act": "save", "title": "Une réunion"})
    assert refused.status_code == 400
    assert "Choisissez le groupe" in refused.text
    assert form_fields(refused.text)["title"] == ["Une réunion"]
    press(paul, first, title="Une réunion", group="lectures")
    assert form_fields(paul.get("/keep").text)["group"] == ["lectures"]
