"""`/api/v1/annotations`: annotations and their replies; both have ids of the same kind."""

from starlette.responses import Response

from kb.model.items.annotation import Annotation, Reply
from kb.model.items.item_fields import checked_annotation_fields
from kb.services.annotations.annotations import (
    annotation_or_reply,
    annotation_words,
    change_annotation,
    change_reply,
    write_annotation,
    write_reply,
)
from kb.services.moderation.moderation_actions import remove_content
from kb.web.api.answer_objects import listed, reply_answer
from kb.web.api.json_types.answers import PlacedAnnotation, PlacedReply, Replies
from kb.web.api.json_types.requests import NewReply, NewWords, WordsChange
from kb.web.api.operations import operation
from kb.web.api.request_objects import ANNOTATION_FIELDS, parse_annotation, parse_request_object
from kb.web.api.responses import (
    json_response,
    no_content_response,
    require_unchanged,
    versioned_response,
    written_response,
)
from kb.web.http.context import RequestContext


@operation("GET /annotations/{id}", "getAnnotation", PlacedAnnotation | PlacedReply, versioned=True)
def get_annotation(context: RequestContext) -> Response:
    """One annotation, or one reply."""
    return versioned_response(context, annotation_or_reply(context.library, context.actor, context.path_params["id"]))


@operation("GET /annotations/{id}/replies", "listReplies", Replies)
def get_replies(context: RequestContext) -> Response:
    """The replies to one annotation; a reply has none of its own."""
    part = annotation_or_reply(context.library, context.actor, context.path_params["id"]).part
    return json_response(context, listed(map(reply_answer, part.replies if isinstance(part, Annotation) else ())))


@operation(
    "POST /items/{id}/annotations",
    "addAnnotation",
    PlacedAnnotation,
    tag="annotations",
    sent=NewWords,
    versioned=True,
    created="Annotation-Location",
    others={409: "Conflict"},
)
def post_annotation(context: RequestContext) -> Response:
    """Add a highlight, a note or a comment to an item."""
    fields = parse_annotation(parse_request_object(context.body, ("kind", *ANNOTATION_FIELDS)))
    written = write_annotation(context.library, context.actor, context.path_params["id"], fields)
    return written_response(context, annotation_or_reply(context.library, context.actor, written.part_id), new=True)


@operation(
    "POST /annotations/{id}/replies",
    "addReply",
    PlacedReply,
    sent=NewReply,
    versioned=True,
    created="Annotation-Location",
    others={409: "Conflict"},
)
def post_reply(context: RequestContext) -> Response:
    """Reply to an annotation."""
    body = parse_request_object(context.body, ("body",), required=("body",)).text("body")
    written = write_reply(context.library, context.actor, context.path_params["id"], body)
    return written_response(context, annotation_or_reply(context.library, context.actor, written.part_id), new=True)


@operation(
    "PATCH /annotations/{id}",
    "changeAnnotation",
    PlacedAnnotation | PlacedReply,
    sent=WordsChange,
    versioned=True,
    others={409: "Conflict"},
)
def patch_annotation(context: RequestContext) -> Response:
    """Change the given fields of one's own annotation or reply; the others stay (RFC 7396)."""
    before = annotation_or_reply(context.library, context.actor, context.path_params["id"])
    match before.part:
        case Annotation():
            fields = checked_annotation_fields(
                parse_annotation(
                    parse_request_object(context.body, ("kind", *ANNOTATION_FIELDS)), annotation_words(before.part)
                )
            )
            # Invalid fields are reported first, whatever version was read.
            require_unchanged(context, before)
            change_annotation(context.library, context.actor, before.part.id, fields)
        case Reply():
            sent = parse_request_object(context.body, ("body",))
            body = sent.text("body") if "body" in sent.members else before.part.body
            require_unchanged(context, before)
            change_reply(context.library, context.actor, before.part.id, body)
    return written_response(context, annotation_or_reply(context.library, context.actor, before.part.id))


@operation("DELETE /annotations/{id}", "removeAnnotation", None, versioned=True, others={409: "Conflict"})
def delete_annotation(context: RequestContext) -> Response:
    """Move an annotation, or a reply, to the trash of its group."""
    before = annotation_or_reply(context.library, context.actor, context.path_params["id"])
    require_unchanged(context, before)
    remove_content(context.library, context.actor, before.item.id, before.part.id)
    return no_content_response()
