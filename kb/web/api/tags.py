"""`/api/v1/tags`."""

from starlette.responses import Response

from kb.services.tags.tags import tags as library_tags
from kb.web.api.parameters import group_of, request_of
from kb.web.api.response_shapes import tags_answer
from kb.web.api.responses import answered
from kb.web.http.context import Context


def tags(context: Context) -> Response:
    """Tags of one group or of all, narrowed by what is typed."""
    request = request_of(context.params, ("group", "q", "page", "per_page"))
    found = library_tags(context.library, context.actor, group_of(request), request.q)
    return answered(context, tags_answer(request, found))
