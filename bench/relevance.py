"""The relevance of search results, compared with other systems: `python bench/relevance.py FOLDER`.

See `bench/README.md`.
"""

import argparse
import json
import platform
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.judged.collection import Asked, Collection, read
from bench.judged.layouts import LAYOUTS, PASSAGES, laid_out, questions_of
from bench.judged.measures import MRR, NDCG, RECALL, Mean, Ratio, mean, measured, ratio
from bench.judged.systems import BY_WORDS, SYSTEMS, Missing, System
from bench.judged.text_vectors import VECTORS
from bench.rivals.figures import Spread, spread
from bench.rivals.tables import Table

LOSSES = {"unacc": "questions", "typo": "questions", "kw_unacc": "kw", "kw_typo": "kw"}
"""Sets that contain the questions of another set with typing errors."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The results of one system for one set: the three means, CPU milliseconds a question, and the nDCG of each
    question by its text.
    """

    means: dict[str, Mean]
    cpu: Spread
    by_text: dict[str, float]


def print_progress(text: str) -> None:
    print(f"… {text}", file=sys.stderr, flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("folder", type=Path, help="documents.jsonl and questions*.jsonl, compounds.jsonl")
    add("--sets", default="", help="some of the sets, as `questions,typo,a-b`; all of them unless said")
    add(
        "--layouts",
        default=PASSAGES,
        help=f"where the words of passages stand (bench/judged/layouts.py): `all`, or of {', '.join(LAYOUTS)}",
    )
    add("--systems", default=",".join(BY_WORDS), help=f"of {', '.join(SYSTEMS)}; all by words unless said")
    add("--vectors", type=Path, help="a file that keeps the vectors of passages for the next run")
    add("--sample", type=int, help="questions of each set, at most")
    add("--seed", type=int, default=7, help="of the samples")
    add("--json", type=Path, help="write all figures to this file")
    add("--markdown", action="store_true", help="the tables of bench/README.md")
    return parser.parse_args()


def measure_answers(system: System, questions: Sequence[Asked]) -> Answered:
    values: dict[str, list[float]] = {NDCG: [], MRR: [], RECALL: []}
    times = []
    for question in questions:
        began = time.process_time()
        ranked = system.ask(question.text)
        times.append((time.process_time() - began) * 1000)
        for name, value in measured(ranked, question.grades).items():
            values[name].append(value)
    by_text = {question.text: value for question, value in zip(questions, values[NDCG], strict=True)}
    return Answered({name: mean(some) for name, some in values.items()}, spread(times), by_text)


def all_answered(
    collection: Collection, layout: str, sets: Mapping[str, Sequence[Asked]], names: Sequence[str]
) -> dict[str, dict[str, Answered]]:
    """The results by system, then by set."""
    answers: dict[str, dict[str, Answered]] = {}
    for name in names:
        try:
            system = SYSTEMS[name]()
        except Missing as missing:
            print_progress(f"{missing} It is left out.")
            continue
        with tempfile.TemporaryDirectory() as folder:
            print_progress(f"{name}: {system.about}")
            system.hold(Path(folder), tuple(laid_out(collection, layout)))
            system.ask("pour commencer")
            answers[name] = {}
            for label, questions in sets.items():
                answers[name][label] = measure_answers(system, questions)
                print_progress(f"{layout}, {name}, {label}: {answers[name][label].means[NDCG].value:.4f}")
            system.close()
    return answers


def tables(answers: dict[str, dict[str, Answered]], sets: Mapping[str, Sequence[Asked]]) -> Iterable[Table]:
    """One row for each set, one column for each system."""
    names = tuple(answers)
    for measure in (NDCG, MRR, RECALL):
        rows = tuple(
            (f"{label} ({len(questions):,})", *(_mean(answers[name][label].means[measure]) for name in names))
            for label, questions in sets.items()
        )
        yield Table(f"{measure}, with its 95 % interval", ("", *names), rows)
    lost = tuple(
        (worse, *(_loss(answers[name], worse, better) for name in names))
        for worse, better in LOSSES.items()
        if {worse, better} <= set(sets)
    )
    if lost:
        yield Table(f"{NDCG} lost by typing less well", ("", *names), lost)
    times = tuple((label, *(_times(answers[name][label].cpu) for name in names)) for label in sets)
    yield Table(
        "CPU ms for a question and its first hundred hits, ours with all facets: p50 / p95", ("", *names), times
    )


def ratios(answers: dict[str, dict[str, Answered]], passages: dict[str, dict[str, Answered]]) -> Table:
    """What is found of the words in a layout, as a share of what is found of the same words as passages."""
    labels = tuple(dict.fromkeys(label for sets in answers.values() for label in sets))
    rows = tuple(
        (label, *(_ratio(answers[name][label], passages[name][label]) for name in answers)) for label in labels
    )
    return Table(f"{NDCG} divided by that of passages, with its 95 % interval", ("", *answers), rows)


def _ratio(answered: Answered, passages: Answered) -> str:
    pairs = [(value, passages.by_text[text]) for text, value in answered.by_text.items()]
    share: Ratio = ratio(pairs)
    return f"{share.value:.3f} ({share.low:.3f}–{share.high:.3f})"


def _mean(mean: Mean) -> str:
    return f"{_short(mean.value)} ({_short(mean.low)}–{_short(mean.high)})"


def _loss(sets: dict[str, Answered], worse: str, better: str) -> str:
    return _short(sets[better].means[NDCG].value - sets[worse].means[NDCG].value)


def _short(value: float) -> str:
    return f"{value:.4f}".replace("0.", ".", 1) if abs(value) < 1 else f"{value:.4f}"


def _times(cpu: Spread) -> str:
    return f"{cpu.p50:.1f} / {cpu.p95:.1f}"


def as_json(answers: dict[str, dict[str, Answered]]) -> dict[str, Any]:
    return {
        name: {label: {"means": asdict(answer)["means"], "cpu": asdict(answer.cpu)} for label, answer in sets.items()}
        for name, sets in answers.items()
    }


def main() -> int:
    options = arguments()
    if options.vectors:
        VECTORS.keep_in(options.vectors)
    names = [name for name in options.sets.split(",") if name]
    collection = read(options.folder)
    chosen = collection.chosen(names, options.sample, options.seed).sets
    layouts = LAYOUTS if options.layouts == "all" else options.layouts.split(",")
    figures: dict[str, dict[str, dict[str, Answered]]] = {}
    print(f"{len(collection.passages):,} passages; Python {platform.python_version()}")
    for layout in layouts:
        sets = questions_of(collection, layout, chosen)
        answers = figures[layout] = all_answered(collection, layout, sets, options.systems.split(","))
        print(f"\n{layout.upper()}")
        for name in answers:
            print(f"- {name}: {SYSTEMS[name].about}")
        parts = [*tables(answers, sets)]
        if layout != PASSAGES and PASSAGES in figures:
            parts.append(ratios(answers, figures[PASSAGES]))
        for table in parts:
            print("", table.markdown() if options.markdown else table.text(), sep="\n")
    if options.json:
        content = {layout: as_json(answers) for layout, answers in figures.items()}
        options.json.write_text(json.dumps(content, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
