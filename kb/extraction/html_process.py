"""The process that reads pages."""

import sys
from collections.abc import Iterator

from kb.extraction.charsets import decoded
from kb.extraction.extraction_process import Facts, answer
from kb.extraction.html_facts import guessed, readable, told, tree_of


def facts_of(body: bytes, asked: dict[str, str]) -> Iterator[Facts]:
    """The facts of a page, the surest and cheapest first."""
    tree = tree_of(decoded(body, asked["charset"]))
    if tree is None:
        return
    known = told(tree)
    yield known
    yield guessed(tree, asked["address"], known)
    yield {"text": readable(tree)}


if __name__ == "__main__":
    sys.exit(answer(facts_of))
