"""The third pass: the same questions while documents change, on copies of the indexes, so that the originals stay as
built.
"""

import random
import shutil
import time
from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path

from .answer import Rival
from .corpus_files import Material
from .figures import Taken
from .inputs import Question, Row
from .query_passes import Asking, Passes

CHANGES = 50
STAGE, VISIBLE = "changing", "visible"


def change(passes: Passes, asking: Asking, material: Material, documents: int, seed: int = 11) -> None:
    """Run every question, with CHANGES documents replaced between them; the time of a change ends when it is found.

    Only the first documents are changed, which all engines have. Raises ValueError if a change is not found.
    """
    copies = _copies(asking.rivals, material.folder)
    asking = replace(asking, rivals=copies)
    try:
        asking.run(Passes(), seed, STAGE)
        rng = random.Random(seed)
        changes = iter(_changes(material, documents, seed))
        every = max(len(asking.questions) // CHANGES, 1)
        for place, (question, order) in enumerate(asking.turns(seed + 1)):
            if place % every == 0 and (changed := next(changes, None)):
                for name in rng.sample(list(copies), len(copies)):
                    passes.taken.append(_change(copies[name], *changed))
            passes.ask(copies, question, order, STAGE)
    finally:
        for rival in copies.values():
            rival.close()
        shutil.rmtree(material.folder / STAGE)


def _copies(rivals: Mapping[str, Rival], folder: Path) -> dict[str, Rival]:
    shutil.rmtree(folder / STAGE, ignore_errors=True)
    copies = {}
    for name, rival in rivals.items():
        shutil.copytree(folder / name, folder / STAGE / name)
        copies[name] = rival.fresh()
        copies[name].open(folder / STAGE / name)
    return copies


def _changes(material: Material, documents: int, seed: int) -> list[tuple[Row, str]]:
    """The changed documents, each with a unique new word, and the tags of another document."""
    numbers = set(random.Random(seed).sample(range(documents), min(CHANGES, documents)))
    rows = [row for row in islice(material.rows(), documents) if row.number in numbers]
    return [
        (replace(row, body=[*row.body, word], tags=other.tags), word)
        for place, (row, other) in enumerate(zip(rows, [*rows[1:], rows[0]], strict=True))
        for word in [f"zxchange{place}q"]
    ]


def _change(rival: Rival, row: Row, word: str) -> Taken:
    cpu, wall = time.process_time(), time.perf_counter()
    rival.replace(row)
    top_documents = rival.ask(Question("rare", (word,)))
    ended, worked = time.perf_counter(), time.process_time()
    if top_documents.top != [row.key]:
        raise ValueError(f"{rival.name} does not find the change of {row.key}: {top_documents.top}")
    return Taken(VISIBLE, "rare", rival.name, (ended - wall) * 1000, (worked - cpu) * 1000)
