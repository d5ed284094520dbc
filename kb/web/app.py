"""The application object."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware

from kb.errors import FlorilegeError
from kb.services.core.library import Library
from kb.web.http.conditional_requests import StrongEtagMiddleware
from kb.web.http.files.streamed_files import file_slots
from kb.web.http.limits.callers import KnownCallers
from kb.web.http.limits.request_bodies import LargeBodies
from kb.web.http.limits.request_pace import Pace, RequestPaceMiddleware
from kb.web.http.limits.request_rates import RateLimiter
from kb.web.http.middleware.error_logging import ErrorLog
from kb.web.http.middleware.proxy_headers import ProxyHeadersMiddleware
from kb.web.http.middleware.request_metrics import RequestMetrics
from kb.web.http.middleware.request_record import RequestRecordMiddleware
from kb.web.pages.accounts.login import login_form
from kb.web.routes import ROUTES
from kb.web.security_middleware import SecurityMiddleware
from kb.web.ui.error_pages import handle_http_error, handle_known_error, handle_unexpected_error


def create_app(library: Library) -> Starlette:
    """The application for a library. The caller must close the library after the application ends."""
    known_callers, metrics = KnownCallers(), RequestMetrics(ROUTES)
    app = Starlette(
        routes=list(ROUTES),
        middleware=[
            Middleware(
                ProxyHeadersMiddleware, proxies=library.settings.proxy, login_header=library.settings.proxy_login
            ),
            Middleware(RequestPaceMiddleware, settings=library.settings, pace=Pace(), known_callers=known_callers),
            Middleware(RequestRecordMiddleware, metrics=metrics, slow_seconds=library.settings.slow_seconds),
            Middleware(StrongEtagMiddleware),
            Middleware(GZipMiddleware, minimum_size=500, compresslevel=2),
            Middleware(SecurityMiddleware, base_url=library.settings.base_url, routes=ROUTES),
        ],
        exception_handlers={
            FlorilegeError: handle_known_error,
            HTTPException: handle_http_error,
            Exception: handle_unexpected_error,
        },
    )
    # A redirect to the address without a final slash would be built from the Host header, which the client controls.
    app.router.redirect_slashes = False
    app.state.library = library
    app.state.rates = RateLimiter(library.settings.rate_read)
    app.state.large_bodies = LargeBodies()
    app.state.file_slots = file_slots()
    app.state.known_callers = known_callers
    app.state.metrics = metrics
    app.state.unanswered = ErrorLog()
    app.state.login_form = login_form
    return app
