"""Nearest vectors: how many of the first ten are right, and how long a question takes.

    python bench/vectors.py [--vectors 100000] [--embeddings FILE.npy] [--questions FILE.npy] [--libraries]

The vectors are those of FILE (rows of float32, divided by their lengths) and mixtures of two of them: the mean of all,
and the differences of two vectors from it, turned by a random angle, so that mean and covariance stay. One row in a
hundred, 300 at most, asks and is not stored, or those of `--questions` ask. Without FILE, the vectors are random around
a mean, as embeddings are. One document in fifty is deleted, and one in ten is in a group of its own.

Times are processor time of a question, the least of several runs, and the median of all questions. `--libraries` also
measures faiss and usearch, if they are installed, with the same vectors: the exact search of 8-bit numbers, and HNSW.
"""

import argparse
import json
import statistics
import struct
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from index import (
    AnyOf,
    Document,
    Everything,
    Field,
    Kind,
    NearestPlan,
    Schema,
    open_engine,
)

SCHEMA = Schema(
    key="id",
    fields=(Field("id", Kind.KEYWORD), Field("group", Kind.KEYWORD), Field("embedding", Kind.VECTOR)),
)
FIRST = 10
LIMIT = 100
REPEATS = 5
MOST_QUESTIONS = 300
DELETED = 50
"""One document in so many is deleted at the end."""
BLOCK = 50_000
MODEL_DIMENSIONS = 384


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vectors", type=int, default=100_000)
    parser.add_argument("--embeddings", type=Path)
    parser.add_argument("--questions", type=Path)
    parser.add_argument("--each", type=int, default=1, help="vectors of a document")
    parser.add_argument("--memory", type=int, help="MiB of the cache")
    parser.add_argument("--libraries", action="store_true")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    rng = np.random.default_rng(1)
    stored, asked = _vectors(arguments.embeddings, arguments.questions, arguments.vectors, rng)
    values, scales = _quantized(stored)
    figures: dict[str, Any] = {"vectors": len(values), "dimensions": values.shape[1], "questions": len(asked)}
    with TemporaryDirectory() as folder:
        figures |= _ours(folder, values, scales, asked, arguments)
    if arguments.libraries:
        figures |= _libraries(values, scales, stored, asked)
    for name, figure in figures.items():
        print(f"{name:45} {figure:.4g}" if isinstance(figure, float) else f"{name:45} {figure}")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1))


def _vectors(path: Path | None, questions: Path | None, number: int, rng: np.random.Generator) -> tuple[Any, Any]:
    """Vectors to store, and questions."""
    if path is None:
        spread = rng.normal(size=(MODEL_DIMENSIONS, MODEL_DIMENSIONS)) * np.geomspace(1, 0.05, MODEL_DIMENSIONS)
        real = rng.normal(size=(6000, MODEL_DIMENSIONS)) @ spread
        real = 2 * rng.normal(size=MODEL_DIMENSIONS) + real / real.std()
    else:
        real = np.load(path)
    real = (real / np.linalg.norm(real, axis=1, keepdims=True)).astype(np.float32)
    real = real[rng.permutation(len(real))]
    if questions is None:
        asking = min(len(real) // 100 + 1, MOST_QUESTIONS)
        asked, real = real[:asking], real[asking:]
    else:
        asked = rng.permutation(np.load(questions))[:MOST_QUESTIONS]
    mean = real.mean(axis=0)
    parts = [real[:number]]
    for _ in range(len(parts[0]), number, BLOCK):
        size = min(BLOCK, number - sum(map(len, parts)))
        one, other = real[rng.integers(0, len(real), (2, size))] - mean
        angle = rng.uniform(0, np.pi / 2, (size, 1)).astype(np.float32)
        mixed = mean + np.cos(angle) * one + np.sin(angle) * other
        parts.append(mixed / np.linalg.norm(mixed, axis=1, keepdims=True))
    return np.concatenate(parts), asked


def _quantized(vectors: Any) -> tuple[Any, Any]:
    """What `index.quantize` does, for all vectors at once."""
    scales = (np.abs(vectors).max(axis=1) / 127).astype(np.float32)
    return np.rint(vectors / scales[:, None]).astype(np.int8), scales


def _ours(folder: str, values: Any, scales: Any, asked: Any, arguments: argparse.Namespace) -> dict[str, Any]:
    engine = open_engine(f"whoosh:{folder}", SCHEMA, memory=arguments.memory and arguments.memory << 20)
    started = time.process_time()
    with engine.rebuild() as writer:
        for document in _documents(values, scales, arguments.each):
            writer.put(document)
    figures: dict[str, Any] = {"built, s": time.process_time() - started}
    with engine.write() as writer:
        for number in range(0, len(values) // arguments.each, DELETED):
            writer.drop("id", f"d{number}")
    while engine.tidy(60):
        pass
    figures["bytes of the index for a vector"] = _size(folder) / len(values)
    owners = np.arange(len(values)) // arguments.each
    living = owners % DELETED > 0
    mine = AnyOf("group", ("mine",))
    for name, within, accessible in (("all", Everything(), living), ("a tenth", mine, living & (owners % 10 == 1))):
        right, times = [], []
        best = _best(values[accessible], scales[accessible], owners[accessible], asked)
        for question, least in zip(asked, best, strict=True):
            plan = NearestPlan("embedding", tuple(question.tolist()), within, limit=LIMIT)
            hits, seconds = _timed(lambda plan=plan: engine.nearest(plan))
            times.append(seconds)
            right.append(sum(hit.similarity >= least - 1e-6 for hit in hits[:FIRST]) / FIRST)
        figures[f"{name}: right of the first {FIRST}"] = statistics.fmean(right)
        figures[f"{name}: ms, median"] = statistics.median(times) * 1000
        figures[f"{name}: ms, greatest"] = max(times) * 1000
    figures["cached, MB"] = engine.memory / 1e6  # type: ignore[attr-defined]
    engine.close()
    return figures


def _documents(values: Any, scales: Any, each: int) -> Iterator[Document]:
    for number, start in enumerate(range(0, len(values), each)):
        own = range(start, min(start + each, len(values)))
        vectors = tuple(struct.pack("<f", scales[row]) + values[row].tobytes() for row in own)
        yield Document(f"d{number}", {"embedding": vectors, "group": ("mine" if number % 10 == 1 else "others",)})


def _size(folder: str) -> int:
    return sum(path.stat().st_size for path in Path(folder).rglob("*.arrays"))


def _best(values: Any, scales: Any, owners: Any, asked: Any) -> Any:
    """The similarity of the tenth nearest document of each question, by comparing all vectors."""
    starts = np.flatnonzero(np.append(True, owners[1:] != owners[:-1]))
    parts = [
        asked @ (values[start : start + BLOCK] * scales[start : start + BLOCK, None]).T
        for start in range(0, len(values), BLOCK)
    ]
    documents = np.maximum.reduceat(np.concatenate(parts, axis=1), starts, axis=1)
    return np.partition(documents, -FIRST, axis=1)[:, -FIRST]


def _timed(ask: Callable[[], Any]) -> tuple[Any, float]:
    """The answer, and the least processor time of several runs."""
    least = float("inf")
    for _ in range(REPEATS):
        started = time.process_time()
        answer = ask()
        least = min(least, time.process_time() - started)
    return answer, least


def _libraries(values: Any, scales: Any, vectors: Any, asked: Any) -> dict[str, Any]:
    """Times and right answers of other libraries, for the same vectors without deletions."""
    import faiss  # type: ignore[import-not-found]  # noqa: PLC0415 - optional
    from usearch.index import Index  # type: ignore[import-not-found]  # noqa: PLC0415

    faiss.omp_set_num_threads(1)
    dimensions = values.shape[1]
    best = _best(values, scales, np.arange(len(values)), asked)
    exact = faiss.IndexScalarQuantizer(dimensions, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT)
    exact.train(vectors[:BLOCK])
    exact.add(vectors)
    inverted = faiss.index_factory(dimensions, "IVF1024,SQ8", faiss.METRIC_INNER_PRODUCT)
    built: dict[str, float] = {}
    started = time.process_time()
    inverted.train(vectors[:BLOCK])
    inverted.add(vectors)
    inverted.nprobe = 64
    built["faiss IVF1024,SQ8, 64 probes"] = time.process_time() - started
    started = time.process_time()
    graph = Index(ndim=dimensions, metric="ip", dtype="i8")
    graph.add(np.arange(len(vectors)), vectors, threads=1)
    built["usearch HNSW, i8"] = time.process_time() - started
    ways: dict[str, Callable[[Any], Sequence[int]]] = {
        "faiss SQ8, all compared": lambda question: exact.search(question[None], LIMIT)[1][0],
        "faiss IVF1024,SQ8, 64 probes": lambda question: inverted.search(question[None], LIMIT)[1][0],
        "usearch HNSW, i8": lambda question: graph.search(question, LIMIT, threads=1).keys,
    }
    figures: dict[str, Any] = {}
    for name, ask in ways.items():
        right, times = [], []
        for question, least in zip(asked, best, strict=True):
            found, seconds = _timed(lambda question=question, ask=ask: ask(question))
            rows = np.asarray(found[:FIRST], np.int64)
            right.append(np.mean((values[rows] * scales[rows, None]) @ question >= least - 1e-6))
            times.append(seconds)
        figures[f"{name}: right of the first {FIRST}"] = float(np.mean(right))
        figures[f"{name}: ms, median"] = statistics.median(times) * 1000
        figures[f"{name}: ms, greatest"] = max(times) * 1000
        if name in built:
            figures[f"{name}: built, s"] = built[name]
    return figures


if __name__ == "__main__":
    main()
