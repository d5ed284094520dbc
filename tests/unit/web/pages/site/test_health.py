"""The readiness of a machine whose index lags behind the database."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from kb.indexer import catch_up
from kb.services.core.library import IndexLag, Library
from kb.site import create_app
from kb.store import Store
from kb.web.pages.site.health import LONGEST_LAG
from tests.factories.items import an_item
from tests.factories.library import a_catalogue, a_library, add_items

NOW = [0.0]


@pytest.fixture
def library() -> Iterator[Library]:
    """A library whose index has all of it."""
    library = replace(a_library(an_item("Un")), index_lag=IndexLag(lambda: NOW[0]))
    yield library
    library.close()


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Store, "is_shared", True)


def health(client: TestClient) -> tuple[int, str, str]:
    answer = client.get("/readyz")
    read = answer.json()
    return answer.status_code, read["status"], read["index"]


@pytest.mark.usefixtures("shared")
def test_a_machine_that_lags_is_not_ready_until_it_has_caught_up(library: Library) -> None:
    client = TestClient(create_app(library))
    assert health(client) == (200, "ready", "current")
    add_items(library, an_item("Deux"))
    assert health(client) == (200, "ready", "behind")
    NOW[0] += LONGEST_LAG
    assert health(client) == (200, "ready", "behind")
    NOW[0] += 1
    assert health(client) == (503, "not ready", "behind")
    assert client.get("/readyz").headers["retry-after"] == "5"
    catch_up(library)
    assert health(client) == (200, "ready", "current")


def test_the_only_machine_is_ready_all_the_same(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Store, "is_shared", False)
    client = TestClient(create_app(library))
    assert health(client) == (200, "ready", "current")
    add_items(library, an_item("Deux"))
    for _ in range(3):
        assert health(client) == (200, "ready", "behind")
        NOW[0] += 10 * LONGEST_LAG


@pytest.mark.parametrize("is_shared", [False, True])
def test_a_process_is_ready_once_its_index_has_what_the_database_held_at_its_start(
    library: Library, monkeypatch: pytest.MonkeyPatch, *, is_shared: bool
) -> None:
    monkeypatch.setattr(Store, "is_shared", is_shared)
    add_items(library, *(an_item(f"Avant {number}") for number in range(3)))
    client = TestClient(create_app(library))
    for _ in range(2):
        assert health(client) == (503, "not ready", "behind")
    with library.store.read() as reading:
        newest = reading.changes.newest()
    add_items(library, an_item("Depuis"))
    catch_up(library, newest - 1)
    assert health(client) == (503, "not ready", "behind")
    catch_up(library, newest)
    assert health(client) == (200, "ready", "behind")
    add_items(library, an_item("Plus tard"))
    assert health(client) == (200, "ready", "behind")


def test_a_process_with_a_new_empty_index_is_not_ready(library: Library) -> None:
    client = TestClient(create_app(replace(library, catalogue=a_catalogue())))
    assert health(client) == (503, "not ready", "behind")
