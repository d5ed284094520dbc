"""The cost of questions: pages of results with and without embeddings, in turn.

    python bench/pages/question_speed.py --data FOLDER [--questions 200]

FOLDER is the data folder of a library that may be changed: its texts get stand-in vectors of 384 dimensions (sums of
one random vector for each word), if they have none, and its index is rebuilt. The vector of a question is there at
once: what a service adds is its own time, at most .15 s.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from hashlib import blake2b
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote_plus

import numpy as np
from sqlalchemy import insert
from starlette.testclient import TestClient

from bench.rivals.figures import spread
from bench.rivals.product_library import kb
from index import quantize
from kb.access.actor import AccessScope
from kb.features.meaning.records import has_vectors
from kb.features.meaning.tables import embeddings
from kb.model.items.item_vectors import text_digest
from kb.search.text_pieces import text_pieces_of
from kb.services.core.library import Library
from kb.settings import default_settings_in
from kb.site import create_app, open_library

DIMENSIONS, MODEL, SEED = 384, "stand-in", 7
WORDS_OF_QUESTION = 4
BATCH = 2_000


class StandIn:
    """Vectors without a model: near are texts that share words."""

    model = MODEL

    def embed_question(self, text: str) -> tuple[float, ...]:
        return tuple(_vector(text).tolist())

    def prepare(self) -> None: ...

    def close(self) -> None: ...


@cache
def _of_word(word: str) -> Any:
    seed = int.from_bytes(blake2b(word.encode(), digest_size=8).digest())
    return np.random.default_rng(seed).standard_normal(DIMENSIONS)


def _vector(text: str) -> Any:
    vector = sum((_of_word(word) for word in text.lower().split()), np.full(DIMENSIONS, 1e-3))
    return vector / np.linalg.norm(vector)


def fill(library: Library) -> int:
    """Store a vector for each text; returns how many."""
    rows: list[dict[str, object]] = []
    with library.store.read() as reading:
        for item in reading.items.stream(AccessScope(everything=True)):
            pieces = text_pieces_of(item, reading.page_texts.of_item(item.id))
            vectors = {text_digest(piece.text): quantize(_vector(piece.text).tolist()) for piece in pieces}
            rows += [
                {"item_id": item.id, "text_digest": digest, "model": MODEL, "vector": vector}
                for digest, vector in vectors.items()
            ]
    for start in range(0, len(rows), BATCH):
        with library.store.write() as writing:
            writing.connection.execute(insert(embeddings), rows[start : start + BATCH])
    return len(rows)


def questions(library: Library, count: int) -> list[str]:
    """Sentences of words of the library, with a stop word."""
    words = [word for word, _ in library_words(library)]
    rng = Random(SEED)
    return [f"comment {' '.join(rng.sample(words, WORDS_OF_QUESTION))} les agents" for _ in range(count)]


def library_words(library: Library) -> Sequence[tuple[str, int]]:
    """The words of the first items, those first that most of them hold."""
    counts: dict[str, int] = {}
    with library.store.read() as reading:
        for number, item in enumerate(reading.items.stream(AccessScope(everything=True))):
            for word in {word for part in item.annotations for word in (part.quote or "").lower().split()}:
                counts[word] = counts.get(word, 0) + 1
            if number == BATCH:
                break
    frequent = sorted(((word, count) for word, count in counts.items() if len(word) > 3), key=lambda pair: -pair[1])
    return frequent[50:2050]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--questions", type=int, default=200)
    options = parser.parse_args()
    measure(options.data, options.questions)


def measure(data: Path, count: int) -> None:
    """Print the times of each question with and without embeddings."""
    library = open_library(default_settings_in(data))
    with library.store.read() as reading:
        is_filled = has_vectors(reading.connection)
    if not is_filled:
        print(f"{fill(library):,} vectors stored")
        library.close()
        kb(data, "index", "rebuild")
        library = open_library(default_settings_in(data))
    library = replace(library, embedder=StandIn())
    client = TestClient(create_app(library))
    asked = questions(library, count)
    times: dict[str, list[float]] = {"words": [], "words and embeddings": []}
    cpu: dict[str, list[float]] = {name: [] for name in times}
    for number, question in enumerate(asked):
        names = list(times) if number % 2 else list(times)[::-1]
        for name in names:
            address = f"/search?q={quote_plus(question)}{'&meaning=off' if name == 'words' else ''}"
            client.get(address)
            began, used = time.perf_counter(), time.process_time()
            answer = client.get(address)
            times[name].append((time.perf_counter() - began) * 1000)
            cpu[name].append((time.process_time() - used) * 1000)
            assert answer.status_code == 200, address
    for name, waited in times.items():
        wall, spent = spread(waited), spread(cpu[name])
        print(
            f"{name}: wall p50 {wall.p50:.1f} p95 {wall.p95:.1f} ms, CPU p50 {spent.p50:.1f} p95 {spent.p95:.1f} ms"
            f" ({len(asked)} questions)"
        )
    library.close()


if __name__ == "__main__":
    main()
