"""The search form, and the chips of the active filters."""

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from kb.model.search_request import DateKind, SearchRequest
from kb.services.search.results import SearchResults
from kb.translation import Translator
from kb.web.http.listing_scope import PAGE_FORMAT, SEARCH_SCOPE, ListingScope, Pairs
from kb.web.ui.display_text import ListingContext
from kb.web.ui.facets import label_maker

_VISIBLE = {"q", "match", "from", "to", "date", "page", "lang"}
"""Parameters with a field of their own in the form, and the page number, which a new search resets."""


@dataclass(frozen=True, slots=True)
class SearchForm:
    """`hidden` contains the parameters without a field in the form.

    `scope` is the name of the searched scope, empty for everything; then `everywhere` links to a search for the same
    words everywhere. `suggest` is the address of suggestions; the form's fields are appended to it.
    """

    action: str
    scope: str
    everywhere: str
    q: str
    all_words: bool
    date_from: str
    date_to: str
    dates: tuple[tuple[str, str, bool], ...]
    hidden: Pairs
    suggest: str


@dataclass(frozen=True, slots=True)
class FilterChip:
    """An active filter; `href` is the search without it. `fixed`: the path of the page sets it."""

    name: str
    label: str
    href: str
    without: SearchRequest
    fixed: bool = False


def search_form_of(
    request: SearchRequest,
    words: Translator,
    *,
    lang: str | None = None,
    place: ListingScope = SEARCH_SCOPE,
    scope: str = "",
) -> SearchForm:
    """The form for a new search in the same scope; `scope` is its name."""
    action, pairs = place.address_of(request)
    hidden = tuple(pair for pair in pairs if pair[0] not in _VISIBLE)
    kinds = (
        (DateKind.CITED, words.say("publication, else addition")),
        (DateKind.PUBLISHED, words.say("publication")),
        (DateKind.ADDED, words.say("addition")),
    )
    return SearchForm(
        action,
        scope,
        SEARCH_SCOPE.path,
        request.q,
        # No words yet: this applies once there are some.
        replace(request, q=request.q or "…").wants_all_words,
        request.date_from or "",
        request.date_to or "",
        tuple((kind.value, label, kind is request.date) for kind, label in kinds),
        (*hidden, ("lang", lang)) if lang else hidden,
        _suggest_address(place),
    )


def _suggest_address(place: ListingScope) -> str:
    """The part of the scope that the page's path sets is not in its form."""
    fixed = tuple((name, value) for name in ("group", "tag") if (value := getattr(place, name)))
    return "/suggest?" + urlencode((("format", PAGE_FORMAT), *fixed))


def filter_chips_of(results: SearchResults, asked: ListingContext) -> tuple[FilterChip, ...]:
    """One chip for each selected value, in the order of the facets, then the dates."""
    request, words = asked.request, asked.words
    names = {
        "group": words.say("Group"),
        "tag": words.say("Tag"),
        "not_tag": words.say("Without the tag"),
        "author": words.say("Author"),
        "source": words.say("Source"),
        "language": words.say("Language"),
        "kind": words.say("Annotation"),
        "site": words.say("Site"),
    }
    label = label_maker(words)
    chosen = [(name, value) for name in names for value in getattr(request, name)]
    labels = {
        (name, value.value): label(name, value)
        for name in {name for name, _ in chosen}
        for value in results.facets.get(name, ())
    }
    values = tuple(
        FilterChip(
            names[name],
            labels.get((name, value), value),
            asked.link(without),
            without,
            asked.place.fixes(name, value),
        )
        for name, value in chosen
        for without in (request.without_value(name, value),)
    )
    return values + _date_chips(asked)


def _date_chips(asked: ListingContext) -> tuple[FilterChip, ...]:
    request, words = asked.request, asked.words
    first, last = request.date_from, request.date_to
    if first and first == last:
        without = replace(request, date_from=None, date_to=None, page=1)
        return (FilterChip(words.say("Date"), words.period(first), asked.link(without), without),)
    ends = (("from", words.say("From"), first), ("to", words.say("Until"), last))
    return tuple(
        FilterChip(name, words.period(value), asked.link(without), without)
        for parameter, name, value in ends
        if value
        for without in (request.without_value(parameter, value),)
    )
