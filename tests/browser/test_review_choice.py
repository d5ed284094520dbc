"""The passages of a press review are ticked one by one, with and without JavaScript, on wide and narrow screens."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from kb.indexer import catch_up
from tests.browser.conftest import Opening, serving
from tests.browser.support.checked_pages import OWNER
from tests.browser.support.site import the_library
from tests.factories.items import a_group, an_annotation, an_item
from tests.factories.library import add_items

pytestmark = pytest.mark.browser
GROUP = a_group("crues", "Crues")


@pytest.fixture(scope="module")
def floods() -> Iterator[str]:
    library = the_library()
    with library.store.write() as writing:
        writing.groups.add(GROUP)
    quotes = [
        an_annotation(f"La Marne monte de {n} mètres en une nuit, et personne ne dort plus." * 3) for n in range(4)
    ]
    comment = an_annotation(None, body="À lire avant le comité.")
    add_items(
        library, an_item("La nuit des crues", id="nuit", group=GROUP, order=1_000, annotations=[*quotes, comment])
    )
    catch_up(library)
    with contextmanager(serving)(library) as site:
        yield site


@pytest.mark.parametrize(("javascript", "width"), [(True, 1280), (False, 360)])
def test_ticked_passages_and_comments_are_the_review(
    opening: Opening, floods: str, javascript: bool, width: int
) -> None:
    page = opening(f"{floods}/review?group=crues", width=width, by=OWNER, java_script_enabled=javascript)
    page.get_by_role("button", name="Choisir les signets et les passages").click()
    page.get_by_role("button", name="Choisir les passages un à un").click()
    for scheme in ("light", "dark"):
        if folder := os.environ.get("SHOTS"):
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=f"{folder}/choice-{width}-{scheme}.png", full_page=True)
    boxes = page.get_by_role("checkbox", name="mètres")
    assert [boxes.nth(n).is_checked() for n in range(4)] == [True, True, False, False]
    boxes.nth(0).uncheck()
    boxes.nth(3).check()
    page.get_by_role("checkbox", name="À lire avant le comité.").check()
    page.get_by_role("button", name="Mettre à jour").click()
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=f"{folder}/chosen-{width}.png", full_page=True)
    expect(page.locator("blockquote")).to_have_count(2)
    expect(page.locator("blockquote").nth(1)).to_contain_text("monte de 3 mètres")
    expect(page.locator(".review-sheet")).to_contain_text("À lire avant le comité.")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_section_of_a_review_stands_above_its_items_in_size_and_one_menu_has_the_usual_files_first(
    opening: Opening, floods: str
) -> None:
    page = opening(f"{floods}/review?group=crues&order=group")
    size = "(heading) => parseFloat(getComputedStyle(heading).fontSize)"
    section, title = page.locator(".review-sheet h3"), page.locator(".review-sheet h4")
    assert section.evaluate(size) >= title.evaluate(size)
    assert title.evaluate("(heading) => getComputedStyle(heading).marginBottom") == "0px"
    page.locator("main .menu summary").click()
    files = page.locator(".menu button[name=format]").all_inner_texts()
    assert files[:2] == ["Document Word", "PDF"]
    expect(page.get_by_role("button", name="Courriel à envoyer")).to_be_visible()
