"""Write a press review as a document in a sandboxed subprocess: layout takes seconds, and gigabytes for a huge review.

Typst keeps what it has laid out for the next document, and a process that ends gives this memory back. It also computes
while pages of others wait for the one interpreter.
"""

import logging
import pickle
import signal

from kb.errors import Invalid, Unavailable
from kb.press_review.review import PressReview
from kb.sandbox.sandboxed_process import run_in_sandbox
from kb.translation import Translator

_WRITER = "kb.press_review.document_writer"
_SECONDS = 30
"""Of computing; twice as many in all."""
_MEMORY = 1 << 30
"""Bytes of address space: twenty times what an ordinary review needs, beside Python and its libraries."""
TOO_LARGE = 3
"""Status of a process for which the memory did not suffice."""
_LIMIT_SIGNALS = (-signal.SIGXCPU, -signal.SIGKILL, -signal.SIGABRT)
"""How a process ends whose time ran out, or whose library got no memory."""

_log = logging.getLogger(__name__)


def write_document(
    form: str, review: PressReview, words: Translator, *, seconds: int = _SECONDS, memory: int = _MEMORY
) -> bytes:
    """The review as `pdf`, `docx` or `odt`. Raises Invalid if it takes too much, Unavailable if our writer fails."""
    status, document = run_in_sandbox(
        _WRITER, pickle.dumps((form, review, words.language)), seconds=seconds, memory=memory
    )
    if status is None or status == TOO_LARGE or status in _LIMIT_SIGNALS:
        raise Invalid(
            "Writing this document takes too much time or memory: choose fewer items, or fewer and shorter passages."
        )
    if status != 0:
        _log.error("the writer of documents failed with status %s (%s)", status, form)
        raise Unavailable("The document cannot be written: the site has a fault. Try again later.")
    return document
