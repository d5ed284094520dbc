"""The kept copy of an item's page: the document itself, the line that leads to it, and the form that deletes it."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Forbidden, NotFound
from kb.services.captures.page_capture import delete_copy
from kb.services.captures.page_copies import PageCopy, copy_content, copy_of_item, page_copy
from kb.services.items.item_edit import item_to_edit
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.ui.display_text import Link
from kb.web.ui.form_errors import handle_form
from kb.web.ui.item_links import item_breadcrumb
from kb.web.ui.rendering import render

COPY_POLICY = "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline' data:; font-src data:"
"""The policy of a copy: an opaque origin without scripts, forms, frames or requests."""
COPY, COPY_DELETION = "copy", "copy/delete"
"""The parts of an item's address."""


@dataclass(frozen=True, slots=True)
class CopyLine:
    """The link to the copy of a page; `deletion` leads to the form that deletes it, empty without the right."""

    link: Link
    deletion: str


@dataclass(frozen=True, slots=True)
class CopyDeletionPage:
    """The copy to delete, described as on the page of the item."""

    title: str
    breadcrumb: tuple[Link, ...]
    copy: Link


def copy_document(context: RequestContext) -> Response:
    """The kept copy, as a document of its own without any right. Raises NotFound."""
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


def copy_line(context: RequestContext, item_id: str, *, may_edit: bool) -> CopyLine | None:
    """The line about the copy on the page of an item; None without one."""
    copy = copy_of_item(context.library, context.actor, item_id)
    if copy is None:
        return None
    deletion = context.addresses.of_item(item_id, COPY_DELETION) if may_edit else ""
    return CopyLine(_link(context, copy), deletion)


def copy_deletion_page(context: RequestContext) -> Response:
    """The question before a copy is deleted. Raises NotFound, LoginNeeded, Forbidden."""
    item, group = item_to_edit(context.library, context.actor, context.path_params["id"])
    copy = page_copy(context.library, context.actor, item.id)
    page = CopyDeletionPage(
        title=context.translator.gettext("Delete the kept copy"),
        breadcrumb=item_breadcrumb(context, group, item),
        copy=_link(context, copy),
    )
    return render(context, "items/copy_deletion.html", page)


@handle_form(copy_deletion_page, {Forbidden: 403, NotFound: 404})
def handle_copy_deletion_post(context: RequestContext) -> Response:
    """Delete the copy."""
    item_id = context.path_params["id"]
    delete_copy(context.library, context.actor, item_id)
    return redirect_with_flash(context.addresses.item(item_id), "copy-deleted")


def _link(context: RequestContext, copy: PageCopy) -> Link:
    translator, day = context.translator, context.translator.instant(copy.file.added_at)
    if copy.reader is None:
        label = translator.gettext("Copy of the page, as a reader saw it on %(day)s", day=day)
    else:
        label = translator.gettext(
            "Copy of the page, as %(name)s saw it on %(day)s", name=copy.reader.shown_name, day=day
        )
    return Link(label, context.addresses.of_item(copy.view.item.id, COPY))
