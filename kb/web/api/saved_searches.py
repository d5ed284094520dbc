"""`/api/v1/saved-searches`."""

from starlette.responses import Response

from kb.library import saved
from kb.web.api.answers import answered
from kb.web.api.reading import group_of, request_of
from kb.web.api.shapes import saved_search_answer, saved_searches_answer
from kb.web.context import Context


def saved_searches(context: Context) -> Response:
    """The searches that one group keeps, or all groups."""
    slug = group_of(request_of(context.params, ("group",)))
    found = saved.saved_searches(context.library, context.actor, slug)
    return answered(context, saved_searches_answer(found, context.library.settings.base_url))


def saved_search(context: Context) -> Response:
    """One saved search."""
    request_of(context.params)
    found = saved.saved_search(context.library, context.actor, context.path_params["id"])
    return answered(context, saved_search_answer(found, context.library.settings.base_url))
