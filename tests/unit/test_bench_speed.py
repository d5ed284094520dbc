"""The engine benchmark: its figures are right, and it detects wrong answers. No test depends on time."""

import dataclasses
import importlib.util
import json

import pytest

from bench.corpus import lines
from bench.rivals import synthetic
from bench.rivals.answer import Answer, differences
from bench.rivals.corpus_files import prepare
from bench.rivals.figures import Spread, Taken, percentile, table
from bench.rivals.inputs import KINDS
from bench.rivals.query_passes import Asking, Passes
from bench.rivals.questions import draw, sample
from bench.rivals.run import ENGINES, Options, as_json, run
from bench.rivals.tables import comparison_tables, tables
from bench.rivals.two_commits import FIRST, NOW, ROOT, WARM, Comparison, compare, run_pass

DOCUMENTS = 300
INSTALLED = importlib.util.find_spec("tantivy") is not None


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    path = tmp_path_factory.mktemp("speed") / "items.jsonl"
    path.write_text("".join(lines(DOCUMENTS)), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def measured(corpus):
    lines = []
    options = Options(corpus.parent / "work", DOCUMENTS, corpus, engines=tuple(ENGINES), each=3)
    return run(options, lines.append), lines


def an_answer(**arguments):
    return dataclasses.replace(
        Answer(3, ["d1", "d2", "d3"], [("blé", 2), ("eau", 1), ("sel", 1)], [("léa", 3)], [("2014-11", 3)]), **arguments
    )


def test_a_percentile_is_a_value_that_was_measured():
    assert percentile([4.0, 1.0, 3.0, 2.0], 0.5) == 2.0
    assert percentile([4.0, 1.0, 3.0, 2.0], 0.95) == 4.0
    assert percentile([float(number) for number in range(1, 101)], 0.95) == 95.0
    assert percentile([7.0], 0.0) == 7.0


def test_an_empty_sample_has_no_percentile():
    with pytest.raises(ValueError, match="nothing"):
        percentile([], 0.5)


def test_times_are_put_side_by_side_by_kind_and_all_together():
    measurements = [
        Taken("first", "rare", "ours", 1.0, 0.5),
        Taken("first", "rare", "ours", 3.0, 0.5),
        Taken("first", "all", "ours", 9.0, 0.5),
        Taken("first", "rare", "fts5", 2.0, 0.5),
        Taken("second", "rare", "ours", 100.0, 0.5),
    ]

    lines = table(measurements, "first", "wall")

    assert lines == {
        "rare": {"ours": Spread(1.0, 3.0), "fts5": Spread(2.0, 2.0)},
        "all": {"ours": Spread(9.0, 9.0)},
        "total": {"ours": Spread(3.0, 9.0), "fts5": Spread(2.0, 2.0)},
    }


def test_the_same_answer_in_another_order_of_equal_counts_is_no_difference():
    other = an_answer(top=["d3", "d2", "d1"], tags=[("blé", 2), ("sel", 1), ("thé", 1)])

    assert differences(an_answer(), other) == []


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"total": 4}, "total"),
        ({"top": ["d1"]}, "hits"),
        ({"tags": [("eau", 2), ("blé", 1), ("sel", 1)]}, "tags"),
        ({"authors": [("léa", 2)]}, "authors"),
        ({"months": [("2014-12", 3)]}, "months"),
    ],
)
def test_a_wrong_answer_is_seen(fields, message):
    [difference] = differences(an_answer(), an_answer(**fields))

    assert message in difference


def test_a_wrong_answer_is_reported_by_the_pass(corpus, measured):
    class Liar:
        name = "liar"

        def ask(self, question):
            return an_answer()

    passes = Passes()
    rival = ENGINES["fts5"]()
    rival.open(corpus.parent / "work" / "fts5")
    material = prepare(corpus.parent / "work", corpus, DOCUMENTS, 42)
    questions = draw(sample(material), 1, 7, ("common",))

    Asking({"fts5": rival, "liar": Liar()}, questions, {}).run(passes, 1, "first")

    rival.close()
    assert any("total" in difference for difference in passes.differences)


def test_a_seed_gives_the_same_items_and_fewer_of_them_are_the_first_ones():
    pytest.importorskip("wordfreq", reason="The list of French words is installed by scripts/speed.")

    items = list(synthetic.lines(30, seed=5))

    assert list(synthetic.lines(20, seed=5)) == items[:20]
    assert list(synthetic.lines(30, seed=6)) != items
    assert all(len(json.loads(item)["title"].split()) == 8 for item in items)


def test_no_question_is_asked_twice_in_a_pass_whatever_the_seed(corpus, measured):
    material = prepare(corpus.parent / "work", corpus, DOCUMENTS, 42)
    words = sample(material)

    for seed in (7, 8):
        questions = draw(words, 10, seed)
        assert len(set(questions)) == len(questions)
        assert {question.kind for question in questions} == set(KINDS)


def test_all_engines_that_are_installed_agree(measured):
    result, _ = measured

    assert result.documents == DOCUMENTS
    assert result.passes.differences == []
    stages = {"first", "second", "changing", "visible"}
    names = {name for name in ENGINES if INSTALLED or "tantivy" not in name}
    assert {(measurement.stage, measurement.engine) for measurement in result.passes.taken} == {
        (stage, name) for stage in stages for name in names
    }


def test_an_engine_that_is_not_installed_is_left_out_with_a_sentence(corpus, monkeypatch):
    monkeypatch.setattr("bench.rivals.engines.tantivy_engine.tantivy", None)
    lines = []
    options = Options(corpus.parent / "work", DOCUMENTS, corpus, engines=("fts5", "tantivy"), each=1, quick=True)

    result = run(options, lines.append)

    assert set(result.built) == {"fts5"}
    assert any(text.startswith("tantivy is not installed") for text in lines)


def test_measurements_are_written_for_people_and_programs(measured):
    result, _ = measured

    written = [table.text() for table in tables(result)]
    pages = [table.markdown() for table in tables(result)]

    assert any("rare word" in text and "ours" in text for text in written)
    assert all("| --- |" in page for page in pages)
    assert json.loads(json.dumps(as_json(result)))["documents"] == DOCUMENTS


def test_indexes_are_kept_for_the_next_run(corpus, measured):
    _, lines = measured
    again = []
    options = Options(corpus.parent / "work", DOCUMENTS, corpus, engines=("fts5", "whoosh"), each=1, quick=True)

    run(options, again.append)

    assert any("making the index of fts5" in text for text in lines)
    assert not any("making the index" in text for text in again)


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="The other commit is read from the repository.")
def test_two_commits_answer_the_same_questions(corpus):
    material = prepare(corpus.parent / "work", corpus, DOCUMENTS, 42)
    questions = draw(sample(material), 1, 7)

    comparison = compare(material, "HEAD", questions, 1, [].append)

    names = {NOW, comparison.commit}
    asked = {(stage, question, name) for stage in (FIRST, WARM) for question in questions for name in names}
    assert set(comparison.cpu) == asked
    assert comparison.totals == []
    assert all(
        [row[0] for row in table.rows][-1] == "all" and comparison.commit in table.head
        for table in comparison_tables(comparison)
    )
    assert len(json.loads(json.dumps(comparison.as_json()))["times"]) == len(asked)


def test_a_difference_between_two_commits_is_reported_and_the_least_time_counts(corpus):
    material = prepare(corpus.parent / "work", corpus, DOCUMENTS, 42)
    [question] = draw(sample(material), 1, 7, ("common",))
    comparison = Comparison("then")

    for milliseconds, total, digest in ((3.0, 5, "a"), (2.0, 6, "a"), (4.0, 5, "b")):
        workers = {
            NOW: lambda _, reply=milliseconds: {"cpu": reply, "total": 5, "digest": "a"},
            "then": lambda _, total=total, digest=digest: {"cpu": 1.0, "total": total, "digest": digest},
        }
        run_pass(comparison, workers, [question], FIRST, 0, compared=True)

    assert comparison.cpu[FIRST, question, NOW] == 2.0
    assert [row[0] for row in comparison.rows(FIRST)] == ["common", "total"]
    assert len(comparison.totals) == 1
    assert comparison.answers == 1
