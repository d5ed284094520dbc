"""`/api/v1/tags`."""

from starlette.responses import Response

from kb.services.tags.tags import tag_counts as library_tags
from kb.web.api.answer_objects import tags_answer
from kb.web.api.json_types.answers import Tags
from kb.web.api.operations import operation
from kb.web.api.parameters import requested_group, requested_search
from kb.web.api.responses import json_response
from kb.web.http.context import RequestContext


@operation("GET /tags", "listTags", Tags, parameters=("one_group", "tag_q", "page", "per_page"))
def get_tags(context: RequestContext) -> Response:
    """Tags of one group or of all, filtered by the typed text."""
    request = requested_search(context.params)
    counts = library_tags(context.library, context.actor, requested_group(request), request.q)
    return json_response(context, tags_answer(request, counts))
