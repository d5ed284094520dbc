"""Our own small French collection, imported and then searched as programs search it, reaches the floors."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import pytest
from starlette.testclient import TestClient

from kb.indexer import catch_up
from kb.services.core.library import Library
from kb.site import create_app
from tests.corpus.judged.floors import ALL, FLOORS
from tests.corpus.judged.measures import HERE, Figures, Query, figures, ndcg, queries, recall
from tests.factories.import_export import figures as counts
from tests.factories.import_export import import_data, items_in
from tests.factories.library import an_empty_library

QUERIES = queries()
KINDS = tuple(dict.fromkeys(query.kind for query in QUERIES))
MOST = 100

Answers: TypeAlias = dict[str, list[str]]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder: Path = tmp_path_factory.mktemp("judged")
    opened = an_empty_library(index_url=f"whoosh:{folder / 'index'}")
    report = import_data(opened, (HERE / "items.jsonl").read_bytes())
    assert counts(report) == (80, 80, 0, 0, 0)
    catch_up(opened)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def answers(library: Library) -> Answers:
    """The ids that each query finds, by the id of the query."""
    client = TestClient(create_app(library))
    rankings = {}
    for query in QUERIES:
        answer = client.get("/api/v1/search", params={"q": query.text, "per_page": str(MOST)})
        rankings[query.id] = [item["id"] for item in answer.json()["items"]]
    return rankings


def measured(kind: str, answers: Answers) -> Figures:
    return figures([(query, answers[query.id]) for query in QUERIES if kind in {query.kind, ALL}])


def worst(kind: str, answers: Answers) -> str:
    """The queries of a kind with the worst figures, for the message of a missed floor."""
    judged = [(ndcg(query.grades, answers[query.id]), query) for query in QUERIES if kind in {query.kind, ALL}]
    lines = [f"{value:.2f} {query.text}: {answers[query.id][:5]}" for value, query in judged if value < 1]
    return "\n".join(sorted(lines))


@pytest.mark.parametrize("kind", [ALL, *KINDS])
def test_the_collection_is_answered_no_worse_than_before(kind: str, answers: Answers) -> None:
    floor, now = FLOORS[kind], measured(kind, answers)
    message = f"{kind}: {now}\n{worst(kind, answers)}"
    assert now.ndcg >= floor.ndcg, message
    assert now.recall >= floor.recall, message
    assert now.apart >= floor.apart, message


def test_every_kind_has_a_floor_that_means_something() -> None:
    assert set(FLOORS) == {ALL, *KINDS}
    assert all(0.5 <= floor.ndcg <= 1 and 0.5 <= floor.recall <= 1 and floor.apart == 1 for floor in FLOORS.values())


def test_the_languages_of_the_collection_are_detected(library: Library) -> None:
    languages = {item.id: item.language for item in items_in(library)}
    assert languages == {item_id: "en" if item_id.startswith("en-") else "fr" for item_id in languages}
    assert Counter(languages.values()) == {"fr": 72, "en": 8}


def test_the_judgments_name_items_that_exist(library: Library) -> None:
    ids = {item.id for item in items_in(library)}
    assert len({query.id for query in QUERIES}) == len({query.text for query in QUERIES}) == len(QUERIES) == 120
    for query in QUERIES:
        assert query.grades, query.id
        assert ids.issuperset(query.grades), query.id
        assert ids.issuperset(query.never), query.id
        assert not set(query.never) & set(query.grades), query.id
        assert set(query.grades.values()) <= {1, 2}, query.id
    assert {query.kind for query in QUERIES if query.never} == {"phrase", "must not meet"}


def test_the_figures_say_what_a_person_would() -> None:
    grades = {"a": 2, "b": 1}
    assert ndcg(grades, ["a", "b", "x"]) == 1
    assert ndcg(grades, ["b", "a"]) == pytest.approx((1 + 3 * 0.63093) / (3 + 0.63093), abs=1e-4)
    assert ndcg(grades, ["x"] * 10 + ["a"]) == ndcg(grades, []) == 0
    assert recall(grades, ["x"] * 19 + ["a", "b"]) == 0.5
    apart = Query("q", "k", "t", {"a": 2}, ("n",))
    assert figures([(apart, ["a"]), (apart, ["a", "n"])]) == Figures(1, 1, 0.5)
