"""The kinds of routes that lead to pages and forms."""

from typing import Unpack

from starlette.routing import Route

from kb.web.http.context import Handler
from kb.web.http.endpoint import FormOptions, form_endpoint, page_endpoint
from kb.web.http.former_addresses import with_former_addresses


def page_route(path: str, handler: Handler, *, blocking: bool = False) -> Route:
    """A page, or another answer to GET."""
    return Route(path, page_endpoint(with_former_addresses(handler), blocking=blocking))


def form_route(path: str, page: Handler, post: Handler, **options: Unpack[FormOptions]) -> Route:
    """A page with a form that it sends to its own address."""
    return Route(path, form_endpoint(with_former_addresses(page), post, **options), methods=("GET", "POST"))


def action_route(path: str, post: Handler, **options: Unpack[FormOptions]) -> Route:
    """The address of a form that stands in other pages."""
    return Route(path, form_endpoint(None, post, **options), methods=("POST",))
