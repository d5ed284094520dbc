"""An item with several pages, opened by addresses whose fragment names an annotation."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Opening, serving
from tests.factories.group import a_shared
from tests.factories.items import an_annotation, an_item
from tests.factories.library import add_items, an_empty_library
from tests.support.browser_sessions import an_account

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def heavy_site() -> Iterator[str]:
    library = an_empty_library()
    an_account(library, "claire")
    comments = [an_annotation(None, id=f"m-{n}", body=f"Commentaire {n}.") for n in range(1_200)]
    add_items(library, an_item("Beaucoup", id="many", group=a_shared(library), annotations=comments))
    yield from serving(library)


def test_an_address_without_the_page_leads_to_the_page_of_its_annotation(opening: Opening, heavy_site: str) -> None:
    page = opening(f"{heavy_site}/items/many#a-m-1100")
    expect(page.locator("#a-m-1100")).to_be_in_viewport()
    assert page.url.endswith("/items/many?part=m-1100#a-m-1100")


def test_an_address_of_no_annotation_stays_where_it_is(opening: Opening, heavy_site: str) -> None:
    page = opening(f"{heavy_site}/items/many#a-none")
    expect(page.locator("#a-m-0")).to_have_count(1)
    expect(page).to_have_url(f"{heavy_site}/items/many?part=none#a-none")
