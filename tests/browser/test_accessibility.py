"""axe-core finds nothing to say: RGAA and WCAG 2.2 AA, no rule off, on each page, in each state and theme."""

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Opening

pytestmark = pytest.mark.browser

TAGS = ["RGAAv4", "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PAGES = {
    "first page": ("/", 200),
    "everything": ("/search", 200),
    "words found": ("/search?q=agents&match=any&per_page=4", 200),
    "narrowed": ("/search?q=agents&tag=agents&author=claire&from=2014-03&to=2014-03&kind=note", 200),
    "passages": ("/search?q=agents&view=passages&page=2&per_page=4", 200),
    "nothing found": ("/search?q=zzzz&tag=agents", 200),
    "a filter too many": ("/search?q=agents&tag=agents&language=de", 200),
    "past the end": ("/search?page=99", 200),
    "not understood": ("/search?q=agents+avant:hier+(&per_page=4", 200),
    "item": ("/items/item-13?q=agents", 200),
    "bare item": ("/items/item-0", 200),
    "hostile item": ("/items/trap", 200),
    "in English": ("/search?q=agents&lang=en&per_page=4", 200),
    "bad request": ("/search?from=hier", 400),
    "not found": ("/rien", 404),
}


def judged(page: Page, axe: str) -> list[str]:
    """What axe-core has against a page: rule, place and why, one line each."""
    page.evaluate(axe)
    found: dict[str, Any] = page.evaluate("(tags) => axe.run(document, {runOnly: tags})", TAGS)
    assert len(found["passes"]) > 10
    return [
        f"{rule['id']}: {node['target']}: {node.get('failureSummary', '')}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_nothing_stands_in_the_way_of_anybody(opening: Opening, site: str, axe: str, theme: str, width: int) -> None:
    faults = []
    for name, (address, status) in PAGES.items():
        page = opening(site + address, width=width, color_scheme=theme, status=status)
        faults += [f"{name}: {fault}" for fault in judged(page, axe)]
        folds = page.locator("details > summary:visible")
        for fold in folds.all():
            fold.click()
        faults += [f"{name}, unfolded: {fault}" for fault in (judged(page, axe) if folds.count() else ())]
        page.close()
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
