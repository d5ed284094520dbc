"""A group's library in a browser: collapsed sections, filters, keyboard, phone, print, and without JavaScript."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Opening
from tests.browser.test_reading import widths_scrolled

pytestmark = pytest.mark.browser

GROUP, TAG = "/g/lectures", "/g/lectures/tag/agents"
EVERYWHERE = (GROUP, TAG, f"{TAG}?q=agents", f"{GROUP}/tags", f"{GROUP}/members", f"{GROUP}/tag/rien", "/g/rien")


def answer(page: Page) -> str:
    return page.locator(".answer").inner_text()


@pytest.mark.parametrize("javascript", [True, False])
def test_a_collapsed_section_opens_in_place_by_keyboard(opening: Opening, site: str, javascript: bool) -> None:
    page = opening(site + TAG, java_script_enabled=javascript)
    fold = page.locator(".collapsed", has=page.locator("summary:has-text('4 autres')")).first
    expect(fold.locator("blockquote").first).not_to_be_visible()
    fold.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(fold.locator("blockquote")).to_have_count(4)
    expect(fold.locator("blockquote").first).to_be_visible()
    assert page.url == site + TAG


@pytest.mark.parametrize("javascript", [True, False])
def test_the_link_of_a_passage_leads_to_it_and_the_user_can_go_back(
    opening: Opening, site: str, javascript: bool
) -> None:
    page = opening(site + TAG, java_script_enabled=javascript)
    href = page.locator(".anchor").first.get_attribute("href") or ""
    page.locator(".anchor").first.click()
    expect(page.locator(":target")).to_have_count(1)
    assert page.url == site + href
    page.click(".back a")
    expect(page.locator("h1")).to_have_text("agents")
    assert page.url == site + TAG


def test_filtering_by_another_tag_keeps_focus_open_section_and_scroll_position(opening: Opening, site: str) -> None:
    page = opening(site + TAG)
    page.evaluate("window.sameWindow = true")
    # Among the remaining rows: one that has the tag and a collapsed section.
    row = page.locator("article.row", has=page.locator(".collapsed")).filter(
        has=page.locator(".tags a:text-is('réseau')")
    )
    title = row.first.locator(".title").inner_text()
    row.first.locator(".collapsed > summary").click()
    opened = row.first.locator(".title a").get_attribute("href") or ""
    row.first.locator(".tags a:text-is('réseau')").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".chips .value")).to_have_text("réseau")
    assert page.evaluate("window.sameWindow") is True
    focused = page.evaluate(
        """[document.activeElement.textContent,
            document.activeElement.closest('article').querySelector('.title').innerText]"""
    )
    assert focused == ["réseau", title]
    assert page.locator(".collapsed[open]").count() == 1
    assert (
        page.locator("article.row", has=page.locator(".collapsed[open]")).locator(".title a").get_attribute("href")
        == opened
    )
    expect(page.locator("[role=status]")).to_have_text(answer(page))
    page.go_back()
    expect(page.locator(".chips .value")).to_have_count(0)
    assert page.evaluate("window.sameWindow") is True


def test_from_a_tag_to_its_group_is_another_page(opening: Opening, site: str) -> None:
    page = opening(site + TAG)
    page.evaluate("window.sameWindow = true")
    page.click(".facet a.chosen:has-text('agents')")
    expect(page.locator("h1")).to_have_text("Lectures communes")
    assert page.url == site + GROUP
    assert page.evaluate("window.sameWindow") is None
    page.go_back()
    expect(page.locator("h1")).to_have_text("agents")


@pytest.mark.parametrize("javascript", [True, False])
def test_a_neighbour_of_a_tag_leads_to_itself(opening: Opening, site: str, javascript: bool) -> None:
    page = opening(f"{site}{GROUP}/tag/archives", java_script_enabled=javascript)
    related = page.locator(".facet", has=page.locator("h3:text-is('Mots-clés liés')"))
    related.locator("li a").first.click()
    expect(page.locator("h1")).to_have_text("mémoire")
    expect(page.locator(".chips .value")).to_have_count(0)


@pytest.mark.parametrize("javascript", [True, False])
def test_the_question_stays_in_the_library_or_goes_everywhere(opening: Opening, site: str, javascript: bool) -> None:
    page = opening(site + TAG, java_script_enabled=javascript)
    page.fill("#q", "constat")
    page.keyboard.press("Enter")
    expect(page.locator(".answer")).to_contain_text("constat")
    assert page.url.startswith(f"{site}{TAG}?")
    page.fill("#q", "données")
    page.get_by_role("button", name="Chercher partout").click()
    expect(page.locator("h1")).to_contain_text("données")
    assert page.url.startswith(f"{site}/search?q=donn%C3%A9es")
    assert "group=" not in page.url


def test_typing_narrows_the_tags(opening: Opening, site: str) -> None:
    page = opening(f"{site}{GROUP}/tags")
    page.fill("#list-filter", "RESEAU")
    expect(page.locator(".columns a:visible")).to_have_count(1)
    expect(page.locator(".cloud a:visible")).to_have_count(1)
    expect(page.locator("[role=status]")).to_have_text("Mots-clés montrés\u202f: 1")
    page.fill("#list-filter", "")
    assert page.locator(".cloud a:visible").count() > 12


def test_tags_are_narrowed_without_a_script(opening: Opening, site: str) -> None:
    page = opening(f"{site}{GROUP}/tags", java_script_enabled=False)
    page.fill("#list-filter", "reseau")
    page.click("text=Filtrer")
    expect(page.locator(".columns a")).to_have_count(1)
    page.click(".columns a")
    expect(page.locator("h1")).to_have_text("réseau")


@pytest.mark.parametrize("address", EVERYWHERE)
def test_nothing_scrolls_sideways(opening: Opening, site: str, address: str) -> None:
    page = opening(site + address, status=404 if address == "/g/rien" else 200)
    assert widths_scrolled(page, (1280, 640, 360, 320)) == []


def test_words_may_be_set_twice_as_large(opening: Opening, site: str) -> None:
    """Zoom of 200 %: half the pixels, and nothing is hidden or overflows."""
    page = opening(site + TAG, width=640, height=450, device_scale_factor=2)
    assert page.evaluate("document.documentElement.scrollWidth") <= 640
    assert page.is_visible("h1")
    assert page.is_visible(".row blockquote >> nth=0")


def test_the_keyboard_goes_through_the_head_then_the_facets_then_the_rows(opening: Opening, site: str) -> None:
    page = opening(site + TAG)
    page.focus("#q")
    order = []
    for _ in range(60):
        page.keyboard.press("Tab")
        place = page.evaluate(
            "document.activeElement.closest('.ask, .header, .page-header, .facets, .results')?.classList[0]"
        )
        if place and (not order or order[-1] != place):
            order.append(place)
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    assert order == ["ask", "header", "page-header", "facets", "results"]


def test_touch_targets_are_large_enough(opening: Opening, site: str) -> None:
    pressed = (
        "button, summary, .breadcrumb a, .tabs a, .facts a, .facet a:not(.histogram a), .cloud a, .columns a, "
        ".groups a, .anchor, .by a"
    )
    for address in (GROUP, TAG, f"{GROUP}/tags", f"{GROUP}/members"):
        page = opening(site + address, width=360, has_touch=True, is_mobile=True)
        small = page.evaluate(
            """(pressed) => [...document.querySelectorAll(pressed)]
                .map((one) => [one.textContent.trim(), one.getBoundingClientRect()])
                .filter(([, box]) => box.height && box.height < 44)
                .map(([text, box]) => `${text}: ${box.height}`)""",
            pressed,
        )
        assert small == [], address


def test_a_library_is_printed_with_open_sections_and_without_tools(opening: Opening, site: str) -> None:
    page = opening(site + TAG)
    page.emulate_media(media="print")
    assert page.locator(".collapsed").count() > 1
    for passage in page.locator(".collapsed blockquote").all():
        assert passage.is_visible()
        assert (passage.bounding_box() or {"height": 0})["height"] > 10
    for tool in (".ask", ".tabs", ".collapsed > summary", ".anchor", ".pager", ".facet >> nth=0"):
        assert not page.locator(tool).first.is_visible(), tool
    assert page.is_visible("h1")
    text = " ".join(page.locator(".collapsed li").first.inner_text().split())
    assert re.search(r"\w", text)
