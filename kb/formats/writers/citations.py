"""Items as bibliographic references: RIS, BibTeX and CSL-JSON, as `kb.citations` writes each."""

import json
from collections.abc import Iterator

from kb.citations.bibtex import write_bibtex
from kb.citations.csl import csl_item
from kb.citations.ris import write_ris
from kb.formats.writers.export_details import ExportDetails, Rows


def write_ris_file(rows: Rows, details: ExportDetails) -> Iterator[bytes]:
    """One record for each item."""
    for item, _ in rows:
        yield write_ris(details.citation(item), details.words).encode()


def write_bibtex_file(rows: Rows, details: ExportDetails) -> Iterator[bytes]:
    """One entry for each item."""
    for item, _ in rows:
        entry = write_bibtex(details.citation(item), details.words)
        yield f"{entry}\n".encode()


def write_csl_file(rows: Rows, details: ExportDetails) -> Iterator[bytes]:
    """A JSON list with one item on each line."""
    before = "[\n"
    for item, _ in rows:
        reference = csl_item(details.citation(item), details.words)
        yield (before + json.dumps(reference, ensure_ascii=False)).encode()
        before = ",\n"
    yield b"[]\n" if before == "[\n" else b"\n]\n"
