"""Citations of items and passages: the page, the plain texts, their readers, and the metadata for Zotero."""

import re
from collections.abc import Iterator
from html import unescape

import bibtexparser
import pytest
import rispy
from starlette.testclient import TestClient

from kb.citations.citation_formats import CITATION_STYLES
from kb.model.people.group import Visibility
from kb.site import create_app
from tests.checkers.zotero_rules import embedded, listed
from tests.factories.citation import HOSTILE, THE_ITEM
from tests.factories.items import a_group, a_reply, a_user, an_annotation, an_item
from tests.factories.library import a_library

SECRET = a_group("secret", "Réservé", visible=Visibility.MEMBERS)
OURS = "http://127.0.0.1:8000"


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    library = a_library(
        THE_ITEM,
        an_item("Sans rien", id="bare"),
        an_item(
            HOSTILE + "</textarea><script>alert(1)</script>",
            id="hostile",
            url="javascript:alert(1)",
            byline=HOSTILE,
            source=HOSTILE,
            description=HOSTILE,
            annotations=[an_annotation(HOSTILE, id="h2", body=HOSTILE, author=a_user("x", HOSTILE))],
        ),
        an_item(
            "Caché", id="hidden", group=SECRET, annotations=[an_annotation("Tu", id="h3", replies=[a_reply(id="r3")])]
        ),
        groups=(a_group(), SECRET),
    )
    with TestClient(create_app(library)) as client:
        yield client


def texts_of(page: str) -> dict[str, str]:
    """The texts of a page that are meant to be copied, as a browser reads them."""
    citations = re.findall(r'<textarea [^>]*aria-labelledby="cite-(\w+)">\n(.*?)</textarea>', page, re.DOTALL)
    return {name: unescape(text) for name, text in citations}


@pytest.mark.parametrize("passage", [None, "h1", "n1", "c1", "r1"])
def test_the_page_has_every_style_as_its_address_alone_gives_it(client: TestClient, passage: str | None) -> None:
    parameters = {"passage": passage} if passage else {}
    texts = texts_of(client.get("/items/archive/cite", params=parameters).text)
    assert set(texts) == set(CITATION_STYLES)
    for name, text in texts.items():
        alone = client.get("/items/archive/cite", params={**parameters, "format": name})
        assert alone.text == text
        assert (f"{OURS}/items/archive#a-{passage}" if passage else f"{OURS}/items/archive") in unescape(
            text.replace("\\", "")
        )


@pytest.mark.parametrize(
    ("name", "media_type", "file"),
    [
        ("iso690", "text/plain; charset=utf-8", None),
        ("text", "text/plain; charset=utf-8", None),
        ("html", "text/html; charset=utf-8", None),
        ("bibtex", "application/x-bibtex; charset=utf-8", "archive-h1.bib"),
        ("ris", "application/x-research-info-systems; charset=utf-8", "archive-h1.ris"),
    ],
)
def test_a_style_alone_has_its_media_type_and_its_file(
    client: TestClient, name: str, media_type: str, file: str
) -> None:
    answer = client.get("/items/archive/cite", params={"passage": "h1", "format": name})
    assert answer.headers["content-type"] == media_type
    assert answer.headers.get("content-disposition") == (f'attachment; filename="{file}"' if file else None)
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_words_of_a_citation_are_in_the_readers_language(client: TestClient) -> None:
    address = "/items/archive/cite?format=iso690"
    assert "[en ligne]. 7 novembre 2014. Disponible à l’adresse\u202f: " in client.get(address + "&lang=fr").text
    assert "[online]. 7 November 2014. Available from: " in client.get(address + "&lang=en").text


def test_citation_files_are_read_by_reference_parsers(client: TestClient) -> None:
    for item in ("archive", "bare", "hostile"):
        library = bibtexparser.parse_string(client.get(f"/items/{item}/cite?format=bibtex").text)
        assert ([entry.key for entry in library.entries], library.failed_blocks) == ([item], [])
        (record,) = rispy.loads(client.get(f"/items/{item}/cite?format=ris").text)
        assert record["type_of_reference"] == "ELEC"


@pytest.mark.parametrize(
    "address",
    [
        "/items/hidden/cite",
        "/items/hidden/cite?passage=h3",
        "/items/hidden/cite?passage=r3",
        "/items/hidden/cite?format=bibtex",
        "/items/hidden/cite?passage=rien&format=rien",
    ],
)
def test_unreadable_items_cannot_be_cited_and_answer_as_missing_ones(client: TestClient, address: str) -> None:
    answer, nothing = client.get(address), client.get(address.replace("hidden", "rien"))
    assert answer.status_code == nothing.status_code == 404
    assert answer.text.replace("/hidden", "/rien").replace("%2Fhidden", "%2Frien") == nothing.text
    assert "Caché" not in answer.text


@pytest.mark.parametrize("passage", ["h2", "h3", "r3", "rien", "%00"])
def test_a_passage_of_another_item_is_not_found(client: TestClient, passage: str) -> None:
    assert client.get(f"/items/archive/cite?passage={passage}").status_code == 404
    assert client.get(f"/items/archive/cite?passage={passage}&format=ris").status_code == 404


def test_an_unknown_format_is_refused_with_the_list_of_formats(client: TestClient) -> None:
    answer = client.get("/items/archive/cite?format=docx&lang=fr")
    assert answer.status_code == 400
    assert "il y a iso690, text, html, bibtex, ris." in answer.text


@pytest.mark.parametrize("passage", ["", "?passage=h2"])
def test_hostile_texts_are_copied_and_never_executed(client: TestClient, passage: str) -> None:
    page = client.get("/items/hostile/cite" + passage).text
    assert page.count("<script") == 3
    assert page.count("</textarea>") == len(CITATION_STYLES)
    assert "javascript:alert" not in re.sub(r"<textarea.*?</textarea>", "", page, flags=re.DOTALL)
    alone = client.get("/items/hostile/cite?format=html" + passage.replace("?", "&")).text
    assert "<script" not in alone
    assert 'href="javascript' not in alone


def test_an_item_and_each_of_its_passages_lead_to_their_citations_and_their_places(client: TestClient) -> None:
    page = client.get("/items/archive?q=archives&lang=fr").text
    assert '<a class="action-link" href="/items/archive/cite?lang=fr">Citer</a>' in page
    for passage in ("h1", "n1", "c1", "r1"):
        assert f'<a href="/items/archive/cite?passage={passage}&amp;lang=fr">Citer</a>' in page
        assert f'id="a-{passage}"' in page
    for passage in ("h1", "n1", "c1"):
        assert f'<a href="/items/archive#a-{passage}">Lien permanent</a>' in page


def test_each_row_of_a_list_leads_to_its_citation(client: TestClient) -> None:
    for address in ("/", "/search", "/g/physique"):
        assert '<a href="/items/archive/cite">Citer</a>' in client.get(address).text
    passages = client.get("/search?view=passages&q=archives").text
    assert '<a href="/items/archive/cite?passage=h1">Citer</a>' in passages


def test_zotero_reads_a_web_page_on_the_page_of_an_item(client: TestClient) -> None:
    page = client.get("/items/archive").text
    assert listed(page) == []
    assert embedded(page) == {
        "itemType": "webpage",
        "title": "L’archive et le réseau",
        "publicationTitle": "La Gazette",
        "date": "2014-11-07",
        "language": "fr",
        "abstractNote": "Ce que l’on garde, et pourquoi.",
        "url": "https://www.exemple.fr/archive?a=1&b=2",
        "creators": [("Roux", "Jeanne"), ("Blanc", "Paul")],
    }
    assert embedded(client.get("/items/bare").text)["url"] == f"{OURS}/items/bare"
    assert embedded(client.get("/items/hostile").text)["url"] == f"{OURS}/items/hostile"


@pytest.mark.parametrize("address", ["/", "/search", "/g/physique"])
def test_zotero_reads_each_item_of_a_list_once(client: TestClient, address: str) -> None:
    items = {item["title"]: item for item in listed(client.get(address).text)}
    assert len(items) == 3
    assert items["L’archive et le réseau"]["creators"] == [("Roux", "Jeanne"), ("Blanc", "Paul")]
    assert {item["itemType"] for item in items.values()} == {"webpage"}


def test_zotero_reads_an_item_once_where_several_of_its_passages_are_listed(client: TestClient) -> None:
    page = client.get("/search?view=passages").text
    assert page.count("/items/archive/cite?passage=") == 3
    assert [item["title"] for item in listed(page)].count("L’archive et le réseau") == 1
