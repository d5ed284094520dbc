"""Health checks for monitoring: whether the process runs, and whether it can answer."""

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from kb.errors import Unavailable
from kb.indexer import index_state
from kb.model.task_health import TaskState
from kb.services.background.background_tasks import read_background_state
from kb.services.core.library import INDEX_NOT_READY
from kb.web.http.context import RequestContext

LONGEST_LAG = 10.0
"""Seconds for which the index of one of several machines may lack a change: then other machines answer instead."""
LONGEST_STANDBY = 60.0
"""Seconds for which a machine may reach only a standby of the database: longer than another server needs to take over.
Then this machine may be cut from the others, and what it shows grows old, rights among it.
"""
_RETRY_AFTER = "5"
"""Seconds."""
_NEVER_KEPT = {"Cache-Control": "no-store"}


async def healthz(_request: Request) -> Response:
    """The process answers, without a query to the database or the index."""
    return PlainTextResponse("ok\n", headers=_NEVER_KEPT)


def readyz(context: RequestContext) -> Response:
    """The database and the index answer, and whether the index is up to date. Raises Unavailable, hence 503.

    After a start, a process is ready once the index has all that the database held; later, an outdated index can be
    searched. The index of a database that a restore has replaced cannot. No numbers are given: they would reveal
    activity in groups that the visitor may not know of. Failing background tasks do not make the site unready.

    Where several machines share the database, one whose index has lacked a change for LONGEST_LAG seconds is not ready,
    nor is one that has reached only a standby of the database for LONGEST_STANDBY seconds.
    """
    now = index_state(context.library)
    if not now.is_ours:
        raise Unavailable(INDEX_NOT_READY)
    lag = context.library.index_lag.seconds(now.base, now.newest, now.indexed)
    standby = context.library.standby_time.seconds(is_standby=now.may_lack_commits)
    is_following = (lag <= LONGEST_LAG and standby <= LONGEST_STANDBY) or not context.library.store.is_shared
    is_ready = context.library.first_catch_up.is_done(now.base, now.newest, now.indexed) and is_following
    background = read_background_state(context.library.settings.data)
    answer = {
        "status": "ready" if is_ready else "not ready",
        "index": "current" if now.is_current else "behind",
        **({"database": "standby"} if now.may_lack_commits else {}),
        "background": "stopped" if not background.is_running else "degraded" if background.failing else "running",
        "tasks": {task.name: _task(task) for task in background.tasks},
    }
    if is_ready:
        return JSONResponse(answer, headers=_NEVER_KEPT)
    return JSONResponse(answer, 503, headers={**_NEVER_KEPT, "Retry-After": _RETRY_AFTER})


def _task(task_state: TaskState) -> dict[str, str]:
    if task_state.is_off:
        return {"state": "off"}
    if not task_state.is_restarting:
        return {"state": "running"}
    return {"state": "restarting", "since": task_state.failing_since or "", "error": task_state.error or ""}
