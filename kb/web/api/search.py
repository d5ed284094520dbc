"""`GET /api/v1/search`."""

from starlette.responses import JSONResponse, Response

from kb.library.search import find
from kb.model.search import PARAMETERS
from kb.web.api.answers import CACHING
from kb.web.api.reading import request_of
from kb.web.api.shapes import search_answer
from kb.web.context import Context


def search(context: Context) -> Response:
    """What the address asks for, as JSON. It tells how long it took: no two answers are alike."""
    results = find(context.library, context.actor, request_of(context.params, PARAMETERS), widened=True)
    return JSONResponse(search_answer(results), headers={"Cache-Control": CACHING})
