"""The types of documents that a bibliography tells apart."""

from enum import StrEnum

from kb.errors import translatable


class DocumentType(StrEnum):
    """The type of a document. One without a type is a page of the web."""

    ARTICLE = "article"
    """In a journal or a review."""
    NEWS = "news"
    """In a newspaper or a magazine."""
    BOOK = "book"
    CHAPTER = "chapter"
    """In a book."""
    REPORT = "report"
    THESIS = "thesis"
    CONFERENCE_PAPER = "conference-paper"
    LAW = "law"
    """A law, a decree or a decision."""

    @property
    def label(self) -> str:
        """Its name, in English."""
        return _LABELS[self]

    @classmethod
    def of(cls, text: str) -> "DocumentType | None":
        """The type with this value; None for another text."""
        return _BY_VALUE.get(text)


_BY_VALUE = {known.value: known for known in DocumentType}
_LABELS = {
    DocumentType.ARTICLE: translatable("journal article"),
    DocumentType.NEWS: translatable("newspaper or magazine article"),
    DocumentType.BOOK: translatable("book"),
    DocumentType.CHAPTER: translatable("chapter of a book"),
    DocumentType.REPORT: translatable("report"),
    DocumentType.THESIS: translatable("thesis"),
    DocumentType.CONFERENCE_PAPER: translatable("conference paper"),
    DocumentType.LAW: translatable("law or decision"),
}
