"""The history of an item (`/items/<id>/history`): what was changed, by whom, with buttons to take it back."""

from collections.abc import Iterator
from dataclasses import dataclass
from os.path import commonprefix

from markupsafe import Markup
from starlette.responses import Response

from kb.errors import Conflict, Forbidden, Invalid, NotFound, translatable
from kb.features.history.history import (
    ItemHistoryPage,
    ShownChange,
    delete_change,
    give_title_back,
    item_history,
    own_title,
    undo_change,
)
from kb.features.history.item_changes import GROUP, REMOVED, TAGS, Value
from kb.model.bibliographic_record import RECORD_FIELDS
from kb.model.items.annotation import Annotation, Reply
from kb.model.items.item import Item
from kb.services.core.pagination import page_count
from kb.services.items.item_creation import AlreadySaved
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash, safe_next
from kb.web.http.urls.page_urls import url_with_query
from kb.web.pages.annotations.annotation_forms import COLOR_NAMES
from kb.web.ui.display_text import Link, MarkedPieces, group_name, kind_label, truncate_to_line
from kb.web.ui.form_errors import handle_form
from kb.web.ui.form_options import document_type_name
from kb.web.ui.item_links import item_breadcrumb
from kb.web.ui.local_time import day_and_time
from kb.web.ui.pager import Pager, pager_of_address, requested_page
from kb.web.ui.rendering import render, render_fragment
from kb.whole_numbers import parse_whole_number

HISTORY = "history"
"""The end of the address."""
PER_PAGE = 30
_MOST_NUMBER = 10**9
_LONGEST_SHOWN = 600
_AROUND = 60
"""Characters of a text that are shown on each side of what differs."""
_LONGEST_QUOTE = 80
_CODED = frozenset({"color", "language", "document_type"})
_LABELS = {
    **{record.name: record.label for record in RECORD_FIELDS},
    TAGS: translatable("Tags"),
    GROUP: translatable("Group"),
    "quote": translatable("Passage"),
    "body": translatable("Text"),
    "color": translatable("Colour"),
}


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A changed field: what it was and is, of which the marked pieces differ; empty for no value."""

    label: str
    before: MarkedPieces
    after: MarkedPieces


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A change. `about` leads to the passage or the comment that it is about, if it is there; `what` names it."""

    number: int
    who: str
    changed_at: str
    shown_time: str
    what: str
    about: Link | None
    fields: tuple[FieldRow, ...]
    may_undo: bool


@dataclass(frozen=True, slots=True)
class HistoryPage:
    history: ItemHistoryPage
    breadcrumb: tuple[Link, ...]
    rows: tuple[ChangeRow, ...]
    pager: Pager


def history_page(context: RequestContext) -> Response:
    """The history of an item that the actor may read. Raises NotFound."""
    number = requested_page(context.param("page"))
    history = item_history(context.library, context.actor, context.path_params["id"], number, PER_PAGE)
    page = HistoryPage(
        history=history,
        breadcrumb=item_breadcrumb(context, history.group, history.item),
        rows=tuple(_row(context, history.item, change) for change in history.changes),
        pager=pager_of_address(context, number, page_count(history.total, PER_PAGE)),
    )
    return render(context, "history/item_history.html", page)


@handle_form(history_page, {Forbidden: 403, NotFound: 404, Conflict: 409, AlreadySaved: 409, Invalid: 400})
def handle_history_post(context: RequestContext) -> Response:
    """Take a change back, delete it from the history, or give the user's title back and return to the page `next`."""
    item_id = context.path_params["id"]
    if context.form_value("act") == "title":
        undo = give_title_back(context.library, context.actor, item_id)
        context.mark_item_parts_seen(item_id, [""])
        onward = safe_next(context.form_value("next") or context.addresses.of_item(item_id, HISTORY))
        return redirect_with_flash(onward, "item-changed" if undo else "unchanged", undo or "")
    number = parse_whole_number(context.form_value("number"), 0, most=_MOST_NUMBER)
    if context.form_value("act") == "delete":
        delete_change(context.library, context.actor, item_id, number)
        return redirect_with_flash(context.addresses.of_item(item_id, HISTORY), "purged")
    undo = undo_change(context.library, context.actor, item_id, number)
    done = "item-changed" if undo else "unchanged"
    return redirect_with_flash(context.addresses.of_item(item_id, HISTORY), done, undo or "")


def own_title_panel(context: RequestContext, item_id: str) -> Markup:
    """The title that the user gave an item, if others changed it since, and the button that gives it back."""
    title = own_title(context.library, context.actor, item_id)
    if not title:
        return Markup()
    onward = url_with_query(context.path, context.params)
    panel = OwnTitlePanel(title, context.addresses.of_item(item_id, HISTORY), onward, context.credentials.form_token)
    return Markup(render_fragment(context.choice.language, "history/own_title.html", panel))  # noqa: S704 - a template


@dataclass(frozen=True, slots=True)
class OwnTitlePanel:
    """`action` is where the form is sent; it leads back to `onward`."""

    title: str
    action: str
    onward: str
    form_token: str


def _row(context: RequestContext, item: Item, change: ShownChange) -> ChangeRow:
    entry, translator = change.entry, context.translator
    _ = translator.gettext
    return ChangeRow(
        entry.number,
        # A change of the operator, or of who was erased, has no name.
        entry.user.shown_name if entry.user else _("Someone"),
        entry.changed_at,
        day_and_time(context.library.settings, translator, entry.changed_at),
        _("removed a passage or a comment") if REMOVED in entry.changes else "",
        _part_link(context, item, change.part),
        tuple(_field_rows(change, translator)),
        change.may_undo,
    )


def _part_link(context: RequestContext, item: Item, part: Annotation | Reply | None) -> Link | None:
    if part is None:
        return None
    kind = context.translator.gettext("Reply") if isinstance(part, Reply) else kind_label(part.kind, context.translator)
    quote = part.quote if isinstance(part, Annotation) else None
    text = "".join(piece for piece, _ in truncate_to_line(quote or part.body or "", _LONGEST_QUOTE))
    label = context.translator.gettext("%(name)s: %(text)s", name=kind, text=text)
    return Link(label, context.addresses.item(item.id, annotation=part.id))


def _field_rows(change: ShownChange, translator: Translator) -> Iterator[FieldRow]:
    for name, (before, after) in change.entry.changes.items():
        if name == REMOVED:
            continue
        if name == GROUP:
            old, new = (_whole(_group_label(change, value, translator)) for value in (before, after))
        elif name == TAGS:
            old, new = _different_tags(before, after), _different_tags(after, before)
        elif name in _CODED:
            old, new = (_whole(_coded_name(name, value, translator)) for value in (before, after))
        else:
            old, new = marked_difference(str(before or ""), str(after or ""))
        yield FieldRow(translator.gettext(_LABELS[name]), old, new)


def _whole(text: str) -> MarkedPieces:
    return ((text, True),) if text else ()


def _coded_name(field: str, value: Value, translator: Translator) -> str:
    """The name of a value that is stored as a code."""
    if not value:
        return ""
    match field:
        case "language":
            return translator.language_name(str(value))
        case "document_type":
            return document_type_name(str(value), translator)
        case _:
            return translator.gettext(COLOR_NAMES.get(str(value), str(value)))


def _group_label(change: ShownChange, group_id: Value, translator: Translator) -> str:
    group = change.groups.get(str(group_id))
    return group_name(group, translator) if group else translator.gettext("another group")


def _different_tags(tags: Value, others: Value) -> MarkedPieces:
    """The tags of the first list that the second lacks."""
    return _whole(", ".join(tag for tag in tags or () if tag not in (others or ())))


def marked_difference(before: str, after: str) -> tuple[MarkedPieces, MarkedPieces]:
    """Two texts, with what differs between their common beginning and end marked; long equal parts are cut."""
    start = len(commonprefix([before, after]))  # noqa: RUF071 - texts, not paths
    end = len(commonprefix([before[start:][::-1], after[start:][::-1]]))  # noqa: RUF071
    return _around(before, start, len(before) - end), _around(after, start, len(after) - end)


def _around(text: str, start: int, end: int) -> MarkedPieces:
    ahead = text[max(0, start - _AROUND) : start]
    behind = text[end : end + _AROUND]
    marked = text[start:end]
    if len(marked) > _LONGEST_SHOWN:
        marked = f"{marked[:_LONGEST_SHOWN]} …"
    pieces = (
        ("… " + ahead if start > _AROUND else ahead, False),
        (marked, True),
        (behind + " …" if end + _AROUND < len(text) else behind, False),
    )
    return tuple((piece, is_marked) for piece, is_marked in pieces if piece)
