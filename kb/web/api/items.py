"""`/api/v1/items`, and `/api/v1/search`."""

from collections.abc import Callable
from dataclasses import replace

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response

from kb.errors import Invalid, NotFound
from kb.model.bibliographic_record import RECORD_NAMES, record_values
from kb.model.items.item_fields import ItemFields, checked_fields, fields_of_item
from kb.model.search_request import PARAMETERS
from kb.services.captures.page_upload import read_page_or_file
from kb.services.core.library import Library
from kb.services.files.file_upload import SentFile
from kb.services.files.item_file_access import item_with_files, views_with_files
from kb.services.item_actions.duplicates import merged_into
from kb.services.items.item_creation import save_item, writable_group
from kb.services.items.item_edit import edit_item
from kb.services.items.items import ItemView, items_page
from kb.services.moderation.moderation_actions import remove_content
from kb.services.search.search import run_search
from kb.web.api.answer_objects import annotations_answer, items_answer, search_answer
from kb.web.api.json_types.answers import AllAnnotations, FoundItems, FoundPassages, Items, WholeItem
from kb.web.api.json_types.requests import ItemChange, NewFile, NewItem
from kb.web.api.operations import operation
from kb.web.api.parameters import check_parameters, requested_search
from kb.web.api.request_objects import parse_form_object, parse_request_object
from kb.web.api.responses import (
    CACHE_CONTROL,
    json_response,
    no_content_response,
    require_unchanged,
    versioned_response,
    written_response,
)
from kb.web.http.authentication import actor_of
from kb.web.http.context import RequestContext
from kb.web.http.writes.idempotent_write import ProgramRequest, run_idempotent_write

BEHIND = "X-Search-Behind"
"""The header of an answer that may lack the caller's last change."""


@operation("GET /search", "search", FoundItems | FoundPassages, parameters=(*PARAMETERS,), etag=False)
def get_search(context: RequestContext) -> Response:
    """Search results as JSON. They include the time taken: no two answers are the same."""
    results = run_search(context.library, context.actor, requested_search(context.params))
    headers = {"Cache-Control": CACHE_CONTROL} | ({BEHIND: "true"} if results.is_behind else {})
    return JSONResponse(search_answer(results), headers=headers)


@operation("GET /items", "listItems", Items, parameters=(*PARAMETERS,))
def get_items(context: RequestContext) -> Response:
    """Whole items, filtered by the parameters of the address."""
    page = items_page(context.library, context.actor, requested_search(context.params))
    views = views_with_files(context.library, page.items)
    return json_response(context, items_answer(page, views, context.library.settings.base_url))


@operation("GET /items/{id}", "getItem", WholeItem, versioned=True, others={303: "MergedItem"})
def get_item(context: RequestContext) -> Response:
    """One whole item; or a redirect, if it was merged into another one."""
    return _item_response(context, lambda view: versioned_response(context, view))


@operation("GET /items/{id}/annotations", "listAnnotations", AllAnnotations, others={303: "MergedItemAnnotations"})
def get_annotations(context: RequestContext) -> Response:
    """The annotations of one item; or a redirect, if it was merged into another one."""

    def response(view: ItemView) -> Response:
        return json_response(context, annotations_answer(view.item, context.annotation_facts(view.item)))

    return _item_response(context, response, "/annotations")


def post_file(context: RequestContext, headers: Headers) -> Response:
    """Save a file as an item of a group.

    It is received and read before the transaction, because that takes seconds.
    """
    library, actor = context.library, context.actor
    check_parameters(context.params, ())
    sent = parse_form_object(context.fields, ("group",), ("group", *RECORD_NAMES))
    slug, fields = sent.text("group"), ItemFields(**sent.texts(RECORD_NAMES), tags=sent.tags())
    # The right comes first: what is wrong with the file says nothing of the group.
    writable_group(library, actor, slug)
    # A title may be missing: the file has one, or a name.
    checked_fields(replace(fields, title=fields.title or "-"))
    if len(context.files) != 1 or (upload := context.file("file")) is None or not upload.size:
        raise Invalid("“%(name)s” is missing.", name="file")
    keys = headers.getlist("idempotency-key")
    # Two files of one content and another name are two requests.
    parts = (*context.params, *context.fields, ("file", upload.name))
    identified = ProgramRequest(context.method, context.path, parts, upload.digest.encode(), keys)
    file = SentFile(upload.name, upload.chunks())
    with read_page_or_file(library, actor, slug, file, fields, head=upload.head, size=upload.size) as save:

        def write(within: Library) -> Response:
            # The token may have ended while the file was read.
            now = actor_of(within, context.credentials)
            saved = save(within, now)
            return written_response(context, item_with_files(within, now, saved.item.id), new=True)

        return run_idempotent_write(library, actor, identified, write)


@operation(
    "POST /items",
    "keepItem",
    WholeItem,
    sent=NewItem,
    upload=post_file,
    uploaded=NewFile,
    versioned=True,
    created="Item-Location",
    others={409: "AlreadyKept"},
)
def post_item(context: RequestContext) -> Response:
    """Save an item in a group, with its sharer's texts."""
    sent = parse_request_object(context.body, ("group", *RECORD_NAMES, "tags", "annotations"), required=("group",))
    fields = ItemFields(**sent.texts(RECORD_NAMES), tags=sent.tags())
    saved = save_item(context.library, context.actor, sent.text("group"), fields, sent.annotations())
    # Read again, in the same transaction: the database has set its version.
    return written_response(context, item_with_files(context.library, context.actor, saved.item.id), new=True)


@operation("PATCH /items/{id}", "changeItem", WholeItem, sent=ItemChange, versioned=True, others={409: "AlreadyKept"})
def patch_item(context: RequestContext) -> Response:
    """Change the given fields of an item; the others stay (RFC 7396)."""
    sent = parse_request_object(context.body, (*RECORD_NAMES, "tags"))
    before = item_with_files(context.library, context.actor, context.path_params["id"])
    now = fields_of_item(before.item)
    texts = record_values(now) | sent.texts(RECORD_NAMES)
    fields = checked_fields(ItemFields(**texts, tags=sent.tags() if "tags" in sent.members else now.tags))
    # Invalid fields are reported first, whatever version was read.
    require_unchanged(context, before)
    edit_item(context.library, context.actor, before.item.id, fields)
    return written_response(context, item_with_files(context.library, context.actor, before.item.id))


@operation("DELETE /items/{id}", "removeItem", None, versioned=True, others={409: "Conflict"})
def delete_item(context: RequestContext) -> Response:
    """Move an item to the trash of its group."""
    before = item_with_files(context.library, context.actor, context.path_params["id"])
    require_unchanged(context, before)
    remove_content(context.library, context.actor, before.item.id)
    return no_content_response()


def _item_response(context: RequestContext, answer: Callable[[ItemView], Response], part: str = "") -> Response:
    """The answer about an item, or a `part` of it; or a redirect, if the item was merged into another one.

    Raises NotFound for an item that does not exist, or that the user may not read.
    """
    item_id = context.path_params["id"]
    try:
        view = item_with_files(context.library, context.actor, item_id)
    except NotFound:
        into = merged_into(context.library, context.actor, item_id)
        headers = {"Location": f"/api/v1/items/{into}{part}", "Cache-Control": "no-store"}
        return Response(status_code=303, headers=headers)
    return answer(view)
