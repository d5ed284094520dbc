"""One result of a search, ready to be shown."""

from dataclasses import dataclass, replace

from kb.library.results import Match, Row
from kb.model.annotation import Annotation, AnnotationKind
from kb.model.item import Item
from kb.translating import Translator
from kb.web.pages.pieces import (
    PLAIN,
    Asked,
    Link,
    Passage,
    Pieces,
    TagLink,
    dated,
    foreign,
    host_of,
    kind_label,
    plain,
    shortened,
    style_of,
    text_of,
    title_of,
)

SHOWN_PASSAGES = 3
SHOWN_TAGS = 12
LONGEST_PASSAGE = 260
_ORDER = {AnnotationKind.HIGHLIGHT: 0, AnnotationKind.NOTE: 1, AnnotationKind.COMMENT: 2}


@dataclass(frozen=True, slots=True)
class ResultRow:
    """`origin` is where it comes from, in pieces that a middle dot separates; `outside` leads to the page itself."""

    title: Pieces
    href: str
    language: str | None
    source: Pieces
    origin: tuple[str, ...]
    outside: Link | None
    tags: tuple[TagLink, ...]
    passages: tuple[Passage, ...]
    more: Link | None


@dataclass(frozen=True, slots=True)
class RowMaker:
    """Makes rows for one page. `many_groups`: a row says which group it is from; `most`: passages in a row."""

    asked: Asked
    many_groups: bool = False
    most: int = SHOWN_PASSAGES

    @property
    def words(self) -> Translator:
        return self.asked.words

    def item_row(self, row: Row) -> ResultRow:
        """An item with the passages that matched, else with its first ones."""
        item = row.item
        found = tuple(self._matched(row, match) for match in row.matches if match.field in _PASSAGE_FIELDS)
        passages = found or tuple(self._first(item, one) for one in self._first_annotations(item))
        passages = passages or self._description(item)
        return self._row(row, passages[: self.most])

    def passage_row(self, row: Row) -> ResultRow:
        """One annotation, with the item it stands on. Raises ValueError for a row without annotation."""
        if row.annotation is None:
            raise ValueError(row.item.id)
        own = [match for match in row.matches if match.annotation == row.annotation.id]
        found = tuple(self._matched(row, match) for match in own if match.field in _PASSAGE_FIELDS)
        return self._row(row, found or (self._first(row.item, row.annotation),))

    def _row(self, row: Row, passages: tuple[Passage, ...]) -> ResultRow:
        item = row.item
        return ResultRow(
            title=_best(row.matches, "title", title_of(item)),
            href=self.asked.addresses.item(item.id, words=self.asked.request.q),
            language=foreign(item, self.words),
            source=_best(row.matches, "source", item.source) if item.source else (),
            origin=tuple(part for part in self._origin(row) if part),
            outside=self._outside(item),
            tags=self._tags(row),
            passages=passages,
            more=self._more(row, passages),
        )

    def _outside(self, item: Item) -> Link | None:
        host = host_of(item.url)
        return Link(self.words.say("read on %(host)s", host=host), self.asked.addresses.go(item.id)) if host else None

    def _origin(self, row: Row) -> tuple[str, ...]:
        author = row.item.author
        return (
            dated(row.item, self.words),
            self.words.say("shared by %(name)s", name=author.name) if author else "",
            row.group.name if self.many_groups else "",
        )

    def _tags(self, row: Row) -> tuple[TagLink, ...]:
        marked = {text_of(match.pieces): match.pieces for match in row.matches if match.field == "tag"}
        return tuple(
            TagLink(marked.get(tag, plain(tag)), self.asked.link(self.asked.request.with_value("tag", tag)))
            for tag in row.item.tags[:SHOWN_TAGS]
        )

    def _more(self, row: Row, passages: tuple[Passage, ...]) -> Link | None:
        if row.annotation is not None:
            return None
        shown = {passage.href for passage in passages if "#" in passage.href}
        left = len(row.item.annotations) - len(shown)
        if left <= 0:
            return None
        label = self.words.plural("… %(count)s other annotation", "… %(count)s other annotations", left)
        return Link(label, self.asked.addresses.item(row.item.id, words=self.asked.request.q))

    def _first_annotations(self, item: Item) -> tuple[Annotation, ...]:
        """The first passages that an item shows when no word was found in them."""
        return tuple(sorted(item.annotations, key=lambda one: _ORDER[one.kind]))[:SHOWN_PASSAGES]

    def _first(self, item: Item, annotation: Annotation) -> Passage:
        text = annotation.quote or annotation.body or ""
        return self._passage(item, annotation, shortened(text, LONGEST_PASSAGE))

    def _matched(self, row: Row, match: Match) -> Passage:
        annotation = next((one for one in row.item.annotations if one.id == match.annotation), None)
        if annotation is None:
            return self._described(row.item, match.pieces)
        if match.field == "reply":
            return replace(self._passage(row.item, annotation, match.pieces), style=PLAIN, by=self.words.say("Reply"))
        return self._passage(row.item, annotation, match.pieces)

    def _passage(self, item: Item, annotation: Annotation, pieces: Pieces) -> Passage:
        highlight = annotation.kind is AnnotationKind.HIGHLIGHT
        author = annotation.author if annotation.author != item.author else None
        said = (
            "" if highlight else kind_label(annotation.kind, self.words),
            self.words.say("by %(name)s", name=author.name) if author else "",
        )
        return Passage(
            pieces=pieces,
            href=self.asked.addresses.item(item.id, words=self.asked.request.q, annotation=annotation.id),
            style=style_of(annotation),
            language=foreign(item, self.words),
            by=" ".join(part for part in said if part),
        )

    def _description(self, item: Item) -> tuple[Passage, ...]:
        return (self._described(item, shortened(item.description, LONGEST_PASSAGE)),) if item.description else ()

    def _described(self, item: Item, pieces: Pieces) -> Passage:
        href = self.asked.addresses.item(item.id, words=self.asked.request.q)
        return Passage(pieces, href, PLAIN, foreign(item, self.words), self.words.say("Description"))


_PASSAGE_FIELDS = ("description", "highlight", "note", "comment", "reply")


def _best(matches: tuple[Match, ...], field: str, text: str) -> Pieces:
    """The text of a field, marked when the match shows all of it."""
    return next(
        (match.pieces for match in matches if match.field == field and text_of(match.pieces) == text), plain(text)
    )
