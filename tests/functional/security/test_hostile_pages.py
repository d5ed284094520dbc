"""Hostile pages and PDFs, read in the sandbox: bounded time and memory, plain text as the result."""

import unicodedata
import zlib
from dataclasses import replace

import pytest

from kb.fetcher.page_facts_cleaning import page_facts_of
from kb.fetcher.redirects import FetchedResponse
from kb.model.web_pages.page_facts import FetchFailed, FetchFailure, PageFacts, PageKind
from tests.fixtures.hostile_site import measured_cost
from tests.fixtures.news_texts import TITLE, a_file_of, a_long_article, a_pdf, an_article

AT = "https://gazette.example/1"
NAMED = "<!DOCTYPE html><html lang=fr><title>Un titre qui reste</title><body>"
TEXT = "<p>Un paragraphe assez long pour être gardé, où des agents parlent de leur veille.</p>"
PAGES = {
    "100,000 divisions": NAMED + "<div>" * 100_000 + TEXT,
    "100,000 tables": NAMED + "<table><tr><td>" * 100_000 + TEXT,
    "100,000 lists": NAMED + "<ul><li>" * 100_000 + TEXT,
    "100,000 bold and italic": NAMED + "<p>" + "<b><i>" * 100_000 + "x",
    "20,000 links": NAMED + "<p>" + "<a href=x>y</a> " * 20_000,
    "10,000 attributes": NAMED + "<p " + " ".join(f"a{number}=1" for number in range(10_000)) + ">" + TEXT,
    "a million letters in a row": NAMED + "<p>" + "é" * 1_000_000,
    "entities that laugh": "<!DOCTYPE html [<!ENTITY a 'ha'><!ENTITY b '"
    + "&a;" * 1000
    + "'>]>"
    + NAMED[15:]
    + "<p>&b;&b;"
    + TEXT,
    "an entity of a file": "<!DOCTYPE html [<!ENTITY f SYSTEM 'file:///etc/passwd'>]>" + NAMED[15:] + "<p>&f;" + TEXT,
    "nothing that ends": NAMED + "<p <a <b <!-- <script" + "<" * 100_000,
    "a script of a megabyte": NAMED + "<script>" + "var a = '<p>';" * 70_000 + "</script>" + TEXT,
    "JSON without bottom": NAMED + '<script type="application/ld+json">' + "[" * 200_000 + "</script>" + TEXT,
    "JSON of many things": NAMED
    + '<script type="application/ld+json">['
    + '{"a":{}},' * 200_000
    + "{}]</script>"
    + TEXT,
    "a page of another page": NAMED + "<base href='http://127.0.0.1/'><frameset><frame src='http://127.0.0.1/'>" + TEXT,
}


def read(body: str | bytes, kind: PageKind = PageKind.HTML, **limits: int) -> PageFacts:
    data = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
    return page_facts_of(FetchedResponse(AT, 200, kind, data, file_name="un_rapport.pdf"), **limits)


@pytest.mark.parametrize("body", PAGES.values(), ids=PAGES.keys())
def test_a_page_that_means_no_good_is_read_in_time_and_keeps_its_title(body: str) -> None:
    with measured_cost() as cost:
        facts = read(body, seconds=4)
    assert facts.title == "Un titre qui reste"
    assert "root:" not in facts.text
    assert cost.seconds < 30
    assert cost.memory < 64 << 20


def test_a_page_that_takes_too_long_says_what_it_said_until_then() -> None:
    facts = read(NAMED + "<p>x<br>" * 400_000, seconds=6)
    assert (facts.title, facts.language, facts.text) == ("Un titre qui reste", "fr", "")


def test_a_page_that_takes_too_much_memory_is_reported() -> None:
    with pytest.raises(FetchFailed) as failed:
        read(a_long_article(), memory=60 << 20)
    assert failed.value.failure == FetchFailure.UNREADABLE


@pytest.mark.parametrize("body", ["", " \n\t", "\0" * 1000, "<!-- " * 10_000, "\ufeff", "<html></html>"])
def test_a_page_with_nothing_in_it_gives_nothing(body: str) -> None:
    facts = read(body)
    assert replace(facts, text="") == PageFacts(PageKind.HTML, url=AT)
    assert len(facts.text) < 200


def test_facts_of_a_hostile_page_are_plain_and_bounded() -> None:
    long = "Œ\u202eé\u200b\x07\x1b[31m\ud800 " * 5_000
    head = (
        "".join(
            f'<meta name="{name}" content="{long}">'
            for name in ("author", "description", "og:site_name", "keywords", "og:title", "og:url")
        )
        + '<link rel=canonical href="javascript:alert(1)">'
        + "".join(f'<meta property=article:tag content="mot {n}">' for n in range(500))
    )
    facts = read(an_article().replace("<title>", f"{head}<title>{long}").replace("<h1>", f"<h1>{long}"))
    lines = (facts.title, facts.description, facts.byline, facts.source, *facts.keywords)
    assert all(unicodedata.category(letter) not in {"Cc", "Cf", "Cs", "Co", "Cn"} for line in lines for letter in line)
    assert len(facts.title) <= 500
    assert len(facts.description) <= 1_000
    assert max(map(len, (facts.byline, facts.source, *facts.keywords))) <= 200
    assert len(facts.keywords) <= 50
    assert facts.canonical_url is None
    assert "\u202e" not in facts.text


def a_bomb() -> bytes:
    packed = zlib.compress(b"BT (boum) Tj ET " * (6 << 20), 1)
    stream = b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(packed), packed)
    page = b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << >> >>"
    kinds = b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>", page, stream
    return a_file_of(kinds, b"/Root 1 0 R ")


def a_circle() -> bytes:
    return a_file_of(
        (b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"), b"/Root 1 0 R "
    )


LOCKED = a_pdf(
    more=b"/Encrypt << /Filter /Standard /V 1 /R 2 /O <%s> /U <%s> /P -4 >> /ID [<00> <00>] " % (b"41" * 32, b"42" * 32)
)
PDFS = {
    "a bomb": a_bomb(),
    "a page in itself": a_circle(),
    "locked": LOCKED,
    "cut": a_pdf()[:300],
    "only a beginning": b"%PDF-1.4\n",
    "noise": b"%PDF-1.4\n" + bytes(range(256)) * 1000,
    "brackets": b"%PDF-1.4\n1 0 obj\n" + b"[" * 200_000,
    "a table that leads round": a_pdf().replace(b"startxref\n", b"startxref\n9"),
    "a million pages": a_file_of(
        (b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [] /Count 1000000 >>"), b"/Root 1 0 R "
    ),
}


def read_or_failure(body: bytes) -> FetchFailure | PageKind:
    try:
        return read(body, PageKind.PDF, seconds=4, memory=512 << 20).kind
    except FetchFailed as failed:
        return failed.failure


@pytest.mark.parametrize("body", PDFS.values(), ids=PDFS.keys())
def test_a_hostile_pdf_gives_little_or_is_reported_in_time(body: bytes) -> None:
    with measured_cost() as cost:
        outcome = read_or_failure(body)
    assert outcome in (FetchFailure.UNREADABLE, PageKind.PDF)
    assert cost.seconds < 30
    assert cost.memory < 64 << 20


def test_a_locked_pdf_is_reported() -> None:
    assert read_or_failure(LOCKED) == FetchFailure.UNREADABLE


def test_a_pdf_without_a_title_is_called_as_its_first_line() -> None:
    assert read(a_pdf(title=""), PageKind.PDF).title == "Rapport d'activité 2014"


def test_a_pdf_that_does_not_say_what_it_is_called_is_called_as_its_file() -> None:
    assert read(a_pdf(("1",), title="Microsoft Word - "), PageKind.PDF).title == "un_rapport.pdf"


def test_a_page_is_read_beside_its_alphabet_said_wrongly() -> None:
    assert (
        page_facts_of(FetchedResponse(AT, 200, PageKind.HTML, an_article().encode("cp1252", "replace"), "utf-8")).title
        == TITLE
    )
