"""Annotations: adding them, and editing one's own."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from kb.errors import Conflict, Forbidden, Invalid, LoginNeeded, NotFound
from kb.model.items.annotation import AnnotationKind
from kb.model.items.item_fields import AnnotationFields, ItemFields
from kb.model.items.selectors import TextPosition
from kb.model.people.group import Visibility
from kb.services.annotations.annotations import (
    AnnotationChanged,
    WrittenAnnotation,
    annotation_words,
    change_annotation,
    change_reply,
    existing_highlight,
    move_annotation,
    write_annotation,
    write_reply,
)
from kb.services.core.library import Library
from kb.services.items.item_creation import save_item
from kb.services.moderation.moderation_actions import remove_content, restore_content
from kb.services.undo.undo import undo_action
from tests.factories.items import an_annotation, an_item
from tests.factories.moderation import a_moderated_library, actor_of, annotations_of, item_of


@pytest.fixture
def library() -> Iterator[Library]:
    with a_moderated_library() as library:
        yield library


def undo_of(written: WrittenAnnotation) -> str:
    assert written.undo is not None
    return written.undo


def test_a_passage_stands_after_the_passages_and_a_comment_after_all(library: Library) -> None:
    claire = actor_of(library, "claire")
    passage = write_annotation(library, claire, "i1", AnnotationFields("  Le vent\r\nse lève.  ", color="green"))
    comment = write_annotation(library, claire, "i1", AnnotationFields(body="À relire."))
    assert annotations_of(library) == ["a1", "a2", "a3", passage.part_id, "a4", comment.part_id]
    assert (passage.annotation.kind, passage.annotation.quote) == (AnnotationKind.HIGHLIGHT, "Le vent\nse lève.")
    assert (passage.annotation.color, passage.annotation.author) == ("green", comment.annotation.author)
    assert comment.annotation.kind is AnnotationKind.COMMENT


def test_added_and_changed_annotations_are_undone(library: Library) -> None:
    claire, before = actor_of(library, "claire"), item_of(library)
    undo_action(library, claire, undo_of(write_annotation(library, claire, "i1", AnnotationFields("Un passage."))))
    undo_action(library, claire, undo_of(write_reply(library, claire, "a3", "Oui.")))
    undo_action(
        library, claire, undo_of(change_annotation(library, claire, "a4", AnnotationFields(body="Autre chose.")))
    )
    assert item_of(library) == before


def test_its_kind_follows_what_an_annotation_holds(library: Library) -> None:
    claire, max_ = actor_of(library, "claire"), actor_of(library, "max")
    noted = change_annotation(library, claire, "a1", AnnotationFields("Un phare au bout du quai.", "Vu hier."))
    assert noted.annotation.kind is AnnotationKind.NOTE
    bare = change_annotation(library, max_, "a2", AnnotationFields("Un chalut bleu.", color="pink"))
    assert bare.annotation.kind is AnnotationKind.HIGHLIGHT
    assert [reply.id for reply in bare.annotation.replies] == ["r0", "r1", "r2", "r3"]
    with pytest.raises(Invalid):
        change_annotation(library, claire, "a4", AnnotationFields("Un passage.", "Une remarque."))
    with pytest.raises(Invalid):
        change_annotation(library, claire, "a4", AnnotationFields())


def test_another_quote_loses_its_surroundings_and_the_same_one_keeps_them(library: Library) -> None:
    claire = actor_of(library, "claire")
    written = write_annotation(library, claire, "i1", AnnotationFields("Les agents", prefix="avant ", suffix=" après"))
    noted = change_annotation(library, claire, written.part_id, AnnotationFields("Les agents", "Oui."))
    assert (noted.annotation.prefix, noted.annotation.suffix) == ("avant ", " après")
    other = change_annotation(library, claire, written.part_id, AnnotationFields("Les agentes", "Oui."))
    assert (other.annotation.prefix, other.annotation.suffix) == (None, None)


def test_a_passage_is_placed_in_the_text_of_its_page(library: Library) -> None:
    with library.store.write() as writing:
        writing.page_texts.put("i1", "Le matin, les mouettes\ncrient sur le quai.")
    written = write_annotation(library, actor_of(library, "claire"), "i1", AnnotationFields("les mouettes crient"))
    assert (written.annotation.prefix, written.annotation.suffix) == ("Le matin, ", " sur le quai.")


def test_users_change_only_their_own_texts(library: Library) -> None:
    for login, error in (
        ("olga", Forbidden),
        ("max", Forbidden),
        ("rene", Forbidden),
        ("sam", Forbidden),
        ("", LoginNeeded),
    ):
        with pytest.raises(error):
            change_annotation(library, actor_of(library, login), "a1", AnnotationFields("Autre."))
        with pytest.raises(error):
            change_reply(library, actor_of(library, login), "r0", "Autre.")
    with pytest.raises(Forbidden):
        change_annotation(library, actor_of(library, "claire"), "a3", AnnotationFields("Autre."))
    assert change_reply(library, actor_of(library, "claire"), "r0", "Autre.").annotation.replies[0].body == "Autre."


def test_a_caller_without_read_permission_gets_not_found() -> None:
    with a_moderated_library(Visibility.MEMBERS) as library:
        sam = actor_of(library, "sam")
        ids = set()
        for item_id, part_id in (("i1", "a1"), ("rien", "rien")):
            for act in (
                lambda item=item_id: write_annotation(library, sam, item, AnnotationFields("Un passage.")),
                lambda part=part_id: change_annotation(library, sam, part, AnnotationFields("Un passage.")),
                lambda part=part_id: change_reply(library, sam, part, "Oui."),
                lambda part=part_id: write_reply(library, sam, part, "Oui."),
            ):
                with pytest.raises(NotFound) as refused:
                    act()
                ids.add(refused.value.message)
        assert len(ids) == 1


def test_a_change_made_meanwhile_is_not_overwritten(library: Library) -> None:
    claire = actor_of(library, "claire")
    read = annotation_words(item_of(library).annotations[0])
    change_annotation(library, claire, "a1", AnnotationFields("Un phare.", "Ici."), read=read)
    with pytest.raises(AnnotationChanged) as error:
        change_annotation(library, claire, "a1", AnnotationFields("Un phare.", "Là."), read=read)
    assert error.value.words == AnnotationFields("Un phare.", "Ici.")
    change_reply(library, claire, "r0", "Deux.", read="Réponse 0.")
    with pytest.raises(AnnotationChanged):
        change_reply(library, claire, "r0", "Trois.", read="Réponse 0.")


def test_a_change_has_a_date_and_a_new_passage_a_new_place(library: Library) -> None:
    claire, item = actor_of(library, "claire"), item_of(library)
    placed = replace(item.annotations[0], selectors='[{"type":"PageSelector","index":2}]')
    with library.store.write() as writing:
        writing.items.update([replace(item, annotations=(placed, *item.annotations[1:]))])
    noted = change_annotation(library, claire, "a1", AnnotationFields(placed.quote or "", "Ici.")).annotation
    assert (noted.selectors, noted.updated is not None) == (placed.selectors, True)
    written = change_annotation(library, claire, "a1", AnnotationFields("Un phare.", "Ici."))
    assert written.annotation.selectors is None
    undo_action(library, claire, undo_of(written))
    assert item_of(library).annotations[0] == noted
    assert change_reply(library, claire, "r0", "Autre.").annotation.replies[0].updated is not None


def test_the_same_words_change_nothing(library: Library) -> None:
    claire, before = actor_of(library, "claire"), item_of(library)
    assert change_annotation(library, claire, "a4", AnnotationFields(body=" Une remarque.\r\n")).undo is None
    assert change_reply(library, claire, "r0", "Réponse 0.").undo is None
    assert item_of(library).version == before.version


def test_a_reply_to_a_reply_is_in_the_same_thread(library: Library) -> None:
    written = write_reply(library, actor_of(library, "claire"), "r1", "Je réponds à la réponse.")
    assert written.annotation.id == "a2"
    assert [reply.id for reply in written.annotation.replies] == ["r0", "r1", "r2", "r3", written.part_id]
    assert [reply.reply_to for reply in written.annotation.replies] == [None, None, None, None, "r1"]
    removed = remove_content(library, actor_of(library, "claire"), "i1", written.part_id)
    restore_content(library, actor_of(library, "claire"), removed.id)
    assert item_of(library).annotations[1] == written.annotation


def test_a_removed_annotation_cannot_be_replied_to(library: Library) -> None:
    remove_content(library, actor_of(library, "max"), "i1", "a3")
    with pytest.raises(NotFound):
        write_reply(library, actor_of(library, "claire"), "a3", "Oui.")


def test_a_comment_gives_an_item_its_source_and_its_date_never_over_what_is_there(library: Library) -> None:
    claire = actor_of(library, "claire")
    written = write_annotation(library, claire, "i2", AnnotationFields(body="Lagazette.fr, 7 nov 2014"))
    assert written.has_new_source
    assert (written.item.source, written.item.published) == ("Lagazette.fr", "2014-11-07")
    later = write_annotation(library, claire, "i2", AnnotationFields(body="Le Monde, 8 nov 2014"))
    assert not later.has_new_source
    assert later.item.source == "Lagazette.fr"
    # The first item has a date: a pair is never split.
    assert (
        write_annotation(library, claire, "i1", AnnotationFields(body="Lagazette.fr, 7 nov 2014")).item.source is None
    )
    undo_action(library, claire, undo_of(written))
    assert (item_of(library, "i2").source, item_of(library, "i2").published) == (None, None)


def test_a_passage_that_is_there_is_known_whatever_its_spaces(library: Library) -> None:
    item = item_of(library)
    highlight = existing_highlight(item, " Un phare\n au bout  du quai.")
    assert highlight is not None
    assert highlight.id == "a1"
    assert existing_highlight(item, "Un phare") is None
    assert existing_highlight(item, " ") is None


@pytest.mark.parametrize(
    ("start", "version", "is_known"), [(3, 1, True), (5, 1, True), (9, 1, False), (90, 1, False), (90, 2, True)]
)
def test_the_same_words_elsewhere_in_a_text_are_another_passage(start: int, version: int, *, is_known: bool) -> None:
    kept = an_annotation(quote="Un phare", selectors=TextPosition(3, 9, 1).selectors)
    sent = TextPosition(start, start + 6, version).selectors
    assert (existing_highlight(an_item(annotations=(kept,)), "Un phare", sent) is not None) == is_known
    assert existing_highlight(an_item(annotations=(kept,)), "Un phare") is not None


def test_programs_send_tags_and_selectors_and_other_changes_keep_them(library: Library) -> None:
    claire = actor_of(library, "claire")
    selectors = '[{"type":"TextPositionSelector","start":3,"end":9}]'
    sent = AnnotationFields(quote="Un passage", tags=("eau", "Eau", " crue "), selectors=selectors)
    made = write_annotation(library, claire, "i1", sent).annotation
    assert (made.tags, made.selectors) == (("eau", "crue"), selectors)
    noted = change_annotation(library, claire, made.id, AnnotationFields(quote="Un passage", body="Une note"))
    assert (noted.annotation.tags, noted.annotation.selectors) == (("eau", "crue"), selectors)
    same = change_annotation(library, claire, made.id, replace(sent, body="Une note", tags=("eau", "crue")))
    assert same.undo is None
    bare = change_annotation(library, claire, made.id, replace(sent, body="Une note", tags=(), selectors=""))
    assert (bare.annotation.tags, bare.annotation.selectors) == (None, None)
    with pytest.raises(Invalid):
        write_annotation(library, claire, "i1", AnnotationFields(body="Trop", tags=tuple(map(str, range(101)))))
    reply_id = write_reply(library, claire, made.id, "Oui", ("accord",)).part_id
    assert change_reply(library, claire, reply_id, "Oui.").annotation.replies[0].tags == ("accord",)
    assert change_reply(library, claire, reply_id, "Oui.", tags=()).annotation.replies[0].tags is None
    comment = write_annotation(library, claire, "i1", AnnotationFields(body="Un mot", selectors=selectors))
    assert comment.annotation.selectors is None


def test_an_annotation_that_nobody_has_answered_moves_within_its_group(library: Library) -> None:
    claire, max_ = actor_of(library, "claire"), actor_of(library, "max")
    save_item(library, claire, "quais", ItemFields(title="Ailleurs", url="https://exemple.fr/ailleurs"))
    elsewhere = save_item(library, claire, "quais", ItemFields(title="Un autre", url="https://exemple.fr/autre")).item
    own = save_item(library, claire, "~claire", ItemFields(title="Chez moi", url="https://exemple.fr/moi")).item
    made = write_annotation(library, claire, "i1", AnnotationFields("Un passage", "Pour @max")).part_id
    before = item_of(library)
    moved = move_annotation(library, claire, made, elsewhere.id)
    assert (moved.item.id, [part.id for part in moved.item.annotations]) == (elsewhere.id, [made])
    assert made not in annotations_of(library)
    assert move_annotation(library, claire, made, elsewhere.id).undo is None
    undo_action(library, claire, undo_of(moved))
    assert item_of(library).annotations == before.annotations
    for actor, part_id, item_id, error in (
        (max_, made, elsewhere.id, Forbidden),
        (claire, made, own.id, Forbidden),
        (claire, "rien", elsewhere.id, NotFound),
        (claire, made, "rien", NotFound),
    ):
        with pytest.raises(error):
            move_annotation(library, actor, part_id, item_id)
    write_reply(library, max_, made, "Oui.")
    with pytest.raises(Conflict):
        move_annotation(library, claire, made, elsewhere.id)
