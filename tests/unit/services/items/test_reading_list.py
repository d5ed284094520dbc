"""What one means to read is kept for oneself alone, and shown only while one may read it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from kb.errors import Conflict, NotFound, Refused, SignInNeeded
from kb.model.items.reading_list import Shelf
from kb.model.people.group import Visibility
from kb.services.admin.expired_data import sweep
from kb.services.core.library import Library
from kb.services.groups.membership import remove_member
from kb.services.items import reading_list
from kb.services.items.reading_list import have_read, on_list, read_later, reading_page, take_off
from kb.services.moderation.moderation_actions import remove, restore
from tests.moderation_factories import a_moderated_library, who


@pytest.fixture
def library() -> Iterator[Library]:
    with a_moderated_library(Visibility.MEMBERS) as library:
        yield library


def seen(library: Library, login: str, shelf: Shelf = Shelf.UNREAD) -> list[str]:
    return [one.view.item.id for one in reading_page(library, who(library, login), shelf).rows]


def test_what_one_means_to_read_comes_latest_first_and_is_ones_own(library: Library) -> None:
    for item_id in ("i1", "i2", "i1"):
        read_later(library, who(library, "rene"), item_id)
    assert seen(library, "rene") == ["i2", "i1"]
    assert seen(library, "claire", Shelf.ALL) == []
    assert on_list(library, who(library, "claire"), ["i1"]) == {}


def test_what_one_has_read_goes_to_the_other_shelf_and_back_to_the_top(library: Library) -> None:
    claire = who(library, "claire")
    for item_id in ("i1", "i2"):
        read_later(library, claire, item_id)
    first = have_read(library, claire, "i1")
    assert have_read(library, claire, "i1") == first
    page = reading_page(library, claire, Shelf.READ)
    assert ([one.view.item.id for one in page.rows], page.unread, page.read, page.total) == (["i1"], 1, 1, 1)
    read_later(library, claire, "i1")
    assert seen(library, "claire") == ["i1", "i2"]
    take_off(library, claire, "i1")
    take_off(library, claire, "i1")
    assert seen(library, "claire", Shelf.ALL) == ["i2"]


def test_what_is_removed_shows_nothing_and_comes_back_with_it(library: Library) -> None:
    read_later(library, who(library, "claire"), "i1")
    gone = remove(library, who(library, "max"), "i1")
    sweep(library)
    page = reading_page(library, who(library, "claire"), Shelf.ALL)
    assert (page.rows, page.unread, page.read) == ((), 0, 0)
    restore(library, who(library, "max"), gone.id)
    assert seen(library, "claire") == ["i1"]


def test_what_one_may_not_read_any_more_shows_nothing(library: Library) -> None:
    read_later(library, who(library, "rene"), "i1")
    remove_member(library, who(library, "olga"), "quais", "rene")
    assert seen(library, "rene", Shelf.ALL) == []
    assert reading_page(library, who(library, "rene"), Shelf.ALL).total == 0


def test_what_is_gone_for_good_is_forgotten(library: Library) -> None:
    claire = who(library, "claire")
    for item_id in ("i1", "i2"):
        read_later(library, claire, item_id)
    with library.store.write() as writing:
        writing.items.remove(["i1"])
    sweep(library)
    with library.store.read() as reading:
        assert [one.item_id for one in reading.reading_lists.all(claire.user_id or "")] == ["i2"]


def test_one_puts_on_the_list_only_what_one_may_read(library: Library) -> None:
    for item_id in ("i1", "rien", "\x00", "a" * 5_000):
        with pytest.raises(NotFound):
            read_later(library, who(library, "sam"), item_id)
        with pytest.raises(NotFound):
            have_read(library, who(library, "sam"), item_id)
        take_off(library, who(library, "sam"), item_id)
    with pytest.raises(NotFound):
        read_later(library, who(library, ""), "i1")


def test_nobody_has_no_list_and_a_token_that_only_reads_changes_none(library: Library) -> None:
    with pytest.raises(SignInNeeded):
        reading_page(library, who(library, ""), Shelf.ALL)
    with pytest.raises(Refused):
        read_later(library, replace(who(library, "claire"), read_only=True), "i1")


def test_a_list_has_an_end(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_list, "MOST", 1)
    monkeypatch.setattr(reading_list, "MAX_PAGE", 9)
    claire = who(library, "claire")
    read_later(library, claire, "i1")
    with pytest.raises(Conflict):
        read_later(library, claire, "i2")
    have_read(library, claire, "i1")
    read_later(library, claire, "i1")
    assert len(reading_page(library, claire, Shelf.ALL, 0).rows) == 1
    assert reading_page(library, claire, Shelf.ALL, 10**30).rows == ()
