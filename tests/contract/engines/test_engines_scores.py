"""BM25 as docs/architecture.md defines it, calculated here independently."""

from math import log

import pytest

from index.analysis import analyze
from index.engine import Engine
from index.plan import Filter
from index.query import And, AnyOf, Everything, Fuzzy, Not, Nothing, Or, Phrase, Prefix, Query, Range, Term, Wildcard
from tests.factories.index import a_document, ask, fill, found_keys, scores


def bm25(*, documents: int, holding: int, often: int, length: float, average: float) -> float:
    rarity = log(1 + (documents - holding + 0.5) / (holding + 0.5))
    return rarity * often / (often + 0.7 * (1 - 0.5 + 0.5 * length / average))


def test_a_word_scores_by_rarity_frequency_and_length(engine: Engine) -> None:
    fill(
        engine, a_document("a", title="eau eau vive"), a_document("b", title="eau"), a_document("c", title="vin x y z")
    )
    average = (3 + 1 + 4) / 3
    assert scores(engine, Term("title", "eau")) == pytest.approx(
        {
            "a": bm25(documents=3, holding=2, often=2, length=3, average=average),
            "b": bm25(documents=3, holding=2, often=1, length=1, average=average),
        },
        abs=1e-12,
    )


def test_documents_without_the_field_count_but_do_not_shorten_the_average(engine: Engine) -> None:
    fill(
        engine,
        a_document("a", title="eau vive"),
        a_document("b", body="eau"),
        a_document("c", title="???"),
        a_document("d"),
    )
    expected = bm25(documents=4, holding=1, often=1, length=2, average=2)
    assert scores(engine, Term("title", "eau")) == pytest.approx({"a": expected}, abs=1e-12)


def test_each_field_has_its_own_statistics(engine: Engine) -> None:
    fill(engine, a_document("a", title="eau", body="x y z eau"), a_document("b", body="eau t"))
    assert scores(engine, Or((Term("title", "eau"), Term("body", "eau")))) == pytest.approx(
        {
            "a": bm25(documents=2, holding=1, often=1, length=1, average=1)
            + bm25(documents=2, holding=2, often=1, length=4, average=3),
            "b": bm25(documents=2, holding=2, often=1, length=2, average=3),
        },
        abs=1e-12,
    )


def test_the_pieces_of_a_text_are_one_length(engine: Engine) -> None:
    fill(engine, a_document("a", body=("eau vive", "eau", "")), a_document("b", body="vin"))
    expected = bm25(documents=2, holding=1, often=2, length=3, average=2)
    assert scores(engine, Term("body", "eau")) == pytest.approx({"a": expected}, abs=1e-12)


def test_length_is_the_number_of_tokens_after_analysis(engine: Engine) -> None:
    text = "Les agents de l'e-administration"
    tokens = analyze(text, "fr")
    fill(engine, a_document("a", language="fr", title=text), a_document("b", language="en", title="services"))
    (agent,) = {token.term for token in analyze("agents", "fr")}
    expected = bm25(documents=2, holding=1, often=1, length=len(tokens), average=(len(tokens) + 1) / 2)
    assert scores(engine, Term("title", agent)) == pytest.approx({"a": expected}, abs=1e-12)


def test_a_long_text_is_measured_exactly(engine: Engine) -> None:
    fill(engine, a_document("a", body=" ".join(["eau", *["vin"] * 1233])), a_document("b", body="vin"))
    expected = bm25(documents=2, holding=1, often=1, length=1234, average=1235 / 2)
    assert scores(engine, Term("body", "eau")) == pytest.approx({"a": expected}, abs=1e-12)
    often = bm25(documents=2, holding=2, often=1233, length=1234, average=1235 / 2)
    assert scores(engine, Term("body", "vin"))["a"] == pytest.approx(often, abs=1e-12)


def test_a_phrase_scores_as_its_words(engine: Engine) -> None:
    fill(
        engine,
        a_document("a", exact="service public service"),
        a_document("b", exact="public service"),
        a_document("c", exact="x y"),
    )
    words = scores(engine, Or((Term("exact", "service"), Term("exact", "public"))))
    assert scores(engine, Phrase("exact", ("service", "public"), (0, 1))) == pytest.approx({"a": words["a"]})
    twice = scores(engine, Or((Term("exact", "service"), Term("exact", "public"), Term("exact", "service"))))
    assert scores(engine, Phrase("exact", ("service", "public", "service"), (0, 1, 2))) == pytest.approx(
        {"a": twice["a"]}
    )


@pytest.mark.parametrize(
    "query", [Prefix("exact", "num", 0.25), Wildcard("exact", "num*", 0.25), Fuzzy("exact", "numero", 9, 0.25)]
)
def test_prefixes_patterns_and_fuzzy_terms_score_their_weight(engine: Engine, query: Query) -> None:
    fill(engine, a_document("a", exact="numéro numéros numéral"), a_document("b", exact="numéro un deux trois"))
    assert scores(engine, query) == {"a": 0.25, "b": 0.25}


@pytest.mark.parametrize(
    "query",
    [
        Everything(),
        Term("tag", "eau", 5.0),
        AnyOf("tag", ("eau",)),
        Prefix("tag", "e", 5.0),
        Wildcard("tag", "e*", 5.0),
        Fuzzy("tag", "eaux", 1, 5.0),
        Range("views", 0),
        Range("cited"),
        Not(Term("title", "vin")),
        Not(Not(Term("title", "eau"))),
        And(()),
        And((Everything(), Term("tag", "eau"))),
    ],
)
def test_conditions_score_nothing(engine: Engine, query: Query) -> None:
    fill(engine, a_document("a", title="eau", tag="eau", views=3, cited=("2014-11-07", "2014-11-07")))
    assert scores(engine, query) == {"a": 0.0}


def test_scores_of_parts_add_up_where_they_find(engine: Engine) -> None:
    fill(engine, a_document("a", title="eau vin"), a_document("b", title="eau"), a_document("c", title="vin lait"))
    eau, vin = scores(engine, Term("title", "eau")), scores(engine, Term("title", "vin"))
    assert scores(engine, Or((Term("title", "eau"), Term("title", "vin")))) == pytest.approx(
        {"a": eau["a"] + vin["a"], "b": eau["b"], "c": vin["c"]}
    )
    assert scores(engine, And((Term("title", "eau"), Term("title", "vin")))) == pytest.approx(
        {"a": eau["a"] + vin["a"]}
    )
    assert scores(engine, And((Term("title", "eau"), Not(Term("title", "vin"))))) == pytest.approx({"b": eau["b"]})
    assert scores(
        engine, Or((And((Term("title", "eau"), Term("title", "lait"))), Term("title", "vin")))
    ) == pytest.approx({"a": vin["a"], "c": vin["c"]}), (
        "a part that does not find gives nothing, though one of its own parts would"
    )
    assert scores(engine, Or((Term("title", "eau"), Everything(), Nothing()))) == pytest.approx(
        {"a": eau["a"], "b": eau["b"], "c": 0.0}
    )
    assert scores(engine, Or((Term("title", "eau"), Term("title", "eau")))) == pytest.approx(
        {"a": 2 * eau["a"], "b": 2 * eau["b"]}
    )


def test_weight_multiplies_and_never_changes_what_is_found(engine: Engine) -> None:
    fill(engine, a_document("a", exact="service public"), a_document("b", exact="public"))
    for weight in (0.0, 0.2, 1.0, 3.0, -1.0):
        for plain, weighted in (
            (Term("exact", "public"), Term("exact", "public", weight)),
            (
                Phrase("exact", ("service", "public"), (0, 1)),
                Phrase("exact", ("service", "public"), (0, 1), weight=weight),
            ),
            (Prefix("exact", "pub"), Prefix("exact", "pub", weight)),
        ):
            before = scores(engine, plain)
            assert scores(engine, weighted) == pytest.approx({key: weight * score for key, score in before.items()})
            assert found_keys(engine, Not(weighted)) == {"a", "b"} - set(before)


def test_filters_do_not_score(engine: Engine) -> None:
    fill(engine, a_document("a", title="eau vin"), a_document("b", title="eau"))
    alone = ask(engine, Term("title", "eau"), filters=(Filter("mot", Term("title", "vin", 9.0)),))
    assert {hit.key: hit.score for hit in alone.page} == pytest.approx({"a": scores(engine, Term("title", "eau"))["a"]})


def test_without_by_score_nothing_is_scored(engine: Engine) -> None:
    fill(engine, a_document("a", title="eau"), a_document("b", title="eau eau"))
    hits = ask(engine, Term("title", "eau"), by_score=False)
    assert [(hit.key, hit.score) for hit in hits.page] == [("a", 0.0), ("b", 0.0)]
