"""The subprocess that reads PDFs."""

import sys
from collections.abc import Iterator

from kb.extraction.extraction_process import LOCKED, MORE_TEXT, ExtractedFacts, run_extraction
from kb.extraction.pdf_facts import PdfIsEncrypted, first_line, open_pdf, pdf_metadata, pdf_page_texts


def facts_of_pdf(body: bytes, _asked: dict[str, str]) -> Iterator[ExtractedFacts]:
    """The facts of a document, then its text page by page."""
    try:
        document = open_pdf(body)
    except PdfIsEncrypted:
        yield {LOCKED: True}
        return
    known = pdf_metadata(document)
    yield known
    if not known["title"]:
        yield {"title": first_line(document)}
    for page in pdf_page_texts(document):
        yield {MORE_TEXT: page}


if __name__ == "__main__":
    sys.exit(run_extraction(facts_of_pdf))
