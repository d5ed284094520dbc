"""`/api/v1/tags`."""

from starlette.responses import Response

from kb.services.tags.tags import tag_counts as library_tags
from kb.web.api.parameters import parse_search_request, requested_group
from kb.web.api.response_shapes import tags_answer
from kb.web.api.responses import json_response
from kb.web.http.context import RequestContext


def get_tags(context: RequestContext) -> Response:
    """Tags of one group or of all, filtered by the typed text."""
    request = parse_search_request(context.params, ("group", "q", "page", "per_page"))
    found = library_tags(context.library, context.actor, requested_group(request), request.q)
    return json_response(context, tags_answer(request, found))
