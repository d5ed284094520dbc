"""The registry of press review formats, by the name that URLs use, which is the suffix of the file."""

import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from kb.errors import Invalid, Unavailable, translatable
from kb.press_review import eml, html, markdown, plain_text
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
    """The review as `pdf`, `docx` or `odt`, written in a sandboxed subprocess: layout takes seconds, and gigabytes for
    a huge review. Typst keeps what it has laid out for the next document, and a process that ends gives this memory
    back. It also computes while pages of others wait for the one interpreter.

    Raises Invalid if it takes too much, Unavailable if our writer fails.
    """
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


@dataclass(frozen=True, slots=True)
class PressReviewFormat:
    """One format of press reviews. `label` names it on pages, translated; `content_type` is the whole header.

    `is_document`: `write` waits for a subprocess, a second or longer.
    """

    label: str
    content_type: str
    write: Callable[[PressReview, Translator], str | bytes]
    is_document: bool = False


PRESS_REVIEW_FORMATS: Mapping[str, PressReviewFormat] = {
    "eml": PressReviewFormat(translatable("Message to send"), "message/rfc822", eml.write_eml_review),
    "docx": PressReviewFormat(
        translatable("Word document"),
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        partial(write_document, "docx"),
        is_document=True,
    ),
    "pdf": PressReviewFormat("PDF", "application/pdf", partial(write_document, "pdf"), is_document=True),
    "odt": PressReviewFormat(
        translatable("OpenDocument text"),
        "application/vnd.oasis.opendocument.text",
        partial(write_document, "odt"),
        is_document=True,
    ),
    "html": PressReviewFormat("HTML", "text/html; charset=utf-8", html.write_html_review),
    "md": PressReviewFormat("Markdown", "text/markdown; charset=utf-8", markdown.write_markdown_review),
    "txt": PressReviewFormat(translatable("Plain text"), "text/plain; charset=utf-8", plain_text.write_text_review),
}
