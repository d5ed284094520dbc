"""The metadata of our pages for Zotero, read back by Zotero's rules."""

from html import escape
from urllib.parse import unquote

import pytest
from coins_parser import CoinsParser
from hypothesis import given

from kb.citations.citation import citation_of
from kb.citations.coins_and_meta_tags import LONGEST_ABSTRACT, coins_title, zotero_meta_tags
from tests.checkers.zotero_rules import embedded, listed
from tests.factories.citation import BASE, FRENCH, HOSTILE, THE_ITEM, a_citation, a_cited_item, cited_items

EXPECTED = {
    "itemType": "webpage",
    "title": "L’archive et le réseau",
    "publicationTitle": "La Gazette",
    "date": "2014-11-07",
    "language": "fr",
    "abstractNote": "Ce que l’on garde, et pourquoi.",
    "url": "https://www.exemple.fr/archive?a=1&b=2",
    "creators": [("Roux", "Jeanne"), ("Blanc", "Paul")],
}


def page_of(citation):
    metas = "".join(
        f'<meta name="{escape(name)}" content="{escape(content)}">'
        for name, content in zotero_meta_tags(citation, FRENCH)
    )
    return f'<html lang="fr"><head><title>t</title>{metas}</head></html>'


def list_of(*many):
    spans = "".join(f'<span class="Z3988" title="{escape(coins_title(item, BASE, FRENCH))}"></span>' for item in many)
    return f"<html><body>{spans}</body></html>"


def test_an_item_is_exported_as_a_web_page_with_all_its_fields():
    assert embedded(page_of(a_citation())) == EXPECTED


@pytest.mark.parametrize("lame", [False, True])
def test_the_items_of_a_list_come_out_as_web_pages_with_all_that_is_known(lame):
    other = a_cited_item(title="Deux", byline="La rédaction", published="2014", url=None)
    first, second = listed(list_of(THE_ITEM, other), lame=lame)
    assert first == EXPECTED
    assert second == EXPECTED | {
        "title": "Deux",
        "date": "2014",
        "url": "https://lire.exemple.fr/items/archive",
        "creators": [("La rédaction", "")],
    }


@pytest.mark.parametrize(
    ("byline", "creators"),
    [
        (None, None),
        ("La rédaction", [("La rédaction", "")]),
        ("Ministère de la Culture, France", [("Ministère de la Culture", "France")]),
        ("Jean de La Fontaine", [("de La Fontaine", "Jean")]),
        ("Etalab ; Jeanne Roux", [("Etalab", ""), ("Roux", "Jeanne")]),
    ],
)
def test_a_name_is_cut_where_we_cut_it(byline, creators):
    assert embedded(page_of(a_citation(byline=byline))).get("creators") == creators


@pytest.mark.parametrize("published", ["2014", "2014-11", None])
def test_a_date_is_as_precise_as_it_is_known(published):
    assert embedded(page_of(a_citation(published=published))).get("date") == published
    assert listed(list_of(a_cited_item(published=published)))[0].get("date") == published


@pytest.mark.parametrize("address", ["javascript:alert(1)", "/ailleurs", None])
def test_an_item_without_url_has_the_address_of_its_page_here(address):
    citation = a_citation(url=address)
    assert embedded(page_of(citation))["url"] == citation.permalink
    assert listed(list_of(a_cited_item(url=address)))[0]["url"] == citation.permalink


def test_a_plus_sign_of_an_address_survives_a_list():
    (item,) = listed(list_of(a_cited_item(url="https://exemple.fr/c++/?q=a+b")))
    assert item["url"] == "https://exemple.fr/c%2B%2B/?q=a%20b"


def test_a_long_abstract_is_cut_in_a_list_and_whole_on_its_page():
    description = "mot " * 200
    assert len(listed(list_of(a_cited_item(description=description)))[0]["abstractNote"]) <= LONGEST_ABSTRACT + 2
    assert len(embedded(page_of(a_citation(description=description)))["abstractNote"]) == 799


@pytest.mark.parametrize(
    ("document_type", "read"),
    [
        ("article", "journalArticle"), ("news", "journalArticle"), ("chapter", "bookSection"),
        ("conference-paper", "conferencePaper"), ("book", "book"), ("report", "report"), ("thesis", "thesis"),
    ],
)  # fmt: skip
def test_a_document_with_a_type_has_it_and_its_place_in_a_list(document_type, read):
    place = {"volume": "3", "issue": "2", "page_range": "12-34", "publisher": "Presses"}
    (item,) = listed(list_of(a_cited_item(document_type=document_type, **place)))
    assert (item["itemType"], item["title"]) == (read, "L’archive et le réseau")
    assert item["publicationTitle"] == "La Gazette"
    assert (item["volume"], item["issue"], item["pages"], item["publisher"]) == ("3", "2", "12-34", "Presses")


def test_the_page_of_an_article_has_its_place_in_the_journal():
    page = page_of(a_citation(document_type="article", volume="3", page_range="12-34"))
    assert embedded(page)["itemType"] == "journalArticle"
    assert 'name="citation_lastpage" content="34"' in page


@given(cited_items)
def test_any_text_comes_back_from_both(cited):
    citation = citation_of(cited, BASE)
    assert embedded(page_of(citation)).get("publicationTitle", "") == (citation.source or "")
    (item,) = listed(list_of(cited))
    assert (item["itemType"] == "webpage") == (citation.document_type is None)
    assert item["title"] == citation.named(FRENCH).replace("+", " ")
    assert item.get("publicationTitle", "") == (citation.source or "").replace("+", " ")


def test_a_context_object_has_no_character_that_would_end_it():
    text = coins_title(a_cited_item(title=HOSTILE, source="a&b=c+d"), BASE, FRENCH)
    assert not set(text) & set("<>\"' \n#")
    assert text.count("&") == text.count("=") - 1
    assert "a&b=c+d" in unquote(text)


@given(cited_items)
def test_a_parser_of_others_reads_the_spans_of_a_list(cited):
    citation = citation_of(cited, BASE)
    (span,) = CoinsParser.parse(list_of(cited))
    fields = dict(span)
    assert fields["ctx_ver"] == "Z39.88-2004"
    assert fields.get("rft.type") == (None if citation.document_type else "webpage")
    assert fields.get("rft.title", fields.get("rft.atitle")) == citation.named(FRENCH)
    assert [value for name, value in span if name in {"rft.au", "rft.aucorp"}] == [
        name.inverted for name in citation.authors
    ]
