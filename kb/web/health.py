"""For those who watch over the service: is it alive, can it answer."""

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from kb.errors import Unavailable
from kb.indexer import state
from kb.library.opening import RESTORED
from kb.web.context import Context

_NEVER_KEPT = {"Cache-Control": "no-store"}


async def healthz(_request: Request) -> Response:
    """The process answers; it asks nobody else."""
    return PlainTextResponse("ok\n", headers=_NEVER_KEPT)


def readyz(context: Context) -> Response:
    """The store and the index answered, and whether one follows the other. Raises Unavailable, hence 503.

    An index that is behind can be searched; that of a base which a restore has replaced cannot. No number is told: they
    count what happens in groups that the asker may not know of.
    """
    now = state(context.library)
    if not now.is_ours:
        raise Unavailable(RESTORED)
    answer = {"status": "ready", "index": "current" if now.is_current else "behind"}
    return JSONResponse(answer, headers=_NEVER_KEPT)
