"""The addresses of the API: below the name of the service, and where Hypothesis itself has them, since programs that
know only a host ask there.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kb.errors import translatable
from kb.features.hypothesis import (
    annotations,
    client_documents,
    client_files,
    client_pages,
    groups,
    sent_annotations,
    tokens,
)
from kb.features.hypothesis.cross_origin import cross_origin, error_response, preflight
from kb.web.api.request_objects import LARGEST_OBJECT
from kb.web.http.client_tokens import ClientProtocol, TokenScheme
from kb.web.http.context import FeatureLink, FeatureWeb, Handler, HelpSection, LinkLocation
from kb.web.http.endpoint import (
    Endpoint,
    call_endpoint,
    form_route,
    page_endpoint,
    page_route,
    refuse_method,
    write_endpoint,
)
from kb.web.http.files.static_files import static_route
from kb.web.http.limits.request_bodies import with_body_limit

_HANDLERS: Mapping[str, Mapping[str, Handler]] = {
    "/": {"GET": groups.get_index},
    "/links": {"GET": groups.get_links},
    "/search": {"GET": annotations.search_annotations},
    "/annotations": {"POST": sent_annotations.post_annotation},
    "/annotations/{id}": {
        "GET": annotations.get_annotation,
        "PATCH": sent_annotations.patch_annotation,
        "DELETE": sent_annotations.delete_annotation,
    },
    "/annotations/{id}/flag": {"PUT": sent_annotations.report_annotation},
    "/annotations/{id}/hide": {
        "PUT": sent_annotations.hide_annotation,
        "DELETE": sent_annotations.unhide_annotation,
    },
    "/groups": {"GET": groups.list_groups},
    "/groups/{id}": {"GET": groups.get_group},
    "/profile": {"GET": groups.get_profile, "PATCH": groups.patch_profile},
    "/profile/groups": {"GET": groups.list_own_groups},
}
_CALLS = {"/token": tokens.exchange_token, "/token/revoke": tokens.revoke_token}
_STARTS = ("/hypothesis/api", "/api")


def _api_routes(start: str) -> Iterator[Route]:
    for path, handlers in _HANDLERS.items():
        writes = {method: cross_origin(handler) for method, handler in handlers.items() if method != "GET"}
        read = cross_origin(handlers["GET"]) if "GET" in handlers else refuse_method
        endpoint = write_endpoint(read, writes, largest_body=LARGEST_OBJECT, takes_any_type=True)
        yield Route(f"{start}{path}", _with_preflight(endpoint, LARGEST_OBJECT), methods=(*handlers, "OPTIONS"))
    for path, call in _CALLS.items():
        yield Route(f"{start}{path}", _with_preflight(call_endpoint(refuse_method, call)), methods=("POST", "OPTIONS"))


def _with_preflight(endpoint: Endpoint, largest: int = 0) -> Endpoint:
    options = page_endpoint(preflight)

    async def run(request: Request) -> Response:
        return await (options if request.method == "OPTIONS" else endpoint)(request)

    return with_body_limit(run, largest) if largest else run


WEB = FeatureWeb(
    translatable("programs made for Hypothesis"),
    routes=(
        *(route for start in _STARTS for route in _api_routes(start)),
        page_route("/hypothesis", client_pages.bookmark_page),
        form_route(
            "/hypothesis/authorize",
            client_pages.authorization_page,
            client_pages.handle_authorization_post,
            keeps_text=False,
        ),
        page_route("/hypothesis/client/app.html", client_documents.sidebar_document),
        page_route("/hypothesis/client/{path:path}", client_files.client_file),
        page_route("/items/{id}/annotated", client_documents.annotated_page),
        page_route("/items/{id}/annotated/copy", client_documents.annotated_copy),
        static_route("hypothesis"),
    ),
    links=(
        FeatureLink(
            LinkLocation.ITEM_COPY,
            client_documents.ANNOTATED,
            translatable("Annotate the saved copy with Hypothesis"),
            is_on=client_files.offers_client,
        ),
    ),
    help=HelpSection("surligner", Path(__file__).parent),
    program_paths=("/hypothesis/",),
    client=ClientProtocol(
        (
            "/hypothesis/api/",
            *(f"/api{path}" for path in ("/links", "/search", "/annotations", "/groups", "/profile", "/token")),
        ),
        TokenScheme.BEARER,
        error_response,
    ),
)
