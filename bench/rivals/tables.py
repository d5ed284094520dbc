"""What was measured, as tables for a terminal or for a page in Markdown."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .figures import Spread, Taken, spread, table
from .index_builds import Built
from .product_search import FIND, MARKS, SEARCH, stage_of
from .run import Measured
from .thread_throughput import NUMBERS
from .update_pass import STAGE, VISIBLE

OURS, REFERENCE = "ours", "tantivy"
NAMES = {
    "rare": "rare word",
    "common": "common word",
    "and": "AND",
    "or3": "OR of 3",
    "phrase": "phrase",
    "prefix": "prefix",
    "tag": "tag + word",
    "date": "dates + word",
    "all": "everything",
    "total": "all",
}
STAGES = {
    "first": "First pass: words met for the first time",
    "second": "Second pass: the same questions again, warm",
    STAGE: "Third pass: warm, while documents change",
}
CLOCKS = {"wall": "ms", "cpu": "CPU ms"}


@dataclass(frozen=True, slots=True)
class Table:
    """A title, column heads, and rows of as many cells."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def text(self) -> str:
        """Columns aligned for a terminal."""
        lines = (self.head, *self.rows)
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join([self.title, *(_aligned(line, widths) for line in lines)])

    def markdown(self) -> str:
        """The same for a page."""
        lines = (self.head, tuple("---" for _ in self.head), *self.rows)
        return "\n".join([f"**{self.title}**", "", *("| " + " | ".join(line) + " |" for line in lines)])


def _aligned(line: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = zip(line, widths, strict=True)
    return "  ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]).rstrip()


def tables(found: Measured, *, few: bool = False) -> Iterator[Table]:
    """All tables of a run; `few`: without CPU times and the pass of changes."""
    taken = found.passes.taken
    for stage in STAGES:
        if any(one.stage == stage for one in taken) and not (few and stage == STAGE):
            yield from (times(taken, stage, clock) for clock in CLOCKS if clock == "wall" or not few)
    yield _indexes(found.built, found.analysis, taken)
    if found.threads:
        yield _threads(found.threads)
    if found.memory:
        yield _memory(found.memory)
    if found.product:
        yield _product(found.product)
    if found.pages:
        yield _pages(found)
    if found.import_rate:
        yield Table("kb import", ("items a second, until all are searchable",), ((_figure(found.import_rate),),))


def times(taken: Sequence[Taken], stage: str, clock: str) -> Table:
    """p50 / p95 of every kind and engine, and what part of the reference's time ours took."""
    found = table(taken, stage, clock)
    engines = _ordered({engine for row in found.values() for engine in row})
    compared = {OURS, REFERENCE} <= set(engines)
    rows = [
        (
            NAMES[kind],
            *(_written(row[engine]) if engine in row else "" for engine in engines),
            *([_ratio(row[OURS], row[REFERENCE])] if compared else ()),
        )
        for kind, row in found.items()
    ]
    last = (f"{OURS}/{REFERENCE}",) if compared else ()
    return Table(f"{STAGES[stage]} ({CLOCKS[clock]}, p50 / p95)", ("kind", *engines, *last), tuple(rows))


def _indexes(built: dict[str, Built], analysis: float, taken: Sequence[Taken]) -> Table:
    """Building, size and changes. The analysis is shared: it is added to engines that were only given terms."""
    visible = table(taken, VISIBLE, "wall").get("total", {})
    rows = []
    for engine in _ordered(built):
        one = built[engine]
        shared = 0.0 if one.texts_cpu else analysis * one.documents
        rows.append(
            (
                engine,
                f"{one.documents:,}",
                *(_rate(one.documents, seconds) for seconds in (one.cpu, one.wall)),
                *(
                    _rate(one.documents, seconds + shared)
                    for seconds in (one.texts_cpu or one.cpu, one.texts_wall or one.wall)
                ),
                f"{one.size / 1e6:,.0f}",
                _written(visible[engine]) if engine in visible else "",
            )
        )
    head = (
        *("engine", "documents", "from terms: docs/CPU s", "docs/s", "from texts: docs/CPU s", "docs/s"),
        *("MB on disk", "change to visible (ms)"),
    )
    return Table("Building, size, changes (p50 / p95)", head, tuple(rows))


def _threads(found: dict[str, dict[int, float]]) -> Table:
    head = ("engine", *(f"{number} thread{'s' if number > 1 else ''}" for number in NUMBERS))
    rows = [(name, *(f"{found[name][number]:,.0f}" for number in NUMBERS)) for name in _ordered(found)]
    return Table("Questions a second", head, tuple(rows))


def _memory(found: dict[str, dict[str, float]]) -> Table:
    names = tuple(found["asked"])
    rows = [
        (title, *(f"{found[when][name]:,.0f}" for name in names))
        for title, when in (
            ("before the index is opened", "empty"),
            ("after all questions, twice", "asked"),
        )
    ]
    return Table("Memory of ours alone (MB)", ("process", *names), tuple(rows))


def _product(taken: Sequence[Taken]) -> Table:
    rows = []
    for stage in (stage_of(what, again) for what in (SEARCH, MARKS, FIND) for again in (False, True)):
        some = [one for one in taken if one.stage == stage]
        if not some:
            continue
        rows.append((stage, *(_written(spread(getattr(one, clock) for one in some)) for clock in CLOCKS)))
    return Table("The product's own search (p50 / p95)", ("what", *CLOCKS.values()), tuple(rows))


def _pages(found: Measured) -> Table:
    rows = [
        (
            load,
            f"{_figure(told['p50'])} / {_figure(told['p95'])}",
            _figure(told["pages_a_second"]),
            _figure(told["cpu"].get("web", 0.0)),
        )
        for load, told in found.pages.items()
    ]
    head = ("/search?q=…, 20 results, passages, facets", "ms (p50 / p95)", "pages/s", "CPU ms of the worker for a page")
    return Table("Pages of the site", head, tuple(rows))


def _rate(number: int, seconds: float) -> str:
    return f"{number / max(seconds, 1e-9):,.0f}"


def _ordered(engines: Iterable[str]) -> list[str]:
    """Ours, the reference, the others."""
    return sorted(engines, key=lambda name: (name != OURS, not name.startswith(REFERENCE), name))


def _written(one: Spread) -> str:
    return f"{_figure(one.p50)} / {_figure(one.p95)}"


def _ratio(one: Spread, other: Spread) -> str:
    return f"{one.p50 / other.p50:.2f} / {one.p95 / other.p95:.2f}"


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
