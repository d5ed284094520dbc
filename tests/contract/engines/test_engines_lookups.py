"""Term lookups without a search: completions, similar terms and frequencies are equal in both engines."""

from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from index.engine import Engine
from index.hits import Completion, Frequencies, Neighbour
from index.opening import open_engine
from index.query import AnyOf, Everything, Nothing, Range, Term
from tests.contract.engines.test_engines_alike import EXAMPLES, large, play
from tests.factories.index import SCHEMA, a_document, fill
from tests.factories.index_strategies import AUTHORS, FEW, KEYS, TAGS, TERMS, WORDS, Block, histories, scopes
from tests.reference_engine import ReferenceEngine

__all__ = ["large"]

PHYSICS = AnyOf("group", ("physique",))
ALL = Everything()


def test_a_term_is_completed_by_what_most_documents_hold(engine: Engine) -> None:
    fill(
        engine,
        a_document("3", exact="télétravail télévision", group="physique"),
        a_document("1", exact="Télétravail, télétravail", group="physique"),
        a_document("2", exact="télé"),
        a_document("4", exact="télétravail"),
        a_document("5", exact="télétravail et télévision"),
    )
    assert engine.complete("exact", "TÉLÉ", ALL, 10) == (
        Completion("teletravail", 4),
        Completion("television", 2),
        Completion("tele", 1),
    )
    assert engine.complete("exact", "télé", PHYSICS, 1) == (Completion("teletravail", 2),)
    assert engine.complete("exact", "telev", PHYSICS, 9) == (Completion("television", 1),)
    assert engine.complete("exact", "travail", ALL, 9) == ()
    assert engine.complete("exact", "tele", Nothing(), 9) == engine.complete("exact", "tele", ALL, 0) == ()


def test_a_value_is_completed_from_the_beginning_of_any_of_its_words(engine: Engine) -> None:
    fill(
        engine,
        a_document("1", tag=("Fonction publique", "eau publique")),
        a_document("2", tag=("fonction publique", "Publicité", "république")),
        a_document("3", tag=("fonction publique", "open-publication", "Santé\tpublique  et privée")),
    )

    def completed(start: str, limit: int = 10) -> list[tuple[str, int]]:
        return [(completion.value, completion.count) for completion in engine.complete("tag", start, ALL, limit)]

    assert completed("pub") == [
        ("fonction publique", 3),
        ("Publicité", 1),
        ("eau publique", 1),
        ("open-publication", 1),
        ("Santé\tpublique  et privée", 1),
    ]
    assert completed(" SANTE  publique ET") == [("Santé\tpublique  et privée", 1)]
    assert completed("ublic") == []
    assert completed("", 2) == [("fonction publique", 3), ("eau publique", 1)]
    assert completed("(", 2) == []


def test_a_value_is_spelled_as_most_documents_spell_it(engine: Engine) -> None:
    fill(
        engine,
        a_document("1", tag="Énergie", group="physique"),
        a_document("2", tag="ÉNERGIE", group="physique"),
        a_document("3", tag=("énergie", "ÉNERGIE")),
        a_document("4", tag="énergie"),
        a_document("5", tag="energie"),
        a_document("6", tag="énergie"),
    )
    assert engine.complete("tag", "ener", ALL, 5) == (
        Completion("énergie", 5),
        Completion("energie", 1),
    )
    assert engine.complete("tag", "ener", PHYSICS, 5) == (Completion("ÉNERGIE", 2),)
    assert engine.neighbours("tag", "Énergies", ALL, 1, 5) == (Neighbour("énergie", 1, 5),)


def test_neighbours_come_nearest_first(engine: Engine) -> None:
    fill(
        engine,
        a_document("1", exact="agents agents", group="physique"),
        a_document("2", exact="agent", group="physique"),
        a_document("3", exact="argent gants"),
        a_document("4", exact="argent agnets"),
    )
    assert engine.neighbours("exact", "agent", ALL, 2, 9) == (
        Neighbour("argent", 1, 2),
        Neighbour("agents", 1, 1),
        Neighbour("agnets", 2, 1),
    )
    assert engine.neighbours("exact", "agent", ALL, 2, 1) == (Neighbour("argent", 1, 2),)
    assert [neighbour.value for neighbour in engine.neighbours("exact", "agnet", PHYSICS, 2, 9)] == ["agent", "agents"]
    assert engine.neighbours("exact", "agent", ALL, 0, 9) == ()


def test_frequencies_are_those_of_the_scope(engine: Engine) -> None:
    fill(
        engine,
        a_document("1", exact="eau eau", group="physique", tag="Eau"),
        a_document("2", exact="feu", group="physique", tag="eau"),
        a_document("3", exact="eau"),
    )
    assert engine.frequencies("exact", ("eau", "feu", "air", "eau"), ALL) == Frequencies(3, (2, 1, 0, 2))
    assert engine.frequencies("exact", ("eau", "feu"), PHYSICS) == Frequencies(2, (1, 1))
    assert engine.frequencies("tag", ("EAU",), ALL) == Frequencies(3, (2,))
    assert engine.frequencies("tag", (), Nothing()) == Frequencies(0, ())


def test_unreadable_documents_change_no_lookup(engine: Engine) -> None:
    def answers() -> list[object]:
        return [
            *(engine.complete("exact", start, PHYSICS, 3) for start in ("", "e", "eau", "secr")),
            *(engine.complete("tag", start, PHYSICS, 3) for start in ("", "e", "secr")),
            *(engine.neighbours(field, "eaux", PHYSICS, 2, 3) for field in ("exact", "tag")),
            engine.frequencies("exact", ("eau", "secret"), PHYSICS),
        ]

    fill(
        engine,
        a_document("1", group="physique", exact="eau ébène", tag=("Eau", "eau vive")),
        a_document("2", group=("physique", "histoire"), exact="eau ébène aux", tag="eau"),
    )
    before = answers()
    fill(
        engine,
        *(a_document(f"0{number}", group="histoire", exact="ébène eaux secret", tag="EAU") for number in range(9)),
        a_document("a", exact="eaux secret", tag="secrets"),
    )
    assert answers() == before


def test_terms_of_one_count_come_in_order_from_several_commits(engine: Engine) -> None:
    fill(engine, a_document("1", exact="ab ad af ah aj al an ap ar at"))
    fill(engine, a_document("2", exact="aa ac ae ag ai ak am ao aq as"))
    assert [completion.value for completion in engine.complete("exact", "a", ALL, 7)] == "aa ab ac ad ae af ag".split()


def test_terms_of_deleted_documents_are_not_completed(engine: Engine) -> None:
    fill(engine, *(a_document(str(number), exact="eau eaux", tag="eau") for number in range(9)))
    fill(engine, a_document("0", exact="eaux", tag="feu"), a_document("a", exact="eaux", tag="feu"))
    with engine.write() as writer:
        writer.drop("id", "1")
    assert engine.complete("exact", "eau", ALL, 2) == (
        Completion("eaux", 9),
        Completion("eau", 7),
    )
    assert [(completion.value, completion.count) for completion in engine.complete("tag", "", ALL, 2)] == [
        ("eau", 7),
        ("feu", 2),
    ]
    assert engine.frequencies("exact", ("eau",), ALL) == Frequencies(9, (7,))
    with engine.write() as writer:
        writer.drop("tag", "eau")
    assert [completion.value for completion in engine.complete("tag", "", ALL, 2)] == ["feu"]


@pytest.mark.parametrize("field", ["views", "cited", "nothing"])
def test_a_field_without_words_completes_nothing(engine: Engine, field: str) -> None:
    with pytest.raises(ValueError):
        engine.complete(field, "a", ALL, 3)
    with pytest.raises(ValueError):
        engine.neighbours(field, "a", ALL, 1, 3)
    with pytest.raises(ValueError):
        engine.frequencies(field, ("a",), ALL)


def test_invalid_lookups_are_refused(engine: Engine) -> None:
    with pytest.raises(ValueError):
        engine.complete("exact", "a", ALL, -1)
    with pytest.raises(ValueError):
        engine.neighbours("exact", "a", ALL, -1, 3)
    with pytest.raises(ValueError):
        engine.complete("exact", "a", Range("exact", 0, 1), 3)
    with pytest.raises(ValueError):
        engine.frequencies("exact", ("a",), Term("nothing", "a"))


fields = st.one_of(
    st.tuples(st.sampled_from(("title", "body", "exact")), st.sampled_from((*TERMS, *FEW, *WORDS))),
    st.tuples(st.just("tag"), st.sampled_from(TAGS)),
    st.tuples(st.just("author"), st.sampled_from((*AUTHORS, "cd63"))),
    st.tuples(st.just("id"), st.sampled_from(KEYS)),
)
lookups = st.tuples(fields, st.integers(0, 4), st.integers(0, 3), st.sampled_from((0, 1, 2, 3, 50)), scopes)
Lookup = tuple[tuple[str, str], int, int, int, "st.SearchStrategy[object]"]


def assert_alike(plain: Engine, tested: Engine, lookup: Lookup) -> None:
    (field, value), size, distance, limit, within = lookup
    expected = plain.complete(field, value[:size], within, limit)
    assert tested.complete(field, value[:size], within, limit) == expected
    event("completed" if expected else "nothing completed")
    assert tested.neighbours(field, value, within, distance, limit) == plain.neighbours(
        field, value, within, distance, limit
    )
    terms = (value, "rien", *(completion.value for completion in expected))
    assert tested.frequencies(field, terms, within) == plain.frequencies(field, terms, within)


@pytest.mark.timeout(24 * 3600)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
@given(histories, st.lists(lookups, min_size=3, max_size=8))
def test_both_engines_look_up_alike(history: tuple[Block, ...], lookup_list: list[Lookup]) -> None:
    plain = ReferenceEngine(SCHEMA)
    with TemporaryDirectory() as folder, closing(open_engine(f"whoosh:{Path(folder) / 'i'}", SCHEMA)) as tested:
        for block in history:
            play(plain, block)
            play(tested, block)
            for lookup in lookup_list:
                assert_alike(plain, tested, lookup)


@pytest.mark.timeout(24 * 3600)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lookup=lookups)
def test_both_engines_look_up_alike_in_many_documents(large: tuple[Engine, Engine], lookup: Lookup) -> None:
    assert_alike(*large, lookup)
