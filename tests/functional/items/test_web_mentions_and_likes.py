"""Mentions, likes and private notes in a browser, and hostile texts in them."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.indexer import catch_up
from kb.model.items.item import Item
from kb.model.search_request import AddedSince, SearchRequest
from kb.services.core.library import Library
from kb.services.imports.import_export import export_items
from kb.services.search.saved_searches import create_saved_search, new_result_count
from kb.services.search.search import result_count, run_search
from tests.factories.group import as_
from tests.factories.import_export import bring_records
from tests.factories.moderation import ROLES, a_moderated_library, item_of
from tests.support.browser_sessions import browsers_of, send

Browsers = dict[str, TestClient]
REPLY, PRIVATE = "/items/i1/reply", "/items/i1/private"


@pytest.fixture
def library() -> Iterator[Library]:
    with a_moderated_library() as library:
        yield replace(library, settings=replace(library.settings, rate_write=0))


@pytest.fixture
def browser(library: Library) -> Browsers:
    """A browser for each user, and one for an anonymous visitor."""
    return browsers_of(library, ROLES)


def own_library(library: Library, login: str) -> list[Item]:
    return [item for item, group in export_items(library, OPERATOR) if group.slug == f"~{login}"]


def test_likes_are_counted_and_named_for_members(library: Library, browser: Browsers) -> None:
    def press(login: str, value: str) -> str:
        return str(send(browser[login], "/items/i1", "/items/i1/like", like=value).headers["location"])

    def button(login: str, subject: str) -> str:
        match = re.search(
            rf'<button class="like"[^>]*like {subject}"[^>]*>[^<]*<', browser[login].get("/items/i1").text
        )
        return match[0] if match else ""

    assert press("claire", "like a1") == "/items/i1#a-a1"
    press("claire", "like a1")
    press("max", "like a1")
    press("max", "like i1")
    assert 'aria-pressed="true" title="Claire, Max">J’aime (2)<' in button("claire", "a1")
    assert 'aria-pressed="false" title="Claire, Max">J’aime (2)<' in button("olga", "a1")
    assert "Aimé par 2 personnes" in browser[""].get("/items/i1").text
    assert "Claire, Max" not in browser["rene"].get("/items/i1").text
    press("claire", "unlike a1")
    assert 'title="Max">J’aime (1)<' in button("claire", "a1")
    assert send(browser["rene"], "/account", "/items/i1/like", like="like a1").status_code == 403


def test_an_unknown_mention_is_reported_beside_the_sent_text(browser: Browsers) -> None:
    answer = send(browser["claire"], f"{REPLY}?to=a1", REPLY, to="a1", body="@inconnu et @max, voici.")
    sentence = "Personne n’a cet identifiant dans ce groupe, donc personne n’est prévenu\u202f: @inconnu</p>"
    assert sentence in browser["claire"].get(answer.headers["location"]).text
    assert "@inconnu</p>" not in browser["max"].get(answer.headers["location"]).text
    assert "@inconnu</p>" not in browser["claire"].get("/items/i1").text


def test_members_are_proposed_to_members_alone(browser: Browsers) -> None:
    assert browser["claire"].get("/g/quais/people?q=m").json() == [{"login": "max", "name": "Max"}]
    assert browser["claire"].get("/g/quais/people?q=%00").json() == []
    for login, status in (("sam", 403), ("rene", 403)):
        assert browser[login].get("/g/quais/people?q=m").status_code == status
    assert browser[""].get("/g/quais/people", follow_redirects=False).status_code == 303


def test_a_private_note_is_visible_to_its_author_alone(library: Library, browser: Browsers) -> None:
    before = {login: browser[login].get("/items/i1").text for login in ("", "max")}
    counts = browser["olga"].get("/g/quais.json").content
    answer = send(browser["sam"], PRIVATE, body="Mon secret.")
    assert re.fullmatch(r"/items/i1\?done=noted&undo=[\w-]+#private", answer.headers["location"])
    assert "Mon secret." in browser["sam"].get(answer.headers["location"]).text
    catch_up(library)
    token = re.compile(r'name="form_token" value="\w+"')
    for login, page in before.items():
        assert token.sub("", browser[login].get("/items/i1").text) == token.sub("", page)
    assert browser["olga"].get("/g/quais.json").content == counts
    assert "Mon <mark>secret</mark>" in browser["sam"].get("/search?q=secret").text
    noted = browser["sam"].get("/items/i1").text
    assert noted.count("Le port au petit matin") == before["max"].count("Le port au petit matin")
    removal = re.search(r'href="(/items/[^"]+/moderation\?part=[^"]+)"[^>]*>Supprimer<span', noted)
    assert removal is not None
    assert "Mon secret." in browser["sam"].get(removal[1]).text
    for login in ("", "claire", "olga"):
        assert "Mon <mark>" not in browser[login].get("/search?q=secret").text
    (own,) = own_library(library, "sam")
    assert (own.url, own.title, [annotation.body for annotation in own.annotations]) == (
        "https://exemple.fr/port",
        "Le port au petit matin",
        ["Mon secret."],
    )
    assert browser["max"].get(f"/items/{own.id}").status_code == 404
    send(browser["sam"], PRIVATE, body="Un autre.")
    send(browser["sam"], PRIVATE, body="Un autre.")
    (own,) = own_library(library, "sam")
    assert [annotation.body for annotation in own.annotations] == ["Mon secret.", "Un autre."]


def results_of(page: str) -> list[str]:
    return re.findall(r"""<h2[^>]*><a href="/items/([\w-]+)[?#"]""", page)


def test_a_private_passage_is_in_the_own_library_with_its_colour(library: Library, browser: Browsers) -> None:
    for _ in range(2):
        answer = send(browser["sam"], PRIVATE, quote="Le port", color="blue", back="/items/i1?q=port#top")
    passage = own_library(library, "sam")[0].annotations[0]
    assert (passage.quote, passage.color, passage.body) == ("Le port", "blue", None)
    assert answer.headers["location"] == f"/items/i1?q=port&done=noted#a-{passage.id}"
    assert len(own_library(library, "sam")[0].annotations) == 1
    assert "Le port</blockquote>" in browser["sam"].get("/items/i1").text


@pytest.mark.parametrize("back", ["//elsewhere.example/", "https://elsewhere.example/", "/\\elsewhere.example"])
def test_a_form_returns_to_pages_of_this_site_only(browser: Browsers, back: str) -> None:
    answer = send(browser["max"], "/items/i1/annotate?kind=passage", kind="passage", quote="port", back=back)
    assert answer.headers["location"].startswith("/?done=annotated&undo=")


@pytest.mark.parametrize("address", ["https://exemple.fr/port", None])
def test_an_item_with_a_private_note_is_one_result(library: Library, browser: Browsers, address: str | None) -> None:
    with library.store.write() as writing:
        writing.items.update([replace(item_of(library, "i1"), url=address)])
    before = {login: browser[login].get("/search?q=port").text for login in ("", "max", "sam")}
    assert "i1" in results_of(before["sam"])
    number = len(results_of(before["sam"]))
    send(browser["sam"], PRIVATE, body="Mon secret.")
    catch_up(library)
    (own,) = own_library(library, "sam")
    for query in ("q=port", "q=port&sort=recent", "", "group=quais&group=~sam&q=port"):
        page = browser["sam"].get(f"/search?{query}").text
        assert own.id not in results_of(page)
        assert "i1" in results_of(page)
    assert len(results_of(browser["sam"].get("/search?q=port").text)) == number
    data = browser["sam"].get("/search.json?q=port&format=json").text
    assert own.id not in data
    # An export loses nothing.
    assert own.id in browser["sam"].get("/export?q=port&format=jsonl").text
    # The words of the note, and the user's own library, still find it.
    for query in ("q=secret", "group=~sam", "q=port&group=~sam"):
        assert results_of(browser["sam"].get(f"/search?{query}").text) == [own.id]
    token = re.compile(r'name="form_token" value="\w+"')
    for login in ("", "max"):
        assert token.sub("", browser[login].get("/search?q=port").text) == token.sub("", before[login])


def test_counts_are_those_of_the_pages_beside_a_private_note(library: Library, browser: Browsers) -> None:
    today = datetime.now(UTC)
    with library.store.write() as writing:
        writing.items.update([replace(item_of(library, "i1"), added=today.isoformat())])
    send(browser["sam"], PRIVATE, body="Mon secret.")
    catch_up(library)
    sam = as_(library, "sam")
    unquoted = SearchRequest(q='Ce "port matin", petit port ?')
    assert run_search(library, sam, unquoted).interpretation is not None
    for request in (SearchRequest(q="port"), SearchRequest(since=AddedSince.WEEK), unquoted):
        assert result_count(library, sam, request) == run_search(library, sam, request).total > 0
    saved = create_saved_search(library, OPERATOR, "quais", "Port", "q=port").search
    assert new_result_count(library, sam, saved, today.date()) == 1
    assert "1 nouveauté cette semaine" in browser["sam"].get(f"/saved/{saved.id}").text


def test_a_page_that_is_saved_in_both_libraries_has_two_results(library: Library, browser: Browsers) -> None:
    send(browser["sam"], PRIVATE, body="Mon secret.")
    (own,) = own_library(library, "sam")
    with library.store.write() as writing:
        writing.items.update([replace(own, tags=("à moi",))])
    catch_up(library)
    assert {own.id, "i1"} <= set(results_of(browser["sam"].get("/search?q=port").text))


def test_an_item_without_address_can_have_a_private_note(library: Library, browser: Browsers) -> None:
    with library.store.write() as writing:
        writing.items.update([replace(item_of(library, "i2"), url=None)])
    send(browser["claire"], "/items/i2/private", body="À part.")
    assert "À part." in browser["claire"].get("/items/i2").text
    (own,) = own_library(library, "claire")
    assert (own.url or "").endswith("/items/i2")
    assert send(browser["claire"], f"/items/{own.id}/annotate", f"/items/{own.id}/private", body="x").status_code == 400
    assert send(browser["claire"], PRIVATE, body=" ").status_code == 400
    assert send(browser["claire"], PRIVATE, "/items/rien/private", body="x").status_code == 404


HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</textarea><script>alert(1)</script>",
    "</blockquote></li></ol><h1>",
    "<svg/onload=alert(1)>",
    "javascript:alert(1)",
    "[x](javascript:alert(1))",
    "<a href='javascript:alert(1)'>@max</a>",
    "@max<script>alert(1)</script>",
    '@max"onmouseover="alert(1)',
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#x3c;script>",
    "{{ 7*7 }}{% raw %}",
    "%(name)s %s %d {0}",
    "\u202eÀ l’envers",
    "\u2066\u2067\u2069",
    "\ufeffbom",
    "a" * 2_000,
    "Z̵̢̛͖̈́̇a̴̡̛̝̓l̷̨̛̰̈́g̸̢̛̦̈́o̷",
    "' OR 1=1 --",
    "'; DROP TABLE items; --",
    "<!-- commentaire -->",
    "]]><x/>",
    "<?xml version='1.0'?>",
    "<style>*{display:none}</style>",
    "<iframe src=//exemple.fr></iframe>",
    "<form action=//exemple.fr><button>",
    "<base href=//exemple.fr>",
    "<meta http-equiv=refresh content=0>",
    "<math><mi//xlink:href='data:x,<script>'>",
    "\u2028ligne\u2029para",
    "😀🏳️‍🌈",
    "`${alert(1)}`",
    "\\u003cscript\\u003e",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "data:text/html,<script>alert(1)</script>",
    "//exemple.fr/@max",
    "@" * 500,
    "@max@max@max",
    "<plaintext>",
)


def test_hostile_words_are_words(library: Library, browser: Browsers) -> None:
    bring_records(library, {"id": "piege", "title": "Piège", "group": "quais"})
    page = "/items/piege/annotate"
    for place, text in enumerate(HOSTILE):
        if place % 2:
            answer = send(browser["claire"], page, kind="comment", body=text)
        else:
            answer = send(browser["claire"], page, kind="passage", quote=text, body=f"{text} {place}", color="pink")
        assert answer.status_code == 303, text
        part = answer.headers["location"].rpartition("#a-")[2]
        send(browser["max"], page, "/items/piege/reply", to=part, body=text)
    annotations = item_of(library, "piege").annotations
    assert {annotation.quote or annotation.body for annotation in annotations} == {text.strip() for text in HOSTILE}
    for login in ("claire", ""):
        page_text = browser[login].get("/items/piege").text
        for text in HOSTILE:
            if re.search(r"<[a-z!?/]", text):
                assert text not in page_text
        own = r'<script src="/static/[a-z]+\.js\?v=\w+" integrity="[^"]+" defer>'
        assert 2 <= len(re.findall(own, page_text)) <= 5
        # The item as data that browsers do not run.
        (data,) = re.findall(r'<script type="application/ld\+json">([^<>&]*)</script>', page_text)
        assert json.loads(data)["@type"] == "WebPage"
        assert page_text.lower().count("<script") == len(re.findall(own, page_text)) + 1
        assert "<h1>" not in page_text.replace("<h1 dir", "")
    assert "<script>alert" not in browser["max"].get("/notices").text
