"""The cache of an engine: reuse, eviction, and its limit under any number of threads."""

import gc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import numpy as np
import pytest

from index.plan import FacetRequest
from index.query import AnyOf, Everything, Or, Term
from index.whoosh_engine import WhooshEngine
from index.whoosh_engine.engine_limits import Limits
from index.whoosh_engine.storage.cache import OVERHEAD, Cache
from tests.factories.index import SCHEMA, a_document, ask, fill

LIMIT = 100_000


class Made:
    """Counts the bytes of created values that are still referenced."""

    def __init__(self) -> None:
        self.alive = 0
        self.times = 0

    def make(self, size: int) -> "Thing":
        self.times += 1
        return Thing(self, size)


class Thing:
    def __init__(self, maker: Made, size: int) -> None:
        self.made, self.size = maker, size
        maker.alive += size

    def __del__(self) -> None:
        self.made.alive -= self.size


def ask_for(cache: Cache, maker: Made, number: int, size: int = 1000) -> None:
    assert cache.get(number, lambda: maker.make(size), lambda value: value.size).size == size


def test_recently_used_values_are_not_computed_again() -> None:
    cache, maker = Cache(LIMIT), Made()
    for number in range(1000):
        ask_for(cache, maker, number)
        ask_for(cache, maker, 0)
    assert maker.times == 1000


def test_values_unused_for_long_are_evicted() -> None:
    cache, maker = Cache(LIMIT), Made()
    for number in range(1000):
        ask_for(cache, maker, number)
    ask_for(cache, maker, 0)
    assert maker.times == 1001
    assert LIMIT / 4 < maker.alive <= cache.bytes_used <= LIMIT


def test_a_value_above_the_limit_is_returned_and_not_cached() -> None:
    cache, maker = Cache(LIMIT), Made()
    ask_for(cache, maker, 1)
    for _ in range(3):
        ask_for(cache, maker, 2, LIMIT)
        ask_for(cache, maker, 3, 50 * LIMIT)
    ask_for(cache, maker, 1)
    assert maker.times == 7
    assert maker.alive == 1000


@pytest.mark.parametrize("limit", [0, OVERHEAD, 3000, LIMIT])
def test_eight_threads_never_keep_more_than_the_limit(limit: int) -> None:
    cache, maker = Cache(limit), Made()

    def ask_at_random(seed: int) -> int:
        rng, most = Random(seed), 0
        for _ in range(3000):
            number = rng.randrange(200)
            ask_for(cache, maker, number, (number % 19) ** 3 + 10 * limit * (number == 7))
            most = max(most, cache.bytes_used)
        return most

    with ThreadPoolExecutor(8) as pool:
        assert max(pool.map(ask_at_random, range(8))) <= limit
    assert maker.alive <= cache.bytes_used <= limit
    cache.forget()
    assert maker.alive == cache.bytes_used == 0


def test_an_engine_keeps_its_memory_under_questions_at_random(tmp_path: Path) -> None:
    rng = Random(4)
    engine = WhooshEngine(tmp_path, SCHEMA, Limits(memory=LIMIT))
    words = [f"mot{number}" for number in range(300)]
    fill(
        engine,
        *(
            a_document(f"d{n:04}", exact=" ".join(rng.choices(words, k=30)), tag=f"t{n % 50}", group=f"g{n % 9}")
            for n in range(2000)
        ),
    )
    plain = {}
    for number in range(400):
        query = Or((Term("exact", rng.choice(words)), Term("exact", rng.choice(words))))
        within = AnyOf("group", (f"g{number % 9}",)) if number % 2 else Everything()
        key = (query, within)
        plain[key] = ask(engine, query, within, facets=(FacetRequest("tag"),))
        assert engine.memory <= LIMIT
    assert engine.memory > LIMIT / 10
    for (query, within), hits in list(plain.items())[:50]:
        assert ask(engine, query, within, facets=(FacetRequest("tag"),)) == hits
    engine.close()
    assert engine.memory == 0


def test_arrays_are_counted_as_what_they_take(tmp_path: Path) -> None:
    cache = Cache(LIMIT)
    cache.get("a", lambda: np.zeros(1000), lambda array: array.nbytes)
    assert cache.bytes_used == 8000 + OVERHEAD


def test_the_values_of_an_owner_are_dropped_when_it_leaves() -> None:
    cache = Cache(LIMIT)
    for owner in ("one", "other"):
        for number in range(3):
            cache.get(number, lambda: 0, lambda _: 300, owner)
    cache.leave("one")
    cache.get("more", lambda: 0, lambda _: 300, "other")
    calls: list[str] = []
    cache.get(0, lambda: calls.append("other") or 1, lambda _: 300, "other")
    cache.get(0, lambda: calls.append("one") or 1, lambda _: 300, "one")
    assert calls == ["one"]
    assert cache.bytes_used == 5 * (300 + OVERHEAD)


@pytest.mark.usefixtures("little_to_collect")
def test_cached_values_of_segments_are_dropped_with_them(tmp_path: Path) -> None:
    engine = WhooshEngine(tmp_path, SCHEMA)
    memory = []
    for number in range(60):
        fill(engine, a_document(str(number % 3), title=f"eau mot{number}", tag="eau"))
        ask(engine, Term("title", "eau"), facets=(FacetRequest("tag"),))
        gc.collect()
        memory.append(engine.memory)
    assert max(memory[30:]) <= 1.5 * max(memory[5:15])
    engine.close()
