"""The saved copy of an item's page: the document itself, and the form that deletes it."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Forbidden, NotFound
from kb.services.captures.page_capture import PageCopy, copy_content, delete_copy, page_copy
from kb.services.items.item_edit import item_to_edit
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.ui.form_errors import handle_form
from kb.web.ui.rendering import render

COPY_POLICY = "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline' data:; font-src data:"
"""The policy of a copy: an opaque origin without scripts, forms, frames or requests."""


@dataclass(frozen=True, slots=True)
class CopyDeletionPage:
    """The copy to delete, described as on the page of the item."""

    copy: PageCopy


def copy_document(context: RequestContext) -> Response:
    """The saved copy, as a document of its own without any right. Raises NotFound."""
    copy = page_copy(context.library, context.actor, context.path_params["id"])
    tag = f'"{copy.file.sha256[:32]}"'
    headers = {
        "Content-Security-Policy": COPY_POLICY,
        "Cache-Control": "private, no-cache",
        "Referrer-Policy": "no-referrer",
        "X-Robots-Tag": "noindex, nofollow",
        "ETag": f"W/{tag}",
    }
    if context.conditions.holds(tag):
        return Response(status_code=304, headers=headers)
    # The media type is a header: an answer with the media type of pages would get the language cookie.
    headers["Content-Type"] = "text/html; charset=utf-8"
    headers["Vary"] = "Accept-Encoding"
    if context.accepts_gzip:
        headers["Content-Encoding"] = "gzip"
    return Response(copy_content(context.library, copy, compressed=context.accepts_gzip), headers=headers)


def copy_deletion_page(context: RequestContext) -> Response:
    """The question before a copy is deleted. Raises NotFound, LoginNeeded, Forbidden."""
    item, _ = item_to_edit(context.library, context.actor, context.path_params["id"])
    page = CopyDeletionPage(page_copy(context.library, context.actor, item.id))
    return render(context, "items/copy_deletion.html", page)


@handle_form(copy_deletion_page, {Forbidden: 403, NotFound: 404})
def handle_copy_deletion_post(context: RequestContext) -> Response:
    """Delete the copy."""
    item_id = context.path_params["id"]
    delete_copy(context.library, context.actor, item_id)
    return redirect_with_flash(context.addresses.item(item_id), "copy-deleted")
