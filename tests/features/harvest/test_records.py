"""Harvest records: the items that are public or were public once, and the dates of these states."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

import kb.features.harvest.records
import kb.store
from kb.access.actor import ANONYMOUS, Action
from kb.access.permissions import is_allowed
from kb.features.harvest.records import (
    HarvestRange,
    HarvestRecord,
    HarvestRecordsReading,
    is_public_group,
    record_events,
    record_next_items,
    waiting_group,
)
from kb.model.people.group import Group, Visibility
from kb.site import migrate, open_store
from kb.store import ItemsChanged, Store
from tests.checkers.recorded_queries import recorded_queries
from tests.factories.items import a_base, a_group, an_item, rolled_back

OPEN, OTHER = a_group("ouvert"), a_group("autre")
CLOSED = a_group("ferme", visible=Visibility.MEMBERS)
ALL = HarvestRange()
NOW = "2026-01-01T00:00:00.000000Z"


@pytest.fixture
def store() -> Iterator[Store]:
    opened = a_base(OPEN, OTHER, CLOSED)
    with opened.write() as writing:
        writing.items.add(
            [
                an_item(id="i1", order=1, group=OPEN),
                an_item(id="i2", order=2, group=OPEN),
                an_item(id="i3", order=3, group=OTHER),
                an_item(id="secret", order=4, group=CLOSED),
            ]
        )
    yield opened
    opened.close()


def records(store: Store, chosen: HarvestRange = ALL) -> dict[str, HarvestRecord]:
    with store.read() as reading:
        return {record.item_id: record for record in HarvestRecordsReading(reading.connection).page(chosen, None, 100)}


def withdrawn(store: Store) -> set[str]:
    return {record.item_id for record in records(store).values() if record.withdrawn}


def test_items_that_everyone_may_read_have_a_record_and_no_others(store: Store) -> None:
    records_now = records(store)
    assert set(records_now) == {"i1", "i2", "i3"}
    assert {record.public_group_id for record in records_now.values()} == {OPEN.id, OTHER.id}
    assert not withdrawn(store)


def test_a_change_of_an_item_dates_its_record_later_than_all_others(store: Store) -> None:
    before = records(store)
    with store.write() as writing:
        writing.items.update([replace(writing.items.any_of(["i1"])["i1"], title="Autre titre")])
        writing.tag_assignments.set_tags({"i3": ["eau"]})
    after = records(store)
    assert list(after) == ["i2", "i1", "i3"]
    assert min(after["i1"].stamp, after["i3"].stamp) > max(record.stamp for record in before.values())
    assert after["i2"] == before["i2"]


def test_a_view_of_an_item_is_no_change(store: Store) -> None:
    before = records(store)
    with store.write() as writing:
        writing.items.count_view("i1")
    assert records(store) == before


def test_a_removed_item_stays_as_a_withdrawn_record_unless_it_was_never_public(store: Store) -> None:
    with store.write() as writing:
        writing.items.remove(["i1", "secret"])
    assert set(records(store)) == {"i1", "i2", "i3"}
    assert withdrawn(store) == {"i1"}


def test_a_restored_item_has_its_record_again(store: Store) -> None:
    with store.write() as writing:
        item = writing.items.any_of(["i1"])["i1"]
        writing.items.remove(["i1"])
    with store.write() as writing:
        writing.items.add([item])
    assert not withdrawn(store)


def test_an_item_that_moves_to_a_closed_group_is_withdrawn(store: Store) -> None:
    with store.write() as writing:
        item = writing.items.any_of(["i1"])["i1"]
        writing.items.update([replace(item, group_id=CLOSED.id)])
    assert records(store)["i1"].public_group_id == OPEN.id
    assert withdrawn(store) == {"i1"}
    with store.write() as writing:
        writing.items.remove(["i1"])
    assert withdrawn(store) == {"i1"}


@pytest.mark.parametrize(
    "change",
    [{"visible": Visibility.SIGNED_IN}, {"visible": Visibility.MEMBERS}, {"deleted_at": NOW}],
)
def test_a_group_that_not_everyone_may_read_any_more_withdraws_its_records(
    store: Store, change: dict[str, object]
) -> None:
    before = records(store)
    with store.write() as writing:
        writing.groups.update(replace(OPEN, **change))  # type: ignore[arg-type] # its own fields
    assert withdrawn(store) == {"i1", "i2"}
    assert records(store)["i1"].stamp > before["i3"].stamp
    with store.write() as writing:
        writing.groups.update(OPEN)
    assert not withdrawn(store)


def test_an_item_that_was_deleted_while_its_group_was_closed_stays_withdrawn(store: Store) -> None:
    with store.write() as writing:
        writing.groups.update(replace(OPEN, visible=Visibility.MEMBERS))
    with store.write() as writing:
        writing.items.remove(["i2"])
        writing.groups.update(OPEN)
    assert withdrawn(store) == {"i2"}


def test_a_group_that_everyone_may_read_now_has_records(store: Store) -> None:
    with store.write() as writing:
        writing.groups.update(replace(CLOSED, visible=Visibility.EVERYONE))
    assert "secret" in records(store)
    assert not withdrawn(store)


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """A transaction writes the records of two items of a group."""
    monkeypatch.setattr(kb.features.harvest.records, "GROUP_BATCH", 2)


@pytest.fixture
def large(small_batches: None, store: Store) -> Store:
    """Three more items in the open group, and in the closed one."""
    with store.write() as writing:
        for group, begin in ((OPEN, "i"), (CLOSED, "secret")):
            number = 10 if group is OPEN else 20
            writing.items.add(
                [an_item(id=f"{begin}{number + offset}", order=number + offset, group=group) for offset in (1, 2, 3)]
            )
    return store


OF_OPEN = {"i1", "i2", "i11", "i12", "i13"}


def show_to(store: Store, group: Group, visible: Visibility) -> None:
    with store.write() as writing:
        writing.groups.update(replace(group, visible=visible))


def record_next(store: Store) -> bool:
    """Write the records of the next items; returns whether there were any."""
    with store.write() as writing:
        is_waiting = waiting_group(writing.connection) is not None
        record_next_items(writing.connection)
    return is_waiting


def test_a_change_of_a_large_group_writes_the_records_of_its_first_items_and_the_others_follow(large: Store) -> None:
    newest = max(record.stamp for record in records(large).values())
    show_to(large, OPEN, Visibility.MEMBERS)
    assert withdrawn(large) == {"i1", "i2"}
    assert record_next(large)
    assert withdrawn(large) == {"i1", "i2", "i11", "i12"}
    assert record_next(large)
    assert not record_next(large)
    assert withdrawn(large) == OF_OPEN
    assert min(records(large)[item_id].stamp for item_id in OF_OPEN) > newest


def test_a_group_that_is_opened_before_all_records_are_withdrawn_dates_all_of_them_again(large: Store) -> None:
    show_to(large, OPEN, Visibility.MEMBERS)
    record_next(large)
    newest = max(record.stamp for record in records(large).values())
    show_to(large, OPEN, Visibility.EVERYONE)
    while record_next(large):
        pass
    assert not withdrawn(large)
    # A harvest in between saw all of them as deleted.
    assert min(records(large)[item_id].stamp for item_id in OF_OPEN) > newest


def test_a_group_that_is_closed_before_all_records_are_written_withdraws_those_that_are(large: Store) -> None:
    show_to(large, CLOSED, Visibility.EVERYONE)
    assert {"secret", "secret21"} <= records(large).keys()
    show_to(large, CLOSED, Visibility.MEMBERS)
    while record_next(large):
        pass
    assert withdrawn(large) == {"secret", "secret21"}
    assert not {"secret22", "secret23"} & records(large).keys()


def test_two_groups_that_change_at_once_both_have_their_records(large: Store) -> None:
    with large.write() as writing:
        writing.groups.update(replace(CLOSED, visible=Visibility.EVERYONE))
        writing.groups.update(replace(OPEN, visible=Visibility.MEMBERS))
    while record_next(large):
        pass
    assert withdrawn(large) == OF_OPEN
    assert records(large).keys() == {*OF_OPEN, "i3", "secret", "secret21", "secret22", "secret23"}


def test_items_that_change_between_two_batches_have_the_record_that_they_should(large: Store) -> None:
    show_to(large, OPEN, Visibility.MEMBERS)
    with large.write() as writing:
        items_by_id = writing.items.any_of(["i1", "i12", "i13"])
        writing.items.update(
            [replace(items_by_id["i1"], group_id=OTHER.id), replace(items_by_id["i13"], group_id=OTHER.id)]
        )
        writing.items.remove(["i12"])
        writing.items.add([an_item(id="i0", order=5, group=OPEN), an_item(id="i30", order=30, group=OPEN)])
    while record_next(large):
        pass
    assert withdrawn(large) == {"i2", "i11", "i12"}
    assert not {"i0", "i30"} & records(large).keys()


def test_a_group_that_is_deleted_for_good_between_two_batches_is_done(large: Store) -> None:
    show_to(large, OPEN, Visibility.MEMBERS)
    with large.write() as writing:
        writing.erasure.library(OPEN.id)
    while record_next(large):
        pass
    assert withdrawn(large) == OF_OPEN


def test_a_transaction_that_is_given_up_leaves_its_items_to_the_next_one(large: Store) -> None:
    show_to(large, OPEN, Visibility.MEMBERS)
    before = records(large)
    with rolled_back(large) as writing:
        record_next_items(writing.connection)
    assert records(large) == before
    while record_next(large):
        pass
    assert withdrawn(large) == OF_OPEN


def test_the_harvest_record_remains_after_a_group_is_deleted_permanently(store: Store) -> None:
    with store.write() as writing:
        writing.erasure.library(OPEN.id)
    assert withdrawn(store) == {"i1", "i2"}


def test_the_public_groups_are_those_that_the_table_of_rights_opens_to_everyone() -> None:
    for visible in Visibility:
        for deleted_at in (None, NOW):
            group = replace(a_group("x", visible=visible), deleted_at=deleted_at)
            assert is_public_group(group) == is_allowed(ANONYMOUS, Action.READ, group)


def test_pages_go_on_after_a_record_also_among_equal_dates(store: Store) -> None:
    with store.read() as reading:
        first = HarvestRecordsReading(reading.connection).page(ALL, None, 2)
        rest = HarvestRecordsReading(reading.connection).page(ALL, (first[-1].stamp, first[-1].item_id), 2)
        assert [record.item_id for record in (*first, *rest)] == ["i1", "i2", "i3"]
        assert {record.stamp for record in first} == {rest[0].stamp}
        assert HarvestRecordsReading(reading.connection).count(ALL) == 3
        assert HarvestRecordsReading(reading.connection).count(HarvestRange(group_id=OTHER.id)) == 1
        assert HarvestRecordsReading(reading.connection).page(HarvestRange(before=first[0].stamp), None, 9) == ()
        assert HarvestRecordsReading(reading.connection).of_item("i3") == rest[0]
        assert HarvestRecordsReading(reading.connection).of_item("secret") is None


@pytest.mark.parametrize("most", [5_000, 0])
def test_a_range_of_some_items_has_these_and_the_withdrawn_ones(
    store: Store, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kb.features.harvest.records, "_MOST_IDS", most)
    monkeypatch.setattr(kb.features.harvest.records, "_WINDOW", 1)
    with store.write() as writing:
        writing.items.remove(["i1"])
    assert set(records(store, HarvestRange(item_ids=frozenset({"i3", "secret", "rien"})))) == {"i3", "i1"}
    assert set(records(store, HarvestRange(item_ids=frozenset(), group_id=OTHER.id))) == set()


@pytest.mark.parametrize("window", [1, 1_000])
def test_a_range_of_a_tag_has_its_items_in_every_spelling_and_the_withdrawn_ones(
    store: Store, window: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kb.features.harvest.records, "_WINDOW", window)
    with store.write() as writing:
        writing.tag_assignments.set_tags({"i1": ("Été", "eau"), "i2": ("ÉTÉ",), "i3": ("été",), "secret": ("été",)})
    chosen = HarvestRange(tag="été")
    assert set(records(store, chosen)) == {"i1", "i2", "i3"}
    assert set(records(store, replace(chosen, group_id=OPEN.id))) == {"i1", "i2"}
    assert set(records(store, replace(chosen, tag="eau"))) == {"i1"}
    with store.write() as writing:
        writing.items.remove(["i3"])
    assert set(records(store, replace(chosen, tag="eau"))) == {"i1", "i3"}
    with store.read() as reading:
        first = HarvestRecordsReading(reading.connection).page(chosen, None, 1)
        rest = HarvestRecordsReading(reading.connection).page(chosen, (first[0].stamp, first[0].item_id), 9)
        assert {record.item_id for record in (*first, *rest)} == {"i1", "i2", "i3"}
        assert HarvestRecordsReading(reading.connection).count(chosen) == 3


def test_a_date_is_not_before_one_that_was_given_when_the_clock_goes_back(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = records(store)["i3"].stamp
    monkeypatch.setattr(kb.features.harvest.records, "timestamp_in", lambda **_: "2001-01-01T00:00:00.000000Z")
    with store.write() as writing:
        writing.items.remove(["i1"])
    assert records(store)["i1"].stamp == before


def test_a_database_of_before_the_feature_gets_a_record_for_each_public_item(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    kb.store.migrate(url, ())
    with closing(kb.store.open_store(url, ())) as opened, opened.write() as writing:
        for group in (OPEN, CLOSED):
            writing.groups.add(group)
        writing.items.add([an_item(id="i1", order=1, group=OPEN), an_item(id="secret", order=2, group=CLOSED)])
    migrate(url)
    with closing(open_store(url)) as opened:
        assert set(records(opened)) == {"i1"}
        assert not withdrawn(opened)


@pytest.mark.sqlite
@pytest.mark.parametrize("number", [1, 100, 500])
def test_items_that_are_added_or_removed_are_published_without_a_walk_through_their_group(
    store: Store, number: int
) -> None:
    ids = tuple(f"neuf-{place}" for place in range(number))
    with recorded_queries() as queries, store.write() as writing:
        record_events(writing.connection, [ItemsChanged(ids)])
        plans = [
            str(row[3])
            for statement in tuple(queries)
            if "harvest_records" in statement
            for row in writing.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}")
        ]
    searched = {plan for plan in plans if " items" in plan and " items_" in plan}
    assert searched
    assert all(" items_id " in plan for plan in searched)
