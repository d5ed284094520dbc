"""Build the responses of the JSON API."""

from collections.abc import Mapping
from dataclasses import replace

from starlette.responses import JSONResponse, Response

from kb.model.items.annotation import Annotation
from kb.services.annotations.annotations import AnnotationOrReplyView
from kb.services.items.items import ItemView
from kb.web.api.answer_objects import item_answer, part_answer
from kb.web.http.conditional_requests import short_hash, strong_etag, weak_etag
from kb.web.http.context import RequestContext

CACHE_CONTROL = "private, no-cache"


def json_response(context: RequestContext, shape: Mapping[str, object]) -> Response:
    """The shape as JSON, or 304 if the client already has it."""
    response = JSONResponse(shape)
    return _conditional_response(context, response, weak_etag(bytes(response.body)))


def versioned_response(context: RequestContext, thing: ItemView | AnnotationOrReplyView) -> Response:
    """The changeable resource at its address, or 304 if the client already has it."""
    response = _response_with_etag(context, thing)
    return _conditional_response(context, response, response.headers["etag"])


def written_response(
    context: RequestContext, thing: ItemView | AnnotationOrReplyView, *, new: bool = False
) -> Response:
    """The written resource as its address gives it now; `new`: 201, with that address."""
    response = _response_with_etag(context, thing)
    response.headers["Cache-Control"] = "no-store"
    if new:
        path = f"items/{thing.item.id}" if isinstance(thing, ItemView) else f"annotations/{thing.part.id}"
        response.status_code = 201
        response.headers["Location"] = f"/api/v1/{path}"
    return response


def no_content_response() -> Response:
    """The empty answer to a removal (204)."""
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


def require_unchanged(context: RequestContext, thing: ItemView | AnnotationOrReplyView) -> None:
    """Raise PreconditionFailed unless the resource is the one that the client has read, as far as the request says so
    (If-Match, If-None-Match).
    """
    context.conditions.require(_response_with_etag(context, thing).headers["etag"])


def _response_with_etag(context: RequestContext, thing: ItemView | AnnotationOrReplyView) -> Response:
    """The resource with its ETag, which a later change can refer to.

    The state of an item is its version: its views and the name of its group do not change it. The state of an
    annotation is its own text: others may reply meanwhile.
    """
    match thing:
        case ItemView():
            facts = context.annotation_facts(thing.item)
            response = JSONResponse(item_answer(thing, base_url=context.library.settings.base_url, facts=facts))
            state = str(thing.item.version)
        case AnnotationOrReplyView():
            facts = context.annotation_facts(thing.item) if isinstance(thing.part, Annotation) else {}
            response = JSONResponse(part_answer(thing, facts))
            text = replace(thing.part, replies=()) if isinstance(thing.part, Annotation) else thing.part
            state = f"a{short_hash(repr(text).encode())[:16]}"
    response.headers["ETag"] = strong_etag(state, bytes(response.body))
    return response


def _conditional_response(context: RequestContext, response: Response, tag: str) -> Response:
    headers = {"Cache-Control": CACHE_CONTROL, "ETag": tag}
    if context.conditions.holds(tag):
        return Response(status_code=304, headers=headers)
    response.headers.update(headers)
    return response
