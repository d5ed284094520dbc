"""`GET /api/v1/search`."""

from starlette.responses import JSONResponse, Response

from kb.model.search_request import PARAMETERS
from kb.services.search.search import run_search
from kb.web.api.answer_objects import search_answer
from kb.web.api.json_types.answers import FoundItems, FoundPassages
from kb.web.api.operations import operation
from kb.web.api.parameters import requested_search
from kb.web.api.responses import CACHE_CONTROL
from kb.web.http.context import RequestContext

BEHIND = "X-Search-Behind"
"""The header of an answer that may lack the caller's last change."""


@operation("GET /search", "search", FoundItems | FoundPassages, parameters=(*PARAMETERS,), etag=False)
def get_search(context: RequestContext) -> Response:
    """Search results as JSON. They include the time taken: no two answers are the same."""
    results = run_search(context.library, context.actor, requested_search(context.params))
    headers = {"Cache-Control": CACHE_CONTROL} | ({BEHIND: "true"} if results.is_behind else {})
    return JSONResponse(search_answer(results), headers=headers)
