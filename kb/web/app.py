"""The application object."""

import re
from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Route

from kb.errors import FlorilegeError
from kb.services.core.library import Library
from kb.web.http.conditional_requests import StrongEtagMiddleware
from kb.web.http.context import FeatureWeb
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


def create_app(library: Library, features: Sequence[FeatureWeb]) -> Starlette:
    """The application for a library, with the features that are on. The caller must close the library after the
    application ends.
    """
    # The routes of features come last: none can stand before one of the core.
    routes = [*ROUTES, *(route for feature in features for route in feature.routes)]
    for route in routes:
        _end_with_address(route)
    known_callers, metrics = KnownCallers(), RequestMetrics(routes)
    app = Starlette(
        routes=routes,
        middleware=[
            Middleware(
                ProxyHeadersMiddleware, proxies=library.settings.proxy, login_header=library.settings.proxy_login
            ),
            Middleware(RequestPaceMiddleware, settings=library.settings, pace=Pace(), known_callers=known_callers),
            Middleware(RequestRecordMiddleware, metrics=metrics, slow_seconds=library.settings.slow_seconds),
            Middleware(StrongEtagMiddleware),
            Middleware(GZipMiddleware, minimum_size=500, compresslevel=2),
            Middleware(SecurityMiddleware, base_url=library.settings.base_url, routes=routes),
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
    app.state.features = tuple(features)
    app.state.client_protocols = tuple(feature.client for feature in features if feature.client is not None)
    app.state.rates = RateLimiter(library.settings.rate_read)
    app.state.large_bodies = LargeBodies()
    app.state.file_slots = file_slots()
    app.state.known_callers = known_callers
    app.state.metrics = metrics
    app.state.unanswered = ErrorLog()
    app.state.login_form = login_form
    return app


def _end_with_address(route: Route) -> None:
    """Let the pattern of a route end where the address does. The `$` of Starlette also matches before a last line feed:
    `/admin%0a` would be `/admin`.
    """
    if route.path_regex.pattern.endswith("$"):
        route.path_regex = re.compile(route.path_regex.pattern.removesuffix("$") + r"\Z")
