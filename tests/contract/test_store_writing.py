"""Transactions: whole or not at all, one writer at a time, changes numbered in the order of commits."""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from kb.access.actor import Scope
from kb.errors import Conflict, NotFound, Unavailable
from kb.model.group import Membership, Role, Visibility
from kb.store import Change, Reject, Store, Writing, open_store
from tests.factories import a_base, a_group, a_user, an_annotation, an_item, undone

EVERYTHING = Scope(everything=True)


@pytest.fixture
def store() -> Iterator[Store]:
    opened = a_base()
    yield opened
    opened.close()


def test_an_exception_leaves_neither_item_nor_change(store: Store) -> None:
    with undone(store) as writing:
        writing.items.add([an_item()])
        writing.meta.set("clé", "valeur")
        assert writing.changes.newest() == 1
    with store.read() as reading:
        assert reading.items.count(EVERYTHING) == 0
        assert reading.changes.since(0, 10) == ()
        assert reading.meta.get("clé") is None


def test_a_reader_keeps_its_snapshot_while_others_write(store: Store) -> None:
    first, second = an_item(), an_item()
    with store.write() as writing:
        writing.items.add([first])
    with store.read() as reading:
        assert reading.changes.newest() == 1
        with store.write() as writing:
            writing.items.add([second])
            # Not committed: nobody else sees it.
            with store.read() as another:
                assert another.items.count(EVERYTHING) == 1
        assert list(reading.items.ids()) == [first.id]
        assert reading.changes.newest() == 1
    with store.read() as reading:
        assert list(reading.items.ids()) == [first.id, second.id]


def test_a_write_inside_a_write_fails_at_once_and_the_first_goes_on(store: Store) -> None:
    with store.write() as writing:
        with pytest.raises(RuntimeError, match="inside another"), store.write():
            pass
        writing.items.add([an_item()])
    with store.write() as writing:
        assert writing.items.count(EVERYTHING) == 1


def test_two_stores_of_one_base_share_one_lock(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    one, other = a_base(url=url), open_store(url)
    with one.write(), pytest.raises(RuntimeError, match="inside another"), other.write():
        pass
    one.close()
    other.close()


def test_a_writer_waits_for_the_one_before(store: Store) -> None:
    entered, steps = threading.Event(), []

    def second() -> None:
        entered.set()
        with store.write() as writing:
            steps.append(writing.items.count(EVERYTHING))

    thread = threading.Thread(target=second)
    with store.write() as writing:
        thread.start()
        entered.wait()
        writing.items.add([an_item()])
        thread.join(0.1)
        steps.append("first ends")
    thread.join()
    assert steps == ["first ends", 1]


def test_writing_through_a_reading_is_refused(store: Store) -> None:
    with store.read() as reading:
        assert isinstance(reading, Writing)
        with pytest.raises(Unavailable):
            reading.meta.set("clé", "valeur")


def test_an_index_that_never_closes_a_reading_leaves_the_others_alone(store: Store) -> None:
    kept = [store.read() for _ in range(50)]
    for reading in kept:
        reading.__enter__().items.count(EVERYTHING)
    with store.write() as writing:
        writing.items.add([an_item()])
    for reading in kept:
        reading.__exit__(None, None, None)


def test_an_item_has_only_its_latest_change_even_when_removed(store: Store) -> None:
    one, two = an_item(id="un"), an_item(id="deux")
    with store.write() as writing:
        writing.items.add([one, two])
        writing.items.update([one])
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
    """Whatever is done, each touched item has one change, numbered after all those before."""

    names = st.sampled_from(["un", "deux", "trois", "quatre"])

    def __init__(self) -> None:
        super().__init__()
        self.store = a_base()
        self.there: dict[str, int] = {}
        self.touched: dict[str, int] = {}
        self.last = 0

    def done(self, writing: Writing, *names: str) -> None:
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
        with undone(self.store) as writing:
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


def test_what_could_not_be_indexed_is_kept_until_cleared(store: Store) -> None:
    with store.write() as writing:
        writing.rejects.put("un", 7, "un nombre hors limites")
        writing.rejects.put("deux", 3, "trop long")
        writing.rejects.put("un", 9, "encore")
    with store.write() as writing:
        assert writing.rejects.all() == (Reject("deux", 3, "trop long"), Reject("un", 9, "encore"))
        writing.rejects.clear("un")
        writing.rejects.clear("jamais-vu")
        assert writing.rejects.all() == (Reject("deux", 3, "trop long"),)


def test_people_are_known_by_login_and_a_taken_login_adds_nobody(store: Store) -> None:
    with store.write() as writing:
        with pytest.raises(Conflict):
            writing.users.add([a_user("luc"), a_user("claire", id="u-autre")])
        writing.users.add([])
        assert writing.users.by_login("luc") is None
        writing.users.add([a_user("Claire", "Émilie")])
        assert writing.users.by_login("Claire") == a_user("Claire", "Émilie")
        assert writing.users.by_logins(["sophie", "claire", "absent"]) == {
            "sophie": a_user("sophie"),
            "claire": a_user("claire"),
        }
        assert writing.users.by_ids(["u-sophie", "u-absent"]) == {"u-sophie": a_user("sophie")}
        assert writing.users.has_account("u-claire") is False


def test_groups_are_added_changed_and_found(store: Store) -> None:
    physics = a_group("physique")
    renamed = a_group("phys", "Physique & chimie", id=physics.id, description="", visible=Visibility.SIGNED_IN)
    with store.write() as writing:
        with pytest.raises(Conflict):
            writing.groups.add(a_group("physique", id="g-autre"))
        with pytest.raises(Conflict):
            writing.groups.update(a_group("histoire", id=physics.id))
        with pytest.raises(NotFound):
            writing.groups.update(a_group("absent"))
        writing.groups.update(renamed)
    with store.read() as reading:
        assert reading.groups.all() == (a_group("histoire"), renamed)
        assert reading.groups.by_slug("phys") == renamed
        assert reading.groups.by_slug("physique") is None
        assert reading.groups.by_ids([physics.id, "g-absent"]) == {physics.id: renamed}


def test_a_role_is_given_and_changed(store: Store) -> None:
    with store.write() as writing:
        writing.groups.set_role("u-claire", "g-physique", Role.READER)
        writing.groups.set_role("u-claire", "g-physique", Role.OWNER)
        writing.groups.set_role("u-claire", "g-histoire", Role.MEMBER)
    with store.read() as reading:
        assert reading.groups.memberships("u-claire") == (
            Membership("u-claire", "g-histoire", Role.MEMBER),
            Membership("u-claire", "g-physique", Role.OWNER),
        )
        assert reading.groups.memberships("u-sophie") == ()


def test_an_item_of_an_unknown_group_or_author_is_refused(store: Store) -> None:
    for stray in (an_item(group="g-absent"), an_item(author=a_user("absent"))):
        with pytest.raises(Exception, match="FOREIGN KEY"), store.write() as writing:
            writing.items.add([stray])


def test_another_program_that_holds_the_base_is_waited_for_then_told(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    store = a_base(url=f"sqlite:///{path}")
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(0.3, other.execute, ["COMMIT"]).start()
    with store.write() as writing:
        writing.items.add([an_item()])
    other.close()
    with store.read() as reading:
        assert reading.items.count(EVERYTHING) == 1
    store.close()


def test_a_folder_taken_away_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "données"
    store = a_base(url=f"sqlite:///{folder / 'store.sqlite'}")
    folder.rename(tmp_path / "ailleurs")
    with pytest.raises(Unavailable), store.write():
        pass
    folder.mkdir()
    with pytest.raises(Unavailable), store.write():
        pass
    with pytest.raises(Unavailable), store.read():
        pass
    store.close()


def test_a_base_put_back_in_its_place_is_the_one_that_is_written(tmp_path: Path) -> None:
    path, copy = tmp_path / "store.sqlite", tmp_path / "copie.sqlite"
    store = a_base(url=f"sqlite:///{path}")
    with sqlite3.connect(copy) as to, sqlite3.connect(path) as source:
        source.backup(to)
    to.close()
    source.close()
    with store.write() as writing:
        writing.items.add([an_item("Avant")])
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    copy.replace(path)
    after = an_item("Après")
    with store.write() as writing:
        writing.items.add([after])
    store.close()
    reopened = open_store(f"sqlite:///{path}")
    with reopened.read() as reading:
        assert list(reading.items.ids()) == [after.id]
    reopened.close()
