"""Export the data of a group or of a search in few clicks, with and without JavaScript."""

import json
from pathlib import Path
from zipfile import ZipFile

import pytest
from playwright.sync_api import Page
from starlette.testclient import TestClient

from kb.site import create_app
from tests.browser.conftest import Opening
from tests.browser.support.checked_pages import OWNER
from tests.browser.support.site import the_library
from tests.browser.test_html import errors_of

pytestmark = pytest.mark.browser
JAVASCRIPT = pytest.mark.parametrize("javascript", [True, False], ids=["JavaScript", "no JavaScript"])


def downloaded(page: Page, *links: str, menu: str = "Exporter") -> tuple[str, Path]:
    """The name and the content of the file that the last of these links downloads; each link is clicked, after the
    menu is opened.
    """
    page.locator("main summary", has_text=menu).first.click()
    for link in links[:-1]:
        page.get_by_role("link", name=link, exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("link", name=links[-1], exact=True).click()
    return download.value.suggested_filename, Path(download.value.path())


@JAVASCRIPT
def test_an_owner_exports_a_group_in_three_clicks(opening: Opening, site: str, *, javascript: bool) -> None:
    page = opening(f"{site}/", by=OWNER, java_script_enabled=javascript)
    page.locator(".side").get_by_role("link", name="Lectures communes").click()
    name, file = downloaded(page, "Tout le groupe (ZIP)", menu="⋯")
    assert name.endswith(".zip")
    with ZipFile(file) as archive:
        assert archive.read("items.jsonl")


@JAVASCRIPT
@pytest.mark.parametrize("width", [360, 1280])
def test_a_visitor_exports_a_search_in_three_clicks(
    opening: Opening, site: str, width: int, *, javascript: bool
) -> None:
    page = opening(f"{site}/search?q=agents", width=width, java_script_enabled=javascript)
    name, file = downloaded(page, "Fichier (CSV, RIS…)", "JSON Lines")
    assert name.startswith("agents ")
    assert name.endswith(".jsonl")
    assert all("id" in json.loads(line) for line in file.read_text(encoding="utf-8").splitlines())


def test_the_export_menu_has_the_colour_of_other_menus(opening: Opening, site: str) -> None:
    page = opening(f"{site}/search?q=agents", by=OWNER)
    page.locator("summary", has_text="Exporter").click()
    colors = [
        page.locator(f"{menu} a").first.evaluate("link => getComputedStyle(link).color")
        for menu in (".head .menu", ".site-nav .menu")
    ]
    assert colors[0] == colors[1]


def test_an_exported_page_is_valid_and_accessible(npm: Path, tmp_path: Path) -> None:
    with TestClient(create_app(the_library())) as client:
        for name, address in (
            ("everything", "/export?format=html"),
            ("group", "/g/lectures/export?format=html&lang=en"),
        ):
            (tmp_path / f"{name}.html").write_bytes(client.get(address).content)
    assert errors_of(npm, *tmp_path.glob("*.html")) == []
