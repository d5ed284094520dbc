"""The product's own search: its schema, parser, ranking and rights, with a database of the corpus."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

from kb.access.actor import ANONYMOUS
from kb.access.permissions import filter_readable_groups
from kb.model.search_request import SearchRequest
from kb.search.marks import matched_texts_of_hit
from kb.services.core.library import Library
from kb.services.search.search import run_search

from .figures import Taken
from .inputs import Question

SEARCH, MARKS, FIND = "parse and search", "parse, search and 20 hits with snippets", "the same, with the items read"
_EPOCH = date(1970, 1, 1)


def request_of(question: Question) -> SearchRequest:
    """The text and filters that a user would enter."""
    words: list[str] = list(question.words)
    match question.kind:
        case "phrase":
            q = f'"{" ".join(words)}"'
        case "and":
            q = " ET ".join(words)
        case "prefix":
            q = f"{question.prefix}*"
        case _:
            q = " ".join(words)
    first, last = (str(_EPOCH + timedelta(day)) for day in question.days) if question.days else (None, None)
    return SearchRequest(q=q, tag=(question.tag,) if question.tag else (), date_from=first, date_to=last)


@dataclass(slots=True)
class _Clock:
    wall: float = 0.0
    cpu: float = 0.0

    def run(self, act: Callable[[], Any]) -> Any:
        """The result of `act`; its time is added."""
        cpu, wall = time.process_time(), time.perf_counter()
        hits = act()
        self.wall += (time.perf_counter() - wall) * 1000
        self.cpu += (time.process_time() - cpu) * 1000
        return hits

    def taken(self, stage: str, question: Question) -> Taken:
        return Taken(stage, question.kind, "ours", self.wall, self.cpu)


def measured(library: Library, searched: Sequence[Question], questions: Sequence[Question]) -> list[Taken]:
    """Times of searches with snippets, without reading items; then of complete searches, as a page runs them.

    Each of them twice: uncached words, and all again. The user is anonymous: the group is public, and is filtered as
    any group.
    """
    measurements: list[Taken] = []
    for again in (False, True):
        for question in searched:
            measurements += _search(library, question, again)
        for question in questions:
            clock = _Clock()
            clock.run(partial(run_search, library, ANONYMOUS, request_of(question)))
            measurements.append(clock.taken(stage_of(FIND, again), question))
    return measurements


def _search(library: Library, question: Question, again: bool) -> Iterator[Taken]:
    request, clock = request_of(question), _Clock()
    with library.store.read() as reading:
        readable = filter_readable_groups(ANONYMOUS, reading.groups.all())
    answer = clock.run(lambda: library.catalogue.search(request, readable).answer())
    yield clock.taken(stage_of(SEARCH, again), question)
    with library.store.read() as reading:
        items = reading.items.visible([hit.id for hit in answer.hits], readable.scope)
    if answer.marker:
        items_shown = [items[hit.id] for hit in answer.hits]
        clock.run(lambda: [matched_texts_of_hit(item, None, answer.marker) for item in items_shown])
        yield clock.taken(stage_of(MARKS, again), question)


def stage_of(stage: str, again: bool) -> str:
    """The name of a step, for the first or second time."""
    return f"{stage}, again" if again else stage
