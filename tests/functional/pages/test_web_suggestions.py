"""Suggestions of the search box and of a browser's search bar: `/suggest`, over HTTP."""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit
from xml.etree.ElementTree import fromstring

import pytest
from starlette.testclient import TestClient

from kb.model.people.group import Visibility
from kb.services.core.library import Library
from kb.services.search.suggestions import Suggestion, SuggestionKind
from kb.site import create_app
from kb.web.pages.search import suggestions
from tests.factories.items import a_group, a_user, an_item
from tests.factories.library import a_library

CLAIRE = a_user("claire", "Claire Aubert")
LECTURES, ATELIER = a_group("lectures", "Lectures communes"), a_group("atelier", "Atelier")
SECRET = a_group("secret", "Réservé", visible=Visibility.MEMBERS)
HOSTILE = "énergie\"><script>alert(1)</script>'"
EVERY_KIND = (
    Suggestion(SuggestionKind.WORD, "territoire", "territoire", 1234, "eau territoire", before="eau"),
    Suggestion(SuggestionKind.TITLE, "Territoires", "Territoires", 1, "Territoires", "item-1", before="eau"),
    Suggestion(SuggestionKind.TAG, "territoires", "territoires", 3, "eau mot-clé:territoires", before="eau"),
    Suggestion(SuggestionKind.AUTHOR, "Terri Roy", "terri-roy", 1, "eau partagé-par:terri-roy", before="eau"),
    Suggestion(SuggestionKind.SOURCE, "Terre", "Terre", 2, "eau source:Terre", before="eau"),
)


@pytest.fixture(scope="module")
def library() -> Library:
    return a_library(
        an_item("Énergie", id="a", group=LECTURES, author=CLAIRE, source="Énergies.fr", tags=["énergie", HOSTILE]),
        an_item("Énergie des marées", id="b", group=ATELIER, author=CLAIRE, tags=["énergie marine"]),
        an_item("Énergumènes", id="c", group=SECRET, source="Énergétique", tags=["énergumènes"], author=CLAIRE),
        groups=(LECTURES, ATELIER, SECRET),
    )


@pytest.fixture
def client(library: Library) -> Iterator[TestClient]:
    with TestClient(create_app(library), base_url="http://127.0.0.1:8000") as client:
        yield client


@pytest.fixture
def every_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library suggests one thing of each kind, whatever is typed."""
    monkeypatch.setattr(suggestions, "search_suggestions", lambda *_: EVERY_KIND)


def options(page: str) -> dict[str, str]:
    """The addresses of a list's options, by their texts."""
    root = fromstring(f"<list>{page.replace('</b></a>', '</b> </a>')}</list>")
    return {(element[0].text or ""): element.get("href", "") for element in root.iter("a")}


def test_a_browser_gets_queries_that_complete_what_is_typed(client: TestClient, every_kind: None) -> None:
    answer = client.get("/suggest?q=eau+terri")
    assert answer.headers["content-type"] == "application/x-suggestions+json"
    assert answer.json() == [
        "eau terri",
        [suggestion.query for suggestion in EVERY_KIND],
        ["Mot, 1\u202f234 signets", "Titre", "Mot-clé, 3 signets", "Partagé par, 1 signet", "Source, 2 signets"],
        [
            "http://127.0.0.1:8000/search?q=eau+territoire",
            "http://127.0.0.1:8000/items/item-1",
            "http://127.0.0.1:8000/search?q=eau&tag=territoires",
            "http://127.0.0.1:8000/search?q=eau&author=terri-roy",
            "http://127.0.0.1:8000/search?q=eau&source=Terre",
        ],
    ]


def test_suggestions_are_english_when_requested(client: TestClient, every_kind: None) -> None:
    descriptions = client.get("/suggest?q=eau+terri&lang=en").json()[2]
    assert descriptions == ["Word, 1,234 items", "Title", "Tag, 3 items", "Shared by, 1 item", "Source, 2 items"]
    assert 'aria-label="Words"' in client.get("/suggest?q=eau+terri&format=html&lang=en").text


def test_the_list_of_the_box_is_in_groups_that_keep_their_order(client: TestClient, every_kind: None) -> None:
    answer = client.get("/suggest?format=html&q=eau+terri")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    groups = [part.partition('"')[0] for part in answer.text.split('role="group" aria-label="')[1:]]
    assert groups == ["Mots", "Mots-clés", "Partagé par", "Sources", "Titres"]
    # Only a word is written into the box; every other suggestion is a link.
    assert answer.text.count("data-fills=") == 1
    assert 'data-fills="eau territoire"' in answer.text


def test_a_library_proposes_what_it_holds(client: TestClient) -> None:
    page = client.get("/suggest?format=html&q=%C3%A9nerg").text
    links = options(page)
    assert links["énergie"] == "/search?tag=%C3%A9nergie"
    assert links["Énergies.fr"] == "/search?source=%C3%89nergies.fr"
    assert links["Énergie des marées"] == "/items/b"
    assert 'aria-label="Mots"' in page
    assert options(client.get("/suggest?format=html&q=clai").text)["Claire Aubert (import)"] == "/search?author=claire"


def test_choosing_keeps_what_the_form_asks_for(client: TestClient, every_kind: None) -> None:
    parameters = "q=eau+terri&match=all&source=Le+Monde&from=2014&view=passages&per_page=50&page=3&format=html"
    links = options(client.get(f"/suggest?{parameters}").text)
    kept_parameters = {("match", "all"), ("from", "2014"), ("view", "passages"), ("per_page", "50")}
    for label, more in {
        "territoire": {("q", "eau territoire"), ("source", "Le Monde")},
        "territoires": {("q", "eau"), ("source", "Le Monde"), ("tag", "territoires")},
        "Terri Roy": {("q", "eau"), ("source", "Le Monde"), ("author", "terri-roy")},
        "Terre": {("q", "eau"), ("source", "Le Monde"), ("source", "Terre")},
    }.items():
        path, _, query = links[label].partition("?")
        assert (path, set(parse_qsl(query))) == ("/search", kept_parameters | more), label
    assert links["Territoires"] == "/items/item-1"


def test_in_a_group_a_tag_leads_to_its_page_and_the_rest_stays_in_the_group(
    client: TestClient, every_kind: None
) -> None:
    links = options(client.get("/suggest?format=html&group=lectures&q=terri").text)
    assert links["territoires"] == "/g/lectures/tag/territoires?q=eau"
    assert links["Terri Roy"] == "/g/lectures?q=eau&author=terri-roy"
    # On the page of a tag, another tag becomes a filter.
    links = options(client.get("/suggest?format=html&group=lectures&tag=agents&q=terri").text)
    assert links["territoires"] == "/g/lectures/tag/agents?q=eau&tag=territoires"
    assert links["territoire"] == "/g/lectures/tag/agents?q=eau+territoire"
    # No page combines two groups.
    links = options(client.get("/suggest?format=html&group=lectures&group=atelier&q=terri").text)
    assert links["territoires"] == "/search?q=eau&group=lectures&group=atelier&tag=territoires"


def test_links_keep_a_language_that_was_chosen_by_address(client: TestClient, every_kind: None) -> None:
    links = options(client.get("/suggest?format=html&q=terri&lang=en").text)
    assert links["territoires"] == "/search?q=eau&tag=territoires&lang=en"


def test_the_form_says_where_it_is(client: TestClient) -> None:
    for address, suggest in (
        ("/", "/suggest?format=html"),
        ("/search?q=x&group=lectures", "/suggest?format=html"),
        ("/g/lectures", "/suggest?format=html&amp;group=lectures"),
        ("/g/lectures/tag/énergie?q=x", "/suggest?format=html&amp;group=lectures&amp;tag=%C3%A9nergie"),
        ("/rien", "/suggest?format=html"),
    ):
        assert f'data-suggest="{suggest}"' in client.get(address).text, address


@pytest.mark.parametrize("form", ["", "&format=html"])
def test_an_answer_is_its_readers_own(client: TestClient, form: str) -> None:
    headers = client.get(f"/suggest?q=%C3%A9ner{form}").headers
    assert headers["cache-control"] == "private, max-age=60"
    assert {"Cookie", "Accept-Encoding"} <= {name.strip() for name in headers["vary"].split(",")}


@pytest.mark.parametrize("path", ["/suggest?q=%C3%A9ner", "/suggest?q=ener&format=html", "/suggest?q=&format=html"])
def test_unreadable_items_are_never_suggested(client: TestClient, path: str) -> None:
    answer = client.get(path).text.lower()
    assert "nergie" in answer
    assert "nergum" not in answer
    assert "nergéti" not in answer


def test_a_group_that_may_not_be_read_proposes_what_one_that_is_not_there_does(client: TestClient) -> None:
    secret, none = (client.get(f"/suggest?q=ener&group={slug}") for slug in ("secret", "aucun"))
    assert secret.json() == none.json() == ["ener", [], [], []]
    within = client.get("/suggest?q=ener&group=atelier").text
    assert "marine" in within
    assert "alert" not in within


def test_hostile_words_are_words(client: TestClient) -> None:
    page = client.get("/suggest?format=html&q=ener").text
    assert "<script>" not in page
    assert HOSTILE in options(page)
    typed = "</script><b>\u202e'\""
    assert client.get("/suggest", params={"q": typed}).json()[0] == typed


def test_a_long_title_is_cut(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    long = replace(EVERY_KIND[1], label="Tous les territoires " * 20)
    monkeypatch.setattr(suggestions, "search_suggestions", lambda *_: (long,))
    (label,) = options(client.get("/suggest?format=html&q=terri").text)
    assert label.endswith("\u00a0…")
    assert 150 < len(label) <= 162


@pytest.mark.parametrize("typed", ["", " ", "énergie ", "\x00", '"', "étiquette:", "((((", "*", "🙂", "x" * 2000])
def test_anything_typed_has_an_answer(client: TestClient, typed: str) -> None:
    answer = client.get("/suggest", params={"q": typed})
    assert (answer.status_code, answer.json()[0]) == (200, typed)
    assert client.get("/suggest", params={"q": typed, "format": "html"}).status_code == 200


@pytest.mark.parametrize("query", ["q=" + "x" * 2001, "q=%ff", "q=a&q=b", "q=a&from=hier", "&".join(["tag=a"] * 401)])
def test_an_invalid_request_is_reported_to_programs_and_never_cached(client: TestClient, query: str) -> None:
    answer = client.get(f"/suggest?{query}")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["status"] == 400


def test_nothing_is_proposed_to_other_methods(client: TestClient) -> None:
    assert client.post("/suggest", content=b"q=a").status_code == 405
    assert client.head("/suggest?q=a").status_code == 200


def test_a_browser_gets_the_address_of_suggestions(client: TestClient) -> None:
    urls = [url.attrib for url in fromstring(client.get("/opensearch.xml").content) if url.tag.endswith("}Url")]
    (url,) = [element for element in urls if element.get("rel") == "suggestions"]
    assert url["type"] == "application/x-suggestions+json"
    search_address = urlsplit(url["template"].replace("{searchTerms}", "%C3%A9ner"))
    typed, queries, descriptions, addresses = client.get(f"{search_address.path}?{search_address.query}").json()
    assert typed == "éner"
    assert len(queries) == len(descriptions) == len(addresses) > 0
    for address in addresses:
        assert client.get(address).status_code == 200
