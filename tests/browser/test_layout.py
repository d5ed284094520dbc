"""The layout of pages: breadcrumbs on one line, one filled button, enough space on a phone, and no forms in print."""

from collections.abc import Iterator
from io import BytesIO
from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from kb.access.actor import OPERATOR
from kb.services.admin.site_changes import save_identity
from tests.browser.conftest import Opening, serving
from tests.browser.support.checked_pages import MEMBER, OWNER, STRANGER
from tests.browser.support.site import the_library

pytestmark = pytest.mark.browser

FILLED = """(place) => {
    const accent = getComputedStyle(document.querySelector(".skip")).backgroundColor;
    const buttons = [...document.querySelectorAll(`main ${place}`)].filter((button) => button.checkVisibility());
    return buttons.filter((button) => getComputedStyle(button).backgroundColor === accent).length;
}"""


@pytest.fixture(scope="module")
def named_site() -> Iterator[str]:
    library = the_library()
    save_identity(library, OPERATOR, "Centre de documentation de la Métropole du lac", "")
    yield from serving(library)


@pytest.mark.parametrize("javascript", [True, False])
@pytest.mark.parametrize(("width", "by"), [(320, ""), (360, OWNER), (1280, MEMBER)])
def test_the_header_stays_in_its_column(opening: Opening, site: str, width: int, by: str, *, javascript: bool) -> None:
    page = opening(f"{site}/search?lang=en", width=width, by=by, java_script_enabled=javascript)
    for part in page.locator(".site-name, .ask, .site-nav, .site-nav summary").all():
        box = part.bounding_box()
        assert box is not None
        assert box["x"] >= 16
        assert box["x"] + box["width"] <= width - 15, part


@pytest.mark.parametrize(("width", "by"), [(320, ""), (360, ""), (360, MEMBER), (1280, MEMBER)])
def test_a_long_name_of_the_site_is_shown_whole(opening: Opening, named_site: str, width: int, by: str) -> None:
    page = opening(f"{named_site}/search", width=width, by=by)
    name, nav = page.locator(".site-name"), page.locator(".site-nav")
    # A range has the boxes of the text even where it is cut.
    text_bottom, text_right = name.evaluate(
        "(name) => { const range = document.createRange(); range.selectNodeContents(name);"
        " const { bottom, right } = range.getBoundingClientRect(); return [bottom, right]; }"
    )
    box = name.bounding_box()
    assert box is not None
    assert text_bottom <= box["y"] + box["height"] + 2
    assert text_right <= box["x"] + box["width"] + 1
    header = page.locator(".header").bounding_box()
    assert header is not None
    assert header["height"] <= (80 if width == 1280 else 160)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(nav).to_be_in_viewport(ratio=1)


def test_the_menu_has_the_name_of_the_user_or_a_word_on_a_phone(opening: Opening, site: str) -> None:
    wide, narrow = (opening(f"{site}/", width=width, by=OWNER) for width in (1280, 360))
    for page, width in ((wide, 80), (narrow, 0)):
        name = page.locator(".site-nav summary [dir]").bounding_box()
        assert name is not None
        assert (name["width"] > 1) is bool(width)
        expect(page.get_by_text("Menu – Claire Aubert")).to_be_visible()


@pytest.mark.parametrize("address", ["/items/item-13/edit", "/items/item-13/annotate", "/lists/add?item=item-13"])
@pytest.mark.parametrize("width", [360, 1280])
def test_a_breadcrumb_has_one_line(opening: Opening, site: str, address: str, width: int) -> None:
    crumbs = opening(site + address, width=width, by=OWNER).locator(".breadcrumb a")
    assert crumbs.count() == 3
    assert len({box["y"] for crumb in crumbs.all() if (box := crumb.bounding_box())}) == 1


@pytest.mark.parametrize(
    ("address", "by"),
    [
        ("/items/item-13/annotate", MEMBER),
        ("/items/item-13/reply?to=c-13", MEMBER),
        ("/items/item-13/private", STRANGER),
        ("/items/item-13/moderation?part=h-13-0", STRANGER),
        ("/g/lectures/tags/edit?tag=archives", OWNER),
        ("/admin/accounts/luc", OWNER),
        ("/login", ""),
    ],
)
def test_a_form_has_one_filled_button(opening: Opening, site: str, address: str, by: str) -> None:
    page = opening(site + address, by=by)
    assert page.evaluate(FILLED, "button, main a.button-link") == 1


def test_the_titles_of_a_list_have_room_on_a_phone(opening: Opening, site: str) -> None:
    page = opening(f"{site}/lists/plan/edit", width=360, by=OWNER)
    widths = [box["width"] for title in page.locator(".list-title").all() if (box := title.bounding_box())]
    assert len(widths) > 3
    assert min(widths) > 180


@pytest.mark.parametrize("width", [360, 1280])
def test_the_tabs_of_a_group_stay_where_they_are(opening: Opening, site: str, width: int) -> None:
    page = opening(f"{site}/g/lectures", width=width, by=OWNER)
    places = set()
    for path in ("", "/tags", "/lists", "/members", "/report", "/moderation"):
        page.goto(f"{site}/g/lectures{path}")
        box = page.locator(".group-tabs").bounding_box()
        assert box is not None
        places.add((box["x"], box["y"]))
    assert len(places) == 1


def test_the_current_tab_is_in_view_on_a_phone(opening: Opening, site: str) -> None:
    tabs = opening(f"{site}/admin/log", width=360, by=OWNER).locator(".tabs")
    tab, box = tabs.locator("[aria-current]").bounding_box(), tabs.bounding_box()
    assert tab is not None
    assert box is not None
    assert box["x"] <= tab["x"]
    assert tab["x"] + tab["width"] <= box["x"] + box["width"]


@pytest.mark.parametrize(
    "address", ["/search?q=agents", "/search?q=agents&view=passages", "/later?show=all", "/g/lectures"]
)
@pytest.mark.parametrize("width", [320, 360, 1280])
def test_no_line_of_facts_begins_or_ends_in_a_dot(opening: Opening, site: str, address: str, width: int) -> None:
    """The dot belongs to the fact after it, and the dot of the first fact of a line is clipped."""
    page = opening(site + address, width=width, by=MEMBER)
    facts = page.locator(".about").evaluate_all(
        """(lines) => lines.map((line) => ({
            dots: getComputedStyle(line.children[0], "::before").content,
            text: [...line.childNodes].map((node) => node.nodeType === Node.TEXT_NODE ? node.data : "").join(""),
            cut: line.getBoundingClientRect().x + 5 >= line.children[0].getBoundingClientRect().x + 4,
        }))"""
    )
    assert facts
    assert all("·" in fact["dots"] and not fact["text"].strip() and fact["cut"] for fact in facts)


STAND_OUT = """() => [...document.querySelectorAll("main *")].filter((part) => {
    const {left, right} = part.getBoundingClientRect();
    return part.checkVisibility() && !part.closest(".sr-only, svg, .prose table, .tabs")
        && (right > document.documentElement.clientWidth + 0.5 || left < -0.5);
}).map((part) => part.outerHTML.slice(0, 80))"""


@pytest.mark.parametrize("address", ["/admin/site", "/admin/site/accessibilite"])
def test_the_texts_of_the_site_stay_in_the_window_at_every_width(opening: Opening, site: str, address: str) -> None:
    page = opening(site + address, by=OWNER)
    if address != "/admin/site":
        page.get_by_role("button", name="Aperçu").click()
        expect(page.locator("#preview")).to_be_visible()
    for width in (320, 344, 360, 412, 600, 768, 960, 1024, 1200, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(STAND_OUT) == [], width
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width


def test_tags_of_the_cloud_have_space_between_them(opening: Opening, site: str) -> None:
    boxes = (
        opening(f"{site}/g/lectures/tags")
        .locator(".cloud li")
        .evaluate_all(
            "(tags) => tags.map((tag) => tag.getBoundingClientRect()).map(({left, right, top}) => ({left, right, top}))"
        )
    )
    pairs = [(box, other) for box, other in pairwise(boxes) if box["top"] == other["top"]]
    assert pairs
    assert min(other["left"] - box["right"] for box, other in pairs) >= 16


@pytest.mark.parametrize("address", ["/lists", "/admin/site", "/groups/new"])
def test_a_printed_page_has_no_form_fields(opening: Opening, site: str, address: str) -> None:
    page = opening(site + address, by=OWNER)
    assert page.locator("main :is(input, textarea, select):visible").count() > 0
    page.emulate_media(media="print")
    expect(page.locator("main :is(input, textarea, select):visible")).to_have_count(0)


@pytest.mark.parametrize(
    "address",
    ["/account", "/account/tokens", "/account/feeds", "/admin/accounts", "/admin/groups", "/admin/accounts/luc", "/"],
)
def test_no_line_of_facts_ends_or_begins_with_a_dot(opening: Opening, site: str, address: str) -> None:
    """The style sheet generates the dots between facts and clips the first one of a line: none of them is text."""
    page = opening(site + address, width=360, by=OWNER)
    facts = page.locator(":is(.entries, .groups, .home, .desk, .page) .about").all_text_contents()
    assert any(" " in fact.strip() for fact in facts)
    assert not any("·" in fact for fact in facts)
    # Each line starts in the column; its dot is outside.
    for line in page.locator(":is(.entries, .groups) p.about").all()[:3]:
        box = line.bounding_box()
        assert box is not None
        assert (round(box["x"]), box["x"] + box["width"] <= 360) == (6, True)


def test_a_printed_page_has_the_addresses_of_links(opening: Opening, site: str) -> None:
    item = opening(f"{site}/items/item-13", by=MEMBER)
    expect(item.locator(".printed")).to_be_hidden()
    review = opening(f"{site}/review?q=agents&group=lectures", by=MEMBER)
    addresses = review.locator(".review-sheet a").evaluate_all("links => links.map(link => link.href)")
    assert addresses
    review.get_by_label("Lien vers").select_option("item")
    review.get_by_role("button", name="Mettre à jour").click()
    permalinks = review.locator(".review-sheet a").evaluate_all("links => links.map(link => link.href)")
    assert not all("/items/" in address for address in addresses)
    assert all("/items/" in address for address in permalinks)
    # One link for each item.
    assert len(permalinks) == review.locator(".review-sheet h3").count()
    on_paper = printed(review)
    assert "Télécharger" not in on_paper
    for address in permalinks:
        assert f"({address})" in on_paper
    assert f"Adresse{item.locator('.printed dd').text_content()}" in printed(item)


def printed(page: Page) -> str:
    """The text of a page in print, without spaces and line ends."""
    return "".join("".join(sheet.extract_text() for sheet in PdfReader(BytesIO(page.pdf())).pages).split())
