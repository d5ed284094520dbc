"""The lists of a group, and one of them as it is read."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.access.actor import Action
from kb.errors import FlorilegeError, Invalid
from kb.model.items.item_list import EntryKind, Outline
from kb.press_review.review import paragraphs
from kb.services.groups.groups import allowed_in
from kb.services.lists.lists import EntryView, OutlineView, begin_outline, outline_page, outlines_of
from kb.translation import Translator
from kb.web.http.context import Context
from kb.web.http.csrf import moved
from kb.web.pages.listing.result_rows import LONGEST_MARKED_TITLE
from kb.web.ui.fragments import Link, beginning, foreign, style_of, title_of
from kb.web.ui.group_header import LISTS, GroupHead, form_of, head_of
from kb.web.ui.page_weight import Budget
from kb.web.ui.rendering import render
from kb.web.ui.search_form import SearchForm


@dataclass(frozen=True, slots=True)
class ListRow:
    """One list; `about` says how long it is, whose, and when it last changed."""

    link: Link
    about: tuple[str, ...]
    description: str


@dataclass(frozen=True, slots=True)
class ListsPage:
    """The lists of a group. `may_begin`: the asker may make one; `personal`: nobody else reads it anyway."""

    title: str
    head: GroupHead
    form: SearchForm
    form_token: str
    action: str
    wrong: str
    rows: tuple[ListRow, ...]
    may_begin: bool
    personal: bool
    name: str
    description: str
    private: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """One entry as it is read. `kind` is item, passage, heading, text or gone; `facts` say where it is from."""

    id: str
    kind: str
    title: str = ""
    href: str = ""
    facts: tuple[str, ...] = ()
    language: str | None = None
    style: str = ""
    quote: str = ""
    said: str = ""
    description: str = ""
    paragraphs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListPage:
    """One list. `edit` leads to where it is changed, empty for who may not; `review` to a press review of it."""

    title: str
    head: GroupHead
    form: SearchForm
    about: tuple[str, ...]
    description: tuple[str, ...]
    entries: tuple[Shown, ...]
    edit: str
    review: str


def lists_page(context: Context) -> Response:
    """The lists of a group."""
    return _lists(context)


def begin(context: Context) -> Response:
    """Make a list, and go where things are put into it."""
    try:
        outline = begin_outline(
            context.library,
            context.actor,
            context.path_params["group"],
            context.form_value("name"),
            context.form_value("description"),
            private=context.form_value("private") == "on",
        )
    except Invalid as error:
        return _lists(context, error)
    return moved(context.addresses.outline(outline.id, "edit"), "list-begun")


def list_page(context: Context) -> Response:
    """One list, to be read."""
    view = outline_page(context.library, context.actor, context.path_params["id"])
    addresses, outline, group = context.addresses, view.outline, view.group
    budget = Budget()
    page = ListPage(
        title=title_of_view(view),
        head=head_of(context, group, LISTS, below=outline.name),
        form=form_of(context, group),
        about=about(outline, sum(one.is_there for one in view.entries), context.words),
        description=paragraphs(outline.description),
        entries=tuple(shown(one, context, budget) for one in view.entries if one.is_there),
        edit=addresses.outline(outline.id, "edit") if view.may_change else "",
        review=addresses.outline(outline.id, "review"),
    )
    return render(context, "lists/list.html", page)


def about(outline: Outline, length: int, words: Translator) -> tuple[str, ...]:
    """How long a list is, whose it is, who reads it, and when it last changed."""
    owner = words.say("by %(name)s", name=outline.owner.name) if outline.owner else ""
    private = words.say("only you see it") if outline.private else ""
    changed = words.say("changed on %(day)s", day=words.instant(outline.changed_at))
    return tuple(
        part for part in (words.plural("%(count)s entry", "%(count)s entries", length), owner, private, changed) if part
    )


def shown(one: EntryView, context: Context, budget: Budget) -> Shown:
    """An entry as it is read: its texts whole as long as the page has room for them."""
    words, entry, item = context.words, one.entry, one.item
    if entry.kind in {EntryKind.HEADING, EntryKind.TEXT}:
        return Shown(entry.id, entry.kind.value, title=entry.words, paragraphs=paragraphs(entry.words))
    if item is None or not one.is_there:
        return Shown(entry.id, "gone")
    annotation = one.annotation
    facts = (item.byline, item.source, words.period(item.published) if item.published else "")
    return Shown(
        id=entry.id,
        kind=entry.kind.value,
        title=beginning(title_of(item), LONGEST_MARKED_TITLE),
        href=context.addresses.item(item.id, annotation=annotation.id if annotation else None),
        facts=tuple(part for part in facts if part),
        language=foreign(item, words),
        style=style_of(annotation) if annotation else "",
        quote=budget.shown(annotation.quote) if annotation else "",
        said=budget.shown(annotation.body) if annotation else "",
        description="" if annotation else budget.shown(item.description),
        paragraphs=paragraphs(entry.words),
    )


def title_of_view(view: OutlineView) -> str:
    """What the pages of a list are called."""
    return f"{view.outline.name} – {view.group.name}"


def _lists(context: Context, error: FlorilegeError | None = None) -> Response:
    words = context.words
    group, found = outlines_of(context.library, context.actor, context.path_params["group"])
    head = head_of(context, group, LISTS)
    page = ListsPage(
        title=f"{head.title} – {group.name}",
        head=head,
        form=form_of(context, group),
        form_token=context.form_token,
        action=context.addresses.group(group.slug, LISTS),
        wrong=words.sentence(error) if error else "",
        rows=tuple(
            ListRow(Link(one.name, context.addresses.outline(one.id)), about(one, length, words), one.description)
            for one, length in found
        ),
        may_begin=Action.CONTRIBUTE in allowed_in(context.actor, group),
        personal=group.is_personal,
        name=context.form_value("name"),
        description=context.form_value("description"),
        private=context.form_value("private") == "on",
    )
    return render(context, "lists/lists.html", page, 400 if error else 200)
