"""Facts of an uploaded file, whatever its kind. This module runs in a subprocess."""

import sys
import zipfile
from collections.abc import Iterator
from typing import BinaryIO

from kb.extraction.document_package import UnsafePackage, open_package
from kb.extraction.document_readers import facts_of_package
from kb.extraction.extraction_process import LOCKED, REFUSED, ExtractedFacts, FileRefusal, run_file_extraction
from kb.extraction.file_type_detection import HEAD_BYTES, file_kind_of
from kb.extraction.pdf_facts import facts_of_pdf
from kb.model.items.item_file import FileKind


def facts_of_file(file: BinaryIO) -> Iterator[ExtractedFacts]:
    """The kind of a file as `kind`, then its facts, then its text; or why it must not be kept."""
    kind = file_kind_of(file.read(HEAD_BYTES))
    file.seek(0)
    match kind:
        case FileKind.PDF:
            yield {"kind": kind}
            yield from facts_of_pdf(file)
        case FileKind.DOCX | FileKind.ODT | FileKind.EPUB:
            # If the limit of time or memory ends this process before the check, the file is refused.
            yield {REFUSED: FileRefusal.BOMB}
            try:
                with open_package(file, kind) as package:
                    yield {"kind": kind, REFUSED: None}
                    yield from ({LOCKED: True},) if package.is_encrypted else facts_of_package(package, kind)
            except UnsafePackage as unsafe:
                yield {REFUSED: unsafe.refusal}
            except (zipfile.BadZipFile, KeyError):
                yield {REFUSED: FileRefusal.UNKNOWN}
        case _:
            yield {REFUSED: FileRefusal.UNKNOWN}


if __name__ == "__main__":
    sys.exit(run_file_extraction(facts_of_file))
