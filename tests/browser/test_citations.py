"""Citing with the keyboard alone, with and without a clipboard, without JavaScript."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Opening
from tests.browser.test_accessibility import axe_problems
from tests.browser.test_reading import unfold

pytestmark = pytest.mark.browser

CLIPBOARD = ["clipboard-read", "clipboard-write"]
# As on a site without HTTPS.
NO_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', {value: undefined})"
READ = "() => navigator.clipboard.readText()"
BEGINNING = "«\u202fCe qu’il manque aux administrations"


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def focused(page: Page) -> str:
    """The text of the focused element."""
    return str(page.evaluate("() => document.activeElement.textContent.trim()"))


def open_at(page: Page, nth: int, *, menu: int | None = None) -> None:
    """Open a citation in place with the keyboard, from the menu with this number if it is in one."""
    if menu is not None:
        page.locator(".more-actions > summary").nth(menu).focus()
        press(page, "Enter")
    page.locator("a:text-is('Citer')").nth(nth).focus()
    press(page, "Enter")
    expect(page.locator("dialog[open]")).to_be_visible()


def refuse(route: Route) -> None:
    """Make the requests of scripts fail with 503, and let navigation through."""
    if route.request.resource_type == "fetch":
        route.fulfill(status=503)
    else:
        route.continue_()


def test_a_passage_is_copied_by_the_keyboard_alone_and_the_focus_comes_back(opening: Opening, site: str) -> None:
    page = opening(site + "/items/item-13", permissions=CLIPBOARD)
    page.evaluate("window.sameWindow = true")
    open_at(page, 1, menu=0)
    assert focused(page) == "Copier"
    expect(page.locator("dialog")).to_have_accessible_name(
        "Citer «\u202fLa participation, outil de modernisation du fonctionnement interne\u202f»"
    )
    press(page, "Enter")
    expect(page.locator("dialog [role=status]")).to_have_text("Copié\u202f: ISO 690")
    copied = page.evaluate(READ)
    assert copied.startswith(BEGINNING)
    assert copied.endswith("/items/item-13#a-h-13-0")
    press(page, "Tab", "Tab", "Enter")
    expect(page.locator("dialog [role=status]")).to_have_text("Copié\u202f: Texte brut")
    assert "\n" in page.evaluate(READ)
    press(page, "Escape")
    expect(page.locator("dialog")).to_have_count(0)
    assert focused(page) == "Citer"
    assert page.evaluate("() => document.activeElement.href").endswith("/items/item-13/cite?passage=h-13-0")
    assert page.evaluate("window.sameWindow") is True
    assert page.url.endswith("/items/item-13")


def test_every_style_says_that_it_was_copied_and_is_copied_whole(opening: Opening, site: str) -> None:
    page = opening(site + "/items/item-13/cite?passage=n-13", permissions=CLIPBOARD)
    sections = page.locator(".citations section")
    expect(sections).to_have_count(5)
    for section in sections.all():
        section.get_by_role("button", name="Copier").press("Enter")
        style = section.locator("h2").inner_text()
        expect(page.locator(".citations [role=status]")).to_have_text(f"Copié\u202f: {style}")
        assert page.evaluate(READ) == section.locator("textarea").input_value()


def test_without_a_clipboard_what_is_selected_is_copied(opening: Opening, site: str) -> None:
    page = opening(site + "/", permissions=CLIPBOARD)
    page.evaluate("() => navigator.clipboard.writeText('avant')")
    page.context.add_init_script(NO_CLIPBOARD)
    page.goto(site + "/items/item-13")
    open_at(page, 1, menu=0)
    press(page, "Enter")
    expect(page.locator("dialog [role=status]")).to_have_text("Copié\u202f: ISO 690")
    assert focused(page) == "Copier"
    # The test pastes the copied text to read it.
    page.goto(site + "/")
    page.focus("#q")
    press(page, "Control+V")
    assert page.locator("#q").input_value().startswith(BEGINNING)


def test_where_nothing_can_be_copied_the_text_is_selected_with_a_message(opening: Opening, site: str) -> None:
    page = opening(site + "/", own=True)
    page.context.add_init_script(NO_CLIPBOARD + "; document.execCommand = () => false")
    page.goto(site + "/items/item-13/cite")
    page.get_by_role("button", name="Copier").first.press("Enter")
    expect(page.locator("[role=status]")).to_have_text("Sélectionné\u202f: faites Ctrl+C pour copier.")
    selected = "() => { const it = document.activeElement; return it.value.slice(it.selectionStart, it.selectionEnd); }"
    assert page.evaluate(selected) == page.locator("textarea").first.input_value()


def test_a_citation_opens_in_place_from_a_list_even_after_it_changed(opening: Opening, site: str) -> None:
    page = opening(site + "/search?q=agents&view=passages")
    page.evaluate("window.sameWindow = true")
    unfold(page, "Annoté par")
    page.click(".facet a:has-text('Paul Roy')")
    expect(page.locator(".chips")).to_contain_text("Paul Roy")
    open_at(page, 2)
    link = page.locator(".results a:text-is('Citer')").nth(2).get_attribute("href")
    assert link is not None
    expect(page.locator("dialog textarea").first).to_contain_text("Lien permanent")
    page.get_by_role("button", name="Fermer").last.press("Enter")
    expect(page.locator("dialog")).to_have_count(0)
    assert page.evaluate("() => document.activeElement.getAttribute('href')") == link
    assert page.evaluate("window.sameWindow") is True


def test_a_key_that_opens_a_window_and_a_missing_page_lead_to_the_page_itself(opening: Opening, site: str) -> None:
    page = opening(site + "/items/item-13")
    with page.context.expect_page() as other:
        page.locator("a:text-is('Citer')").first.click(modifiers=["Control"])
    other.value.wait_for_url("**/items/item-13/cite")
    page.route("**/cite*", refuse)
    page.locator("a:text-is('Citer')").first.click()
    page.wait_for_url("**/items/item-13/cite")


def test_the_other_language_of_a_citation_is_a_page(opening: Opening, site: str) -> None:
    page = opening(site + "/items/item-13/cite?passage=h-13-0")
    page.click("text=English")
    page.wait_for_url("**/cite?passage=h-13-0&lang=en")
    expect(page.locator("textarea").first).to_contain_text("Permanent link: ")


def test_a_citation_opened_in_place_has_no_accessibility_violation(opening: Opening, site: str, axe: str) -> None:
    page = opening(site + "/items/item-13", width=360)
    open_at(page, 0)
    press(page, "Enter")
    expect(page.locator("dialog [role=status]")).not_to_be_empty()
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        assert axe_problems(page, axe) == []
    assert page.evaluate("() => document.querySelector('dialog').scrollWidth <= innerWidth")


def test_without_javascript_a_citation_is_a_page_whose_texts_are_selected_by_keys(opening: Opening, site: str) -> None:
    page = opening(site + "/items/item-13", java_script_enabled=False)
    page.locator(".more-actions > summary").first.click()
    page.locator("a:text-is('Citer')").nth(1).click()
    expect(page).to_have_url(f"{site}/items/item-13/cite?passage=h-13-0")
    expect(page.get_by_role("button", name="Copier")).to_have_count(0)
    expect(page.get_by_role("button", name="Fermer")).to_have_count(0)
    area = page.get_by_role("textbox", name="ISO 690")
    area.press("Control+A")
    press(page, "Control+C")
    page.focus("#q")
    press(page, "Control+V")
    assert page.locator("#q").input_value().startswith(BEGINNING)
    area.press("x")
    assert area.input_value().startswith(BEGINNING)


@pytest.mark.parametrize("width", [1280, 360])
def test_no_citation_scrolls_sideways(opening: Opening, site: str, width: int) -> None:
    for address in ("/items/item-13/cite?passage=n-13", "/items/trap/cite?passage=h-trap"):
        page = opening(site + address, width=width)
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_a_citation_is_closed_by_the_cross_at_its_top(opening: Opening, site: str) -> None:
    page = opening(site + "/items/item-13")
    open_at(page, 0)
    cross = page.locator("dialog .close button")
    expect(cross).to_have_accessible_name("Fermer")
    expect(cross).to_be_in_viewport()
    cross.click()
    expect(page.locator("dialog")).to_have_count(0)
