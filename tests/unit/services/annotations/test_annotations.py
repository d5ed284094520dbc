"""Adding words to an item, and changing one's own."""

from collections.abc import Iterator

import pytest

from kb.errors import Invalid, NotFound, Refused, SignInNeeded
from kb.model.items.annotation import AnnotationKind
from kb.model.items.item_fields import Words
from kb.model.people.group import Visibility
from kb.services.annotations.annotations import (
    WordsChanged,
    Written,
    annotate,
    change_annotation,
    change_reply,
    quoted_already,
    reply,
    words_of,
)
from kb.services.core.library import Library
from kb.services.moderation.moderation_actions import remove
from kb.services.undo.undo import undo
from tests.moderation_factories import a_moderated_library, annotations_of, item_of, who


@pytest.fixture
def library() -> Iterator[Library]:
    with a_moderated_library() as library:
        yield library


def done(written: Written) -> str:
    assert written.undo is not None
    return written.undo


def test_a_passage_stands_after_the_passages_and_a_comment_after_all(library: Library) -> None:
    claire = who(library, "claire")
    passage = annotate(library, claire, "i1", Words("  Le vent\r\nse lève.  ", color="green"))
    comment = annotate(library, claire, "i1", Words(body="À relire."))
    assert annotations_of(library) == ["a1", "a2", "a3", passage.part_id, "a4", comment.part_id]
    assert (passage.annotation.kind, passage.annotation.quote) == (AnnotationKind.HIGHLIGHT, "Le vent\nse lève.")
    assert (passage.annotation.color, passage.annotation.author) == ("green", comment.annotation.author)
    assert comment.annotation.kind is AnnotationKind.COMMENT


def test_what_was_added_is_undone(library: Library) -> None:
    claire, before = who(library, "claire"), item_of(library)
    undo(library, claire, done(annotate(library, claire, "i1", Words("Un passage."))))
    undo(library, claire, done(reply(library, claire, "a3", "Oui.")))
    undo(library, claire, done(change_annotation(library, claire, "a4", Words(body="Autre chose."))))
    assert item_of(library) == before


def test_its_kind_follows_what_an_annotation_holds(library: Library) -> None:
    claire, max_ = who(library, "claire"), who(library, "max")
    noted = change_annotation(library, claire, "a1", Words("Un phare au bout du quai.", "Vu hier."))
    assert noted.annotation.kind is AnnotationKind.NOTE
    bare = change_annotation(library, max_, "a2", Words("Un chalut bleu.", color="pink"))
    assert bare.annotation.kind is AnnotationKind.HIGHLIGHT
    assert [one.id for one in bare.annotation.replies] == ["r0", "r1", "r2", "r3"]
    with pytest.raises(Invalid):
        change_annotation(library, claire, "a4", Words("Un passage.", "Une remarque."))
    with pytest.raises(Invalid):
        change_annotation(library, claire, "a4", Words())


def test_another_quote_loses_its_surroundings_and_the_same_one_keeps_them(library: Library) -> None:
    claire = who(library, "claire")
    kept = annotate(library, claire, "i1", Words("Les agents", prefix="avant ", suffix=" après"))
    noted = change_annotation(library, claire, kept.part_id, Words("Les agents", "Oui."))
    assert (noted.annotation.prefix, noted.annotation.suffix) == ("avant ", " après")
    other = change_annotation(library, claire, kept.part_id, Words("Les agentes", "Oui."))
    assert (other.annotation.prefix, other.annotation.suffix) == (None, None)


def test_a_passage_is_placed_in_the_text_of_its_page(library: Library) -> None:
    with library.store.write() as writing:
        writing.page_texts.put("i1", "Le matin, les mouettes\ncrient sur le quai.")
    written = annotate(library, who(library, "claire"), "i1", Words("les mouettes crient"))
    assert (written.annotation.prefix, written.annotation.suffix) == ("Le matin, ", " sur le quai.")


def test_only_ones_own_words_can_be_changed(library: Library) -> None:
    for login, error in (("olga", Refused), ("max", Refused), ("rene", Refused), ("sam", Refused), ("", SignInNeeded)):
        with pytest.raises(error):
            change_annotation(library, who(library, login), "a1", Words("Autre."))
        with pytest.raises(error):
            change_reply(library, who(library, login), "r0", "Autre.")
    with pytest.raises(Refused):
        change_annotation(library, who(library, "claire"), "a3", Words("Autre."))
    assert change_reply(library, who(library, "claire"), "r0", "Autre.").annotation.replies[0].body == "Autre."


def test_who_may_not_read_learns_nothing() -> None:
    with a_moderated_library(Visibility.MEMBERS) as library:
        sam = who(library, "sam")
        said = set()
        for item_id, part_id in (("i1", "a1"), ("rien", "rien")):
            for act in (
                lambda item=item_id: annotate(library, sam, item, Words("Un passage.")),
                lambda part=part_id: change_annotation(library, sam, part, Words("Un passage.")),
                lambda part=part_id: change_reply(library, sam, part, "Oui."),
                lambda part=part_id: reply(library, sam, part, "Oui."),
            ):
                with pytest.raises(NotFound) as refused:
                    act()
                said.add(refused.value.message)
        assert len(said) == 1


def test_nobody_overwrites_what_was_changed_meanwhile(library: Library) -> None:
    claire = who(library, "claire")
    read = words_of(item_of(library).annotations[0])
    change_annotation(library, claire, "a1", Words("Un phare.", "Ici."), read=read)
    with pytest.raises(WordsChanged) as told:
        change_annotation(library, claire, "a1", Words("Un phare.", "Là."), read=read)
    assert told.value.words == Words("Un phare.", "Ici.")
    change_reply(library, claire, "r0", "Deux.", read="Réponse 0.")
    with pytest.raises(WordsChanged):
        change_reply(library, claire, "r0", "Trois.", read="Réponse 0.")
    with pytest.raises(WordsChanged):
        change_reply(library, claire, "r0", "Trois.", version=item_of(library).version - 1)
    with pytest.raises(WordsChanged):
        change_annotation(library, claire, "a1", Words("Non."), version=0)


def test_the_same_words_change_nothing(library: Library) -> None:
    claire, before = who(library, "claire"), item_of(library)
    assert change_annotation(library, claire, "a4", Words(body=" Une remarque.\r\n")).undo is None
    assert change_reply(library, claire, "r0", "Réponse 0.").undo is None
    assert item_of(library).version == before.version


def test_a_reply_to_a_reply_stands_in_the_same_thread(library: Library) -> None:
    written = reply(library, who(library, "claire"), "r1", "Je réponds à la réponse.")
    assert written.annotation.id == "a2"
    assert [one.id for one in written.annotation.replies] == ["r0", "r1", "r2", "r3", written.part_id]


def test_what_is_gone_cannot_be_answered(library: Library) -> None:
    remove(library, who(library, "max"), "i1", "a3")
    with pytest.raises(NotFound):
        reply(library, who(library, "claire"), "a3", "Oui.")


def test_a_comment_gives_an_item_its_source_and_its_date_never_over_what_is_there(library: Library) -> None:
    claire = who(library, "claire")
    given = annotate(library, claire, "i2", Words(body="Lagazette.fr, 7 nov 2014"))
    assert given.recognised
    assert (given.item.source, given.item.published) == ("Lagazette.fr", "2014-11-07")
    later = annotate(library, claire, "i2", Words(body="Le Monde, 8 nov 2014"))
    assert not later.recognised
    assert later.item.source == "Lagazette.fr"
    # The first item has a date: a pair is never taken apart.
    assert annotate(library, claire, "i1", Words(body="Lagazette.fr, 7 nov 2014")).item.source is None
    undo(library, claire, done(given))
    assert (item_of(library, "i2").source, item_of(library, "i2").published) == (None, None)


def test_a_passage_that_is_there_is_known_whatever_its_spaces(library: Library) -> None:
    item = item_of(library)
    found = quoted_already(item, " Un phare\n au bout  du quai.")
    assert found is not None
    assert found.id == "a1"
    assert quoted_already(item, "Un phare") is None
    assert quoted_already(item, " ") is None
