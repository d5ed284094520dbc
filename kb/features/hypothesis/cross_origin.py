"""Header fields of answers to pages of other sites, in which the client of Hypothesis runs. Cookies give no right at
these addresses: only a token does, which such a page must know.
"""

from collections.abc import Mapping

from starlette.responses import JSONResponse, Response

from kb.web.http.context import Handler, RequestContext

_CROSS_ORIGIN: Mapping[str, str] = {"Access-Control-Allow-Origin": "*"}
_PREFLIGHT: Mapping[str, str] = {
    **_CROSS_ORIGIN,
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Hypothesis-Client-Version, X-Client-Id",
    "Access-Control-Max-Age": "7200",
}


def with_cross_origin(response: Response) -> Response:
    """The answer, which pages of other sites may read."""
    response.headers.update(_CROSS_ORIGIN)
    return response


def cross_origin(handler: Handler) -> Handler:
    """A handler whose answers are not cached, and which pages of other sites may read."""

    def handle(context: RequestContext) -> Response:
        response = with_cross_origin(handler(context))
        response.headers["Cache-Control"] = "no-store"
        return response

    return handle


def preflight(_context: RequestContext) -> Response:
    """The answer to OPTIONS, which a browser asks before such a page sends a request."""
    return Response(status_code=204, headers=_PREFLIGHT)


def error_response(status: int, reason: str, _format: str) -> Response:
    """An error as Hypothesis writes one."""
    return with_cross_origin(JSONResponse({"status": "failure", "reason": reason}, status))
