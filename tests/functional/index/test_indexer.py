import resource
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kb.access.actor import OPERATOR
from kb.errors import Unavailable
from kb.indexer import catch_up, check_index, follow_changes_until_stopped, index_state, rebuild, wait_for_change
from kb.model.items.item import Item
from kb.model.search_request import SearchRequest, View
from kb.search.documents import index_documents_of
from kb.search.index_search import open_catalogue
from kb.search.index_updates import IndexTransaction
from kb.services.core.library import Library
from kb.services.search.search import run_search
from tests.factories.items import a_group, an_annotation, an_item
from tests.factories.library import add_items, an_empty_library


@pytest.fixture(params=["memory", "whoosh"])
def library(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Library]:
    url = "memory:" if request.param == "memory" else f"whoosh:{tmp_path / 'index'}"
    library = an_empty_library(tmp_path / "data", index_url=url)
    add_items(library, groups=(a_group(),))
    yield library
    library.close()


def total(library: Library, view: View = View.ITEMS, **chosen: object) -> int:
    return run_search(library, OPERATOR, SearchRequest(view=view, **chosen)).total  # type: ignore[arg-type]


def change(library: Library, *items: Item) -> None:
    with library.store.write() as writing:
        writing.items.update(items)


def remove(library: Library, *ids: str) -> None:
    with library.store.write() as writing:
        writing.items.remove(ids)


def test_the_index_follows_added_changed_and_removed_items(library: Library) -> None:
    first = an_item(id="un", tags=["rh"], annotations=[an_annotation(id="a"), an_annotation(id="b")])
    add_items(library, first, an_item(id="deux", tags=["rh"]))
    catch_up(library)
    assert (total(library), total(library, View.PASSAGES), total(library, tag=("rh",))) == (2, 2, 2)

    change(library, replace(first, tags=("web",), annotations=first.annotations[1:]))
    remove(library, "deux")
    catch_up(library)
    assert (total(library), total(library, View.PASSAGES), total(library, tag=("rh",))) == (1, 1, 0)
    assert check_index(library).is_clean


def test_the_checkpoint_is_the_newest_change_and_following_again_does_nothing(library: Library) -> None:
    add_items(library, an_item())
    assert not index_state(library).is_current
    reached = catch_up(library)
    assert index_state(library).is_current
    assert (reached, catch_up(library)) == (index_state(library).newest, index_state(library).newest)


def test_indexing_stops_at_the_requested_change(library: Library) -> None:
    add_items(library, *(an_item(id=f"i{number}") for number in range(5)))
    assert catch_up(library, until=3) == 3
    assert total(library) == 3
    catch_up(library)
    assert total(library) == 5


def test_an_item_that_changes_again_meanwhile_leaves_no_gap(library: Library) -> None:
    item = an_item(id="un")
    add_items(library, item, an_item(id="deux"))
    change(library, replace(item, title="Autre titre"))
    assert catch_up(library, until=1) == 1
    assert total(library) == 0
    catch_up(library)
    assert total(library) == 2


def test_a_commit_has_at_most_the_given_number_of_items(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    commits = []
    store_checkpoint = IndexTransaction.store_checkpoint

    def counted(writing: IndexTransaction, base: str, number: int) -> None:
        commits.append(number)
        store_checkpoint(writing, base, number)

    monkeypatch.setattr(IndexTransaction, "store_checkpoint", counted)
    add_items(library, *(an_item(id=f"i{number}") for number in range(7)))
    assert catch_up(library, block=3) == 7
    assert commits == [3, 6, 7]
    assert total(library) == 7


def test_a_failure_halfway_leaves_the_index_as_it_was(library: Library) -> None:
    add_items(library, an_item(id="un"))
    catch_up(library)
    add_items(library, *(an_item() for _ in range(300)))

    def fail(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        catch_up(library, progress=fail)
    assert total(library) == 1
    catch_up(library)
    assert total(library) == 301
    assert check_index(library).is_clean


def test_progress_goes_up_to_the_whole(library: Library) -> None:
    progress: list[tuple[int, int]] = []
    add_items(library, *(an_item() for _ in range(450)))
    catch_up(library, progress=lambda count, all_: progress.append((count, all_)))
    assert progress == [(200, 450), (400, 450), (450, 450)]


# The sort number of a passage is its item's number times 2**20: this one needs more than 64 bits.
FAR = 2**50


def test_an_item_that_cannot_be_indexed_is_isolated_and_the_others_are_indexed(library: Library) -> None:
    poison = an_item(id="poison", order=FAR, annotations=[an_annotation()])
    add_items(library, an_item(id="un", order=1), poison, an_item(id="deux", order=FAR + 1))
    catch_up(library)
    assert index_state(library).is_current
    assert total(library) == 2
    report = check_index(library)
    assert [(failure.item_id, "64 bits" in failure.reason) for failure in report.failures] == [("poison", True)]
    assert report.is_clean

    change(library, replace(poison, annotations=()))
    catch_up(library)
    assert total(library) == 3
    assert check_index(library).failures == ()


def test_an_isolated_item_is_no_longer_listed_after_its_removal(library: Library) -> None:
    add_items(library, an_item(id="poison", order=FAR, annotations=[an_annotation()]))
    catch_up(library)
    remove(library, "poison")
    catch_up(library)
    assert check_index(library).failures == ()


def test_a_rebuilt_index_says_the_same(library: Library) -> None:
    add_items(library, *(an_item(annotations=[an_annotation()]) for _ in range(30)))
    catch_up(library)
    before = set(library.catalogue.engine.entries())
    assert rebuild(library) == index_state(library).newest
    assert set(library.catalogue.engine.entries()) == before
    assert len(before) == 60


def test_changes_during_a_rebuild_are_in_the_new_index(library: Library) -> None:
    add_items(library, an_item(id="un"), an_item(id="deux"))
    late = iter([an_item(id="tard")])

    def meanwhile(_done: int, _total: int) -> None:
        add_items(library, *late)
        remove(library, "un")

    rebuild(library, meanwhile)
    rows = run_search(library, OPERATOR, SearchRequest()).rows
    assert [row.item.id for row in rows] == ["deux", "tard"]
    assert check_index(library).is_clean


def test_a_rebuild_that_fails_leaves_the_old_index(library: Library) -> None:
    add_items(library, an_item())
    catch_up(library)

    def fail(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild(library, fail)
    assert total(library) == 1
    assert check_index(library).is_clean


def test_a_second_writer_of_an_index_is_not_reported_as_a_fault(library: Library) -> None:
    add_items(library, an_item())
    with library.catalogue.engine.write(), pytest.raises(Unavailable, match="Another program is writing the index"):
        catch_up(library)
    catch_up(library)
    assert total(library) == 1


def test_a_rebuild_waits_for_the_process_that_writes_the_index(library: Library) -> None:
    add_items(library, an_item())
    begun = threading.Event()

    def write() -> None:
        with library.catalogue.engine.write():
            begun.set()
            time.sleep(1.5)

    writer = threading.Thread(target=write)
    writer.start()
    begun.wait(5)
    rebuild(library)
    assert total(library) == 1
    writer.join()


def test_a_damaged_index_is_reported_and_rebuilt(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    library = an_empty_library(tmp_path / "data", index_url=f"whoosh:{folder}")
    add_items(library, an_item(), groups=(a_group(),))
    catch_up(library)
    for path in folder.rglob("*.arrays"):
        path.write_bytes(path.read_bytes()[:100])
    torn = Library(library.store, open_catalogue(f"whoosh:{folder}"), library.settings)
    for act in (catch_up, index_state):
        with pytest.raises(Unavailable, match="kb index rebuild"):
            act(torn)
    report = check_index(torn)
    assert [Path(file.path).suffix for file in report.damaged] == [".arrays"]
    assert not report.is_clean
    rebuild(torn)
    assert total(torn) == 1
    assert check_index(torn).is_clean
    torn.close()


def test_a_deleted_index_is_filled_again(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    library = an_empty_library(tmp_path / "data", index_url=f"whoosh:{folder}")
    add_items(library, an_item(), groups=(a_group(),))
    catch_up(library)
    shutil.rmtree(folder)
    fresh = Library(library.store, open_catalogue(f"whoosh:{folder}"), library.settings)
    catch_up(fresh)
    assert total(fresh) == 1
    fresh.close()


def test_the_check_reports_missing_stale_and_superfluous_documents(library: Library) -> None:
    add_items(library, *(an_item(id=id_, annotations=[an_annotation(id=f"{id_}-a")]) for id_ in ("un", "deux")))
    catch_up(library)
    documents = library.catalogue.engine
    with documents.write() as writer:
        writer.drop("key", "p/un-a")
        writer.put(index_documents_of(an_item("Autre", id="deux"))[0])
        writer.put(index_documents_of(an_item(id="fantôme"))[0])
    report = check_index(library)
    assert (report.missing, report.stale, report.ghosts) == (("p/un-a",), ("i/deux",), ("i/fantôme",))
    assert not report.is_clean
    assert report.counts == {"items": 2, "documents": 4, "behind": 0}
    rebuild(library)
    assert check_index(library).is_clean


def test_checking_follows_first_what_the_index_has_not_seen(library: Library) -> None:
    add_items(library, an_item())
    report = check_index(library)
    assert report.is_clean
    assert report.counts == {"items": 1, "documents": 1, "behind": 0}


def test_an_index_ahead_of_its_database_is_rebuilt(library: Library, tmp_path: Path) -> None:
    add_items(library, an_item(), an_item())
    catch_up(library)
    older = an_empty_library(tmp_path / "other")
    mixed = Library(older.store, library.catalogue, library.settings)
    add_items(mixed, an_item(id="seul"), groups=(a_group(),))
    catch_up(mixed)
    assert [row.item.id for row in run_search(mixed, OPERATOR, SearchRequest()).rows] == ["seul"]
    assert check_index(mixed).is_clean
    older.close()


def test_too_many_open_files_are_not_reported_as_damage(tmp_path: Path) -> None:
    catalogue = open_catalogue(f"whoosh:{tmp_path}")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, before[1]))
        with pytest.raises(Unavailable, match="Too many open files"):
            catalogue.checkpoint()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert catalogue.checkpoint().number == 0
    catalogue.close()


def test_the_background_process_makes_changes_searchable_at_once(library: Library) -> None:
    stop = threading.Event()
    follower = threading.Thread(target=follow_changes_until_stopped, args=(library, stop))
    follower.start()
    try:
        for number in range(1, 6):
            add_items(library, an_item())
            assert wait_for_change(library, index_state(library).newest, 60)
            assert total(library) == number
    finally:
        stop.set()
        library.store.wake_listeners()
        follower.join(10)
    assert not follower.is_alive()
