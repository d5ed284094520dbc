"""Words of several fields as one text (BM25F), and the best window of a long text: as docs/architecture.md defines
them, calculated here independently.
"""

from math import log, sqrt

import pytest

from index.engine import Engine
from index.plan import Bounds, WindowField, Windows
from index.query import Everything, Not, Or, Query, Term, TermInFields, WeightedField
from tests.factories.index import a_document, ask, fill, found_keys, scores

BOTH = (WeightedField("title"), WeightedField("body", 0.1))
K1 = 0.7


def rarity(documents: int, holding: int) -> float:
    return log(1 + (documents - holding + 0.5) / (holding + 0.5))


def in_both(term: str, weight: float = 1.0) -> TermInFields:
    return TermInFields(BOTH, term, weight)


def body_windows(*terms: str) -> Windows:
    return Windows((WindowField("body", tuple(map(in_both, terms))),))


def raised(engine: Engine, query: Query, *windows: Windows, **rest: object) -> dict[str, float]:
    return {hit.key: hit.score for hit in ask(engine, query, windows=windows, **rest).page}


def of_windows(each: float, short: int, long: int, whole: int) -> float:
    """The score of a text of two words that count `each`, by how many the best windows and the whole text hold."""
    best = each * (0.45 * short + 0.45 * long + 0.1 * whole)
    return 1.1 * 2 / 3 * best * sqrt(best / (2 * each))


def test_frequencies_of_fields_are_added_before_they_are_saturated(engine: Engine) -> None:
    fill(
        engine,
        a_document("a", title="eau vive", body="eau eau rouge bleu"),
        a_document("b", body="eau"),
        a_document("c", title="vin"),
    )
    title, body = 1 - 0.5 + 0.5 * 2 / 1.5, 1 - 0.5 + 0.5 * 4 / 2.5
    often = {"a": 1 / title + 0.1 * 2 / body, "b": 0.1 / (1 - 0.5 + 0.5 * 1 / 2.5)}
    expected = {key: rarity(3, 2) * value / (value + K1) for key, value in often.items()}
    assert scores(engine, in_both("eau")) == pytest.approx(expected, abs=1e-12)
    assert scores(engine, in_both("eau", -3.0)) == pytest.approx({key: -3 * each for key, each in expected.items()})


def test_a_term_of_one_field_scores_as_in_that_field_alone(engine: Engine) -> None:
    fill(engine, a_document("a", title="eau vive"), a_document("b", title="eau", body="vin"), a_document("c", body="x"))
    assert scores(engine, in_both("eau")) == pytest.approx(scores(engine, Term("title", "eau")), abs=1e-12)
    assert found_keys(engine, Not(in_both("eau"))) == {"c"}
    assert found_keys(engine, TermInFields((), "eau")) == set()


def test_only_accessible_documents_count_in_several_fields(engine: Engine) -> None:
    fill(
        engine,
        a_document("a", group="histoire", title="eau", body="vin"),
        a_document("b", group="histoire", body="vin x"),
    )
    within = Term("group", "histoire")
    query = Or((in_both("eau"), in_both("vin")))
    windows = (body_windows("eau", "vin"),)
    before = ask(engine, query, within, windows=windows)
    fill(engine, *(a_document(f"s{n}", group="physique", title="vin eau", body="eau vin " * n) for n in range(1, 9)))
    assert ask(engine, query, within, windows=windows) == before


def test_deleted_and_inaccessible_documents_make_no_word_more_frequent(engine: Engine) -> None:
    fill(
        engine,
        a_document("a", group="histoire", title="eau"),
        a_document("b", group="histoire", body="eau"),
        a_document("c", group="histoire", title="vin", body="vin"),
        a_document("d", group="physique", title="eau", body="eau"),
        a_document("e", group="histoire", title="eau", body="eau"),
        a_document("f", group="histoire", title="eau"),
        a_document("g", group="histoire", body="eau"),
    )
    within = Term("group", "histoire")
    # Counted while all are there, so that a count may be kept.
    ask(engine, in_both("eau"), within)
    with engine.write() as writer:
        for key in "efg":
            writer.drop("id", key)
    expected = {"a": rarity(3, 2) / (1 + K1), "b": rarity(3, 2) * 0.1 / (0.1 + K1)}
    assert scores(engine, in_both("eau"), within) == pytest.approx(expected, abs=1e-12)


def test_the_best_window_of_a_long_text_counts(engine: Engine) -> None:
    apart = " ".join(["eau", *["x"] * 150, "vin", *["x"] * 150])
    together = " ".join([*["x"] * 150, "eau vin", *["x"] * 150])
    fill(engine, a_document("a", body=apart), a_document("b", body=together), a_document("c", title="lait"))
    query = Or((in_both("eau"), in_both("vin")))
    plain = scores(engine, query)
    assert plain["a"] == pytest.approx(plain["b"])
    each = rarity(3, 2) / (1 + K1)
    with_windows = raised(engine, query, body_windows("eau", "vin"))
    # Both words in one window are all that there is; one word of two is half, and counts less.
    assert with_windows == pytest.approx({"a": of_windows(each, 1, 1, 2), "b": of_windows(each, 2, 2, 2)}, abs=1e-12)


def test_a_window_ends_with_its_length_and_with_the_value_of_the_field(engine: Engine) -> None:
    def text(between: int) -> str:
        return " ".join(["eau", *["x"] * between, "vin"])

    fill(
        engine,
        a_document("a", body=text(28)),
        a_document("b", body=text(29)),
        a_document("c", body=text(98)),
        a_document("d", body=text(99)),
        a_document("e", body=("eau", "vin")),
    )
    each = rarity(5, 5) / (1 + K1)
    one, middle, both = (of_windows(each, *held) for held in ((1, 1, 2), (1, 2, 2), (2, 2, 2)))
    assert raised(engine, in_both("absent"), body_windows("eau", "vin")) == {}
    found = raised(engine, Everything(), body_windows("eau", "vin"))
    assert found == pytest.approx({"a": both, "b": middle, "c": middle, "d": one, "e": one}, abs=1e-12)


def test_repeated_words_of_a_window_count_little_more(engine: Engine) -> None:
    fill(engine, a_document("a", body="eau x eau"), a_document("b", body="eau y z"))
    found = raised(engine, Everything(), body_windows("eau"))
    each = rarity(2, 2) / (1 + K1)
    twice = 2 * 1.15 / 2.15
    expected = {"a": 1.1 / 2 * each * (0.9 * twice + 0.1), "b": 1.1 / 2 * each}
    assert found == pytest.approx(expected, abs=1e-12)


def test_windows_lower_no_score_and_add_no_hit(engine: Engine) -> None:
    fill(engine, a_document("a", title="eau eau", body="eau"), a_document("b", body="vin"), a_document("c", body="x"))
    before = scores(engine, Term("title", "eau"))
    assert raised(engine, Term("title", "eau"), body_windows("eau", "vin")) == pytest.approx(before)
    unscored = ask(engine, Everything(), windows=(body_windows("eau"),), by_score=False)
    assert {hit.score for hit in unscored.page} == {0.0}


def test_beyond_the_bounds_the_best_texts_are_looked_at_and_equal_ones_alike(engine: Engine) -> None:
    fill(
        engine,
        a_document("a", body="eau vin"),
        a_document("b", body="eau x"),
        a_document("c", body="eau x"),
        a_document("d", body="eau x y z"),
    )

    def looked_at(**bounds: int) -> set[str]:
        found = raised(engine, Everything(), body_windows("eau", "vin"), bounds=Bounds(**bounds))
        return {key for key, score in found.items() if score}

    assert looked_at() == {"a", "b", "c", "d"}
    assert looked_at(window_documents=3) == {"a", "b", "c"}
    assert looked_at(window_documents=2) == {"a"}
    assert looked_at(window_documents=0) == set()
    assert looked_at(window_occurrences=4) == {"a", "b", "c"}
    assert looked_at(window_occurrences=3) == {"a"}
    assert looked_at(window_occurrences=1) == set()


def test_pages_of_hits_have_one_order(engine: Engine) -> None:
    fill(engine, *(a_document(f"d{n:02}", body=" ".join(["eau", *["x"] * (n % 7), "vin"])) for n in range(40)))
    windows = (body_windows("eau", "vin"),)
    query = Or((in_both("eau"), in_both("vin")))
    every = ask(engine, query, windows=windows, bounds=Bounds(window_documents=15)).page
    for start in range(0, 40, 7):
        page = ask(engine, query, windows=windows, bounds=Bounds(window_documents=15), start=start, size=7).page
        assert page == every[start : start + 7]


@pytest.mark.parametrize(
    ("query", "windows"),
    [
        (TermInFields((WeightedField("tag"),), "eau"), ()),
        (TermInFields((WeightedField("titre"),), "eau"), ()),
        (TermInFields((WeightedField("title", 0.0),), "eau"), ()),
        (Everything(), (Windows(()),)),
        (Everything(), (Windows((WindowField("tag", (in_both("eau"),)),)),)),
        (Everything(), (Windows((WindowField("body", (in_both("eau", 0.0),)),)),)),
    ],
)
def test_impossible_requests_are_refused(engine: Engine, query: Query, windows: tuple[Windows, ...]) -> None:
    with pytest.raises(ValueError, match=r"\w+.*\.$"):
        ask(engine, query, windows=windows)
