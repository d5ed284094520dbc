"""`/api/v1/me`."""

from starlette.responses import Response

from kb.services.accounts.own_account import own_account
from kb.web.api.parameters import request_of
from kb.web.api.response_shapes import me_answer
from kb.web.api.responses import answered
from kb.web.http.context import Context


def me(context: Context) -> Response:
    """Who asks, their groups, and what their token allows. Raises SignInNeeded."""
    request_of(context.params)
    return answered(context, me_answer(own_account(context.library, context.actor), context.actor))
