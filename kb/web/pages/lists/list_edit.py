"""Edit a list: its name, the order of its entries, the texts between them, and new entries."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Conflict, Invalid
from kb.model.items.item_list import ItemList, ListEntryKind
from kb.model.search_request import SearchRequest
from kb.services.lists.lists import (
    ListChanged,
    ListEditResult,
    ListEntryWithItem,
    ListView,
    add_list_entry,
    change_list,
    change_list_entry,
    list_to_change,
    move_list_entry,
    remove_list,
    remove_list_entry,
)
from kb.services.search.search import run_search
from kb.web.http.context import RequestContext
from kb.web.http.form_requests import redirect_with_flash
from kb.web.pages.lists.lists import ListEntryBlock, entry_weight, list_entry_block
from kb.web.ui.display_text import title_or_url, truncate
from kb.web.ui.form_errors import handle_form
from kb.web.ui.group_header import LISTS, GroupHeader, header_of_group
from kb.web.ui.page_weight import PageBudget, html_bytes, page_ranges
from kb.web.ui.pager import Pager, pager_of_address, requested_page
from kb.web.ui.rendering import render

LARGEST_LIST_FORM = 256 * 1024
MOST_FOUND = 8
MOST_FOUND_PASSAGES = 5
_LONGEST_SHOWN = 300
_FORMS_OF_ENTRY = 3_500
"""Bytes of the forms of one entry, without its words."""
_MOST_ENTRY_BYTES = 300_000
"""Bytes of the entries of one page with their forms, without the texts of their items."""


@dataclass(frozen=True, slots=True)
class EditedEntry:
    """One entry, with the text in its form; `place` counts from 1. `has_form`: it is not gone."""

    block: ListEntryBlock
    words: str
    place: int
    has_form: bool


@dataclass(frozen=True, slots=True)
class FoundItem:
    """An item found by a search, with its first highlights, as (id, text): each can be added to the list."""

    id: str
    title: str
    passages: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ListEditPage:
    """`name`, `description` and `private` are those of the list, or as typed. `failed_entry` is the id of the entry
    whose form has an error. `q` is the query, `found` its results, `found_count` their number.
    """

    head: GroupHeader
    item_list: ItemList
    name: str
    description: str
    private: bool
    may_be_private: bool
    entries: tuple[EditedEntry, ...]
    failed_entry: str
    pager: Pager
    q: str
    found: tuple[FoundItem, ...]
    found_count: str
    page: str
    review: str


def list_edit_page(context: RequestContext) -> Response:
    """The list, in the page that edits it; an error is shown beside its form, with the typed values."""
    words, field = context.words, context.form_value
    view = list_to_change(context.library, context.actor, context.path_params["id"])
    item_list, group = view.item_list, view.group
    is_typed = context.form_error is not None and field("act") == "settings"
    q = (context.param("q") or field("q")).strip()
    found, total = _find_items(context, view, q) if q else ((), 0)
    pages = _entry_pages(view.entries)
    number = _page_number(context, view, pages)
    budget = PageBudget(_MOST_ENTRY_BYTES)
    page = ListEditPage(
        head=header_of_group(context, group, LISTS, below=item_list.name),
        item_list=item_list,
        name=field("name") if is_typed else item_list.name,
        description=field("description") if is_typed else item_list.description,
        private=field("private") == "on" if is_typed else item_list.private,
        may_be_private=item_list.owner is not None
        and item_list.owner.id == context.actor.user_id
        and not group.is_personal,
        entries=tuple(_entry(view.entries[place], place + 1, context, budget) for place in pages[number - 1]),
        failed_entry=field("entry") if context.form_error else "",
        pager=pager_of_address(context, number, len(pages), "entry"),
        q=q,
        found=found,
        found_count=words.plural("%(count)s item found", "%(count)s items found", total) if q else "",
        page=context.addresses.item_list(item_list.id),
        review=context.addresses.item_list(item_list.id, "review"),
    )
    return render(context, "lists/list_edit.html", page)


@handle_form(list_edit_page, {ListChanged: 409, Conflict: 400})
def handle_list_edit_post(context: RequestContext) -> Response:
    """Make one change."""
    library, actor, field = context.library, context.actor, context.form_value
    list_id, entry_id, done = context.path_params["id"], context.form_value("entry"), ""
    match field("act"):
        case "settings":
            private, version = field("private") == "on", _number(field("version"))
            edit = change_list(
                library, actor, list_id, field("name"), field("description"), private=private, version=version
            )
            done = "list-changed"
        case "remove":
            group, undo = remove_list(library, actor, list_id)
            return redirect_with_flash(context.addresses.group(group.slug, LISTS), "list-removed", undo or "")
        case "place":
            edit = move_list_entry(library, actor, list_id, entry_id, _number(field("place")) - 1)
        case "up" | "down" as way:
            place = _number(field("now")) - 1 + (1 if way == "down" else -1)
            edit = move_list_entry(library, actor, list_id, entry_id, place)
        case "words":
            edit = change_list_entry(library, actor, list_id, entry_id, field("words"), read=field("read"))
            done = "list-changed"
        case "drop":
            edit, done = remove_list_entry(library, actor, list_id, entry_id), "unlisted"
        case "heading" | "text" as written:
            edit = add_list_entry(library, actor, list_id, ListEntryKind(written), words=field("words"))
            done = "listed"
        case "add":
            part = field("annotation") or None
            kind = ListEntryKind.PASSAGE if part else ListEntryKind.ITEM
            edit = add_list_entry(library, actor, list_id, kind, item_id=field("item"), annotation_id=part)
            return _redirect_with_undo(context, edit, "listed", q=field("q"))
        case _:
            raise Invalid("What was sent is not a form of this site.")
    return _redirect_with_undo(context, edit, done)


def _redirect_with_undo(context: RequestContext, edit: ListEditResult, done: str, q: str = "") -> Response:
    """Return to the changed entry, or to the one that stands now in the place of a removed one."""
    entries, entry_id, now = edit.item_list.entries, "" if q else edit.entry_id or "", context.form_value("now")
    if now and entries and not (entry_id or q):
        entry_id = entries[min(_number(now), len(entries)) - 1].id
    # The entry may stand on a later page of a long list.
    pairs = (("q", q),) if q else (("entry", entry_id),) if entry_id else ()
    address = context.addresses.item_list(edit.item_list.id, "edit", pairs)
    anchor = f"#e-{entry_id}" if entry_id else ""
    return redirect_with_flash(address + anchor, done, (edit.undo or "") if done else "")


def _entry_pages(entries: Sequence[ListEntryWithItem]) -> tuple[range, ...]:
    """The places of the entries by page. The words of an entry stand in it three times, twice in a form."""
    weights = [_FORMS_OF_ENTRY + entry_weight(one) + 2 * html_bytes(one.entry.words) for one in entries]
    return page_ranges(weights, _MOST_ENTRY_BYTES)


def _page_number(context: RequestContext, view: ListView, pages: Sequence[range]) -> int:
    """The page that the address asks for: by its number, or by the id of an entry on it."""
    entry_id = context.param("entry") or context.form_value("entry")
    for number, places in enumerate(pages, 1):
        if entry_id and any(view.entries[place].entry.id == entry_id for place in places):
            return number
    return min(requested_page(context.param("page")), len(pages))


def _entry(one: ListEntryWithItem, place: int, context: RequestContext, budget: PageBudget) -> EditedEntry:
    is_typed = (
        context.form_error and context.form_value("entry") == one.entry.id and context.form_value("act") == "words"
    )
    return EditedEntry(
        list_entry_block(one, context, budget),
        context.form_value("words") if is_typed else one.entry.words,
        place,
        one.is_there,
    )


def _find_items(context: RequestContext, view: ListView, q: str) -> tuple[tuple[FoundItem, ...], int]:
    """The items that can be added to the list: of its group, or all readable ones for a list in the user's own
    library.
    """
    everywhere = view.item_list.private or view.group.is_personal
    request = SearchRequest.from_params(
        [("q", q), ("per_page", str(MOST_FOUND)), *(() if everywhere else (("group", view.group.slug),))]
    )
    results = run_search(context.library, context.actor, request)
    matched = {one.annotation for row in results.rows for one in row.matches if one.annotation}
    found = tuple(
        FoundItem(
            row.item.id,
            title_or_url(row.item),
            tuple(
                (part.id, truncate(part.quote or part.body or "", _LONGEST_SHOWN))
                for part in sorted(row.item.annotations, key=lambda part: part.id not in matched)[:MOST_FOUND_PASSAGES]
            ),
        )
        for row in results.rows
    )
    return found, results.total


def _number(text: str) -> int:
    """A number in a form. Raises Invalid if it is not a number."""
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise Invalid("A number was expected.")
    return int(text)
