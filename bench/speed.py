"""How fast the engine answers, side by side with others: `python bench/speed.py`. See `bench/README.md`."""

import argparse
import sys
import tempfile
from pathlib import Path

from rivals import asking, making
from rivals.answer import Missing, Rival
from rivals.figures import table
from rivals.in_fts5 import Fts5
from rivals.in_ours import Ours
from rivals.in_tantivy import Tantivy, TantivyNumbers
from rivals.in_whoosh import Whoosh
from rivals.material import prepare
from rivals.questions import KINDS, draw, sample

ENGINES = {rival.name: rival for rival in (Ours, Tantivy, TantivyNumbers, Fts5, Whoosh)}
MOST_FOR_WHOOSH = 100_000


def tell(text: str) -> None:
    print(f"… {text}", file=sys.stderr, flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--documents", type=int, default=100_000)
    add("--corpus", type=Path, help="a file of JSON Lines in our exchange format, or a folder of them")
    add("--folder", type=Path, default=Path(tempfile.gettempdir(), "florilege-speed"), help="kept for the next run")
    add("--engines", default="ours,tantivy,fts5,whoosh")
    add("--kinds", default=",".join(KINDS))
    add("--each", type=int, default=22, help="questions of each kind")
    add("--seed", type=int, default=7)
    add("--rebuild", default="", help="engines whose index is made anew")
    return parser.parse_args()


def main() -> None:
    asked = arguments()
    rivals: dict[str, Rival] = {}
    for name in asked.engines.split(","):
        try:
            rivals[name] = ENGINES[name]()
        except Missing as missing:
            tell(str(missing))
    tell("preparing the corpus")
    material = prepare(asked.folder, asked.corpus, asked.documents, 42)
    for name, rival in list(rivals.items()):
        most = MOST_FOR_WHOOSH if name == "whoosh" else material.documents
        made = making.built(rival, material, min(most, material.documents), name in asked.rebuild.split(","), tell)
        print(name, made)
        rival.open(material.folder / name)
    tell("drawing questions")
    questions = draw(sample(material), asked.each, asked.seed, tuple(asked.kinds.split(",")))
    passes = asking.Passes()
    asking_all = asking.Asking(rivals, questions, {"whoosh": 2})
    for number, stage in enumerate(("first", "second")):
        tell(f"{stage} pass")
        asking_all.run(passes, asked.seed + number, stage)
        for clock in ("wall", "cpu"):
            print(stage, clock)
            for kind, row in table(passes.taken, stage, clock).items():
                cells = "".join(f"{name:>9}{one.p50:8.2f}/{one.p95:8.2f}" for name, one in sorted(row.items()))
                if {"ours", "tantivy"} <= set(row):
                    ours, theirs = row["ours"], row["tantivy"]
                    cells += f"   ratio {ours.p50 / theirs.p50:.2f} {ours.p95 / theirs.p95:.2f}"
                print(f"{kind:8}{cells}")
    for difference in passes.differences[:50]:
        print(difference)
    sys.exit(1 if passes.differences else 0)


if __name__ == "__main__":
    main()
