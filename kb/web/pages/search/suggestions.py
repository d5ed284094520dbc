"""What the search box proposes while one types: a list for our pages, and OpenSearch Suggestions for browsers."""

from dataclasses import dataclass, replace

from starlette.responses import HTMLResponse, JSONResponse, Response

from kb.model.search_request import SearchRequest
from kb.services.search.suggestions import Suggestion, SuggestionKind, suggest
from kb.web.http.context import Context
from kb.web.http.listing_scope import PAGE, Place
from kb.web.pages.listing.result_rows import LONGEST_TITLE
from kb.web.ui.fragments import beginning
from kb.web.ui.rendering import fragment

MEDIA_TYPE = "application/x-suggestions+json"
_KEPT = 60
"""Seconds that a browser may keep an answer: whoever takes a letter back asks nobody again."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """`fills` is what the box holds once it is chosen; empty for one that leads elsewhere at once."""

    id: str
    label: str
    hint: str
    href: str
    fills: str


@dataclass(frozen=True, slots=True)
class ProposalGroup:
    """Proposals of one kind."""

    title: str
    proposals: tuple[Proposal, ...]


def suggestions(context: Context) -> Response:
    """Ways to go on from what is typed, within the groups that the address names. Raises Invalid, Unavailable.

    `format=html` gives them as the list of our search box, with links that keep all that the address asks for.
    """
    request = context.search_request
    # Not the query of the request, which lost the space that ends a word.
    typed = context.param("q")
    found = suggest(context.library, context.actor, typed, request)
    response: Response
    if ("format", PAGE) in context.params:
        page = _groups(found, context, request)
        response = HTMLResponse(fragment(context.choice.language, "search/suggestions.html", page))
    else:
        response = JSONResponse(_opensearch(typed, found, context, request), media_type=MEDIA_TYPE)
    response.headers["Cache-Control"] = f"private, max-age={_KEPT}"
    response.headers["Vary"] = "Accept-Encoding, Cookie"
    return response


def _groups(found: tuple[Suggestion, ...], context: Context, request: SearchRequest) -> tuple[ProposalGroup, ...]:
    """The suggestions by kind, in an order that does not change while one types."""
    words = context.words
    titles = (
        (SuggestionKind.WORD, words.say("Words")),
        (SuggestionKind.TAG, words.say("Tags")),
        (SuggestionKind.AUTHOR, words.say("Authors")),
        (SuggestionKind.SOURCE, words.say("Sources")),
        (SuggestionKind.TITLE, words.say("Titles")),
    )
    return tuple(
        ProposalGroup(title, tuple(_proposal(number, one, context, request) for number, one in of_kind))
        for kind, title in titles
        if (of_kind := [(number, one) for number, one in enumerate(found) if one.kind is kind])
    )


def _proposal(number: int, one: Suggestion, context: Context, request: SearchRequest) -> Proposal:
    return Proposal(
        f"proposal-{number}",
        beginning(one.label, LONGEST_TITLE),
        _hint(one, context),
        _href(one, context, request),
        one.query if one.kind is SuggestionKind.WORD else "",
    )


def _opensearch(
    typed: str, found: tuple[Suggestion, ...], context: Context, request: SearchRequest
) -> tuple[str, list[str], list[str], list[str]]:
    """The text, then queries that complete it, what each is, and where it leads (OpenSearch Suggestions 1.0)."""
    words, base_url = context.words, context.library.settings.base_url
    kinds = {
        SuggestionKind.WORD: words.say("Word"),
        SuggestionKind.TAG: words.say("Tag"),
        SuggestionKind.AUTHOR: words.say("Author"),
        SuggestionKind.SOURCE: words.say("Source"),
        SuggestionKind.TITLE: words.say("Title"),
    }
    return (
        typed,
        [one.query for one in found],
        [" · ".join(part for part in (kinds[one.kind], _hint(one, context)) if part) for one in found],
        [base_url + _href(one, context, request) for one in found],
    )


def _hint(one: Suggestion, context: Context) -> str:
    """How many items hold it; a title is one item's, which goes without saying."""
    if one.kind is SuggestionKind.TITLE:
        return ""
    return context.words.plural("%(count)s item", "%(count)s items", one.count)


def _href(one: Suggestion, context: Context, request: SearchRequest) -> str:
    """A title leads to its item, a word to the search that it completes, anything else narrows as a filter."""
    if one.item_id is not None:
        return context.addresses.item(one.item_id)
    if one.kind is SuggestionKind.WORD:
        chosen = replace(request, q=one.query, page=1)
    else:
        chosen = replace(request, q=one.kept).with_value(one.kind.value, one.value)
    group = request.group[0] if len(request.group) == 1 else None
    return context.addresses.listing(Place(group, chosen.tag[0] if group and chosen.tag else None), chosen)
