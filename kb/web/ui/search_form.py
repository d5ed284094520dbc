"""The search form, and the chips of the active filters."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from kb.model.search_request import AddedSince, DateKind, Fusion, SearchRequest, View, VocabularyMode
from kb.model.written_dates import day_first
from kb.search.facet_registry import FACETS
from kb.services.search.result_types import SearchResults
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.http.urls.listing_scope import PAGE_FORMAT, SEARCH_SCOPE, ListingScope, Pairs
from kb.web.http.urls.page_urls import Addresses
from kb.web.ui.display_text import ListingContext
from kb.web.ui.facets import facet_label, value_label

_VISIBLE = {"q", "match", "from", "to", "date", "page", "lang"}
"""Parameters with a field of their own in the form, and the page number, which a new search resets."""


@dataclass(frozen=True, slots=True)
class SearchForm:
    """`hidden` contains the parameters without a field in the form.

    `date_errors` has the sentence about each of the dates (`from`, `to`) that cannot be used, and was left out.
    `scope` is the name of the searched scope, empty for everything; then `everywhere` links to a search for the same
    words everywhere. `suggest` is the address of suggestions; the form's fields are appended to it. `help` is
    the address of the help on search.
    """

    action: str
    scope: str
    everywhere: str
    q: str
    all_words: bool
    date_from: str
    date_to: str
    date_errors: Mapping[str, str]
    dates: tuple[tuple[str, str, bool], ...]
    hidden: Pairs
    suggest: str
    help: str


@dataclass(frozen=True, slots=True)
class FilterChip:
    """An active filter; `href` is the search without it. `fixed`: the path of the page sets it."""

    name: str
    label: str
    href: str
    without: SearchRequest
    fixed: bool = False


def search_form_of(
    context: RequestContext,
    request: SearchRequest = SearchRequest(),  # noqa: B008 - frozen
    scope: ListingScope = SEARCH_SCOPE,
    scope_name: str = "",
) -> SearchForm:
    """The form for a new search in the same scope."""
    translator, lang = context.translator, context.choice.url_language
    action, pairs = scope.address_of(request)
    hidden = tuple(pair for pair in pairs if pair[0] not in _VISIBLE)
    kinds = (
        (DateKind.CITED, translator.gettext("date published, otherwise date added")),
        (DateKind.PUBLISHED, translator.gettext("publication")),
        (DateKind.ADDED, translator.gettext("date added")),
    )
    # The part of the scope that the page's path sets is not in its form.
    fixed = tuple((name, value) for name in ("group", "tag") if (value := getattr(scope, name)))
    typed = {name: value for name, value, _ in context.unread_dates}
    return SearchForm(
        action,
        scope_name,
        SEARCH_SCOPE.path,
        request.q,
        # No words yet: this applies once there are some.
        replace(request, q=request.q or "…").wants_all_words,
        typed.get("from", day_first(request.date_from or "")),
        typed.get("to", day_first(request.date_to or "")),
        {name: translator.gettext(sentence) for name, _, sentence in context.unread_dates},
        tuple((kind.value, label, kind is request.date) for kind, label in kinds),
        (*hidden, ("lang", lang)) if lang else hidden,
        "/suggest?" + urlencode((("format", PAGE_FORMAT), *fixed)),
        context.addresses.help("recherche"),
    )


def filter_chips_of(results: SearchResults, listing: ListingContext) -> tuple[FilterChip, ...]:
    """One chip for each selected value, in the order of the facets, then the dates."""
    request, translator = listing.request, listing.translator
    chips = list[FilterChip]()
    for facet in FACETS:
        selected: tuple[str, ...] = getattr(request, facet.name)
        values = results.facets.get(facet.name, ()) if selected else ()
        labels = {value.value: value_label(facet.name, value, translator) for value in values}
        for value in selected:
            without = request.without_value(facet.name, value)
            fixed = listing.scope.fixes(facet.name, value)
            label = labels.get(value, value)
            chips.append(FilterChip(facet_label(facet, listing), label, listing.link(without), without, fixed))
    return (*chips, *_date_chips(listing), *_since_chips(listing), *_verbatim_chips(listing))


def filter_summary(place: ListingScope, results: SearchResults, translator: Translator) -> str:
    """The query and the filters, except those that the path fixes."""
    _ = translator.gettext
    request, colon = results.request, _(":")
    selected = replace(
        request,
        group=() if place.group else request.group,
        tag=tuple(tag for tag in request.tag if tag != place.tag),
        vocabulary=VocabularyMode.ON,
        fusion=Fusion.ON,
    )
    chips = filter_chips_of(results, ListingContext(selected, translator, Addresses(), place))
    parts = (
        _("“%(query)s”", query=request.q) if request.q else "",
        *(f"{chip.name}{colon} {chip.label}" for chip in chips),
        _("Passages") if request.view is View.PASSAGES else "",
    )
    return ", ".join(part for part in parts if part)


def _since_chips(listing: ListingContext) -> tuple[FilterChip, ...]:
    request, translator = listing.request, listing.translator
    if request.since is None:
        return ()
    saved = listing.scope.saved
    without = saved.request if saved else replace(request, since=None, page=1)
    label = since_label(request.since, translator)
    return (FilterChip(translator.gettext("Added"), label, listing.link(without), without),)


def _verbatim_chips(listing: ListingContext) -> tuple[FilterChip, ...]:
    """For a search to the letter, to which the filters of a saved search lead."""
    if listing.scope.saved or not (listing.request.is_verbatim and listing.request.q):
        return ()
    translator, without = listing.translator, listing.request.with_vocabulary(VocabularyMode.ON)
    return (
        FilterChip(translator.gettext("Words"), translator.gettext("to the letter"), listing.link(without), without),
    )


def since_label(since: AddedSince, translator: Translator) -> str:
    """The name of the last days, or of the time since the last visit."""
    if since is AddedSince.VISIT:
        return translator.gettext("since my last visit")
    return translator.ngettext("last %(count)s day", "last %(count)s days", since.days)


def _date_chips(listing: ListingContext) -> tuple[FilterChip, ...]:
    request, translator = listing.request, listing.translator
    _ = translator.gettext
    first, last = request.date_from, request.date_to
    if first and first == last:
        without = replace(request, date_from=None, date_to=None, page=1)
        return (FilterChip(_("Date"), translator.period(first), listing.link(without), without),)
    ends = (("from", _("From"), first), ("to", _("Until"), last))
    return tuple(
        FilterChip(name, translator.period(value), listing.link(without), without)
        for parameter, name, value in ends
        if value
        for without in (request.without_value(parameter, value),)
    )
