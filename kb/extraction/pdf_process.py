"""The process that reads PDFs."""

import sys
from collections.abc import Iterator

from kb.extraction.extraction_process import LOCKED, MORE, Facts, answer
from kb.extraction.pdf_facts import Locked, first_line, opened, readable, told


def facts_of(body: bytes, _asked: dict[str, str]) -> Iterator[Facts]:
    """The facts of a document, then its text, page by page."""
    try:
        document = opened(body)
    except Locked:
        yield {LOCKED: True}
        return
    known = told(document)
    yield known
    if not known["title"]:
        yield {"title": first_line(document)}
    for page in readable(document):
        yield {MORE: page}


if __name__ == "__main__":
    sys.exit(answer(facts_of))
