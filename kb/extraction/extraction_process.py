"""How a process that reads is asked, and how it answers.

It is given a line of JSON and the body. It says what it knows as soon as it knows it, a line of JSON each time: what it
did not come to in its time is missing, and what it has said is good.
"""

import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

from kb.sandbox.sandboxed_process import answer_apart, confine, shut_the_door

Facts = dict[str, Any]
MORE = "more"
"""The name of text that comes after what came before."""
LOCKED = "locked"
HTML, PDF = "kb.extraction.html_process", "kb.extraction.pdf_process"
"""The processes: their modules are not imported here."""


def facts_apart(module: str, body: bytes, *, seconds: int, memory: int, **asked: str) -> Facts | None:
    """All that a process says of a body, the later over the earlier; None if it failed without a word."""
    line = json.dumps(asked).encode() + b"\n"
    status, answer = answer_apart(module, line + body, seconds=seconds, memory=memory)
    # The last line is not whole when the process was stopped.
    lines = [json.loads(said) for said in answer.split(b"\n")[:-1]]
    if status != 0 and not lines:
        return None
    facts: Facts = {name: value for said in lines for name, value in said.items()}
    if pages := [said[MORE] for said in lines if MORE in said]:
        facts["text"] = "\n".join(pages)
    return facts


def answer(facts_of: Callable[[bytes, dict[str, str]], Iterator[Facts]]) -> int:
    """Be such a process, within the bounds that its arguments say."""
    confine(sys.argv[1:])
    shut_the_door()
    asked = json.loads(sys.stdin.buffer.readline())
    for facts in facts_of(sys.stdin.buffer.read(), asked):
        sys.stdout.write(json.dumps(facts) + "\n")
        sys.stdout.flush()
    return 0
