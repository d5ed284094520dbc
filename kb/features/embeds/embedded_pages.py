"""The frames: `/embed/g/<group>`, `/embed/g/<group>/tags`, `/embed/lists/<id>`.

Each shows what a stranger may read, whoever asks, and has no script. Only pages of this site, and of the sites that the
owners of the group name, may show it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import log

from starlette.responses import Response

from kb.access.actor import ANONYMOUS
from kb.features.embeds.origins import origins_of_group
from kb.model.items.annotation import Annotation
from kb.model.items.item import Item
from kb.model.items.item_list import ListEntryKind
from kb.model.people.group import Group
from kb.model.quotation_rule import QuotationRules
from kb.model.search_request import Sort
from kb.model.truncation import truncate
from kb.press_review.review import short_quote
from kb.services.core.site_identity import site_identity
from kb.services.groups.group_views import readable_group
from kb.services.lists.list_windows import list_window
from kb.services.lists.lists import ListEntryWithItem
from kb.services.lists.press_review import quotation_rules
from kb.services.search.search import run_search
from kb.services.tags.tags import tag_counts
from kb.web.http.conditional_requests import weak_etag
from kb.web.http.context import RequestContext
from kb.web.http.urls.listing_scope import ListingScope
from kb.web.ui.display_text import Link, date_label, facts_line, foreign_language, title_or_url
from kb.web.ui.rendering import render_fragment
from kb.web.ui.search_form import filter_summary
from kb.web.ui.site_look import theme_address
from kb.whole_numbers import parse_whole_number

EMBED = "embed"
"""The beginning of the addresses, and the end of that of the page for owners."""
COUNT = "n"
"""The parameter for the number of items or tags."""
USUAL_ITEMS, MOST_ITEMS = 10, 50
USUAL_TAGS, MOST_TAGS = 40, 200
_LONGEST_TITLE = 200
_LONGEST_QUOTE = 300
_LONGEST_WORDS = 1_000
_SIZES = 5
_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
_OWN_PARAMETERS = frozenset({COUNT, "lang", "page", "per_page"})


@dataclass(frozen=True, slots=True)
class EmbeddedEntry:
    """An item or a passage, or a heading or a text of a list. `quote` is the passage, `words` are those of the list."""

    heading: str = ""
    link: Link | None = None
    language: str | None = None
    facts: str = ""
    quote: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class EmbeddedTag:
    """`size` is from 1 to 5."""

    link: Link
    size: int


@dataclass(frozen=True, slots=True)
class EmbeddedPage:
    """`whole` leads to the page of this site with all of it; `theme` as in PageFrame."""

    language: str
    theme: str
    title: str
    summary: str
    entries: tuple[EmbeddedEntry, ...]
    tags: tuple[EmbeddedTag, ...]
    whole: Link


def embedded_group(context: RequestContext) -> Response:
    """The latest items or passages of a group, with the filters of a listing. Raises NotFound, Invalid."""
    group = readable_group(context.library, ANONYMOUS, context.path_params["group"])
    scope = ListingScope(group.slug)
    request = scope.request_of(tuple(pair for pair in context.params if pair[0] not in _OWN_PARAMETERS))
    request = replace(request, sort=request.sort or Sort.RECENT, facet_limit=1)
    results = run_search(
        context.library, ANONYMOUS, replace(request, per_page=_count(context, USUAL_ITEMS, MOST_ITEMS)).verbatim()
    )
    rules = _rules(context, (hit.item for hit in results.rows))
    entries = tuple(_entry_of_item(context, hit.item, hit.annotation, rules) for hit in results.rows)
    summary = filter_summary(scope, results, context.translator)
    return _answer(context, group, summary, context.addresses.listing(scope, request), entries=entries)


def embedded_tags(context: RequestContext) -> Response:
    """The most used tags of a group, in their alphabetical order. Raises NotFound."""
    group = readable_group(context.library, ANONYMOUS, context.path_params["group"])
    counts = tag_counts(context.library, ANONYMOUS, group.slug)[: _count(context, USUAL_TAGS, MOST_TAGS)]
    most, least = (max(1, function((count.count for count in counts), default=1)) for function in (max, min))
    scale = (_SIZES - 1) / log(most / least) if most > least else 0
    tags = tuple(
        EmbeddedTag(
            Link(tag.label, context.addresses.tag(group.slug, tag.label), context.translator.number(tag.count)),
            1 + round(scale * log(max(1, tag.count) / least)),
        )
        for tag in sorted(counts, key=lambda tag: tag.label.casefold())
    )
    summary = context.translator.gettext("Tags")
    return _answer(context, group, summary, context.addresses.group(group.slug, "tags"), tags=tags)


def embedded_list(context: RequestContext) -> Response:
    """The beginning of a list. Raises NotFound."""
    most = _count(context, MOST_ITEMS, MOST_ITEMS)
    window = list_window(
        context.library, ANONYMOUS, context.path_params["id"], lambda entries: range(min(most, len(entries)))
    )
    rules = _rules(context, (entry.item for entry in window.shown if entry.item is not None))
    entries = tuple(_entry_of_list(context, entry, rules) for entry in window.shown if _is_shown(entry))
    address = context.addresses.item_list(window.item_list.id)
    return _answer(context, window.group, window.item_list.name, address, entries=entries)


def _count(context: RequestContext, usual: int, most: int) -> int:
    return min(parse_whole_number(context.param(COUNT), 0), most) or usual


def _rules(context: RequestContext, items: Iterable[Item]) -> QuotationRules:
    """What the groups of these items let pass on of their sources."""
    with context.library.store.read() as reading:
        return quotation_rules(context.library, reading, {item.group_id for item in items})


def _is_shown(listed: ListEntryWithItem) -> bool:
    return listed.entry.item_id is None or (listed.item is not None and listed.is_there)


def _entry_of_list(context: RequestContext, listed: ListEntryWithItem, rules: QuotationRules) -> EmbeddedEntry:
    words = truncate(listed.entry.text, _LONGEST_WORDS)
    if listed.item is not None:
        return replace(_entry_of_item(context, listed.item, listed.annotation, rules), words=words)
    return EmbeddedEntry(heading=words) if listed.entry.kind is ListEntryKind.HEADING else EmbeddedEntry(words=words)


def _entry_of_item(
    context: RequestContext, item: Item, annotation: Annotation | None, rules: QuotationRules
) -> EmbeddedEntry:
    most = rules.of(item.group_id, item.source).longest
    passage = ""
    if annotation is not None:
        # The words of readers stay.
        quote = annotation.quote if most is None else short_quote(annotation.quote or "", most) if most else ""
        passage = quote or annotation.body or ""
    address = context.addresses.annotation(item, annotation.id if annotation else None)
    return EmbeddedEntry(
        link=Link(truncate(title_or_url(item), _LONGEST_TITLE), address),
        language=foreign_language(item, context.translator),
        facts=facts_line(
            truncate(item.source or "", _LONGEST_TITLE),
            truncate(item.byline or "", _LONGEST_TITLE),
            date_label(item, context.translator),
        ),
        quote=truncate(" ".join(passage.split()), _LONGEST_QUOTE),
    )


def _answer(
    context: RequestContext,
    group: Group,
    summary: str,
    address: str,
    *,
    entries: tuple[EmbeddedEntry, ...] = (),
    tags: tuple[EmbeddedTag, ...] = (),
) -> Response:
    """The page, the same for every reader, or 304 if the client has it."""
    identity = site_identity(context.library)
    page = EmbeddedPage(
        language=context.translator.language,
        theme=theme_address(identity),
        title=group.name,
        summary=summary,
        entries=entries,
        tags=tags,
        whole=Link(context.translator.gettext("Everything on %(site)s", site=identity.name), address),
    )
    body = render_fragment(page.language, "embeds/embedded_page.html", page).encode()
    headers = {
        "Content-Security-Policy": " ".join((_POLICY, *origins_of_group(context.library, group.id))),
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Cache-Control": "public, no-cache",
        "Vary": "Accept-Encoding",
        "X-Robots-Tag": "noindex",
        "ETag": weak_etag(body),
    }
    if context.conditions.holds(headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="text/html")
