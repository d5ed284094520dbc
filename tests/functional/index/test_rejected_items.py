"""An item that cannot be indexed is rejected, whatever error it raises, and the other items are indexed."""

import pkgutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kb.access.actor import OPERATOR
from kb.indexer import catch_up, check_index, follow_changes_until_stopped, index_state, rebuild, wait_for_change
from kb.model.items.item import Item
from kb.model.search_request import SearchRequest
from kb.services.background import background_tasks
from kb.services.background.background_tasks import BackgroundTask, supervise_task, task_states
from kb.services.core.library import Library
from kb.services.search.search import run_search
from tests.factories.items import a_group, an_annotation, an_item
from tests.factories.library import add_items, an_empty_library
from tests.reference_engine import stored_document


@pytest.fixture(params=["memory", "whoosh"])
def library(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Library]:
    url = "memory:" if request.param == "memory" else f"whoosh:{tmp_path / 'index'}"
    library = an_empty_library(tmp_path / "data", index_url=url)
    add_items(library, groups=(a_group(),))
    yield library
    library.close()


def total(library: Library, **chosen: Any) -> int:
    return run_search(library, OPERATOR, SearchRequest(**chosen)).total


def test_an_address_with_a_host_over_the_bound_has_no_site(library: Library) -> None:
    add_items(
        library, an_item(id="long", url=f"https://{'a.' * 60_000}fr/"), an_item(id="un", url="https://a.exemple.fr/")
    )
    catch_up(library)
    assert index_state(library).is_current
    assert (total(library), total(library, site=("exemple.fr",)), total(library, site=("fr",))) == (2, 1, 1)
    assert check_index(library).is_clean


def test_an_item_of_too_many_characters_is_rejected_and_the_rest_goes_on(library: Library) -> None:
    long = an_item(id="long", annotations=[an_annotation("mot " * 125_000) for _ in range(10)])
    add_items(library, an_item(id="un"))
    with library.store.write() as writing:
        # An item from before there was a budget.
        writing.items.add([long], restored=True)
    add_items(library, an_item(id="deux"))
    catch_up(library)
    assert index_state(library).is_current
    assert total(library) == 2
    assert [(failure.item_id, "characters" in failure.reason) for failure in check_index(library).failures] == [
        ("long", True)
    ]


def failing_for(text: str, error: Exception, original: Callable[..., Any]) -> Callable[..., Any]:
    """The function, which raises the error if one of its arguments contains the text."""

    def failing(*arguments: Any, **named: Any) -> Any:
        if any(text in str(argument) for argument in arguments):
            raise error
        return original(*arguments, **named)

    return failing


@pytest.mark.parametrize("error", [MemoryError(), RecursionError("too deep"), ValueError("no"), KeyError("k")])
@pytest.mark.parametrize("place", ["kb.search.documents.index_documents_of", "analysis"])
def test_an_item_is_rejected_whatever_it_raises(
    library: Library, monkeypatch: pytest.MonkeyPatch, error: Exception, place: str
) -> None:
    if place == "analysis":
        stored_document.analyzed_piece.cache_clear()
        for name in (
            "tests.reference_engine.stored_document.analyze",
            "index.whoosh_engine.indexing.analysis_cache.terms_of",
        ):
            monkeypatch.setattr(name, failing_for("poison", error, pkgutil.resolve_name(name)))
    else:
        monkeypatch.setattr(place, failing_for("poison", error, pkgutil.resolve_name(place)))
    add_items(library, *(an_item(title=f"numéro {number}") for number in range(30)))
    add_items(library, an_item(id="mauvais", title="beaucoup de poison"), an_item(title="encore"))
    catch_up(library)
    assert index_state(library).is_current
    assert total(library) == 31
    report = check_index(library)
    assert [(failure.item_id, type(error).__name__ in failure.reason) for failure in report.failures] == [
        ("mauvais", True)
    ]
    assert report.is_clean

    monkeypatch.undo()
    rebuild(library)
    assert (total(library), check_index(library).failures) == (32, ())


def test_an_item_that_cannot_be_read_is_rejected_and_the_rest_goes_on(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error outside of the analysis is located by trying smaller and smaller blocks."""
    add_items(
        library, *(an_item(id=f"i{number}") for number in range(250)), an_item(id="mauvais"), an_item(id="dernier")
    )
    original = pkgutil.resolve_name("kb.indexer.change_follower._write")

    def failing(writing: Any, texts: Any, changes: Any, items: dict[str, Item], results: Any) -> None:
        if "mauvais" in items:
            raise MemoryError
        original(writing, texts, changes, items, results)

    monkeypatch.setattr("kb.indexer.change_follower._write", failing)
    catch_up(library)
    assert index_state(library).is_current
    assert total(library) == 251
    with library.store.read() as reading:
        assert [failure.item_id for failure in reading.index_failures.all()] == ["mauvais"]


def test_an_error_that_no_item_causes_is_raised_again(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    add_items(library, *(an_item() for _ in range(30)))

    def failing(*_: Any) -> None:
        raise MemoryError

    monkeypatch.setattr("kb.indexer.change_follower._store_results", failing)
    with pytest.raises(MemoryError):
        catch_up(library)


def test_the_background_process_survives_an_unexpected_error(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    failures = iter([MemoryError(), MemoryError()])

    def failing(*arguments: Any) -> int:
        if (failure := next(failures, None)) is not None:
            raise failure
        return catch_up(*arguments)

    monkeypatch.setattr("kb.indexer.change_follower.catch_up", failing)
    monkeypatch.setattr(background_tasks, "RESTART_PAUSES", (0.01,))
    add_items(library, an_item())
    stop = threading.Event()
    task = BackgroundTask("index", "", follow_changes_until_stopped)
    with task_states(tmp_path, [task]) as states:
        thread = threading.Thread(target=supervise_task, args=(task, library, stop, states), daemon=True)
        thread.start()
        assert wait_for_change(library, index_state(library).newest, 60)
        stop.set()
        library.store.wake_listeners()
        thread.join(60)
    assert not thread.is_alive()
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [MemoryError, MemoryError]
