"""Vocabularies of groups are read back unchanged, and each change makes a new version."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.errors import Invalid
from kb.model.vocabulary import Concept, ConceptText, Vocabulary
from kb.store import Store
from tests.factories.items import a_base, a_group, rolled_back
from tests.factories.vocabulary import a_concept, a_vocabulary

HISTOIRE, PHYSIQUE = a_group("histoire").id, a_group("physique").id


@pytest.fixture
def store() -> Iterator[Store]:
    opened = a_base()
    yield opened
    opened.close()


def test_a_vocabulary_is_read_back_as_it_was_written(store: Store) -> None:
    vocabulary = a_vocabulary()
    with store.write() as writing:
        assert writing.vocabularies.set(PHYSIQUE, vocabulary)
    with store.read() as reading:
        assert reading.vocabularies.of_group(PHYSIQUE) == vocabulary
        assert reading.vocabularies.of_group(HISTOIRE) == Vocabulary()
        assert list(reading.vocabularies.versions()) == [PHYSIQUE]


def test_only_a_change_gives_another_version(store: Store) -> None:
    with store.write() as writing:
        writing.vocabularies.set(PHYSIQUE, a_vocabulary())
        first = writing.vocabularies.versions()
        assert not writing.vocabularies.set(PHYSIQUE, a_vocabulary())
        assert writing.vocabularies.versions() == first
        assert writing.vocabularies.set(PHYSIQUE, Vocabulary.of(a_vocabulary().concepts[1:], "urn:x:tout"))
        assert writing.vocabularies.versions()[PHYSIQUE] != first[PHYSIQUE]


def test_a_version_that_came_back_is_not_taken_for_what_it_was(store: Store) -> None:
    with store.write() as writing:
        writing.vocabularies.set(PHYSIQUE, a_vocabulary())
        first = writing.vocabularies.versions()
        writing.vocabularies.set(PHYSIQUE, Vocabulary())
        assert writing.vocabularies.versions() == {}
        writing.vocabularies.set(PHYSIQUE, a_vocabulary())
        assert writing.vocabularies.versions() != first


def test_two_groups_may_have_the_same_concepts(store: Store) -> None:
    with store.write() as writing:
        writing.vocabularies.set(PHYSIQUE, a_vocabulary())
        writing.vocabularies.set(HISTOIRE, a_vocabulary())
        writing.vocabularies.set(HISTOIRE, Vocabulary.of([a_concept("Eau")]))
        assert writing.vocabularies.of_group(PHYSIQUE) == a_vocabulary()
        assert writing.vocabularies.of_group(HISTOIRE) == Vocabulary.of([a_concept("Eau")])


def test_a_change_of_a_vocabulary_does_not_move_feeds(store: Store) -> None:
    with store.read() as reading:
        before = reading.groups.changed_at([PHYSIQUE]), reading.changes.newest()
    with store.write() as writing:
        writing.vocabularies.set(PHYSIQUE, a_vocabulary())
    with store.read() as reading:
        assert (reading.groups.changed_at([PHYSIQUE]), reading.changes.newest()) == before


def test_an_unstorable_text_changes_nothing(store: Store) -> None:
    with store.write() as writing:
        writing.vocabularies.set(PHYSIQUE, a_vocabulary())
        before = writing.vocabularies.versions()
        with pytest.raises(Invalid):
            writing.vocabularies.set(PHYSIQUE, Vocabulary.of([a_concept("un\0deux")]))
        assert writing.vocabularies.of_group(PHYSIQUE) == a_vocabulary()
        assert writing.vocabularies.versions() == before


_letters = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
_texts = st.lists(st.builds(ConceptText, st.sampled_from(["", "fr", "en"]), _letters), max_size=3).map(tuple)
_uris = st.sampled_from([f"urn:x:{n}" for n in range(6)])
_concepts = st.builds(
    Concept,
    uri=_uris,
    preferred=_texts.filter(bool),
    alternative=_texts,
    hidden=_texts,
    definition=_texts,
    scope_note=_texts,
    notation=_texts,
    broader=st.lists(_uris, max_size=3).map(tuple),
    related=st.lists(_uris, max_size=3).map(tuple),
)
_vocabularies = st.lists(_concepts, max_size=6).map(Vocabulary.of)
_BASE = a_base()


@settings(deadline=None)
@given(_vocabularies, _vocabularies)
def test_a_new_vocabulary_replaces_any_former_one(first: Vocabulary, other: Vocabulary) -> None:
    with rolled_back(_BASE) as writing:
        for vocabulary in (first, other):
            writing.vocabularies.set(PHYSIQUE, vocabulary)
            assert writing.vocabularies.of_group(PHYSIQUE) == vocabulary
