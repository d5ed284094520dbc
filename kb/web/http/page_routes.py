"""The kinds of routes that lead to pages and forms."""

from typing import Any

from starlette.routing import Route

from kb.web.http.context import Handler
from kb.web.http.endpoint import endpoint
from kb.web.http.former_addresses import with_former_addresses


def page_route(path: str, handler: Handler, *, blocking: bool = False) -> Route:
    """A page, or another answer to GET."""
    return Route(path, endpoint(with_former_addresses(handler), blocking=blocking))


def form_route(path: str, page: Handler, post: Handler, **more: Any) -> Route:
    """A page with a form that it sends to its own address; `more` as for `endpoint`."""
    return Route(path, endpoint(with_former_addresses(page), post=post, **more), methods=("GET", "POST"))


def action_route(path: str, post: Handler, **more: Any) -> Route:
    """The address of a form that stands in other pages; `more` as for `endpoint`."""
    return Route(path, endpoint(post, post=post, **more), methods=("POST",))
