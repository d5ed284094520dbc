"""Items as HTML, read by another parser: users' texts remain text."""

import re

import html5lib
from hypothesis import given

from kb.model.storable_text import one_line
from tests.factories.exports import BARE, WHOLE, export_details, exported, odd_items

HTML = "{http://www.w3.org/1999/xhtml}"


def page_of(data: bytes):
    return html5lib.HTMLParser(strict=True).parse(data.decode())


def text_of(element) -> str:
    return one_line("".join(element.itertext()))


def plain(text: str) -> str:
    """The letters of a text, because parsers change spaces and some control characters."""
    return re.sub(r"[^\w]+", "", text.replace("\ufffd", ""))


def test_a_page_has_a_heading_for_each_item_and_says_its_language():
    page = page_of(exported("html", WHOLE, BARE))
    assert page.attrib["lang"] == "fr"
    assert [text_of(heading) for heading in page.iter(f"{HTML}h1")] == ["Les quais"]
    assert [text_of(heading) for heading in page.iter(f"{HTML}h2")] == ["L’archive et le <réseau>", "Sans rien"]
    quotes = list(page.iter(f"{HTML}blockquote"))
    assert [text_of(quote) for quote in quotes] == ["Les archivesservent à tous.", "À tous ?"]
    assert {quote.attrib["cite"] for quote in quotes} == {"https://www.exemple.fr/archive?a=1&b=2"}
    assert [text_of(list_item) for list_item in page.iter(f"{HTML}li")] == [
        "agents",
        "santé/social",
        "données ouvertes",
    ]


def test_a_page_names_the_language_of_what_is_in_another_one():
    page = page_of(exported("html", WHOLE, details=export_details("en")))
    assert page.attrib["lang"] == "en"
    assert [heading.attrib["lang"] for heading in page.iter(f"{HTML}h2")] == ["fr"]


def test_a_page_asks_nothing_of_any_site():
    data = exported("html", WHOLE).decode()
    assert not re.search(r"<(?:script|img|iframe|link|object)|\bsrc=|url\(", data)


@given(odd_items)
def test_any_text_is_text_in_a_page(item):
    page = page_of(exported("html", item))
    elements = {element.tag.removeprefix(HTML) for element in page.iter() if isinstance(element.tag, str)}
    assert elements <= set(
        "html head meta title style body main h1 p article h2 a ul li br figure blockquote figcaption b".split()
    )
    assert all(link.attrib["href"].startswith(("http://", "https://")) for link in page.iter(f"{HTML}a"))
    (heading,) = page.iter(f"{HTML}h2")
    assert plain(text_of(heading)) == plain(one_line(item.title or "") or one_line(item.url or "") or "[Sans titre]")
