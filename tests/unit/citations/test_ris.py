"""RIS records, read back by a maintained parser and by Zotero's rules."""

import pytest
import rispy
from hypothesis import given

from kb.citations.ris import write_ris
from kb.model.storable_text import one_line
from tests.checkers import zotero_rules
from tests.factories.citation import ENGLISH, FRENCH, HOSTILE, a_citation, citations


def record_of(text):
    (record,) = rispy.loads(text)
    return record


def test_a_record_has_a_tag_for_each_known_fact():
    assert write_ris(a_citation("n1"), FRENCH).split("\r\n") == [
        "TY  - ELEC",
        "ID  - archive:n1",
        "TI  - L’archive et le réseau",
        "AU  - Roux, Jeanne",
        "AU  - Blanc, Paul",
        "T2  - La Gazette",
        "PY  - 2014",
        "DA  - 2014/11/07/",
        "LA  - fr",
        "AB  - Ce que l’on garde, et pourquoi.",
        "N1  - «\u202fÀ tous ?\u202f»",
        "N1  - Note (Paul Roy, 1er décembre 2014)\u202f: «\u202fVraiment à tous.\u202f»",
        "N1  - Lien permanent\u202f: https://lire.exemple.fr/items/archive#a-n1",
        "UR  - https://www.exemple.fr/archive?a=1&b=2",
        "Y2  - 2014/11/08/",
        "ER  - ",
        "",
    ]


def test_a_record_leaves_out_what_is_not_known():
    bare = a_citation(byline=None, source=None, url=None, published=None, title=None, language=None, description=None)
    assert write_ris(bare, ENGLISH).split("\r\n") == [
        "TY  - ELEC",
        "ID  - archive",
        "TI  - [Untitled]",
        "UR  - https://lire.exemple.fr/items/archive",
        "ER  - ",
        "",
    ]


@pytest.mark.parametrize(
    ("published", "written", "read"),
    [("2014", "2014///", "2014"), ("2014-11", "2014/11//", "2014-11"), ("2014-11-07", "2014/11/07/", "2014-11-07")],
)
def test_a_date_is_as_precise_as_it_is_known(published, written, read):
    text = write_ris(a_citation(published=published), FRENCH)
    assert f"\r\nPY  - 2014\r\nDA  - {written}\r\n" in text
    assert zotero_rules.ris(text)[0]["date"] == read


def test_nothing_in_a_text_is_taken_for_a_tag():
    text = write_ris(a_citation("h1", title=HOSTILE, source=HOSTILE, byline=HOSTILE, description=HOSTILE), FRENCH)
    assert len(zotero_rules.ris(text)) == len(rispy.loads(text)) == 1
    assert [line for line in text.split("\r\n") if line.startswith(("ER", "TY"))] == ["TY  - ELEC", "ER  - "]


@given(citations)
def test_any_text_comes_back_from_a_record(citation):
    text = write_ris(citation, FRENCH)
    (item,) = zotero_rules.ris(text)
    record = record_of(text)
    lines = [one_line(part) for part in (citation.quote or "", citation.remark.text if citation.remark else "") if part]
    for title, site, abstract, notes in (
        (item.get("title", ""), item.get("websiteTitle", ""), item.get("abstractNote", ""), item.get("notes", [])),
        (
            record.get("title", ""),
            record.get("secondary_title", ""),
            record.get("abstract", ""),
            record.get("notes", []),
        ),
    ):
        assert title == citation.named(FRENCH).strip()
        assert site == (citation.source or "").strip()
        assert abstract == (citation.abstract or "").strip()
        assert all(any(part in note for note in notes) for part in lines)


def test_zotero_reads_a_web_page_in_a_record():
    (item,) = zotero_rules.ris(write_ris(a_citation("h1", byline="La rédaction ; Jeanne Roux"), FRENCH))
    assert item["itemType"] == "webpage"
    assert item["creators"] == [("La rédaction", ""), ("Roux", "Jeanne")]
    assert (item["title"], item["websiteTitle"]) == ("L’archive et le réseau", "La Gazette")
    assert (item["date"], item["accessDate"]) == ("2014-11-07", "2014-11-08")
    assert item["url"] == "https://www.exemple.fr/archive?a=1&b=2"
    assert item["notes"][0] == "«\u202fLes archives servent à tous.\u202f»"
