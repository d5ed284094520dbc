"""References in the style of ISO 690."""

import pytest
from hypothesis import given

from kb.citations.iso690 import write_iso690
from kb.model.storable_text import one_line
from tests.factories.citation import ENGLISH, FRENCH, a_citation, citations

PLACE = (
    "Disponible à l’adresse\u202f: https://www.exemple.fr/archive?a=1&b=2 [consulté le 8 novembre 2014]. "
    "Lien permanent\u202f: https://lire.exemple.fr/items/archive"
)


def reference(translator=FRENCH, **fields):
    return write_iso690(a_citation(**fields), translator)


def test_a_reference_has_its_elements_in_the_order_of_the_standard():
    assert reference() == (
        "ROUX, Jeanne et BLANC, Paul. L’archive et le réseau. La Gazette [en ligne]. 7 novembre 2014. " + PLACE
    )


def test_the_words_of_a_reference_are_in_the_readers_language():
    assert reference(ENGLISH) == (
        "ROUX, Jeanne and BLANC, Paul. L’archive et le réseau. La Gazette [online]. 7 November 2014. "
        "Available from: https://www.exemple.fr/archive?a=1&b=2 [viewed 8 November 2014]. "
        "Permanent link: https://lire.exemple.fr/items/archive"
    )


@pytest.mark.parametrize(
    ("fields", "beginning"),
    [
        ({"byline": None}, "L’archive et le réseau. La Gazette [en ligne]. 7 novembre 2014. "),
        ({"byline": "La rédaction"}, "La rédaction. L’archive et le réseau. La Gazette [en ligne]. "),
        ({"byline": "Jean de La Fontaine"}, "DE LA FONTAINE, Jean. L’archive"),
        ({"byline": "A. Roux, B. Blanc et C. Noir"}, "ROUX, A.\u202f; BLANC, B. et NOIR, C. L’archive"),
        ({"source": None}, "ROUX, Jeanne et BLANC, Paul. L’archive et le réseau [en ligne]. 7 novembre 2014. "),
        ({"title": None}, "ROUX, Jeanne et BLANC, Paul. [Sans titre]. La Gazette [en ligne]. "),
        ({"title": "Qui lit\u202f?"}, "ROUX, Jeanne et BLANC, Paul. Qui lit\u202f? La Gazette [en ligne]. "),
        ({"title": None, "byline": None, "source": None}, "[Sans titre] [en ligne]. 7 novembre 2014. "),
    ],
)
def test_missing_fields_are_left_out_or_supplied_in_brackets(fields, beginning):
    assert reference(**fields).startswith(beginning)


@pytest.mark.parametrize(
    ("published", "expected"),
    [("2014", "2014"), ("2014-11", "novembre 2014"), ("2014-11-01", "1er novembre 2014"), (None, "[s.\u00a0d.]")],
)
def test_a_date_is_as_precise_as_it_is_known(published, expected):
    assert f"[en ligne]. {expected}. Disponible".replace("].. ", "]. ") in reference(published=published).replace(
        "].. ", "]. "
    )


def test_an_item_without_url_is_neither_on_line_nor_consulted():
    assert reference(url=None) == (
        "ROUX, Jeanne et BLANC, Paul. L’archive et le réseau. La Gazette. 7 novembre 2014. "
        "Lien permanent\u202f: https://lire.exemple.fr/items/archive"
    )


def test_an_item_without_date_added_has_no_date_of_consultation():
    assert "consulté" not in reference(added=None)


def test_a_passage_stands_before_its_reference():
    quote, second, line = reference(passage="h1").split("\n")
    assert f"{quote}\n{second}" == "«\u202fLes archives\nservent à tous.\u202f»"
    assert line.endswith("items/archive#a-h1")
    assert reference(passage="n1").split("\n")[:2] == [
        "«\u202fÀ tous ?\u202f»",
        "Note (Paul Roy, 1er décembre 2014)\u202f: «\u202fVraiment à tous.\u202f»",
    ]


@given(citations)
def test_any_text_stands_whole_in_its_reference(citation):
    *_, line = write_iso690(citation, FRENCH).split("\n")
    assert citation.named(FRENCH) in line
    assert (citation.source or "") in line
    for name in citation.authors:
        assert name.given in line
    assert line.endswith(citation.permalink)
    if citation.remark:
        assert one_line(citation.remark.text) in write_iso690(citation, FRENCH)


PLACE_IN_JOURNAL = {"document_type": "article", "volume": "3", "issue": "2", "page_range": "12-34"}


def test_an_article_has_its_place_in_the_journal_and_no_form():
    assert reference(**PLACE_IN_JOURNAL).startswith(
        "ROUX, Jeanne et BLANC, Paul. L’archive et le réseau. La Gazette. 7 novembre 2014, vol.\u00a03, n°\u00a02, "
        "p.\u00a012-34. Disponible à l’adresse"
    )
    assert "La Gazette. 7 November 2014, vol. 3, no. 2, pp. 12-34." in reference(ENGLISH, **PLACE_IN_JOURNAL)


def test_a_book_has_its_publisher_and_a_part_its_book():
    book = reference(document_type="book", publisher="Presses", source=None)
    assert "L’archive et le réseau. Presses, 7 novembre 2014. " in book
    chapter = reference(document_type="chapter", publisher="Presses", source="Les réseaux", page_range="3-9")
    assert "L’archive et le réseau. In\u202f: Les réseaux. Presses, 7 novembre 2014, p.\u00a03-9. " in chapter
