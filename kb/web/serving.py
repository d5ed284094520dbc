"""The application of a server's worker: uvicorn calls `app_from_environment` in each process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette

from kb.library.opening import open_library
from kb.settings import settings_from_environment
from kb.web.app import create_app


def app_from_environment() -> Starlette:
    """The site that the environment names, its library closed when the worker ends. Raises Invalid and Unavailable."""
    library = open_library(settings_from_environment())
    app = create_app(library)

    @asynccontextmanager
    async def closing(_app: Starlette) -> AsyncIterator[None]:
        yield
        library.close()

    app.router.lifespan_context = closing
    return app
