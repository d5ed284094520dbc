"""The user's reading list, and the buttons beside an item that add it or remove it."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Invalid
from kb.model.items.item import Item
from kb.model.items.reading_list import ReadingListEntry, ReadingListPart
from kb.services.items.reading_list import (
    MAX_PAGE,
    PER_PAGE,
    ReadingListItem,
    add_to_reading_list,
    mark_as_read,
    reading_list_entries,
    reading_list_view,
    remove_from_reading_list,
)
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash, without_flash
from kb.web.ui.display_text import Link, archived_mark, group_name, web_host
from kb.web.ui.form_errors import handle_form
from kb.web.ui.item_links import ItemLine, breadcrumb, item_line
from kb.web.ui.pager import Pager, list_pager
from kb.web.ui.rendering import render
from kb.web.ui.search_form import SearchForm, search_form_of


@dataclass(frozen=True, slots=True)
class ReadingListForm:
    """The buttons for an item and the reading list: `buttons` are their values and labels."""

    item: str
    buttons: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class OwnReadingListPage:
    """`views` link between the parts of the list; `empty` is the help text of an empty list."""

    title: str
    breadcrumb: tuple[Link, ...]
    form: SearchForm
    views: tuple[Link, ...]
    rows: tuple[tuple[ItemLine, ReadingListForm], ...]
    empty: str
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
    part, translator = ReadingListPart(name), context.translator
    _ = translator.gettext
    reading_list = reading_list_view(context.library, context.actor, part, context.search_request.page)
    last = min(MAX_PAGE, max(1, -(-reading_list.total // PER_PAGE)))
    names = (
        (ReadingListPart.UNREAD, _("To read"), reading_list.unread),
        (ReadingListPart.READ, _("Read"), reading_list.read),
        (ReadingListPart.ALL, _("All"), reading_list.unread + reading_list.read),
    )
    page = OwnReadingListPage(
        title=_("My reading list"),
        breadcrumb=breadcrumb(context),
        form=search_form_of(context),
        views=tuple(
            Link(name, _address(context, view_part), translator.number(count), current=view_part is part)
            for view_part, name, count in names
        ),
        rows=tuple((_line(context, row), _form(translator, row.view.item.id, row.entry)) for row in reading_list.rows),
        empty="" if reading_list.rows else _empty(part, reading_list.unread + reading_list.read, translator),
        pager=list_pager(reading_list.page, last, lambda page: _address(context, part, page), translator),
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


def reading_list_form(context: RequestContext, item: Item) -> ReadingListForm | None:
    """The buttons beside an item; none for an anonymous visitor."""
    if context.actor.user_id is None or context.actor.read_only:
        return None
    entry = reading_list_entries(context.library, context.actor, [item.id]).get(item.id)
    return _form(context.translator, item.id, entry)


def _address(context: RequestContext, part: ReadingListPart, page: int = 1) -> str:
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


def _form(translator: Translator, item_id: str, entry: ReadingListEntry | None) -> ReadingListForm:
    _ = translator.gettext
    buttons: tuple[tuple[str, str], ...]
    if entry is None:
        buttons = (("later", _("Read later")),)
    elif entry.read_at is None:
        buttons = (("read", _("I have read it")), ("off", _("Remove from the list")))
    else:
        buttons = (("again", _("Mark as unread")), ("off", _("Remove from the list")))
    return ReadingListForm(item_id, buttons)


def _empty(part: ReadingListPart, total: int, translator: Translator) -> str:
    _ = translator.gettext
    match part, total:
        case _, 0:
            return _(
                "Your list is empty. On the page of an item, “Read later” puts it here; nobody else sees this list."
            )
        case ReadingListPart.READ, _:
            return _("You have read nothing of your list yet.")
        case _:
            return _("You have read all of your list.")
