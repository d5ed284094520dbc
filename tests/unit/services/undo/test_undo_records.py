"""Undo records contain what an action changed, and not the rest of a large item or list."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from kb.model.items.item_fields import AnnotationFields, ItemFields, fields_of_item
from kb.model.items.item_list import ListEntryKind
from kb.services.annotations.annotations import change_annotation, write_annotation, write_reply
from kb.services.core.library import Library
from kb.services.item_actions.move_and_copy import move_item
from kb.services.items.item_creation import save_item
from kb.services.items.item_edit import edit_item
from kb.services.lists.list_arrangement import remove_list_entries
from kb.services.lists.lists import add_list_entry, change_list_entry, create_list, list_view
from kb.services.undo.undo import undo_action
from kb.store.tables.item_tables import undos
from tests.factories.group import a_shared, as_
from tests.factories.library import an_empty_library
from tests.support.browser_sessions import an_account

TIMES, LENGTH = 20, 5_000
LONG = "é" * LENGTH


@pytest.fixture
def library() -> Iterator[Library]:
    library = an_empty_library()
    an_account(library, "claire")
    yield library
    library.close()


def stored_characters(library: Library) -> int:
    with library.store.read() as reading:
        return int(reading.undos.connection.execute(select(func.sum(func.length(undos.c.body)))).scalar_one())


def an_item_with_comments(library: Library, count: int) -> str:
    slug = a_shared(library).slug
    claire = as_(library, "claire")
    item = save_item(library, claire, slug, ItemFields(title="Les crues")).item
    for number in range(count):
        write_annotation(library, claire, item.id, AnnotationFields(body=f"{number} {LONG}"))
    return item.id


def test_many_comments_on_an_item_store_each_once(library: Library) -> None:
    an_item_with_comments(library, TIMES)
    assert stored_characters(library) < 2 * TIMES * LENGTH


def test_many_replies_to_a_comment_store_each_once(library: Library) -> None:
    item_id = an_item_with_comments(library, 1)
    claire = as_(library, "claire")
    with library.store.read() as reading:
        comment = reading.items.any_of([item_id])[item_id].annotations[0]
    for number in range(TIMES):
        write_reply(library, claire, comment.id, f"{number} {LONG}")
    # Each record has the comment before and after.
    assert stored_characters(library) < 4 * TIMES * LENGTH


def test_an_edit_of_a_large_item_stores_no_comments(library: Library) -> None:
    item_id = an_item_with_comments(library, TIMES)
    claire = as_(library, "claire")
    before = stored_characters(library)
    with library.store.read() as reading:
        item = reading.items.any_of([item_id])[item_id]
    undo = edit_item(library, claire, item_id, replace(fields_of_item(item), title="Crues")).undo
    assert stored_characters(library) - before < LENGTH
    assert undo is not None
    assert undo_action(library, claire, undo).done == 1
    with library.store.read() as reading:
        assert reading.items.any_of([item_id])[item_id] == replace(item, updated=item.updated)


def test_many_texts_in_a_list_store_each_once(library: Library) -> None:
    claire = as_(library, "claire")
    list_id = create_list(library, claire, "~claire", "Revue").id
    for _ in range(TIMES):
        add_list_entry(library, claire, list_id, ListEntryKind.TEXT, words=LONG)
    assert stored_characters(library) < 2 * TIMES * LENGTH


def test_later_changes_of_other_entries_stay_when_an_edit_is_undone(library: Library) -> None:
    claire = as_(library, "claire")
    list_id = create_list(library, claire, "~claire", "Revue").id
    ids = [add_list_entry(library, claire, list_id, ListEntryKind.TEXT, words=words).entry_id or "" for words in "abcd"]
    removed = remove_list_entries(library, claire, list_id, ids[1:2]).undo
    change_list_entry(library, claire, list_id, ids[0], "A")
    remove_list_entries(library, claire, list_id, ids[3:])
    assert removed is not None
    assert undo_action(library, claire, removed).done == 1
    assert [entry.entry.text for entry in list_view(library, claire, list_id).entries] == ["A", "b", "c"]


def test_a_later_change_of_another_comment_stays_when_a_change_is_undone(library: Library) -> None:
    item_id = an_item_with_comments(library, 2)
    claire = as_(library, "claire")
    with library.store.read() as reading:
        first, second = reading.items.any_of([item_id])[item_id].annotations
    changed = change_annotation(library, claire, first.id, AnnotationFields(body="Autrement.")).undo
    change_annotation(library, claire, second.id, AnnotationFields(body="Plus tard."))
    assert changed is not None
    assert undo_action(library, claire, changed).done == 1
    with library.store.read() as reading:
        bodies = [part.body for part in reading.items.any_of([item_id])[item_id].annotations]
    assert bodies == [first.body, "Plus tard."]


def test_a_move_is_not_undone_once_a_comment_was_changed_in_the_other_group(library: Library) -> None:
    item_id, other = an_item_with_comments(library, 2), a_shared(library)
    claire = as_(library, "claire")
    moved = move_item(library, claire, item_id, other.slug, confirmed=True).undo
    with library.store.read() as reading:
        comment = reading.items.any_of([item_id])[item_id].annotations[0]
    change_annotation(library, claire, comment.id, AnnotationFields(body="Écrit dans l’autre groupe."))
    assert moved is not None
    assert undo_action(library, claire, moved).done == 0
