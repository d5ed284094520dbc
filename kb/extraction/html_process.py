"""The subprocess that reads HTML pages."""

import sys
from collections.abc import Iterator

from kb.extraction.charsets import decode_body
from kb.extraction.extraction_process import ExtractedFacts, run_extraction
from kb.extraction.html_facts import article_text, declared_facts, inferred_facts, parse_html


def facts_of_html(body: bytes, asked: dict[str, str]) -> Iterator[ExtractedFacts]:
    """The facts of a page, the most certain and quickest first."""
    tree = parse_html(decode_body(body, asked["charset"]))
    if tree is None:
        return
    known = declared_facts(tree)
    yield known
    yield inferred_facts(tree, asked["address"], known)
    yield {"text": article_text(tree)}


if __name__ == "__main__":
    sys.exit(run_extraction(facts_of_html))
