"""`/api/v1/annotations`: what people add to items, and what others answer: their ids are of one kind."""

from starlette.responses import Response

from kb.model.items.annotation import Annotation, Reply
from kb.model.items.item_fields import checked_words
from kb.services.annotations.annotation_lookup import part_page
from kb.services.annotations.annotations import annotate, change_annotation, change_reply, reply, words_of
from kb.services.moderation.moderation_actions import remove
from kb.web.api.parameters import request_of
from kb.web.api.request_objects import WORDS, sent_object, sent_words
from kb.web.api.response_shapes import replies_answer
from kb.web.api.responses import answered, answered_thing, gone, require_read, written
from kb.web.http.context import Context


def annotation(context: Context) -> Response:
    """One annotation, or one reply."""
    request_of(context.params)
    return answered_thing(context, part_page(context.library, context.actor, context.path_params["id"]))


def replies(context: Context) -> Response:
    """The replies to one annotation; a reply has none of its own."""
    request_of(context.params)
    part = part_page(context.library, context.actor, context.path_params["id"]).part
    return answered(context, replies_answer(part.replies if isinstance(part, Annotation) else ()))


def add_annotation(context: Context) -> Response:
    """Add a passage, a note or a comment to an item."""
    request_of(context.params)
    words = sent_words(sent_object(context.body, ("kind", *WORDS)))
    done = annotate(context.library, context.actor, context.path_params["id"], words)
    return written(context, part_page(context.library, context.actor, done.part_id), new=True)


def add_reply(context: Context) -> Response:
    """Answer an annotation."""
    request_of(context.params)
    body = sent_object(context.body, ("body",), required=("body",)).text("body")
    done = reply(context.library, context.actor, context.path_params["id"], body)
    return written(context, part_page(context.library, context.actor, done.part_id), new=True)


def change_words(context: Context) -> Response:
    """Give one's annotation, or one's reply, other words: those that were sent, the others stay (RFC 7396)."""
    request_of(context.params)
    before = part_page(context.library, context.actor, context.path_params["id"])
    match before.part:
        case Annotation():
            words = checked_words(sent_words(sent_object(context.body, ("kind", *WORDS)), words_of(before.part)))
            # What cannot be kept is told first, whatever was read.
            require_read(context, before)
            change_annotation(context.library, context.actor, before.part.id, words)
        case Reply():
            sent = sent_object(context.body, ("body",))
            body = sent.text("body") if "body" in sent.members else before.part.body
            require_read(context, before)
            change_reply(context.library, context.actor, before.part.id, body)
    return written(context, part_page(context.library, context.actor, before.part.id))


def remove_words(context: Context) -> Response:
    """Put an annotation, or a reply, in the bin of its group."""
    request_of(context.params)
    before = part_page(context.library, context.actor, context.path_params["id"])
    require_read(context, before)
    remove(context.library, context.actor, before.item.id, before.part.id)
    return gone()
