"""Suggestions of the search box: by mouse and by touch, with a slow or failing network, and their contrast."""

import re

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import Opening
from tests.browser.support.suggestion_helpers import (
    LABELS,
    is_closed,
    selected_suggestion,
    stub_suggestions,
    suggest_requests,
    type_query,
)
from tests.browser.test_accessibility import axe_problems
from tests.browser.test_reading import unfold

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def _known(monkeypatch: pytest.MonkeyPatch) -> None:
    stub_suggestions(monkeypatch)


def test_a_mouse_chooses_and_the_question_keeps_the_focus(opening: Opening, site: str) -> None:
    page = opening(site + "/")
    type_query(page)
    option = page.get_by_role("option", name="agence")
    box = option.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 10)
    page.mouse.down()
    expect(page.locator("#q")).to_be_focused()
    expect(page.locator("#proposals")).to_be_visible()
    page.mouse.up()
    assert is_closed(page)
    assert page.input_value("#q") == "agence"
    page.keyboard.press("ArrowDown")
    page.fill("#q", "age")
    page.get_by_role("option", name="Claire Aubert").click()
    expect(page).to_have_url(re.compile(r"/search\?author=claire$"))


def test_a_click_elsewhere_closes_the_list(opening: Opening, site: str) -> None:
    page = opening(site + "/")
    type_query(page)
    page.click("h1")
    assert is_closed(page)
    assert page.input_value("#q") == "age"


def test_a_proposal_opens_in_another_tab_as_any_link(opening: Opening, site: str) -> None:
    page = opening(site + "/")
    type_query(page)
    with page.context.expect_page() as opened:
        page.get_by_role("option", name="agence").click(modifiers=["Control"])
    expect(opened.value).to_have_url(site + "/search?q=agence")
    assert page.input_value("#q") == "age"


def test_suggestions_are_chosen_by_touch_and_are_large_enough(opening: Opening, site: str) -> None:
    page = opening(site + "/g/lectures", width=360, has_touch=True, is_mobile=True)
    page.tap("#q")
    page.keyboard.type("age")
    expect(page.locator("#proposals")).to_be_visible()
    for option in page.locator("#proposals a").all():
        assert (option.bounding_box() or {"height": 0})["height"] >= 44
    page.get_by_role("option", name="agence").tap()
    assert page.input_value("#q") == "agence"
    expect(page.locator("#q")).to_be_focused()
    page.fill("#q", "age")
    page.get_by_role("option", name="La Gazette").tap()
    expect(page.locator(".chips")).to_contain_text("La Gazette")


def test_suggestions_are_requested_once_typing_pauses(opening: Opening, site: str) -> None:
    page = opening(site + "/", own=True)
    requests = suggest_requests(page)
    page.clock.install(time=0)
    page.clock.pause_at(1_000)
    page.focus("#q")
    for letter in "age":
        page.keyboard.type(letter)
        page.clock.run_for(100)
    assert requests == []
    page.clock.run_for(100)
    expect(page.locator("#proposals")).to_be_visible()
    assert len(requests) == 1
    assert requests[0].url.endswith("/suggest?format=html&q=age")


def test_an_answer_that_comes_late_is_not_shown(opening: Opening, site: str) -> None:
    page = opening(site + "/")
    routes: list[Route] = []
    page.route(re.compile(r"q=age$"), lambda route: routes.append(route))  # noqa: PLW0108
    page.focus("#q")
    with page.expect_request(re.compile(r"q=age$")) as stale:
        page.keyboard.type("age")
    with page.expect_response(re.compile(r"q=agex$")):
        page.keyboard.type("x")
    assert is_closed(page)
    assert len(routes) == 1
    routes[0].continue_()
    page.wait_for_timeout(200)
    assert is_closed(page)
    assert stale.value.failure is not None


def test_suggestions_stay_closed_after_the_focus_has_moved_on(opening: Opening, site: str) -> None:
    page = opening(site + "/")
    page.focus("#q")
    page.keyboard.type("age")
    page.keyboard.press("Tab")
    page.wait_for_timeout(400)
    assert is_closed(page)


def test_characters_that_are_being_composed_are_left_alone(opening: Opening, site: str) -> None:
    page = opening(site + "/")
    requests = suggest_requests(page)
    page.focus("#q")
    hand = page.context.new_cdp_session(page)
    hand.send("Input.imeSetComposition", {"text": "ag", "selectionStart": 2, "selectionEnd": 2})
    page.wait_for_timeout(400)
    assert requests == []
    assert is_closed(page)
    hand.send("Input.insertText", {"text": "age"})
    expect(page.locator("#proposals")).to_be_visible()
    assert len(requests) == 1
    # An Enter that ends an IME composition selects nothing and sends nothing.
    page.keyboard.press("ArrowDown")
    page.evaluate(
        """() => document.getElementById("q").dispatchEvent(
            new KeyboardEvent("keydown", {key: "Enter", bubbles: true, cancelable: true, isComposing: true}))"""
    )
    assert selected_suggestion(page) == LABELS[0]
    assert page.url == site + "/"


@pytest.mark.parametrize("status", [400, 500])
def test_a_server_that_fails_leaves_a_plain_field(opening: Opening, site: str, status: int) -> None:
    page = opening(site + "/")
    page.route(re.compile("/suggest"), lambda route: route.fulfill(status=status))
    page.focus("#q")
    with page.expect_request(re.compile("/suggest")):
        page.keyboard.type("age")
    page.wait_for_timeout(200)
    assert is_closed(page)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("age")


def test_suggestions_work_after_the_results_have_changed_in_place(opening: Opening, site: str) -> None:
    page = opening(site + "/search")
    page.evaluate("window.sameWindow = true")
    unfold(page, "Partagé par")
    page.click(".facet a:has-text('Paul Roy')")
    expect(page.locator(".chips")).to_contain_text("Paul Roy")
    requests = suggest_requests(page)
    type_query(page)
    expect(page.get_by_role("combobox", name="Mots à chercher")).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("listbox")).to_be_visible()
    assert "author=paul-roy" in requests[0].url
    assert page.evaluate("window.sameWindow") is True


@pytest.mark.parametrize("address", ["/", "/search?q=agents", "/g/lectures/tag/agents", "/items/item-13", "/rien"])
@pytest.mark.parametrize("width", [1280, 360])
def test_the_open_suggestion_list_has_no_accessibility_violation(
    opening: Opening, site: str, axe: str, address: str, width: int
) -> None:
    page = opening(site + address, width=width, status=404 if address == "/rien" else 200)
    page.fill("#q", "")
    type_query(page)
    page.keyboard.press("ArrowDown")
    assert axe_problems(page, axe) == []
    # The other theme changes only colours.
    page.emulate_media(color_scheme="dark")
    assert axe_problems(page, kind="colours", again=True) == []


@pytest.mark.parametrize("width", [320, 640, 1280])
def test_the_open_list_never_scrolls_sideways_and_shows_what_is_pointed_at(
    opening: Opening, site: str, width: int
) -> None:
    page = opening(site + "/search", width=width, height=320)
    type_query(page)
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    box = page.locator("#proposals").bounding_box()
    option = page.locator("#proposals [aria-selected=true]").bounding_box()
    assert box is not None
    assert option is not None
    assert box["y"] <= option["y"]
    assert option["y"] + option["height"] <= box["y"] + box["height"] + 1
    assert page.evaluate("(list => list.scrollWidth <= list.clientWidth)(document.getElementById('proposals'))")
