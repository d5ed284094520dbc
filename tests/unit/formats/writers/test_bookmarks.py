"""Bookmark files: the links that browsers find in them, and Diigo's CSV, read again as Diigo's own exports are."""

import csv
import re
from datetime import UTC, datetime
from html import unescape
from html.parser import HTMLParser
from io import StringIO

from hypothesis import given

from kb.model.items.annotation import AnnotationKind
from kb.model.people.group import Visibility
from kb.model.storable_text import one_line
from tests.factories.exports import BARE, QUAIS, WHOLE, exported, odd_items
from tests.factories.items import a_group, an_annotation, an_item


def test_a_script_in_a_library_is_no_bookmark_that_runs() -> None:
    for url in ("javascript:alert(1)", "\x01 java\tScript:alert(1)", "data:text/html,<script>", "vbscript:x"):
        (found,) = bookmarks_of(exported("netscape", an_item("Piège", url=url)))
        assert found["href"].startswith("http"), url
    (found,) = bookmarks_of(exported("netscape", an_item("Fichier", url="ftp://exemple.fr/a")))
    assert found["href"] == "ftp://exemple.fr/a"


class Bookmarks(HTMLParser):
    """The links of a bookmark file with their attributes, titles and descriptions, as a browser reads them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, str]] = []
        self._text: str | None = None

    def handle_starttag(self, tag, attrs):
        self._text = None
        if tag == "a":
            self.found.append({"title": "", "description": "", **{name: value or "" for name, value in attrs}})
            self._text = "title"
        elif tag == "dd":
            self._text = "description"

    def handle_endtag(self, tag):
        self._text = None

    def handle_data(self, data):
        if self._text:
            self.found[-1][self._text] += data


def bookmarks_of(data: bytes) -> list[dict[str, str]]:
    parser = Bookmarks()
    parser.feed(data.decode())
    parser.close()
    return parser.found


def diigo_rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(data.decode(), newline=""), strict=True))


def diigo_text(text: str) -> str:
    """A text of a Diigo export: literal line breaks, tags of HTML, then entities."""
    return unescape(re.sub(r"</?[A-Za-z][^>]*>", "", text.replace("\\n", "\n")))


def diigo_annotations(text: str) -> list[tuple[str, str]]:
    """The blocks of the column `annotations`: each begins a line with its name and a colon."""
    blocks = re.split(r"(?:^|\n)(Highlight|Sticky notes): ", text)
    return [(name, diigo_text(body)) for name, body in zip(blocks[1::2], blocks[2::2], strict=True)]


def line_breaks(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def test_a_bookmark_file_has_a_link_for_each_item():
    first, second = bookmarks_of(exported("netscape", WHOLE, BARE))
    assert first == {
        "href": "https://www.exemple.fr/archive?a=1&b=2",
        "add_date": str(int(datetime(2014, 11, 8, 22, 30, tzinfo=UTC).timestamp())),
        "last_modified": str(int(datetime(2014, 12, 1, 8, tzinfo=UTC).timestamp())),
        "private": "0",
        "tags": "agents,santé/social,données ouvertes",
        "title": "L’archive et le <réseau>",
        "description": "Ce que l’on garde,\net pourquoi.\n",
    }
    assert second["href"] == "https://lire.exemple.fr/items/bare"


def test_a_bookmark_of_a_group_that_not_everyone_reads_is_private():
    secret = a_group("secret", visible=Visibility.SIGNED_IN)
    (found,) = bookmarks_of(exported("netscape", WHOLE, group=secret))
    assert found["private"] == "1"


@given(odd_items)
def test_any_text_comes_back_from_a_bookmark(item):
    (found,) = bookmarks_of(exported("netscape", item))
    assert found["title"] == (one_line(item.title) or item.url or "")
    is_script = (item.url or "").startswith("javascript:")
    assert found["href"] == ("https://lire.exemple.fr/items/i-1" if is_script or not item.url else item.url)
    assert found["description"] == (f"{item.description}\n" if item.description else "")


def test_diigo_csv_has_the_header_and_the_oddities_of_diigo():
    data = exported("diigo-csv", WHOLE, BARE)
    assert data.startswith(b"title,url,tags,description,comments,annotations,created_at\r\n")
    first, second = diigo_rows(data)
    assert first["tags"] == "agents,santé/social,données ouvertes"
    assert first["created_at"] == "2014-11-08 22:30:00"
    assert first["comments"] == "À relire.\nRelue."
    assert diigo_annotations(first["annotations"]) == [
        ("Highlight", "Les archives\nservent à tous."),
        ("Highlight", "À tous ?"),
        ("Sticky notes", "Vraiment à tous."),
    ]
    assert (second["tags"], second["annotations"], second["created_at"]) == ("no_tag", "", "")


def test_diigo_csv_keeps_texts_that_look_like_its_marks():
    quote = "Highlight: x\nSticky notes: y\\n&amp; <b>z</b> a < b & c C:\\new"
    (row,) = diigo_rows(exported("diigo-csv", an_item(group=QUAIS, annotations=[an_annotation(quote)])))
    assert diigo_annotations(row["annotations"]) == [("Highlight", quote)]


@given(odd_items)
def test_any_text_comes_back_from_diigo_csv(item):
    (row,) = diigo_rows(exported("diigo-csv", item))
    assert (row["title"], row["url"]) == (item.title, item.url or "")
    assert diigo_text(row["description"]) == (item.description or "")
    expected = []
    for part in item.annotations:
        if part.kind is not AnnotationKind.COMMENT:
            said = [("Sticky notes", text) for text in (part.body, *(reply.body for reply in part.replies)) if text]
            expected += ([("Highlight", part.quote)] if part.quote else []) + said
    found = diigo_annotations(row["annotations"])
    assert found == [(name, line_breaks(text)) for name, text in expected]
