"""The vocabulary of a group: its page, its files, and its notices above expanded results."""

import json
import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.formats.skos.reader import read_skos
from kb.formats.skos.writer import write_skos
from kb.model.people.group import Visibility
from kb.model.vocabulary import LONGEST_NOTE, ConceptText, Vocabulary
from kb.services.core.library import Library
from kb.services.search.saved_searches import create_saved_search
from kb.site import create_app
from kb.web.pages.vocabulary.vocabulary import MOST_LINKS
from tests.factories.items import a_group, an_annotation, an_item
from tests.factories.library import a_library
from tests.factories.vocabulary import a_concept, a_vocabulary

LECTURES, VIDE = a_group("lectures", "Lectures communes"), a_group("vide", "Groupe vide")
SECRET = a_group("secret", "Réservé", visible=Visibility.MEMBERS)


@pytest.fixture
def library() -> Iterator[Library]:
    opened = a_library(
        an_item("Le télétravail", id="mot", group=LECTURES, order=1, added="2015-01-01T00:00:00Z"),
        an_item(
            "Organiser le travail à distance",
            id="synonyme",
            group=LECTURES,
            order=2,
            added="2015-01-02T00:00:00Z",
            annotations=[an_annotation("Un travail à distance choisi.", id="p")],
        ),
        an_item("Le travail à domicile", id="secret", group=SECRET, order=3),
        groups=(LECTURES, VIDE, SECRET),
    )
    with opened.store.write() as writing:
        writing.vocabularies.set(LECTURES.id, a_vocabulary())
        writing.vocabularies.set(SECRET.id, Vocabulary.of([a_concept("télétravail", "pantouflage")]))
    yield opened
    opened.close()


@pytest.fixture
def client(library: Library) -> Iterator[TestClient]:
    with TestClient(create_app(library), follow_redirects=False) as client:
        yield client


def lines(page: str) -> list[str]:
    """The vocabulary notices above the results, without their markup."""
    return [
        re.sub("[ \n]+", " ", unescape(re.sub("<[^>]+>", "", line)))
        for line in re.findall(r'<p class="note spelling known">(.*?)</p>', page, re.DOTALL)
        if "ocabul" in line
    ]


def link(page: str, label: str) -> str:
    (href,) = re.findall(rf'<a href="([^"]*)"[^>]*>{re.escape(label)}</a>', page)
    return unescape(href)


def test_the_results_say_what_was_searched_too_and_how_not_to(client: TestClient) -> None:
    page = client.get("/g/lectures?q=télétravail").text
    (line,) = lines(page)
    assert line.startswith("Vocabulaire du groupe\u202f: télétravail = travail à distance — chercher sans")
    assert "plus large\u202f: organisation du travail" in line
    assert "plus précis\u202f: télétravail occasionnel" in line
    assert "2 signets" in page
    assert "pantouflage" not in page

    without = link(page, "chercher sans")
    assert parse_qs(urlsplit(without).query) == {"q": ["télétravail"], "vocabulary": ["off"]}
    page = client.get("/g/lectures" + without if without.startswith("?") else without).text
    assert "1 signet" in page
    (line,) = lines(page)
    assert line.startswith("Vocabulaire de «\u202fLectures communes\u202f», non utilisé")
    assert parse_qs(urlsplit(link(page, "chercher avec")).query) == {"q": ["télétravail"]}


def test_a_word_that_stands_twice_in_a_query_has_one_notice(client: TestClient) -> None:
    (line,) = lines(client.get("/g/lectures?q=télétravail+choisi+télétravail").text)
    assert "chercher sans" in line


def test_another_term_takes_the_place_of_the_words_in_the_query(client: TestClient) -> None:
    page = client.get("/search?q=agents+travail+à++distance+choisis").text
    assert parse_qs(urlsplit(link(page, "organisation du travail")).query)["q"] == [
        "agents organisation du travail choisis"
    ]


def test_narrower_terms_are_searched_on_demand(client: TestClient) -> None:
    page = client.get("/search?q=organisation+du+travail").text
    narrower = link(page, "chercher aussi les termes plus précis")
    page = client.get("/search" + narrower if narrower.startswith("?") else narrower).text
    (line,) = lines(page)
    searched = line.partition(" > ")[2].partition(" — ")[0]
    assert set(searched.split(", ")) == {
        "télétravail",
        "travail à distance",
        "temps partiel",
        "télétravail occasionnel",
    }
    assert "<mark>télétravail</mark>" in page
    assert link(page, "chercher sans les termes plus précis")


def test_marks_follow_to_the_page_of_the_item(client: TestClient) -> None:
    page = client.get("/search?q=télétravail").text
    assert "<mark>" in client.get("/items/synonyme?q=télétravail").text
    assert "<mark>" not in client.get("/items/synonyme?q=télétravail&vocabulary=off").text
    assert "/items/synonyme?q=t%C3%A9l%C3%A9travail&amp;vocabulary" not in page


def test_the_interface_takes_the_switch_and_keeps_its_shape(client: TestClient) -> None:
    widened = client.get("/api/v1/search", params={"q": "télétravail"}).json()
    plain = client.get("/api/v1/search", params={"q": "télétravail", "vocabulary": "off"}).json()
    assert (widened["total"], plain["total"]) == (2, 1)
    assert widened.keys() == plain.keys()
    assert client.get("/api/v1/items", params={"q": "télétravail", "vocabulary": "off"}).json()["total"] == 1
    assert client.get("/api/v1/search", params={"q": "x", "vocabulary": "oui"}).status_code == 400


@pytest.mark.parametrize("form", ["atom", "rss", "json"])
@pytest.mark.parametrize("place", ["/search", "/g/lectures"])
def test_feeds_are_not_expanded_nor_changed_by_a_vocabulary(
    library: Library, client: TestClient, place: str, form: str
) -> None:
    address = f"{place}.{form}?q=télétravail"
    before = client.get(address)
    assert "synonyme" not in before.text
    with library.store.write() as writing:
        writing.vocabularies.set(LECTURES.id, Vocabulary())
    after = client.get(address, headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 304
    assert client.get(f"{address}&vocabulary=narrower").text.count("travail à distance") == 0
    assert f'{place}.{form}?q=t%C3%A9l%C3%A9travail"' in client.get(f"{place}?q=télétravail&vocabulary=off").text


def test_a_saved_search_is_never_expanded(library: Library, client: TestClient) -> None:
    saved = create_saved_search(
        library, OPERATOR, "lectures", "Travail", "q=télétravail&group=lectures&vocabulary=narrower"
    )
    address = f"/saved/{saved.search.id}"
    assert saved.search.parameters == "q=t%C3%A9l%C3%A9travail&group=lectures"
    page = client.get(address).text
    assert "1 signet" in page
    assert link(page, "chercher avec") == "/search?q=t%C3%A9l%C3%A9travail&group=lectures"
    assert "synonyme" not in client.get(f"{address}.atom").text
    assert "1 signet" in client.get(f"{address}?vocabulary=on&q=x").text


def test_the_page_of_a_vocabulary(client: TestClient) -> None:
    page = client.get("/g/lectures/vocabulary").text
    assert "4 concepts" in page
    assert ">O</h2>" in page
    assert ">T</h2>" in page
    assert "= travail à distance" in page
    assert "teletraval" not in page
    assert "Qui fait quoi, où et quand." in page
    anchors, targets = set(re.findall(r'<li id="([^"]+)"', page)), re.findall(r'href="#(c-[^"]+)"', page)
    assert len(anchors) == 4
    assert targets
    assert set(targets) <= anchors
    assert 'href="/g/lectures?q=t%C3%A9l%C3%A9travail"' in page
    assert 'href="/g/lectures/vocabulary"' in client.get("/g/lectures").text
    sifted = client.get("/g/lectures/vocabulary?q=DISTANCE").text
    assert sifted.count("<li id=") == 1
    assert "Aucun concept de ce groupe" in client.get("/g/lectures/vocabulary?q=zzz").text
    assert "4 concepts" in client.get("/g/lectures/vocabulary?lang=en").text


def test_an_empty_vocabulary_explains_how_to_fill_it(client: TestClient) -> None:
    page = client.get("/g/vide/vocabulary").text
    assert "Ce groupe n’a pas encore de vocabulaire à lui" in page
    assert "importent un thésaurus" in page
    assert "kb vocabulary" not in page


@pytest.mark.parametrize(("form", "media"), [("ttl", "text/turtle"), ("rdf", "application/rdf+xml"),
                                             ("jsonld", "application/ld+json")])  # fmt: skip
def test_the_files_are_skos(client: TestClient, form: str, media: str) -> None:
    answer = client.get(f"/g/lectures/vocabulary.{form}")
    assert answer.headers["content-type"] == f"{media}; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="lectures.{form}"'
    assert Vocabulary.of(read_skos(answer.content).concepts) == a_vocabulary()
    again = client.get(f"/g/lectures/vocabulary.{form}", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    "address", ["/g/secret/vocabulary", "/g/secret/vocabulary.ttl", "/g/lectures/vocabulary.xls", "/g/a/vocabulary.ttl"]
)
def test_an_unreadable_vocabulary_answers_404(client: TestClient, address: str) -> None:
    assert client.get(address).status_code == 404


def test_nothing_of_a_vocabulary_that_may_not_be_read_shows(client: TestClient) -> None:
    for address in ("/search?q=pantouflage", "/search?q=pantouflage&vocabulary=narrower", "/g/secret?q=pantouflage"):
        page = client.get(address).text
        assert lines(page) == []
        assert "télétravail" not in page


def test_a_page_of_long_terms_is_small_and_all_are_on_some_page(library: Library, client: TestClient) -> None:
    note = (ConceptText("fr", "é" * LONGEST_NOTE),)
    narrower = [a_concept(f"terme {n:03}", broader=["racine"], definition=note) for n in range(150)]
    others = [a_concept(f"autre {n:03}", broader=["racine"]) for n in range(150)]
    with library.store.write() as writing:
        writing.vocabularies.set(VIDE.id, Vocabulary.of([a_concept("racine"), *narrower, *others]))
    labels, address = list[str](), "/g/vide/vocabulary"
    while address:
        page = client.get(address).text
        assert len(page.encode()) < 1_000_000
        labels += re.findall(r'<li id="c-[^>]*><a [^>]*><strong>([^<]+)</strong>', page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = unescape(following[1]) if following else ""
    assert labels == sorted(labels)
    assert len(labels) == 301
    assert client.get("/g/vide/vocabulary?q=racine").text.count("#c-") == MOST_LINKS


@pytest.mark.parametrize("vocabulary", [Vocabulary(), a_vocabulary()])
def test_json_ld_is_written_one_concept_at_a_time_as_one_text(vocabulary: Vocabulary) -> None:
    text = write_skos(vocabulary, "json-ld").decode()
    assert text == json.dumps(json.loads(text), ensure_ascii=False, indent=1) + "\n"
