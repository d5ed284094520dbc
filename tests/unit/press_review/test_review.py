"""A press review has the same content in each format: users' texts remain text, quotes stay short."""

import email
import email.policy
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from kb.press_review import eml, html, markdown, plain_text
from kb.press_review.review import (
    PressReview,
    ReviewedItem,
    ReviewedQuote,
    ReviewSection,
    short_quote,
    split_lines,
    split_paragraphs,
)
from kb.translation import Translator
from tests.fixtures.hostile_texts import TEXTS

TRANSLATOR = Translator("fr")
ITEM = "https://lectures.exemple.fr/items/1"
ADDRESSES = {"https://exemple.fr/a?b=1&c=(2)", ITEM}
TAGS = {"html", "head", "meta", "title", "style", "body", "h1", "h2", "h3", "p", "blockquote", "a"}


def a_review(text: str = "Les agents racontent", address: str = "https://exemple.fr/a?b=1&c=(2)") -> PressReview:
    quote = ReviewedQuote(text, text)
    item = ReviewedItem(
        text, address, text, text, "7 novembre 2014", f"{text}\n\n{text}", (quote, quote), text, "en", (quote,)
    )
    sections = (ReviewSection(text, text, (item,)), ReviewSection(entries=(replace(item, address="", link=ITEM),)))
    return PressReview(text, "25 novembre 2026", text, "fr", sections, "Conseil départemental")


class _Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.data = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.data += data


@pytest.mark.parametrize("text", TEXTS)
def test_hostile_words_are_words_in_html_and_in_markdown(text: str) -> None:
    parser = _Seen()
    parser.feed(html.write_html_review(a_review(text), TRANSLATOR))
    assert set(parser.tags) <= TAGS
    assert {name for name, _ in parser.attributes} <= {"lang", "charset", "name", "content", "class", "href"}
    assert {value for name, value in parser.attributes if name == "href"} <= ADDRESSES

    tokens = (
        MarkdownIt("commonmark", {"html": True})
        .enable(["table", "strikethrough"])
        .parse(markdown.write_markdown_review(a_review(text), TRANSLATOR))
    )
    kinds = {token.type for token in tokens} | {child.type for token in tokens for child in token.children or ()}
    assert not kinds & {"html_block", "html_inline", "image", "code_inline", "fence", "code_block", "table_open", "hr"}
    assert not kinds & {"bullet_list_open", "ordered_list_open", "s_open", "strong_open"}
    links = {child.attrGet("href") for token in tokens for child in token.children or () if child.type == "link_open"}
    assert links <= ADDRESSES


def test_a_review_reads_the_same_in_markdown() -> None:
    text = markdown.write_markdown_review(a_review(), TRANSLATOR)
    assert text.startswith("# Les agents racontent\n\n*Conseil départemental*\n\n*25 novembre 2026*\n")
    assert "### [Les agents racontent](<https://exemple.fr/a?b=1&c=(2)>)" in text
    assert "> «\u202fLes agents racontent\u202f»\n" in text
    assert "Les agents racontent\u202f: Les agents racontent\n" in text
    assert text.count(f"[lien permanent](<{ITEM}>)") == text.count("[lien permanent]") == 1
    assert markdown.write_markdown_review(a_review("1. Un\n- deux"), TRANSLATOR).count("1\\. Un - deux") >= 3


def test_an_eml_file_is_a_draft_in_plain_text_and_html() -> None:
    data = eml.write_eml_review(a_review("Été : l’eau, « enfin »"), TRANSLATOR)
    read = email.message_from_bytes(data, policy=email.policy.default)
    assert (read["Subject"], read["X-Unsent"], read["To"]) == ("Été : l’eau, « enfin »", "1", None)
    text, page = read.get_body(("plain",)), read.get_body(("html",))
    assert text is not None
    assert page is not None
    assert text.get_content().replace("\r\n", "\n") == plain_text.write_text_review(
        a_review("Été : l’eau, « enfin »"), TRANSLATOR
    )
    assert "<h1>Été" in page.get_content()
    assert all(len(line) <= 998 for line in data.split(b"\r\n"))
    assert data == eml.write_eml_review(a_review("Été : l’eau, « enfin »"), TRANSLATOR)


@pytest.mark.parametrize("title", ["Revue de presse", "Revue de presse : été"])
def test_the_title_of_a_plain_text_is_written_as_it_is_and_underlined(title: str) -> None:
    assert plain_text.write_text_review(a_review(title), TRANSLATOR).startswith(f"{title}\n{'=' * len(title)}\n\n")


@pytest.mark.parametrize("text", [text for text in TEXTS if "\n" in text or "\r" in text])
def test_no_text_makes_another_header(text: str) -> None:
    read = email.message_from_bytes(eml.write_eml_review(a_review(text), TRANSLATOR), policy=email.policy.default)
    assert set(read.keys()) == {"Subject", "X-Unsent", "MIME-Version", "Content-Type"}


def test_quotes_are_cut_after_a_sentence_or_a_word() -> None:
    assert short_quote("Court.", 300) == "Court."
    assert short_quote("Une phrase assez longue. Puis une autre qui dépasse.", 30) == "Une phrase assez longue.\u00a0…"
    assert short_quote("Une phrase, sans aucune fin avant longtemps", 20) == "Une phrase, sans\u00a0…"
    assert short_quote("x" * 100, 20) == "x" * 20 + "\u00a0…"
    for most in (50, 120, 300):
        quote = short_quote("L’eau monte. " * 60, most)
        assert len(quote) <= most + 2
        assert re.search(r"\.\u00a0…$", quote)


def test_paragraphs_are_parted_by_empty_lines() -> None:
    assert split_paragraphs("Un\ndeux\r\n\r\n\n  trois ") == ("Un deux", "trois")
    assert split_paragraphs(" ") == ()
    assert split_lines("Bonne  lecture,\r\nCamille\n\n") == ("Bonne lecture,", "Camille")
