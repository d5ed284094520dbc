"""Markdown of an administrator becomes harmless HTML."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.services.admin.site_pages import LONGEST_SITE_PAGE
from kb.web.ui.markdown_rendering import render_markdown

FACTS = {"{site}": "Lire *ici* <b>", "{address}": "https://exemple.fr"}
TAGS = set("a blockquote br code em h2 h3 h4 h5 h6 hr li mark ol p pre strong table tbody td th thead tr ul".split())
ATTRIBUTES = {("a", "href"), ("a", "title"), ("th", "scope"), ("ol", "start"), ("code", "class")}


class Seen(HTMLParser):
    """The tags, attributes and links of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[tuple[str, str]] = set()
        self.links: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {(tag, name) for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name == "href"]


def rendered_markup(markdown: str) -> Seen:
    return Seen(render_markdown(markdown, FACTS))


def test_headings_begin_below_the_title_and_skip_no_level() -> None:
    markdown = "# A\n\n#### B\n\n##### C\n\n## D\n\nE\n=\n\n> ###### F\n"
    assert [tag for tag in rendered_markup(markdown).tags if tag[0] == "h"] == ["h2", "h3", "h4", "h2", "h2", "h3"]


def test_a_table_has_headers_that_say_what_they_head_and_no_style() -> None:
    html = render_markdown("| a | b |\n| --: | :-: |\n| 1 | 2 |\n", {})
    assert html.count('<th scope="col">') == 2
    assert "style" not in html


@pytest.mark.parametrize(
    "address", ["https://a.fr/x?y=1", "HTTP://a.fr", "mailto:a@b.fr", "/search?q=a", "?q=a", "#x", "x/y"]
)
def test_a_link_leads_out_by_http_and_mail_or_stays_here(address: str) -> None:
    assert rendered_markup(f"[mot]({address})").links == [address]


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)", "JaVaScRiPt:alert(1)", "javascript&colon;alert(1)", "&#106;avascript:alert(1)",
        "vbscript:x", "data:text/html,x", "data:image/png;base64,x", "file:///etc/passwd", "ftp://a.fr", "tel:1",
        "//ailleurs.fr",
    ],
)  # fmt: skip
def test_any_other_link_is_no_link(address: str) -> None:
    for markdown in (f"[mot]({address})", f"[mot](<{address}>)", f"[mot]\n\n[mot]: {address}", f"<{address}>"):
        assert rendered_markup(markdown).links == [], markdown


def test_html_and_images_are_shown_as_they_are_typed() -> None:
    html = render_markdown(
        '<script>alert(1)</script> <b onclick="x">y</b> ![z](https://a.fr/z.png)\n\n<div>\n\n<!-- a -->', {}
    )
    assert "<script" not in html
    assert "<div" not in html
    assert "<img" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_a_bare_address_is_no_link() -> None:
    assert rendered_markup("https://a.fr et a@b.fr").links == []


def test_facts_are_words_and_never_markup() -> None:
    assert render_markdown("{site} : {address}", FACTS) == "<p>Lire *ici* &lt;b&gt; : https://exemple.fr</p>\n"
    assert render_markdown("`{site}`", FACTS) == "<p><code>{site}</code></p>\n"


def test_places_to_complete_are_marked() -> None:
    html = render_markdown("Nom : [à compléter : nom & <prénom>], [To be completed: x], [autre], [texte](/x)", {})
    assert re.findall("<mark>(.*?)</mark>", html) == [
        "[à compléter : nom &amp; &lt;prénom&gt;]",
        "[To be completed: x]",
    ]


@given(st.text(max_size=300) | st.text("<>[]()!`*_#|-\\&;:/ \n\"'ajs=x", max_size=300))
def test_any_markdown_gives_only_known_tags_and_links(markdown: str) -> None:
    rendered = rendered_markup(markdown)
    assert set(rendered.tags) <= TAGS
    assert rendered.attributes <= ATTRIBUTES
    for link in rendered.links:
        scheme = re.match(r"([a-z][a-z0-9+.-]*):", link, re.IGNORECASE)
        assert scheme is None or scheme[1].lower() in {"http", "https", "mailto"}
        assert not link.startswith("//")


@pytest.mark.timeout(60)
@pytest.mark.parametrize("piece", ["[", "*a", "![", "> ", "- a\n", "`", "<a ", "|a", "[a](b ", "\\\n", "_a **b "])
def test_the_longest_and_worst_text_is_read_in_time(piece: str) -> None:
    assert render_markdown(piece * (LONGEST_SITE_PAGE // len(piece)), {})
