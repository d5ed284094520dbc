"""The product's own search: its schema, its parser, its ranking, its rights, over a base of the corpus."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from kb.access.actor import ANONYMOUS
from kb.access.rules import reach_of
from kb.catalogue.marking import marks_of
from kb.library.opening import Library
from kb.library.search import find
from kb.model.search import SearchRequest

from .figures import Taken
from .questions import Question

SEARCH, MARKS, FIND = "parse and search", "parse, search and 20 hits with snippets", "the same, with the items read"
_EPOCH = date(1970, 1, 1)


def request_of(question: Question) -> SearchRequest:
    """What a person would type and choose."""
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
        """What `act` gives; its time is added."""
        cpu, wall = time.process_time(), time.perf_counter()
        given = act()
        self.wall += (time.perf_counter() - wall) * 1000
        self.cpu += (time.process_time() - cpu) * 1000
        return given

    def taken(self, stage: str, question: Question) -> Taken:
        return Taken(stage, question.kind, "ours", self.wall, self.cpu)


def measured(library: Library, searched: Sequence[Question], found: Sequence[Question]) -> list[Taken]:
    """Times of searches with snippets, items being read outside the clock; then of others, whole, as a page asks them.

    Anybody's rights: the group is visible to everyone, and is asked for as any group is.
    """
    with library.store.read() as reading:
        scope, groups = reach_of(ANONYMOUS, reading.groups.all())
    taken = []
    for question in searched:
        request, clock = request_of(question), _Clock()
        answer = clock.run(lambda request=request: library.catalogue.search(request, scope, groups))
        taken.append(clock.taken(SEARCH, question))
        with library.store.read() as reading:
            items = reading.items.visible([hit.id for hit in answer.hits], scope)
        marker = answer.marker
        if marker:
            shown = [items[hit.id] for hit in answer.hits]
            clock.run(lambda shown=shown, marker=marker: [marks_of(item, None, marker) for item in shown])
            taken.append(clock.taken(MARKS, question))
    for question in found:
        request, clock = request_of(question), _Clock()
        clock.run(lambda request=request: find(library, ANONYMOUS, request))
        taken.append(clock.taken(FIND, question))
    return taken
