"""Suggestions of the search box: a list for our pages, and OpenSearch Suggestions for browsers."""

from dataclasses import dataclass, replace

from starlette.responses import HTMLResponse, JSONResponse, Response

from kb.errors import translatable
from kb.model.search_request import SearchRequest
from kb.services.search.suggestions import Suggestion, SuggestionKind, search_suggestions
from kb.web.http.context import RequestContext
from kb.web.http.urls.listing_scope import PAGE_FORMAT, ListingScope
from kb.web.ui.rendering import render_fragment

SUGGESTIONS_TYPE = "application/x-suggestions+json"
_CACHE_CONTROL = 60
"""Seconds that a browser may cache an answer: deleting a letter sends no new request."""
_KIND_LABELS = {
    SuggestionKind.WORD: (translatable("Word"), translatable("Words")),
    SuggestionKind.TAG: (translatable("Tag"), translatable("Tags")),
    SuggestionKind.BYLINE: (translatable("Author"), translatable("Authors")),
    SuggestionKind.AUTHOR: (translatable("Shared by"), translatable("Shared by")),
    SuggestionKind.SOURCE: (translatable("Source"), translatable("Sources")),
    SuggestionKind.TITLE: (translatable("Title"), translatable("Titles")),
}
"""The names of one suggestion, and of a group of them."""


@dataclass(frozen=True, slots=True)
class SuggestionGroup:
    """Suggestions of one kind, each with its number in the whole list, its hint and its address."""

    title: str
    options: tuple[tuple[int, Suggestion, str, str], ...]


def get_suggestions(context: RequestContext) -> Response:
    """Suggestions for the typed text, in the groups that the address names. Raises Invalid, Unavailable.

    `format=html` gives them as the list of our search box, with links that keep all parameters of the address.
    """
    request = context.search_request
    # Not the request's query, which has lost the space that ends a word.
    typed = context.param("q")
    suggestions = search_suggestions(context.library, context.actor, typed, request)
    response: Response
    if ("format", PAGE_FORMAT) in context.params:
        page = _groups(suggestions, context, request)
        response = HTMLResponse(render_fragment(context.choice.language, "search/suggestions.html", page))
    else:
        response = JSONResponse(_opensearch(typed, suggestions, context, request), media_type=SUGGESTIONS_TYPE)
    response.headers["Cache-Control"] = f"private, max-age={_CACHE_CONTROL}"
    response.headers["Vary"] = "Accept-Encoding, Cookie"
    return response


def _groups(
    suggestions: tuple[Suggestion, ...], context: RequestContext, request: SearchRequest
) -> tuple[SuggestionGroup, ...]:
    """The suggestions by kind, in a fixed order while the user types."""
    return tuple(
        SuggestionGroup(context.translator.gettext(title), tuple(options))
        for kind, (_, title) in _KIND_LABELS.items()
        if (
            options := [
                (number, suggestion, _hint(suggestion, context), _href(suggestion, context, request))
                for number, suggestion in enumerate(suggestions)
                if suggestion.kind is kind
            ]
        )
    )


def _opensearch(
    typed: str, suggestions: tuple[Suggestion, ...], context: RequestContext, request: SearchRequest
) -> tuple[str, list[str], list[str], list[str]]:
    """The text, then queries that complete it, a description of each, and its address (OpenSearch Suggestions 1.0)."""
    base_url = context.library.settings.base_url
    labels = [
        (context.translator.gettext(_KIND_LABELS[suggestion.kind][0]), _hint(suggestion, context))
        for suggestion in suggestions
    ]
    return (
        typed,
        [suggestion.query for suggestion in suggestions],
        [", ".join(filter(None, pair)) for pair in labels],
        [base_url + _href(suggestion, context, request) for suggestion in suggestions],
    )


def _hint(suggestion: Suggestion, context: RequestContext) -> str:
    """The number of items with it; for a title nothing, because it belongs to one item."""
    if suggestion.kind is SuggestionKind.TITLE:
        return ""
    return context.translator.ngettext("%(count)s item", "%(count)s items", suggestion.count)


def _href(suggestion: Suggestion, context: RequestContext, request: SearchRequest) -> str:
    """A title links to its item, a word to the completed search, and any other suggestion to a filter."""
    if suggestion.item_id is not None:
        return context.addresses.item(suggestion.item_id)
    if suggestion.kind is SuggestionKind.WORD:
        found = replace(request, q=suggestion.query, page=1)
    else:
        found = replace(request, q=suggestion.before).with_value(suggestion.kind.value, suggestion.value)
    group = request.group[0] if len(request.group) == 1 else None
    return context.addresses.listing(ListingScope(group, found.tag[0] if group and found.tag else None), found)
