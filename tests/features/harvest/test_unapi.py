"""unAPI: items of pages in the formats of reference managers, requested as Zotero's translator does."""

import json
import re
from html import unescape

import rispy
from lxml import etree, html
from starlette.testclient import TestClient

from kb.services.core.library import Library
from tests.features.harvest.conftest import SECRET, token_of_member


def unapi_ids(page: str) -> list[str]:
    """The ids in a page, extracted as `unAPI.js` of zotero/translators (2011-08-26) does."""
    root = html.document_fromstring(page)
    assert root.xpath('//link[@rel="unapi-server"]/@href') == ["/unapi"]
    return [str(id_found) for id_found in root.xpath('//abbr[@class="unapi-id"][@title]/@title')]


def zotero_format(formats: bytes) -> str:
    """The format that the same translator chooses: the first of its own order whose name starts so."""
    names = [format_.get("name") for format_ in etree.fromstring(formats)]
    known_formats = ("mods", "marc", "unimarc", "ris", "refer", "bibtex", "rdf_dc")
    return next(name for format_ in known_formats for name in names if re.match(rf"{format_}\b", name))


def test_the_page_of_an_item_names_it_and_results_have_their_own_data(client: TestClient) -> None:
    assert unapi_ids(client.get("/items/riche").text) == ["riche"]
    # Zotero would prefer unAPI to the data of all rows.
    assert "unapi" not in client.get("/search").text


def test_zotero_takes_ris_with_tags_and_notes(client: TestClient) -> None:
    formats = client.get("/unapi")
    assert (formats.status_code, formats.headers["content-type"]) == (200, "application/xml")
    assert zotero_format(formats.content) == "ris"
    of_item = client.get("/unapi?id=riche")
    assert of_item.status_code == 300
    assert etree.fromstring(of_item.content).get("id") == "riche"
    (item,) = rispy.loads(client.get("/unapi?id=riche&format=ris").text)
    assert item["keywords"] == ["eau"]
    assert "Un passage" in str(item)


def test_each_format_gives_the_item(client: TestClient) -> None:
    for name in (format_.get("name") for format_ in etree.fromstring(client.get("/unapi").content)):
        answer = client.get(f"/unapi?id=riche&format={name}")
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "private, no-store"
        assert "exemple.fr" in answer.text
        if name in {"oai_dc", "marcxml"}:
            assert etree.fromstring(answer.content).tag.rpartition("}")[2] in {"dc", "record"}


def test_an_unknown_format_and_an_unknown_item_are_errors(client: TestClient) -> None:
    assert client.get("/unapi?id=riche&format=mods").status_code == 406
    absent = [client.get(f"/unapi?id={item_id}{more}") for item_id in ("cache", "rien") for more in ("", "&format=ris")]
    assert {answer.status_code for answer in absent} == {404}
    assert SECRET.name not in "".join(answer.text for answer in absent)


def linked_data(page: str) -> list[dict[str, object]]:
    root = html.document_fromstring(page)
    return [json.loads(script.text) for script in root.xpath('//script[@type="application/ld+json"]')]


def test_the_page_of_a_public_item_is_linked_data(client: TestClient) -> None:
    (data,) = linked_data(client.get("/items/riche").text)
    address = "https://exemple.fr/?a=1&b=2"
    assert (data["@context"], data["@type"], data["isBasedOn"]) == ("https://schema.org", "WebPage", address)
    assert data["@id"] == data["url"] == "http://127.0.0.1:8000/items/riche"
    assert data["mainEntity"] == {
        "@type": "CreativeWork",
        "@id": address,
        "url": address,
        "name": "Un & deux <trois>",
        "author": [{"@type": "Person", "name": "Claire Roy"}],
        "publisher": {"@type": "Organization", "name": "Le Monde"},
        "datePublished": "2014-11",
        "inLanguage": "fr",
        "abstract": "Résumé .",
        "keywords": ["eau"],
    }
    (quotation,) = data["hasPart"]  # type: ignore[misc] # a list
    assert quotation["text"] == "Un passage"
    assert quotation["@id"].startswith("http://127.0.0.1:8000/items/riche")
    assert "sophie" not in json.dumps(data)


def test_a_page_that_not_everyone_may_read_is_no_linked_data(client: TestClient, library: Library) -> None:
    client.headers["Authorization"] = f"Bearer {token_of_member(library)}"
    page = client.get("/items/cache").text
    assert "Caché" in page
    assert linked_data(page) == []
    assert "Caché" in client.get("/unapi?id=cache&format=ris").text


def test_no_text_of_linked_data_ends_its_script(client: TestClient) -> None:
    text = client.get("/items/riche").text
    block = text.partition('<script type="application/ld+json">')[2].partition("</script>")[0]
    assert not re.search(r"[<>&]", block)
    assert unescape(block) == block
    assert "Résumé" in block  # Escapes would take three times the bytes.
