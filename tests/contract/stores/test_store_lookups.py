"""Lookups find items within the access scope of the caller, without reading the whole database."""

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.access.actor import AccessScope
from kb.model.items.item import Item
from kb.model.web_pages.canonical_address import canonical_url
from kb.store import Store, WriteTransaction
from tests.checkers.recorded_queries import recorded_queries, selects
from tests.factories.items import a_base, a_group, a_reply, an_annotation, an_item, rolled_back

EVERYTHING = AccessScope(everything=True)
SLUGS = ("physique", "histoire", "chimie", "~claire")
GROUPS = tuple(a_group(slug) for slug in SLUGS)
PHYSICS, HISTORY = GROUPS[0], GROUPS[1]


@pytest.fixture
def store() -> Iterator[Store]:
    opened = a_base(*GROUPS)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def library() -> Iterator[tuple[Store, tuple[Item, ...]]]:
    """Twelve items, three in each group, each with an annotation and a reply."""
    opened = a_base(*GROUPS)
    items = tuple(an_item(group=group, annotations=[an_annotation(replies=[a_reply()])]) for group in GROUPS * 3)
    with opened.write() as writing:
        writing.items.add(items)
    yield opened, items
    opened.close()


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_nothing_outside_the_scope_is_ever_given(library: tuple[Store, tuple[Item, ...]], data: st.DataObject) -> None:
    store, items = library
    chosen = data.draw(st.lists(st.sampled_from(items), max_size=15))
    scope = AccessScope(
        group_ids=data.draw(st.frozensets(st.sampled_from([*(group.id for group in GROUPS), "g-ailleurs"])))
    )
    readable = [item for item in items if item.group_id in scope.group_ids]
    with store.read() as reading:
        assert reading.items.visible([item.id for item in chosen], scope) == {
            item.id: item for item in chosen if item in readable
        }
        annotated = {item.annotations[0].id: item for item in chosen}
        assert reading.items.of_annotations(annotated, scope) == {
            annotation_id: item for annotation_id, item in annotated.items() if item in readable
        }
        assert list(reading.items.stream(scope)) == readable
        assert reading.items.count(scope) == len(readable)
        for group in GROUPS:
            assert list(reading.items.stream(scope, group.id)) == [
                item for item in readable if item.group_id == group.id
            ]


def test_an_empty_scope_reads_nothing_at_all(library: tuple[Store, tuple[Item, ...]]) -> None:
    store, items = library
    with store.read() as reading:
        assert reading.items.visible([item.id for item in items], AccessScope()) == {}
        assert list(reading.items.stream(AccessScope())) == []
        assert reading.items.count(AccessScope()) == 0


def test_any_number_of_ids_is_looked_up(library: tuple[Store, tuple[Item, ...]]) -> None:
    store, items = library
    scope = AccessScope(frozenset({PHYSICS.id, HISTORY.id, "\0"}))
    with store.read() as reading:
        for number in range(len(items) + 1):
            chosen = items[:number]
            visible = {item.id: item for item in chosen if scope.holds(item.group_id)}
            assert reading.items.visible([item.id for item in chosen], scope) == visible
            assert reading.items.any_of([item.id for item in chosen]) == {item.id: item for item in chosen}


def test_a_scope_of_very_many_groups_still_filters(library: tuple[Store, tuple[Item, ...]]) -> None:
    store, items = library
    scope = AccessScope(group_ids=frozenset([f"g-l'autre-{number}" for number in range(40_000)] + [HISTORY.id]))
    with store.read() as reading:
        items_found = reading.items.visible([item.id for item in items], scope)
        assert {item.group_id for item in items_found.values()} == {HISTORY.id}
        assert reading.items.count(scope) == 3


def test_items_come_in_the_order_asked(library: tuple[Store, tuple[Item, ...]]) -> None:
    store, items = library
    backwards = [item.id for item in reversed(items)]
    with store.read() as reading:
        assert list(reading.items.visible(backwards, EVERYTHING)) == backwards


def test_a_reply_leads_to_its_item_too(library: tuple[Store, tuple[Item, ...]]) -> None:
    store, items = library
    annotation = items[0].annotations[0]
    reply = annotation.replies[0]
    with store.read() as reading:
        taken_ids = reading.items.taken_annotation_ids([annotation.id, reply.id, "libre"])
        assert taken_ids == {annotation.id: items[0].id, reply.id: items[0].id}
        assert reading.items.of_annotations([reply.id], EVERYTHING) == {reply.id: items[0]}


def test_addresses_are_compared_in_canonical_form_within_one_group(store: Store) -> None:
    first = an_item(url="http://www.exemple.fr/page/")
    again = an_item(url="https://exemple.fr/page#fin")
    other_item = an_item(url="https://exemple.fr/page", group=HISTORY)
    without = an_item(url=None)
    canonical = canonical_url("https://exemple.fr/page")
    assert canonical is not None
    with store.write() as writing:
        writing.items.add([first, again, other_item, without])
        assert writing.items.with_addresses(PHYSICS.id, [canonical, "https://nulle.part"]) == {canonical: first}
        assert writing.items.with_addresses(HISTORY.id, [canonical]) == {canonical: other_item}
        assert writing.items.with_addresses("g-absent", [canonical]) == {}
        assert writing.items.at_address(canonical, [HISTORY.id, PHYSICS.id, "g-absent"], 2) == [first, again]
        assert writing.items.at_address(canonical, [HISTORY.id], 2) == [other_item]
        assert writing.items.at_address(canonical, [], 2) == writing.items.at_address("\ud800", [PHYSICS.id], 2) == []
        writing.items.update([an_item(id=first.id, order=first.order, url="https://autre.fr")])
        assert writing.items.with_addresses(PHYSICS.id, [canonical]) == {canonical: again}


def titles(items: list[Item]) -> list[str | None]:
    return [item.title for item in items]


def test_titles_are_compared_to_the_letter(store: Store) -> None:
    with store.write() as writing:
        writing.items.add([an_item(title) for title in ("Été", "été", "Été ", "", None, "Été")])
        assert titles(writing.items.with_titles(PHYSICS.id, ["Été", "", "absent"])) == ["Été", "", "Été"]
        assert titles(writing.items.with_titles(HISTORY.id, ["Été"])) == []


def test_truncated_titles_are_those_that_end_in_an_ellipsis(store: Store) -> None:
    with store.write() as writing:
        writing.items.add([an_item(title) for title in ("Des agents...", "Des agents…", "Des... agents", "...", None)])
        writing.items.add([an_item("Ailleurs…", group=HISTORY)])
        assert titles(writing.items.with_truncated_titles(PHYSICS.id)) == ["Des agents...", "Des agents…", "..."]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_start_of_a_title_finds_all_that_begin_so(
    library: tuple[Store, tuple[Item, ...]], data: st.DataObject
) -> None:
    letters = st.characters(codec="utf-8", exclude_characters="\0")
    hard = st.sampled_from(["a", "A", "é", "%", "_", "\ud7ff", "\ue000", "\uffff", "\U0010ffff"])
    words = st.text(hard | letters, max_size=4)
    start = data.draw(st.text(hard | letters, min_size=1, max_size=3))
    drawn = data.draw(st.lists(words | words.map(lambda end: start + end), max_size=8))
    store, items = library
    titles_there = [item.title or "" for item in items if item.group_id == PHYSICS.id]

    def titles_found(writing: WriteTransaction) -> list[str | None]:
        return titles(writing.items.with_title_start(PHYSICS.id, start))

    with rolled_back(store) as writing:
        writing.items.add([an_item(title) for title in drawn])
        begun = [title for title in [*titles_there, *drawn] if title.startswith(start)]
        assert titles_found(writing) == begun
        first = sorted(titles(writing.items.with_title_start(PHYSICS.id, start, 2)))
        assert first == sorted(begun, key=str.encode)[:2]


def test_an_empty_start_finds_nothing(store: Store) -> None:
    with store.write() as writing:
        writing.items.add([an_item()])
        assert writing.items.with_title_start(PHYSICS.id, "") == []


def test_a_stream_holds_one_page_in_memory(store: Store) -> None:
    with store.write() as writing:
        for _ in range(6):
            writing.items.add([an_item(description="mot " * 500) for _ in range(1_000)])
    with store.read() as reading:
        tracemalloc.start()
        count = sum(1 for _ in reading.items.stream(EVERYTHING))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert count == 6_000
    # 6,000 descriptions of 2,000 characters are 12 MB; a page of 500 is 1 MB, twice for its rows and its items.
    assert peak < 5_000_000


def test_a_stream_goes_on_while_others_write(store: Store) -> None:
    before = [an_item() for _ in range(1_200)]
    with store.write() as writing:
        writing.items.add(before)
    with store.read() as reading:
        stream = reading.items.stream(EVERYTHING)
        items_read = [next(stream)]
        with store.write() as writing:
            writing.items.remove([before[700].id])
            writing.items.add([an_item()])
        items_read += stream
    assert items_read == before


@pytest.mark.sqlite
def test_no_lookup_reads_a_whole_table(store: Store) -> None:
    item = an_item("Des agents…", url="https://a.fr", annotations=[an_annotation()])
    with store.write() as writing:
        writing.items.add([item])
    scope = AccessScope(group_ids=frozenset({PHYSICS.id, HISTORY.id}))
    with recorded_queries() as queries, store.write() as writing:
        connection = writing.items.connection
        writing.items.visible([item.id], scope)
        writing.items.of_annotations([item.annotations[0].id], scope)
        writing.items.with_addresses(PHYSICS.id, ["https://a.fr"])
        writing.items.with_titles(PHYSICS.id, ["Des agents…"])
        writing.items.with_title_start(PHYSICS.id, "Des")
        writing.items.with_truncated_titles(PHYSICS.id)
        writing.items.next_order()
        list(writing.items.stream(scope, PHYSICS.id))
        writing.changes.newest()
        writing.changes.since(0, 10)
        writing.changes.record([item.id])
        writing.users.by_login("claire")
        writing.groups.by_slug("physique")
        writing.groups.memberships("u-claire")
        writing.items.update([item])
        writing.items.remove([item.id])
        plans = [
            (str(row[3]), statement)
            for statement in tuple(queries)
            if not statement.startswith(("BEGIN", "INSERT", "SAVEPOINT", "RELEASE"))
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}")
        ]
    assert len(plans) > 30
    # Keyset pages walk the items by their number; all other lookups use an index. A step without a table is no table
    # scan, and `chosen` holds the items of one batch, which were found before.
    walks = [
        plan for plan in plans if plan[0].startswith("SCAN") and plan[0] not in {"SCAN CONSTANT ROW", "SCAN chosen"}
    ]
    assert walks == []


@pytest.mark.sqlite
@pytest.mark.parametrize("number", [1, 7, 500])
def test_an_import_looks_up_its_items_and_does_not_walk_through_their_group(store: Store, number: int) -> None:
    texts = [f"https://exemple.fr/{place}" for place in range(number)]
    with recorded_queries() as queries, store.read() as reading:
        connection = reading.connection
        reading.items.with_addresses(PHYSICS.id, texts)
        reading.items.at_address("https://a.fr", [PHYSICS.id, HISTORY.id], 5)
        reading.items.with_titles(PHYSICS.id, texts)
        reading.items.with_titles(PHYSICS.id, texts, without_address=True)
        reading.items.with_title_start(PHYSICS.id, "Des")
        reading.items.with_truncated_titles(PHYSICS.id)
        indexes = [
            [str(row[3]).split()[4] for row in plan if str(row[3]).startswith("SEARCH items")]
            for statement in selects(queries)
            if (plan := connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}").all())
        ]
    addresses, titles = ["items_address"], ["items_title"]
    # First by the address of the item, then by the canonical address that its page declares.
    twice = [addresses, ["items_linked"]]
    assert indexes == [addresses, *twice, titles, titles, titles, ["items_truncated_title"]]


def test_a_passage_is_read_without_the_rest_of_its_item(store: Store) -> None:
    reply = a_reply(id="réponse")
    first, second = an_annotation("Un", id="un", replies=[reply]), an_annotation("Deux", id="deux")
    item = an_item("Long", id="long", group=PHYSICS, tags=["eau"], annotations=[first, second])
    with rolled_back(store) as writing:
        writing.items.add([item])
        alone = replace(item, annotations=(replace(first, replies=()),))
        assert writing.items.with_annotations(["un", "rien"], EVERYTHING) == {"un": alone}
        assert writing.items.with_annotations(["réponse"], EVERYTHING) == {"réponse": replace(item, annotations=())}
        assert writing.items.without_annotations(["long"], EVERYTHING) == {"long": replace(item, annotations=())}
        assert writing.items.with_annotations(["un"], AccessScope(frozenset({"g-autre"}))) == {}
        assert writing.items.replies_to("un") == (reply,)
        assert writing.items.replies_to("deux") == ()
