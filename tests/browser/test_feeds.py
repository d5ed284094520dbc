"""A feed that is opened in a browser is shown as explained text, without a script and without visible markup."""

from urllib.request import urlopen

import pytest

from tests.browser.conftest import Opening

pytestmark = pytest.mark.browser

SHOWN = """(names) => Object.fromEntries(names.map((name) =>
    [name, getComputedStyle(document.getElementsByTagName(name)[0]).display]))"""


@pytest.mark.parametrize("form", ["atom", "rss"])
@pytest.mark.parametrize("address", ["/g/lectures", "/search", "/lists/plan"])
def test_a_feed_is_read_in_a_browser(opening: Opening, site: str, form: str, address: str) -> None:
    page = opening(f"{site}{address}.{form}", width=360)
    entry, hidden = ("entry", ["id", "content"]) if form == "atom" else ("item", ["guid", "content:encoded"])
    texts_shown = page.evaluate(SHOWN, ["title", entry, *hidden])
    assert texts_shown == {"title": "block", entry: "block", **dict.fromkeys(hidden, "none")}
    notice = page.evaluate("() => getComputedStyle(document.documentElement, '::before').content")
    assert "copiez l’adresse de cette page dans votre lecteur de flux" in notice
    assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.mark.parametrize("address", ["/g/lectures.opml", "/saved.opml"])
def test_a_list_of_feeds_is_read_in_a_browser(opening: Opening, site: str, address: str) -> None:
    page = opening(site + address, width=360)
    assert page.evaluate(SHOWN, ["title", "outline"]) == {"title": "block", "outline": "block"}
    generated = "([name, part]) => getComputedStyle([...document.getElementsByTagName(name)].at(-1), part).content"
    assert "importez-la dans votre lecteur de flux" in page.evaluate(generated, ["opml", "::before"])
    assert page.evaluate(generated, ["outline", "::before"]) not in ("none", '""')
    assert "/saved/" in page.evaluate(generated, ["outline", "::after"])
    assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_feed_reader_gets_a_list_of_feeds_by_its_own_type(site: str) -> None:
    with urlopen(f"{site}/g/lectures.opml") as answer:
        assert answer.headers.get_content_type() == "text/x-opml"
