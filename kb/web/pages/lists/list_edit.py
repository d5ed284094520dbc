"""Where a list is changed: its name, the order of what it holds, the words between, and what is put into it."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Conflict, FlorilegeError, Invalid
from kb.model.items.item_list import EntryKind
from kb.model.search_request import SearchRequest
from kb.services.lists.lists import (
    ListChanged,
    OutlineView,
    Relaid,
    add_entry,
    change_entry,
    change_outline,
    move_entry,
    outline_to_change,
    remove_entry,
    remove_outline,
)
from kb.services.search.search import find
from kb.web.http.context import Context
from kb.web.http.csrf import moved
from kb.web.pages.lists.lists import Shown, shown, title_of_view
from kb.web.ui.fragments import beginning, title_of
from kb.web.ui.group_header import LISTS, GroupHead, form_of, head_of
from kb.web.ui.page_weight import MOST_BYTES, Budget
from kb.web.ui.rendering import render
from kb.web.ui.search_form import SearchForm

LARGEST_FORM = 256 * 1024
MOST_FOUND = 8
MOST_PASSAGES = 5
_LONGEST_SHOWN = 300


@dataclass(frozen=True, slots=True)
class EditedEntry:
    """One entry, with the words in its form; `place` counts from 1."""

    shown: Shown
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
    """An item that a search found, with its first passages: each can be put into the list."""

    id: str
    title: str
    passages: tuple[FoundPassage, ...]


@dataclass(frozen=True, slots=True)
class EditPage:
    """`q` is what was looked for, `found` what was found, `told` how much; `version` that of the list."""

    title: str
    head: GroupHead
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
    q: str
    found: tuple[FoundItem, ...]
    told: str
    page: str
    review: str


def edit_page(context: Context) -> Response:
    """The list, as it is changed."""
    return _answer(context)


def edit(context: Context) -> Response:
    """One change; what cannot be done is told where it was tried, and what was typed stays."""
    try:
        return _done(context)
    except (Invalid, Conflict) as error:
        return _answer(context, error)


def _done(context: Context) -> Response:
    library, actor, field = context.library, context.actor, context.form_value
    outline_id, entry_id = context.path_params["id"], context.form_value("entry")
    match field("act"):
        case "settings":
            relaid = change_outline(
                library,
                actor,
                outline_id,
                field("name"),
                field("description"),
                private=field("private") == "on",
                version=_number(field("version")),
            )
            return _moved(context, relaid, "list-changed")
        case "remove":
            group, undo = remove_outline(library, actor, outline_id)
            return moved(context.addresses.group(group.slug, LISTS), "list-removed", undo or "")
        case "place":
            return _moved(context, move_entry(library, actor, outline_id, entry_id, _number(field("place")) - 1))
        case "up" | "down" as way:
            place = _number(field("now")) - 1 + (1 if way == "down" else -1)
            return _moved(context, move_entry(library, actor, outline_id, entry_id, place))
        case "words":
            relaid = change_entry(library, actor, outline_id, entry_id, field("words"), read=field("read"))
            return _moved(context, relaid, "list-changed")
        case "drop":
            return _moved(context, remove_entry(library, actor, outline_id, entry_id), "unlisted")
        case "heading" | "text" as written:
            relaid = add_entry(library, actor, outline_id, EntryKind(written), words=field("words"))
            return _moved(context, relaid, "listed")
        case "add":
            part = field("annotation")
            kind = EntryKind.PASSAGE if part else EntryKind.ITEM
            relaid = add_entry(library, actor, outline_id, kind, item_id=field("item"), annotation_id=part or None)
            return _moved(context, relaid, "listed", q=field("q"))
        case _:
            raise Invalid("What was sent is not a form of this site.")


def _moved(context: Context, relaid: Relaid, key: str = "", q: str = "") -> Response:
    address = context.addresses.outline(relaid.outline.id, "edit", (("q", q),) if q else ())
    anchor = f"#e-{relaid.entry_id}" if relaid.entry_id and not q else ""
    return moved(address + anchor, key, (relaid.undo or "") if key else "")


def _answer(context: Context, error: FlorilegeError | None = None) -> Response:
    words, field = context.words, context.form_value
    view = outline_to_change(context.library, context.actor, context.path_params["id"])
    outline, group = view.outline, view.group
    changed = isinstance(error, ListChanged)
    settings = error is not None and field("act") == "settings"
    q = (context.param("q") or field("q")).strip()
    found, told = _found(context, view, q)
    # The words of each entry stand twice: as they are read, and in a field.
    budget = Budget(MOST_BYTES // 2)
    page = EditPage(
        title=title_of_view(view),
        head=head_of(context, group, LISTS, below=outline.name),
        form=form_of(context, group),
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
            _entry(shown(one, context, budget), place, view, context, error) for place, one in enumerate(view.entries)
        ),
        q=q,
        found=found,
        told=told,
        page=context.addresses.outline(outline.id),
        review=context.addresses.outline(outline.id, "review"),
    )
    return render(context, "lists/list_edit.html", page, (409 if changed else 400) if error else 200)


def _entry(entry: Shown, place: int, view: OutlineView, context: Context, error: FlorilegeError | None) -> EditedEntry:
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


def _found(context: Context, view: OutlineView, q: str) -> tuple[tuple[FoundItem, ...], str]:
    """What can be put into the list: of its group, or of all that one may read for a list of one's own."""
    if not q:
        return (), ""
    everywhere = view.outline.private or view.group.is_personal
    request = SearchRequest.from_params(
        [("q", q), ("per_page", str(MOST_FOUND)), *(() if everywhere else (("group", view.group.slug),))]
    )
    results = find(context.library, context.actor, request)
    matched = {one.annotation for row in results.rows for one in row.matches if one.annotation}
    found = tuple(
        FoundItem(
            row.item.id,
            title_of(row.item),
            tuple(
                FoundPassage(part.id, beginning(part.quote or part.body or "", _LONGEST_SHOWN))
                for part in sorted(row.item.annotations, key=lambda part: part.id not in matched)[:MOST_PASSAGES]
            ),
        )
        for row in results.rows
    )
    return found, context.words.plural("%(count)s item found", "%(count)s items found", results.total)


def _number(text: str) -> int:
    """A number of a form. Raises Invalid for what is none."""
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise Invalid("A number was expected.")
    return int(text)
