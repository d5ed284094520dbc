"""One result of a search, ready to be shown."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from kb.citations.citation import cite
from kb.citations.zotero import context_object
from kb.model.fast_dataclass import quickly_made
from kb.model.items.annotation import Annotation, AnnotationKind
from kb.model.items.item import Item
from kb.model.search_request import View
from kb.services.search.results import Match, Row
from kb.translation import Translator
from kb.web.pages.annotations.annotation_view import AnnotationBlock, BlockMaker, Marks
from kb.web.ui.fragments import (
    PLAIN,
    Asked,
    Link,
    Passage,
    Pieces,
    TagLink,
    beginning,
    cut,
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
from kb.web.ui.page_weight import Budget, fitting

SHOWN_PASSAGES = 3
FOLDED_PASSAGES = 12
SHOWN_COMMENTS = 5
SHOWN_REPLIES = 5
SHOWN_TAGS = 12
MOST_TAG_BYTES = 500
"""Bytes of the tags of one row together: each stands in an address too."""
LONGEST_COINS = 3_000
LONGEST_TITLE = 90
LONGEST_MARKED_TITLE = 400
LONGEST_PASSAGE = 260
LONGEST_WHOLE = 1500
"""Characters of a text that a library shows whole, as its item's page does."""


@dataclass(frozen=True, slots=True)
class Fold:
    """Annotations that unfold in place; `more` leads to those beyond."""

    label: str
    blocks: tuple[AnnotationBlock, ...]
    more: Link | None


@quickly_made
@dataclass(frozen=True, slots=True)
class ResultRow:
    """`origin` is where it comes from, in links that a middle dot separates, plain where there is no address.

    `outside` leads to the page itself. `passages` are beginnings that lead to the whole; `blocks`, `fold` and
    `comments` are whole annotations, and `more` leads to those that are not here. `cite` leads to the citation, and
    `coins` tells programs what is cited.
    """

    title: Pieces
    href: str
    language: str | None
    source: Pieces
    origin: tuple[Link, ...]
    outside: Link | None
    tags: tuple[TagLink, ...]
    passages: tuple[Passage, ...]
    more: Link | None
    cite: str
    coins: str
    blocks: tuple[AnnotationBlock, ...] = ()
    fold: Fold | None = None
    comments: tuple[AnnotationBlock, ...] = ()


@dataclass(slots=True)
class RowMaker:
    """Makes rows for one page.

    `many_groups`: a row says which group it is from; `most`: passages in a row; `whole`: a library shows its items
    with all that was added to them, a list of results only what leads there. `base_url`: where permanent links begin.
    """

    asked: Asked
    base_url: str
    many_groups: bool = False
    most: int = SHOWN_PASSAGES
    whole: bool = False
    words: Translator = field(init=False)
    _budget: Budget = field(default_factory=Budget)
    _item: Callable[[str, str | None], str] = field(init=False)
    _chosen: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        request = self.asked.request
        self.words = self.asked.words
        self._item = self.asked.addresses.items(words=request.q, vocabulary=request.vocabulary)
        self._chosen = frozenset(tag.casefold() for tag in request.tag)

    def item_row(self, row: Row) -> ResultRow:
        """An item with the passages that matched, else with its first ones."""
        found = tuple(self._matched(row, match) for match in row.matches if match.field in _PASSAGE_FIELDS)
        return self._whole(row, found[: self.most]) if self.whole else self._light(row, found)

    def passage_row(self, row: Row) -> ResultRow:
        """One annotation, with the item it stands on. Raises ValueError for a row without annotation."""
        if row.annotation is None:
            raise ValueError(row.item.id)
        own = [match for match in row.matches if match.annotation == row.annotation.id]
        found = tuple(self._matched(row, match) for match in own if match.field in _PASSAGE_FIELDS)
        return self._row(row, found or (self._first(row.item, row.annotation),))

    def _light(self, row: Row, found: tuple[Passage, ...]) -> ResultRow:
        item = row.item
        passages = found or tuple(self._first(item, one) for one in _in_order(item)[:SHOWN_PASSAGES])
        shown = (passages or self._description(item))[: self.most]
        left = len(item.annotations) - len({passage.href for passage in shown if "#" in passage.href})
        return self._row(row, shown, Link(self._others(left), self._address(item)) if left > 0 else None)

    def _whole(self, row: Row, found: tuple[Passage, ...]) -> ResultRow:
        """The words found first, or the first passages in the order of the page; the others fold, then the comments."""
        item = row.item
        made = self._row(row, found)
        shown = {passage.href for passage in found if passage.kind != "reply"}
        maker = BlockMaker(item, self.words, lambda one: self._address(item, one), Marks(row.matches))
        left = [one for one in item.annotations if self._address(item, one.id) not in shown]
        marked = [one for one in left if one.kind is not AnnotationKind.COMMENT]
        said = [one for one in left if one.kind is AnnotationKind.COMMENT]
        passages = found if "description" in {one.kind for one in found} else (*self._description(item), *found)
        blocks = self._listed(maker, marked[: 0 if found else self.most])
        fold = self._fold(maker, marked[len(blocks) :], made.href)
        comments = self._listed(maker, said[:SHOWN_COMMENTS])
        beyond = len(said) - len(comments)
        return replace(
            made,
            passages=passages,
            blocks=blocks,
            fold=fold,
            comments=comments,
            more=Link(self._others(beyond), made.href) if beyond > 0 else None,
        )

    def _fold(self, maker: BlockMaker, others: list[Annotation], href: str) -> Fold | None:
        if not others:
            return None
        blocks = self._listed(maker, others[:FOLDED_PASSAGES])
        beyond = len(others) - len(blocks)
        return Fold(self._others(len(others)), blocks, Link(self._others(beyond), href) if beyond > 0 else None)

    def _others(self, count: int) -> str:
        return self.words.plural("… %(count)s other annotation", "… %(count)s other annotations", count)

    def _row(self, row: Row, passages: tuple[Passage, ...], more: Link | None = None) -> ResultRow:
        item = row.item
        return ResultRow(
            title=_short_title(cut(_best(row.matches, "title", title_of(item)), LONGEST_TITLE)),
            href=self._address(item),
            language=foreign(item, self.words),
            source=cut(_best(row.matches, "source", item.source), LONGEST_TITLE) if item.source else (),
            origin=tuple(part for part in self._origin(row) if part.label),
            outside=self._outside(item),
            tags=self._tags(row),
            passages=passages,
            more=more,
            cite=self.asked.addresses.cite(item.id, row.annotation.id if row.annotation else None),
            coins=self._coins(item),
        )

    def _coins(self, item: Item) -> str:
        """What tells programs what is cited; nothing where it would be longer than all that people see."""
        coins = context_object(cite(item, self.base_url), self.words)
        return coins if len(coins) <= LONGEST_COINS else ""

    def _listed(self, maker: BlockMaker, annotations: list[Annotation]) -> tuple[AnnotationBlock, ...]:
        """The first annotations, as many as the page has room for."""
        blocks = list[AnnotationBlock]()
        for one in annotations:
            block = maker.listed(one, LONGEST_WHOLE, SHOWN_REPLIES)
            texts = (text_of(block.quote), text_of(block.body), *(text_of(reply.body) for reply in block.replies))
            if not self._budget.takes(*texts):
                break
            blocks.append(block)
        return tuple(blocks)

    def _outside(self, item: Item) -> Link | None:
        host = host_of(item.url)
        return Link(self.words.say("read on %(host)s", host=host), self.asked.addresses.go(item.id)) if host else None

    def _origin(self, row: Row) -> tuple[Link, ...]:
        request, words, author = self.asked.request, self.words, row.item.author
        group = row.group if self.many_groups else None
        # In a list of passages, an author that is chosen is the passages' own.
        narrows = author is not None and request.view is View.ITEMS
        return (
            Link(dated(row.item, words), ""),
            Link(
                words.say("shared by %(name)s", name=author.name) if author else "",
                self.asked.choose("author", author.login) if author and narrows else "",
            ),
            Link(group.name if group else "", self.asked.addresses.group(group.slug) if group else ""),
            Link(words.plural("%(count)s view", "%(count)s views", row.item.views), ""),
        )

    def _tags(self, row: Row) -> tuple[TagLink, ...]:
        marked = {text_of(match.pieces): match.pieces for match in row.matches if match.field == "tag"}
        choose, chosen = self.asked.choose, self._chosen
        return tuple(
            [
                TagLink(marked.get(tag) or plain(tag), choose("tag", tag), bool(chosen) and tag.casefold() in chosen)
                for tag in fitting(row.item.tags[:SHOWN_TAGS], MOST_TAG_BYTES)
            ]
        )

    def _first(self, item: Item, annotation: Annotation) -> Passage:
        text = annotation.quote or annotation.body or ""
        return self._passage(item, annotation, shortened(text, LONGEST_PASSAGE))

    def _matched(self, row: Row, match: Match) -> Passage:
        annotation = next((one for one in row.item.annotations if one.id == match.annotation), None)
        if match.field == "page":
            said = self.words.say("In the page itself")
            return Passage("page", match.pieces, self._address(row.item), PLAIN, foreign(row.item, self.words), said)
        if annotation is None:
            return self._described(row.item, match.pieces)
        if match.field == "reply":
            reply = self._passage(row.item, annotation, match.pieces)
            return replace(reply, kind="reply", style=PLAIN, by=self.words.say("Reply"))
        return self._passage(row.item, annotation, match.pieces)

    def _passage(self, item: Item, annotation: Annotation, pieces: Pieces) -> Passage:
        highlight = annotation.kind is AnnotationKind.HIGHLIGHT
        author = annotation.author if annotation.author != item.author else None
        said = (
            "" if highlight else kind_label(annotation.kind, self.words),
            self.words.say("by %(name)s", name=author.name) if author else "",
        )
        return Passage(
            kind=annotation.kind.value,
            pieces=pieces,
            href=self._address(item, annotation.id),
            style=style_of(annotation),
            language=foreign(item, self.words),
            by=" ".join(part for part in said if part),
        )

    def _address(self, item: Item, annotation_id: str | None = None) -> str:
        return self._item(item.id, annotation_id)

    def _description(self, item: Item) -> tuple[Passage, ...]:
        longest = LONGEST_WHOLE if self.whole else LONGEST_PASSAGE
        if longest > LONGEST_PASSAGE and not self._budget.takes((item.description or "")[:longest]):
            longest = LONGEST_PASSAGE
        return (self._described(item, shortened(item.description, longest)),) if item.description else ()

    def _described(self, item: Item, pieces: Pieces) -> Passage:
        href = self._address(item)
        said = self.words.say("Description")
        return Passage("description", pieces, href, PLAIN, foreign(item, self.words), said)


def told_once(rows: Iterable[ResultRow]) -> tuple[ResultRow, ...]:
    """The rows, each page told to programs once: several passages may be of one page."""
    told, made = set[str](), list[ResultRow]()
    for row in rows:
        made.append(replace(row, coins="") if row.coins in told else row)
        told.add(row.coins)
    return tuple(made)


_PASSAGE_FIELDS = ("description", "highlight", "note", "comment", "reply", "page")


def _in_order(item: Item) -> tuple[Annotation, ...]:
    """The annotations of an item in the order of the page, those that stand beside it last."""
    return tuple(sorted(item.annotations, key=lambda one: one.kind is AnnotationKind.COMMENT))


def _short_title(title: Pieces) -> Pieces:
    """A title that a row can show: one whose marked words stand far behind is cut all the same."""
    text = text_of(title)
    return title if len(text) <= LONGEST_MARKED_TITLE else plain(beginning(text, LONGEST_TITLE))


def _best(matches: tuple[Match, ...], field: str, text: str) -> Pieces:
    """The text of a field, marked when the match shows all of it."""
    return next(
        (match.pieces for match in matches if match.field == field and text_of(match.pieces) == text), plain(text)
    )
