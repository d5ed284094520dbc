"""How the JSON interface answers."""

from starlette.responses import JSONResponse, Response

from kb.web.api.shapes import Shape
from kb.web.conditions import tag_of
from kb.web.context import Context

CACHING = "private, no-cache"


def answered(context: Context, shape: Shape) -> Response:
    """The shape as JSON, or 304 to who has it already."""
    response = JSONResponse(shape)
    headers = {"Cache-Control": CACHING, "ETag": tag_of(bytes(response.body))}
    if context.conditions.holds(headers["ETag"]):
        return Response(status_code=304, headers=headers)
    response.headers.update(headers)
    return response
