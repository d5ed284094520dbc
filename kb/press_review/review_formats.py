"""The registry of press review formats, by the name that URLs use, which is the suffix of the file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kb.errors import translatable
from kb.press_review import eml, html, markdown, odt_document, pdf_document, plain_text, word_document
from kb.press_review.review import PressReview
from kb.translation import Translator


@dataclass(frozen=True, slots=True)
class PressReviewFormat:
    """One format of press reviews. `label` names it on pages, translated; `content_type` is the whole header."""

    label: str
    content_type: str
    write: Callable[[PressReview, Translator], str | bytes]


PRESS_REVIEW_FORMATS: Mapping[str, PressReviewFormat] = {
    "eml": PressReviewFormat(translatable("Newsletter to send"), "message/rfc822", eml.write_eml_review),
    "docx": PressReviewFormat(
        translatable("Word document"),
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        word_document.write_word_review,
    ),
    "pdf": PressReviewFormat("PDF", "application/pdf", pdf_document.write_pdf_review),
    "odt": PressReviewFormat(
        translatable("OpenDocument text"), "application/vnd.oasis.opendocument.text", odt_document.write_odt_review
    ),
    "html": PressReviewFormat("HTML", "text/html; charset=utf-8", html.write_html_review),
    "md": PressReviewFormat("Markdown", "text/markdown; charset=utf-8", markdown.write_markdown_review),
    "txt": PressReviewFormat(translatable("Plain text"), "text/plain; charset=utf-8", plain_text.write_text_review),
}
