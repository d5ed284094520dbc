"""How the JSON interface answers."""

from dataclasses import replace

from starlette.responses import JSONResponse, Response

from kb.model.items.annotation import Annotation, Reply
from kb.services.annotations.annotation_lookup import PartView
from kb.services.items.items import ItemView
from kb.web.api.response_shapes import Shape, part_answer, whole_item
from kb.web.http.conditional_requests import hash_of, state_tag, tag_of
from kb.web.http.context import Context

CACHING = "private, no-cache"


def answered(context: Context, shape: Shape) -> Response:
    """The shape as JSON, or 304 to who has it already."""
    response = JSONResponse(shape)
    return _looked_at(context, response, tag_of(bytes(response.body)))


def answered_thing(context: Context, thing: ItemView | PartView) -> Response:
    """What can be changed, as its address gives it, or 304 to who has it already."""
    response = _of(context, thing)
    return _looked_at(context, response, response.headers["etag"])


def written(context: Context, thing: ItemView | PartView, *, new: bool = False) -> Response:
    """What was written, as its address gives it now; `new`: 201, with that address."""
    response = _of(context, thing)
    response.headers["Cache-Control"] = "no-store"
    if new:
        response.status_code = 201
        response.headers["Location"] = f"/api/v1/{_place(thing)}"
    return response


def gone() -> Response:
    """What was removed has no answer of its own."""
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


def require_read(context: Context, thing: ItemView | PartView) -> None:
    """Raise Stale unless this is what the asker has read, as far as they say what that is (If-Match, If-None-Match)."""
    context.conditions.require(_of(context, thing).headers["etag"])


def _of(context: Context, thing: ItemView | PartView) -> Response:
    """Something with the entity tag by which it can be changed.

    The state of an item is its version: its views and the name of its group are nobody's to change with it. That of an
    annotation is in its own words: others may answer it meanwhile.
    """
    match thing:
        case ItemView():
            response = JSONResponse(whole_item(thing, context.library.settings.base_url))
            state = str(thing.item.version)
        case PartView():
            response = JSONResponse(part_answer(thing))
            state = f"a{hash_of(repr(_own_words(thing.part)).encode())[:16]}"
    response.headers["ETag"] = state_tag(state, bytes(response.body))
    return response


def _own_words(part: Annotation | Reply) -> Annotation | Reply:
    return replace(part, replies=()) if isinstance(part, Annotation) else part


def _place(thing: ItemView | PartView) -> str:
    return f"items/{thing.item.id}" if isinstance(thing, ItemView) else f"annotations/{thing.part.id}"


def _looked_at(context: Context, response: Response, tag: str) -> Response:
    headers = {"Cache-Control": CACHING, "ETag": tag}
    if context.conditions.holds(tag):
        return Response(status_code=304, headers=headers)
    response.headers.update(headers)
    return response
