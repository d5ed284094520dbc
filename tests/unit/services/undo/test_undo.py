"""Undo reverses an action, except for content that has changed since."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from kb.access.actor import OPERATOR
from kb.errors import LoginNeeded, NotFound
from kb.model.items.item import Item
from kb.model.items.item_fields import AnnotationFields, HighlightColor, ItemFields, fields_of_item
from kb.model.items.undo import TagsChange
from kb.services.core.library import Library
from kb.services.core.read_your_writes import item_write_transaction
from kb.services.items.item_creation import AlreadySaved, readable_items_with_url, save_item, writable_groups
from kb.services.items.item_edit import ItemChangedMeanwhile, edit_item
from kb.services.undo.three_way_merge import revert_item, revert_tags
from kb.services.undo.undo import save_undo, undo_action
from tests.factories.group import a_shared, as_
from tests.factories.items import a_reply, a_user, an_annotation, an_item
from tests.factories.library import an_empty_library
from tests.support.browser_sessions import an_account

MARNE = ItemFields(url="https://exemple.fr/crues", title="Les crues de la Marne", tags=("eau", "crues"))


@pytest.fixture
def library() -> Iterator[Library]:
    library = an_empty_library()
    for login in ("claire", "paul"):
        an_account(library, login)
    yield library
    library.close()


@pytest.fixture
def slug(library: Library) -> str:
    return a_shared(library).slug


def now(library: Library, item_id: str) -> Item | None:
    with library.store.read() as reading:
        return reading.items.any_of([item_id]).get(item_id)


def test_a_saved_item_has_its_annotations_and_goes_to_the_trash_when_undone(library: Library, slug: str) -> None:
    claire = as_(library, "claire")
    annotations = [
        AnnotationFields("La Seine monte.", "À citer", HighlightColor.BLUE),
        AnnotationFields(body="Vu dans le journal."),
    ]
    saved = save_item(library, claire, slug, MARNE, annotations)
    assert [(annotation.kind, annotation.quote, annotation.body) for annotation in saved.item.annotations] == [
        ("note", "La Seine monte.", "À citer"),
        ("comment", None, "Vu dans le journal."),
    ]
    address = "http://www.exemple.fr/crues/?utm_source=lettre"
    assert [view.item for view in readable_items_with_url(library, claire, slug, address, 2)] == [saved.item]
    with pytest.raises(AlreadySaved):
        save_item(library, claire, slug, replace(MARNE, url="http://exemple.fr/crues/"))
    assert saved.undo is not None
    assert undo_action(library, claire, saved.undo).done == 0
    assert now(library, saved.item.id) is None
    with pytest.raises(NotFound):
        undo_action(library, claire, saved.undo)


def test_a_user_may_save_in_the_own_library_and_in_groups_as_a_member(library: Library, slug: str) -> None:
    assert [group.slug for group in writable_groups(library, as_(library, "claire"))] == ["~claire", slug]
    with pytest.raises(LoginNeeded):
        save_item(library, OPERATOR, slug, MARNE)


def test_versions_grow_and_concurrent_changes_are_refused(library: Library, slug: str) -> None:
    claire = as_(library, "claire")
    item = save_item(library, claire, slug, MARNE).item
    read = now(library, item.id)
    assert read is not None
    first = edit_item(library, claire, item.id, replace(MARNE, title="Crues"), read=fields_of_item(read))
    assert first.item.version > read.version
    with pytest.raises(ItemChangedMeanwhile) as met:
        edit_item(library, claire, item.id, replace(MARNE, title="Inondations"), read=fields_of_item(read))
    assert met.value.item.title == "Crues"
    same = edit_item(library, claire, item.id, replace(MARNE, title="Crues"), read=fields_of_item(first.item))
    assert (same.undo, same.item.version) == (None, first.item.version)
    second = edit_item(library, claire, item.id, replace(MARNE, title="Eaux", source="Le Monde"))
    assert first.undo is not None
    # The title has changed since: the undo could only restore the other fields, and restores none.
    assert undo_action(library, claire, first.undo).not_undone == 1
    assert second.undo is not None
    assert undo_action(library, claire, second.undo).item_ids == (item.id,)
    after = now(library, item.id)
    assert after is not None
    assert (after.title, after.source) == ("Crues", None)


def test_tags_of_many_items_change_at_once_and_go_back_but_for_what_changed_since(library: Library, slug: str) -> None:
    claire = as_(library, "claire")
    items = [
        save_item(library, claire, slug, ItemFields(title=f"Note {place}", tags=("eau",))).item for place in range(3)
    ]
    with item_write_transaction(library, claire) as writing:
        writing.tag_assignments.set_tags({item.id: ("Eaux", "fleuve") for item in items})
        tag_changes = [TagsChange(item.id, ("eau",), ("Eaux", "fleuve")) for item in items]
        undo_id = save_undo(writing, claire, tag_changes=tag_changes)
        with pytest.raises(NotFound):
            writing.tag_assignments.set_tags({"rien": ("eau",)})
    assert undo_id is not None
    edit_item(library, claire, items[0].id, ItemFields(title="Note 0", tags=("Eaux", "fleuve", "digue")))
    with pytest.raises(NotFound):
        undo_action(library, as_(library, "paul"), undo_id)
    assert undo_action(library, claire, undo_id).done == 3
    items_now = [now(library, item.id) for item in items]
    assert [item.tags for item in items_now if item] == [("digue", "eau"), ("eau",), ("eau",)]


def test_tags_added_or_removed_since_stay_so() -> None:
    assert revert_tags(("a", "b"), ("x",), ("a", "b")) == ("x",)
    assert revert_tags(("a", "c"), ("x", "b"), ("a", "b")) == ("c", "x")
    assert revert_tags((), ("x",), ("y",)) == ("x",)


def test_annotations_go_back_where_they_stood_but_for_what_was_answered_since() -> None:
    first, two, three = (an_annotation(f"Passage {place}", author=a_user()) for place in range(3))
    before = an_item(annotations=[first, two, three])
    noted = replace(three, body="Important")
    after = replace(before, annotations=(first, noted))
    assert revert_item(after, before, after) == before
    replied = replace(after, annotations=(replace(first, replies=(a_reply(),)), replace(noted, color="pink")))
    then = revert_item(replied, before, after)
    assert [(part.quote, part.body, part.color) for part in then.annotations] == [
        ("Passage 0", None, None),
        ("Passage 1", None, None),
        ("Passage 2", None, "pink"),
    ]
    assert then.annotations[0].replies == replied.annotations[0].replies
    added = replace(before, annotations=(*before.annotations, new := an_annotation("Ajouté")))
    assert revert_item(added, before, added) == before
    talked = replace(added, annotations=(*before.annotations, replace(new, replies=(a_reply(),))))
    assert revert_item(talked, before, added).annotations[-1].quote == "Ajouté"
