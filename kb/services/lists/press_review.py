"""Build a press review from a list or from search results: choose the parts of each item to include."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice

from kb.access.actor import Actor
from kb.model.items.annotation import Annotation, AnnotationKind
from kb.model.items.annotation_address import permalink
from kb.model.items.item import Item
from kb.model.items.item_list import (
    AS_LISTED,
    BY_GROUP,
    BY_SOURCE,
    BY_TAG,
    TO_ITEMS,
    TO_PAGES,
    ItemPart,
    ListEntryKind,
    ReviewSettings,
)
from kb.model.items.language_tag import language_tag
from kb.model.people.group import Group, Visibility
from kb.model.quotation_rule import QuotationRule, QuotationRules
from kb.model.search_request import MAX_PER_PAGE, SearchRequest
from kb.model.web_pages.canonical_address import web_address
from kb.press_review.quotation import limited
from kb.press_review.review import PressReview, ReviewedItem, ReviewedQuote, ReviewSection, short_quote
from kb.services.core.library import Library
from kb.services.core.site_identity import site_name, stored_logo
from kb.services.lists.list_additions import entries_of_item_parts
from kb.services.lists.lists import ListEntryWithItem, ListView, entries_with_items, list_view
from kb.services.search.result_types import SearchHit
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


def press_review_of_item_parts(
    library: Library, actor: Actor, parts: Iterable[ItemPart], options: PressReviewOptions, translator: Translator
) -> PressReview:
    """A press review of items and of single annotations, without those that the actor may not read."""
    with library.store.read() as reading:
        entries = entries_of_item_parts(reading, actor, parts)
        view = entries_with_items(reading, actor, entries)
    return _review(library, view, options, translator)


def _review(
    library: Library, entries: Sequence[ListEntryWithItem], options: PressReviewOptions, translator: Translator
) -> PressReview:
    with library.store.read() as reading:
        rules = quotation_rules(library, reading, {entry.group.id for entry in entries if entry.group is not None})
        publisher, logo = site_name(reading, library.settings), stored_logo(reading)
    builder = _ReviewBuilder(library.settings.base_url, options.settings, options.offers_all, translator, rules)
    is_listed = options.settings.order == AS_LISTED
    sections = (builder.sections_of_list if is_listed else builder.grouped_sections)(entries[:MOST_ITEMS])
    dated = options.settings.dated
    dated = translator.day(date.today()) if dated is None else dated
    return PressReview(options.title, dated, options.introduction, translator.language, sections, publisher, logo)


def quotation_rules(library: Library, reading: ReadSnapshot, group_ids: Iterable[str]) -> QuotationRules:
    """What groups let pass on of their sources."""
    rules = library.store.quotation_rules(reading, list(group_ids))
    return QuotationRules(rules, QuotationRule.parse(library.settings.quotation))


def found_item_parts(library: Library, actor: Actor, request: SearchRequest) -> tuple[int, tuple[ItemPart, ...]]:
    """The number of items, or of passages and comments, that a search finds, and the first MOST_ITEMS of them. Raises
    Unavailable.
    """
    hits: list[SearchHit] = []
    for page in range(1, MOST_ITEMS // MAX_PER_PAGE + 1):
        results = run_search(library, actor, replace(request, per_page=MAX_PER_PAGE, page=page))
        hits += results.rows
        if len(hits) >= results.total:
            break
    return results.total, tuple((hit.item.id, hit.annotation.id if hit.annotation else None) for hit in hits)


@dataclass(frozen=True, slots=True)
class _ReviewBuilder:
    """Makes the parts of one review; `base_url` is the beginning of permanent links, `rules` say what sources allow."""

    base_url: str
    settings: ReviewSettings
    offers_all: bool
    translator: Translator
    rules: QuotationRules

    def sections_of_list(self, entries: Iterable[ListEntryWithItem]) -> tuple[ReviewSection, ...]:
        """A heading begins a section, texts keep their place, and passages join an entry of their item before them."""
        sections = [ReviewSection()]
        for listed in entries:
            match listed.entry.kind:
                case ListEntryKind.HEADING:
                    sections.append(ReviewSection(heading=listed.entry.text))
                case ListEntryKind.TEXT if sections[-1].entries or sections[-1].text:
                    sections.append(ReviewSection(text=listed.entry.text))
                case ListEntryKind.TEXT:
                    sections[-1] = replace(sections[-1], text=listed.entry.text)
                case ListEntryKind.ITEM | ListEntryKind.PASSAGE if listed.item is not None:
                    sections[-1] = self._with_entry(sections[-1], listed, listed.item)
        return tuple(section for section in sections if section.heading or section.text or section.entries)

    def _with_entry(self, section: ReviewSection, listed: ListEntryWithItem, item: Item) -> ReviewSection:
        entry, others = self._entry(listed, item), [*section.entries]
        if listed.annotation is not None and others and others[-1].id == item.id:
            last = others.pop()
            entry = replace(
                last,
                quotes=_joined(last.quotes, entry.quotes),
                comments=_joined(last.comments, entry.comments),
                words="\n\n".join(filter(None, (last.words, entry.words))),
            )
        return replace(section, entries=(*others, entry))

    def grouped_sections(self, entries: Iterable[ListEntryWithItem]) -> tuple[ReviewSection, ...]:
        """Items under their first tag, their group or their source, in the order of these; items without one come last.
        Each stands once, with all its passages.
        """
        by_item: dict[str, ReviewSection] = {}
        for listed in entries:
            if (item := listed.item) is not None:
                section = by_item.get(item.id) or ReviewSection(self._heading(item, listed.group))
                if not section.entries or listed.annotation is not None:
                    by_item[item.id] = self._with_entry(section, listed, item)
        groups: dict[str, list[ReviewedItem]] = {}
        for section in by_item.values():
            groups.setdefault(section.heading, []).extend(section.entries)
        sections = [ReviewSection(heading, entries=tuple(items)) for heading, items in groups.items()]
        sections.sort(key=lambda section: not section.heading)
        if len(sections) > 1 and not sections[-1].heading:
            sections[-1] = replace(sections[-1], heading=self.translator.gettext("Others"))
        return tuple(sections)

    def _heading(self, item: Item, group: Group | None) -> str:
        tag, group_name = next(iter(item.tags), ""), group.name if group else ""
        return {BY_TAG: tag, BY_GROUP: group_name, BY_SOURCE: item.source or ""}.get(self.settings.order, "")

    def _entry(self, listed: ListEntryWithItem, item: Item) -> ReviewedItem:
        """An item, or one of its annotations alone, without what its source does not allow."""
        settings, words, chosen = self.settings, listed.entry.text, listed.entry.chosen
        alone = listed.annotation
        parts = item.annotations if alone is None else (alone,)
        most_comments = 1 if alone is not None else MOST_COMMENTS if settings.comments else 0
        quotes = self._selected_quotes(self._quotes(parts), settings.quotes if alone is None else 1, chosen)
        comments = (self._comment(part) for part in parts if part.kind is AnnotationKind.COMMENT)
        # The maker's words on a passage stand for the note of its author.
        notes = self._notes(parts, quotes) if alone is None or not words else ()
        language = language_tag(item.language) or ""
        entry = ReviewedItem(
            title=item.title or item.url or self.translator.gettext("[Untitled]"),
            address=(web_address(item.url) or "") if settings.links == TO_PAGES else "",
            source=item.source or "",
            byline=item.byline or "",
            published=self.translator.period(item.published) if item.published else "",
            description=(item.description or "") if alone is None and settings.descriptions else "",
            quotes=quotes,
            words=words,
            language="" if language == self.translator.language else language,
            comments=(*notes, *self._selected_quotes(comments, most_comments, chosen)),
            link=permalink(item, self.base_url) if self._has_permalink(item, listed.group) else "",
            id=item.id,
        )
        return limited(entry, self.rules.of(item.group_id, item.source), self.translator)

    def _has_permalink(self, item: Item, group: Group | None) -> bool:
        # Recipients may not be members of the group: they get no link to what they may not read.
        is_open = group is not None and group.visible is Visibility.EVERYONE
        links = self.settings.links
        return links == TO_ITEMS or (links == TO_PAGES and is_open and not web_address(item.url))

    def _selected_quotes(
        self, quotes: Iterable[ReviewedQuote], most: int, chosen: tuple[str, ...] | None
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

    def _notes(self, parts: Iterable[Annotation], quotes: Iterable[ReviewedQuote]) -> tuple[ReviewedQuote, ...]:
        """What the notes of these quotes say, if comments are wanted; they are not selected one by one."""
        if not self.settings.comments:
            return ()
        shown = {quote.id for quote in quotes if quote.is_selected}
        notes = (part for part in parts if part.id in shown and part.body and part.body.strip())
        return tuple(replace(self._comment(part), id="") for part in notes)

    def _quotes(self, parts: Iterable[Annotation]) -> Iterator[ReviewedQuote]:
        quotes = ((part.id, part.quote) for part in parts if part.quote and part.quote.strip())
        return (ReviewedQuote(short_quote(quote, self.settings.longest), id=id_) for id_, quote in quotes)

    def _comment(self, part: Annotation) -> ReviewedQuote:
        text = short_quote(part.body or "", self.settings.longest)
        return ReviewedQuote(text, part.author.shown_name if part.author else "", part.id)


def _joined(first: tuple[ReviewedQuote, ...], more: tuple[ReviewedQuote, ...]) -> tuple[ReviewedQuote, ...]:
    """Both, without those of `more` that `first` has; a passage that is offered is selected if `more` has it."""
    ids = {quote.id for quote in more if quote.id}
    first = tuple(replace(quote, is_selected=True) if quote.id in ids else quote for quote in first)
    known = {quote.id for quote in first if quote.id}
    return tuple(dict.fromkeys((*first, *(quote for quote in more if quote.id not in known))))
