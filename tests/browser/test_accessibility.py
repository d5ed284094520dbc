"""axe-core finds no problem on any page of the table of routes: RGAA and WCAG 2.2 AA, with no rule turned off."""

from collections.abc import Iterator, Sequence
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
# The rule about the orientation of a screen judges only style sheets, and reading them takes a fifth of a run.
RUN = """async ([tags, kind, parts, except, again]) => {
    for (const bar of document.querySelectorAll("main *"))
        if (getComputedStyle(bar).position === "sticky") bar.style.position = "static";
    const isLayout = ({ruleId, tags}) => tags.includes("cat.tables") ||
        ["p-as-heading", "scrollable-region-focusable", "skip-link", "target-size"].includes(ruleId);
    const isOfKind = (rule) => kind === "all" || (kind === "colours") === rule.tags.includes("cat.color");
    const rules = axe.getRules(tags).filter((rule) => isOfKind(rule) && (kind !== "layout" || isLayout(rule)));
    const include = typeof parts === "string" ? [[parts]] : parts.flatMap((number) => groups[number]);
    const {violations, passes} = await axe.run(parts ? {include} : document, {
        preload: !again,
        runOnly: {type: "rule", values: rules.map((rule) => rule.ruleId).filter((rule) => rule !== except)},
        resultTypes: ["violations"],
    });
    return {violations, passes: passes.length};
}"""
# The colours of a text depend on its styles and on those of what contains it. This groups the visible elements by them
# and returns the styles of each group: most are those of other pages. axe-core knows two sizes of text. And it returns
# which elements are visible: all rules other than those of kinds "colours" and "layout" depend on this alone.
STYLES = """() => {
    const chains = new Map(), groups = new Map(), seen = [];
    for (const one of document.querySelectorAll(":root, body, body *")) {
        const style = getComputedStyle(one), size = parseFloat(style.fontSize), isBold = style.fontWeight >= 700;
        const own = [
            style.color, style.backgroundColor, style.backgroundImage, style.opacity, style.filter, style.mixBlendMode,
            style.textShadow, style.textDecorationLine, style.transform, isBold, size >= (isBold ? 18.66 : 24),
            ...["::before", "::after"].map((part) => getComputedStyle(one, part)).flatMap((part) =>
                part.content === "none" ? [] : [part.backgroundColor, part.backgroundImage, part.position]),
        ].join();
        const above = chains.get(one.parentElement) ?? {own: "", styles: ""};
        const lies = above.lies || ["absolute", "fixed", "sticky"].includes(style.position);
        const styles = own === above.own ? above.styles : `${above.styles}\n${own}`;
        chains.set(one, {own, styles, lies});
        const isClipped = style.clip !== "auto" || style.clipPath !== "none";
        const isShown = one.checkVisibility({visibilityProperty: true});
        seen.push(Number(isShown));
        if (!isShown || isClipped) continue;
        // As the link to the content, until it has the focus.
        if (one.getBoundingClientRect().bottom + scrollY <= 0) continue;
        // What has a place of its own may lie on anything.
        const name = lies ? "" : styles;
        groups.set(name, [...(groups.get(name) ?? []), one]);
    }
    window.groups = [...groups.values()];
    return [seen.join(""), [...groups.keys()]];
}"""
# The addresses of the style sheets of a page, and the text of those in it.
SHEETS = "() => [...document.styleSheets].map((sheet) => sheet.href ?? sheet.ownerNode.textContent).join(' ')"
# What has no fault in its colours, in a style sheet, or in a menu, has none on the next page.
JUDGED_STYLES: set[str] = set()
JUDGED_SHEETS: set[str] = set()
JUDGED_MENUS: set[str] = set()
# What unfolds, and the menus: the rest of the page is judged when all is unfolded and the menus are closed.
FOLDS, MENUS = "details:not(.menu)", ".menu"
# Opens those of a kind that are seen, and returns how many they are.
UNFOLD = """(kind) => {
    const seen = [...document.querySelectorAll(kind)].filter((one) =>
        one.querySelector(":scope > summary")?.checkVisibility({visibilityProperty: true}));
    for (const one of seen) one.open = true;
    return seen.length;
}"""
# Groups the open menus by their HTML and place, without addresses and values, and returns those of each group.
OPEN_MENUS = """(menus) => {
    const found = new Map();
    for (const one of document.querySelectorAll(menus)) {
        const above = [];
        for (let part = one.parentElement; part; part = part.parentElement) above.push(part.localName, part.className);
        const name = above.join(" ") + one.outerHTML.replace(/ (href|action|value)="[^"]*"/g, "");
        found.set(name, [...(found.get(name) ?? []), one]);
    }
    window.groups = [...found.values()];
    return [...found.keys()];
}"""
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
    page: Page,
    axe: str = "",
    *,
    kind: Literal["all", "colours", "structure", "layout"] = "all",
    parts: str | Sequence[int] = "",
    without: str = "",
    again: bool = False,
) -> list[str]:
    """The problems that axe-core finds in a page: rule, place and reason, one line each.

    `axe` is its source, unless the window adds it to each page. `kind`: of the rules, those about colours, all others,
    or those of the others that depend on more than which elements are visible. `parts` selects the elements to judge,
    or names groups of `STYLES` or `OPEN_MENUS`; `without` is a rule that does not count. `again`: the style sheets of
    the page have been judged.
    """
    if axe and not page.evaluate("() => 'axe' in window"):
        page.evaluate(axe)
    results: dict[str, Any] = page.evaluate(RUN, [TAGS, kind, parts, without, again])
    assert results["passes"] > (-1 if kind in {"colours", "layout"} else 0 if parts else 10)
    return [
        f"{rule['id']}: {node['target']}: {node.get('failureSummary', '')}"
        for rule in results["violations"]
        for node in rule["nodes"]
    ]


@pytest.fixture(scope="module")
def _shared_window(browser: Browser, axe: str) -> Iterator[Window]:
    """A window of its own for each page takes longer than the page, and reads axe-core anew."""
    context = browser.new_context(locale="fr-FR", reduced_motion="reduce")
    context.add_init_script(f"if (location.protocol === 'http:') {{ {axe} }}")
    yield Window(context.new_page())
    context.close()


@pytest.fixture
def window(_shared_window: Window) -> Iterator[Window]:
    """A clean window, whose pages have axe-core. The test fails as with `opening`."""
    yield _shared_window
    # No test types anything, so no page stores a draft.
    _shared_window.clean(leave=False)
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
    """The problems of a page, narrow and wide, in both themes, expanded; and collapsed, if that differs.

    Colours and menus that an earlier page had, and what is the same narrow and wide, are judged once.
    """
    window.page.set_viewport_size({"width": 360, "height": 900})
    page = window.open(base + one.at(KNOWN), status=one.status, method=one.method, size=one.size, by=one.by)
    faults: list[str] = []

    def judge(state: str, **options: Any) -> bool:
        problems = axe_problems(page, **options)
        faults.extend(f"{state}: {problem}" for problem in problems)
        return not problems

    def judge_colours(state: str) -> str:
        """Judge the colours that no page before had; returns which elements are visible."""
        seen, styles = page.evaluate(STYLES)
        new = [number for number, name in enumerate(styles) if name not in JUDGED_STYLES]
        if not new or judge(state, kind="colours", parts=new, again=True):
            JUDGED_STYLES.update(filter(None, styles))
        return str(seen)

    if page.locator(f"{FOLDS} > summary:visible").count():
        judge("360, folded", parts=FOLDS, again=True)
        page.evaluate(UNFOLD, FOLDS)
    sheets = page.evaluate(SHEETS)
    if judge("360, light", kind="structure", again=sheets in JUDGED_SHEETS):
        JUDGED_SHEETS.add(sheets)
    narrow = judge_colours("360, light")
    # The other theme changes only colours.
    page.emulate_media(color_scheme="dark")
    judge_colours("360, dark")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.evaluate(UNFOLD, FOLDS)
    judge_colours("1280, dark")
    page.emulate_media(color_scheme="light")
    wide = judge_colours("1280, light")
    judge("1280, light", kind="layout" if wide == narrow else "structure", again=True)
    if page.evaluate(UNFOLD, MENUS):
        menus = {f"{sheets} {name}": number for number, name in enumerate(page.evaluate(OPEN_MENUS, MENUS))}
        new = [number for name, number in menus.items() if name not in JUDGED_MENUS]
        # An open menu covers the targets below it, so their size would be measured wrongly.
        if not new or judge("menus", parts=new, without="target-size", again=True):
            JUDGED_MENUS.update(menus)
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
