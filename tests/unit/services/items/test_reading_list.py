"""The reading list is private, and shows an item only while its user may read it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from kb.errors import Conflict, Forbidden, LoginNeeded, NotFound
from kb.model.items.reading_list import ReadingListPart
from kb.model.people.group import Visibility
from kb.services.admin.expired_data import purge_expired_data
from kb.services.core.library import Library
from kb.services.groups.membership import remove_member
from kb.services.items import reading_list
from kb.services.items.reading_list import (
    add_to_reading_list,
    mark_as_read,
    reading_list_entries,
    reading_list_view,
    remove_from_reading_list,
)
from kb.services.moderation.moderation_actions import remove_content, restore_content
from tests.factories.moderation import a_moderated_library, actor_of


@pytest.fixture
def library() -> Iterator[Library]:
    with a_moderated_library(Visibility.MEMBERS) as library:
        yield library


def listed_ids(library: Library, login: str, shelf: ReadingListPart = ReadingListPart.UNREAD) -> list[str]:
    return [row.view.item.id for row in reading_list_view(library, actor_of(library, login), shelf).rows]


def test_the_reading_list_is_private_and_shows_the_latest_first(library: Library) -> None:
    for item_id in ("i1", "i2", "i1"):
        add_to_reading_list(library, actor_of(library, "rene"), item_id)
    assert listed_ids(library, "rene") == ["i2", "i1"]
    assert listed_ids(library, "claire", ReadingListPart.ALL) == []
    assert reading_list_entries(library, actor_of(library, "claire"), ["i1"]) == {}


def test_a_read_item_moves_to_the_other_part_of_the_list_and_back_to_the_top(library: Library) -> None:
    claire = actor_of(library, "claire")
    for item_id in ("i1", "i2"):
        add_to_reading_list(library, claire, item_id)
    first = mark_as_read(library, claire, "i1")
    assert mark_as_read(library, claire, "i1") == first
    page = reading_list_view(library, claire, ReadingListPart.READ)
    assert ([row.view.item.id for row in page.rows], page.unread, page.read, page.total) == (["i1"], 1, 1, 1)
    add_to_reading_list(library, claire, "i1")
    assert listed_ids(library, "claire") == ["i1", "i2"]
    remove_from_reading_list(library, claire, "i1")
    remove_from_reading_list(library, claire, "i1")
    assert listed_ids(library, "claire", ReadingListPart.ALL) == ["i2"]


def test_a_removed_item_leaves_the_reading_list_until_it_is_restored(library: Library) -> None:
    add_to_reading_list(library, actor_of(library, "claire"), "i1")
    removal = remove_content(library, actor_of(library, "max"), "i1")
    purge_expired_data(library)
    page = reading_list_view(library, actor_of(library, "claire"), ReadingListPart.ALL)
    assert (page.rows, page.unread, page.read) == ((), 0, 0)
    restore_content(library, actor_of(library, "max"), removal.id)
    assert listed_ids(library, "claire") == ["i1"]


def test_items_no_longer_readable_leave_the_reading_list(library: Library) -> None:
    add_to_reading_list(library, actor_of(library, "rene"), "i1")
    remove_member(library, actor_of(library, "olga"), "quais", "rene")
    assert listed_ids(library, "rene", ReadingListPart.ALL) == []
    assert reading_list_view(library, actor_of(library, "rene"), ReadingListPart.ALL).total == 0


def test_entries_of_permanently_deleted_items_are_purged(library: Library) -> None:
    claire = actor_of(library, "claire")
    for item_id in ("i1", "i2"):
        add_to_reading_list(library, claire, item_id)
    with library.store.write() as writing:
        writing.items.remove(["i1"])
    purge_expired_data(library)
    with library.store.read() as reading:
        assert [entry.item_id for entry in reading.reading_lists.all(claire.user_id or "")] == ["i2"]


def test_only_readable_items_go_on_the_reading_list(library: Library) -> None:
    for item_id in ("i1", "rien", "\x00", "a" * 5_000):
        with pytest.raises(NotFound):
            add_to_reading_list(library, actor_of(library, "sam"), item_id)
        with pytest.raises(NotFound):
            mark_as_read(library, actor_of(library, "sam"), item_id)
        remove_from_reading_list(library, actor_of(library, "sam"), item_id)
    with pytest.raises(NotFound):
        add_to_reading_list(library, actor_of(library, ""), "i1")


def test_anonymous_visitors_have_no_reading_list_and_read_only_tokens_change_none(library: Library) -> None:
    with pytest.raises(LoginNeeded):
        reading_list_view(library, actor_of(library, ""), ReadingListPart.ALL)
    with pytest.raises(Forbidden):
        add_to_reading_list(library, replace(actor_of(library, "claire"), read_only=True), "i1")


def test_a_list_has_an_end(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_list, "MOST_ENTRIES", 1)
    monkeypatch.setattr(reading_list, "MAX_PAGE", 9)
    claire = actor_of(library, "claire")
    add_to_reading_list(library, claire, "i1")
    with pytest.raises(Conflict):
        add_to_reading_list(library, claire, "i2")
    mark_as_read(library, claire, "i1")
    add_to_reading_list(library, claire, "i1")
    assert len(reading_list_view(library, claire, ReadingListPart.ALL, 0).rows) == 1
    assert reading_list_view(library, claire, ReadingListPart.ALL, 10**30).rows == ()
