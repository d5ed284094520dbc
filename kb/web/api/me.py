"""`/api/v1/me`."""

from starlette.responses import Response

from kb.library.own_account import own_account
from kb.web.api.answers import answered
from kb.web.api.reading import request_of
from kb.web.api.shapes import me_answer
from kb.web.context import Context


def me(context: Context) -> Response:
    """Who asks, their groups, and what their token allows. Raises SignInNeeded."""
    request_of(context.params)
    return answered(context, me_answer(own_account(context.library, context.actor), context.actor))
