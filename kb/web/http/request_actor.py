"""The actor of a request: identified from its credentials or its feed key, and counted against the rate limit."""

from dataclasses import replace

from starlette.requests import Request

from kb.access.actor import ANONYMOUS
from kb.errors import LoginNeeded, NotFound
from kb.services.authentication.authentication import actor_of_feed_key
from kb.web.http.authentication import actor_of
from kb.web.http.context import RequestContext, known_actor
from kb.web.http.limits.callers import known_callers
from kb.web.http.limits.request_rates import RateLimiter, caller_key
from kb.web.http.urls.feed_urls import KEY_PARAMETER, feed_address


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


def with_feed_key_owner(context: RequestContext) -> RequestContext:
    """The request as the user of the feed key in the address; the same request without a key.

    Raises NotFound, with the same message, for a key that is unknown, was revoked, or belongs to another feed.
    """
    keys = [value for name, value in context.params if name == KEY_PARAMETER]
    if not keys:
        return context
    address = feed_address(context.path, context.params)
    actor = actor_of_feed_key(context.library, keys[0], address) if len(keys) == 1 else None
    if actor is None:
        raise NotFound("There is nothing at this address.")
    return replace(context, actor=actor)


def rate_limiter_of(request: Request) -> RateLimiter:
    rates: RateLimiter = request.app.state.rates
    return rates
