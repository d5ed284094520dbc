"""Undo restores no content that was hidden, removed or deleted since, and only writes where the user still may."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from kb.access.actor import OPERATOR
from kb.errors import Forbidden, NotFound
from kb.model.items.item import Item
from kb.model.items.item_fields import AnnotationFields, fields_of_item
from kb.model.items.item_list import ListEntryKind
from kb.model.people.group import Role
from kb.services.annotations.annotations import write_annotation
from kb.services.core.library import Library
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import remove_member, set_role
from kb.services.item_actions.bulk_actions import tag_items, trash_items
from kb.services.item_actions.duplicates import merge_items
from kb.services.item_actions.move_and_copy import move_item
from kb.services.items.item_edit import edit_item
from kb.services.lists.lists import add_list_entry, change_list, change_list_entry, create_list, list_view
from kb.services.moderation.moderation_actions import (
    delete_content_permanently,
    hide_content,
    remove_content,
    restore_content,
)
from kb.services.tags.tag_edit import delete_tags
from kb.services.undo.undo import undo_action
from kb.store.database.json_values import json_of
from tests.factories.group import as_
from tests.factories.items import a_reply, an_annotation, an_item
from tests.factories.library import add_items
from tests.factories.moderation import a_moderated_library, person

SECRET = "Un ornithorynque"


@pytest.fixture
def library() -> Iterator[Library]:
    """The group “quais”: Olga owns it, Max moderates it, Claire is a member."""
    with a_moderated_library() as opened:
        yield opened


def hide_part(library: Library, item_id: str, part_id: str | None) -> None:
    hide_content(library, OPERATOR, item_id, part_id)


def remove_part(library: Library, item_id: str, part_id: str | None) -> None:
    remove_content(library, OPERATOR, item_id, part_id)


def hide_and_delete_part(library: Library, item_id: str, part_id: str | None) -> None:
    delete_content_permanently(library, OPERATOR, hide_content(library, OPERATOR, item_id, part_id).id)


def remove_and_delete_part(library: Library, item_id: str, part_id: str | None) -> None:
    delete_content_permanently(library, OPERATOR, remove_content(library, OPERATOR, item_id, part_id).id)


WAYS = [hide_part, remove_part, hide_and_delete_part, remove_and_delete_part]
Way = Callable[[Library, str, str | None], None]


def two_items(library: Library, login: str) -> tuple[Item, Item]:
    """Two items of one user; the second has a passage with a reply, and a passage that the first has too."""
    group_id, author = items(library)[0].group_id, person(library, login)
    item = an_item(
        "La crue", id="m1", group=group_id, order=20, author=author, annotations=[an_annotation("Même.", id="t1")]
    )
    other = an_item(
        f"{SECRET} titre",
        id="m2",
        group=group_id,
        order=21,
        author=author,
        description=f"{SECRET} décrit",
        annotations=[
            an_annotation(f"{SECRET} passage", id="x1", replies=[a_reply(f"{SECRET} réponse", id="x2")]),
            an_annotation("Même.", id="t2", replies=[a_reply("Une réponse.", id="x3")]),
        ],
    )
    add_items(library, item, other)
    return item, other


def items(library: Library, *ids: str) -> list[Item]:
    with library.store.read() as reading:
        return list(reading.items.any_of(ids or ("i1",)).values())


def texts(library: Library) -> str:
    return " ".join(str(json_of(item)) for item in items(library, "m1", "m2"))


@pytest.mark.parametrize("login", ["olga", "claire"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("part", "lost"), [("x1", f"{SECRET} passage"), ("x1", f"{SECRET} réponse"), ("x2", f"{SECRET} réponse")]
)
def test_undoing_a_merge_keeps_out_what_moderators_took_out(
    library: Library, login: str, way: Way, part: str, lost: str
) -> None:
    two_items(library, login)
    actor = as_(library, login)
    if login == "claire":
        with library.store.write() as writing:
            # No other user has written on them: she may merge her own items.
            author = person(library, login)
            for item in writing.items.any_of(["m1", "m2"]).values():
                annotations = tuple(
                    replace(each, author=author, replies=tuple(replace(r, author=author) for r in each.replies))
                    for each in item.annotations
                )
                writing.items.update([replace(item, annotations=annotations)])
    merged = merge_items(library, actor, "m1", ["m2"])
    assert lost in texts(library)
    way(library, "m1", part)
    undo_action(library, actor, merged.undo or "")
    assert lost not in texts(library)
    # All other content is as before.
    assert [item.id for item in items(library, "m1", "m2")] == ["m1", "m2"]
    assert "Une réponse." in str(json_of(items(library, "m2")[0]))


@pytest.mark.parametrize("way", WAYS)
def test_undoing_a_merge_keeps_out_a_passage_that_both_items_had(library: Library, way: Way) -> None:
    two_items(library, "olga")
    olga = as_(library, "olga")
    merged = merge_items(library, olga, "m1", ["m2"])
    way(library, "m1", "t1")
    undo_action(library, olga, merged.undo or "")
    assert "Même." not in texts(library)


@pytest.mark.parametrize("way", WAYS)
def test_undoing_a_merge_restores_nothing_of_an_item_that_was_taken_out_as_a_whole(library: Library, way: Way) -> None:
    two_items(library, "olga")
    olga = as_(library, "olga")
    merged = merge_items(library, olga, "m1", ["m2"])
    way(library, "m1", None)
    assert undo_action(library, olga, merged.undo or "").done == 0
    assert items(library, "m1", "m2") == []


@pytest.mark.parametrize("way", WAYS)
def test_undoing_a_merge_restores_no_title_that_moderators_took_out_as_a_comment(library: Library, way: Way) -> None:
    two_items(library, "olga")
    olga = as_(library, "olga")
    merged = merge_items(library, olga, "m1", ["m2"])
    (comment,) = [part for part in merged.item.annotations if part.body and f"{SECRET} titre" in part.body]
    way(library, "m1", comment.id)
    undo_action(library, olga, merged.undo or "")
    assert f"{SECRET} titre" not in texts(library)


def test_undoing_a_merge_restores_nothing_where_the_item_was_moved(library: Library) -> None:
    add_group(library, OPERATOR, "reserve", "Réserve")
    for login in ("olga", "max"):
        set_role(library, OPERATOR, "reserve", login, Role.MODERATOR)
    two_items(library, "olga")
    olga = as_(library, "olga")
    merged = merge_items(library, olga, "m1", ["m2"])
    move_item(library, as_(library, "max"), "m1", "reserve", confirmed=True)
    assert undo_action(library, olga, merged.undo or "").done == 0
    assert [item.id for item in items(library, "m1", "m2")] == ["m1"]


def test_content_hidden_after_a_merge_is_restored_on_its_own_item_after_the_undo(library: Library) -> None:
    two_items(library, "olga")
    olga = as_(library, "olga")
    merged = merge_items(library, olga, "m1", ["m2"])
    removal = hide_content(library, OPERATOR, "m1", "x1")
    undo_action(library, olga, merged.undo or "")
    restore_content(library, OPERATOR, removal.id)
    assert {annotation.id for annotation in items(library, "m2")[0].annotations} == {"x1", "t2"}


@pytest.mark.parametrize("role", [Role.MEMBER, Role.READER, None])
def test_a_former_moderator_undoes_no_merge(library: Library, role: Role | None) -> None:
    two_items(library, "olga")
    merged = merge_items(library, as_(library, "max"), "m1", ["m2"])
    if role is None:
        remove_member(library, OPERATOR, "quais", "max")
    else:
        set_role(library, OPERATOR, "quais", "max", role)
    assert undo_action(library, as_(library, "max"), merged.undo or "").done == 0
    assert [item.id for item in items(library, "m1", "m2")] == ["m1"]


@pytest.mark.parametrize("role", [Role.MEMBER, Role.READER, None])
def test_a_former_moderator_undoes_no_move_of_others_items(library: Library, role: Role | None) -> None:
    add_group(library, OPERATOR, "reserve", "Réserve")
    set_role(library, OPERATOR, "reserve", "max", Role.MEMBER)
    two_items(library, "olga")
    moved = move_item(library, as_(library, "max"), "m2", "reserve", confirmed=True)
    if role is None:
        remove_member(library, OPERATOR, "quais", "max")
    else:
        set_role(library, OPERATOR, "quais", "max", role)
    assert undo_action(library, as_(library, "max"), moved.undo or "").done == 0
    assert items(library, "m2")[0].group_id == moved.group.id


@pytest.mark.parametrize("way", WAYS)
def test_undoing_a_move_or_an_annotation_restores_nothing_that_was_taken_out(library: Library, way: Way) -> None:
    add_group(library, OPERATOR, "reserve", "Réserve")
    set_role(library, OPERATOR, "reserve", "olga", Role.OWNER)
    two_items(library, "olga")
    olga = as_(library, "olga")
    written = write_annotation(library, olga, "m2", AnnotationFields(body="Un mot de plus."))
    moved = move_item(library, olga, "m2", "reserve", confirmed=True)
    way(library, "m2", "x1")
    undo_action(library, olga, moved.undo or "")
    undo_action(library, olga, written.undo or "")
    assert f"{SECRET} passage" not in texts(library)


def test_undoing_a_removal_of_many_restores_nothing_that_was_restored_and_hidden_or_deleted_since(
    library: Library,
) -> None:
    two_items(library, "olga")
    olga = as_(library, "olga")
    trashed = trash_items(library, olga, ["m1", "m2"])
    with library.store.read() as reading:
        asides = {removal.item_id: removal.id for removal in reading.moderation.removals_of_items(["m1", "m2"])}
    restore_content(library, OPERATOR, asides["m1"])
    hide_content(library, OPERATOR, "m1")
    delete_content_permanently(library, OPERATOR, asides["m2"])
    assert undo_action(library, olga, trashed.undo or "").done == 0
    assert items(library, "m1", "m2") == []


@pytest.mark.parametrize("is_edited", [True, False])
def test_undoing_restores_no_tag_that_moderators_deleted_in_the_group_since(library: Library, is_edited: bool) -> None:
    olga, claire = as_(library, "olga"), as_(library, "claire")
    add_items(
        library,
        *(an_item(f"Note {n}", id=f"t{n}", group=items(library)[0].group_id, tags=["eau", "digue"]) for n in range(2)),
    )
    if is_edited:
        fields = fields_of_item(items(library, "t0")[0])
        undo_id = edit_item(library, claire, "t0", replace(fields, tags=(), title="Autre")).undo
    else:
        undo_id = tag_items(library, claire, ["t0"], [], ["eau", "digue"]).undo
    deleted = delete_tags(library, olga, "quais", ["eau"])
    assert undo_action(library, claire, undo_id or "").done == 1
    (item,) = items(library, "t0")
    assert (item.title, item.tags) == ("Note 0", ("digue",))
    # The user who deleted the tag can still undo that.
    assert undo_action(library, olga, deleted.undo or "").done == 1
    assert items(library, "t1")[0].tags == ("eau", "digue")


def test_undoing_an_edit_of_a_list_changes_nothing_in_a_list_that_its_maker_has_made_private(library: Library) -> None:
    olga, claire = as_(library, "olga"), as_(library, "claire")
    own_list = create_list(library, olga, "quais", "À lire")
    added = add_list_entry(library, claire, own_list.id, ListEntryKind.TEXT, words="Un mot")
    changed = change_list_entry(library, claire, own_list.id, added.entry_id or "", "Un autre mot")
    now = list_view(library, olga, own_list.id).item_list
    change_list(library, olga, own_list.id, "À lire", "", private=True, version=now.version)
    with pytest.raises(NotFound):
        list_view(library, claire, own_list.id)
    assert undo_action(library, claire, changed.undo or "").done == 0
    assert [entry.text for entry in list_view(library, olga, own_list.id).item_list.entries] == ["Un autre mot"]


def test_each_portion_of_a_long_action_checks_the_rights(library: Library) -> None:
    """The user is expelled during the request."""
    two_items(library, "olga")
    max_ = as_(library, "max")
    tagged = tag_items(library, max_, ["m1"], ["neuf"], [])
    remove_member(library, OPERATOR, "quais", "max")
    before = items(library, "m1", "m2")
    assert tag_items(library, max_, ["m1", "m2"], ["autre"], []).changed == 0
    assert trash_items(library, max_, ["m1", "m2"]).changed == 0
    assert undo_action(library, max_, tagged.undo or "").done == 0
    with pytest.raises(Forbidden):
        delete_tags(library, max_, "quais", ["neuf"])
    assert items(library, "m1", "m2") == before
