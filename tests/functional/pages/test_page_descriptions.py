"""The description of a public page for search engines: that of the item or group, else that of the site."""

import re
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from kb.site import create_app
from tests.browser.support.addresses import PAGES
from tests.browser.support.site import KNOWN, the_library

DESCRIPTION = re.compile(r'<meta name="description" content="([^"]*)">')


@pytest.fixture(scope="module")
def visitor() -> Iterator[TestClient]:
    with TestClient(create_app(the_library())) as client:
        yield client


def test_every_public_page_has_one_description(visitor: TestClient) -> None:
    pages = [page for pages in PAGES.values() for page in pages if page.status == 200 and not page.by]
    for page in pages:
        answer = visitor.get(page.at(KNOWN))
        if page.method == "GET" and answer.headers["content-type"].startswith("text/html"):
            descriptions = DESCRIPTION.findall(answer.text)
            assert len(descriptions) == 1, page.name
            assert descriptions[0].strip(), page.name


def test_an_item_is_described_by_itself(visitor: TestClient) -> None:
    home, item = (DESCRIPTION.findall(visitor.get(path).text) for path in ("/", f"/items/{KNOWN.item}"))
    assert home[0].startswith("Florilège")
    assert item
    assert item != home
