"""`/pinboard/v1/tags/…`: the tags of one library. Those who may edit its tags rename and delete them."""

from starlette.responses import Response

from kb.errors import Invalid
from kb.features.pinboard import answers
from kb.services.clients.tag_names import one_word_tag, tags_from_words
from kb.services.tags.tag_edit import delete_tags, rename_tags
from kb.services.tags.tags import tag_counts
from kb.web.clients.client_routes import chosen_library
from kb.web.http.context import RequestContext


def get_tags(context: RequestContext) -> Response:
    """All tags with their numbers of items."""
    counts = {
        one_word_tag(tag_count.label): tag_count.count
        for tag_count in tag_counts(context.library, context.actor, chosen_library(context))
    }
    return answers.tags_response(context, counts)


def delete_tag(context: RequestContext) -> Response:
    """Remove a tag from all items of the library."""
    delete_tags(context.library, context.actor, chosen_library(context), (_tag(context, "tag"),))
    return answers.result(context, answers.DONE)


def rename_tag(context: RequestContext) -> Response:
    """Rename a tag on all items of the library."""
    new = context.param("new").strip()
    rename_tags(context.library, context.actor, chosen_library(context), (_tag(context, "old"),), new)
    return answers.result(context, answers.DONE)


def _tag(context: RequestContext, name: str) -> str:
    word = context.param(name).strip()
    if not word:
        raise Invalid("“%(name)s” is missing.", name=name)
    return tags_from_words(context.library, context.actor, chosen_library(context), (word,))[0]
