"""Citations in plain text and in HTML."""

import re
from html import escape, unescape
from html.parser import HTMLParser

from hypothesis import given

from kb.citations import html, plain_text
from kb.citations.citation import nonblank_lines
from kb.model.storable_text import one_line
from tests.factories.citation import ENGLISH, FRENCH, HOSTILE, a_citation, citations

ALLOWED = {"figure", "blockquote", "figcaption", "p", "br", "cite", "a", "time"}


class Read(HTMLParser):
    """The elements and the text of a piece of HTML."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text, self.hrefs = [], "", []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.hrefs += [value for name, value in attrs if name == "href"]
        assert {name for name, _ in attrs} <= {"href", "cite", "lang", "datetime"}

    def handle_data(self, data):
        self.text += data


def test_a_plain_text_citation_has_title_author_source_date_and_addresses():
    assert plain_text.write_text_citation(a_citation("n1"), FRENCH) == (
        "«\u202fÀ tous ?\u202f»\n"
        "Note (Paul Roy, 1er décembre 2014)\u202f: «\u202fVraiment à tous.\u202f»\n"
        "Jeanne Roux et Paul Blanc, «\u202fL’archive et le réseau\u202f», La Gazette, 7 novembre 2014.\n"
        "https://www.exemple.fr/archive?a=1&b=2\n"
        "Lien permanent\u202f: https://lire.exemple.fr/items/archive#a-n1"
    )


def test_plain_words_leave_out_what_is_not_known():
    bare = a_citation(byline=None, source=None, url=None, published=None, title=None)
    assert plain_text.write_text_citation(bare, FRENCH) == (
        "«\u202f[Sans titre]\u202f», s.\u00a0d.\nLien permanent\u202f: https://lire.exemple.fr/items/archive"
    )
    assert plain_text.write_text_citation(bare, ENGLISH).startswith("“[Untitled]”, n.d.\nPermanent link: ")


@given(citations)
def test_any_text_stands_whole_in_plain_words(citation):
    written = plain_text.write_text_citation(citation, FRENCH)
    assert citation.named(FRENCH) in written
    assert (citation.source or "") in written
    for line in nonblank_lines(citation.quote or ""):
        assert line in written
    assert written.endswith(citation.permalink)


def test_html_is_a_figure_with_its_quotation_and_its_credit():
    assert html.write_html_citation(a_citation("h1"), FRENCH) == (
        "<figure>\n"
        '<blockquote cite="https://www.exemple.fr/archive?a=1&amp;b=2" lang="fr"><p>Les archives<br>\n'
        "servent à tous.</p></blockquote>\n"
        '<figcaption>Jeanne Roux et Paul Blanc, <a href="https://www.exemple.fr/archive?a=1&amp;b=2">'
        "<cite>L’archive et le réseau</cite></a>, La Gazette, "
        '<time datetime="2014-11-07">7 novembre 2014</time>. '
        '<a href="https://lire.exemple.fr/items/archive#a-h1">Lien permanent</a>.</figcaption>\n'
        "</figure>\n"
    )


def test_html_without_a_quotation_is_a_paragraph():
    assert html.write_html_citation(a_citation(), FRENCH).startswith("<p>Jeanne Roux")


def test_an_address_that_no_browser_should_follow_is_no_link_in_html():
    written = html.write_html_citation(
        a_citation("h1", url="javascript:alert(1)", title=HOSTILE, language='fr" x="'), FRENCH
    )
    assert "javascript" not in written
    assert Read(written).hrefs == ["https://lire.exemple.fr/items/archive#a-h1"]


@given(citations)
def test_any_text_is_text_in_html(citation):
    written = html.write_html_citation(citation, FRENCH)
    assert set(Read(written).tags) <= ALLOWED
    bare = one_line(unescape(re.sub(r"<[^<>]*>", "", written)))
    for part in (citation.named(FRENCH), citation.source or "", *nonblank_lines(citation.quote or "")):
        assert unescape(escape(part)) in bare
