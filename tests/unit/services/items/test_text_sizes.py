"""The total length of the texts of an item, and of a list, is limited, because each page loads all of them."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from kb.errors import Conflict
from kb.model.items.item_fields import LONGEST_WORDS, MOST_ITEM_CHARACTERS, AnnotationFields, ItemFields
from kb.model.items.item_list import LONGEST_WORDS as LONGEST_ENTRY
from kb.model.items.item_list import MOST_LIST_CHARACTERS, ListEntryKind
from kb.services.annotations.annotations import change_annotation, write_annotation, write_reply
from kb.services.core.library import Library
from kb.services.items.item_creation import save_item
from kb.services.items.item_edit import add_to_item
from kb.services.lists.lists import add_list_entry, change_list_entry, create_list
from tests.factories.group import as_
from tests.factories.items import an_annotation
from tests.factories.library import an_empty_library
from tests.support.browser_sessions import an_account

TEXT = AnnotationFields(body="Un mot de trop.")


@pytest.fixture
def library() -> Iterator[Library]:
    library = an_empty_library()
    an_account(library, "claire")
    yield library
    library.close()


def a_full_item(library: Library) -> tuple[str, str]:
    """An item with the maximum number of characters, and its first annotation."""
    claire = as_(library, "claire")
    item = save_item(library, claire, "~claire", ItemFields(title="Les crues")).item
    first = write_annotation(library, claire, item.id, AnnotationFields(body="Court.")).annotation
    long = [an_annotation(body="a" * LONGEST_WORDS, id=f"a-{n}") for n in range(MOST_ITEM_CHARACTERS // LONGEST_WORDS)]
    with library.store.write() as writing:
        item = writing.items.any_of([item.id])[item.id]
        writing.items.update([replace(item, annotations=(*item.annotations, *long))])
    return item.id, first.id


def test_no_text_is_added_to_an_item_with_very_many(library: Library) -> None:
    claire, (item_id, first) = as_(library, "claire"), a_full_item(library)
    with pytest.raises(Conflict):
        write_annotation(library, claire, item_id, TEXT)
    with pytest.raises(Conflict):
        write_reply(library, claire, first, TEXT.body)
    with pytest.raises(Conflict):
        change_annotation(library, claire, first, TEXT)
    with pytest.raises(Conflict):
        add_to_item(library, claire, item_id, ItemFields(title="Les crues"), [TEXT])


def test_a_text_of_a_full_item_is_shortened(library: Library) -> None:
    claire, (item_id, first) = as_(library, "claire"), a_full_item(library)
    assert change_annotation(library, claire, first, AnnotationFields(body="Bref.")).item.id == item_id


def test_no_text_is_added_to_a_list_with_very_many(library: Library) -> None:
    claire = as_(library, "claire")
    list_id = create_list(library, claire, "~claire", "Revue").id
    for _ in range(MOST_LIST_CHARACTERS // LONGEST_ENTRY):
        last = add_list_entry(library, claire, list_id, ListEntryKind.TEXT, words="a" * LONGEST_ENTRY).entry_id or ""
    with pytest.raises(Conflict):
        add_list_entry(library, claire, list_id, ListEntryKind.TEXT, words="Trop.")
    change_list_entry(library, claire, list_id, last, "Bref.")
    add_list_entry(library, claire, list_id, ListEntryKind.TEXT, words="Assez.")
