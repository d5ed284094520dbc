"""Write a press review in a process of its own: reads our request as standard input, writes the document."""

import importlib
import os
import pickle
import sys
from pathlib import Path

from kb.press_review.document_process import TOO_LARGE
from kb.sandbox.sandboxed_process import apply_resource_limits, enter_sandbox
from kb.translation import Translator

_WRITERS = {"docx": "word_document", "odt": "odt_document", "pdf": "pdf_document"}
"""The modules that write each format: each imports a large library."""
_FONTS = (
    *map(Path, ("/usr/share/fonts", "/usr/local/share/fonts", "/etc/fonts", "/usr/share/fontconfig")),
    *(Path.home() / name for name in (".fonts", ".local/share/fonts")),
)
"""Folders with fonts, and their configuration."""
_THREADS = "1"
"""Of Typst: each reserves memory, and other processes need the processors too."""


def main() -> int:
    """Write the document to standard output, within the seconds and bytes of the arguments."""
    apply_resource_limits(sys.argv[1:])
    # The program that the request comes from is ours.
    form, review, language = pickle.load(sys.stdin.buffer)  # noqa: S301
    os.environ |= {"RAYON_NUM_THREADS": _THREADS, "HOME": str(Path.home())}
    enter_sandbox(readable=_FONTS, allows_threads=True)
    try:
        write = importlib.import_module(f"kb.press_review.{_WRITERS[form]}").write_review
        document: bytes = write(review, Translator(language))
    except MemoryError:
        return TOO_LARGE
    sys.stdout.buffer.write(document)
    return 0


if __name__ == "__main__":
    sys.exit(main())
