"""The change sequence (one number for each changed item, in the order of commits), and items that could not be
indexed.
"""

from collections.abc import Iterator

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from kb.errors import Conflict
from kb.store import Change, IndexFailure, Store, WriteTransaction
from tests.factories.items import a_base, an_annotation, an_item, rolled_back


@pytest.fixture
def store() -> Iterator[Store]:
    opened = a_base()
    yield opened
    opened.close()


def test_an_item_has_only_its_latest_change_even_when_removed(store: Store) -> None:
    first, two = an_item(id="un"), an_item(id="deux")
    with store.write() as writing:
        writing.items.add([first, two])
        writing.items.update([first])
        writing.items.count_view("deux")
        writing.items.remove(["un"])
        assert writing.changes.since(0, 10) == (Change(4, "deux"), Change(5, "un"))
        assert writing.changes.since(0, 1) == (Change(4, "deux"),)
        assert writing.changes.since(5, 10) == ()
        assert writing.changes.newest() == 5


def test_a_number_is_never_given_twice(store: Store) -> None:
    with store.write() as writing:
        writing.items.add([an_item(id="un")])
    with store.write() as writing:
        writing.items.remove(["un"])
        last = writing.changes.newest()
        writing.items.add([an_item(id="un")])
        assert writing.changes.since(0, 10) == (Change(last + 1, "un"),)


class History(RuleBasedStateMachine):
    """After any action, each changed item has one change, with a number higher than all before."""

    names = st.sampled_from(["un", "deux", "trois", "quatre"])

    def __init__(self) -> None:
        super().__init__()
        self.store = a_base()
        self.there: dict[str, int] = {}
        self.touched: dict[str, int] = {}
        self.last = 0

    def done(self, writing: WriteTransaction, *names: str) -> None:
        for name in names:
            self.last += 1
            self.touched.pop(name, None)
            self.touched[name] = self.last
        assert writing.changes.newest() == self.last

    @rule(name=names)
    def add(self, name: str) -> None:
        with self.store.write() as writing:
            item = an_item(id=name, order=writing.items.next_order(), annotations=[an_annotation(id=f"{name}-a")])
            if name in self.there:
                with pytest.raises(Conflict):
                    writing.items.add([item])
            else:
                writing.items.add([item])
                self.there[name] = item.order
                self.done(writing, name)

    @rule(names=st.permutations(["un", "deux", "trois", "quatre"]))
    def update(self, names: list[str]) -> None:
        chosen = [name for name in names if name in self.there]
        with self.store.write() as writing:
            writing.items.update([an_item("Autre", id=name, order=self.there[name]) for name in chosen])
            self.done(writing, *chosen)

    @rule(name=names)
    def remove(self, name: str) -> None:
        with self.store.write() as writing:
            writing.items.remove([name])
            if self.there.pop(name, None) is not None:
                self.done(writing, name)

    @rule(name=names)
    def undone(self, name: str) -> None:
        with rolled_back(self.store) as writing:
            writing.items.remove([name])

    @invariant()
    def told(self) -> None:
        with self.store.read() as reading:
            changes = reading.changes.since(0, 100)
            assert [(change.item_id, change.number) for change in changes] == list(self.touched.items())
            assert sorted(reading.items.ids()) == sorted(self.there)

    def teardown(self) -> None:
        self.store.close()


History.TestCase.settings = settings(max_examples=15, stateful_step_count=20, deadline=None)
TestHistory = History.TestCase


def test_index_failures_stay_until_cleared(store: Store) -> None:
    with store.write() as writing:
        writing.index_failures.put("un", 7, "un nombre hors limites")
        writing.index_failures.put("deux", 3, "trop long")
        writing.index_failures.put("un", 9, "encore")
    with store.write() as writing:
        assert writing.index_failures.all() == (IndexFailure("deux", 3, "trop long"), IndexFailure("un", 9, "encore"))
        writing.index_failures.clear("un")
        writing.index_failures.clear("jamais-vu")
        assert writing.index_failures.all() == (IndexFailure("deux", 3, "trop long"),)
