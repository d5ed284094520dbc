"""`/w3c/groups/<slug>/<id>` and `/w3c/annotations/<id>`: an annotation or a reply, read, replaced and removed; and
`POST /w3c/groups/<slug>/`, which writes a new one.
"""

import re
from dataclasses import replace
from urllib.parse import unquote

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response

from kb.access.permissions import require_signed_in_user
from kb.errors import Invalid, NotFound
from kb.features.w3c.annotation_objects import annotation_address, annotation_etag, stored_facts, web_annotation
from kb.features.w3c.answers import CROSS_ORIGIN, OF_ANNOTATION, OF_CONTAINER, OF_PAGE, shape_response
from kb.features.w3c.negotiation import answer_media_type, require_json_ld
from kb.features.w3c.records import put_facts
from kb.features.w3c.sent_annotation import SentAnnotation, sent_annotation
from kb.model.ids import is_id
from kb.model.items.annotation import Annotation
from kb.services.clients.annotations import (
    annotate_page,
    answer_text,
    is_about,
    move_to_page,
    remove_text,
    rewrite_text,
)
from kb.services.clients.passage_listings import Passage, passage_with_id
from kb.services.items.item_creation import writable_group
from kb.web.http.context import RequestContext

_PART = re.compile(
    r"/w3c/(?:annotations|groups/[^/?#]{1,300})/([^/?#]{1,200})|/items/[^/?#]{1,300}(?:\?[^#]{0,300})?#a-(.{1,200})"
)


def get_annotation(context: RequestContext) -> Response:
    """One annotation, or a redirect to its address in its present group. Raises NotFound, HTTPException."""
    media_type = answer_media_type(context)
    passage = passage_with_id(context.library, context.actor, context.path_params["id"])
    if not _is_of_address(context, passage):
        address = annotation_address(context, passage.group, passage.part.id)
        return RedirectResponse(address, 308, {**OF_ANNOTATION, **CROSS_ORIGIN, "Cache-Control": "no-store"})
    return _annotation_response(context, passage, media_type)


def post_annotation(context: RequestContext) -> Response:
    """Write an annotation of a page in a group, or a reply. A `Slug` is ignored: ids are opaque.

    Raises NotFound, LoginNeeded, Forbidden, Invalid, Conflict, HTTPException (405, 406, 415).
    """
    slug = writable_group(context.library, context.actor, context.path_params["group"]).slug
    if context.param("page"):
        raise HTTPException(405, headers=OF_PAGE)
    media_type = answer_media_type(context)
    require_json_ld(context)
    sent = sent_annotation(context.body)
    if (answered := _part_id(context, sent.source)) is not None:
        above = passage_with_id(context.library, context.actor, answered)
        if above.group.slug != slug:
            raise Invalid("A reply is written in the group of what it answers.")
        passage = answer_text(context.library, context.actor, answered, sent.words)
    else:
        passage = annotate_page(context.library, context.actor, slug, sent.source, sent.words)
    _store_facts(context, passage, sent.facts_text() if not sent.id else _with_via(sent).facts_text())
    response = _annotation_response(context, passage, media_type)
    response.status_code = 201
    response.headers["Location"] = annotation_address(context, passage.group, passage.part.id)
    response.headers["Vary"] = OF_CONTAINER["Vary"]
    response.headers["Cache-Control"] = "no-store"
    return response


def put_annotation(context: RequestContext) -> Response:
    """Replace the texts of the user's own annotation or reply: what is not sent is gone, but for its colour.

    Raises NotFound, LoginNeeded, Forbidden, Invalid, Conflict, PreconditionFailed, HTTPException (406, 415).
    """
    media_type = answer_media_type(context)
    require_json_ld(context)
    passage = _passage_to_change(context)
    sent = sent_annotation(context.body)
    facts = stored_facts(context, passage.part.id)
    _require_unchanged(context, passage, facts)
    words = sent.words
    if not isinstance(passage.part, Annotation):
        if _part_id(context, sent.source) != passage.above[-1]:
            raise Invalid("A reply keeps its target.")
    else:
        words = replace(words, color=passage.part.color or "")
        if not is_about(context.library, context.actor, passage, sent.source):
            passage = move_to_page(context.library, context.actor, passage, sent.source)
    passage = rewrite_text(context.library, context.actor, passage, words)
    _store_facts(context, passage, sent.facts_text(facts))
    response = _annotation_response(context, passage, media_type)
    response.headers["Cache-Control"] = "no-store"
    return response


def delete_annotation(context: RequestContext) -> Response:
    """Move an annotation or a reply to the trash of its group. Raises as `put_annotation` does."""
    passage = _passage_to_change(context)
    _require_unchanged(context, passage, stored_facts(context, passage.part.id))
    remove_text(context.library, context.actor, passage)
    return Response(status_code=204, headers={**CROSS_ORIGIN, "Cache-Control": "no-store"})


def _passage_to_change(context: RequestContext) -> Passage:
    passage = passage_with_id(context.library, context.actor, context.path_params["id"])
    if not _is_of_address(context, passage):
        raise NotFound("There is nothing at this address.")
    writable_group(context.library, context.actor, passage.group.slug)
    return passage


def _is_of_address(context: RequestContext, passage: Passage) -> bool:
    return context.path_params.get("group", passage.group.slug) == passage.group.slug


def _annotation_response(context: RequestContext, passage: Passage, media_type: str) -> Response:
    """An annotation with its ETag."""
    facts = stored_facts(context, passage.part.id)
    shape = web_annotation(context, passage, facts)
    tag = annotation_etag(passage, facts, bytes(JSONResponse(shape).body))
    return shape_response(context, shape, OF_ANNOTATION, media_type=media_type, tag=tag)


def _require_unchanged(context: RequestContext, passage: Passage, facts: str) -> None:
    body = bytes(JSONResponse(web_annotation(context, passage, facts)).body)
    context.conditions.require(annotation_etag(passage, facts, body))


def _part_id(context: RequestContext, source: str) -> str | None:
    """The id of the annotation or the reply of this site with this address; None for another address."""
    base = context.library.settings.base_url
    match = _PART.fullmatch(source[len(base) :]) if source.startswith(f"{base}/") else None
    part_id = unquote(match[1] or match[2]) if match else ""
    return part_id if is_id(part_id) else None


def _with_via(sent: SentAnnotation) -> SentAnnotation:
    """An annotation that had an id elsewhere, which it now came by (Protocol, 5.1)."""
    via = sent.facts.get("via", [])
    others = via if isinstance(via, list) else [via]
    ids = [sent.id, *(other for other in others if other != sent.id)]
    return replace(sent, facts={**sent.facts, "via": ids if len(ids) > 1 else ids[0]})


def _store_facts(context: RequestContext, passage: Passage, facts: str) -> None:
    user_id = require_signed_in_user(context.actor)
    with context.library.store.write() as writing:
        put_facts(writing.connection, passage.part.id, passage.item.id, user_id, facts)
