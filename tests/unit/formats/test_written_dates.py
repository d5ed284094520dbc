"""Dates in the formats of people and of French programs, in every import format; the report names unreadable ones."""

import json

import pytest

from kb.formats.shared.field_values import instant_value, local_day_value, published_value
from tests.factories.import_files import drafts, read, warnings

RSS = (
    "<rss><channel><item><title>Un</title><link>https://exemple.fr/</link><pubDate>{}</pubDate></item></channel></rss>"
)
RDF = (
    '<rdf:RDF xmlns:rdf="r" xmlns:z="http://www.zotero.org/namespaces/export#" xmlns:bib="b" xmlns:dc="d">'
    '<bib:Document rdf:about="https://exemple.fr/"><z:itemType>webpage</z:itemType><dc:title>Un</dc:title>'
    "<dc:date>{}</dc:date></bib:Document></rdf:RDF>"
)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("lun., 3 mars 2014 10:00:00 +0100", "2014-03-03T09:00:00Z"),
        ("mar., 04 févr. 2014 10:00:00 +01:00", "2014-02-04T09:00:00Z"),
        ("dim. 2 déc. 2014 10:00 CET", "2014-12-02T09:00:00Z"),
        ("jeudi 1er mai 2014 à 10h30", "2014-05-01T10:30:00Z"),
        ("jeudi 1er mai 2014 à 9 h", "2014-05-01T09:00:00Z"),
        ("3 août 2014 23:30:00 GMT", "2014-08-03T23:30:00Z"),
        ("07/11/2014 10:30", "2014-11-07T10:30:00Z"),
        ("Mon, 03 Mar 2014 10:00:00 +0100", "2014-03-03T09:00:00Z"),
        ("3 mars 2014", "2014-03-03"),
        ("mars 2014", None),
        ("31 février 2014 10:00:00", None),
        ("3 mars 2014 25:00:00", None),
        ("3 mars 2014 10:00:00 XYZ", None),
        ("avant-hier", None),
    ],
)
def test_a_time_as_french_programs_write_it_is_read(text: str, instant: str | None) -> None:
    assert instant_value(text) == instant


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("lun., 3 mars 2014 00:30:00 +0100", "2014-03-03"),
        ("Mon, 03 Mar 2014 00:30:00 +0100", "2014-03-03"),
        ("2014-03-03T00:30:00+01:00", "2014-03-03"),
        ("1393803000", "2014-03-02"),
        ("mars 2014", "2014-03"),
        ("rien", None),
    ],
)
def test_the_day_of_an_entry_is_that_of_its_time_zone(text: str, day: str | None) -> None:
    assert local_day_value(text) == day


def test_a_date_of_publication_is_read_as_people_write_it() -> None:
    written = {
        "3 mars 2014": "2014-03-03",
        "mars 2014": "2014-03",
        "1er janv. 2015": "2015-01-01",
        "2014-11": "2014-11",
    }
    assert {text: published_value(text) for text in written} == written
    assert published_value("printemps 2014") is None


def a_reference(**dates: object) -> bytes:
    return json.dumps([{"id": "a", "type": "webpage", "title": "Un", "URL": "https://exemple.fr/", **dates}]).encode()


FILES = {
    "feed": RSS.encode(),
    "zotero-rdf": RDF.encode(),
    "csl": a_reference(issued={"raw": "{}"}),
    "ris": b"TY  - ELEC\nTI  - Un\nDA  - {}\nER  - \n",
    "bibtex": b"@misc{a,\n  title = {Un},\n  date = {{}}\n}\n",
    "opml": b'<opml><body><outline text="Un" url="https://exemple.fr/" created="{}"/></body></opml>',
    "wallabag": b'[{"is_archived": 0, "title": "Un", "url": "https://exemple.fr/", "published_at": "{}"}]',
    "pinboard": b'[{"href": "https://exemple.fr/", "description": "Un", "time": "{}"}]',
    "diigo-json": b'[{"title": "Un", "url": "https://exemple.fr/", "desc": "", "tags": "", "created_at": "{}"}]',
    "diigo-rss": RSS.encode(),
    "csv": b"title,url,added\nUn,https://exemple.fr/,{}\n",
    "diigo-csv": b"title,url,tags,description,comments,annotations,created_at\nUn,https://exemple.fr/,,,,,{}\n",
}


@pytest.mark.parametrize("form", FILES)
def test_a_date_as_people_write_it_is_read_in_each_format(form: str) -> None:
    data = FILES[form].replace(b"{}", b"3 mars 2014")
    (draft,) = drafts(form, data)
    assert "2014-03-03" in {draft.published, (draft.added or "")[:10]}
    assert warnings(form, data) == []


@pytest.mark.parametrize("form", FILES)
def test_a_date_that_cannot_be_read_is_named_in_each_format(form: str) -> None:
    data = FILES[form].replace(b"{}", "après la crue".encode())
    (draft,) = drafts(form, data)
    assert (draft.title, draft.published, draft.added) == ("Un", None, None)
    (entry,) = (entry for entry in read(form, data) if entry != draft)
    assert entry.why == "This date cannot be read, and is left out: après la crue."  # type: ignore[union-attr]
    assert entry.item == "Un" or entry.line is not None  # type: ignore[union-attr]


@pytest.mark.parametrize("form", FILES)
@pytest.mark.parametrize("written", [b"", b"0000-00-00 00:00:00"])
def test_no_date_is_no_fault(form: str, written: bytes) -> None:
    assert warnings(form, FILES[form].replace(b"{}", written)) == []


@pytest.mark.parametrize(
    ("issued", "published"),
    [
        ({"raw": "3 mars 2014"}, "2014-03-03"),
        ({"raw": "mars 2014"}, "2014-03"),
        ({"literal": "1er mai 2014"}, "2014-05-01"),
        ({"date-parts": [[2014, 3, 3]]}, "2014-03-03"),
    ],
)
def test_dates_of_csl_are_read_in_each_of_their_forms(issued: object, published: str) -> None:
    (draft,) = drafts("csl", a_reference(issued=issued, accessed={"raw": "7 nov. 2014"}))
    assert (draft.published, draft.added) == (published, "2014-11-07")
    assert warnings("csl", a_reference(issued={"date-parts": [[2014, 2, 31]]})) == [
        "This date cannot be read, and is left out: 2014-02-31."
    ]
