"""`/linkding/api/tags/`: the tags of what the user may read."""

from starlette.responses import JSONResponse, Response

from kb.errors import Invalid, NotFound
from kb.features.linkding.bookmark_objects import SentObject, linkding_date
from kb.features.linkding.pages import Paging, page_response, path_number
from kb.model.items.item_fields import checked_tags
from kb.services.clients.numeric_ids import numeric_ids
from kb.services.clients.tag_names import one_word_tag
from kb.services.items.item_creation import writable_group
from kb.services.tags.tags import tag_counts
from kb.web.clients.client_routes import selected_group, selected_library
from kb.web.http.context import RequestContext

_MOST_LISTED = 5_000
"""The browser extension asks for so many at once, and for no more."""


def list_tags(context: RequestContext) -> Response:
    """The tags of the chosen group, or of all that the user may read."""
    paging, tags = Paging.of(context, _MOST_LISTED), _tags(context)
    shown = list(tags.items())[paging.offset : paging.offset + paging.limit]
    return page_response(context, paging, len(tags), [_tag_object(*tag) for tag in shown])


def get_tag(context: RequestContext) -> Response:
    number = path_number(context)
    name = _tags(context).get(number)
    if name is None:
        raise NotFound("There is no such tag.")
    return JSONResponse(_tag_object(number, name))


def post_tag(context: RequestContext) -> Response:
    """The object of a tag. Nothing is stored: a tag exists once an item has it."""
    sent_object = SentObject.of(context)
    # aiolinkding sends the name as `example`, a slip of an early version of linkding's documentation.
    sent = sent_object.value("name", str) or sent_object.value("example", str) or ""
    names = checked_tags([sent])
    if not names:
        raise Invalid("“%(name)s” is missing.", name="name")
    writable_group(context.library, context.actor, selected_library(context))
    name = one_word_tag(names[0])
    return JSONResponse(_tag_object(_number(context, name), name), 201)


def _tags(context: RequestContext) -> dict[int, str]:
    """The tags as single words, by number, in alphabetical order."""
    counts = tag_counts(context.library, context.actor, selected_group(context))
    names = {name.casefold(): name for name in (one_word_tag(count.label) for count in reversed(counts))}
    return {_number(context, names[key]): names[key] for key in sorted(names)}


def _number(context: RequestContext, name: str) -> int:
    return numeric_ids(context.library).of_text("tag", name.casefold())


def _tag_object(number: int, name: str) -> dict[str, object]:
    # Nobody knows when a tag was first used.
    return {"id": number, "name": name, "date_added": linkding_date(None)}
