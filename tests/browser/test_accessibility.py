"""axe-core finds nothing to say: RGAA and WCAG 2.2 AA, no rule off, on each page of the table of routes."""

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.addresses import FAILURES, every_page
from tests.browser.conftest import Opening
from tests.browser.judged import Judged
from tests.browser.site import KNOWN

pytestmark = pytest.mark.browser

TAGS = ["RGAAv4", "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def judged(page: Page, axe: str) -> list[str]:
    """What axe-core has against a page: rule, place and why, one line each."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(axe)
    found: dict[str, Any] = page.evaluate(
        "(tags) => axe.run(document, {runOnly: tags, resultTypes: ['violations']})", TAGS
    )
    assert len(found["passes"]) > 10
    return [
        f"{rule['id']}: {node['target']}: {node.get('failureSummary', '')}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("one", [*every_page(), *FAILURES], ids=lambda one: one.name)
def test_a_page_stands_in_nobodys_way(
    opening: Opening, site: str, broken_sites: dict[int, str], axe: str, one: Judged
) -> None:
    """Wide and narrow, in both themes, with its folds open; as it comes as well, where that is another state."""
    address = (broken_sites[one.status] if one in FAILURES else site) + one.at(KNOWN)
    faults = []
    for width in (1280, 360):
        page = opening(address, width=width, status=one.status, method=one.method, size=one.size, by=one.by)
        folds = page.locator("details > summary:visible")
        if width == 360 and folds.count():
            faults += [f"{width}, folded: {fault}" for fault in judged(page, axe)]
        for fold in folds.all():
            fold.click()
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
            faults += [f"{width}, {theme}: {fault}" for fault in judged(page, axe)]
    assert faults == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_an_empty_library_stands_in_nobodys_way(opening: Opening, empty_site: str, axe: str, theme: str) -> None:
    for address in ("/", "/search", "/search?q=agents"):
        assert judged(opening(empty_site + address, color_scheme=theme), axe) == []


def test_the_tags_that_are_asked_for_exist(opening: Opening, site: str, axe: str) -> None:
    page = opening(site + "/")
    page.evaluate(axe)
    known = set(page.evaluate("() => axe.getRules().flatMap((rule) => rule.tags)"))
    assert set(TAGS) <= known
