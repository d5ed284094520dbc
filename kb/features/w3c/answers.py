"""The header fields of all answers: what each resource is, what may be done with it, and for pages of other sites."""

import json
from collections.abc import Mapping

from starlette.responses import JSONResponse, Response

from kb.features.w3c.negotiation import MEDIA_TYPE
from kb.web.api.responses import CACHE_CONTROL
from kb.web.http.conditional_requests import weak_etag
from kb.web.http.context import RequestContext

_CONSTRAINED = '<http://www.w3.org/TR/annotation-protocol/>; rel="http://www.w3.org/ns/ldp#constrainedBy"'
_RESOURCE = '<http://www.w3.org/ns/ldp#Resource>; rel="type"'
OF_ANNOTATION: Mapping[str, str] = {
    "Allow": "GET, HEAD, OPTIONS, PUT, DELETE",
    "Link": f'{_RESOURCE}, <http://www.w3.org/ns/oa#Annotation>; rel="type"',
    "Vary": "Accept",
}
OF_CONTAINER: Mapping[str, str] = {
    "Allow": "GET, HEAD, OPTIONS, POST",
    "Accept-Post": MEDIA_TYPE,
    "Link": f'<http://www.w3.org/ns/ldp#BasicContainer>; rel="type", {_RESOURCE}, {_CONSTRAINED}',
    "Vary": "Accept, Prefer",
}
OF_PAGE: Mapping[str, str] = {"Allow": "GET, HEAD, OPTIONS", "Link": _CONSTRAINED, "Vary": "Accept, Prefer"}
CROSS_ORIGIN: Mapping[str, str] = {
    # Without cookies: only a token, which a page must know, gives rights here.
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": (
        "Accept-Post, Allow, Content-Location, Content-Type, ETag, Link, Location, Preference-Applied, Vary,"
        " WWW-Authenticate"
    ),
}
_PREFLIGHT: Mapping[str, str] = {
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS, POST, PUT, DELETE",
    "Access-Control-Allow-Headers": (
        "Accept, Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Link, Prefer, Slug"
    ),
    "Access-Control-Max-Age": "7200",
}


def shape_response(
    context: RequestContext, shape: Mapping[str, object], headers: Mapping[str, str], *, media_type: str, tag: str = ""
) -> Response:
    """A description with its header fields, or 304 if the client has it; `tag` is its ETag, else that of its text."""
    response = JSONResponse(shape, media_type=media_type)
    tag = tag or weak_etag(bytes(response.body))
    fields = {**headers, **CROSS_ORIGIN, "ETag": tag, "Cache-Control": CACHE_CONTROL}
    if context.method in {"GET", "HEAD"} and context.conditions.holds(tag):
        return Response(status_code=304, headers=fields)
    response.headers.update(fields)
    return response


def error_response(status: int, reason: str, _format: str) -> Response:
    """An error, as a problem document (RFC 9457). The protocol has the same header fields for it."""
    body = json.dumps({"type": "about:blank", "status": status, "detail": reason}, ensure_ascii=False).encode()
    fields = {"Link": _CONSTRAINED, "Vary": "Accept, Prefer", "ETag": weak_etag(body), **CROSS_ORIGIN}
    return Response(body, status, fields, "application/problem+json")


def options_response(headers: Mapping[str, str]) -> Response:
    """The answer to OPTIONS, which browsers ask before a page of another site may send a request."""
    fields = {**headers, **CROSS_ORIGIN, **_PREFLIGHT, "ETag": weak_etag(b""), "Content-Type": MEDIA_TYPE}
    return Response(status_code=200, headers={**fields, "Cache-Control": CACHE_CONTROL})
