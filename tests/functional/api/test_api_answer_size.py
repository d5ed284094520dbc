"""Pages of the API stay small: rows that do not fit are shortened and say so, and are whole at their own address."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from starlette.testclient import TestClient

from kb.indexer import catch_up
from kb.services.core.library import Library
from kb.site import create_app
from kb.web.api.answer_size import MOST_ROW_BYTES
from tests.factories.items import a_group, a_reply, an_annotation, an_item
from tests.factories.library import add_items, an_empty_library

HEAVY, LIGHT = 30, 20
LONG = "long " * 800


@pytest.fixture(scope="module")
def library() -> Iterator[Library]:
    with closing(an_empty_library()) as library:
        heavy = (
            an_item(
                f"Lourd {n} {'mot ' * 400}", id=f"lourd-{n}", order=n + 1, description="eau " * 4_000,
                tags=[f"{k} {'é' * 150}" for k in range(100)], url=f"https://exemple.fr/{n}?" + "x" * 4_000,
                annotations=[
                    an_annotation(None, id=f"c{n}-{k}", body=f"Un commentaire {k}. " + LONG, replies=[a_reply()])
                    for k in range(60)
                ],
            )
            for n in range(HEAVY)
        )  # fmt: skip
        light = (an_item(f"Léger {n}", id=f"leger-{n}", order=100 + n, added="2010-01-01") for n in range(LIGHT))
        add_items(library, *heavy, *light, groups=[a_group()])
        catch_up(library)
        yield library


def answer(library: Library, address: str) -> dict[str, Any]:
    response = TestClient(create_app(library)).get(address)
    assert response.status_code == 200
    assert len(response.content) < 5_000_000
    result: dict[str, Any] = response.json()
    return result


def test_a_page_of_items_has_whole_ones_as_long_as_they_fit(library: Library) -> None:
    page = answer(library, "/api/v1/items?per_page=100")
    assert page["total"] == len(page["items"]) == HEAVY + LIGHT
    whole = [item for item in page["items"] if not item["shortened"]]
    shortened = [item for item in page["items"] if item["shortened"]]
    assert {item["id"] for item in shortened} < {f"lourd-{n}" for n in range(HEAVY)}
    assert len(whole) > LIGHT
    for item in shortened:
        assert (item["url"], item["annotations"]) == (None, {"total": 60, "items": []})
        assert len(item["description"]) <= 300
        at_address = answer(library, f"/api/v1/items/{item['id']}")
        assert (at_address["shortened"], len(at_address["annotations"]["items"])) == (False, 60)


@pytest.mark.parametrize("view", ["items", "passages"])
def test_a_page_of_results_is_small(library: Library, view: str) -> None:
    page = answer(library, f"/api/v1/search?per_page=100&facet_limit=1000&view={view}&q=commentaire+léger")
    assert len(page["items"]) == min(100, page["total"])
    assert any(hit["shortened"] for hit in page["items"])
    assert not page["items"][0]["shortened"]
    whole = [hit for hit in page["items"] if not hit["shortened"]]
    assert sum(map(len, map(str, whole))) < 2 * MOST_ROW_BYTES
