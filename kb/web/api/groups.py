"""`/api/v1/groups`."""

from starlette.responses import Response

from kb.services.groups import groups as library_groups
from kb.web.api.parameters import request_of
from kb.web.api.response_shapes import group_answer, groups_answer
from kb.web.api.responses import answered
from kb.web.http.context import Context


def groups(context: Context) -> Response:
    """All groups that may be read."""
    request_of(context.params)
    return answered(context, groups_answer(library_groups.groups(context.library, context.actor)))


def group(context: Context) -> Response:
    """One group."""
    request_of(context.params)
    view = library_groups.group(context.library, context.actor, context.path_params["slug"])
    return answered(context, group_answer(view))
