"""Many threads search while one writes: each answer is that of one whole commit."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

from index.document import Document
from index.engine import Engine
from index.plan import FacetRequest
from index.query import Everything, Or, Phrase, Prefix, Term
from tests.factories.index import a_document, ask, fill

GENERATION = 20
"""Documents of one generation: each commit holds exactly one generation, and its checkpoint is the generation's
number.
"""


def a_generation(number: int) -> list[Document]:
    return [
        a_document(
            f"d{at}", exact=f"eau vive g{number}", tag=f"g{number}", views=number, cited=("2014-11-07", "2014-11-07")
        )
        for at in range(GENERATION)
    ]


def replace_all(engine: Engine, number: int) -> None:
    with engine.write() as writer:
        for document in a_generation(number):
            writer.put(document)
        writer.checkpoint(str(number))


def rebuild_all(engine: Engine, number: int) -> None:
    with engine.rebuild() as writer:
        for document in a_generation(number):
            writer.put(document)
        writer.checkpoint(str(number))


def read_until(engine: Engine, finished: Event) -> int:
    """Search until stopped; returns the number of searches. Raises AssertionError if one sees two generations, or part
    of one.
    """
    searches_done = 0
    while not finished.is_set() or not searches_done:
        query = Or((Term("exact", "eau"), Prefix("exact", "g"), Phrase("exact", ("eau", "vive"), (0, 1))))
        hits = ask(engine, query, facets=(FacetRequest("tag"), FacetRequest("cited")))
        assert hits.total == len(hits.page) == len({hit.key for hit in hits.page}) == GENERATION
        assert len({hit.score for hit in hits.page}) == 1
        tags, months = hits.facets
        assert [count for _, count in tags.counts] == [GENERATION]
        assert months.counts == (("2014-11", GENERATION),)
        assert len(list(engine.entries())) == GENERATION
        assert (engine.checkpoint() or "").isdigit()
        searches_done += 1
    return searches_done


def held_against_readers(engine: Engine, change: Callable[[Engine, int], None]) -> list[int]:
    replace_all(engine, 0)
    finished = Event()
    with ThreadPoolExecutor(4) as pool:
        readers: list[Future[int]] = [pool.submit(read_until, engine, finished) for _ in range(4)]
        until = time.monotonic() + 3
        number = 0
        while time.monotonic() < until and not any(reader.done() for reader in readers):
            number += 1
            change(engine, number)
        finished.set()
        assert ask(engine, Term("tag", f"g{number}")).total == GENERATION
        return [reader.result() for reader in readers]


def test_a_search_sees_a_commit_whole_or_not_at_all(engine: Engine) -> None:
    assert min(held_against_readers(engine, replace_all)) > 0


def test_a_search_sees_a_rebuilt_index_whole_or_not_at_all(engine: Engine) -> None:
    assert min(held_against_readers(engine, rebuild_all)) > 0


def test_searches_in_many_threads_do_not_disturb_one_another(engine: Engine) -> None:
    fill(engine, *(a_document(f"d{n:03}", exact=f"mot{n % 7} mot{n % 11} eau", tag=f"t{n % 5}") for n in range(100)))
    plans = [
        (Or((Term("exact", f"mot{a}"), Term("exact", f"mot{b}", 2.0))), {"facets": (FacetRequest("tag"),)})
        for a in range(7)
        for b in range(11)
    ]
    alone = [ask(engine, query, **rest) for query, rest in plans]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda plan: ask(engine, plan[0], **plan[1]), plans * 3))
    assert together == alone * 3
    assert ask(engine, Everything()).total == 100
