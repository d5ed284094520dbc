"""Write a press review as a document in a sandboxed subprocess: layout takes seconds, and gigabytes for a huge review.

Typst keeps what it has laid out for the next document, and a process that ends gives this memory back. It also computes
while pages of others wait for the one interpreter.
"""

import pickle

from kb.errors import Invalid, Unavailable
from kb.press_review.review import PressReview
from kb.sandbox.sandboxed_process import SubprocessFailed, run_in_sandbox
from kb.translation import Translator

_WRITER = "kb.press_review.document_writer"
_SECONDS = 30
"""Of computing; twice as many in all."""
_MEMORY = 1 << 30
"""Bytes of address space: twenty times what an ordinary review needs, beside Python and its libraries."""


def write_document(
    form: str, review: PressReview, translator: Translator, *, seconds: int = _SECONDS, memory: int = _MEMORY
) -> bytes:
    """The review as `pdf`, `docx` or `odt`. Raises Invalid if it takes too much, Unavailable if our writer fails."""
    request = pickle.dumps((form, review, translator.language))
    try:
        status, document = run_in_sandbox(_WRITER, request, seconds=seconds, memory=memory)
    except SubprocessFailed as failed:
        raise Unavailable("The document cannot be written: the site has a fault. Try again later.") from failed
    if status is None:
        raise Invalid(
            "Writing this document takes too much time or memory: choose fewer items, or fewer and shorter passages."
        )
    return document
