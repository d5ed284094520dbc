"""The application of a server worker: uvicorn calls `app_from_environment` in each process."""

import asyncio
import ctypes
import gc
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from threading import Event

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool

from kb.access.actor import ANONYMOUS
from kb.errors import FlorilegeError
from kb.model.search_request import SearchRequest
from kb.search.index_search import load_search
from kb.services.authentication.authentication import share_request_rates
from kb.services.authentication.passwords import hash_of_nobody
from kb.services.background.subprocess_failures import record_failures_in
from kb.services.core.library import Library
from kb.services.search.search import run_search
from kb.settings import Settings
from kb.site import create_app, import_application, open_library, settings_from_environment
from kb.web.http.limits.request_rates import SHARING_SECONDS, RateLimiter
from kb.web.ui.template_environment import read_templates

_GC_THRESHOLD = 50_000
"""New objects before the next garbage collection: those of some twenty pages at once."""
_FIRST_SECONDS = 5.0
"""Seconds after the start in which a page compiles the templates that it needs: to compile all takes more than a second
of processor time, for which the first readers would wait.
"""
_TRIMMING_SECONDS = 60.0
"""Seconds between two times at which freed memory goes back to the system, which takes up to a tenth of a second."""


_WORTH_TRIMMING = 1.0
"""Seconds of processor time that a worker has used since: an idle one has freed nothing."""


def app_from_environment(index_values: Path | None = None) -> Starlette:
    """The application for the environment's settings; its library is closed when the worker ends. `index_values` is the
    folder in which the workers of a server share values of the index. Raises Invalid and Unavailable.
    """
    library = open_library(settings_from_environment(), index_values)
    app = create_app(library)
    record_failures_in(library.settings.data)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        # Dictionaries and templates take seconds to load: nobody should wait for them.
        stopped = Event()
        warming = asyncio.create_task(run_in_threadpool(_warm_up, library, stopped))
        sharing = asyncio.create_task(_share_rates(app.state.rates, library))
        trimming = asyncio.create_task(_trim_memory())
        yield
        stopped.set()
        for task in (sharing, trimming):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await warming
        library.close()

    app.router.lifespan_context = lifespan
    return app


async def _share_rates(rates: RateLimiter, library: Library) -> None:
    """Share the counts of busy callers with the other workers until the worker ends. It sleeps while nobody is busy."""
    busy = asyncio.Event()
    rates.on_busy = partial(asyncio.get_running_loop().call_soon_threadsafe, busy.set)
    while True:
        await busy.wait()
        await asyncio.sleep(SHARING_SECONDS)
        busy.clear()
        await run_in_threadpool(rates.share, partial(share_request_rates, library))


async def _trim_memory() -> None:
    """Give memory that large searches have freed back to the system, where the C library is one that can."""
    trim, worked = getattr(ctypes.CDLL(None), "malloc_trim", None), 0.0
    while trim is not None:
        await asyncio.sleep(_TRIMMING_SECONDS)
        if time.process_time() > worked + _WORTH_TRIMMING:
            await run_in_threadpool(trim, 0)
            worked = time.process_time()


def load_shared_values(settings: Settings) -> None:
    """Load what does not depend on the library, so that workers which are forked later share it."""
    import_application(settings)
    load_search()
    hash_of_nobody()
    read_templates(lambda: False)


def _warm_up(library: Library, stopped: Event) -> None:
    """Load what a first search needs, and a little later all templates, unless the worker ends before. Errors are left
    to the request that meets them.
    """
    if library.embedder is not None:
        library.embedder.prepare()
    with suppress(FlorilegeError):
        run_search(library, ANONYMOUS, SearchRequest(q="lecture", per_page=1))
    load_search()
    hash_of_nobody()
    if not stopped.wait(_FIRST_SECONDS):
        read_templates(stopped.is_set)
        tune_garbage_collector()


def tune_garbage_collector() -> None:
    """Exclude permanent objects from garbage collection, and collect less often.

    A page creates thousands of objects, which are freed without cycles when it is finished. With its defaults, Python
    would look for cycles at each page, and through all permanent objects at every hundredth page, which would then be
    slow.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GC_THRESHOLD)
