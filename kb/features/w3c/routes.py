"""The addresses of the Web Annotation Protocol. Cookies are ignored there: a token gives rights."""

from collections.abc import Mapping
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kb.errors import translatable
from kb.features.w3c.annotations import delete_annotation, get_annotation, post_annotation, put_annotation
from kb.features.w3c.answers import OF_ANNOTATION, OF_CONTAINER, error_response, options_response
from kb.features.w3c.containers import get_container
from kb.web.api.request_objects import LARGEST_OBJECT
from kb.web.http.client_tokens import ClientProtocol, TokenScheme
from kb.web.http.context import FeatureWeb, Handler, HelpSection
from kb.web.http.endpoint import page_endpoint, write_endpoint
from kb.web.http.limits.request_bodies import with_body_limit


def _route(path: str, headers: Mapping[str, str], read: Handler, writes: Mapping[str, Handler]) -> Route:
    """The address of a resource with these header fields. Browsers ask for OPTIONS without a token."""
    whole = write_endpoint(read, writes, largest_body=LARGEST_OBJECT, takes_any_type=True)
    options = page_endpoint(lambda _context: options_response(headers))

    async def run(request: Request) -> Response:
        return await (options if request.method == "OPTIONS" else whole)(request)

    return Route(path, with_body_limit(run, LARGEST_OBJECT), methods=("GET", "OPTIONS", *writes))


WEB = FeatureWeb(
    translatable("programs that annotate (W3C)"),
    routes=(
        _route("/w3c/groups/{group}/", OF_CONTAINER, get_container, {"POST": post_annotation}),
        *(
            _route(path, OF_ANNOTATION, get_annotation, {"PUT": put_annotation, "DELETE": delete_annotation})
            for path in ("/w3c/groups/{group}/{id}", "/w3c/annotations/{id}")
        ),
    ),
    program_paths=("/w3c/",),
    client=ClientProtocol(("/w3c/",), TokenScheme.BEARER, error_response),
    help=HelpSection("surligner", Path(__file__).parent),
)
