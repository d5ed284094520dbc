"""The link to what was added since the user's last visit."""

from kb.model.search_request import AddedSince, SearchRequest
from kb.services.search.search import result_count
from kb.web.http.context import RequestContext
from kb.web.http.urls.listing_scope import ListingScope
from kb.web.ui.display_text import Link


def last_visit_link(context: RequestContext, slugs: tuple[str, ...]) -> Link | None:
    """The link, with the number of items of these groups; None if there are none, or before a second visit."""
    if context.actor.last_visit_at is None or not slugs:
        return None
    request = SearchRequest(group=slugs, since=AddedSince.VISIT)
    count = result_count(context.library, context.actor, request)
    label = context.translator.ngettext("Since my last visit (%(count)s)", "Since my last visit (%(count)s)", count)
    scope = ListingScope(slugs[0]) if len(slugs) == 1 else ListingScope()
    return Link(label, context.addresses.listing(scope, request)) if count else None
