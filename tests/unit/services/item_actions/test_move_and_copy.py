"""Items move to other groups; texts of other users move with them only if the readers stay the same."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from kb.access.actor import OPERATOR, Actor
from kb.errors import Conflict, FlorilegeError, Forbidden, Invalid, LoginNeeded, NotFound
from kb.model.items.item import Item
from kb.model.items.item_fields import fields_of_item
from kb.model.people.group import Group, Role, Visibility
from kb.services.core.library import Library
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import set_role
from kb.services.item_actions.move_and_copy import (
    WiderAudience,
    copy_item,
    has_wider_audience,
    move_destinations,
    move_item,
)
from kb.services.items.item_creation import AlreadySaved
from kb.services.items.item_edit import edit_item
from kb.services.moderation.moderation_actions import hide_content, remove_content, report_content, restore_content
from kb.services.moderation.moderation_views import moderation_queue, pending_report_count
from kb.services.undo.undo import undo_action
from tests.factories.group import log_of
from tests.factories.items import a_group, an_annotation
from tests.factories.moderation import a_moderated_library, actor_of, person


@pytest.fixture
def library() -> Iterator[Library]:
    """“quais”, where Claire shared i1 with annotations of others, and an imported author shared i2; and Claire's other
    groups.
    """
    with a_moderated_library() as library:
        a_place(library, "Atelier", Visibility.MEMBERS)
        a_place(library, "Vitrine", Visibility.EVERYONE)
        yield library


def a_place(library: Library, name: str, visible: Visibility, owner: str = "claire") -> Group:
    group = add_group(library, OPERATOR, name.lower(), name, visible=visible)
    set_role(library, OPERATOR, group.slug, owner, Role.OWNER)
    return group


def now(library: Library, item_id: str) -> Item | None:
    with library.store.read() as reading:
        return reading.items.any_of([item_id]).get(item_id)


def group_of(library: Library, item_id: str) -> str:
    with library.store.read() as reading:
        item = reading.items.any_of([item_id])[item_id]
        return reading.groups.by_ids([item.group_id])[item.group_id].slug


def alone(library: Library, item_id: str = "i1", slug: str = "") -> None:
    """Remove from an item all content of others, and perhaps put it into another group."""
    with library.store.write() as writing:
        item = writing.items.any_of([item_id])[item_id]
        own = tuple(replace(part, replies=()) for part in item.annotations if part.author == item.author)
        group = writing.groups.by_slug(slug) if slug else None
        group_id = group.id if group else item.group_id
        writing.items.update([replace(item, annotations=own, group_id=group_id)])


def test_a_sharer_moves_an_item_with_their_annotations(library: Library) -> None:
    alone(library)
    before = now(library, "i1")
    assert before is not None
    placed = move_item(library, actor_of(library, "claire"), "i1", "vitrine")
    after = now(library, "i1")
    assert after == replace(before, group_id=placed.group.id)
    assert placed.group.slug == "vitrine"
    assert "moved" in log_of(library, a_group("quais", id=before.group_id))


def test_an_item_with_the_words_of_others_is_the_moderators_to_move(library: Library) -> None:
    with pytest.raises(Conflict, match="Others have added"):
        move_item(library, actor_of(library, "claire"), "i1", "vitrine")
    with pytest.raises(Forbidden, match="moderator"):
        move_item(library, actor_of(library, "claire"), "i2", "vitrine")
    a_place(library, "Annexe", Visibility.EVERYONE, "max")
    before = now(library, "i1")
    move_item(library, actor_of(library, "max"), "i1", "annexe")
    after = now(library, "i1")
    assert before is not None
    assert after is not None
    assert after.annotations == before.annotations


def test_not_even_a_moderator_takes_home_what_is_not_theirs(library: Library) -> None:
    with pytest.raises(Forbidden):
        move_item(library, actor_of(library, "max"), "i2", "~max")
    assert group_of(library, "i2") == "quais"


@pytest.mark.parametrize(
    ("login", "expected"), [("", LoginNeeded), ("rene", Forbidden), ("sam", Forbidden), ("max", NotFound)]
)
def test_moving_needs_the_right_to_contribute_in_both_groups(
    library: Library, login: str, expected: type[FlorilegeError]
) -> None:
    with pytest.raises(expected):
        move_item(library, actor_of(library, login), "i1", f"~{login}" if login in {"rene", "sam"} else "atelier")
    assert group_of(library, "i1") == "quais"


def test_an_unreadable_item_cannot_be_copied_and_answers_as_a_missing_one(library: Library) -> None:
    alone(library, slug="atelier")
    errors = []
    for item_id in ("i1", "rien"):
        for act in (move_item, copy_item):
            with pytest.raises(NotFound) as refused:
                act(library, actor_of(library, "max"), item_id, "~max")
            errors.append(str(refused.value))
    assert len(set(errors)) == 1


def test_a_copy_is_shared_by_its_maker_and_keeps_the_authors_of_public_texts(library: Library) -> None:
    before = now(library, "i1")
    placed = copy_item(library, actor_of(library, "claire"), "i1", "atelier")
    assert before is not None
    assert now(library, "i1") == before
    copied = now(library, placed.item.id)
    assert copied is not None
    assert (copied.author, copied.views, placed.left_behind) == (person(library, "claire"), 0, 0)
    assert [(annotation.quote, annotation.body, annotation.author) for annotation in copied.annotations] == [
        (annotation.quote, annotation.body, annotation.author) for annotation in before.annotations
    ]
    ids = {annotation.id for item in (before, copied) for annotation in item.annotations}
    assert len(ids) == 2 * len(before.annotations)


def test_a_reader_copies_home_and_nowhere_else(library: Library) -> None:
    placed = copy_item(library, actor_of(library, "rene"), "i1", "~rene")
    assert placed.item.author == person(library, "rene")
    with pytest.raises(Forbidden):
        copy_item(library, actor_of(library, "rene"), placed.item.id, "quais")


def test_moving_out_of_the_own_library_takes_only_ones_own_texts(library: Library) -> None:
    home = copy_item(library, actor_of(library, "claire"), "i1", "~claire").item.id
    with pytest.raises(Conflict, match="copy it"):
        move_item(library, actor_of(library, "claire"), home, "vitrine", confirmed=True)
    placed = copy_item(library, actor_of(library, "claire"), home, "vitrine", confirmed=True)
    assert {annotation.author for annotation in placed.item.annotations} == {person(library, "claire")}
    assert placed.left_behind > 0
    assert all(reply.author == person(library, "claire") for part in placed.item.annotations for reply in part.replies)


def test_a_member_copies_no_texts_of_others_out_of_a_closed_group(library: Library) -> None:
    closed = a_place(library, "Ferme", Visibility.MEMBERS, "max")
    with library.store.write() as writing:
        writing.groups.set_role(person(library, "claire").id, closed.id, Role.MEMBER)
        item = writing.items.any_of(["i1"])["i1"]
        writing.items.update([replace(item, group_id=closed.id)])
    # Not even to another closed group: Claire could make it public tomorrow.
    placed = copy_item(library, actor_of(library, "claire"), "i1", "atelier", confirmed=True)
    assert {annotation.author for annotation in placed.item.annotations} == {person(library, "claire")}
    a_place(library, "Annexe", Visibility.MEMBERS, "max")
    whole = copy_item(library, actor_of(library, "max"), "i1", "annexe", confirmed=True)
    assert whole.left_behind == 0


@pytest.mark.parametrize("act", [move_item, copy_item])
def test_a_move_to_more_readers_needs_confirmation(library: Library, act: object) -> None:
    alone(library, slug="atelier")
    assert callable(act)
    with pytest.raises(WiderAudience, match="Vitrine"):
        act(library, actor_of(library, "claire"), "i1", "vitrine")
    assert act(library, actor_of(library, "claire"), "i1", "vitrine", confirmed=True).group.slug == "vitrine"


def test_a_group_reaches_further_if_more_people_may_read_it() -> None:
    public, signed_in, members, other = (a_group("a", visible=visible) for visible in (*Visibility, Visibility.MEMBERS))
    own = a_group("~claire", visible=Visibility.MEMBERS)
    assert [has_wider_audience(public, group) for group in (public, signed_in, members, own)] == [False] * 4
    assert [has_wider_audience(signed_in, group) for group in (public, signed_in, members, own)] == [True] + [False] * 3
    assert [has_wider_audience(members, group) for group in (public, signed_in, other, own)] == [True] * 3 + [False]
    assert [has_wider_audience(own, group) for group in (public, signed_in, members)] == [True] * 3


def test_where_the_address_is_kept_already_nothing_comes_a_second_time(library: Library) -> None:
    first = copy_item(library, actor_of(library, "claire"), "i1", "atelier").item.id
    with pytest.raises(AlreadySaved) as refused:
        copy_item(library, actor_of(library, "claire"), "i1", "atelier")
    assert refused.value.item_id == first
    remove_content(library, actor_of(library, "claire"), first)
    with pytest.raises(Conflict):
        copy_item(library, actor_of(library, "claire"), "i1", "atelier")


def test_an_item_goes_to_another_group_than_its_own(library: Library) -> None:
    for act in (move_item, copy_item):
        with pytest.raises(Invalid):
            act(library, actor_of(library, "max"), "i1", "quais")


def test_destinations_are_listed_with_what_a_move_would_leave(library: Library) -> None:
    destinations = move_destinations(library, actor_of(library, "claire"), "i1")
    assert destinations.has_words
    assert [
        (group.group.slug, group.moves, group.with_words, has_wider_audience(destinations.group, group.group))
        for group in destinations.groups
    ] == [
        ("~claire", False, True, False),
        ("atelier", False, True, False),
        ("vitrine", False, True, False),
    ]
    alone(library, slug="atelier")
    destinations = move_destinations(library, actor_of(library, "claire"), "i1")
    assert [
        (group.group.slug, group.moves, has_wider_audience(destinations.group, group.group))
        for group in destinations.groups
    ] == [
        ("~claire", True, False),
        ("quais", True, True),
        ("vitrine", True, True),
    ]


def test_both_are_undone(library: Library) -> None:
    alone(library)
    before, claire = now(library, "i1"), actor_of(library, "claire")
    moved = move_item(library, claire, "i1", "vitrine")
    assert moved.undo is not None
    undo_action(library, claire, moved.undo)
    assert now(library, "i1") == before
    copied = copy_item(library, claire, "i1", "vitrine")
    assert copied.undo is not None
    undo_action(library, claire, copied.undo)
    assert now(library, copied.item.id) is None


def test_undoing_a_move_takes_along_nothing_that_was_written_there(library: Library) -> None:
    alone(library)
    claire = actor_of(library, "claire")
    moved = move_item(library, claire, "i1", "atelier")
    with library.store.write() as writing:
        item = writing.items.any_of(["i1"])["i1"]
        added = an_annotation(None, id="secret", body="Entre nous.", author=person(library, "claire"))
        writing.items.update([replace(item, annotations=(*item.annotations, added))])
    assert moved.undo is not None
    assert undo_action(library, claire, moved.undo).not_undone == 1
    assert group_of(library, "i1") == "atelier"


def test_undo_needs_rights_in_the_group_of_the_item(library: Library) -> None:
    claire, item = actor_of(library, "claire"), now(library, "i1")
    assert item is not None
    edited = edit_item(library, claire, "i1", replace(fields_of_item(item), title="Un autre titre"))
    a_place(library, "Annexe", Visibility.EVERYONE, "max")
    move_item(library, actor_of(library, "max"), "i1", "annexe")
    assert edited.undo is not None
    assert undo_action(library, claire, edited.undo).not_undone == 1
    after = now(library, "i1")
    assert after is not None
    assert after.title == "Un autre titre"


def test_reports_and_what_is_hidden_stay_with_the_group_that_had_them(library: Library) -> None:
    report_content(library, actor_of(library, "sam"), "i1")
    max_ = actor_of(library, "max")
    hidden = hide_content(library, max_, "i1", "a3")
    a_place(library, "Annexe", Visibility.EVERYONE, "max")
    max_ = actor_of(library, "max")
    moved = move_item(library, max_, "i1", "annexe")
    queue = moderation_queue(library, max_, "quais")
    assert (pending_report_count(library, max_, queue.group), queue.reported) == (0, ())
    with pytest.raises(Conflict, match="another group"):
        restore_content(library, max_, hidden.id)
    assert moved.undo is not None
    undo_action(library, max_, moved.undo)
    restore_content(library, max_, hidden.id)
    item = now(library, "i1")
    assert item is not None
    assert "a3" in {annotation.id for annotation in item.annotations}


def test_a_token_that_only_reads_moves_nothing(library: Library) -> None:
    claire = actor_of(library, "claire")
    reading = Actor(claire.user_id, claire.memberships, login="claire", read_only=True)
    for act in (move_item, copy_item):
        with pytest.raises(Forbidden):
            act(library, reading, "i1", "atelier")
