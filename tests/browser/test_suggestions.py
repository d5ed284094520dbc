"""Suggestions of the search box: by keyboard, for screen readers, and without JavaScript."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Opening
from tests.browser.support.suggestion_helpers import (
    LABELS,
    LONG,
    is_closed,
    selected_suggestion,
    stub_suggestions,
    type_query,
)

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def _known(monkeypatch: pytest.MonkeyPatch) -> None:
    stub_suggestions(monkeypatch)


def test_the_search_field_is_an_aria_combobox(opening: Opening, site: str) -> None:
    page = opening(site + "/")
    field = page.get_by_role("combobox", name="Mots à chercher")
    expect(field).to_have_attribute("aria-autocomplete", "list")
    expect(field).to_have_attribute("aria-expanded", "false")
    type_query(page)
    expect(field).to_have_attribute("aria-expanded", "true")
    expect(field).to_have_attribute("aria-controls", "proposals")
    box = page.get_by_role("listbox", name="Propositions")
    for group, labels in (
        ("Mots", ["agence 12 signets", "agents 46 signets"]),
        ("Mots-clés", ["agents 45 signets"]),
        ("Partagé par", ["Claire Aubert 15 signets"]),
        ("Sources", ["La Gazette 11 signets"]),
        ("Titres", [LONG]),
    ):
        options = box.get_by_role("group", name=group, exact=True).get_by_role("option")
        assert [option.inner_text().replace("\n", " ") for option in options.all()] == labels
    expect(page.locator("#suggestion-count")).to_have_text("Propositions\u202f: 6")
    expect(page.locator("#suggestion-count")).to_have_attribute("aria-live", "polite")
    expect(field).to_be_focused()


def test_arrows_go_round_and_the_cursor_stays_in_the_question(opening: Opening, site: str) -> None:
    page = opening(site + "/")
    type_query(page)
    assert selected_suggestion(page) is None
    requests = []
    for _ in range(7):
        page.keyboard.press("ArrowDown")
        requests.append(selected_suggestion(page))
    assert requests == [*LABELS, LABELS[0]]
    page.keyboard.press("ArrowUp")
    assert selected_suggestion(page) == LABELS[-1]
    expect(page.locator("#q")).to_be_focused()
    assert page.input_value("#q") == "age"
    # Keys that move the cursor return to the typed words.
    for key, cursor in (("Home", 0), ("End", 3), ("ArrowLeft", 2), ("ArrowRight", 3)):
        page.keyboard.press("ArrowDown")
        assert selected_suggestion(page) is not None
        page.keyboard.press(key)
        assert selected_suggestion(page) is None
        assert page.evaluate("document.getElementById('q').selectionStart") == cursor
    expect(page.locator("#proposals")).to_be_visible()


def test_an_arrow_opens_the_list(opening: Opening, site: str) -> None:
    page = opening(site + "/search?q=agen")
    page.focus("#q")
    for keys, first in (("ArrowDown", LABELS[0]), ("ArrowUp", LABELS[-1]), ("Alt+ArrowDown", None)):
        page.keyboard.press(keys)
        expect(page.locator("#proposals")).to_be_visible()
        assert selected_suggestion(page) == first
        page.keyboard.press("Escape")
        assert is_closed(page)
    # Before anything is typed, the box suggests the most frequent values of the library.
    page.fill("#q", "")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#proposals")).to_be_visible()
    page.keyboard.press("Alt+ArrowUp")
    assert is_closed(page)


def test_escape_closes_the_list_and_keeps_what_was_typed(opening: Opening, site: str) -> None:
    page = opening(site + "/")
    type_query(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    assert is_closed(page)
    assert page.input_value("#q") == "age"
    expect(page.locator("#q")).to_be_focused()
    expect(page.locator("#suggestion-count")).to_have_text("")
    # Even before the list has arrived.
    page.keyboard.type("n")
    page.keyboard.press("Escape")
    page.wait_for_timeout(400)
    assert is_closed(page)
    assert page.input_value("#q") == "agen"


def test_tab_closes_the_list_and_goes_on(opening: Opening, site: str) -> None:
    page = opening(site + "/")
    type_query(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    assert is_closed(page)
    expect(page.locator("#ask button")).to_be_focused()
    assert page.input_value("#q") == "age"
    assert page.url == site + "/"


def test_a_tag_an_author_and_a_source_become_filters(opening: Opening, site: str) -> None:
    for steps, parameter, chip in ((3, "tag=agents", "agents"), (4, "author=claire", "Claire"), (5, "source=", "Gaz")):
        page = opening(site + "/search?q=&language=fr")
        type_query(page)
        for _ in range(steps):
            page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(page.locator(".chips")).to_contain_text(chip)
        assert parameter in page.url
        assert "language=fr" in page.url
        assert page.input_value("#q") == ""
        page.close()


def test_a_tag_of_a_group_leads_to_its_page(opening: Opening, site: str) -> None:
    page = opening(site + "/g/lectures")
    type_query(page)
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("agents")
    assert page.url.startswith(site + "/g/lectures/tag/agents")


def test_a_title_leads_to_its_item(opening: Opening, site: str) -> None:
    page = opening(site + "/")
    type_query(page)
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page).to_have_url(site + "/items/item-13")


def test_a_word_completes_the_question_which_enter_then_asks(opening: Opening, site: str) -> None:
    page = opening(site + "/")
    type_query(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert is_closed(page)
    assert page.input_value("#q") == "agents"
    assert page.url == site + "/"
    page.keyboard.type(" données")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("agents données")


def test_enter_alone_asks_what_was_typed(opening: Opening, site: str) -> None:
    page = opening(site + "/search")
    type_query(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.type("n")
    assert selected_suggestion(page) is None
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("agen")
    page.wait_for_timeout(400)
    assert is_closed(page)
    expect(page.locator("#q")).to_be_focused()


def test_without_a_script_it_is_a_plain_field(opening: Opening, site: str) -> None:
    page = opening(site + "/", java_script_enabled=False)
    assert page.get_attribute("#q", "role") is None
    page.focus("#q")
    page.keyboard.type("agents")
    expect(page.locator("#proposals")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("agents")


def test_another_spelling_is_announced_after_the_count(opening: Opening, site: str) -> None:
    page = opening(site + "/search?q=titre:ajents&language=fr")
    expect(page.locator("[role=status]")).to_have_text(
        "Rien n’a été trouvé pour «\u202ftitre:ajents\u202f». Essayez avec cette orthographe\u202f: titre:agents"
    )
    page.click(".spelling a")
    expect(page.locator("h1")).to_contain_text("agents")
    assert "language=fr" in page.url
    assert page.input_value("#q") == "titre:agents"


def test_the_replacement_of_a_word_is_announced_after_the_count(opening: Opening, site: str) -> None:
    page = opening(site + "/search?q=ajents&language=fr")
    status = page.locator("[role=status]")
    expect(status).to_contain_text("signets pour «\u202fajents\u202f». Résultats pour\u202f:")
    expect(status).to_contain_text("agents")
    page.click(".spelling a")
    expect(page.locator("h1")).to_contain_text("Rien n’a été trouvé pour")
    assert "language=fr" in page.url
