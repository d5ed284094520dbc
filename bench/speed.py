"""The speed of the engine, compared with other engines: `python bench/speed.py`. See `bench/README.md`."""

import argparse
import json
import os
import platform
import sys
import tempfile
from pathlib import Path

from bench.rivals import corpus_files
from bench.rivals.inputs import KINDS
from bench.rivals.questions import draw, sample
from bench.rivals.run import CORPUS_SEED, ENGINES, SAMPLED, USUAL, Options, as_json, run
from bench.rivals.tables import comparison_tables, tables
from bench.rivals.two_commits import compare

SHOWN = 20
"""Maximum number of printed differences; there may be more."""


def print_progress(text: str) -> None:
    print(f"… {text}", file=sys.stderr, flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--documents", type=int, default=100_000, help="of the corpus; of --corpus, the first ones")
    add("--corpus", type=Path, help="a file of JSON Lines in our exchange format, or a folder of them")
    add("--folder", type=Path, default=Path(tempfile.gettempdir(), "florilege-speed"), help="kept for the next run")
    add("--engines", default=",".join(USUAL), help=f"of {', '.join(ENGINES)}")
    add("--kinds", default=",".join(KINDS))
    add("--each", type=int, default=22, help="questions of each kind")
    add("--seed", type=int, default=7, help="of the questions")
    add("--rebuild", default="", help="engines whose index is made anew")
    add("--quick", action="store_true", help="two passes, and no more")
    add("--pages", action="store_true", help="the product's own search and whole pages too, over a base of the corpus")
    add("--against", metavar="COMMIT", help="compare ours with ours at a commit, and with nothing else")
    add("--rounds", type=int, default=3, help="of --against: new processes, and three passes")
    add("--json", type=Path, help="write all figures to this file")
    add("--markdown", action="store_true", help="the tables of bench/README.md")
    return parser.parse_args()


def against(options_given: argparse.Namespace) -> int:
    corpus = corpus_files.prepare(options_given.folder, options_given.corpus, options_given.documents, CORPUS_SEED)
    questions = draw(sample(corpus), options_given.each, options_given.seed, tuple(options_given.kinds.split(",")))
    comparison = compare(corpus, options_given.against, questions, options_given.rounds, print_progress)
    print(f"{corpus.documents:,} documents; Python {platform.python_version()}, {os.cpu_count()} cores")
    for table in comparison_tables(comparison):
        print("", table.markdown() if options_given.markdown else table.text(), sep="\n")
    if options_given.json:
        options_given.json.write_text(json.dumps(comparison.as_json(), indent=1), encoding="utf-8")
    for difference in comparison.totals[:SHOWN]:
        print(f"DIFFERENCE {difference}", file=sys.stderr)
    print(f"\nOf {len(questions)} questions, {len(comparison.totals)} have other totals,", end=" ")
    print(f"{comparison.answers} the same total and other hits, scores or facets.")
    return 1 if comparison.totals else 0


def main() -> int:
    options_given = arguments()
    if options_given.against:
        return against(options_given)
    options = Options(
        folder=options_given.folder,
        documents=options_given.documents,
        corpus=options_given.corpus,
        engines=options_given.engines.split(","),
        kinds=tuple(options_given.kinds.split(",")),
        each=options_given.each,
        seed=options_given.seed,
        rebuild=options_given.rebuild.split(","),
        quick=options_given.quick,
        site=options_given.pages,
    )
    measured = run(options, print_progress)
    print(f"{measured.documents:,} documents; Python {platform.python_version()}, {os.cpu_count()} cores")
    for name, about in measured.about.items():
        of = measured.built[name].documents
        part = f"; only the first {of:,} documents" if of < measured.documents else ""
        few = f"; only {SAMPLED[name]} questions of each kind" if name in SAMPLED else ""
        print(f"- {name}: {about}{part}{few}")
    for table in tables(measured, few=options_given.markdown):
        print("", table.markdown() if options_given.markdown else table.text(), sep="\n")
    if options_given.json:
        options_given.json.write_text(json.dumps(as_json(measured), indent=1), encoding="utf-8")
    for difference in measured.passes.differences[:SHOWN]:
        print(f"DIFFERENCE {difference}", file=sys.stderr)
    if measured.passes.differences:
        print(f"{len(measured.passes.differences)} differences between engines.", file=sys.stderr)
        return 1
    print("\nTotals and facets were compared for every question: no difference.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
