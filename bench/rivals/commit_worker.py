"""Searches with the `index` that Python's path gives it: `python -P -m bench.rivals.commit_worker INDEX_FOLDER`.

Each line of standard input is a request in JSON, each line of standard output its reply; `two_commits.py` speaks to two
such processes. It uses nothing of the commit but the public interface of `index`.
"""

import gc
import json
import sys
import time
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any

from .engines.florilege_engine import Ours, answer_of, plan_of
from .inputs import Question, Row


def _reply(ours: Ours, folder: Path, request: dict[str, Any]) -> dict[str, Any]:
    match request:
        case {"build": corpus, "documents": documents}:
            feeding = ours.feed(folder)
            with Path(corpus).open(encoding="utf-8") as file:
                feeding.put(Row(*json.loads(line)) for line in islice(file, documents))
            feeding.end()
        case {"ask": fields}:
            lists = {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}
            return _timed(ours, Question(**lists))
        case _:
            ours.open(folder)
            gc.collect()
    return {}


def _timed(ours: Ours, question: Question) -> dict[str, Any]:
    """The CPU milliseconds until the answer is as other engines give it, its total, and a digest of all of it."""
    started = time.process_time()
    hits = ours.engine.search(plan_of(question))
    answer = answer_of(hits)
    ended = time.process_time()
    content = repr((answer, [hit.score for hit in hits.page])).encode()
    return {
        "cpu": (ended - started) * 1000,
        "total": answer.total,
        "digest": blake2b(content, digest_size=8).hexdigest(),
    }


def main() -> None:
    ours = Ours()
    for line in sys.stdin:
        print(json.dumps(_reply(ours, Path(sys.argv[1]), json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
