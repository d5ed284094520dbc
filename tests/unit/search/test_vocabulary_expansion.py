"""Labels are recognised in typed queries, and add the other labels of their concepts."""

import pytest

from index.query import And, Or, Phrase, Query, Term
from kb.access.actor import AccessScope
from kb.model.search_request import SearchRequest, VocabularyMode
from kb.model.vocabulary import Concept, ConceptText, Vocabulary
from kb.search.query_planning import SearchPlan, plan_search
from kb.search.ranking_weights import NARROWER_WEIGHT, PAGE_WEIGHT, SYNONYM_WEIGHT
from kb.search.vocabulary_expansion import VocabularyExpander, VocabularyMatcher
from tests.factories.items import a_group
from tests.factories.vocabulary import a_concept, a_vocabulary
from tests.support.cpu_time import cpu_seconds_at_most

GROUP = a_group()
SCOPE = AccessScope(frozenset({GROUP.id}))


def matcher_of(vocabulary: Vocabulary | None = None, group_id: str = GROUP.id) -> VocabularyMatcher:
    return VocabularyMatcher.of(group_id, vocabulary or a_vocabulary())


def found_concepts(text: str, vocabulary: Vocabulary | None = None) -> list[tuple[int, int, list[str]]]:
    return [
        (part.start, part.end, [concept.label() for concept in part.concepts])
        for part in matcher_of(vocabulary).find(tuple(text.split()))
    ]


@pytest.mark.parametrize("text", ["télétravail", "Teletravail", "TÉLÉTRAVAILS", "teletraval"])
def test_case_accents_and_inflections_make_no_difference(text: str) -> None:
    assert found_concepts(text) == [(0, 1, ["télétravail"])]


def test_words_between_which_nothing_is_said_are_found() -> None:
    assert found_concepts("le travail à distance des agents") == [(1, 4, ["télétravail"])]
    assert found_concepts("travail de la distance") == [(0, 4, ["télétravail"])]
    assert found_concepts("travail agents distance") == []


def test_the_longest_label_wins() -> None:
    assert found_concepts("télétravail occasionnel") == [(0, 2, ["télétravail occasionnel"])]
    assert found_concepts("occasionnel télétravail") == [(1, 2, ["télétravail"])]
    overlapping = Vocabulary.of([a_concept("eau potable"), a_concept("potable et salubre"), a_concept("eau")])
    assert found_concepts("eau potable et salubre", overlapping) == [(0, 1, ["eau"]), (1, 4, ["potable et salubre"])]


def test_of_labels_with_the_same_stem_the_one_that_was_typed_is_meant() -> None:
    both = Vocabulary.of([a_concept("port"), a_concept("porte")])
    assert found_concepts("porte", both) == [(0, 1, ["porte"])]
    assert found_concepts("ports", both) == [(0, 1, ["port", "porte"])]


def test_an_acronym_is_found_and_searched_by_its_letters_alone() -> None:
    vocabulary = Vocabulary.of([a_concept("plan local d’urbanisme", "PLU")])
    assert (
        found_concepts("plu", vocabulary) == found_concepts("PLU", vocabulary) == [(0, 1, ["plan local d’urbanisme"])]
    )
    assert found_concepts("plus", vocabulary) == []
    for typed in ("plu", "PLU"):
        (saying,) = VocabularyExpander([matcher_of(vocabulary)], VocabularyMode.ON, 9).otherwise((typed,))
        assert [other for other, _ in saying.others] == ["plan local d’urbanisme"]
    plan = plan_search(
        SearchRequest(q="plan local d'urbanisme"), SCOPE, (GROUP,), matchers=[matcher_of(vocabulary)]
    ).plan
    assert isinstance(plan.query, Or)
    said_otherwise = [node for part in plan.query.parts if isinstance(part, Or) for node in part.parts]
    assert [node for node in said_otherwise if isinstance(node, Term) and node.value == "plu"] == [
        Term("exact", "plu", SYNONYM_WEIGHT),
        Term("page_exact", "plu", SYNONYM_WEIGHT * PAGE_WEIGHT),
    ]


def test_an_english_label_is_found_by_english_rules() -> None:
    vocabulary = Vocabulary.of([Concept("urn:x:r", (ConceptText("en-gb", "weekly meetings"),))])
    assert found_concepts("weekly meeting", vocabulary) == [(0, 2, ["weekly meetings"])]


def expanded_with(
    text: str, use: VocabularyMode = VocabularyMode.ON, most: int = 40
) -> tuple[VocabularyExpander, dict[str, float]]:
    widener = VocabularyExpander([matcher_of()], use, most)
    sayings = widener.otherwise(tuple(text.split()))
    return widener, {other: weight for saying in sayings for other, weight in saying.others}


def test_a_synonym_brings_the_preferred_label_and_less_weight() -> None:
    widener, others = expanded_with("travail à distance")
    assert others == {"télétravail": SYNONYM_WEIGHT}
    (recognized,) = widener.recognized
    assert (recognized.words, recognized.others) == ("travail à distance", ("télétravail",))
    assert [concept.label() for concept in recognized.broader] == ["organisation du travail"]
    assert [concept.label() for concept in recognized.narrower] == ["télétravail occasionnel"]


def test_a_hidden_label_is_recognised_and_never_looked_for() -> None:
    assert expanded_with("teletraval")[1] == {"télétravail": SYNONYM_WEIGHT, "travail à distance": SYNONYM_WEIGHT}
    assert "teletraval" not in expanded_with("travail à distance")[1]


def test_narrower_concepts_are_looked_for_when_asked_and_broader_ones_never() -> None:
    widener, others = expanded_with("télétravail", VocabularyMode.NARROWER)
    assert others == {"travail à distance": SYNONYM_WEIGHT, "télétravail occasionnel": NARROWER_WEIGHT}
    assert widener.recognized[0].narrower_labels == ("télétravail occasionnel",)
    deep = expanded_with("organisation du travail", VocabularyMode.NARROWER)[1]
    assert set(deep) == {"télétravail", "travail à distance", "temps partiel", "télétravail occasionnel"}
    assert set(deep.values()) == {NARROWER_WEIGHT}
    assert expanded_with("organisation du travail")[1] == {}


def test_labels_are_recognized_but_not_added_when_expansion_is_off() -> None:
    widener, others = expanded_with("télétravail", VocabularyMode.OFF)
    assert others == {}
    assert widener.recognized[0].others == ("travail à distance",)


def test_the_labels_added_to_a_query_are_limited() -> None:
    many = Vocabulary.of([a_concept("eau", *(f"synonyme{number}" for number in range(100)))])
    widener = VocabularyExpander([matcher_of(many)], VocabularyMode.ON, 7)
    (saying,) = widener.otherwise(("eau",))
    assert len(saying.others) == 7
    assert widener.recognized[0].others == tuple(other for other, _ in saying.others)


def test_the_vocabularies_of_two_groups_add_up() -> None:
    other = Vocabulary.of([a_concept("télétravail", "travail nomade"), a_concept("agents", "agentes")])
    widener = VocabularyExpander([matcher_of(), matcher_of(other, "g-autre")], VocabularyMode.ON, 40)
    (saying,) = widener.otherwise(("télétravail",))
    assert [text for text, _ in saying.others] == ["travail à distance", "travail nomade"]
    assert [recognized.group_id for recognized in widener.recognized] == [GROUP.id, "g-autre"]


def planned(q: str, **fields: object) -> SearchPlan:
    return plan_search(SearchRequest(q=q, **fields), SCOPE, (GROUP,), matchers=[matcher_of()])  # type: ignore[arg-type]


def terms(query: Query) -> set[str]:
    match query:
        case Term(_, value):
            return {value}
        case Phrase(_, values):
            return {" ".join(values)}
        case And(parts) | Or(parts):
            return {term for part in parts for term in terms(part)}
        case _:
            return set()


def is_widened(q: str) -> bool:
    return any("distanc" in term for term in terms(planned(q).plan.query))


@pytest.mark.parametrize(
    "q",
    ["télétravail", "les agents télétravail", "télétravail -bois", "télétravail tag:bois", 'télétravail "bois dur"'],
)
def test_plain_words_are_expanded(q: str) -> None:
    assert is_widened(q)


@pytest.mark.parametrize(
    "q",
    [
        '"télétravail"',
        "télétravail ET agents",
        "télétravail OU agents",
        "télétravail (agents OU élus)",
        "-télétravail",
        "titre:télétravail",
        "télétravail*",
        "télétravail~",
        "agents SAUF (télétravail bois)",
    ],
)
def test_quotes_fields_and_operators_are_not_expanded(q: str) -> None:
    assert not is_widened(q)


def test_where_all_words_are_needed_any_label_will_do() -> None:
    query = planned("agents télétravail", match="all").plan.query
    assert isinstance(query, And)
    agents, telework = query.parts
    assert isinstance(telework, Or)
    assert {"télétravail".replace("é", "e"), "travail distanc"} & terms(telework)
    assert not terms(agents) & terms(telework)


def test_without_a_vocabulary_nothing_changes() -> None:
    for q in ("télétravail", "travail à distance", "agents télétravail -bois"):
        request = SearchRequest(q=q)
        bare = plan_search(request, SCOPE, (GROUP,)).plan
        assert (
            plan_search(request, SCOPE, (GROUP,), matchers=[matcher_of(Vocabulary.of([a_concept("rien")]))]).plan
            == bare
        )


def test_definitions_are_no_labels() -> None:
    assert found_concepts("qui fait quoi") == []


def test_a_long_question_is_looked_up_in_no_time() -> None:
    for text in ("a " * 1_000, "le " * 600, "télétravail " * 150, "eau le " * 280):
        with cpu_seconds_at_most(0.5):
            matcher_of().find(tuple(text.split()))


def test_thousands_of_concepts_with_the_same_label_are_prepared_in_linear_time() -> None:
    vocabulary = Vocabulary.of([a_concept(f"terme {n}", "nom commun") for n in range(2_000)])
    assert max(map(len, matcher_of(vocabulary).concepts_by_key.values())) == 200
    ((start, end, labels),) = found_concepts("nom commun", vocabulary)
    assert (start, end, len(labels)) == (0, 2, 10)
