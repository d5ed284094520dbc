"""`GET /api/v1/search`."""

from starlette.responses import JSONResponse, Response

from kb.model.search_request import PARAMETERS
from kb.services.search.search import find
from kb.web.api.parameters import request_of
from kb.web.api.response_shapes import search_answer
from kb.web.api.responses import CACHING
from kb.web.http.context import Context


def search(context: Context) -> Response:
    """What the address asks for, as JSON. It tells how long it took: no two answers are alike."""
    results = find(context.library, context.actor, request_of(context.params, PARAMETERS))
    return JSONResponse(search_answer(results), headers={"Cache-Control": CACHING})
