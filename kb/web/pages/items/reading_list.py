"""The user's reading list, and what the buttons beside an item do with it."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Invalid
from kb.model.items.reading_list import ReadingListEntry, ReadingListPart
from kb.services.core.pagination import page_count
from kb.services.items.reading_list import (
    MAX_PAGE,
    PER_PAGE,
    ReadingListItem,
    ReadingListView,
    add_to_reading_list,
    mark_as_read,
    reading_list_view,
    remove_from_reading_list,
)
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash, without_flash
from kb.web.ui.display_text import Link, archived_mark, group_name, web_host
from kb.web.ui.form_errors import handle_form
from kb.web.ui.item_links import ItemLine, item_line
from kb.web.ui.pager import Pager, list_pager
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class OwnReadingListPage:
    """One part of the list; each row is an item with its entry."""

    reading_list: ReadingListView
    rows: tuple[tuple[ItemLine, ReadingListEntry], ...]
    pager: Pager


def own_reading_list_page(context: RequestContext) -> Response:
    """The reading list, or one part of it. Raises LoginNeeded, Invalid for an invalid part or page."""
    name = context.param("show") or ReadingListPart.UNREAD
    if name not in set(ReadingListPart):
        raise Invalid(
            "“%(shelf)s” is no part of a reading list: there are %(known)s.",
            shelf=name[:40],
            known=", ".join(ReadingListPart),
        )
    part = ReadingListPart(name)
    reading_list = reading_list_view(context.library, context.actor, part, context.search_request.page)
    last = min(MAX_PAGE, page_count(reading_list.total, PER_PAGE))
    page = OwnReadingListPage(
        reading_list=reading_list,
        rows=tuple((_line(context, row), row.entry) for row in reading_list.rows),
        pager=list_pager(reading_list.page, last, lambda page: _address(context, part, page), context.translator),
    )
    return render(context, "items/reading_list.html", page)


@handle_form(own_reading_list_page)
def handle_reading_list_post(context: RequestContext) -> Response:
    """Add an item to the list, remove it, or mark it as read; then return to the previous page."""
    library, actor, item_id = context.library, context.actor, context.form_value("id")
    match context.form_value("act"):
        case "later" | "again":
            add_to_reading_list(library, actor, item_id)
            done = "to-read"
        case "read":
            mark_as_read(library, actor, item_id)
            done = "have-read"
        case "off":
            remove_from_reading_list(library, actor, item_id)
            done = "not-to-read"
        case _:
            raise Invalid("The request is not a form of this site.")
    return redirect_with_flash(without_flash(context.referrer) or context.addresses.reading_list(), done)


def _address(context: RequestContext, part: ReadingListPart, page: int) -> str:
    pairs = (
        ("show", part.value if part is not ReadingListPart.UNREAD else ""),
        ("page", str(page) if page > 1 else ""),
    )
    return context.addresses.reading_list(tuple(pair for pair in pairs if pair[1]))


def _line(context: RequestContext, reading_list_item: ReadingListItem) -> ItemLine:
    translator, item, entry = context.translator, reading_list_item.view.item, reading_list_item.entry
    _ = translator.gettext
    group, host = reading_list_item.view.group, web_host(item.url)
    if entry.read_at:
        since = _("read on %(day)s", day=translator.instant(entry.read_at))
    else:
        since = _("on the list since %(day)s", day=translator.instant(entry.added_at))
    return item_line(
        context,
        item,
        Link(group_name(group, translator), context.addresses.group(group.slug)),
        Link(archived_mark(group, translator), ""),
        Link(since, ""),
        Link(_("read on %(host)s", host=host) if host else "", context.addresses.go(item.id)),
    )
