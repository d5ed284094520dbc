"""Result rows: one hit of a search, ready for the template."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from kb.citations.coins_and_meta_tags import coins_title
from kb.model.items.annotation import Annotation, AnnotationKind
from kb.model.items.annotation_address import may_have_several_pages
from kb.model.items.item import Item
from kb.model.search_request import DateKind, Sort, View
from kb.model.truncation import truncate
from kb.search.marks import MatchedText
from kb.services.search.result_types import AnswerSentence, SearchHit
from kb.translation import Translator
from kb.web.pages.annotations.annotation_view import AnnotationBlock, AnnotationBlockBuilder, Marks
from kb.web.ui.display_text import (
    PLAIN_STYLE,
    Link,
    ListingContext,
    MarkedPieces,
    PassageLink,
    TagLink,
    archived_mark,
    date_label,
    foreign_language,
    group_name,
    highlight_style,
    joined_text,
    kind_label,
    title_or_url,
    truncate_marked,
    truncate_to_line,
    unmarked,
    web_host,
)
from kb.web.ui.item_links import LONGEST_ROW_TITLE
from kb.web.ui.page_weight import MOST_REPEATED_BYTES, PageBudget, annotations_in_order, fitting_labels

SHOWN_PASSAGES = 3
COLLAPSED_PASSAGES = 12
SHOWN_COMMENTS = 5
SHOWN_REPLIES = 5
SHOWN_TAGS = 12
MOST_TAG_BYTES = 500
"""Bytes of the tags of one row together: each is also part of an address."""
LONGEST_COINS = 3_000
LONGEST_MARKED_TITLE = 400
LONGEST_PASSAGE = 260
LONGEST_NOTE = 120
"""Characters of what a note says of its passage, below the passage."""
LONGEST_WHOLE = 1500
"""Characters of a text that a library shows in full, as the item's page does."""
_GAP = "\0"
"""Stands for the value in a message."""
_PASSAGE_FIELDS = ("description", "highlight", "note", "comment", "reply", "page")


@dataclass(frozen=True, slots=True)
class CollapsedSection:
    """Annotations in a collapsed section; `more` links to the remaining ones."""

    label: str
    blocks: tuple[AnnotationBlock, ...]
    more: Link | None


@dataclass(frozen=True, slots=True)
class ResultRow:
    """`source`, `byline` and `date` say where the page appeared, who wrote it, and when; `here` are the facts about the
    item: when it was added, by whom (plain text without an address); the hint of each are the words before it. `group`
    is given in results of several groups; its hint says that it is archived.

    `read` leads to the kept text of the page, else to the page itself. `passages` are beginnings that link to the whole
    text, two lines of it if `is_brief`; `blocks`, `collapsed` and `comments` are whole annotations, and `more` links to
    those left out; `annotations` counts all, if there are others than those shown. `more_tags` counts the tags left
    out. `cite` links to the citation, and `coins` is the citation's metadata for programs. `value` is that of
    its checkbox. Without `has_words`, it holds no word of the query. `is_unseen`: the user follows the search,
    and has not marked it as seen.
    """

    value: str
    title: MarkedPieces
    href: str
    language: str | None
    source: MarkedPieces
    byline: MarkedPieces
    date: str
    here: tuple[Link, ...]
    group: Link | None
    read: Link | None
    tags: tuple[TagLink, ...]
    more_tags: Link | None
    passages: tuple[PassageLink, ...]
    annotations: Link | None
    cite: str
    coins: str
    has_words: bool = True
    is_brief: bool = False
    is_unseen: bool = False
    more: Link | None = None
    blocks: tuple[AnnotationBlock, ...] = ()
    collapsed: CollapsedSection | None = None
    comments: tuple[AnnotationBlock, ...] = ()


@dataclass(frozen=True, slots=True)
class AnswerQuote:
    """A sentence that answers a question, and where it stands; `source_label` says that it is in the page itself."""

    text: str
    href: str
    title: str
    language: str | None
    source: str
    date: str
    source_label: str


def box_value(item_id: str, *annotation_ids: str) -> str:
    """The value of the checkbox of an item, or of some of its annotations. No id has a point."""
    return ".".join((item_id, *annotation_ids))


def value_of_hit(hit: SearchHit) -> str:
    return box_value(hit.item.id, *((hit.annotation.id,) if hit.annotation else ()))


@dataclass(slots=True)
class RowBuilder:
    """Builds the rows of one page.

    `many_groups`: a row names its group; `unseen`: the items that the user has not seen of a search that they follow;
    `most`: the most highlights in a row; `whole`: a library shows its items with
    all their annotations, a list of results only links to them. `base_url` is the beginning of permanent links,
    `text_address` gives the pages that show the text of an item at some words. No row repeats a long search: its tags
    and its contributor narrow nothing, and its item is not marked.
    """

    listing: ListingContext
    base_url: str
    many_groups: bool = False
    unseen: frozenset[str] = frozenset()
    most: int = SHOWN_PASSAGES
    whole: bool = False
    text_address: Callable[[str, str], Sequence[tuple[str, str]]] = lambda _item_id, _words: ()
    translator: Translator = field(init=False)
    _budget: PageBudget = field(default_factory=PageBudget)
    _item: Callable[[str, str | None, bool], str] = field(init=False)
    _has_pages: dict[str, bool] = field(default_factory=dict)
    _selected_tags: frozenset[str] = field(init=False)
    _is_long: bool = field(init=False)

    def __post_init__(self) -> None:
        request = self.listing.request
        self.translator = self.listing.translator
        self._is_long = self.listing.address_bytes * request.per_page > MOST_REPEATED_BYTES
        marked = "" if self._is_long else request.q
        self._item = self.listing.addresses.items(words=marked, vocabulary=request.vocabulary)
        self._selected_tags = frozenset(tag.casefold() for tag in request.tag)

    def item_row(self, row: SearchHit) -> ResultRow:
        """An item with the annotations that matched, otherwise with its first ones."""
        matched = self._all_matched(row, row.matches)
        return self._full_row(row, matched[: self.most]) if self.whole else self._search_row(row, matched)

    def answer_quote(self, sentence: AnswerSentence) -> AnswerQuote:
        """A sentence that answers a question, with its source."""
        item, annotation = sentence.item, sentence.annotation
        return AnswerQuote(
            sentence.text,
            self._address(item, annotation.id) if annotation else self._text_address(item) or self._address(item),
            truncate(title_or_url(item), LONGEST_ROW_TITLE),
            foreign_language(item, self.translator),
            truncate(item.source or "", LONGEST_ROW_TITLE),
            date_label(item, self.translator),
            "" if annotation else self._text_source_label(is_file=sentence.is_in_file),
        )

    def _text_source_label(self, *, is_file: bool) -> str:
        """Where a kept text stands."""
        _ = self.translator.gettext
        return _("In the file") if is_file else _("In the page itself")

    def passage_row(self, row: SearchHit) -> ResultRow:
        """One annotation, with its item. Raises ValueError for a row without annotation."""
        if row.annotation is None:
            raise ValueError(row.item.id)
        own = [match for match in row.matches if match.annotation == row.annotation.id]
        matched = self._all_matched(row, own)
        return self._row(row, matched or (self._first(row.item, row.annotation),))

    def _search_row(self, row: SearchHit, matched: tuple[PassageLink, ...]) -> ResultRow:
        item = row.item
        most = self.most if matched else 1
        passages = matched or tuple(self._first(item, part) for part in annotations_in_order(item)[:most])
        shown = (passages or self._description(item))[:most]
        total = item.annotations_in_all
        label = self.translator.ngettext("%(count)s annotation", "%(count)s annotations", total)
        is_more = total > len({passage.href for passage in shown if "#" in passage.href})
        annotations = Link(label, self._address(item)) if is_more else None
        return self._row(row, shown, annotations, is_brief=not matched)

    def _full_row(self, row: SearchHit, matched: tuple[PassageLink, ...]) -> ResultRow:
        """The matches first, or the first highlights in the order of the page; the others in a collapsed section, then
        comments.
        """
        item = row.item
        result = self._row(row, matched)
        shown = {passage.href for passage in matched if passage.kind != "reply"}
        builder = AnnotationBlockBuilder(
            item, self.translator, lambda part: self._address(item, part), Marks(row.matches)
        )
        annotations = [annotation for annotation in item.annotations if self._address(item, annotation.id) not in shown]
        marked = [annotation for annotation in annotations if annotation.kind is not AnnotationKind.COMMENT]
        comments_left = [annotation for annotation in annotations if annotation.kind is AnnotationKind.COMMENT]
        passages = (
            matched if "description" in {passage.kind for passage in matched} else (*self._description(item), *matched)
        )
        blocks = self._listed(builder, marked[: 0 if matched else self.most])
        collapsed = self._collapsed_section(builder, marked[len(blocks) :], result.href)
        comments = self._listed(builder, comments_left[:SHOWN_COMMENTS])
        beyond = len(comments_left) - len(comments) + item.annotations_in_all - len(item.annotations)
        return replace(
            result,
            passages=passages,
            blocks=blocks,
            collapsed=collapsed,
            comments=comments,
            more=Link(self._others(beyond), result.href) if beyond > 0 else None,
        )

    def _collapsed_section(
        self, builder: AnnotationBlockBuilder, others: list[Annotation], href: str
    ) -> CollapsedSection | None:
        if not others:
            return None
        blocks = self._listed(builder, others[:COLLAPSED_PASSAGES])
        beyond = len(others) - len(blocks)
        return CollapsedSection(
            self._others(len(others)), blocks, Link(self._others(beyond), href) if beyond > 0 else None
        )

    def _others(self, count: int) -> str:
        return self.translator.ngettext("… %(count)s other annotation", "… %(count)s other annotations", count)

    def _row(
        self,
        row: SearchHit,
        passages: tuple[PassageLink, ...],
        annotations: Link | None = None,
        *,
        is_brief: bool = False,
    ) -> ResultRow:
        item, marks = row.item, Marks(row.matches)
        title = truncate_marked(marks.of("title", None, title_or_url(item)), LONGEST_ROW_TITLE)
        # The marked words of a long title may be far behind.
        if len(text := joined_text(title)) > LONGEST_MARKED_TITLE:
            title = unmarked(truncate(text, LONGEST_ROW_TITLE))
        coins = coins_title(item, self.base_url, self.translator)
        return ResultRow(
            value=value_of_hit(row),
            title=title,
            href=self._address(item),
            language=foreign_language(item, self.translator),
            source=truncate_marked(marks.of("source", None, item.source or ""), LONGEST_ROW_TITLE),
            byline=truncate_marked(marks.of("byline", None, item.byline or ""), LONGEST_ROW_TITLE),
            date=self.translator.period(item.published) if item.published else "",
            here=tuple(self._facts_here(row)),
            group=self._group(row),
            read=self._read_link(row),
            tags=(tags := self._tags(row)),
            more_tags=self._more_tags(item, len(tags)),
            passages=passages,
            annotations=annotations,
            cite=self.listing.addresses.cite(item.id, row.annotation.id if row.annotation else None),
            coins=coins if len(coins) <= LONGEST_COINS else "",
            has_words=row.has_words,
            is_brief=is_brief,
            is_unseen=item.id in self.unseen,
        )

    def _listed(self, builder: AnnotationBlockBuilder, annotations: list[Annotation]) -> tuple[AnnotationBlock, ...]:
        """The first annotations, as many as the page has room for."""
        blocks = list[AnnotationBlock]()
        for annotation in annotations:
            block = builder.listed(annotation, LONGEST_WHOLE, SHOWN_REPLIES)
            texts = (
                joined_text(block.quote),
                joined_text(block.body),
                *(joined_text(reply.body) for reply in block.replies),
            )
            if not self._budget.reserve(*texts):
                break
            blocks.append(block)
        return tuple(blocks)

    def _read_link(self, row: SearchHit) -> Link | None:
        """The kept text of an item, at the words of the search, else the page itself."""
        if row.has_text and (links := self._text_links(row.item)):
            return Link(*links[0])
        address = self.listing.addresses.go(row.item.id)
        return Link(self.translator.gettext("Read it"), address) if web_host(row.item.url) else None

    def _facts_here(self, row: SearchHit) -> Iterator[Link]:
        """The date that the order is by, else when the item was added, by whom, and the views of whole items, or where
        they order.

        The contributor narrows a list of items. In a list of annotations, `author` is that of these.
        """
        item, request, translator = row.item, self.listing.request, self.translator
        if day := self._date_here(row):
            yield day
        if (author := item.author) is not None:
            narrows = request.view is View.ITEMS and not self._is_long
            address = self.listing.with_value("author", author.login) if narrows else ""
            yield _fact(translator.gettext("shared by %(name)s", name=_GAP), author.shown_name, address)
        if self.whole or request.ordering is Sort.POPULAR:
            yield Link(translator.ngettext("%(count)s view", "%(count)s views", item.views), "")

    def _group(self, row: SearchHit) -> Link | None:
        if not self.many_groups:
            return None
        group, translator = row.group, self.translator
        return Link(
            group_name(group, translator), self.listing.addresses.group(group.slug), archived_mark(group, translator)
        )

    def _date_here(self, row: SearchHit) -> Link | None:
        """When the item was added, or the date that the list is sorted by instead, if it is known."""
        item, request, translator = row.item, self.listing.request, self.translator
        _ = translator.gettext
        if request.ordering is Sort.UPDATED:
            return _fact(_("edited on %(day)s", day=_GAP), translator.instant(item.updated)) if item.updated else None
        is_by_date = request.ordering in {Sort.RECENT, Sort.OLDEST} or request.since or request.date is DateKind.ADDED
        if row.annotation is not None and is_by_date:
            made = row.annotation.added
            return _fact(_("annotated on %(day)s", day=_GAP), translator.instant(made)) if made else None
        return _fact(_("added on %(day)s", day=_GAP), translator.instant(item.added)) if item.added else None

    def _tags(self, row: SearchHit) -> tuple[TagLink, ...]:
        marked = {joined_text(match.pieces): match.pieces for match in row.matches if match.field == "tag"}
        return tuple(
            [
                TagLink(
                    marked.get(tag) or unmarked(tag),
                    "" if self._is_long else self.listing.with_value("tag", tag),
                    tag.casefold() in self._selected_tags,
                )
                for tag in fitting_labels(row.item.tags[:SHOWN_TAGS], MOST_TAG_BYTES)
            ]
        )

    def _more_tags(self, item: Item, shown: int) -> Link | None:
        """The number of tags that the row leaves out, and the page of the item, which shows them."""
        remaining = len(item.tags) - shown
        label = self.translator.ngettext("+%(count)s tag", "+%(count)s tags", remaining)
        return Link(label, self._address(item)) if remaining else None

    def _first(self, item: Item, annotation: Annotation) -> PassageLink:
        text = annotation.quote or annotation.body or ""
        return self._of_annotation(item, annotation, truncate_to_line(text, LONGEST_PASSAGE))

    def _all_matched(self, row: SearchHit, matches: Iterable[MatchedText]) -> tuple[PassageLink, ...]:
        """The matches to show; what a note says of its passage goes with the passage, unless it matched as well."""
        shown = [match for match in matches if match.field in _PASSAGE_FIELDS]
        texts = Counter(match.annotation for match in shown if match.field != "reply")
        return tuple(self._matched(row, match, is_alone=texts[match.annotation] == 1) for match in shown)

    def _matched(self, row: SearchHit, match: MatchedText, *, is_alone: bool) -> PassageLink:
        item, pieces = row.item, match.pieces
        _ = self.translator.gettext
        parts = (row.annotation,) if row.annotation else item.annotations
        annotation = next((annotation for annotation in parts if annotation.id == match.annotation), None)
        if match.field == "page":
            passage = self._passage(item, "page", pieces, self._text_source_label(is_file=row.is_in_file))
            return passage._replace(href=self._text_address(item) or passage.href)
        if annotation is None:
            return self._passage(item, "description", pieces, _("Description"))
        if match.field == "reply":
            return self._passage(item, "reply", pieces, _("Reply"), annotation.id)
        is_quote = is_alone and joined_text(pieces).removeprefix("… ").removesuffix(" …") in (annotation.quote or "")
        return self._of_annotation(item, annotation, pieces, with_body=is_quote)

    def _of_annotation(
        self, item: Item, annotation: Annotation, pieces: MarkedPieces, *, with_body: bool = True
    ) -> PassageLink:
        """A text of an annotation; `with_body`: of its passage, so that what the note says of it goes with it."""
        author = annotation.author if annotation.author != item.author else None
        by = (
            "" if annotation.kind is AnnotationKind.HIGHLIGHT else kind_label(annotation.kind, self.translator),
            self.translator.gettext("by %(name)s", name=author.shown_name) if author else "",
        )
        style, label = highlight_style(annotation), " ".join(filter(None, by))
        body = truncate(annotation.body, LONGEST_NOTE) if with_body and annotation.quote and annotation.body else ""
        if body and self._budget.reserve(body):
            label = f"{label}{self.translator.gettext(':')} {body}" if label else body
        return self._passage(item, annotation.kind.value, pieces, label, annotation.id, style=style)

    def _passage(
        self,
        item: Item,
        kind: str,
        pieces: MarkedPieces,
        by: str,
        annotation_id: str | None = None,
        *,
        style: str = PLAIN_STYLE,
    ) -> PassageLink:
        language = foreign_language(item, self.translator)
        return PassageLink(kind, pieces, self._address(item, annotation_id), style, language, by)

    def _text_links(self, item: Item) -> Sequence[tuple[str, str]]:
        """The pages that show the text of an item, at the words of the search."""
        return self.text_address(item.id, "" if self._is_long else self.listing.request.q)

    def _text_address(self, item: Item) -> str:
        links = self._text_links(item)
        return links[0][1] if links else ""

    def _address(self, item: Item, annotation_id: str | None = None) -> str:
        if annotation_id is None:
            return self._item(item.id, None, False)
        # An item has an address for each of its annotations.
        if item.id not in self._has_pages:
            self._has_pages[item.id] = may_have_several_pages(item)
        return self._item(item.id, annotation_id, self._has_pages[item.id])

    def _description(self, item: Item) -> tuple[PassageLink, ...]:
        longest = LONGEST_WHOLE if self.whole else LONGEST_PASSAGE
        if longest > LONGEST_PASSAGE and not self._budget.reserve((item.description or "")[:longest]):
            longest = LONGEST_PASSAGE
        if not item.description:
            return ()
        pieces = truncate_to_line(item.description, longest)
        return (self._passage(item, "description", pieces, self.translator.gettext("Description")),)


def _fact(message: str, value: str, href: str = "") -> Link:
    """A fact whose words before the value are apart, where the language has the value at the end."""
    before, _, after = message.partition(_GAP)
    return Link(f"{before}{value}{after}", href) if after else Link(value, href, before)


def deduplicate_coins(rows: Iterable[ResultRow]) -> tuple[ResultRow, ...]:
    """The rows, with the metadata of each item only once: several annotations may be of one item."""
    seen, result = set[str](), list[ResultRow]()
    for row in rows:
        result.append(replace(row, coins="") if row.coins in seen else row)
        seen.add(row.coins)
    return tuple(result)
