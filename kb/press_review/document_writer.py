"""Write a press review in a process of its own: reads our request as standard input, writes the document."""

import importlib
import os
import pickle
import sys
from pathlib import Path

from kb.press_review.review import PressReview
from kb.sandbox.sandboxed_process import apply_resource_limits, run_reader
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
    return run_reader(lambda: _write(form, review, language), readable=_FONTS, allows_threads=True, input_is_ours=True)


def _write(form: str, review: PressReview, language: str) -> None:
    write = importlib.import_module(f"kb.press_review.{_WRITERS[form]}").write_review
    document: bytes = write(review, Translator(language))
    sys.stdout.buffer.write(document)


if __name__ == "__main__":
    sys.exit(main())
