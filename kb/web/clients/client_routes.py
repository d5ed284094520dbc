"""Routes for programs of other services: a token is needed, cookies are ignored, nothing is cached.

Each route stands twice: below the name of the service, and below a group of it, because many programs have a setting
for the address of the service and none for a group.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from kb.access.actor import Action
from kb.errors import Invalid, LoginNeeded
from kb.model.dates import instant_of
from kb.services.authentication.authentication import count_form_post
from kb.services.core.idempotency import in_one_transaction
from kb.services.groups.group_views import readable_group
from kb.services.items.item_creation import default_library_slug
from kb.web.api.request_objects import LARGEST_OBJECT
from kb.web.http.context import Handler, RequestContext
from kb.web.http.endpoint import page_endpoint, refuse_method, write_endpoint

_LOGIN = "A program logs in with a token here: make one on the page “Tokens” of your account."


def client_routes(
    service: str,
    path: str,
    read: Handler | None = None,
    writes: Mapping[str, Handler] | None = None,
    *,
    read_writes: bool = False,
) -> tuple[Route, ...]:
    """The routes of an address of a service, `path` below `/service`, for all groups and below one.

    `writes` has, by method, handlers that run in one transaction, as for `write_endpoint`. `read_writes`: the handler
    of GET changes something too.
    """
    shown = _writing(read) if read and read_writes else read or refuse_method
    served = write_endpoint(
        _for_token(shown),
        {method: _uncached(handler) for method, handler in (writes or {}).items()},
        largest_body=LARGEST_OBJECT,
        takes_any_type=True,
        blocking=read_writes,
    )
    methods = ("GET", *(writes or {})) if read else tuple(writes or {})
    return tuple(Route(f"{start}{path}", served, methods=methods) for start in (service, f"{service}/{{group}}"))


def open_route(path: str, read: Handler) -> Route:
    """The route of an address that answers without a token too: what everybody may read."""
    return Route(path, page_endpoint(_uncached(read)))


def selected_group(context: RequestContext) -> str | None:
    """The slug of the group that the address names; None without one. Raises NotFound."""
    slug = context.path_params.get("group") or context.param("group")
    return readable_group(context.library, context.actor, slug).slug if slug else None


def selected_library(context: RequestContext) -> str:
    """The slug of the group in which a program saves: the one that the address names, that of the token, or the user's
    own library.

    Raises NotFound.
    """
    return selected_group(context) or default_library_slug(context.library, context.actor, Action.READ)


def instant_parameter(context: RequestContext, name: str) -> datetime | None:
    """The instant in a parameter of the address; None without one. Raises Invalid."""
    text = context.param(name)
    try:
        return instant_of(text) if text else None
    except ValueError:
        raise Invalid("“%(name)s” should be a time such as 2025-01-01T00:00:00Z.", name=name) from None


def _for_token(handler: Handler) -> Handler:
    def handle(context: RequestContext) -> Response:
        if context.credentials.token is None:
            raise LoginNeeded(_LOGIN)
        return _with_no_store(handler(context))

    return handle


def _uncached(handler: Handler) -> Handler:
    return lambda context: _with_no_store(handler(context))


def _writing(handler: Handler) -> Handler:
    """A handler of GET that writes, in one transaction: its rights are asked anew, and it counts as a write."""

    def handle(context: RequestContext) -> Response:
        if context.method != "GET":
            raise HTTPException(405)
        count_form_post(context.library, context.actor, context.client)
        with in_one_transaction(context.library) as within:
            return handler(replace(context, library=within, actor=replace(context.actor, memo=None)))

    return handle


def _with_no_store(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
