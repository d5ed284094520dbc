"""The page facts that are accepted, and their stored form."""

import pytest

from kb.fetcher.page_facts_cleaning import canonical_url_of, facts_of_extraction, page_facts_of, visible_line
from kb.fetcher.redirects import FetchedResponse
from kb.model.web_pages.page_facts import PageKind


@pytest.mark.parametrize(
    ("href", "canonical"),
    [
        ("/article?a=1#x", "https://gazette.example/article?a=1"),
        ("//presse.example/2", "https://presse.example/2"),
        ("https://www.gazette.example/1", "https://www.gazette.example/1"),
        ("http://127.0.0.1/", None),
        ("http://169.254.169.254/", None),
        ("file:///etc/passwd", None),
        ("https://a:b@gazette.example/", None),
        ("https://gazette.example/" + "a" * 3000, None),
        ("http://[", None),
        ("", None),
        (None, None),
        (["/"], None),
    ],
)
def test_a_declared_canonical_address_is_accepted_within_the_public_web(href: str, canonical: str | None) -> None:
    assert canonical_url_of(href, "https://gazette.example/1") == canonical


@pytest.mark.parametrize(
    ("value", "line"),
    [
        (" Été\n\t à  Noël ", "Été à Noël"),
        ("a\x00b\u202ec", "a b c"),
        ("un deux trois quatre", "un deux…"),
        ("anticonstitutionnellement", "anticonsti…"),
        ("", ""),
        (None, ""),
        (3, ""),
        (["a"], ""),
    ],
)
def test_a_line_is_plain_and_cut_at_a_word(value: object, line: str) -> None:
    assert visible_line(value, 11) == line


def test_a_text_is_called_by_its_first_line_and_a_file_by_its_name() -> None:
    assert (
        page_facts_of(FetchedResponse("http://a.example/n", 200, PageKind.TEXT, b"\n Ordre du jour\n\nUn")).title
        == "Ordre du jour"
    )
    assert (
        page_facts_of(FetchedResponse("http://a.example/n", 200, PageKind.TEXT, b"a" * 200, file_name="n.txt")).title
        == "n.txt"
    )
    facts = page_facts_of(
        FetchedResponse("http://a.example/n", 200, PageKind.OTHER, file_name="plan d’été.docx", language="fr-FR")
    )
    assert (facts.title, facts.language, facts.text) == ("plan d’été.docx", "fr", "")


@pytest.mark.parametrize(
    ("declared", "byline"),
    [
        ("Jeanne Morel; Paul Legrand", "Jeanne Morel, Paul Legrand"),
        ("Morel, Jeanne; Legrand, Paul", "Morel, Jeanne ; Legrand, Paul"),
        ("Jeanne Morel;", "Jeanne Morel"),
        ("La rédaction", "La rédaction"),
        (" ; ", None),
        (None, None),
    ],
)
def test_several_writers_are_written_as_imports_write_them(declared: str | None, byline: str | None) -> None:
    facts: dict[str, object] = {"byline": declared}
    response = FetchedResponse("https://gazette.example/1", 200, PageKind.HTML, b"x")
    assert facts_of_extraction(facts, response).byline == byline
