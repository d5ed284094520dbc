"""Build a press review from a list or from search results: choose the parts of each item to include."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from kb.access.actor import Actor
from kb.model.items.annotation import Annotation
from kb.model.items.item import Item
from kb.model.items.item_list import ListEntryKind
from kb.model.search_request import MAX_PER_PAGE, SearchRequest, View
from kb.model.web_pages.canonical_address import web_address
from kb.press_review.review import PressReview, ReviewedItem, ReviewSection, short_quote
from kb.services.core.library import Library
from kb.services.core.readable_groups import readable_groups
from kb.services.lists.lists import ListEntryWithItem, ListView, list_view
from kb.services.search.search import run_search
from kb.translation import Translator

MOST_ITEMS = 200
MOST_QUOTES = 10
SHORTEST_QUOTE, LONGEST_QUOTE = 50, 1_000
AS_LISTED, BY_TAG, BY_SOURCE = "list", "tag", "source"


@dataclass(frozen=True, slots=True)
class PressReviewOptions:
    """The options of a press review: `quotes` of each item, `longest` characters each; `order` groups the items.

    An empty title means the title of the list, or the query.
    """

    title: str = ""
    dated: str = ""
    introduction: str = ""
    quotes: int = 2
    longest: int = 300
    descriptions: bool = True
    order: str = AS_LISTED


def press_review_of_list(
    library: Library, actor: Actor, list_id: str, options: PressReviewOptions, words: Translator
) -> tuple[ListView, PressReview]:
    """A list and its press review, without entries that are deleted or that the actor may not read. Raises NotFound."""
    view = list_view(library, actor, list_id)
    entries = [one for one in view.entries if one.is_there][:MOST_ITEMS]
    if options.order == AS_LISTED:
        sections = _sections_of_list(entries, options, words)
    else:
        sections = _grouped_sections([one.item for one in entries if one.item is not None], options, words)
    title = options.title or view.item_list.name
    introduction = options.introduction or view.item_list.description
    return view, PressReview(title, options.dated, introduction, words.language, sections)


def press_review_of_items(
    library: Library, actor: Actor, ids: Sequence[str], options: PressReviewOptions, words: Translator
) -> PressReview:
    """A press review of chosen items, in the order given, without those that the actor may not read."""
    with library.store.read() as reading:
        scope = readable_groups(reading, actor).scope
        found = reading.items.visible(dict.fromkeys(ids[:MOST_ITEMS]), scope)
    return _review_of_items([found[one] for one in dict.fromkeys(ids) if one in found], options, words)


def press_review_of_search(
    library: Library, actor: Actor, request: SearchRequest, options: PressReviewOptions, words: Translator
) -> tuple[int, PressReview]:
    """The number of items that a search finds, and a press review of the first of them. Raises Unavailable."""
    request = replace(request, view=View.ITEMS, per_page=MAX_PER_PAGE, page=1)
    first = run_search(library, actor, request)
    rows = list(first.rows)
    for page in range(2, -(-first.total // MAX_PER_PAGE) + 1):
        if len(rows) >= MOST_ITEMS or not (more := run_search(library, actor, replace(request, page=page)).rows):
            break
        rows += more
    return first.total, _review_of_items([row.item for row in rows[:MOST_ITEMS]], options, words)


def _review_of_items(items: Sequence[Item], options: PressReviewOptions, words: Translator) -> PressReview:
    if options.order == AS_LISTED:
        entries = tuple(_review_item(one, options, words) for one in items)
        sections: tuple[ReviewSection, ...] = (ReviewSection(entries=entries),) if entries else ()
    else:
        sections = _grouped_sections(items, options, words)
    return PressReview(options.title, options.dated, options.introduction, words.language, sections)


def _sections_of_list(
    entries: Iterable[ListEntryWithItem], options: PressReviewOptions, words: Translator
) -> tuple[ReviewSection, ...]:
    """A heading begins a section, texts keep their place, consecutive highlights of one item are joined."""
    sections = [ReviewSection()]
    last: str | None = None
    for one in entries:
        match one.entry.kind:
            case ListEntryKind.HEADING:
                sections.append(ReviewSection(heading=one.entry.words))
                last = None
            case ListEntryKind.TEXT:
                if sections[-1].entries or sections[-1].text:
                    sections.append(ReviewSection(text=one.entry.words))
                else:
                    sections[-1] = replace(sections[-1], text=one.entry.words)
                last = None
            case ListEntryKind.ITEM | ListEntryKind.PASSAGE if one.item is not None:
                sections[-1] = _section_with_entry(
                    sections[-1], one, one.item, options, words, joins=last == one.item.id
                )
                last = one.item.id if one.entry.kind is ListEntryKind.PASSAGE else None
    return tuple(one for one in sections if one.heading or one.text or one.entries)


def _section_with_entry(
    section: ReviewSection,
    one: ListEntryWithItem,
    item: Item,
    options: PressReviewOptions,
    words: Translator,
    *,
    joins: bool,
) -> ReviewSection:
    if one.annotation is None:
        entry = replace(_review_item(item, options, words), words=one.entry.words)
        return replace(section, entries=(*section.entries, entry))
    quote, said = _chosen_quotes(one.annotation, options), one.entry.words or (one.annotation.body or "")
    if joins and section.entries:
        before = section.entries[-1]
        both = "\n\n".join(part for part in (before.words, said) if part)
        merged = replace(before, quotes=(*before.quotes, *quote), words=both)
        return replace(section, entries=(*section.entries[:-1], merged))
    entry = replace(_review_item(item, options, words), quotes=quote, words=said, description="")
    return replace(section, entries=(*section.entries, entry))


def _grouped_sections(
    items: Sequence[Item], options: PressReviewOptions, words: Translator
) -> tuple[ReviewSection, ...]:
    """Items under their first tag or their source, in the order of these; items without one come last."""
    groups: dict[str, list[ReviewedItem]] = {}
    for item in {one.id: one for one in items}.values():
        name = (item.source or "") if options.order == BY_SOURCE else next(iter(item.tags), "")
        groups.setdefault(name, []).append(_review_item(item, options, words))
    without = groups.pop("", [])
    sections = [ReviewSection(heading=name, entries=tuple(entries)) for name, entries in groups.items()]
    if without:
        sections.append(ReviewSection(heading=words.say("Others") if sections else "", entries=tuple(without)))
    return tuple(sections)


def _review_item(item: Item, options: PressReviewOptions, words: Translator) -> ReviewedItem:
    quotes = [quote for one in item.annotations for quote in _chosen_quotes(one, options)]
    return ReviewedItem(
        title=item.title or item.url or words.say("[Untitled]"),
        address=web_address(item.url) or "",
        source=item.source or "",
        byline=item.byline or "",
        published=words.period(item.published) if item.published else "",
        description=(item.description or "") if options.descriptions else "",
        quotes=tuple(quotes[: options.quotes]),
        language=item.language if item.language and item.language != words.language else "",
    )


def _chosen_quotes(one: Annotation, options: PressReviewOptions) -> tuple[str, ...]:
    return (short_quote(one.quote, options.longest),) if one.quote and one.quote.strip() else ()
