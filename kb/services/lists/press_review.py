"""Build a press review from a list or from search results: choose the parts of each item to include."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice

from kb.access.actor import Actor
from kb.model.items.annotation import Annotation, AnnotationKind
from kb.model.items.annotation_address import permalink
from kb.model.items.item import Item
from kb.model.items.item_list import AS_LISTED, TO_ITEMS, TO_PAGES, ItemPart, ListEntryKind, ReviewSettings
from kb.model.items.language_tag import language_tag
from kb.model.people.group import Group, Visibility
from kb.model.quotation_rule import QuotationRule, QuotationRules
from kb.model.search_request import MAX_PER_PAGE, SearchRequest
from kb.model.web_pages.canonical_address import web_address
from kb.press_review.quotation import limited
from kb.press_review.review import PressReview, ReviewedItem, ReviewedQuote, ReviewSection, short_quote
from kb.services.core.library import Library
from kb.services.core.site_identity import site_name, stored_logo
from kb.services.lists.list_additions import entries_of_parts
from kb.services.lists.lists import ListEntryWithItem, ListView, entries_with_items, list_view
from kb.services.search.search import run_search
from kb.store import ReadSnapshot
from kb.translation import Translator

MOST_ITEMS = 200
MOST_COMMENTS = 10
MOST_OFFERED = 50
"""Passages of an item, and as many comments, that can be selected one by one."""


@dataclass(frozen=True, slots=True)
class PressReviewOptions:
    """The options of a press review. An empty title or introduction means that of the list. `offers_all`: the passages
    and comments that could be chosen of each item are there too.
    """

    title: str = ""
    introduction: str = ""
    settings: ReviewSettings = field(default_factory=ReviewSettings)
    offers_all: bool = False


def press_review_of_list(
    library: Library, actor: Actor, list_id: str, options: PressReviewOptions, translator: Translator
) -> tuple[ListView, int, PressReview]:
    """A list, the number of its entries, and a press review of the first of them, written as the list says, without
    those that are deleted or that the actor may not read. Raises NotFound.
    """
    view = list_view(library, actor, list_id)
    options = replace(
        options,
        title=options.title or view.item_list.name,
        introduction=options.introduction or view.item_list.description,
        settings=view.item_list.review,
    )
    entries = [entry for entry in view.entries if entry.is_there]
    return view, len(entries), _review(library, entries, options, translator)


def press_review_of_parts(
    library: Library, actor: Actor, parts: Iterable[ItemPart], options: PressReviewOptions, translator: Translator
) -> PressReview:
    """A press review of items and of single annotations, without those that the actor may not read."""
    with library.store.read() as reading:
        entries = entries_of_parts(reading, actor, parts)
        view = entries_with_items(reading, actor, entries)
    return _review(library, view, options, translator)


def _review(
    library: Library, entries: Sequence[ListEntryWithItem], options: PressReviewOptions, translator: Translator
) -> PressReview:
    with library.store.read() as reading:
        rules = quotation_rules(library, reading, {entry.group.id for entry in entries if entry.group is not None})
        publisher, logo = site_name(reading, library.settings), stored_logo(reading)
    builder = _ReviewBuilder(library.settings.base_url, options.settings, translator, rules, options.offers_all)
    is_listed = options.settings.order == AS_LISTED
    sections = (builder.sections_of_list if is_listed else builder.grouped_sections)(entries[:MOST_ITEMS])
    dated = options.settings.dated
    dated = translator.day(date.today()) if dated is None else dated
    return PressReview(options.title, dated, options.introduction, translator.language, sections, publisher, logo)


def quotation_rules(library: Library, reading: ReadSnapshot, group_ids: Iterable[str]) -> QuotationRules:
    """What groups let pass on of their sources."""
    rules = library.store.quotation_rules(reading, list(group_ids))
    return QuotationRules(rules, QuotationRule.parse(library.settings.quotation))


def found_parts(library: Library, actor: Actor, request: SearchRequest) -> tuple[int, tuple[ItemPart, ...]]:
    """The number of items, or of passages and comments, that a search finds, and the first MOST_ITEMS of them. Raises
    Unavailable.
    """
    request = replace(request, per_page=MAX_PER_PAGE, page=1)
    first = run_search(library, actor, request)
    rows = list(first.rows)
    for page in range(2, -(-first.total // MAX_PER_PAGE) + 1):
        if len(rows) >= MOST_ITEMS or not (more := run_search(library, actor, replace(request, page=page)).rows):
            break
        rows += more
    return first.total, tuple((row.item.id, row.annotation.id if row.annotation else None) for row in rows[:MOST_ITEMS])


@dataclass(frozen=True, slots=True)
class _ReviewBuilder:
    """Makes the parts of one review; `base_url` is the beginning of permanent links, `rules` say what sources allow."""

    base_url: str
    settings: ReviewSettings
    translator: Translator
    rules: QuotationRules
    offers_all: bool

    def sections_of_list(self, entries: Iterable[ListEntryWithItem]) -> tuple[ReviewSection, ...]:
        """A heading begins a section, texts keep their place, and passages join an entry of their item before them."""
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
                    last = entry.item.id
        return tuple(section for section in sections if section.heading or section.text or section.entries)

    def _section_with_entry(
        self, section: ReviewSection, list_entry: ListEntryWithItem, item: Item, *, joins: bool
    ) -> ReviewSection:
        if list_entry.annotation is None:
            entry = replace(self._item(item, list_entry), words=list_entry.entry.text)
            return replace(section, entries=(*section.entries, entry))
        annotation, words = list_entry.annotation, list_entry.entry.text
        quotes = self._selected_quotes(self._quotes(annotation), 1)
        comments: tuple[ReviewedQuote, ...] = ()
        if annotation.kind is AnnotationKind.COMMENT:
            comments = self._selected_quotes([self._comment(annotation)], 1)
        elif not words:
            comments = self._notes(item, quotes)
        if joins and section.entries:
            before = section.entries[-1]
            allowed = self._limited(ReviewedItem("", quotes=quotes, comments=comments), item)
            merged = replace(
                before,
                quotes=_joined(before.quotes, allowed.quotes),
                comments=_joined(before.comments, allowed.comments),
                words="\n\n".join(part for part in (before.words, words) if part),
            )
            return replace(section, entries=(*section.entries[:-1], merged))
        entry = replace(self._item_alone(item, list_entry.group), quotes=quotes, words=words, comments=comments)
        entry = self._limited(entry, item)
        return replace(section, entries=(*section.entries, entry))

    def grouped_sections(self, entries: Iterable[ListEntryWithItem]) -> tuple[ReviewSection, ...]:
        """Items under their first tag, their group or their source, in the order of these; items without one come last.
        Each stands once, with all its passages.
        """
        by_item: dict[str, ReviewSection] = {}
        headings: dict[str, str] = {}
        for entry in entries:
            if (item := entry.item) is not None:
                section = by_item.get(item.id, ReviewSection())
                if not section.entries or entry.annotation is not None:
                    by_item[item.id] = self._section_with_entry(section, entry, item, joins=True)
                headings[item.id] = self._heading(item, entry.group)
        groups: dict[str, list[ReviewedItem]] = {}
        for item_id, section in by_item.items():
            groups.setdefault(headings[item_id], []).extend(section.entries)
        without = groups.pop("", [])
        sections = [ReviewSection(heading=name, entries=tuple(entries)) for name, entries in groups.items()]
        if without:
            heading = self.translator.gettext("Others") if sections else ""
            sections.append(ReviewSection(heading=heading, entries=tuple(without)))
        return tuple(sections)

    def _heading(self, item: Item, group: Group | None) -> str:
        match self.settings.order:
            case "tag":
                return next(iter(item.tags), "")
            case "group":
                return group.name if group else ""
            case "source":
                return item.source or ""
            case _:
                return ""

    def _item_alone(self, item: Item, group: Group | None) -> ReviewedItem:
        """An item without its description, passages and comments."""
        links, page = self.settings.links, web_address(item.url) or ""
        # Recipients may not be members of the group: they get no link to what they may not read.
        is_open = group is not None and group.visible is Visibility.EVERYONE
        has_permalink = links == TO_ITEMS or (links == TO_PAGES and not page and is_open)
        language = language_tag(item.language) or ""
        return ReviewedItem(
            title=item.title or item.url or self.translator.gettext("[Untitled]"),
            address=page if links == TO_PAGES else "",
            source=item.source or "",
            byline=item.byline or "",
            published=self.translator.period(item.published) if item.published else "",
            language="" if language == self.translator.language else language,
            link=permalink(item, self.base_url) if has_permalink else "",
            id=item.id,
        )

    def _item(self, item: Item, listed: ListEntryWithItem) -> ReviewedItem:
        chosen = listed.entry.chosen
        every_quote = (quote for annotation in item.annotations for quote in self._quotes(annotation))
        quotes = self._selected_quotes(every_quote, self.settings.quotes, chosen)
        comments = (self._comment(part) for part in item.annotations if part.kind is AnnotationKind.COMMENT)
        most_comments = MOST_COMMENTS if self.settings.comments else 0
        entry = replace(
            self._item_alone(item, listed.group),
            description=(item.description or "") if self.settings.descriptions else "",
            quotes=quotes,
            comments=(*self._notes(item, quotes), *self._selected_quotes(comments, most_comments, chosen)),
        )
        return self._limited(entry, item)

    def _limited(self, entry: ReviewedItem, item: Item) -> ReviewedItem:
        """An entry of an item without what its source does not allow."""
        return limited(entry, self.rules.of(item.group_id, item.source), self.translator)

    def _selected_quotes(
        self, quotes: Iterable[ReviewedQuote], most: int, chosen: tuple[str, ...] | None = None
    ) -> tuple[ReviewedQuote, ...]:
        """The `chosen` ones, or else the first `most`; with `offers_all` the others too, not selected."""
        first, selected = (most, frozenset[str]()) if chosen is None else (0, frozenset(chosen))
        if not self.offers_all and not selected:
            return tuple(islice(quotes, first))
        marked = (
            replace(quote, is_selected=position < first or quote.id in selected)
            for position, quote in enumerate(quotes if selected else islice(quotes, MOST_OFFERED))
            if position < MOST_OFFERED or quote.id in selected
        )
        return tuple(quote for quote in marked if quote.is_selected or self.offers_all)

    def _notes(self, item: Item, quotes: Iterable[ReviewedQuote]) -> tuple[ReviewedQuote, ...]:
        """What the notes of these quotes say, if comments are wanted; they are not selected one by one."""
        if not self.settings.comments:
            return ()
        shown = {quote.id for quote in quotes if quote.is_selected}
        notes = (part for part in item.annotations if part.id in shown and part.body and part.body.strip())
        return tuple(replace(self._comment(part), id="") for part in notes)

    def _quotes(self, annotation: Annotation) -> tuple[ReviewedQuote, ...]:
        if not annotation.quote or not annotation.quote.strip():
            return ()
        text = short_quote(annotation.quote, self.settings.longest)
        return (ReviewedQuote(text, id=annotation.id),)

    def _comment(self, part: Annotation) -> ReviewedQuote:
        text = short_quote(part.body or "", self.settings.longest)
        return ReviewedQuote(text, part.author.shown_name if part.author else "", part.id)


def _joined(first: tuple[ReviewedQuote, ...], more: tuple[ReviewedQuote, ...]) -> tuple[ReviewedQuote, ...]:
    """Both, without those of `more` that `first` has; a passage that is offered is selected if `more` has it."""
    ids = {quote.id for quote in more if quote.id}
    first = tuple(replace(quote, is_selected=True) if quote.id in ids else quote for quote in first)
    known = {quote.id for quote in first if quote.id}
    return tuple(dict.fromkeys((*first, *(quote for quote in more if quote.id not in known))))
