"""Exports: the page that lists the formats, and the file in one of them."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.responses import Response

from kb.access.actor import Action
from kb.errors import Invalid
from kb.formats.export_formats import EXPORT_FORMATS
from kb.formats.shared.export_format import ExportFormat
from kb.model.people.group import Group
from kb.model.search_request import SearchRequest, View
from kb.services.exports.exports import (
    Export,
    export_details,
    export_of_group,
    export_of_list,
    export_of_search,
    export_of_selection,
    exported_items,
)
from kb.services.exports.group_archive import group_archive
from kb.services.groups.group_views import allowed_actions
from kb.services.item_actions.bulk_actions import items_of_passages
from kb.services.search.saved_searches import readable_saved_search
from kb.web.http.context import RequestContext
from kb.web.http.files.streamed_files import StreamedFile
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.http.urls.listing_scope import ListingScope, Pairs
from kb.web.pages.listing.selection import (
    EVERYTHING,
    back_link,
    is_selecting,
    listing_to_return_to,
    selected_item_ids,
    selects_nothing,
)
from kb.web.ui.display_text import Link
from kb.web.ui.item_links import breadcrumb, group_link
from kb.web.ui.rendering import render

_FORMAT, _ARCHIVE = "format", "archive"
_USUAL = ("csv-semicolon", "ris", "html", "jsonl")
"""The formats that the page shows first: spreadsheets, Zotero, a page to read, and everything."""


@dataclass(frozen=True, slots=True)
class ExportPage:
    """What is exported, the usual formats and the others; `archive` is that of a whole group, for who may have it.
    `params` begin the parameters of the address of a file, before its format.
    """

    breadcrumb: tuple[Link, ...]
    export: Export
    archive: Link | None
    params: str
    usual: tuple[ExportFormat, ...] = tuple(EXPORT_FORMATS[name] for name in _USUAL)
    others: tuple[ExportFormat, ...] = tuple(form for name, form in EXPORT_FORMATS.items() if name not in _USUAL)


def search_export_page(context: RequestContext) -> Response:
    """All items that a search finds, or the selected ones: `item` names each."""
    if selects_nothing(context.params):
        return redirect_with_flash(listing_to_return_to(context.params), "nothing-ticked")
    every = ("scope", EVERYTHING) in context.params
    selected = () if every else selected_item_ids(context.params)
    request = SearchRequest.from_params(context.params)
    back = back_link(context, context.addresses.search(request))

    def find() -> Export:
        if selected:
            return export_of_selection(context.library, context.actor, selected)
        if is_selecting(context) and request.view is View.PASSAGES:
            return Export(request.q, items_of_passages(context.library, context.actor, request))
        return export_of_search(context.library, context.actor, request)

    return _answer(context, find, (back,))


def saved_search_export_page(context: RequestContext) -> Response:
    """All items that a saved search finds."""
    saved = readable_saved_search(context.library, context.actor, context.path_params["id"]).search
    scope = ListingScope(saved=saved)
    request = scope.request_of(()).with_view(View.ITEMS)

    def find() -> Export:
        export = export_of_search(context.library, context.actor, request)
        return Export(saved.name, export.ids)

    return _answer(context, find, (Link(saved.name, context.addresses.listing(scope, request)),))


def group_export_page(context: RequestContext) -> Response:
    """All items of a group; for its owners also the archive of all that belongs to it."""
    export = export_of_group(context.library, context.actor, context.path_params["group"])
    if context.param(_FORMAT) == _ARCHIVE:
        pieces, title = group_archive(context.library, context.actor, export), f"{export.title} archive"
        return StreamedFile(pieces, context.credentials, title, suffix=".zip", media_type="application/zip")
    archive = whole_group_link(context, export.group, "", _other_params(context)) if export.group else None
    return _answer(context, lambda: export, (group_link(context, export.group),) if export.group else (), archive)


def whole_group_link(context: RequestContext, group: Group, address: str, others: Pairs = ()) -> Link | None:
    """The archive of all that belongs to a group, for who may have it. `address` is that of the group's exports, and
    `others` are more parameters.
    """
    if Action.EXPORT_WHOLE not in allowed_actions(context.actor, group):
        return None
    return Link(
        context.translator.gettext("The whole group (ZIP)"), f"{address}?{urlencode((*others, (_FORMAT, _ARCHIVE)))}"
    )


def list_export_page(context: RequestContext) -> Response:
    """All items of a list, in its order."""
    export = export_of_list(context.library, context.actor, context.path_params["id"])
    back = Link(export.title, context.addresses.item_list(context.path_params["id"]))
    return _answer(context, lambda: export, (*((group_link(context, export.group),) if export.group else ()), back))


def _answer(
    context: RequestContext,
    find: Callable[[], Export],
    links: tuple[Link, ...],
    archive: Link | None = None,
) -> Response:
    """The file, if the address names a format; else the page with the formats. Raises Invalid for an unknown format."""
    form = context.param(_FORMAT)
    if form and form not in EXPORT_FORMATS:
        known = ", ".join(EXPORT_FORMATS)
        raise Invalid("An export has no format “%(form)s”: there are %(known)s.", form=form[:40], known=known)
    export = find()
    if form:
        format_ = EXPORT_FORMATS[form]
        details = export_details(context.library, export.title, context.translator)
        pieces = format_.write(exported_items(context.library, context.actor, export.ids), details)
        title = f"{details.title}{_distinction(form)}"
        return StreamedFile(pieces, context.credentials, title, suffix=format_.suffix, media_type=format_.media_type)
    params = urlencode(_other_params(context))
    page = ExportPage(breadcrumb(context, *links), export, archive, f"{params}&" if params else "")
    return render(context, "exports/export.html", page)


def _distinction(form: str) -> str:
    """What a file name has beside the title: the format, unless the end of the name says it."""
    suffix = EXPORT_FORMATS[form].suffix
    is_shared = suffix == ".zip" or sum(export_format.suffix == suffix for export_format in EXPORT_FORMATS.values()) > 1
    return f" {form}" if is_shared and f".{form}" != suffix else ""


def _other_params(context: RequestContext) -> Pairs:
    """The parameters of the address, but for the format and those of one view."""
    return tuple(pair for pair in context.params if pair[0] not in {_FORMAT, "done", "undo"})
