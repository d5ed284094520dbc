"""Bookmark files: the links that browsers read from them."""

from datetime import UTC, datetime
from html.parser import HTMLParser

from hypothesis import given

from kb.model.people.group import Visibility
from kb.model.storable_text import one_line
from tests.factories.exports import BARE, WHOLE, exported, odd_items
from tests.factories.items import a_group, an_item


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
