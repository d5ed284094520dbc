"""The registry of press review formats, by the name that URLs use, which is the suffix of the file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from kb.errors import translatable
from kb.press_review import eml, html, markdown, plain_text
from kb.press_review.document_process import write_document
from kb.press_review.review import PressReview
from kb.translation import Translator


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
    "eml": PressReviewFormat(translatable("Newsletter to send"), "message/rfc822", eml.write_eml_review),
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
