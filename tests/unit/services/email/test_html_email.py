"""HTML messages: two parts of the same content, escaped, short enough, and readable in light and dark mode."""

import quopri
import re
from html.parser import HTMLParser

import pytest

from kb.model.accent_colour import contrast
from kb.model.items.item_fields import HighlightColor
from kb.services.email.html_email import (
    MOST_BLOCKS,
    MOST_BYTES,
    Block,
    Button,
    Entry,
    FooterLine,
    Heading,
    HtmlEmail,
    Link,
    Paragraph,
    Quote,
    write_html_email,
)

SITE = "https://florilege.exemple.fr"
HOSTILE = '</td></table><script src="https://mal.exemple">x</script><img src=x onerror=y>&lt;"\''
STOP = Link("Ne plus la recevoir", f"{SITE}/subscription/k/stop")


def an_entry(number: int = 1, words: str = "un passage") -> Entry:
    quote = Quote((("Voici ", False), (words, True), (" lu.", False)), HighlightColor.PINK)
    return Entry(f"Titre {number}", f"{SITE}/items/{number}", "La Gazette · 2026", (quote,), "Deux mots.\nEt trois.")


def an_email(*blocks: Block, **more: str) -> HtmlEmail:
    values = {"language": "fr", "title": "La lettre", "rest_url": f"{SITE}/rest"} | more
    return HtmlEmail(**values, blocks=blocks, footer=(FooterLine("À votre demande.", (STOP,)),))  # type: ignore[arg-type]


class Seen(HTMLParser):
    """The texts, links, elements and attributes of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.elements: list[str] = []
        self.attributes: set[str] = set()
        self.feed(page.partition("</head>")[2])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.words += re.findall(r"\w+", data)


def test_both_parts_have_the_same_words_and_links() -> None:
    blocks = Heading("Signer", f"{SITE}/search"), an_entry(), Paragraph("Un mot.", STOP), Button("Lire", f"{SITE}/")
    written = write_html_email(an_email(*blocks, introduction="Bonjour.\nBonne lecture."))
    seen = Seen(written.html)
    links = re.findall(r"https?://\S+", written.text)
    assert sorted(links) == sorted(seen.links)
    without_links = re.sub(r"https?://\S+", "", written.text)
    assert re.findall(r"[^\W_]+", without_links) == seen.words
    assert "« Voici *un passage* lu. »" in written.text.replace("\u202f", " ").replace("\xa0", " ")


def test_texts_of_users_are_no_markup() -> None:
    quote = Quote(((HOSTILE, False), (HOSTILE, True)))
    blocks = (
        Entry(HOSTILE, "javascript:alert(1)", HOSTILE, (quote,), HOSTILE, HOSTILE),
        Heading(HOSTILE, f'{SITE}/" onclick="x'),
        Paragraph(HOSTILE, Link(HOSTILE, "data:text/html,x")),
        Button(HOSTILE, "file:///etc/passwd"),
    )
    texts = dict.fromkeys(("title", "introduction", "preview"), HOSTILE)
    seen = Seen(write_html_email(an_email(*blocks, **texts)).html)
    assert set(seen.elements) <= {"body", "div", "table", "tbody", "tr", "td", "p", "h1", "h2", "h3", "a", "mark"}
    assert [name for name in seen.attributes if name.startswith("on")] == []
    assert seen.links == [STOP.url]


def test_nothing_is_fetched_and_the_language_is_said() -> None:
    page = write_html_email(an_email(an_entry())).html
    assert page.startswith('<!DOCTYPE html><html lang="fr">')
    assert not re.search(r"<(img|link|script|iframe|object)\b|url\(|@import|src=", page)


@pytest.mark.parametrize("words", ["été & <b>" * 100, "日本語" * 100])
def test_a_message_that_is_too_long_loses_its_last_entries_and_links_to_them(words: str) -> None:
    entries = [an_entry(number, words) for number in range(MOST_BLOCKS + 50)]
    written = write_html_email(an_email(Heading("Tout"), *entries, Button("Lire", f"{SITE}/")))
    assert sum(len(quopri.encodestring(part.encode())) for part in (written.html, written.text)) <= MOST_BYTES
    kept = len(entries) - written.left_out
    assert 10 < kept < len(entries)
    for part in (written.html, written.text):
        assert f"Titre {kept - 1}" in part
        assert f"Titre {kept}" not in part
        assert f"{SITE}/rest" in part
        assert STOP.url in part
        assert "Lire" in part


def test_a_heading_without_entries_goes_with_them() -> None:
    huge = [an_entry(number, "x" * 1500) for number in range(100)]
    written = write_html_email(an_email(*huge, Heading("Le dernier"), *huge))
    assert "Le dernier" not in written.text


def test_entries_stand_below_their_heading() -> None:
    assert "<h2" in write_html_email(an_email(an_entry())).html
    assert "<h3" not in write_html_email(an_email(an_entry())).html
    assert "<h3" in write_html_email(an_email(Heading("Signer"), an_entry())).html


@pytest.mark.parametrize("accent", ["", "#ffff00", "#123456", "#808080"])
def test_every_text_has_enough_contrast(accent: str) -> None:
    page = write_html_email(an_email(an_entry(), Button("Lire", SITE), accent=accent)).html
    light = dict(re.findall(r'<(?:td|a) class="(button|press|link)"[^>]*?(?:background|color): (#\w{6})', page))
    dark = dict(re.findall(r"\.(button|press|link|paper) \{[^}]*?: (#\w{6}) !important", page.partition("dark)")[2]))
    assert contrast(light["button"], light["press"]) >= 4.5
    assert contrast(light["link"], "#fcfaf5") >= 4.5
    assert contrast(dark["button"], dark["press"]) >= 4.5
    assert contrast(dark["link"], dark["paper"]) >= 4.5
