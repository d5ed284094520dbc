"""A user finds their own change at the next search, which waits for the index a second at most."""

import threading
import time
from collections.abc import Iterator

import pytest

from kb.access.actor import Actor
from kb.indexer import catch_up
from kb.model.items.item_fields import ItemFields
from kb.model.search_request import SearchRequest
from kb.services.authentication.authentication import actor_of_session, sign_in
from kb.services.core.library import Library
from kb.services.core.read_your_writes import LONGEST_WAIT, wait_for_own_changes
from kb.services.items.item_creation import save_item
from kb.services.search.search import run_search
from tests.factories.library import an_empty_library
from tests.support.browser_sessions import PASSWORD, an_account


@pytest.fixture
def library() -> Iterator[Library]:
    library = an_empty_library()
    an_account(library)
    yield library
    library.close()


@pytest.fixture
def secret(library: Library) -> str:
    return sign_in(library, "claire", PASSWORD, "127.0.0.1", "Firefox")


def claire(library: Library, secret: str) -> Actor:
    return actor_of_session(library, secret)


def test_a_search_waits_for_the_users_own_last_save(
    library: Library, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kb.services.core.read_your_writes.LONGEST_WAIT", 60.0)
    assert wait_for_own_changes(library, claire(library, secret))
    save_item(library, claire(library, secret), "~claire", ItemFields(title="Les digues de Loire"))
    later = threading.Timer(0.1, lambda: catch_up(library))
    later.start()
    results = run_search(library, claire(library, secret), SearchRequest(q="digue"))
    later.join()
    assert (results.total, results.is_behind) == (1, False)


def test_where_the_index_stands_still_the_answer_says_so_after_a_second(library: Library, secret: str) -> None:
    save_item(library, claire(library, secret), "~claire", ItemFields(title="Les digues de Loire"))
    begun = time.monotonic()
    results = run_search(library, claire(library, secret), SearchRequest(q="digue"))
    assert (results.total, results.is_behind) == (0, True)
    assert time.monotonic() - begun >= LONGEST_WAIT
    # Other users do not wait for it.
    assert not run_search(library, Actor(), SearchRequest(q="digue")).is_behind
