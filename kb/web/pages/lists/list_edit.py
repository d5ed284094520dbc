"""Edit a list: its name, the order of its entries, the texts between them, and new entries."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Conflict, FlorilegeError, Invalid
from kb.model.items.item_list import ListEntryKind
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
from kb.web.pages.lists.lists import ListEntryBlock, entry_weight, list_entry_block, list_pages, list_title
from kb.web.ui.display_text import title_or_url, truncate
from kb.web.ui.group_header import LISTS, GroupHeader, header_of_group, search_form_of_group
from kb.web.ui.page_weight import PageBudget, html_bytes, page_ranges
from kb.web.ui.pager import Pager, requested_page
from kb.web.ui.rendering import render
from kb.web.ui.search_form import SearchForm

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
    """One entry, with the text in its form; `place` counts from 1."""

    shown: ListEntryBlock
    words: str
    place: int
    is_first: bool
    is_last: bool
    has_words: bool
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class FoundPassage:
    id: str
    text: str


@dataclass(frozen=True, slots=True)
class FoundItem:
    """An item found by a search, with its first highlights: each can be added to the list."""

    id: str
    title: str
    passages: tuple[FoundPassage, ...]


@dataclass(frozen=True, slots=True)
class ListEditPage:
    """`q` is the query, `found` its results, `told` their number; `version` that of the list."""

    title: str
    head: GroupHeader
    form: SearchForm
    form_token: str
    action: str
    wrong: str
    name: str
    description: str
    private: bool
    personal: bool
    is_mine: bool
    version: int
    entries: tuple[EditedEntry, ...]
    entry_count: int
    pager: Pager
    q: str
    found: tuple[FoundItem, ...]
    told: str
    page: str
    review: str


def list_edit_page(context: RequestContext) -> Response:
    """The list, in the page that edits it."""
    return _page_response(context)


def handle_list_edit_post(context: RequestContext) -> Response:
    """Make one change; an error is shown beside its form, with the typed values."""
    try:
        return _apply_form(context)
    except (Invalid, Conflict) as error:
        return _page_response(context, error)


def _apply_form(context: RequestContext) -> Response:
    library, actor, field = context.library, context.actor, context.form_value
    outline_id, entry_id = context.path_params["id"], context.form_value("entry")
    match field("act"):
        case "settings":
            relaid = change_list(
                library,
                actor,
                outline_id,
                field("name"),
                field("description"),
                private=field("private") == "on",
                version=_number(field("version")),
            )
            return _redirect_with_undo(context, relaid, "list-changed")
        case "remove":
            group, undo = remove_list(library, actor, outline_id)
            return redirect_with_flash(context.addresses.group(group.slug, LISTS), "list-removed", undo or "")
        case "place":
            return _redirect_with_undo(
                context, move_list_entry(library, actor, outline_id, entry_id, _number(field("place")) - 1)
            )
        case "up" | "down" as way:
            place = _number(field("now")) - 1 + (1 if way == "down" else -1)
            return _redirect_with_undo(context, move_list_entry(library, actor, outline_id, entry_id, place))
        case "words":
            relaid = change_list_entry(library, actor, outline_id, entry_id, field("words"), read=field("read"))
            return _redirect_with_undo(context, relaid, "list-changed")
        case "drop":
            return _redirect_with_undo(context, remove_list_entry(library, actor, outline_id, entry_id), "unlisted")
        case "heading" | "text" as written:
            relaid = add_list_entry(library, actor, outline_id, ListEntryKind(written), words=field("words"))
            return _redirect_with_undo(context, relaid, "listed")
        case "add":
            part = field("annotation")
            kind = ListEntryKind.PASSAGE if part else ListEntryKind.ITEM
            relaid = add_list_entry(library, actor, outline_id, kind, item_id=field("item"), annotation_id=part or None)
            return _redirect_with_undo(context, relaid, "listed", q=field("q"))
        case _:
            raise Invalid("What was sent is not a form of this site.")


def _redirect_with_undo(context: RequestContext, relaid: ListEditResult, key: str = "", q: str = "") -> Response:
    entry_id = "" if q else relaid.entry_id or _entry_in_place(context, relaid)
    # The entry may stand on a later page of a long list.
    pairs = (("q", q),) if q else (("entry", entry_id),) if entry_id else ()
    address = context.addresses.outline(relaid.outline.id, "edit", pairs)
    anchor = f"#e-{entry_id}" if entry_id else ""
    return redirect_with_flash(address + anchor, key, (relaid.undo or "") if key else "")


def _entry_in_place(context: RequestContext, relaid: ListEditResult) -> str:
    """The id of the entry that stands where the entry of the form stood; empty for a form without an entry."""
    entries, now = relaid.outline.entries, context.form_value("now")
    if not now or not entries:
        return ""
    return entries[min(_number(now), len(entries)) - 1].id


def _page_response(context: RequestContext, error: FlorilegeError | None = None) -> Response:
    words, field = context.words, context.form_value
    view = list_to_change(context.library, context.actor, context.path_params["id"])
    outline, group = view.outline, view.group
    changed = isinstance(error, ListChanged)
    settings = error is not None and field("act") == "settings"
    q = (context.param("q") or field("q")).strip()
    found, told = _find_items(context, view, q)
    pages = _entry_pages(view.entries)
    number = _page_number(context, view, pages)
    budget = PageBudget(_MOST_ENTRY_BYTES)
    page = ListEditPage(
        title=list_title(view),
        head=header_of_group(context, group, LISTS, below=outline.name),
        form=search_form_of_group(context, group),
        form_token=context.form_token,
        action=context.addresses.outline(outline.id, "edit"),
        wrong=words.sentence(error) if error and not field("entry") else "",
        name=field("name") if settings else outline.name,
        description=field("description") if settings else outline.description,
        private=field("private") == "on" if settings else outline.private,
        personal=group.is_personal,
        is_mine=outline.owner is not None and outline.owner.id == context.actor.user_id,
        version=outline.version,
        entries=tuple(
            _entry(list_entry_block(view.entries[place], context, budget), place, view, context, error)
            for place in pages[number - 1]
        ),
        entry_count=len(view.entries),
        pager=list_pages(context, number, len(pages)),
        q=q,
        found=found,
        told=told,
        page=context.addresses.outline(outline.id),
        review=context.addresses.outline(outline.id, "review"),
    )
    return render(context, "lists/list_edit.html", page, (409 if changed else 400) if error else 200)


def _entry_pages(entries: Sequence[ListEntryWithItem]) -> tuple[range, ...]:
    """The places of the entries by page. The words of an entry stand in it three times, twice in a form."""
    weights = [_FORMS_OF_ENTRY + entry_weight(one) + 2 * html_bytes(one.entry.words) for one in entries]
    return page_ranges(weights, _MOST_ENTRY_BYTES)


def _page_number(context: RequestContext, view: ListView, pages: Sequence[range]) -> int:
    """The page that the address asks for: by its number, or by the id of an entry on it."""
    shown = context.param("entry") or context.form_value("entry")
    for number, places in enumerate(pages, 1):
        if shown and any(view.entries[place].entry.id == shown for place in places):
            return number
    return min(requested_page(context.param("page")), len(pages))


def _entry(
    entry: ListEntryBlock, place: int, view: ListView, context: RequestContext, error: FlorilegeError | None
) -> EditedEntry:
    one = view.entries[place]
    tried = error is not None and context.form_value("entry") == one.entry.id
    typed = tried and context.form_value("act") == "words"
    return EditedEntry(
        entry,
        context.form_value("words") if typed else one.entry.words,
        place + 1,
        place == 0,
        place == len(view.entries) - 1,
        one.is_there,
        context.words.sentence(error) if tried and error else "",
    )


def _find_items(context: RequestContext, view: ListView, q: str) -> tuple[tuple[FoundItem, ...], str]:
    """The items that can be added to the list: of its group, or all readable ones for a list in the user's own
    library.
    """
    if not q:
        return (), ""
    everywhere = view.outline.private or view.group.is_personal
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
                FoundPassage(part.id, truncate(part.quote or part.body or "", _LONGEST_SHOWN))
                for part in sorted(row.item.annotations, key=lambda part: part.id not in matched)[:MOST_FOUND_PASSAGES]
            ),
        )
        for row in results.rows
    )
    return found, context.words.plural("%(count)s item found", "%(count)s items found", results.total)


def _number(text: str) -> int:
    """A number in a form. Raises Invalid if it is not a number."""
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise Invalid("A number was expected.")
    return int(text)
