"""Edit a list: its name, the order of its entries, the texts between them, and new entries."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from starlette.responses import Response

from kb.errors import Conflict, Invalid
from kb.model.items.item_list import ItemList, ListEntryKind
from kb.model.people.group import personal_slug
from kb.model.truncation import truncate
from kb.services.lists.list_arrangement import (
    add_list_entries,
    move_list_entries,
    remove_list_entries,
    shift_list_entry,
)
from kb.services.lists.list_windows import ListWindow, list_groups, list_window_to_change
from kb.services.lists.lists import (
    END,
    START,
    ListChanged,
    ListEditResult,
    ListEntryWithItem,
    add_list_entry,
    change_list,
    change_list_entry,
    move_list_entry,
    remove_list,
)
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.http.writes.idempotent_forms import once
from kb.web.pages.lists.list_editor_search import ListSearch, list_search, search_state
from kb.web.pages.lists.lists import ListPages
from kb.web.ui.display_text import group_name, title_or_url
from kb.web.ui.form_errors import handle_form
from kb.web.ui.form_options import FormOption, readers_sentence
from kb.web.ui.group_header import LISTS, GroupHeader, header_of_group
from kb.web.ui.item_links import LONGEST_ROW_TITLE
from kb.web.ui.pager import Pager, pager_of_address, requested_page
from kb.web.ui.rendering import render
from kb.whole_numbers import parse_whole_number

LARGEST_LIST_FORM = 256 * 1024
_LONGEST_POSITION = 60
_MOST_HEADINGS = 50
_ROW_BYTES = 3_500
"""Bytes of one row with its forms, without its words."""
_MOST_ENTRY_BYTES = 400_000
"""Bytes of the rows of one page."""


@dataclass(frozen=True, slots=True)
class EditedEntry:
    """One entry as a compact row: its title, and the words in its form; `position` counts from 1."""

    listed: ListEntryWithItem
    title: str
    words: str
    position: int


@dataclass(frozen=True, slots=True)
class ListEditPage:
    """`private` is that of the list, or as typed. `failed_entry` is the id of the entry whose form has an error;
    `new_words` are those of a refused new heading or text. `positions` are those where entries can be placed; `groups`
    those of the list, if it can be moved; `search` is what can be added. `is_setting`: the form of the list is
    open.
    """

    head: GroupHeader
    item_list: ItemList
    length: int
    private: bool
    may_be_private: bool
    groups: tuple[FormOption, ...]
    entries: tuple[EditedEntry, ...]
    failed_entry: str
    pager: Pager
    number: int
    positions: tuple[FormOption, ...]
    search: ListSearch
    new_words: str
    is_setting: bool


def list_edit_page(context: RequestContext) -> Response:
    """The list, in the page that edits it; an error is shown beside its form, with the typed values."""
    field = context.form_value
    pages = ListPages(
        requested_page(context.param("page") or field("page")),
        context.param("entry") or field("entry"),
        most=_MOST_ENTRY_BYTES,
        around=_ROW_BYTES,
        copies=2,
    )
    window = list_window_to_change(context.library, context.actor, context.path_params["id"], pages)
    item_list, group = window.item_list, window.group
    is_typed = context.form_error is not None and field("act") == "settings"
    is_own = item_list.owner is not None and item_list.owner.id == context.actor.user_id
    groups = list_groups(context.library, context.actor) if is_own and group.is_personal else ()
    rows = tuple(_row(listed, at + 1, context) for listed, at in zip(window.shown, pages.positions, strict=True))
    page = ListEditPage(
        head=header_of_group(context, group, LISTS, below=item_list.name),
        item_list=item_list,
        length=len(window.entries),
        private=field("private") == "on" if is_typed else item_list.private,
        may_be_private=is_own and not group.is_personal,
        groups=tuple(
            FormOption(
                option.slug,
                group_name(option, context.translator)
                if option.is_personal
                else f"{option.name} ({readers_sentence(option, context.translator)})",
                selected=option.slug == (field("group") or group.slug),
            )
            for option in groups
        ),
        entries=rows,
        failed_entry=field("entry") if context.form_error and field("act") == "words" else "",
        pager=pager_of_address(context, pages.number, pages.last, "entry", "after"),
        number=pages.number,
        positions=_positions(window, rows, context),
        search=list_search(context, window.entries),
        new_words=field("words") if context.form_error and field("act") in {"heading", "text"} else "",
        is_setting=is_typed,
    )
    return render(context, "lists/list_edit.html", page)


@handle_form(list_edit_page, {ListChanged: 409, Conflict: 400})
def handle_list_edit_post(context: RequestContext) -> Response:
    """Make one change."""
    library, actor, field = context.library, context.actor, context.form_value
    # A button of a row sends its entry with its action.
    act, _, entry_id = field("act").partition(" ")
    list_id, entry_id, done = context.path_params["id"], entry_id or field("entry"), ""
    match act:
        case "settings":
            private, version = field("private") == "on", _number(field("version"))
            edit = change_list(
                library,
                actor,
                list_id,
                field("name"),
                field("description"),
                private=private,
                version=version,
                slug=field("group"),
            )
            # Only a list of one's own library can be moved: its form names the group.
            is_moved = bool(edit.undo and field("group")) and field("group") != personal_slug(actor.login or "")
            done = "list-moved" if is_moved else "list-changed"
        case "remove":
            group, undo = remove_list(library, actor, list_id)
            return redirect_with_flash(context.addresses.group(group.slug, LISTS), "list-removed", undo or "")
        case "words":
            edit = change_list_entry(library, actor, list_id, entry_id, field("words"), read=field("read"))
            done = "list-changed"
        case "heading" | "text" | "add":
            return _add(context)
        case _:
            edit, done = _arrange(context, act, entry_id)
    return _redirect_with_undo(context, edit, done)


@once
def _add(context: RequestContext) -> Response:
    """Add a heading, a text, or what is ticked."""
    library, actor, field, list_id = context.library, context.actor, context.form_value, context.path_params["id"]
    after = field("after") or END
    if field("act") == "add":
        pairs = (value.partition(" ") for value in _values(context, "add"))
        parts = [(item_id, part) for item_id, _, part in pairs]
        if field("item"):
            parts.append((field("item"), field("annotation")))
        edit = add_list_entries(library, actor, list_id, parts, after)
    else:
        edit = add_list_entry(library, actor, list_id, ListEntryKind(field("act")), words=field("words"), after=after)
    return _redirect_with_undo(context, edit, "listed")


def _arrange(context: RequestContext, act: str, entry_id: str) -> tuple[ListEditResult, str]:
    """Move or remove entries; returns the edit and the key of its message."""
    library, actor, field, list_id = context.library, context.actor, context.form_value, context.path_params["id"]
    match act:
        case "place":
            return move_list_entry(library, actor, list_id, entry_id, _number(field("place")) - 1), ""
        case "up" | "down":
            return shift_list_entry(library, actor, list_id, entry_id, 1 if act == "down" else -1), ""
        case "put":
            selected = _values(context, "chosen")
            return move_list_entries(library, actor, list_id, selected, field("after") or END), "list-changed"
        case "drop":
            return remove_list_entries(library, actor, list_id, [entry_id]), "unlisted"
        case "take":
            return remove_list_entries(library, actor, list_id, _values(context, "chosen")), "unlisted"
        case _:
            raise Invalid("The request is not a form of this site.")


def _redirect_with_undo(context: RequestContext, edit: ListEditResult, done: str) -> Response:
    """Return to the changed entry, or to the one at the position of a removed one, with the same search."""
    # The entry may stand on another page of a long list.
    pairs = (*search_state(context), *((("entry", edit.entry_id),) if edit.entry_id else ()))
    address = context.addresses.item_list(edit.item_list.id, "edit", pairs)
    anchor = f"#e-{edit.entry_id}" if edit.entry_id else ""
    return redirect_with_flash(address + anchor, done, (edit.undo or "") if done else "")


def _values(context: RequestContext, name: str) -> list[str]:
    return [value for field_name, value in context.fields if field_name == name and value]


def _row(listed: ListEntryWithItem, position: int, context: RequestContext) -> EditedEntry:
    entry, item, annotation = listed.entry, listed.item, listed.annotation
    title = (annotation.quote or annotation.body or "") if annotation else title_or_url(item) if item else entry.text
    is_typed = context.form_value("act") == "words" and context.form_value("entry") == entry.id
    words = context.typed_value("words", entry.text) if is_typed else entry.text
    return EditedEntry(listed, truncate(title, LONGEST_ROW_TITLE), words, position)


def _positions(window: ListWindow, rows: Sequence[EditedEntry], context: RequestContext) -> tuple[FormOption, ...]:
    """Where entries can be placed: at the start, at the end, after the entries of this page and the first headings of
    others.
    """
    titles = {row.listed.entry.id: row.title for row in rows}
    _ = context.translator.gettext
    headings = [entry.id for entry in window.entries if entry.kind is ListEntryKind.HEADING][:_MOST_HEADINGS]
    entry_ids = {*headings, *titles}
    after = tuple(
        FormOption(
            entry.id,
            _("after %(entry)s", entry=f"{position}. {truncate(titles.get(entry.id, entry.text), _LONGEST_POSITION)}"),
        )
        for position, entry in enumerate(window.entries, 1)
        if entry.id in entry_ids
    )
    start, end = FormOption(START, _("at the beginning")), FormOption(END, _("at the end"))
    typed = context.form_value("after") or context.param("after")
    return tuple(replace(option, selected=option.value == typed) for option in (end, start, *after))


def _number(text: str) -> int:
    """A number in a form. Raises Invalid if it is not a number."""
    number = parse_whole_number(text, None)
    if number is None:
        raise Invalid("A number was expected.")
    return number
