"""Concepts: the right to edit, checks, conflicts between editors, and undo."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from kb.access.actor import ANONYMOUS, OPERATOR, Actor
from kb.errors import FlorilegeError, Forbidden, Invalid, LoginNeeded, NotFound
from kb.formats.skos.reader import SkosFile
from kb.model.people.group import Role, Visibility
from kb.model.search_request import SearchRequest
from kb.model.vocabulary import ConceptText, Vocabulary, uri_for
from kb.services.core.library import Library
from kb.services.search.search import run_search
from kb.services.vocabulary.concept_fields import ConceptFields
from kb.services.vocabulary.concepts import (
    SavedConcept,
    UnknownTerms,
    VocabularyChangedMeanwhile,
    editable_vocabulary,
    remove_concept,
    save_concept,
)
from kb.services.vocabulary.vocabularies import group_vocabulary, import_vocabulary, preview_import
from tests.factories.items import a_group, a_member, an_item
from tests.factories.library import a_library
from tests.factories.vocabulary import a_concept, a_vocabulary, french

OPEN, SECRET = a_group("ouvert"), a_group("secret", visible=Visibility.MEMBERS)
MODERATOR = a_member("claire", of=OPEN, role=Role.MODERATOR)
REMOTE, WORK = uri_for("télétravail"), uri_for("organisation du travail")


@pytest.fixture
def library() -> Iterator[Library]:
    opened = a_library(
        an_item("Le télétravail", id="mot", group=OPEN, order=1),
        an_item("Le travail de chez soi", id="chez", group=OPEN, order=2),
        groups=(OPEN, SECRET),
    )
    with closing(opened):
        with opened.store.write() as writing:
            writing.vocabularies.set(OPEN.id, a_vocabulary())
            writing.vocabularies.set(SECRET.id, a_vocabulary())
        yield opened


def vocabulary_of_group(library: Library) -> Vocabulary:
    return group_vocabulary(library, OPERATOR, "ouvert")[1]


def concept_fields(library: Library, uri: str) -> tuple[ConceptFields, str]:
    editing = editable_vocabulary(library, OPERATOR, "ouvert")
    wording = editing.fields_of_concept(uri)
    assert wording is not None
    return wording, editing.version(uri)


def change_concept(library: Library, uri: str, actor: Actor = MODERATOR, **fields: object) -> SavedConcept:
    """Save a concept with these fields changed, with its current version."""
    wording, version = concept_fields(library, uri)
    return save_concept(library, actor, "ouvert", uri, replace(wording, **fields), version=version)


def added(library: Library, label: str, **fields: object) -> SavedConcept:
    wording = ConceptFields(french(label), **fields)  # type: ignore[arg-type]
    return save_concept(library, MODERATOR, "ouvert", "", wording, version="")


def drop(library: Library, label: str) -> None:
    uri = uri_for(label, "fr")
    remove_concept(library, MODERATOR, "ouvert", uri, version=concept_fields(library, uri)[1])


def log(library: Library) -> list[tuple[str, str | None]]:
    with library.store.read() as reading:
        return [(entry.action, entry.detail) for _, entry in reading.moderation.log_entries(OPEN.id)]


def test_an_added_label_is_found_by_the_next_search_and_logged(library: Library) -> None:
    def found_ids() -> set[str]:
        return {row.item.id for row in run_search(library, ANONYMOUS, SearchRequest(q="domicile")).rows}

    assert found_ids() == set()
    concept = added(library, " travail  à domicile ", alternative=french("domicile", "travail de chez soi"))
    assert concept.now is not None
    assert concept.now.preferred == french("travail à domicile")
    assert found_ids() == {"chez"}
    assert log(library) == [("vocabulary-changed", "travail à domicile")]


def test_links_are_terms_that_are_there_and_go_both_ways(library: Library) -> None:
    concept = added(
        library, "horaires", broader=("Organisation du TRAVAIL",), narrower=("temps partiel",), related=(REMOTE,)
    )
    vocabulary = vocabulary_of_group(library)
    partial, remote = vocabulary.get(uri_for("temps partiel")), vocabulary.get(REMOTE)
    assert partial is not None
    assert remote is not None
    assert partial.broader == tuple(sorted((concept.uri, WORK)))
    assert concept.uri in remote.related
    change_concept(library, concept.uri, narrower=(), related=())
    after = vocabulary_of_group(library).get(uri_for("temps partiel"))
    assert after is not None
    assert after.broader == (WORK,)
    assert vocabulary_of_group(library).get(REMOTE) == a_vocabulary().get(REMOTE)


def test_terms_that_are_not_there_are_named_with_those_that_look_like_them(library: Library) -> None:
    with pytest.raises(UnknownTerms, match="called: partiel, mi-temps") as caught:
        added(library, "horaires", broader=("partiel", "mi-temps"), related=("télétravail",))
    assert caught.value.near == ("temps partiel",)
    with pytest.raises(UnknownTerms) as caught:
        added(library, "horaires", broader=tuple("x" * 2_000 + str(number) for number in range(300)))
    assert len(str(caught.value)) < 3_000
    added(library, "horaires", broader=("temps   partiel",))
    drop(library, "horaires")
    assert vocabulary_of_group(library) == a_vocabulary()


WRONG = {
    "no preferred label": ({"preferred": french(" \n")}, "preferred label in one language"),
    "two in one language": ({"preferred": french("un", "deux")}, "one preferred label in each"),
    "of another": ({"preferred": french("Temps  PARTIEL")}, "called “Temps PARTIEL” already"),
    "too long": ({"alternative": french("x" * 501)}, "1 to 500"),
    "a long definition": ({"definition": french("x" * 10_001)}, "at most 10000"),
    "too many": ({"hidden": french(*(f"mot {number}" for number in range(501)))}, "too much for one term"),
    "no language": ({"hidden": (ConceptText("<b>", "mot"),)}, "no code of a language"),
    "no character": ({"definition": french("a\x00b")}, "cannot be kept"),
    "half a character": ({"alternative": french("a\ud800b")}, "cannot be kept"),
    "not for XML": ({"alternative": french("a\uffff")}, "cannot be kept"),
    "itself": ({"related": ("télétravail",)}, "broader or narrower than itself"),
    "a circle": ({"broader": ("télétravail occasionnel",)}, "would be broader than itself, by way of"),
}  # fmt: skip


@pytest.mark.parametrize(("fields", "reason"), WRONG.values(), ids=WRONG.keys())
def test_an_invalid_concept_is_refused_and_changes_nothing(
    library: Library, fields: dict[str, object], reason: str
) -> None:
    with pytest.raises(Invalid, match=reason):
        change_concept(library, REMOTE, **fields)
    assert vocabulary_of_group(library) == a_vocabulary()
    assert log(library) == []


def test_two_users_who_change_a_concept_never_overwrite_each_other(library: Library) -> None:
    own_wording, version = concept_fields(library, REMOTE)
    change_concept(library, REMOTE, alternative=french("travail à distance", "distanciel"))
    with pytest.raises(VocabularyChangedMeanwhile):
        save_concept(library, MODERATOR, "ouvert", REMOTE, replace(own_wording, alternative=()), version=version)
    with pytest.raises(VocabularyChangedMeanwhile):
        remove_concept(library, MODERATOR, "ouvert", REMOTE, version=version)
    # If another user moves a narrower term elsewhere, the concept that the user has read has changed.
    wording, version = concept_fields(library, WORK)
    change_concept(library, REMOTE, broader=())
    with pytest.raises(VocabularyChangedMeanwhile):
        save_concept(library, MODERATOR, "ouvert", WORK, replace(wording, alternative=french("x")), version=version)
    assert vocabulary_of_group(library).get(REMOTE).alternative == french("distanciel", "travail à distance")  # type: ignore[union-attr]


def test_saving_the_same_text_twice_is_no_conflict(library: Library) -> None:
    wording, version = concept_fields(library, REMOTE)
    other = replace(wording, alternative=french("distanciel"))
    save_concept(library, MODERATOR, "ouvert", REMOTE, other, version=version)
    save_concept(library, MODERATOR, "ouvert", REMOTE, other, version=version)
    assert len(log(library)) == 1
    first, second = added(library, "bureau"), added(library, "bureau")
    assert (first.uri, first.now) == (second.uri, second.now)
    assert second.before == second.now
    assert len(log(library)) == 2


def test_changed_added_and_removed_concepts_are_restored_whole(library: Library) -> None:
    changed = change_concept(library, REMOTE, preferred=french("distanciel"), broader=(), narrower=(), related=())
    assert changed.before is not None
    back = save_concept(library, MODERATOR, "ouvert", REMOTE, changed.before, version=changed.version, restoring=True)
    assert vocabulary_of_group(library) == a_vocabulary()
    removed = remove_concept(library, MODERATOR, "ouvert", REMOTE, version=back.version)
    assert vocabulary_of_group(library).get(REMOTE) is None
    assert removed.before is not None
    save_concept(library, MODERATOR, "ouvert", REMOTE, removed.before, version=removed.version, restoring=True)
    assert vocabulary_of_group(library) == a_vocabulary()
    concept = added(library, "horaires", narrower=("télétravail",))
    remove_concept(library, MODERATOR, "ouvert", concept.uri, version=concept.version)
    assert vocabulary_of_group(library) == a_vocabulary()


def test_duplicate_labels_of_an_import_can_be_changed_and_restored(library: Library) -> None:
    twins = [replace(a_concept("avocat"), uri=uri) for uri in ("urn:x:fruit", "urn:x:metier")]
    with library.store.write() as writing:
        writing.vocabularies.set(OPEN.id, Vocabulary.of(twins))
    change_concept(library, "urn:x:fruit", alternative=french("guacamole"))
    editing = editable_vocabulary(library, OPERATOR, "ouvert")
    assert editing.term("urn:x:fruit", "fr") == "urn:x:fruit"
    removed = remove_concept(library, MODERATOR, "ouvert", "urn:x:fruit", version=editing.version("urn:x:fruit"))
    assert removed.before is not None
    save_concept(library, MODERATOR, "ouvert", "urn:x:fruit", removed.before, version="", restoring=True)
    with pytest.raises(Invalid, match=r"Several concepts.*urn:x:fruit"):
        added(library, "droit", related=("avocat",))
    added(library, "droit", related=("urn:x:metier",))


def test_imported_concepts_of_any_size_are_changed_and_restored(library: Library) -> None:
    strange = (ConceptText("fr-x-averylongprivatepart", "vaste"), ConceptText("en", "wide"))
    hidden = french(*(f"faute {number}" for number in range(600)))
    vast = replace(a_concept("vaste"), preferred=strange, hidden=hidden).tidied()
    below = [a_concept(f"précis {number}", broader=["vaste"]) for number in range(600)]
    with library.store.write() as writing:
        writing.vocabularies.set(OPEN.id, Vocabulary.of([vast, *below]))
    whole = vocabulary_of_group(library)
    with pytest.raises(Invalid, match="too much"):
        change_concept(library, vast.uri, hidden=(*vast.hidden, *french("vasste")))
    fewer = concept_fields(library, vast.uri)[0].narrower[1:]
    changed = change_concept(library, vast.uri, hidden=vast.hidden[1:], alternative=french("ample"), narrower=fewer)
    assert changed.before is not None
    save_concept(library, MODERATOR, "ouvert", vast.uri, changed.before, version=changed.version, restoring=True)
    removed = remove_concept(library, MODERATOR, "ouvert", vast.uri, version=concept_fields(library, vast.uri)[1])
    assert removed.before is not None
    save_concept(library, MODERATOR, "ouvert", vast.uri, removed.before, version="", restoring=True)
    assert vocabulary_of_group(library) == whole


def test_a_new_term_takes_no_address_of_another(library: Library) -> None:
    first = added(library, "bureau")
    change_concept(library, first.uri, preferred=french("poste de travail"))
    second = added(library, "bureau")
    assert second.uri != first.uri
    assert len(vocabulary_of_group(library).concepts) == 6


@pytest.mark.parametrize(
    ("actor", "slug", "error"),
    [
        (ANONYMOUS, "ouvert", LoginNeeded),
        (a_member("luc", of=OPEN), "ouvert", Forbidden),
        (replace(MODERATOR, read_only=True), "ouvert", Forbidden),
        (MODERATOR, "secret", NotFound),
        (MODERATOR, "rien", NotFound),
    ],
)
def test_moderators_change_the_vocabulary_of_their_group_alone(
    library: Library, actor: Actor, slug: str, error: type[FlorilegeError]
) -> None:
    file = SkosFile((a_concept("autre"),), None, (), 1)
    for act in (
        lambda: editable_vocabulary(library, actor, slug),
        lambda: save_concept(library, actor, slug, "", ConceptFields(french("mot")), version=""),
        lambda: remove_concept(library, actor, slug, REMOTE, version="x"),
        lambda: preview_import(library, actor, slug, file),
        lambda: import_vocabulary(library, actor, slug, file),
    ):
        with pytest.raises(error):
            act()
    with library.store.read() as reading:
        assert reading.vocabularies.of_group(SECRET.id) == reading.vocabularies.of_group(OPEN.id) == a_vocabulary()


def test_a_vocabulary_file_is_previewed_before_the_import(library: Library) -> None:
    file = SkosFile((a_concept("télétravail", "distanciel"), a_concept("horaires")), None, (), 2)
    preview = preview_import(library, MODERATOR, "ouvert", file)
    assert preview.concepts == 4
    assert preview.added is not None
    assert (preview.added.added, preview.added.updated, preview.added.removed) == (1, 1, 0)
    assert (preview.instead.added, preview.instead.updated, preview.instead.removed) == (1, 1, 3)
    assert vocabulary_of_group(library) == a_vocabulary()
    added(library, "bureau")
    with pytest.raises(VocabularyChangedMeanwhile):
        import_vocabulary(library, MODERATOR, "ouvert", file, version=preview.version)
    again = preview_import(library, MODERATOR, "ouvert", file)
    import_vocabulary(library, MODERATOR, "ouvert", file, instead=True, version=again.version)
    assert len(vocabulary_of_group(library).concepts) == 2
    assert log(library)[0] == ("vocabulary-imported", "2")
