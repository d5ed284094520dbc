"""Our engine at two commits: each in a process of its own, with its own code and its own index of one corpus.

Both get every question, one after the other, in an order that changes. A round begins with new processes, so that all
words are met for the first time, and goes on with the same questions, warm. Of several rounds the least time of each
question counts: what else the machine does only adds to it.
"""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from io import BytesIO
from pathlib import Path
from statistics import median
from typing import Any

from . import corpus_files
from .figures import Spread, spread
from .inputs import KINDS, Question
from .questions import by_turns

ROOT = Path(__file__).resolve().parents[2]
NOW = "now"
FIRST, WARM = "first", "second"
WARM_PASSES = 2
"""Warm passes in each round."""

Asked = tuple[str, Question, str]
"""A stage, a question, and the name of a commit."""
Worker = Callable[[Mapping[str, Any]], dict[str, Any]]
"""A process: called with a request, it gives the reply."""


@dataclass(slots=True)
class Comparison:
    """The least CPU milliseconds of each question, and the answers that differ.

    `totals`: questions with different totals. `answers`: how many questions have the same total and another page,
    score or facet, which a commit may intend.
    """

    commit: str
    cpu: dict[Asked, float] = field(default_factory=dict)
    totals: list[str] = field(default_factory=list)
    answers: int = 0

    def take(self, asked: Asked, milliseconds: float) -> None:
        """Count a time, if it is the least so far."""
        self.cpu[asked] = min(self.cpu.get(asked, milliseconds), milliseconds)

    def count_difference(self, question: Question, now: Mapping[str, Any], then: Mapping[str, Any]) -> None:
        """Record whether two answers to a question differ."""
        if now["total"] != then["total"]:
            self.totals.append(f"{question}: total {now['total']} now, {then['total']} then")
        elif now["digest"] != then["digest"]:
            self.answers += 1

    def rows(self, stage: str) -> Iterator[tuple[str, Spread, Spread, float]]:
        """For each kind and for `total`: the times now, the times then, and the median ratio of a question."""
        for kind in (*KINDS, "total"):
            pairs = [
                (milliseconds, self.cpu[stage, question, self.commit])
                for (at, question, name), milliseconds in self.cpu.items()
                if (at, name) == (stage, NOW) and kind in (question.kind, "total")
            ]
            if pairs:
                now, then = zip(*pairs, strict=True)
                yield kind, spread(now), spread(then), median(one / other for one, other in pairs)

    def as_json(self) -> dict[str, object]:
        """The comparison as JSON for a file."""
        times = [
            {"stage": stage, "kind": question.kind, "question": asdict(question), "name": name, "cpu": cpu}
            for (stage, question, name), cpu in self.cpu.items()
        ]
        return {"commit": self.commit, "times": times, "totals": self.totals, "answers": self.answers}


def compare(
    corpus: corpus_files.Material,
    commit: str,
    questions: list[Question],
    rounds: int,
    report_progress: Callable[[str], None],
) -> Comparison:
    """Compare the program as it is in this folder with a commit."""
    number = _git("rev-parse", "--verify", f"{commit}^{{commit}}").decode().strip()
    comparison = Comparison(number[:10])
    with tempfile.TemporaryDirectory(prefix="florilege-commit-") as code:
        with tarfile.open(fileobj=BytesIO(_git("archive", number, "index"))) as archive:
            archive.extractall(code, filter="data")
        paths = {NOW: (ROOT,), comparison.commit: (Path(code), ROOT)}
        folders = {name: corpus.folder / f"ours-{name}" for name in paths}
        for name, path in paths.items():
            _build(path, folders[name], corpus, report_progress)
        for turn in range(rounds):
            report_progress(f"round {turn + 1} of {rounds}")
            with ExitStack() as stack:
                workers = {name: stack.enter_context(_worker(path, folders[name])) for name, path in paths.items()}
                for worker in workers.values():
                    worker({"open": True})
                run_pass(comparison, workers, questions, FIRST, turn, compared=turn == 0)
                for _ in range(WARM_PASSES):
                    run_pass(comparison, workers, questions, WARM, turn, compared=False)
    return comparison


def run_pass(
    comparison: Comparison,
    workers: Mapping[str, Worker],
    questions: list[Question],
    stage: str,
    seed: int,
    *,
    compared: bool,
) -> None:
    """Ask both every question once. `compared`: their answers are compared, too."""
    for question, order in by_turns(questions, list(workers), seed):
        replies = {name: workers[name]({"ask": asdict(question)}) for name in order}
        for name, reply in replies.items():
            comparison.take((stage, question, name), reply["cpu"])
        if compared:
            comparison.count_difference(question, replies[NOW], replies[comparison.commit])


@contextmanager
def _worker(path: Sequence[Path], folder: Path) -> Iterator[Worker]:
    """A process that searches with the first `index` of a path."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path))}
    # Without -P, the current folder would come before the path.
    command = [sys.executable, "-P", "-m", f"{__package__}.commit_worker", str(folder)]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:

        def ask(request: Mapping[str, Any]) -> dict[str, Any]:
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
            if not line:
                raise SystemExit(f"The process with {path[0]} ended.")
            reply: dict[str, Any] = json.loads(line)
            return reply

        yield ask
        process.stdin.close()


def _build(
    path: Sequence[Path], folder: Path, corpus: corpus_files.Material, report_progress: Callable[[str], None]
) -> None:
    """The index that some code makes of the corpus, unless that code has made it before."""
    stamp = folder.with_suffix(".json")
    code = blake2b(digest_size=16)
    for file in sorted(path[0].glob("index/**/*.py")):
        code.update(file.read_bytes())
    build_key = [corpus_files.identity(corpus.folder), code.hexdigest()]
    if stamp.exists() and json.loads(stamp.read_text()) == build_key:
        return
    stamp.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    report_progress(f"making the index {folder.name} ({corpus.documents:,} documents)")
    with _worker(path, folder) as worker:
        worker({"build": str(corpus.folder / "terms.jsonl"), "documents": corpus.documents})
    stamp.write_text(json.dumps(build_key))


def _git(*arguments: str) -> bytes:
    return subprocess.run(["git", "-C", str(ROOT), *arguments], check=True, stdout=subprocess.PIPE).stdout
