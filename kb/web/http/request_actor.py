"""The actor of a request: identified from its credentials, and counted against the rate limit."""

from dataclasses import replace

from starlette.requests import Request

from kb.access.actor import ANONYMOUS
from kb.errors import LoginNeeded
from kb.web.http.authentication import actor_of
from kb.web.http.context import RequestContext, known_actor
from kb.web.http.limits.callers import known_callers
from kb.web.http.limits.request_rates import RateLimiter, caller_key


def with_current_actor(request: Request, context: RequestContext) -> RequestContext:
    """The request with its current user: a session, a token or a role may end while a body is received."""
    request.state.actor = actor_of(context.library, context.credentials)
    return replace(context, actor=request.state.actor)


def with_actor(request: Request, context: RequestContext) -> RequestContext:
    """The request with its user; later error pages know the user too."""
    credentials, by_token = context.credentials, context.credentials.token is not None
    try:
        request.state.actor = actor_of(context.library, credentials)
    except LoginNeeded:
        rate_limiter_of(request).count(caller_key(ANONYMOUS, context.client), context.path)
        raise
    if credentials.has_credentials:
        rate_limiter_of(request).count(caller_key(request.state.actor, context.client, by_token=by_token), context.path)
        known_callers(request).remember(credentials, request.state.actor)
    return replace(context, actor=known_actor(request))


def rate_limiter_of(request: Request) -> RateLimiter:
    rates: RateLimiter = request.app.state.rates
    return rates
