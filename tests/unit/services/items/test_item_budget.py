"""An item has one budget, of parts and of bytes, whichever way its parts come in; a list has one of characters."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import pytest

from kb.access.actor import OPERATOR
from kb.errors import Conflict
from kb.model.items.annotation import Annotation
from kb.model.items.item import Item
from kb.model.items.item_budget import MOST_ITEM_BYTES, MOST_ITEM_PARTS, PART_BYTES, ItemSize, item_size
from kb.model.items.item_fields import LONGEST_WORDS, AnnotationFields, ItemFields
from kb.model.items.item_list import LONGEST_WORDS as LONGEST_ENTRY
from kb.model.items.item_list import MOST_LIST_CHARACTERS, ListEntryKind
from kb.services.annotations.annotations import change_annotation, change_reply, write_annotation, write_reply
from kb.services.annotations.private_notes import write_private_note
from kb.services.core.library import Library
from kb.services.item_actions.duplicates import merge_items
from kb.services.item_actions.move_and_copy import copy_item, move_item
from kb.services.items.item_creation import save_item
from kb.services.items.item_edit import add_to_item, edit_item
from kb.services.lists.lists import add_list_entry, change_list_entry, create_list
from kb.services.moderation.moderation_actions import remove_content, restore_content
from kb.services.undo.undo import can_undo, undo_action
from tests.factories.group import as_
from tests.factories.import_export import bring_records, figures, import_data, lines_of, warning_reasons
from tests.factories.items import a_reply, an_annotation, an_item
from tests.factories.library import an_empty_library
from tests.factories.moderation import a_moderated_library, item_of, person
from tests.support.browser_sessions import an_account

COMMENT = AnnotationFields(body="Un mot de trop.")
URL = "https://exemple.fr/plein"


@pytest.fixture
def library() -> Iterator[Library]:
    with a_moderated_library() as library:
        yield library


def a_large_item(
    library: Library, *, parts: int = MOST_ITEM_PARTS, size: int = 0, slug: str = "quais", **fields: Any
) -> Item:
    """An item that Claire shared, with so many parts and so many bytes at least, in whichever state of its budget."""
    author = person(library, "claire")
    replies = tuple(a_reply(author=author) for _ in range(parts - 2))
    with library.store.write() as writing:
        group = writing.groups.by_slug(slug)
        assert group is not None
        item = an_item(
            "Plein", group=group, author=author, order=writing.items.next_order(), added="2014-01-02",
            annotations=(an_annotation("Un passage.", author=author, replies=replies),), **{"url": URL, **fields},
        )  # fmt: skip
        rest = max(0, size - item_size(item).bytes - PART_BYTES)
        filled = replace(item, annotations=(*item.annotations, an_annotation(None, body="a" * rest, author=author)))
        writing.items.add([filled], restored=True)
    return filled


def as_it_is(library: Library, item: Item) -> Item:
    with library.store.read() as reading:
        return reading.items.any_of([item.id])[item.id]


def is_refused() -> AbstractContextManager[object]:
    return pytest.raises(Conflict, match=r"An item has at most 5000 passages|replies of an item take at most 2 MB")


FULL = {"parts": {"parts": MOST_ITEM_PARTS}, "bytes": {"parts": 10, "size": MOST_ITEM_BYTES}}


@pytest.mark.parametrize("full", FULL.values(), ids=FULL)
def test_nothing_is_added_to_a_full_item(library: Library, full: dict[str, int]) -> None:
    claire, item = as_(library, "claire"), a_large_item(library, **full)
    answered = item.annotations[0]
    with is_refused():
        write_annotation(library, claire, item.id, COMMENT)
    with is_refused():
        write_reply(library, claire, answered.id, COMMENT.body)
    with is_refused():
        write_reply(library, claire, answered.replies[0].id, COMMENT.body)
    with is_refused():
        add_to_item(library, claire, item.id, ItemFields(title="Plein"), [COMMENT])
    assert as_it_is(library, item) == item


def test_no_text_of_a_full_item_becomes_longer_but_one_becomes_shorter(library: Library) -> None:
    claire, item = as_(library, "claire"), a_large_item(library, **FULL["bytes"])
    passage, long = item.annotations
    with is_refused():
        change_annotation(library, claire, passage.id, AnnotationFields(quote="Un passage.", body=COMMENT.body))
    with is_refused():
        change_reply(library, claire, passage.replies[0].id, "a" * 500)
    with is_refused():
        edit_item(library, claire, item.id, ItemFields(title="Plein", url=URL, tags=("trop",)))
    change_annotation(library, claire, long.id, AnnotationFields(body="Bref."))
    write_annotation(library, claire, item.id, COMMENT)


def test_a_new_item_has_the_budget_too(library: Library) -> None:
    claire = as_(library, "claire")
    for words in ([COMMENT] * (MOST_ITEM_PARTS + 1), [AnnotationFields(body="é" * LONGEST_WORDS)] * 20):
        with is_refused():
            save_item(library, claire, "quais", ItemFields(title="Trop"), words)


def test_a_private_note_has_the_budget_of_the_item_of_the_own_library(library: Library) -> None:
    claire = as_(library, "claire")
    of_group = a_large_item(library, parts=2)
    own = a_large_item(library, slug="~claire")
    with is_refused():
        write_private_note(library, claire, of_group.id, COMMENT)
    assert as_it_is(library, own) == own


def a_record(parts: int, **fields: Any) -> dict[str, Any]:
    """A record of an import, with so many annotations and replies in threads of a thousand."""
    replies = [{"body": "r"}] * 999
    return {
        "title": "Plein",
        "url": URL,
        "annotations": [{"quote": f"Passage {n}.", "replies": replies} for n in range(parts // 1000)],
        **fields,
    }


@pytest.mark.parametrize("login", ["claire", ""], ids=["member", "operator"])
def test_an_imported_record_keeps_what_the_budget_has_room_for(library: Library, login: str) -> None:
    actor = as_(library, login) if login else OPERATOR
    report = import_data(library, lines_of(a_record(7_000)), actor, group_slug="quais")
    assert figures(report) == (1, 1, 0, 0, 0)
    assert warning_reasons(report) == [
        "2000 passages, comments or replies are left out: an item has at most 5000 of them, with its tags."
    ]
    with library.store.read() as reading:
        (item,) = reading.items.with_titles(item_of(library).group_id, ["Plein"])
    assert item_size(item).parts == MOST_ITEM_PARTS
    assert [len(annotation.replies) for annotation in item.annotations] == [999] * 5


def test_the_sharers_of_a_record_and_its_last_replies_count(library: Library) -> None:
    sharers = [{"author": f"s{n}"} for n in range(10)]
    report = import_data(library, lines_of(a_record(5_000, sharers=sharers)), group_slug="quais")
    assert warning_reasons(report) == [
        "10 passages, comments or replies are left out: an item has at most 5000 of them, with its tags."
    ]
    texts = [{"quote": "é" * 1_000, "replies": [{"body": "é" * 10_000}] * 30} for _ in range(5)]
    report = import_data(library, lines_of({"title": "Long", "annotations": texts}), group_slug="quais")
    with library.store.read() as reading:
        (item,) = reading.items.with_titles(item_of(library).group_id, ["Long"])
    assert MOST_ITEM_BYTES - 21_000 < item_size(item).bytes <= MOST_ITEM_BYTES
    left = 155 - item_size(item).parts
    assert warning_reasons(report) == [
        f"{left} passages, comments or replies are left out: those of an item take at most 2 MB."
    ]


@pytest.mark.parametrize("login", ["claire", ""], ids=["member", "operator"])
def test_records_of_one_item_do_not_add_up_to_more_than_its_budget(library: Library, login: str) -> None:
    actor, item = as_(library, login) if login else OPERATOR, a_large_item(library)
    answer = {"id": item.annotations[0].id, "quote": "Un passage.", "replies": [{"body": "Encore."}]}
    records = [{"url": URL, "annotations": [{"body": "Un de plus."}]}, {"url": URL, "annotations": [answer]}]
    report = import_data(library, lines_of(*records), actor, group_slug="quais")
    assert figures(report) == (2, 0, 0, 0, 2)
    assert set(warning_reasons(report)) == {
        "An item has at most 5000 passages, comments, replies and tags: no more can be added here."
    }
    assert as_it_is(library, item) == item


def test_a_merge_beyond_the_budget_is_refused_and_loses_nothing(library: Library) -> None:
    max_ = as_(library, "max")
    first, other = a_large_item(library, parts=3_000), a_large_item(library, parts=3_000)
    with is_refused():
        merge_items(library, max_, first.id, [other.id])
    assert [as_it_is(library, item) for item in (first, other)] == [first, other]


def test_a_merge_has_no_more_tags_than_a_form_takes(library: Library) -> None:
    max_ = as_(library, "max")
    first, other = (a_large_item(library, parts=2, tags=[f"{name}{n}" for n in range(60)]) for name in "ab")
    with pytest.raises(Conflict, match="An item has at most 100 tags"):
        merge_items(library, max_, first.id, [other.id])
    assert [as_it_is(library, item) for item in (first, other)] == [first, other]


def test_what_would_exceed_the_budget_stays_in_the_trash_until_there_is_room(library: Library) -> None:
    claire, item = as_(library, "claire"), a_large_item(library)
    reply = item.annotations[0].replies[-1]
    removal = remove_content(library, claire, item.id, reply.id)
    added = write_annotation(library, claire, item.id, COMMENT)
    with is_refused():
        restore_content(library, claire, removal.id)
    remove_content(library, claire, item.id, added.part_id)
    restore_content(library, claire, removal.id)
    assert as_it_is(library, item) == item


def test_an_undo_beyond_the_budget_is_refused_until_there_is_room(library: Library) -> None:
    claire, item = as_(library, "claire"), a_large_item(library, **FULL["bytes"])
    shortened = change_annotation(library, claire, item.annotations[1].id, AnnotationFields(body="Bref."))
    added = write_annotation(library, as_(library, "max"), item.id, AnnotationFields(body="a" * LONGEST_WORDS))
    assert shortened.undo is not None
    with is_refused():
        undo_action(library, claire, shortened.undo)
    assert can_undo(library, claire, shortened.undo)
    remove_content(library, as_(library, "max"), item.id, added.part_id)
    assert undo_action(library, claire, shortened.undo).done == 1


class TestAnItemThatWasBeyondTheBudgetBefore:
    @pytest.fixture
    def item(self, library: Library) -> Item:
        return a_large_item(library, parts=MOST_ITEM_PARTS + 10)

    def test_may_be_edited_and_shortened_but_does_not_grow(self, library: Library, item: Item) -> None:
        claire = as_(library, "claire")
        edit_item(library, claire, item.id, ItemFields(title="Plein", url=URL, description="Un dossier."))
        with is_refused():
            write_annotation(library, claire, item.id, COMMENT)
        remove_content(library, claire, item.id, item.annotations[0].replies[0].id)
        assert item_size(as_it_is(library, item)).parts == MOST_ITEM_PARTS + 9

    def test_comes_back_from_the_trash_as_it_was(self, library: Library, item: Item) -> None:
        claire = as_(library, "claire")
        restore_content(library, claire, remove_content(library, claire, item.id).id)
        assert as_it_is(library, item) == item

    def test_may_be_moved_but_not_copied(self, library: Library, item: Item) -> None:
        claire = as_(library, "claire")
        with is_refused():
            copy_item(library, claire, item.id, "~claire")
        moved = move_item(library, claire, item.id, "~claire")
        assert item_size(moved.item) == item_size(item)

    def test_an_import_that_changes_its_title_is_taken(self, library: Library, item: Item) -> None:
        report = bring_records(library, {"id": item.id, "url": URL, "title": "Complet"})
        assert figures(report) == (1, 0, 1, 0, 0)


def test_the_size_of_an_item_counts_all_its_texts_and_parts() -> None:
    tagged = Annotation("a", an_annotation().kind, quote="é", prefix="p", suffix="s", color="c", tags=("t",))
    item = an_item("Titre", tags=["eau"], annotations=[replace(tagged, replies=(a_reply("non"),))])
    assert item_size(item) == ItemSize(3, len("eau") + 6 + len("non") + 4 * PART_BYTES)


def test_no_text_is_added_to_a_list_with_very_many() -> None:
    library = an_empty_library()
    an_account(library, "claire")
    claire = as_(library, "claire")
    list_id = create_list(library, claire, "~claire", "Revue").id
    for _ in range(MOST_LIST_CHARACTERS // LONGEST_ENTRY):
        last = add_list_entry(library, claire, list_id, ListEntryKind.TEXT, words="a" * LONGEST_ENTRY).entry_id or ""
    with pytest.raises(Conflict):
        add_list_entry(library, claire, list_id, ListEntryKind.TEXT, words="Trop.")
    change_list_entry(library, claire, list_id, last, "Bref.")
    add_list_entry(library, claire, list_id, ListEntryKind.TEXT, words="Assez.")
    library.close()
