"""The benchmark of growth: it fills an index in portions, and asks it. No test depends on time."""

import dataclasses
import json

import pytest

from bench import scale
from bench.corpus import lines
from bench.rivals import corpus_files
from bench.rivals.corpus_files import prepare
from bench.rivals.engines.florilege_engine import text_document
from bench.rivals.inputs import KINDS, Question
from bench.rivals.questions import draw, sample
from index import open_engine

DOCUMENTS, PORTION, CHANGED = 400, 150, 12


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    path = tmp_path_factory.mktemp("scale") / "items.jsonl"
    path.write_text("".join(lines(DOCUMENTS)), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def texts(corpus):
    return [corpus_files.text_of(json.loads(line)) for line in corpus.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def questions(corpus):
    return draw(sample(prepare(corpus.parent / "start", corpus, DOCUMENTS, 42)), 3, 7)


def batches(texts):
    return (texts[start : start + 50] for start in range(0, len(texts), 50))


@pytest.fixture
def grown(tmp_path, texts):
    return [
        dataclasses.replace(growth) for growth in scale.grow(tmp_path / "index", batches(texts), DOCUMENTS, PORTION)
    ]


def test_an_index_grows_in_portions_until_it_holds_all_documents(grown, tmp_path):
    assert [growth.documents for growth in grown] == [150, 300, 400]
    ours = scale.Ours()
    ours.open(tmp_path / "index")
    assert ours.ask(Question("all")).total == DOCUMENTS
    ours.close()


def test_the_background_merges_are_part_of_the_growth(grown, tmp_path):
    engine = open_engine(f"whoosh:{tmp_path / 'index'}", scale.SCHEMA)
    assert not engine.tidy(0.0)
    engine.close()
    assert grown[-1].as_json()["cpu"] == sum(clock.cpu for clock in (grown[-1].put, grown[-1].commit, grown[-1].merge))


def test_every_kind_of_question_is_asked_in_a_new_process_before_and_between_changes(
    grown, tmp_path, questions, texts, monkeypatch
):
    monkeypatch.setattr(scale, "CHANGES", {1: 4, 4: 2})
    found = scale.measured(tmp_path / "index", questions, texts[:CHANGED], 8)

    for stage in (scale.FIRST, scale.WARMED):
        assert {one.kind for one in found["taken"] if one.stage == stage} == set(KINDS)
    assert {size: len(times) for size, times in found["changes"].items()} == {1: 4, 4: 2}
    assert [one.stage for one in found["taken"]].count(scale.CHANGING) == 6 * scale.WITH_CHANGES
    heads = [table.head for table in scale.tables([grown[-1].as_json() | found])]
    assert heads == [("", "400, cache 8 MB")] * (4 + len(scale.READERS))
    for reader in scale.READERS:
        assert [one.kind for one in found["taken"] if one.stage == reader] == [one.kind for one in questions]


def test_a_new_process_measures_the_same(grown, tmp_path, questions, texts):
    found = scale.measure(tmp_path / "index", questions[:4], texts[: scale.TEXTS] * 3, None)

    assert set(found) == {"megabytes", "open", "memory", "changes", "taken"}


def test_a_change_that_is_not_found_is_an_error(grown, tmp_path, questions, texts, monkeypatch):
    monkeypatch.setattr(
        scale, "text_document", lambda key, text: text_document(key, dataclasses.replace(text, body=text.body[:-1]))
    )
    with pytest.raises(ValueError, match="0 are found"):
        scale.measured(tmp_path / "index", questions, texts[:CHANGED], None)
