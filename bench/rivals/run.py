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
from .product_pages import visit
from .query_passes import Asking, Passes
from .questions import KINDS, Question, draw, sample

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
"""An engine that takes seconds for an answer is asked only so many questions of each kind."""
THREADED = (Ours.name, Texts.name, Numbers.name)
CORPUS_SEED = 42


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to measure. `corpus` None: synthetic. `quick`: two passes and no more. `site`: the product and its pages."""

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
class Measured:
    """All that a run found. `analysis`: CPU seconds of the analysis of one document."""

    documents: int
    analysis: float
    passes: Passes
    about: dict[str, str] = field(default_factory=dict)
    built: dict[str, index_builds.Built] = field(default_factory=dict)
    threads: dict[str, dict[int, float]] = field(default_factory=dict)
    memory: dict[str, dict[str, float]] = field(default_factory=dict)
    product: list[Taken] = field(default_factory=list)
    pages: dict[str, dict[str, Any]] = field(default_factory=dict)
    import_rate: float | None = None


def run(wanted: Wanted, tell: Callable[[str], None]) -> Measured:
    """Measure. `tell` is told of what begins, and of engines that are not installed."""
    rivals = _installed(wanted.engines, tell)
    tell("preparing the corpus")
    corpus = corpus_files.prepare(wanted.folder, wanted.corpus, wanted.documents, CORPUS_SEED)
    apart = {Whoosh.name} if corpus.documents > MOST_FOR_WHOOSH else set()
    found = Measured(corpus.documents, corpus.analysis / corpus.documents, Passes(frozenset(apart)))
    for name, rival in rivals.items():
        documents = min(corpus.documents, MOST_FOR_WHOOSH) if name in apart else corpus.documents
        found.about[name] = rival.about
        found.built[name] = index_builds.built(rival, corpus, documents, name in wanted.rebuild, tell)
        rival.open(corpus.folder / name)
    tell("drawing questions")
    words = sample(corpus)
    questions = draw(words, wanted.each, wanted.seed, wanted.kinds)
    asking = Asking(rivals, questions, SAMPLED)
    for number, stage in enumerate(("first", "second")):
        tell(f"{stage} pass")
        asking.run(found.passes, wanted.seed + number, stage)
    if not wanted.quick:
        if Ours.name in rivals:
            known = found.built[Ours.name]
            found.built[Ours.name] = index_builds.built_from_texts(rivals[Ours.name].fresh(), corpus, known, tell)
        _more(found, asking, corpus, draw(words, wanted.each * 3, wanted.seed + 1, wanted.kinds), tell)
    for rival in rivals.values():
        rival.close()
    if wanted.site:
        _site(found, corpus, questions, draw(words, wanted.each * 2, wanted.seed + 2, wanted.kinds), tell)
    return found


def _installed(names: Sequence[str], tell: Callable[[str], None]) -> dict[str, Rival]:
    rivals = {}
    for name in names:
        try:
            rivals[name] = ENGINES[name]()
        except Missing as missing:
            tell(f"{missing} It is left out.")
    return rivals


def _more(
    found: Measured, asking: Asking, corpus: corpus_files.Material, others: list[Question], tell: Callable[[str], None]
) -> None:
    tell("third pass, while documents change")
    update_pass.change(found.passes, asking, corpus, min(one.documents for one in found.built.values()))
    for name in THREADED:
        if name in asking.rivals:
            tell(f"threads of {name}")
            found.threads[name] = thread_throughput.throughput(asking.rivals[name], others)
    if Ours.name in asking.rivals:
        tell("memory of ours, in a process of its own")
        found.memory = memory.memory(corpus.folder / Ours.name, asking.questions)


def _site(
    found: Measured,
    corpus: corpus_files.Material,
    questions: list[Question],
    others: list[Question],
    tell: Callable[[str], None],
) -> None:
    folder, found.import_rate = product_library.based(corpus, tell)
    asked = set(questions)
    tell("the product's own search")
    with product_library.opened(folder) as library:
        found.product = product_search.measured(library, questions, [other for other in others if other not in asked])
    tell("pages")
    found.pages = visit(folder)


def as_json(found: Measured) -> dict[str, object]:
    """All of it, for a file."""
    return asdict(found) | {"passes": asdict(found.passes) | {"apart": sorted(found.passes.apart)}}
