"""Build a press review from a list or from search results: choose the parts of each item to include."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from kb.access.actor import Actor
from kb.model.items.annotation import Annotation, AnnotationKind
from kb.model.items.annotation_address import part_permalinks, permalink
from kb.model.items.item import Item
from kb.model.items.item_list import ListEntryKind
from kb.model.items.language_tag import language_tag
from kb.model.people.group import Group
from kb.model.search_request import MAX_PER_PAGE, SearchRequest, View
from kb.model.web_pages.canonical_address import web_address
from kb.press_review.review import PressReview, ReviewedItem, ReviewedQuote, ReviewSection, short_quote
from kb.services.core.library import Library
from kb.services.core.readable_groups import readable_groups
from kb.services.core.site_identity import site_name, stored_logo
from kb.services.lists.lists import ListEntryWithItem, ListView, list_view
from kb.services.search.result_types import SearchHit
from kb.services.search.search import run_search
from kb.translation import Translator

MOST_ITEMS = 200
MOST_QUOTES = 10
MOST_COMMENTS = 10
MOST_OFFERED = 50
"""Passages of an item, and as many comments, that can be selected one by one."""
SHORTEST_QUOTE, LONGEST_QUOTE = 50, 1_000
AS_LISTED, BY_TAG, BY_GROUP, BY_SOURCE = "list", "tag", "group", "source"


@dataclass(frozen=True, slots=True)
class PressReviewOptions:
    """The options of a press review: `quotes` of each item, `longest` characters each; `comments`: those of readers,
    and their notes on these quotes, too; `order` groups the items.

    An empty title means the title of the list, or the query. Of the items `among`, only the annotations `selected` are
    in the review, whatever `quotes` and `comments` say; of other items they are there beside those. `offers_all`: what
    could be selected is there too.
    """

    title: str = ""
    dated: str = ""
    introduction: str = ""
    quotes: int = 2
    longest: int = 300
    descriptions: bool = True
    comments: bool = False
    order: str = AS_LISTED
    among: frozenset[str] = frozenset()
    selected: frozenset[str] = frozenset()
    offers_all: bool = False


def press_review_of_list(
    library: Library, actor: Actor, list_id: str, options: PressReviewOptions, translator: Translator
) -> tuple[ListView, int, PressReview]:
    """A list, the number of its entries, and a press review of the first of them, without those that are deleted or
    that the actor may not read. Raises NotFound.
    """
    view = list_view(library, actor, list_id)
    builder = _ReviewBuilder(library.settings.base_url, options, translator)
    whole = [entry for entry in view.entries if entry.is_there and not builder.is_left_out(entry)]
    entries = whole[:MOST_ITEMS]
    if options.order == AS_LISTED:
        sections = builder.sections_of_list(entries)
    else:
        sections = builder.grouped_sections([(entry.item, entry.group) for entry in entries if entry.item is not None])
    title = options.title or view.item_list.name
    introduction = options.introduction or view.item_list.description
    return view, len(whole), builder.review(library, title, introduction, sections)


def press_review_of_items(
    library: Library, actor: Actor, ids: Sequence[str], options: PressReviewOptions, translator: Translator
) -> PressReview:
    """A press review of selected items, in the order given, without those that the actor may not read."""
    with library.store.read() as reading:
        scope = readable_groups(reading, actor).scope
        items = reading.items.visible(dict.fromkeys(ids[:MOST_ITEMS]), scope)
        groups = reading.groups.by_ids({item.group_id for item in items.values()})
    builder = _ReviewBuilder(library.settings.base_url, options, translator)
    selected = [(items[id_], groups.get(items[id_].group_id)) for id_ in dict.fromkeys(ids) if id_ in items]
    return builder.review(library, options.title, options.introduction, builder.grouped_sections(selected))


def found_passages(library: Library, actor: Actor, request: SearchRequest) -> tuple[int, tuple[tuple[str, str], ...]]:
    """The number of passages and comments that a search finds, and the first of them: ids of item and annotation.

    Raises Unavailable.
    """
    total, rows = _first_hits(library, actor, replace(request, view=View.PASSAGES))
    return total, tuple((row.item.id, row.annotation.id) for row in rows if row.annotation)


def press_review_of_search(
    library: Library, actor: Actor, request: SearchRequest, options: PressReviewOptions, translator: Translator
) -> tuple[int, PressReview]:
    """The number of items that a search finds, and a press review of the first of them. Raises Unavailable."""
    total, rows = _first_hits(library, actor, replace(request, view=View.ITEMS))
    # A search reads only the beginnings of its items.
    return total, press_review_of_items(library, actor, [row.item.id for row in rows], options, translator)


def _first_hits(library: Library, actor: Actor, request: SearchRequest) -> tuple[int, list[SearchHit]]:
    """The number of all hits, and the first MOST_ITEMS."""
    request = replace(request, per_page=MAX_PER_PAGE, page=1)
    first = run_search(library, actor, request)
    rows = list(first.rows)
    for page in range(2, -(-first.total // MAX_PER_PAGE) + 1):
        if len(rows) >= MOST_ITEMS or not (more := run_search(library, actor, replace(request, page=page)).rows):
            break
        rows += more
    return first.total, rows[:MOST_ITEMS]


@dataclass(frozen=True, slots=True)
class _ReviewBuilder:
    """Makes the parts of one review; `base_url` is the beginning of permanent links, `links` makes those to the parts
    of each item.
    """

    base_url: str
    options: PressReviewOptions
    translator: Translator
    links: dict[str, Callable[[str], str]] = field(default_factory=dict)

    def review(
        self, library: Library, title: str, introduction: str, sections: tuple[ReviewSection, ...]
    ) -> PressReview:
        with library.store.read() as reading:
            publisher, logo = site_name(reading, library.settings), stored_logo(reading)
        return PressReview(title, self.options.dated, introduction, self.translator.language, sections, publisher, logo)

    def is_left_out(self, item: ListEntryWithItem) -> bool:
        """Whether an entry of a list is a passage or a comment that was not selected."""
        if self.options.offers_all or item.item is None or item.annotation is None:
            return False
        return item.item.id in self.options.among and item.annotation.id not in self.options.selected

    def sections_of_list(self, entries: Iterable[ListEntryWithItem]) -> tuple[ReviewSection, ...]:
        """A heading begins a section, texts keep their place, consecutive highlights of one item are joined."""
        sections = [ReviewSection()]
        last: str | None = None
        for entry in entries:
            match entry.entry.kind:
                case ListEntryKind.HEADING:
                    sections.append(ReviewSection(heading=entry.entry.text))
                    last = None
                case ListEntryKind.TEXT:
                    if sections[-1].entries or sections[-1].text:
                        sections.append(ReviewSection(text=entry.entry.text))
                    else:
                        sections[-1] = replace(sections[-1], text=entry.entry.text)
                    last = None
                case ListEntryKind.ITEM | ListEntryKind.PASSAGE if entry.item is not None:
                    sections[-1] = self._section_with_entry(
                        sections[-1], entry, entry.item, joins=last == entry.item.id
                    )
                    last = entry.item.id if entry.entry.kind is ListEntryKind.PASSAGE else None
        return tuple(section for section in sections if section.heading or section.text or section.entries)

    def _section_with_entry(
        self, section: ReviewSection, list_entry: ListEntryWithItem, item: Item, *, joins: bool
    ) -> ReviewSection:
        if list_entry.annotation is None:
            entry = replace(self._item(item), words=list_entry.entry.text)
            return replace(section, entries=(*section.entries, entry))
        annotation, words = list_entry.annotation, list_entry.entry.text
        quotes = self._selected_quotes(item, self._quotes(item, annotation), most=1)
        comments: tuple[ReviewedQuote, ...] = ()
        if annotation.kind is AnnotationKind.COMMENT:
            comments = self._selected_quotes(item, [self._comment(item, annotation)], most=1)
        elif not words:
            comments = self._notes(item, quotes)
        if joins and section.entries:
            before = section.entries[-1]
            merged = replace(
                before,
                quotes=(*before.quotes, *quotes),
                comments=(*before.comments, *comments),
                words="\n\n".join(part for part in (before.words, words) if part),
            )
            return replace(section, entries=(*section.entries[:-1], merged))
        entry = replace(self._item_alone(item), quotes=quotes, words=words, comments=comments)
        return replace(section, entries=(*section.entries, entry))

    def grouped_sections(self, items: Sequence[tuple[Item, Group | None]]) -> tuple[ReviewSection, ...]:
        """Items in one section, or under their first tag, their group or their source, in the order of these; items
        without one come last.
        """
        groups: dict[str, list[ReviewedItem]] = {}
        for item, group in {item.id: (item, group) for item, group in items}.values():
            groups.setdefault(self._heading(item, group), []).append(self._item(item))
        without = groups.pop("", [])
        sections = [ReviewSection(heading=name, entries=tuple(entries)) for name, entries in groups.items()]
        if without:
            heading = self.translator.gettext("Others") if sections else ""
            sections.append(ReviewSection(heading=heading, entries=tuple(without)))
        return tuple(sections)

    def _heading(self, item: Item, group: Group | None) -> str:
        match self.options.order:
            case "tag":
                return next(iter(item.tags), "")
            case "group":
                return group.name if group else ""
            case "source":
                return item.source or ""
            case _:
                return ""

    def _item_alone(self, item: Item) -> ReviewedItem:
        """An item without its description, passages and comments."""
        language = language_tag(item.language) or ""
        return ReviewedItem(
            title=item.title or item.url or self.translator.gettext("[Untitled]"),
            address=web_address(item.url) or "",
            source=item.source or "",
            byline=item.byline or "",
            published=self.translator.period(item.published) if item.published else "",
            language="" if language == self.translator.language else language,
            link=permalink(item, self.base_url),
            id=item.id,
        )

    def _item(self, item: Item) -> ReviewedItem:
        every_quote = (quote for annotation in item.annotations for quote in self._quotes(item, annotation))
        quotes = self._selected_quotes(item, every_quote, most=self.options.quotes)
        comments = (self._comment(item, part) for part in item.annotations if part.kind is AnnotationKind.COMMENT)
        most_comments = MOST_COMMENTS if self.options.comments else 0
        return replace(
            self._item_alone(item),
            description=(item.description or "") if self.options.descriptions else "",
            quotes=quotes,
            comments=(*self._notes(item, quotes), *self._selected_quotes(item, comments, most=most_comments)),
        )

    def _selected_quotes(self, item: Item, quotes: Iterable[ReviewedQuote], *, most: int) -> tuple[ReviewedQuote, ...]:
        """Those of an item that are selected and, unless the item is `among`, the first `most`; with `offers_all` the
        others too, not selected.
        """
        options = self.options
        first = 0 if item.id in options.among else most
        selected = options.selected and options.selected.intersection(part.id for part in item.annotations)
        if not options.offers_all and not selected:
            return tuple(islice(quotes, first))
        marked = (
            replace(quote, is_selected=position < first or quote.id in selected)
            for position, quote in enumerate(quotes if selected else islice(quotes, MOST_OFFERED))
            if position < MOST_OFFERED or quote.id in selected
        )
        return tuple(quote for quote in marked if quote.is_selected or options.offers_all)

    def _notes(self, item: Item, quotes: Iterable[ReviewedQuote]) -> tuple[ReviewedQuote, ...]:
        """What the notes of these quotes say, if comments are wanted; they are not selected one by one."""
        if not self.options.comments:
            return ()
        shown = {quote.id for quote in quotes if quote.is_selected}
        notes = (part for part in item.annotations if part.id in shown and part.body and part.body.strip())
        return tuple(replace(self._comment(item, part), id="") for part in notes)

    def _quotes(self, item: Item, annotation: Annotation) -> tuple[ReviewedQuote, ...]:
        if not annotation.quote or not annotation.quote.strip():
            return ()
        text = short_quote(annotation.quote, self.options.longest)
        return (ReviewedQuote(text, self._link(item, annotation.id), id=annotation.id),)

    def _comment(self, item: Item, part: Annotation) -> ReviewedQuote:
        text = short_quote(part.body or "", self.options.longest)
        return ReviewedQuote(text, self._link(item, part.id), part.author.shown_name if part.author else "", part.id)

    def _link(self, item: Item, part_id: str) -> str:
        if item.id not in self.links:
            self.links[item.id] = part_permalinks(item, self.base_url)
        return self.links[item.id](part_id)
