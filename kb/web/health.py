"""For those who watch over the service: is it alive, can it answer."""

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from kb.indexer import state
from kb.web.context import Context

_NEVER_KEPT = {"Cache-Control": "no-store"}


async def healthz(_request: Request) -> Response:
    """The process answers; it asks nobody else."""
    return PlainTextResponse("ok\n", headers=_NEVER_KEPT)


def readyz(context: Context) -> Response:
    """The store and the index answered; how far one follows the other. Raises Unavailable, hence 503."""
    now = state(context.library)
    answer = {"status": "ready", "changes": {"newest": now.newest, "indexed": now.indexed}}
    return JSONResponse(answer, headers=_NEVER_KEPT)
