"""The protocol of an extraction subprocess: how it is called, and how it answers.

The subprocess receives a line of JSON and the body. It writes each fact as soon as it has it, as a line of JSON. If it
runs out of time, later facts are missing, and the facts already written are good.
"""

import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

from kb.sandbox.sandboxed_process import apply_resource_limits, enter_sandbox, run_in_sandbox

ExtractedFacts = dict[str, Any]
MORE_TEXT = "more"
"""The name of a text that is appended to the text before it."""
LOCKED = "locked"
COPY = "copy"
"""The name of the document of a kept page."""
HTML, PDF, SAVED_PAGE = "kb.extraction.html_facts", "kb.extraction.pdf_facts", "kb.extraction.page_copy"
"""The modules that run in a subprocess: no other process imports them."""


def extract_in_subprocess(
    module: str, body: bytes, *, seconds: int, memory: int, **asked: str
) -> ExtractedFacts | None:
    """All facts that a subprocess finds in a body, later ones over earlier; None if it failed without any."""
    line = json.dumps(asked).encode() + b"\n"
    status, answer = run_in_sandbox(module, line + body, seconds=seconds, memory=memory)
    # The last line is incomplete if the process was stopped.
    lines = [json.loads(one) for one in answer.split(b"\n")[:-1]]
    if status != 0 and not lines:
        return None
    facts: ExtractedFacts = {name: value for one in lines for name, value in one.items()}
    if pages := [one[MORE_TEXT] for one in lines if MORE_TEXT in one]:
        facts["text"] = "\n".join(pages)
    return facts


def run_extraction(facts_of: Callable[[bytes, dict[str, str]], Iterator[ExtractedFacts]]) -> int:
    """The main function of an extraction subprocess, within the limits that its arguments give."""
    apply_resource_limits(sys.argv[1:])
    enter_sandbox()
    asked = json.loads(sys.stdin.buffer.readline())
    for facts in facts_of(sys.stdin.buffer.read(), asked):
        sys.stdout.write(json.dumps(facts) + "\n")
        sys.stdout.flush()
    return 0
