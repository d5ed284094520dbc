"""The measurements as tables for a terminal or for a Markdown page."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .figures import Spread, Taken, spread, table
from .index_builds import IndexBuild
from .product_search import FIND, MARKS, SEARCH, stage_of
from .run import Measurements
from .thread_throughput import NUMBERS
from .two_commits import FIRST, NOW, WARM, Comparison
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
        """The same for Markdown."""
        lines = (self.head, tuple("---" for _ in self.head), *self.rows)
        return "\n".join([f"**{self.title}**", "", *("| " + " | ".join(line) + " |" for line in lines)])


def _aligned(line: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = zip(line, widths, strict=True)
    return "  ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]).rstrip()


def tables(measured: Measurements, *, few: bool = False) -> Iterator[Table]:
    """All tables of a run; `few`: without CPU times and the update pass."""
    measurements = measured.passes.taken
    for stage in STAGES:
        if any(measurement.stage == stage for measurement in measurements) and not (few and stage == STAGE):
            yield from (times(measurements, stage, clock) for clock in CLOCKS if clock == "wall" or not few)
    yield _indexes(measured.built, measured.analysis, measurements)
    if measured.threads:
        yield _threads(measured.threads)
    if measured.memory:
        yield _memory(measured.memory)
    if measured.product:
        yield _product(measured.product)
    if measured.pages:
        yield _pages(measured)
    if measured.import_rate:
        yield Table("kb import", ("items a second, until all are searchable",), ((_figure(measured.import_rate),),))


def times(measurements: Sequence[Taken], stage: str, clock: str) -> Table:
    """p50 / p95 of every kind and engine, and our time relative to the reference's."""
    spreads = table(measurements, stage, clock)
    engines = _ordered({engine for row in spreads.values() for engine in row})
    compared = {OURS, REFERENCE} <= set(engines)
    rows = [
        (
            NAMES[kind],
            *(_spread_text(row[engine]) if engine in row else "" for engine in engines),
            *([_ratio(row[OURS], row[REFERENCE])] if compared else ()),
        )
        for kind, row in spreads.items()
    ]
    last = (f"{OURS}/{REFERENCE}",) if compared else ()
    return Table(f"{STAGES[stage]} ({CLOCKS[clock]}, p50 / p95)", ("kind", *engines, *last), tuple(rows))


def comparison_tables(comparison: Comparison) -> Iterator[Table]:
    """p50 / p95 of every kind now and at another commit, their ratios, and the median ratio of a question."""
    head = ("kind", NOW, comparison.commit, "now/then", "of a question")
    for stage in (FIRST, WARM):
        rows = tuple(
            (NAMES[kind], _spread_text(now), _spread_text(then), _ratio(now, then), f"{ratio:.2f}")
            for kind, now, then, ratio in comparison.rows(stage)
        )
        yield Table(f"{STAGES[stage]} ({CLOCKS['cpu']}, p50 / p95)", head, rows)


def _indexes(built: dict[str, IndexBuild], analysis: float, measurements: Sequence[Taken]) -> Table:
    """Build times, size and changes. The analysis is shared: its time is added to engines that only got terms."""
    visible = table(measurements, VISIBLE, "wall").get("total", {})
    rows = []
    for engine in _ordered(built):
        built_index = built[engine]
        shared = 0.0 if built_index.texts_cpu else analysis * built_index.documents
        rows.append(
            (
                engine,
                f"{built_index.documents:,}",
                *(_rate(built_index.documents, seconds) for seconds in (built_index.cpu, built_index.wall)),
                *(
                    _rate(built_index.documents, seconds + shared)
                    for seconds in (
                        built_index.texts_cpu or built_index.cpu,
                        built_index.texts_wall or built_index.wall,
                    )
                ),
                f"{built_index.size / 1e6:,.0f}",
                _spread_text(visible[engine]) if engine in visible else "",
            )
        )
    head = (
        *("engine", "documents", "from terms: docs/CPU s", "docs/s", "from texts: docs/CPU s", "docs/s"),
        *("MB on disk", "change to visible (ms)"),
    )
    return Table("Building, size, changes (p50 / p95)", head, tuple(rows))


def _threads(threads: dict[str, dict[int, float]]) -> Table:
    head = ("engine", *(f"{number} thread{'s' if number > 1 else ''}" for number in NUMBERS))
    rows = [(name, *(f"{threads[name][number]:,.0f}" for number in NUMBERS)) for name in _ordered(threads)]
    return Table("Questions a second", head, tuple(rows))


def _memory(memory: dict[str, dict[str, float]]) -> Table:
    names = tuple(memory["asked"])
    rows = [
        (title, *(f"{memory[when][name]:,.0f}" for name in names))
        for title, when in (
            ("before the index is opened", "empty"),
            ("after all questions, twice", "asked"),
        )
    ]
    return Table("Memory of ours alone (MB)", ("process", *names), tuple(rows))


def _product(measurements: Sequence[Taken]) -> Table:
    rows = []
    for stage in (stage_of(stage_name, again) for stage_name in (SEARCH, MARKS, FIND) for again in (False, True)):
        some = [measurement for measurement in measurements if measurement.stage == stage]
        if not some:
            continue
        rows.append(
            (stage, *(_spread_text(spread(getattr(measurement, clock) for measurement in some)) for clock in CLOCKS))
        )
    return Table("The product's own search (p50 / p95)", ("what", *CLOCKS.values()), tuple(rows))


def _pages(measured: Measurements) -> Table:
    rows = [
        (
            load,
            f"{_figure(figures['p50'])} / {_figure(figures['p95'])}",
            _figure(figures["pages_a_second"]),
            _figure(figures["cpu"].get("web", 0.0)),
        )
        for load, figures in measured.pages.items()
    ]
    head = ("/search?q=…, 20 results, passages, facets", "ms (p50 / p95)", "pages/s", "CPU ms of the worker for a page")
    return Table("Pages of the site", head, tuple(rows))


def _rate(number: int, seconds: float) -> str:
    return f"{number / max(seconds, 1e-9):,.0f}"


def _ordered(engines: Iterable[str]) -> list[str]:
    """Our engine, the reference, then the others."""
    return sorted(engines, key=lambda name: (name != OURS, not name.startswith(REFERENCE), name))


def _spread_text(spread: Spread) -> str:
    return f"{_figure(spread.p50)} / {_figure(spread.p95)}"


def _ratio(spread: Spread, other: Spread) -> str:
    return f"{spread.p50 / other.p50:.2f} / {spread.p95 / other.p95:.2f}"


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
