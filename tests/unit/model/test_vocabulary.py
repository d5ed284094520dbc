"""Concepts: their labels, and the relations between them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.model.search_request import SearchRequest, Sort, VocabularyMode
from kb.model.vocabulary import ConceptText, Vocabulary, checked_label, cyclic_links, is_uri, uri_for
from tests.factories.vocabulary import a_concept, a_vocabulary


@pytest.mark.parametrize("uri", ["http://exemple.fr/c#é", "urn:x:a", "tag:exemple.fr,2026:eau"])
def test_an_address_names_a_concept(uri: str) -> None:
    assert is_uri(uri)


@pytest.mark.parametrize(
    "uri", ["", "eau", "_:n1", "http://a b", "urn:x:<a>", 'urn:x:"', "urn:x:\n", "urn:" + "x" * 2_000]
)
def test_a_text_that_no_file_can_hold_as_uri_is_none(uri: str) -> None:
    assert not is_uri(uri)


def test_a_concept_that_is_made_here_has_the_same_address_everywhere() -> None:
    assert uri_for("eau", "fr") == uri_for("eau", "fr") != uri_for("eau", "en")
    assert is_uri(uri_for("eau"))


def test_a_label_is_one_line_and_keeps_the_spaces_that_its_writer_bound() -> None:
    assert checked_label(" eau\n\t potable\x00\u202f: ") == "eau potable \u202f:"


def test_a_concept_is_called_by_its_label_in_a_language() -> None:
    concept = a_concept("eau").tidied()
    both = Vocabulary.of([type(concept)(concept.uri, (ConceptText("en", "water"), *concept.preferred))]).concepts[0]
    assert (both.label("fr"), both.label("en"), both.label("de")) == ("eau", "water", "water")


def test_narrower_concepts_derive_from_broader_ones_and_related_ones_are_symmetric() -> None:
    vocabulary = a_vocabulary()
    assert vocabulary.narrower()[uri_for("télétravail")] == (uri_for("télétravail occasionnel"),)
    telework = vocabulary.get(uri_for("télétravail"))
    assert telework is not None
    assert telework.related == (uri_for("temps partiel"),)


@given(st.dictionaries(st.integers(0, 7).map(str), st.sets(st.integers(0, 7).map(str)), max_size=8))
def test_without_the_reported_links_no_concept_is_broader_than_itself(broader: dict[str, set[str]]) -> None:
    cycles = list(cyclic_links(broader))
    assert cycles == list(cyclic_links(broader))
    acyclic = {
        concept: {other for other in others if (concept, other) not in cycles} for concept, others in broader.items()
    }
    assert list(cyclic_links(acyclic)) == []
    assert all(other in broader[narrower] for narrower, other in cycles)


def test_a_long_chain_is_followed_to_its_end() -> None:
    chain = {str(number): [str(number + 1)] for number in range(50_000)}
    assert list(cyclic_links(chain)) == []
    assert len(list(cyclic_links({**chain, "50000": ["0"]}))) == 1


def test_a_search_says_how_vocabularies_are_used_unless_it_is_as_usual() -> None:
    for use in VocabularyMode:
        request = SearchRequest(q="eau", vocabulary=use)
        assert SearchRequest.from_params(request.to_params()) == request
    assert SearchRequest(q="eau").to_params() == (("q", "eau"),)


def test_lists_of_all_groups_by_date_are_of_the_words_typed() -> None:
    assert SearchRequest(q="eau").wants_vocabulary
    assert not SearchRequest(q="eau", sort=Sort.RECENT).wants_vocabulary
    assert SearchRequest(q="eau", sort=Sort.RECENT, group=("eau",)).wants_vocabulary
    assert not SearchRequest(group=("eau",)).wants_vocabulary
