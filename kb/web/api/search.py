"""`GET /api/v1/search`."""

from starlette.responses import JSONResponse, Response

from kb.library.search import find
from kb.web.api.shapes import search_answer
from kb.web.context import Context


def search(context: Context) -> Response:
    """What the address asks for, as JSON."""
    results = find(context.library, context.actor, context.search_request)
    return JSONResponse(search_answer(results), headers={"Cache-Control": "private, no-cache"})
