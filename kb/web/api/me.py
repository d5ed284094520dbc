"""`/api/v1/me`."""

from starlette.responses import Response

from kb.services.accounts.own_account import own_account_details
from kb.web.api.parameters import parse_search_request
from kb.web.api.response_shapes import me_answer
from kb.web.api.responses import json_response
from kb.web.http.context import RequestContext


def get_me(context: RequestContext) -> Response:
    """The user, their groups, and what their token allows. Raises LoginNeeded."""
    parse_search_request(context.params)
    return json_response(context, me_answer(own_account_details(context.library, context.actor), context.actor))
