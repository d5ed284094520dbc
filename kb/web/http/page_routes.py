"""The kinds of routes that lead to pages and forms."""

from typing import Unpack

from starlette.routing import Route

from kb.web.http.context import Handler
from kb.web.http.endpoint import FormOptions, action_endpoint, form_endpoint, page_endpoint
from kb.web.http.former_addresses import with_former_addresses


def page_route(path: str, handler: Handler, *, blocking: bool = False) -> Route:
    """A page, or another answer to GET."""
    return Route(path, page_endpoint(with_former_addresses(handler), blocking=blocking))


def form_route(
    path: str, page: Handler, post: Handler, *, sent_page: Handler | None = None, **options: Unpack[FormOptions]
) -> Route:
    """A page with a form that it sends to its own address; `sent_page` as for `form_endpoint`."""
    served = form_endpoint(with_former_addresses(page), post, sent_page=sent_page, **options)
    return Route(path, served, methods=("GET", "POST"))


def action_route(path: str, post: Handler, **options: Unpack[FormOptions]) -> Route:
    """The address of a form that stands in other pages."""
    return Route(path, action_endpoint(post, **options), methods=("POST",))
