"""The application object."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware

from kb.errors import FlorilegeError
from kb.services.core.library import Library
from kb.web.http.error_logging import Unanswered
from kb.web.http.limits.callers import KnownCallers
from kb.web.http.limits.request_bodies import LargeBodies
from kb.web.http.limits.request_pace import Pace, RequestPace
from kb.web.http.limits.request_rates import Rates
from kb.web.http.proxy_headers import Proxies
from kb.web.http.strong_etags import StrongTags
from kb.web.middleware import Guard
from kb.web.routes import ROUTES
from kb.web.ui.error_pages import failed, refused, told


def create_app(library: Library) -> Starlette:
    """The site over a library, which stays open after it: who opened it closes it."""
    known_callers = KnownCallers()
    app = Starlette(
        routes=list(ROUTES),
        middleware=[
            Middleware(Proxies, proxies=library.settings.proxy, login_header=library.settings.proxy_login),
            Middleware(RequestPace, settings=library.settings, pace=Pace(), known_callers=known_callers),
            Middleware(StrongTags),
            Middleware(GZipMiddleware, minimum_size=500, compresslevel=4),
            Middleware(Guard, base_url=library.settings.base_url, routes=ROUTES),
        ],
        exception_handlers={FlorilegeError: told, HTTPException: refused, Exception: failed},
    )
    # A redirection to the address without a final slash would be built from the Host that the client claims.
    app.router.redirect_slashes = False
    app.state.library = library
    app.state.rates = Rates(library.settings.rate_read)
    app.state.large_bodies = LargeBodies()
    app.state.known_callers = known_callers
    app.state.unanswered = Unanswered()
    return app
