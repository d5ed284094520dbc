"""axe-core finds no problem on any page of the table of routes: RGAA and WCAG 2.2 AA, with no rule turned off."""

from collections.abc import Iterator
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Opening, Window
from tests.browser.support.addresses import CLOSED, FAILURES, FRESH, every_page
from tests.browser.support.checked_pages import Judged
from tests.browser.support.site import KNOWN

pytestmark = pytest.mark.browser

TAGS = ["RGAAv4", "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


# A bar at the bottom of the window covers different parts at each scroll position; the next test checks the focus.
# Rules that pass are far more numerous than rules that fail, so they are counted inside the page.
# Reading the style sheets anew, for the rule about the orientation of a screen, takes a fifth of a run.
RUN = """async ([tags, coloursAlone, parts, except, again]) => {
    for (const bar of document.querySelectorAll("main *"))
        if (getComputedStyle(bar).position === "sticky") bar.style.position = "static";
    const rules = axe.getRules(tags).filter((rule) => !coloursAlone || rule.tags.includes("cat.color"));
    const {violations, passes} = await axe.run(parts ? {include: [[parts]]} : document, {
        preload: !again,
        runOnly: {type: "rule", values: rules.map((rule) => rule.ruleId).filter((rule) => rule !== except)},
        resultTypes: ["violations"],
    });
    return {violations, passes: passes.length};
}"""
# What unfolds, and the menus: the rest of the page is judged when all is unfolded and the menus are closed.
FOLDS, MENUS = "details:not(.menu)", ".menu"
# WCAG 2.2, 2.4.11: the element with the focus is not entirely hidden.
COVERED = """() => {
    const bar = document.querySelector(".selection"), place = (one) => one.getBoundingClientRect();
    return [...document.querySelectorAll("main summary, main a, main input")].filter((target) => {
        if (bar.contains(target) || !target.checkVisibility()) return false;
        target.focus();
        return place(target).top >= place(bar).top && place(target).bottom <= place(bar).bottom;
    }).map((target) => target.outerHTML.slice(0, 80));
}"""


def axe_problems(
    page: Page, axe: str = "", *, colours_alone: bool = False, parts: str = "", without: str = "", again: bool = False
) -> list[str]:
    """The problems that axe-core finds in a page: rule, place and reason, one line each.

    `axe` is its source, unless the window adds it to each page; `parts` selects the elements to judge, `without` a rule
    that does not count. `again`: the style sheets of the page have been judged.
    """
    if axe and not page.evaluate("() => 'axe' in window"):
        page.evaluate(axe)
    results: dict[str, Any] = page.evaluate(RUN, [TAGS, colours_alone, parts, without, again])
    assert results["passes"] > (0 if colours_alone or parts else 10)
    return [
        f"{rule['id']}: {node['target']}: {node.get('failureSummary', '')}"
        for rule in results["violations"]
        for node in rule["nodes"]
    ]


@pytest.fixture(scope="module")
def _shared_window(browser: Browser, axe: str) -> Iterator[Window]:
    """A window of its own for each page takes longer than the page, and reads axe-core anew."""
    context = browser.new_context(locale="fr-FR", reduced_motion="reduce")
    context.add_init_script(axe)
    yield Window(context.new_page())
    context.close()


@pytest.fixture
def window(_shared_window: Window) -> Iterator[Window]:
    """A clean window, whose pages have axe-core. The test fails as with `opening`."""
    yield _shared_window
    _shared_window.clean()
    complaints = [*_shared_window.complaints]
    _shared_window.complaints.clear()
    assert complaints == []


@pytest.mark.parametrize("one", [*every_page(), *FAILURES], ids=lambda page: page.name)
def test_a_page_has_no_accessibility_violation(
    window: Window, site: str, broken_sites: dict[int, str], one: Judged
) -> None:
    assert faults_of(window, broken_sites[one.status] if one in FAILURES else site, one) == []


@pytest.mark.parametrize("one", FRESH, ids=lambda one: one.name)
def test_a_page_of_a_fresh_site_has_no_accessibility_violation(window: Window, fresh_site: str, one: Judged) -> None:
    assert faults_of(window, fresh_site, one) == []


@pytest.mark.parametrize("one", CLOSED, ids=lambda one: one.name)
def test_a_page_about_closed_groups_has_no_accessibility_violation(
    window: Window, site_with_closed_groups: str, one: Judged
) -> None:
    assert faults_of(window, site_with_closed_groups, one) == []


def faults_of(window: Window, base: str, one: Judged) -> list[str]:
    """The problems of a page, wide and narrow, in both themes, expanded; and collapsed, if that differs."""
    window.page.set_viewport_size({"width": 360, "height": 900})
    page = window.open(base + one.at(KNOWN), status=one.status, method=one.method, size=one.size, by=one.by)
    folds, menus = page.locator(f"{FOLDS} > summary:visible"), page.locator(f"{MENUS} > summary:visible")
    faults: list[str] = []
    if folds.count():
        faults += [f"360, folded: {fault}" for fault in axe_problems(page, parts=FOLDS, again=True)]
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        folds.evaluate_all("(folds) => { for (const fold of folds) fold.parentElement.open = true; }")
        page.emulate_media(color_scheme="light")
        faults += [f"{width}, light: {fault}" for fault in axe_problems(page, again=width != 360)]
        # The other theme changes only colours.
        page.emulate_media(color_scheme="dark")
        faults += [f"{width}, dark: {fault}" for fault in axe_problems(page, colours_alone=True, again=True)]
    if menus.count():
        # An open menu covers the targets below it, so their size would be measured wrongly.
        menus.evaluate_all("(menus) => { for (const menu of menus) menu.parentElement.open = true; }")
        page.emulate_media(color_scheme="light")
        problems = axe_problems(page, parts=MENUS, without="target-size", again=True)
        faults += [f"menus: {fault}" for fault in problems]
    return faults


def test_the_selection_bar_has_room_for_the_frame_of_the_focus(opening: Opening, site: str) -> None:
    """A part that scrolls sideways cuts what stands out of it, also above and below."""
    button = opening(f"{site}/search?q={KNOWN.word}&select=1").locator(".selection .acts button").first
    button.focus()
    room, frame = button.evaluate(
        """(button) => {
            const inner = button.getBoundingClientRect(), outer = button.parentElement.getBoundingClientRect();
            const { outlineWidth, outlineOffset } = getComputedStyle(button);
            const room = Math.min(inner.top - outer.top, outer.bottom - inner.bottom, inner.left - outer.left);
            return [room, parseFloat(outlineWidth) + parseFloat(outlineOffset)];
        }"""
    )
    assert 0 < frame <= room


def test_the_selection_bar_does_not_hide_the_focused_element(opening: Opening, site: str) -> None:
    page = opening(f"{site}/search?q={KNOWN.word}&select=1&per_page=20", width=360)
    assert page.locator(".selection").evaluate("(bar) => getComputedStyle(bar).position") == "sticky"
    assert page.evaluate(COVERED) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_an_empty_library_has_no_accessibility_violation(
    window: Window, empty_site: str, theme: Literal["light", "dark"]
) -> None:
    window.page.set_viewport_size({"width": 1280, "height": 900})
    window.page.emulate_media(color_scheme=theme)
    for address in ("/", "/search", "/search?q=agents"):
        assert axe_problems(window.open(empty_site + address)) == []


def test_the_tags_that_are_asked_for_exist(opening: Opening, site: str, axe: str) -> None:
    page = opening(site + "/")
    page.evaluate(axe)
    rule_tags = set(page.evaluate("() => axe.getRules().flatMap((rule) => rule.tags)"))
    assert set(TAGS) <= rule_tags
