"""The list editor in a browser: drag and drop, keys, several entries at once, the search pane, and a long list."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page, expect

from kb.model.items.item_list import ItemList, ListEntry, ListEntryKind
from kb.services.core.library import Library
from tests.browser.conftest import Opening, arriving, serving
from tests.browser.support.checked_pages import OWNER
from tests.browser.support.site import LECTURES, the_library
from tests.factories.items import a_user

pytestmark = pytest.mark.browser
_AT = "2015-03-01T09:00:00Z"
NAMES = ("Constats", "Premier", "Deuxième", "Troisième", "Pistes", "Quatrième")


@dataclass(frozen=True, slots=True)
class Lists:
    """A server and its library."""

    address: str
    library: Library

    def put(self, list_id: str, names: tuple[str, ...]) -> None:
        """Replace the list's content by headings with these texts."""
        entries = tuple(ListEntry(f"{list_id}-{n}", ListEntryKind.HEADING, text=name) for n, name in enumerate(names))
        new = ItemList(list_id, LECTURES.id, a_user(OWNER), "Plan", "", False, _AT, _AT, entries=entries)
        with self.library.store.write() as writing:
            writing.lists.add(new)

    def order(self, list_id: str) -> list[str]:
        with self.library.store.read() as reading:
            list_now = reading.lists.by_id(list_id)
        assert list_now is not None
        return [entry.text for entry in list_now.entries]


@pytest.fixture(scope="module")
def lists() -> Iterator[Lists]:
    library = the_library()
    for address in serving(library):
        yield Lists(address, library)


def editing(opening: Opening, lists: Lists, list_id: str, names: tuple[str, ...] = NAMES, query: str = "") -> Page:
    lists.put(list_id, names)
    return arriving(opening, lists.address, f"/lists/{list_id}/edit{query}", OWNER, javascript=True)


def row(page: Page, name: str) -> Locator:
    return page.locator(".list-row", has=page.locator(".list-title", has_text=name)).first


def drag(page: Page, moved: str, onto: str, *, below: bool = True) -> None:
    """Drag a row by its handle to below or above the middle of another row, in steps."""
    row(page, onto).scroll_into_view_if_needed()
    page.evaluate("scrollBy(0, -100)")
    grip = row(page, moved).locator(".grip").bounding_box()
    target = row(page, onto).bounding_box()
    assert grip is not None
    assert target is not None
    page.mouse.move(grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2)
    page.mouse.down()
    page.mouse.move(grip["x"] + 4, target["y"] + target["height"] * (0.8 if below else 0.2), steps=8)


def test_a_row_is_dragged_and_the_move_is_undone(opening: Opening, lists: Lists) -> None:
    page = editing(opening, lists, "glisser")
    drag(page, "Premier", "Pistes")
    with page.expect_navigation():
        page.mouse.up()
    moved = ["Constats", "Deuxième", "Troisième", "Pistes", "Premier", "Quatrième"]
    assert lists.order("glisser") == moved
    expect(page.locator(".list-title strong")).to_have_text(moved)
    drag(page, "Quatrième", "Constats", below=False)
    with page.expect_navigation():
        page.mouse.up()
    assert lists.order("glisser")[:2] == ["Quatrième", "Constats"]
    with page.expect_navigation():
        page.locator(".flash").get_by_role("button", name="Annuler").click()
    assert lists.order("glisser") == moved


def test_escape_and_a_click_on_the_handle_move_nothing(opening: Opening, lists: Lists) -> None:
    page = editing(opening, lists, "renoncer")
    drag(page, "Premier", "Pistes")
    expect(page.locator(".list-title strong").nth(1)).to_have_text("Deuxième")
    page.keyboard.press("Escape")
    page.mouse.up()
    expect(page.locator(".list-title strong")).to_have_text(list(NAMES))
    row(page, "Premier").locator(".grip").click()
    expect(page.locator(".list-title strong")).to_have_text(list(NAMES))
    assert lists.order("renoncer") == list(NAMES)


def test_alt_with_arrows_moves_the_entry_and_keeps_the_focus(opening: Opening, lists: Lists) -> None:
    page = editing(opening, lists, "clavier")
    row(page, "Premier").get_by_role("checkbox").focus()
    for _ in range(2):
        with page.expect_navigation():
            page.keyboard.press("Alt+ArrowDown")
        expect(row(page, "Premier").get_by_role("checkbox")).to_be_focused()
    assert lists.order("clavier")[1:4] == ["Deuxième", "Troisième", "Premier"]
    with page.expect_navigation():
        page.keyboard.press("Alt+ArrowUp")
    assert lists.order("clavier")[1:4] == ["Deuxième", "Premier", "Troisième"]
    row(page, "Constats").get_by_role("checkbox").focus()
    page.keyboard.press("Alt+ArrowUp")
    assert lists.order("clavier")[0] == "Constats"


def test_keys_in_quick_succession_are_all_counted(opening: Opening, lists: Lists) -> None:
    page = editing(opening, lists, "vite")
    row(page, "Premier").get_by_role("checkbox").focus()
    with page.expect_navigation():
        for _ in range(3):
            page.keyboard.press("Alt+ArrowDown")
        page.keyboard.press("Alt+ArrowUp")
    expect(row(page, "Premier").get_by_role("checkbox")).to_be_focused()
    assert lists.order("vite")[1:4] == ["Deuxième", "Troisième", "Premier"]


def test_ticked_entries_are_placed_after_a_heading_and_removed(opening: Opening, lists: Lists) -> None:
    page = editing(opening, lists, "cocher")
    for name in ("Premier", "Troisième"):
        row(page, name).get_by_role("checkbox").check()
    page.get_by_label("Placer les entrées cochées").select_option(label="après 5. Pistes")
    with page.expect_navigation():
        page.get_by_role("button", name="Placer", exact=True).click()
    assert lists.order("cocher") == ["Constats", "Deuxième", "Pistes", "Premier", "Troisième", "Quatrième"]
    row(page, "Deuxième").get_by_role("checkbox").check()
    with page.expect_navigation():
        page.locator("#moves").get_by_role("button", name="Retirer de la liste").click()
    assert lists.order("cocher") == ["Constats", "Pistes", "Premier", "Troisième", "Quatrième"]


def test_a_heading_is_written_between_two_rows_by_pointer_and_by_keyboard(opening: Opening, lists: Lists) -> None:
    page = editing(opening, lists, "entre")
    offer = page.locator(".list-insert")
    expect(offer).to_have_count(0)
    row(page, "Deuxième").hover()
    expect(offer).to_have_count(1)
    offer.get_by_role("button", name="+ Intertitre").click()
    expect(row(page, "Deuxième").locator("#write")).to_be_visible()
    page.keyboard.type("Au milieu")
    # A heading is one line, which Enter adds; Enter saves its changed words too.
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert lists.order("entre") == ["Constats", "Premier", "Deuxième", "Au milieu", "Troisième", "Pistes", "Quatrième"]
    row(page, "Constats").get_by_role("checkbox").focus()
    button = row(page, "Constats").get_by_role("button", name="+ Texte")
    button.press("Enter")
    page.keyboard.type("Un texte.")
    page.keyboard.press("Enter")
    page.keyboard.type("Sur deux lignes.")
    expect(page.get_by_role("button", name="Ajouter comme intertitre")).to_be_hidden()
    with page.expect_navigation():
        page.get_by_role("button", name="Ajouter comme texte").click()
    assert lists.order("entre")[:2] == ["Constats", "Un texte.\nSur deux lignes."]


def test_the_bar_of_ticked_entries_is_there_while_some_are_ticked(opening: Opening, lists: Lists) -> None:
    page = editing(opening, lists, "barre")
    bar = page.locator("#moves .list-bar")
    expect(bar).to_be_hidden()
    row(page, "Premier").get_by_role("checkbox").check()
    expect(bar).to_be_in_viewport()
    row(page, "Premier").get_by_role("checkbox").uncheck()
    expect(bar).to_be_hidden()


def test_a_heading_is_written_after_an_entry(opening: Opening, lists: Lists) -> None:
    page = editing(opening, lists, "apres")
    row(page, "Premier").locator("summary").click()
    row(page, "Premier").get_by_role("link", name="Ajouter un intertitre ou un texte après").click()
    page.get_by_label("Un intertitre ou un texte").fill("Entre deux")
    with page.expect_navigation():
        page.get_by_role("button", name="Ajouter comme intertitre").click()
    assert lists.order("apres")[:4] == ["Constats", "Premier", "Entre deux", "Deuxième"]


def test_ticked_results_are_added_after_an_entry_and_the_search_stays(opening: Opening, lists: Lists) -> None:
    page = editing(opening, lists, "ajouter")
    expect(page.locator(".add-pane")).to_have_attribute("open", "")
    page.locator(".list-find").get_by_label("Chercher").fill("agents")
    page.locator(".list-find summary").click()
    page.locator(".list-find select[name=group]").select_option("lectures")
    with page.expect_navigation():
        page.locator(".list-find").get_by_role("button").click()
    expect(page.locator(".list-find select[name=group]")).to_be_visible()
    boxes = page.locator(".list-found > li > label input")
    expect(page.locator("#add-after")).to_be_hidden()
    for place in range(2):
        boxes.nth(place).check()
    page.locator("#add-after").select_option(label="après 1. Constats")
    with page.expect_navigation():
        page.get_by_role("button", name="Ajouter les 2 cochés").click()
    assert lists.order("ajouter") == ["Constats", "", "", *NAMES[1:]]
    expect(page.locator(".list-find [name=q]")).to_have_value("agents")
    expect(page.locator(".list-find select[name=group]")).to_have_value("lectures")
    expect(page.locator(".list-found > li", has=page.locator(".mark"))).to_have_count(2)


def test_a_heading_is_written_and_its_words_are_changed(opening: Opening, lists: Lists) -> None:
    page = editing(opening, lists, "ecrire")
    page.get_by_label("Un intertitre ou un texte").fill("Conclusion")
    with page.expect_navigation():
        page.get_by_role("button", name="Ajouter comme intertitre").click()
    assert lists.order("ecrire")[-1] == "Conclusion"
    row(page, "Conclusion").locator("summary").click()
    row(page, "Conclusion").get_by_label("Vos mots").fill("Pour conclure")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert lists.order("ecrire")[-1] == "Pour conclure"


def test_a_long_list_is_edited_page_by_page_and_scrolls_while_dragging(opening: Opening, lists: Lists) -> None:
    names = tuple(f"Entrée {number:04}" for number in range(1, 3001))
    page = editing(opening, lists, "longue", names, "?page=2")
    expect(page.locator(".list-row")).to_have_count(100)
    drag(page, "Entrée 0105", "Entrée 0102")
    with page.expect_navigation():
        page.mouse.up()
    assert lists.order("longue")[100:105] == [f"Entrée {n:04}" for n in (101, 102, 105, 103, 104)]
    # The first entry of a later page.
    drag(page, "Entrée 0103", "Entrée 0101", below=False)
    with page.expect_navigation():
        page.mouse.up()
    assert lists.order("longue")[99:102] == [f"Entrée {n:04}" for n in (100, 103, 101)]
    # At the lower edge of the window the page scrolls, and the drag continues.
    page.evaluate("scrollTo(0, 0)")
    before = page.evaluate("scrollY")
    box = row(page, "Entrée 0103").locator(".grip").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 4, box["y"] + 10)
    page.mouse.down()
    for turn in range(60):
        page.mouse.move(box["x"] + 4, 880 + turn % 2)
    assert page.evaluate("scrollY") > before + 200
    with page.expect_navigation():
        page.mouse.up()
    assert lists.order("longue").index("Entrée 0103") > 105


def test_the_list_comes_first_on_a_phone_and_rows_have_no_drag_handle(opening: Opening, lists: Lists) -> None:
    lists.put("telephone", NAMES)
    page = opening(f"{lists.address}/", by=OWNER, width=360)
    page.goto(f"{lists.address}/lists/telephone/edit")
    rows, pane = page.locator(".list-rows").bounding_box(), page.locator(".add-pane").bounding_box()
    assert rows is not None
    assert pane is not None
    assert rows["y"] < pane["y"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.locator(".list-row summary").first.click()
    # The menu moves an entry, instead of the arrows.
    expect(page.locator(".list-moves").first).to_be_hidden()
    expect(page.locator(".list-row").first.get_by_label("Place dans la liste")).to_be_visible()
    for control in page.locator(".list-row").first.locator("button:visible, summary, .row-tick").all():
        box = control.bounding_box()
        assert box is not None
        assert box["height"] >= 44


@pytest.mark.parametrize("javascript", [True, False])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_tab_key_goes_through_the_panes_as_they_are_seen(
    opening: Opening, lists: Lists, width: int, *, javascript: bool
) -> None:
    lists.put(f"ordre-{width}-{javascript}", NAMES)
    page = arriving(opening, lists.address, "/", OWNER, javascript=javascript)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{lists.address}/lists/ordre-{width}-{javascript}/edit")
    panes = page.locator(".list-panes > *")
    boxes = [box for pane in panes.all() if (box := pane.bounding_box())]
    assert [round(box["x" if width == 1280 else "y"]) for box in boxes] == sorted(
        round(box["x" if width == 1280 else "y"]) for box in boxes
    )
    assert len({round(box["x"]) for box in boxes}) == (2 if width == 1280 else 1)
    # The order is the same with and without JavaScript.
    assert [(pane.get_attribute("class") or "").split()[0] for pane in panes.all()] == ["list-pane", "add-pane"]


def test_the_buttons_of_a_row_are_below_its_title_on_a_phone_without_javascript_too(
    opening: Opening, site: str
) -> None:
    page = opening(f"{site}/lists/plan/edit", width=360, by=OWNER, java_script_enabled=False)
    # The first row has no button that moves it up, and the last row none that moves it down.
    menus = page.locator(".list-row > .row-menu > summary")
    ends = {round(box["x"]) for box in (menu.bounding_box() for menu in menus.all()) if box}
    assert menus.count() > 2
    assert len(ends) == 1
