"""Entries of feeds over HTTP: their content and order."""

import json
import re
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from kb.services.core.library import Library
from kb.site import create_app
from tests.feeds.feed_library import a_shelf
from tests.feeds.feed_requests import entries, entry, feed

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(scope="module")
def library() -> Iterator[Library]:
    library = a_shelf()
    yield library
    library.close()


@pytest.fixture(scope="module")
def client(library: Library) -> Iterator[TestClient]:
    with TestClient(create_app(library)) as client:
        yield client


def test_an_entry_holds_the_item_and_its_annotations_with_matches_marked(client: TestClient) -> None:
    assert entry(client, "item/thread", "/search.json", q="agents")["content_html"] == (
        "<p>Sur la formation des <mark>agents</mark>.</p>\n"
        "<blockquote><p>Les <mark>agents</mark> se forment.</p></blockquote>\n"
        "<blockquote><p>Une formation longue.</p></blockquote>\n"
        "<p><b>Note, Paul &lt;Roy&gt; (import), 2 février 2026</b><br>À voir.<br>Encore.</p>\n"
        "<p><b>Commentaire, Paul &lt;Roy&gt; (import), 3 février 2026</b><br>Qui en parle ?</p>\n"
        "<ul>\n"
        "<li><p><b>Réponse, Claire Aubert (import), 4 février 2026</b><br>Les <mark>agents</mark>.</p></li>\n"
        "</ul>\n"
        "<p>La Gazette · 1er novembre 2014 · partagé par Claire Aubert (import) · Lectures &amp; &lt;communes&gt; · "
        '<a href="https://exemple.fr/formation">lire sur exemple.fr</a></p>\n'
        '<p>Mots-clés\u202f: <a href="http://127.0.0.1:8000/g/lectures/tag/formation">formation</a>, '
        '<a href="http://127.0.0.1:8000/g/lectures/tag/agents"><mark>agents</mark></a></p>\n'
    )


def test_the_same_is_there_as_a_text_without_marks(client: TestClient) -> None:
    entry_ = entry(client, "item/thread", "/search.json", q="agents")
    assert entry_["content_text"] == (
        "Sur la formation des agents.\n"
        "«\u202fLes agents se forment.\u202f»\n"
        "«\u202fUne formation longue.\u202f»\n"
        "Note, Paul <Roy> (import), 2 février 2026\u202f: À voir.\nEncore.\n"
        "Commentaire, Paul <Roy> (import), 3 février 2026\u202f: Qui en parle ?\n"
        "Réponse, Claire Aubert (import), 4 février 2026\u202f: Les agents.\n"
        "La Gazette · 1er novembre 2014 · partagé par Claire Aubert (import) · Lectures & <communes>\n"
        "Mots-clés\u202f: formation, agents"
    )
    assert "<mark>" not in json.dumps({name: part for name, part in entry_.items() if name != "content_html"})


def test_an_entry_has_our_page_and_the_address_it_is_about(client: TestClient) -> None:
    entry_ = entry(client, "item/thread")
    assert entry_["url"] == "http://127.0.0.1:8000/items/thread"
    assert entry_["external_url"] == "https://exemple.fr/formation"
    assert entry_["authors"] == [{"name": "Claire Aubert"}]
    assert entry_["tags"] == ["formation", "agents"]
    assert (entry_["date_published"], entry_["date_modified"]) == ("2026-02-01T09:00:00Z", "2026-02-01T09:00:00Z")
    # An address with another scheme than http or https is left out.
    assert "external_url" not in entry(client, "item/hostile")
    assert "javascript:" not in entry(client, "item/hostile")["content_html"]


def test_texts_of_users_are_escaped_in_html(client: TestClient) -> None:
    html = entry(client, "item/hostile", q="agents")["content_html"]
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert set(re.findall(r"<(/?\w+)", html)) <= {
        *("p", "/p", "b", "/b", "br", "blockquote", "/blockquote", "ul", "/ul", "li", "/li", "a", "/a", "mark", "/mark")
    }
    assert set(re.findall(r"\s(\w+)=\"", re.sub(r">[^<]*<", "><", html))) == {"href"}


def test_a_passage_is_an_entry_with_its_own_author_and_date(client: TestClient) -> None:
    entry_ = entry(client, "annotation/n-thread", "/g/lectures.json", view="passages")
    assert entry_["title"] == "Une formation longue."
    assert entry_["url"] == "http://127.0.0.1:8000/items/thread#a-n-thread"
    assert entry_["authors"] == [{"name": "Paul <Roy>"}]
    assert entry_["date_published"] == "2026-02-02T00:00:00Z"
    assert '<a href="http://127.0.0.1:8000/items/thread">Formation</a>' in entry_["content_html"]
    assert "Les agents se forment" not in entry_["content_html"]
    # The author of the mark is unknown; it is not the user who shared the page.
    assert "authors" not in entry(client, "annotation/h-thread", "/g/lectures.json", view="passages", q="forment")


@pytest.mark.parametrize("number", range(1, 8))
def test_a_stored_date_however_precise_is_an_instant(client: TestClient, number: int) -> None:
    expected = [
        None,
        "2014-11-07T09:12:00Z",
        "2014-11-08T04:30:00Z",
        "2014-11-07T07:12:00Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T00:00:00Z",
        None,
        "2014-11-07T00:00:00Z",
    ][number]
    place = "lectures" if number % 3 == 0 else "atelier"
    entry_ = entry(client, f"item/i-{number}", f"/g/{place}.json", per_page="100")
    assert entry_.get("date_published") == expected
    assert expected is None or entry_["date_modified"] == expected


def test_the_most_recent_entries_come_first_unless_another_order_is_requested(client: TestClient) -> None:
    recent = [
        id_ for id_ in entries(client, "/g/lectures.json", per_page="100") if id_ in ("item/thread", "item/hostile")
    ]
    assert recent == ["item/thread", "item/hostile"]
    titles = [entry_["title"] for entry_ in feed(client, "/g/atelier.json", sort="title", per_page="100")["items"]]
    assert titles[:2] == ["https://exemple.fr/\u202e?q= \"'<x>", "Les agents, n° 1"]


def test_a_search_feed_requires_all_words_unless_the_address_says_otherwise(client: TestClient) -> None:
    assert entries(client, "/search.json", q="agents formation") == ["item/thread"]
    assert len(entries(client, "/search.json", q="agents formation", match="any", per_page="100")) > 40


def test_a_saved_search_finds_what_its_page_finds_the_most_recent_first(client: TestClient) -> None:
    # A saved search is never expanded, and neither are its marks.
    link = r'href="/items/([\w-]+)\?q=agents\+formation&amp;vocabulary=verbatim"'
    on_the_page = set(re.findall(link, client.get("/saved/s-any?per_page=100").text))
    followed = entries(client, "/saved/s-any.json", per_page="100")
    assert {id_.removeprefix("item/") for id_ in followed} == on_the_page
    assert len(followed) > 40
    assert followed.index("item/thread") < followed.index("item/i-1")
    assert entries(client, "/saved/s-title.json") == ["item/thread"]
    assert entries(client, "/saved/s-passages.json") == ["annotation/n-thread", "annotation/h-hostile"]
    assert feed(client, "/saved/s-empty.json")["items"] == []


def test_a_feed_says_what_it_follows(client: TestClient) -> None:
    def named(address: str, **parameters: str) -> tuple[str, str | None]:
        json_feed = feed(client, address, **parameters)
        return json_feed["title"], json_feed.get("description")

    assert named("/search.json") == ("Florilège", None)
    assert named("/search.json", q="agents", tag="a/b") == (
        "«\u202fagents\u202f», Mot-clé\u202f: a/b – Florilège",
        None,
    )
    assert named("/g/lectures.json") == ("Lectures & <communes> – Florilège", "Ce que nous lisons.")
    assert named("/g/lectures.json", author="claire", view="passages")[0].startswith("Annoté par\u202f: ")
    assert named("/g/atelier/tag/agents.json") == ("agents – Atelier – Florilège", None)
    assert named("/saved/s-any.json") == (
        "Veille s-any – Lectures & <communes> – Florilège",
        "«\u202fagents formation\u202f»",
    )
