"""A page of tags is refused before a parser walks through it."""

import pytest

from kb.errors import Invalid
from kb.extraction.html_facts import facts_of_html
from kb.extraction.markup_bounds import MOST_ELEMENTS, MOST_OPEN, MarkupTooLarge, require_bounded_markup
from kb.fetcher.captured_page import read_captured_page

PARAGRAPH = "<p>Un <b>mot</b>, <a href='/x'>un lien</a> et <i>un autre</i>.<br>"
FINE = {
    "a long page": PARAGRAPH * 50_000,
    "end tags that are left out": "<table>" + "<tr><td>Un<td>Deux" * 30_000 + "</table><ul>" + "<li>Trois" * 30_000,
    "equal fonts that are never closed": "<table>" + '<tr><td><font color="red">Un' * 1_900,
    "depth that browsers allow": "<div>" * 500 + "Un mot" + "</div>" * 500,
    "tags in scripts, styles and comments": "".join(
        f"<{opening}>{'<div>' * 100_000}<{closing}>"
        for opening, closing in (("script", "/script"), ("style", "/style"), ("!-- ", "!-- --"))
    ),
    "words that look like tags": "a < b <3 << </ <! " * 100_000,
    "characters by number": "".join(f"<p>{'&#26085;' * 1_000}" for _ in range(200)),
    "data in an attribute": f"<div data-props='{'&quot;' * 100_000}'>",
    "a document of XML as a text": "<pre>" + '&lt;item id="a&amp;b"&gt;Un texte&lt;/item&gt;\n' * 50_000,
    "a script with references": f"<script>{'& ' * 400_000}</script>",
}
TOO_LARGE = {
    "elements": "<br>" * (MOST_ELEMENTS + 1),
    "open elements": "<div>" * (MOST_OPEN + 1),
    "open elements among others": "<div></span><p>" * (MOST_OPEN + 1),
    "open elements behind an empty comment": "<!-->" + "<div>" * (MOST_OPEN + 1),
    "open elements behind a comment": "<!-- --!>" + "<div>" * (MOST_OPEN + 1),
    "open elements in a drawing's style": "<svg><style>" + "<g>" * (MOST_OPEN + 1),
    "formatting that is repeated": "".join(f"<p><b id={number}>" for number in range(1_900)),
    "escaped characters in a text": "<p>" + "& " * 400_000,
    "escaped characters in an attribute": f"<p title='{'& ' * 400_000}'>",
    "escaped characters between end tags without a start": "<p>" + f"{'& ' * 4_000}</x>" * 100,
    "escaped characters before a tag": "&amp;" * 500_000 + "<p>",
    "capitals": "<DIV>" * (MOST_OPEN + 1),
}


@pytest.mark.parametrize("page", FINE.values(), ids=FINE)
def test_a_page_as_people_write_it_is_read(page: str) -> None:
    require_bounded_markup(page)


@pytest.mark.parametrize("page", TOO_LARGE.values(), ids=TOO_LARGE)
def test_a_page_of_tags_is_refused(page: str) -> None:
    with pytest.raises(MarkupTooLarge):
        require_bounded_markup(page)


@pytest.mark.parametrize(
    "start", ["", "MIME-Version: 1.0\nContent-Type: multipart/related; boundary=x\n\n--x\nContent-Type: text/html\n\n"]
)
def test_a_capture_of_tags_is_refused_with_a_sentence(start: str) -> None:
    page = f"{start}<title>Un titre</title>{'<div>' * 100_000}"
    with pytest.raises(Invalid, match="too many elements"):
        read_captured_page(page.encode(), "http://a.example/", caller="claire")


def test_the_beginning_of_a_fetched_page_of_tags_is_read() -> None:
    page = f"<title>Un titre</title>{'<div>' * 100_000}"
    (facts,) = facts_of_html(page.encode(), {"charset": "", "address": "http://a.example/"})
    assert facts["title"] == "Un titre"
