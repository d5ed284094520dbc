"""One run, step by step: corpus, indexes, passes, threads, memory, the product."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from . import (
    corpus_files,
    index_builds,
    memory,
    product_library,
    product_search,
    thread_throughput,
    update_pass,
)
from .answer import Missing, Rival
from .engines.florilege_engine import Ours
from .engines.fts5_engine import Fts5
from .engines.tantivy_engine import Numbers, Tantivy, Texts
from .engines.whoosh_engine import Whoosh
from .figures import Taken
from .inputs import KINDS, Question
from .product_pages import visit
from .query_passes import Asking, Passes
from .questions import draw, sample

ENGINES: Mapping[str, Callable[[], Rival]] = {
    Ours.name: Ours,
    Texts.name: Tantivy,
    Numbers.name: partial(Tantivy, Numbers),
    Fts5.name: Fts5,
    Whoosh.name: Whoosh,
}
USUAL = (Ours.name, Texts.name, Fts5.name, Whoosh.name)
MOST_FOR_WHOOSH = 100_000
SAMPLED = {Whoosh.name: 2}
"""An engine that takes seconds for an answer only gets this many questions of each kind."""
THREADED = (Ours.name, Texts.name, Numbers.name)
CORPUS_SEED = 42


@dataclass(frozen=True, slots=True)
class Options:
    """What to measure. `corpus` None: synthetic. `quick`: two passes only. `site`: the product and its pages."""

    folder: Path
    documents: int = 100_000
    corpus: Path | None = None
    engines: Sequence[str] = USUAL
    kinds: tuple[str, ...] = KINDS
    each: int = 22
    seed: int = 7
    rebuild: Sequence[str] = ()
    quick: bool = False
    site: bool = False


@dataclass(slots=True)
class Measurements:
    """All results of a run. `analysis`: CPU seconds of the analysis of one document."""

    documents: int
    analysis: float
    passes: Passes
    about: dict[str, str] = field(default_factory=dict)
    built: dict[str, index_builds.IndexBuild] = field(default_factory=dict)
    threads: dict[str, dict[int, float]] = field(default_factory=dict)
    memory: dict[str, dict[str, float]] = field(default_factory=dict)
    product: list[Taken] = field(default_factory=list)
    pages: dict[str, dict[str, Any]] = field(default_factory=dict)
    import_rate: float | None = None


def run(options: Options, report_progress: Callable[[str], None]) -> Measurements:
    """Measure. `report_progress` is called with the name of each step, and with engines that are not installed."""
    rivals = _installed(options.engines, report_progress)
    report_progress("preparing the corpus")
    corpus = corpus_files.prepare(options.folder, options.corpus, options.documents, CORPUS_SEED)
    apart = {Whoosh.name} if corpus.documents > MOST_FOR_WHOOSH else set()
    measured = Measurements(corpus.documents, corpus.analysis / corpus.documents, Passes(frozenset(apart)))
    for name, rival in rivals.items():
        documents = min(corpus.documents, MOST_FOR_WHOOSH) if name in apart else corpus.documents
        measured.about[name] = rival.about
        measured.built[name] = index_builds.load_or_build_index(
            rival, corpus, documents, name in options.rebuild, report_progress
        )
        rival.open(corpus.folder / name)
    report_progress("drawing questions")
    words = sample(corpus)
    questions = draw(words, options.each, options.seed, options.kinds)
    asking = Asking(rivals, questions, SAMPLED)
    for number, stage in enumerate(("first", "second")):
        report_progress(f"{stage} pass")
        asking.run(measured.passes, options.seed + number, stage)
    if not options.quick:
        if Ours.name in rivals:
            built = measured.built[Ours.name]
            measured.built[Ours.name] = index_builds.measure_text_indexing(
                rivals[Ours.name].fresh(), corpus, built, report_progress
            )
        _more(measured, asking, corpus, draw(words, options.each * 3, options.seed + 1, options.kinds), report_progress)
    for rival in rivals.values():
        rival.close()
    if options.site:
        _site(
            measured, corpus, questions, draw(words, options.each * 2, options.seed + 2, options.kinds), report_progress
        )
    return measured


def _installed(names: Sequence[str], report_progress: Callable[[str], None]) -> dict[str, Rival]:
    rivals = {}
    for name in names:
        try:
            rivals[name] = ENGINES[name]()
        except Missing as missing:
            report_progress(f"{missing} It is left out.")
    return rivals


def _more(
    measured: Measurements,
    asking: Asking,
    corpus: corpus_files.Material,
    others: list[Question],
    report_progress: Callable[[str], None],
) -> None:
    report_progress("third pass, while documents change")
    update_pass.change(measured.passes, asking, corpus, min(built.documents for built in measured.built.values()))
    for name in THREADED:
        if name in asking.rivals:
            report_progress(f"threads of {name}")
            measured.threads[name] = thread_throughput.throughput(asking.rivals[name], others)
    if Ours.name in asking.rivals:
        report_progress("memory of ours, in a process of its own")
        measured.memory = memory.memory(corpus.folder / Ours.name, asking.questions)


def _site(
    measured: Measurements,
    corpus: corpus_files.Material,
    questions: list[Question],
    others: list[Question],
    report_progress: Callable[[str], None],
) -> None:
    folder, measured.import_rate = product_library.based(corpus, report_progress)
    kinds = set(questions)
    report_progress("the product's own search")
    with product_library.opened(folder) as library:
        measured.product = product_search.measured(
            library, questions, [other for other in others if other not in kinds]
        )
    report_progress("pages")
    measured.pages = visit(folder)


def as_json(measured: Measurements) -> dict[str, object]:
    """The measurements as JSON for a file."""
    return asdict(measured) | {"passes": asdict(measured.passes) | {"apart": sorted(measured.passes.apart)}}
