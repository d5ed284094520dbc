"""`/api/v1/me`."""

from starlette.responses import Response

from kb.services.accounts.own_account import own_account_details
from kb.web.api.answer_objects import me_answer
from kb.web.api.json_types.answers import Me
from kb.web.api.operations import operation
from kb.web.api.responses import json_response
from kb.web.http.context import RequestContext


@operation("GET /me", "getMe", Me, tag="account")
def get_me(context: RequestContext) -> Response:
    """The user, their groups, and what their token allows. Raises LoginNeeded."""
    return json_response(context, me_answer(own_account_details(context.library, context.actor), context.actor))
