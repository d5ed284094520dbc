"""`/mcp`: the streamable HTTP transport of MCP, without sessions and without a stream of the server's own."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.responses import Response
from starlette.routing import Route

from kb.errors import Forbidden, translatable
from kb.web.api.request_objects import LARGEST_OBJECT
from kb.web.http.context import FeatureWeb, RequestContext
from kb.web.http.endpoint import call_endpoint, refuse_method

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def handle_mcp_post(context: RequestContext, headers: Mapping[str, str]) -> Response:
    """Answer one message. Raises Forbidden if the page of another site makes a browser send it."""
    _require_own_origin(context, headers.get("origin"))
    from kb.features.mcp.server import answer_message  # noqa: PLC0415 - imports slowly

    return answer_message(context, headers)


def _require_own_origin(context: RequestContext, origin: str | None) -> None:
    """Raise Forbidden unless the origin is ours, or a page on the user's own machine (DNS rebinding: MCP, transports).

    A page with another name that leads to this machine has another origin.
    """
    if origin is None:
        return
    base = urlsplit(context.library.settings.base_url)
    try:
        host = urlsplit(origin).hostname
    except ValueError:
        host = None
    if origin != f"{base.scheme}://{base.netloc}" and not (base.hostname in _LOOPBACK and host in _LOOPBACK):
        raise Forbidden("A page of another site may not send this.")


WEB = FeatureWeb(
    translatable("assistants"),
    routes=(
        Route("/mcp", call_endpoint(refuse_method, handle_mcp_post, largest_body=LARGEST_OBJECT), methods=("POST",)),
    ),
    program_paths=("/mcp",),
)
