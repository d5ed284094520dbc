"""The index after its database was replaced: the indexer detects that and rebuilds it."""

import inspect
import re
import threading
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

import kb.services
from kb.access.actor import OPERATOR
from kb.errors import Unavailable
from kb.indexer import (
    catch_up,
    catch_up_and_wait,
    check_index,
    follow_changes_until_stopped,
    hold_leader_lock,
    index_state,
    make_searchable,
    wait_for_change,
)
from kb.model.saved_search import SavedSearch
from kb.model.search_request import SearchRequest
from kb.services.core.library import Library
from kb.services.groups.group_views import group_view, group_views
from kb.services.imports.import_export import export_items
from kb.services.items.items import items_page
from kb.services.search.saved_searches import new_result_count
from kb.services.search.search import run_search
from kb.services.search.search_access import search_access
from kb.services.tags.tags import tag_counts
from tests.factories.items import a_group, an_item
from tests.factories.library import add_items, an_empty_library


@pytest.fixture(params=["memory", "whoosh"])
def library(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Library]:
    """A library whose database got another identity and another item after it was indexed."""
    url = "memory:" if request.param == "memory" else f"whoosh:{tmp_path / 'index'}"
    library = an_empty_library(tmp_path / "data", index_url=url)
    add_items(library, an_item(id="un"), an_item(id="deux"), groups=(a_group(),))
    catch_up(library)
    with library.store.write() as writing:
        writing.items.remove(["un", "deux"])
        writing.items.add([an_item(id="trois")])
        writing.meta.set("identity", "restaurée")
    yield library
    library.close()


def found_ids(library: Library) -> list[str]:
    return [row.item.id for row in run_search(library, OPERATOR, SearchRequest()).rows]


@pytest.mark.parametrize(
    "act",
    [
        found_ids,
        lambda library: list(export_items(library, OPERATOR, query="matière")),
        lambda library: items_page(library, OPERATOR, SearchRequest()),
        lambda library: tag_counts(library, OPERATOR, None),
        lambda library: group_views(library, OPERATOR),
        lambda library: group_view(library, OPERATOR, "physique"),
        lambda library: new_result_count(
            library, OPERATOR, SavedSearch("s", "g-physique", "Tout", SearchRequest(), ""), date(2026, 1, 1)
        ),
    ],
)
def test_the_index_of_a_replaced_database_answers_no_search(library: Library, act: Callable[..., object]) -> None:
    now = index_state(library)
    assert (now.is_ours, now.is_current, now.indexed) == (False, False, 0)
    with pytest.raises(Unavailable, match="restored"):
        act(library)
    catch_up(library)
    act(library)


def test_every_act_that_asks_the_index_sees_whose_it_is() -> None:
    # A marker returns no hits: it marks words in a text that the caller already has.
    asking = re.compile(r"catalogue\.(search|count|ids|values|listed)\((?!.*\)\.marker\(\))")
    modules = [path.read_text(encoding="utf-8") for path in Path(kb.services.__file__).parent.rglob("*.py")]
    assert len([text for text in modules if asking.search(text)]) >= 6
    # `search_access` tracks all searches that it starts.
    asked = re.compile(r"require_current_index\(library, reading\)|= search_access\(library, ")
    assert all(asked.search(text) for text in modules if asking.search(text))
    assert "require_current_index(library, reading)" in inspect.getsource(search_access)


@pytest.mark.parametrize("act", [catch_up, catch_up_and_wait, check_index, lambda library: make_searchable(library, 1)])
def test_the_indexer_rebuilds_the_index_of_a_restored_database(library: Library, act) -> None:  # type: ignore[no-untyped-def]
    act(library)
    assert index_state(library).is_current
    assert found_ids(library) == ["trois"]
    assert check_index(library).is_clean


def test_waiting_for_a_change_of_a_replaced_database_raises_an_error(library: Library) -> None:
    catch_up(library)
    newest = index_state(library).newest
    with pytest.raises(Unavailable, match="do again"):
        make_searchable(library, newest + 1)
    # While another process writes to the index.
    add_items(library, an_item(id="quatre"))

    def restore(_done: int, _total: int) -> None:
        with library.store.write() as writing:
            writing.meta.set("identity", "encore")

    with hold_leader_lock(library.settings.data), pytest.raises(Unavailable, match="do again"):
        make_searchable(library, newest + 1, restore)


def test_the_background_process_rebuilds_the_index(library: Library) -> None:
    stop = threading.Event()
    follower = threading.Thread(target=follow_changes_until_stopped, args=(library, stop))
    follower.start()
    try:
        assert wait_for_change(library, index_state(library).newest, 20)
    finally:
        stop.set()
        library.store.wake_listeners()
        follower.join(10)
    assert found_ids(library) == ["trois"]


def test_a_database_replaced_during_indexing_is_indexed_again(library: Library) -> None:
    catch_up(library)
    add_items(library, *(an_item(id=f"i{place}") for place in range(300)))

    def replaced(count: int, _total: int) -> None:
        if count == 200:
            with library.store.write() as writing:
                writing.items.remove([f"i{place}" for place in range(250)])
                writing.meta.set("identity", "encore")

    catch_up(library, progress=replaced)
    assert not index_state(library).is_ours
    catch_up(library)
    assert len(found_ids(library)) == 20
    assert run_search(library, OPERATOR, SearchRequest()).total == 51
    assert check_index(library).is_clean


def test_an_index_rebuilt_by_another_process_is_continued_from_its_checkpoint(library: Library) -> None:
    catch_up(library)
    add_items(library, *(an_item(id=f"i{place}") for place in range(300)))
    progress = []

    def replaced(count: int, _total: int) -> None:
        progress.append(count)

    # The identity that this process has read is replaced before it gets the index for writing.
    real = library.catalogue.engine.write

    class Late:
        def __getattr__(self, name: str) -> object:
            return getattr(library.catalogue.engine, name)

        def write(self):  # type: ignore[no-untyped-def]
            if not progress:
                with library.store.write() as writing:
                    writing.meta.set("identity", "encore")
                    writing.items.remove(["i1"])
                catch_up(library)
                add_items(library, an_item(id="tard"))
                progress.append(0)
            return real()

    late = Library(library.store, type(library.catalogue)(Late()), library.settings)  # type: ignore[arg-type]
    catch_up(late, progress=replaced)
    assert index_state(library).is_current
    assert run_search(library, OPERATOR, SearchRequest()).total == 301
    assert check_index(library).is_clean
