"""Items are edited by two users at once, moved, and put on the reading list, in a browser with JavaScript and
without.
"""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Opening, arriving
from tests.browser.support.addresses import MEMBER, OWNER

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("javascript", "item"), [(True, "item-14"), (False, "item-17")])
def test_two_users_who_edit_an_item_see_both_versions(
    own_site: str, opening: Opening, javascript: bool, item: str
) -> None:
    luc = arriving(opening, own_site, f"/items/{item}/edit", MEMBER, javascript=javascript)
    claire = arriving(opening, own_site, f"/items/{item}", OWNER, javascript=javascript)
    claire.locator("article .link-group > .more-actions > summary").click()
    claire.get_by_role("link", name="Modifier le signet").click()
    claire.get_by_label("Titre", exact=True).fill("Le titre de Claire")
    claire.get_by_label("Source (facultatif)", exact=True).fill("Le Bulletin")
    claire.get_by_role("button", name="Enregistrer").click()
    expect(claire.get_by_role("status").filter(has_text="Le signet est modifié")).to_be_visible()

    luc.get_by_label("Titre", exact=True).fill("Le titre de Luc")
    luc.get_by_role("button", name="Enregistrer").click()
    expect(luc.get_by_role("alert")).to_be_visible()
    both = luc.get_by_role("group", name="Titre")
    expect(both).to_contain_text("Le titre de Claire")
    expect(both.get_by_role("textbox")).to_have_value("Le titre de Luc")
    both.get_by_label("Version de Claire Aubert").check()
    luc.get_by_role("button", name="Enregistrer").click()
    # Luc did not touch that field, so Claire's text is taken without a question.
    expect(luc.get_by_role("heading", level=1)).to_have_text("Le titre de Claire")
    expect(luc.get_by_role("status").filter(has_text="Rien n’a changé")).to_be_visible()


@pytest.mark.parametrize(("javascript", "item"), [(True, "item-23"), (False, "item-26")])
def test_an_item_is_read_later(own_site: str, opening: Opening, javascript: bool, item: str) -> None:
    luc = arriving(opening, own_site, f"/items/{item}", MEMBER, javascript=javascript)
    title = luc.get_by_role("heading", level=1).inner_text()
    luc.get_by_role("button", name="Lire plus tard").click()
    expect(luc.get_by_role("button", name="Marquer comme lu", exact=True)).to_be_visible()
    luc.locator(".site-nav .menu > summary").click()
    luc.get_by_role("link", name="Ma liste de lecture", exact=True).click()
    row = luc.locator(".entries > li", has=luc.locator(f"input[value='{item}']"))
    expect(row).to_contain_text(title[:40])
    row.get_by_role("button", name="Marquer comme lu").click()
    expect(row).to_have_count(0)
    luc.get_by_role("link", name="Lus").click()
    expect(row.get_by_role("button", name="Remettre à lire")).to_be_visible()


_TIMERS_ON_DEMAND = """
    const later = window.setTimeout;
    window.timers = [];
    window.setTimeout = (act, pause) => (pause === 150 ? window.timers.push(act) : later(act, pause));
"""


def test_a_message_that_is_announced_moves_no_button(own_site: str, opening: Opening) -> None:
    """Screen readers get the message a moment after the page: a click in that moment is not lost."""
    page = arriving(opening, own_site, "/items/item-12/edit", OWNER, javascript=True, own=True)
    page.add_init_script(_TIMERS_ON_DEMAND)
    page.get_by_label("Titre", exact=True).fill("Un titre modifié")
    page.get_by_role("button", name="Enregistrer").click()
    message = page.locator("form.flash [role=status]")
    expect(message).to_contain_text("Le signet est modifié")
    expect(message.locator("[inert]")).to_be_visible()
    undo = page.locator("form.flash").get_by_role("button", name="Annuler")
    before = undo.bounding_box()
    page.evaluate("timers.forEach((act) => act())")
    expect(message.locator("[inert]")).to_have_count(0)
    assert undo.bounding_box() == before


def test_a_member_prints_an_item_without_actions(own_site: str, opening: Opening) -> None:
    page = arriving(opening, own_site, "/items/item-13", OWNER, javascript=True)
    page.emulate_media(media="print")
    for action in page.locator("main button, main summary, main .action-link, main .button-link").all():
        expect(action).to_be_hidden()
    expect(page.locator("main h1")).to_be_visible()


_MENU_OUTSIDE = """(width) => {
    const outside = [];
    for (const menu of document.querySelectorAll("details.menu")) {
        if (!menu.querySelector("summary").checkVisibility()) continue;
        for (const other of document.querySelectorAll("details.menu")) other.open = other === menu;
        const { left, right } = menu.querySelector(":scope > :not(summary)").getBoundingClientRect();
        if (left < 0 || right > width || document.documentElement.scrollWidth > width) outside.push([left, right]);
    }
    return outside;
}"""


@pytest.mark.parametrize("path", ["/items/item-13", "/items/item-1", "/g/lectures"])
def test_an_open_menu_stays_in_the_window(own_site: str, opening: Opening, path: str) -> None:
    page = arriving(opening, own_site, path, OWNER, javascript=True)
    assert page.locator("details.menu").count() > 1
    for width in (1280, 1000, 800, 660, 500, 360, 320):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(_MENU_OUTSIDE, width) == [], width


@pytest.mark.parametrize("width", [1280, 1024, 700, 360])
def test_the_menu_of_an_item_is_never_alone_on_its_line(opening: Opening, site: str, width: int) -> None:
    page = opening(f"{site}/items/item-13", width=width, by=MEMBER)
    # With a long site name, the line is full at any width.
    page.locator(".text > .links .button-link").evaluate("link => { link.textContent = 'Lire la page '.repeat(3) }")
    menu = page.locator(".link-group > .more-actions > summary")
    like, dots = page.locator(".link-group > .like").bounding_box(), menu.bounding_box()
    assert like is not None
    assert dots is not None
    assert abs(like["y"] + like["height"] / 2 - dots["y"] - dots["height"] / 2) < 4
    menu.click()
    entries = page.locator(".link-group > .more-actions > ul").bounding_box()
    assert entries is not None
    assert entries["x"] >= 0
    assert entries["x"] + entries["width"] <= width
    # The menu is below its button, not at the other end of the line.
    assert abs(entries["x"] - dots["x"]) < 288
