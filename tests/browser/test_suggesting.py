"""The question proposes how to go on: by keyboard, mouse and finger, for ears too, and without a script."""

import re

import pytest
from playwright.sync_api import Page, Request, Route, expect

from kb.library.suggesting import Suggestion, SuggestionKind
from kb.web.pages import suggesting
from tests.browser.conftest import Opening
from tests.browser.test_accessibility import judged

pytestmark = pytest.mark.browser

LONG = "Ouvrir ses données, et s’en servir d’abord soi-même : ce qu’en disent les agents de quatre départements"
EVERY_KIND = (
    Suggestion(SuggestionKind.TAG, "agents", "agents", 45, "étiquette:agents"),
    Suggestion(SuggestionKind.WORD, "agence", "agence", 12, "agence"),
    Suggestion(SuggestionKind.WORD, "agents", "agents", 46, "agents"),
    Suggestion(SuggestionKind.AUTHOR, "Claire Aubert", "claire", 15, "auteur:claire"),
    Suggestion(SuggestionKind.SOURCE, "La Gazette", "La Gazette", 11, 'source:"La Gazette"'),
    Suggestion(SuggestionKind.TITLE, LONG, LONG, 1, LONG, "item-13"),
)
LABELS = ["agence", "agents", "agents", "Claire Aubert", "La Gazette", LONG]


@pytest.fixture(autouse=True)
def _every_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server, a thread of this process, proposes one list for all that begins so, and nothing else."""

    def suggest(_library: object, _actor: object, text: str, _request: object) -> tuple[Suggestion, ...]:
        return EVERY_KIND if "agents".startswith(text) else ()

    monkeypatch.setattr(suggesting, "suggest", suggest)


def write(page: Page, text: str = "age") -> None:
    """Type as people do, and wait for what is proposed."""
    page.focus("#q")
    page.keyboard.type(text)
    expect(page.locator("#proposals")).to_be_visible()


def pointed(page: Page) -> str | None:
    """The words of the proposal that a screen reader is told of, which is the one that is drawn as chosen."""
    held: str | None = page.evaluate(
        """() => {
            const id = document.getElementById("q").getAttribute("aria-activedescendant");
            const drawn = [...document.querySelectorAll("#proposals [aria-selected=true]")];
            if (drawn.length !== (id ? 1 : 0) || (id && drawn[0].id !== id)) return "two things at once";
            return id && drawn[0].firstElementChild.textContent;
        }"""
    )
    return held


def is_closed(page: Page) -> bool:
    expect(page.locator("#proposals")).to_be_hidden()
    return page.get_attribute("#q", "aria-expanded") == "false" and pointed(page) is None


def counted(page: Page) -> list[Request]:
    """What is asked of /suggest from now on."""
    asked: list[Request] = []
    page.on("request", lambda one: asked.append(one) if "/suggest?" in one.url else None)
    return asked


def test_it_is_a_combobox_as_aria_describes_it(opening: Opening, site: str) -> None:
    page = opening(site + "/")
    field = page.get_by_role("combobox", name="Mots à chercher")
    expect(field).to_have_attribute("aria-autocomplete", "list")
    expect(field).to_have_attribute("aria-expanded", "false")
    write(page)
    expect(field).to_have_attribute("aria-expanded", "true")
    expect(field).to_have_attribute("aria-controls", "proposals")
    box = page.get_by_role("listbox", name="Propositions")
    for group, labels in (
        ("Mots", ["agence 12 signets", "agents 46 signets"]),
        ("Mots-clés", ["agents 45 signets"]),
        ("Auteurs", ["Claire Aubert 15 signets"]),
        ("Sources", ["La Gazette 11 signets"]),
        ("Titres", [LONG]),
    ):
        options = box.get_by_role("group", name=group, exact=True).get_by_role("option")
        assert [one.inner_text().replace("\n", " ") for one in options.all()] == labels
    expect(page.locator("#proposed")).to_have_text("Propositions\u202f: 6")
    expect(page.locator("#proposed")).to_have_attribute("aria-live", "polite")
    expect(field).to_be_focused()


def test_arrows_go_round_and_the_cursor_stays_in_the_question(opening: Opening, site: str) -> None:
    page = opening(site + "/")
    write(page)
    assert pointed(page) is None
    seen = []
    for _ in range(7):
        page.keyboard.press("ArrowDown")
        seen.append(pointed(page))
    assert seen == [*LABELS, LABELS[0]]
    page.keyboard.press("ArrowUp")
    assert pointed(page) == LABELS[-1]
    expect(page.locator("#q")).to_be_focused()
    assert page.input_value("#q") == "age"
    # Keys that move the cursor go back to the words.
    for key, cursor in (("Home", 0), ("End", 3), ("ArrowLeft", 2), ("ArrowRight", 3)):
        page.keyboard.press("ArrowDown")
        assert pointed(page) is not None
        page.keyboard.press(key)
        assert pointed(page) is None
        assert page.evaluate("document.getElementById('q').selectionStart") == cursor
    expect(page.locator("#proposals")).to_be_visible()


def test_an_arrow_opens_the_list(opening: Opening, site: str) -> None:
    page = opening(site + "/search?q=agen")
    page.focus("#q")
    for keys, first in (("ArrowDown", LABELS[0]), ("ArrowUp", LABELS[-1]), ("Alt+ArrowDown", None)):
        page.keyboard.press(keys)
        expect(page.locator("#proposals")).to_be_visible()
        assert pointed(page) == first
        page.keyboard.press("Escape")
        assert is_closed(page)
    # Before anything is typed it shows what the library holds most.
    page.fill("#q", "")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#proposals")).to_be_visible()
    page.keyboard.press("Alt+ArrowUp")
    assert is_closed(page)


def test_escape_closes_the_list_and_keeps_what_was_typed(opening: Opening, site: str) -> None:
    page = opening(site + "/")
    write(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    assert is_closed(page)
    assert page.input_value("#q") == "age"
    expect(page.locator("#q")).to_be_focused()
    expect(page.locator("#proposed")).to_have_text("")
    # Even before the list is there.
    page.keyboard.type("n")
    page.keyboard.press("Escape")
    page.wait_for_timeout(400)
    assert is_closed(page)
    assert page.input_value("#q") == "agen"


def test_tab_closes_the_list_and_goes_on(opening: Opening, site: str) -> None:
    page = opening(site + "/")
    write(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    assert is_closed(page)
    expect(page.locator("#ask button")).to_be_focused()
    assert page.input_value("#q") == "age"
    assert page.url == site + "/"


def test_a_tag_an_author_and_a_source_become_filters(opening: Opening, site: str) -> None:
    for steps, parameter, chip in ((3, "tag=agents", "agents"), (4, "author=claire", "Claire"), (5, "source=", "Gaz")):
        page = opening(site + "/search?q=&language=fr")
        write(page)
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
    write(page)
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("agents")
    assert page.url.startswith(site + "/g/lectures/tag/agents")


def test_a_title_leads_to_its_item(opening: Opening, site: str) -> None:
    page = opening(site + "/")
    write(page)
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page).to_have_url(site + "/items/item-13")


def test_a_word_completes_the_question_which_enter_then_asks(opening: Opening, site: str) -> None:
    page = opening(site + "/")
    write(page)
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
    write(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.type("n")
    assert pointed(page) is None
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("agen")
    page.wait_for_timeout(400)
    assert is_closed(page)
    expect(page.locator("#q")).to_be_focused()


def test_a_mouse_chooses_and_the_question_keeps_the_focus(opening: Opening, site: str) -> None:
    page = opening(site + "/")
    write(page)
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
    write(page)
    page.click("h1")
    assert is_closed(page)
    assert page.input_value("#q") == "age"


def test_a_proposal_opens_in_another_tab_as_any_link(opening: Opening, site: str) -> None:
    page = opening(site + "/")
    write(page)
    with page.context.expect_page() as opened:
        page.get_by_role("option", name="agence").click(modifiers=["Control"])
    expect(opened.value).to_have_url(site + "/search?q=agence")
    assert page.input_value("#q") == "age"


def test_a_finger_chooses_and_finds_room(opening: Opening, site: str) -> None:
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


def test_one_question_is_asked_once_the_hand_rests(opening: Opening, site: str) -> None:
    page = opening(site + "/")
    asked = counted(page)
    write(page)
    assert len(asked) == 1
    assert asked[0].url.endswith("/suggest?format=html&q=age")


def test_an_answer_that_comes_late_is_not_shown(opening: Opening, site: str) -> None:
    page = opening(site + "/")
    held: list[Route] = []
    page.route(re.compile(r"q=age$"), lambda one: held.append(one))  # noqa: PLW0108
    page.focus("#q")
    with page.expect_request(re.compile(r"q=age$")) as stale:
        page.keyboard.type("age")
    with page.expect_response(re.compile(r"q=agex$")):
        page.keyboard.type("x")
    assert is_closed(page)
    assert len(held) == 1
    held[0].continue_()
    page.wait_for_timeout(200)
    assert is_closed(page)
    assert stale.value.failure is not None


def test_nothing_opens_once_one_has_gone_on(opening: Opening, site: str) -> None:
    page = opening(site + "/")
    page.focus("#q")
    page.keyboard.type("age")
    page.keyboard.press("Tab")
    page.wait_for_timeout(400)
    assert is_closed(page)


def test_characters_that_are_being_composed_are_left_alone(opening: Opening, site: str) -> None:
    page = opening(site + "/")
    asked = counted(page)
    page.focus("#q")
    hand = page.context.new_cdp_session(page)
    hand.send("Input.imeSetComposition", {"text": "ag", "selectionStart": 2, "selectionEnd": 2})
    page.wait_for_timeout(400)
    assert asked == []
    assert is_closed(page)
    hand.send("Input.insertText", {"text": "age"})
    expect(page.locator("#proposals")).to_be_visible()
    assert len(asked) == 1
    # An Enter that ends a composition chooses nothing and asks nothing.
    page.keyboard.press("ArrowDown")
    page.evaluate(
        """() => document.getElementById("q").dispatchEvent(
            new KeyboardEvent("keydown", {key: "Enter", bubbles: true, cancelable: true, isComposing: true}))"""
    )
    assert pointed(page) == LABELS[0]
    assert page.url == site + "/"


@pytest.mark.parametrize("status", [400, 500])
def test_a_server_that_fails_leaves_a_plain_field(opening: Opening, site: str, status: int) -> None:
    page = opening(site + "/")
    page.route(re.compile("/suggest"), lambda one: one.fulfill(status=status))
    page.focus("#q")
    with page.expect_request(re.compile("/suggest")):
        page.keyboard.type("age")
    page.wait_for_timeout(200)
    assert is_closed(page)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("age")


def test_it_goes_on_after_the_results_have_changed_in_place(opening: Opening, site: str) -> None:
    page = opening(site + "/search")
    page.evaluate("window.sameWindow = true")
    page.click(".facet a:has-text('Paul Roy')")
    expect(page.locator(".chips")).to_contain_text("Paul Roy")
    asked = counted(page)
    write(page)
    expect(page.get_by_role("combobox", name="Mots à chercher")).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("listbox")).to_be_visible()
    assert "author=paul-roy" in asked[0].url
    assert page.evaluate("window.sameWindow") is True


def test_without_a_script_it_is_a_plain_field(opening: Opening, site: str) -> None:
    page = opening(site + "/", java_script_enabled=False)
    assert page.get_attribute("#q", "role") is None
    page.focus("#q")
    page.keyboard.type("agents")
    expect(page.locator("#proposals")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("agents")


@pytest.mark.parametrize("address", ["/", "/search?q=agents", "/g/lectures/tag/agents", "/items/item-13", "/rien"])
@pytest.mark.parametrize("width", [1280, 360])
def test_the_open_list_stands_in_nobodys_way(opening: Opening, site: str, axe: str, address: str, width: int) -> None:
    page = opening(site + address, width=width, status=404 if address == "/rien" else 200)
    page.fill("#q", "")
    write(page)
    page.keyboard.press("ArrowDown")
    faults = []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        faults += [f"{theme}: {fault}" for fault in judged(page, axe)]
    assert faults == []


@pytest.mark.parametrize("width", [320, 640, 1280])
def test_the_open_list_never_scrolls_sideways_and_shows_what_is_pointed_at(
    opening: Opening, site: str, width: int
) -> None:
    page = opening(site + "/search", width=width, height=320)
    write(page)
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    box = page.locator("#proposals").bounding_box()
    option = page.locator("#proposals [aria-selected=true]").bounding_box()
    assert box is not None
    assert option is not None
    assert box["y"] <= option["y"]
    assert option["y"] + option["height"] <= box["y"] + box["height"] + 1
    assert page.evaluate("(list => list.scrollWidth <= list.clientWidth)(document.getElementById('proposals'))")
