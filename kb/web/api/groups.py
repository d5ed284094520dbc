"""`/api/v1/groups`."""

from starlette.responses import Response

from kb.services.groups import group_views as library_groups
from kb.web.api.answer_objects import group_answer, groups_answer
from kb.web.api.json_types.answers import Group, Groups
from kb.web.api.operations import operation
from kb.web.api.responses import json_response
from kb.web.http.context import RequestContext


@operation("GET /groups", "listGroups", Groups)
def get_groups(context: RequestContext) -> Response:
    """All readable groups."""
    return json_response(context, groups_answer(library_groups.group_views(context.library, context.actor)))


@operation("GET /groups/{slug}", "getGroup", Group)
def get_group(context: RequestContext) -> Response:
    """One group."""
    view = library_groups.group_view(context.library, context.actor, context.path_params["slug"])
    return json_response(context, group_answer(view))
