"""The parts of a citation."""

import pytest
from hypothesis import given

from kb.citations.citation import citation_of, nonblank_lines, with_full_stop
from kb.errors import NotFound
from kb.model.byline_names import BylineName
from kb.model.storable_text import one_line
from tests.factories.citation import BASE, ENGLISH, FRENCH, a_citation, texts
from tests.factories.items import an_annotation, an_item


def test_a_citation_has_all_that_is_known_of_an_item():
    citation = a_citation()
    assert citation.key == "archive"
    assert citation.permalink == "https://lire.exemple.fr/items/archive"
    assert citation.title == "L’archive et le réseau"
    assert citation.url == "https://www.exemple.fr/archive?a=1&b=2"
    assert citation.authors == (BylineName("Roux", "Jeanne"), BylineName("Blanc", "Paul"))
    assert (citation.source, citation.published, citation.language) == ("La Gazette", "2014-11-07", "fr")
    assert citation.abstract == "Ce que l’on garde, et pourquoi."
    assert (citation.quote, citation.remark) == (None, None)


def test_the_day_of_consultation_is_the_day_of_adding_as_it_was_written_there():
    assert a_citation().accessed == "2014-11-08"
    assert a_citation(added="2014-11-08").accessed == "2014-11-08"
    assert a_citation(added=None).accessed is None
    assert a_citation(added="hier").accessed is None
    assert a_citation(url=None).accessed is None


def test_a_passage_is_cited_with_its_own_place_and_key():
    citation = a_citation("h1")
    assert citation.permalink == "https://lire.exemple.fr/items/archive#a-h1"
    assert citation.key == "archive:h1"
    assert citation.quote == "Les archives\nservent à tous."
    assert citation.remark is None


def test_texts_of_users_are_distinguished_from_texts_of_the_page():
    note, comment, reply = (a_citation(passage) for passage in ("n1", "c1", "r1"))
    assert note.quote == "À tous ?"
    assert note.remark.line(FRENCH) == "Note (Paul Roy, 1er décembre 2014)\u202f: «\u202fVraiment à tous.\u202f»"
    assert note.remark.line(ENGLISH) == "Note (Paul Roy, 1 December 2014): “Vraiment à tous.”"
    assert comment.quote is None
    assert comment.remark.line(FRENCH) == "Commentaire\u202f: «\u202fÀ relire.\u202f»"
    assert reply.quote is None
    assert reply.remark.line(FRENCH) == "Réponse (Paul Roy)\u202f: «\u202fRelue.\u202f»"
    assert reply.permalink == "https://lire.exemple.fr/items/archive#a-r1"


@pytest.mark.parametrize("passage", ["h2", "archive", "a-h1"])
def test_a_passage_that_is_not_there_is_not_found(passage):
    with pytest.raises(NotFound):
        a_citation(passage)


@pytest.mark.parametrize("address", ["javascript:alert(1)", "ftp://exemple.fr/", "urn:isbn:2", None])
def test_only_web_addresses_are_on_the_web(address):
    assert not a_citation(url=address).is_on_web
    assert a_citation(url="HTTPS://exemple.fr").is_on_web


def test_a_quotation_that_is_blank_is_none():
    item = an_item(annotations=[an_annotation(" \n", id="h1", body="\t")])
    citation = citation_of(item, BASE, "h1")
    assert (citation.quote, citation.remark) == (None, None)


def test_a_text_between_guillemets_keeps_its_own():
    assert FRENCH.quoted("a") == "«\u202fa\u202f»"
    assert FRENCH.quoted("« a »") == "« a »"
    assert FRENCH.quoted("« a » et « b »") == "«\u202f« a » et « b »\u202f»"
    assert ENGLISH.quoted("100 % d'accord") == "“100 % d'accord”"


def test_a_sentence_is_ended_once():
    assert [with_full_stop(text) for text in ("a", "a.", "a ?", "a\u202f!", "a…")] == [
        "a.",
        "a.",
        "a ?",
        "a\u202f!",
        "a…",
    ]


@given(texts)
def test_a_line_loses_only_line_breaks_and_extra_spaces(text):
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert "  " not in line
    assert [part for part in line if part != " "] == [
        part for part in text if part not in " \t\n\r\v\f\x1c\x1d\x1e\x1f\x85\u2028\u2029"
    ]
    assert " ".join(nonblank_lines(text)) == line


def test_no_break_spaces_belong_to_the_text():
    assert one_line("«\u202fa\u00a0b\u202f»  c") == "«\u202fa\u00a0b\u202f» c"
