"""The application of a server worker: uvicorn calls `app_from_environment` in each process."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool

from kb.access.actor import ANONYMOUS
from kb.errors import FlorilegeError
from kb.model.search_request import SearchRequest
from kb.services.authentication.passwords import hash_of_nobody
from kb.services.core.library import Library, open_library
from kb.services.search.search import run_search
from kb.settings import settings_from_environment
from kb.web.app import create_app
from kb.web.ui.template_environment import read_templates

_GC_THRESHOLD = 50_000
"""Objects more than at the last look, when the collector looks again: some twenty pages that are made at once."""


def app_from_environment() -> Starlette:
    """The site that the environment names, its library closed when the worker ends. Raises Invalid and Unavailable."""
    library = open_library(settings_from_environment())
    app = create_app(library)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        # Dictionaries and templates take seconds to read: not while the first reader waits, nor before we answer.
        warming = asyncio.create_task(run_in_threadpool(_warm_up, library))
        yield
        await warming
        library.close()

    app.router.lifespan_context = lifespan
    return app


def _warm_up(library: Library) -> None:
    """Have everything read that a first search would read. What is wrong is told to whoever asks, not here."""
    with suppress(FlorilegeError):
        run_search(library, ANONYMOUS, SearchRequest(q="lecture", per_page=1))
    read_templates()
    hash_of_nobody()
    tune_garbage_collector()


def tune_garbage_collector() -> None:
    """Spare the collector of cycles what is there for good, and the pages the collector.

    A page makes thousands of objects, which go when it is made, and no cycles: by its defaults Python would look for
    some at each page, and through all that was ever loaded at every hundredth, which then waits for it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GC_THRESHOLD)
