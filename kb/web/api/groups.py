"""`/api/v1/groups`."""

from starlette.responses import Response

from kb.services.groups import group_views as library_groups
from kb.web.api.parameters import parse_search_request
from kb.web.api.response_shapes import group_answer, groups_answer
from kb.web.api.responses import json_response
from kb.web.http.context import RequestContext


def get_groups(context: RequestContext) -> Response:
    """All readable groups."""
    parse_search_request(context.params)
    return json_response(context, groups_answer(library_groups.group_views(context.library, context.actor)))


def get_group(context: RequestContext) -> Response:
    """One group."""
    parse_search_request(context.params)
    view = library_groups.group_view(context.library, context.actor, context.path_params["slug"])
    return json_response(context, group_answer(view))
