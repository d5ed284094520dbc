"""The parts of a citation, common to all styles."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from kb.citations.metadata_crosswalk import REFERENCE_NAMES, TYPE_NAMES, WEB_PAGE, ReferenceNames, TypeNames
from kb.errors import NotFound
from kb.model.byline_names import BylineName, names_in_byline
from kb.model.document_type import DocumentType
from kb.model.items.annotation import Annotation, AnnotationKind, Reply
from kb.model.items.annotation_address import permalink
from kb.model.items.item import Item
from kb.model.people.user import User
from kb.model.storable_text import one_line
from kb.translation import Translator


@dataclass(frozen=True, slots=True)
class CitedContribution:
    """A user's words on the page, with the kind of annotation (None: a reply), their author and date."""

    text: str
    kind: AnnotationKind | None
    author: str | None = None
    day: str | None = None

    def line(self, translator: Translator) -> str:
        """The contribution on one line: Note (Paul Roy, 1er décembre 2014) : « … »."""
        by = ", ".join(filter(None, (self.author, translator.period(self.day) if self.day else None)))
        head = f"{self._label(translator)} ({by})" if by else self._label(translator)
        return translator.gettext("%(who)s: %(text)s", who=head, text=translator.quoted(one_line(self.text)))

    def _label(self, translator: Translator) -> str:
        _ = translator.gettext
        match self.kind:
            case AnnotationKind.COMMENT:
                return _("Comment")
            case None:
                return _("Reply")
            case _:
                return _("Note")


@dataclass(frozen=True, slots=True)
class Citation:
    """A page, or a passage of it, to be cited.

    Most texts are on one line; `quote` and the remark keep their lines. `published` is `YYYY`, `YYYY-MM` or `YYYY-
    MM-DD`; `accessed` is the day, `YYYY-MM-DD`, on which the page was saved: a citation does not use the clock, so
    that it is the same tomorrow. `key` identifies the cited thing in one library and never changes. `texts` are the
    fields that formats carry as they are, with their names in each; styles have those of a reference by name too.
    `keywords` and `notes` are those of an exported item: a citation of one passage has none.
    """

    key: str
    permalink: str
    title: str | None = None
    url: str | None = None
    authors: tuple[BylineName, ...] = ()
    source: str | None = None
    published: str | None = None
    accessed: str | None = None
    language: str | None = None
    document_type: DocumentType | None = None
    publisher: str | None = None
    volume: str | None = None
    issue: str | None = None
    page_range: str | None = None
    texts: tuple[tuple[ReferenceNames, str], ...] = ()
    quote: str | None = None
    remark: CitedContribution | None = None
    keywords: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def abstract(self) -> str | None:
        """The description of the item."""
        return next((text for names, text in self.texts if names is REFERENCE_NAMES["description"]), None)

    @property
    def is_on_web(self) -> bool:
        """Whether the page has an address that a browser opens."""
        return is_on_web(self.url or "")

    @property
    def address(self) -> str:
        """The address of the page, else that of our own page about it."""
        return self.url or self.permalink

    @property
    def type_names(self) -> TypeNames:
        """The names of its type in formats."""
        return TYPE_NAMES[self.document_type] if self.document_type else WEB_PAGE

    def numbering(self, translator: Translator) -> str:
        """Volume, issue and pages: vol. 3, n° 2, p. 12-34; empty without any."""
        _ = translator.gettext
        parts = (
            self.volume and _("vol. %(number)s", number=self.volume),
            self.issue and _("no. %(number)s", number=self.issue),
            self.page_range and _("pp. %(pages)s", pages=self.page_range),
        )
        return ", ".join(filter(None, parts))

    def named(self, translator: Translator) -> str:
        """The title; for a page without one, words that say so, in brackets, as for everything that a cataloguer
        supplies.
        """
        return self.title or translator.gettext("[Untitled]")

    def dated(self, translator: Translator) -> str:
        """The date of publication, as precise as it is known."""
        return translator.period(self.published) if self.published else translator.gettext("n.d.")


def is_on_web(url: str) -> bool:
    """Whether an address is one that a browser opens."""
    return url[:8].casefold().startswith(("http://", "https://"))


def citation_of(item: Item, base_url: str, passage: str | None = None) -> Citation:
    """The citation of an item, or of one of its annotations or replies, by its id. Raises NotFound."""
    annotation, reply = _find_passage(item, passage) if passage else (None, None)
    return Citation(
        key=f"{item.id}:{passage}" if passage else item.id,
        permalink=permalink(item, base_url, passage),
        title=_line_unless_blank(item.title),
        url=_line_unless_blank(item.url),
        authors=names_in_byline(item.byline),
        source=_line_unless_blank(item.source),
        published=item.published,
        accessed=_day(item.added) if item.url else None,
        language=_line_unless_blank(item.language),
        document_type=DocumentType.of(item.document_type or ""),
        publisher=_line_unless_blank(item.publisher),
        volume=_line_unless_blank(item.volume),
        issue=_line_unless_blank(item.issue),
        page_range=_line_unless_blank(item.page_range),
        texts=tuple(_texts(item)),
        quote=_text_unless_blank(annotation.quote) if annotation and not reply else None,
        remark=_cited_contribution(annotation, reply),
    )


def _texts(item: Item) -> Iterator[tuple[ReferenceNames, str]]:
    for name, names in REFERENCE_NAMES.items():
        if line := _line_unless_blank(getattr(item, name)):
            yield names, line


def citation_with_notes(item: Item, base_url: str, translator: Translator) -> Citation:
    """The citation of an item with its tags as keywords, and each passage, comment and reply as a note on one line."""
    return replace(
        citation_of(item, base_url),
        keywords=tuple(filter(None, map(one_line, item.tags))),
        notes=tuple(_notes(item, translator)),
    )


def _notes(item: Item, translator: Translator) -> Iterator[str]:
    for annotation in item.annotations:
        remark = _cited_contribution(annotation, None)
        quote = translator.quoted(one_line(annotation.quote)) if annotation.quote and annotation.quote.strip() else ""
        if note := " ".join(filter(None, (quote, remark.line(translator) if remark else ""))):
            yield note
        for reply in annotation.replies:
            if reply.body.strip():
                yield CitedContribution(reply.body, None, _user_name(reply.author), _day(reply.added)).line(translator)


def _find_passage(item: Item, passage: str) -> tuple[Annotation, Reply | None]:
    for annotation in item.annotations:
        if annotation.id == passage:
            return annotation, None
        for reply in annotation.replies:
            if reply.id == passage:
                return annotation, reply
    raise NotFound("There is nothing at this address, or you may not read it.")


def _cited_contribution(annotation: Annotation | None, reply: Reply | None) -> CitedContribution | None:
    if reply:
        return CitedContribution(reply.body, None, _user_name(reply.author), _day(reply.added))
    if annotation and _text_unless_blank(annotation.body):
        return CitedContribution(
            annotation.body or "", annotation.kind, _user_name(annotation.author), _day(annotation.added)
        )
    return None


def _user_name(user: User | None) -> str | None:
    return one_line(user.name) if user else None


def _text_unless_blank(text: str | None) -> str | None:
    return text if text and text.strip() else None


def _line_unless_blank(text: str | None) -> str | None:
    return (one_line(text) or None) if text else None


def _day(instant: str | None) -> str | None:
    """The day of a timestamp, in its own time zone; None if it cannot be parsed."""
    try:
        return datetime.fromisoformat(instant or "").date().isoformat()
    except ValueError:
        return None


def nonblank_lines(text: str) -> tuple[str, ...]:
    """The lines of a text that are not empty, each on one line."""
    return tuple(line for line in map(one_line, text.splitlines()) if line)


def with_full_stop(text: str) -> str:
    """A sentence with a full stop, unless it ends with another mark."""
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."
