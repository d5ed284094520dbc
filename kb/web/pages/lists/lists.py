"""The lists of a group, the page of one list, and the page that adds an item or a highlight to a list."""

from dataclasses import dataclass, replace

from starlette.responses import Response

from kb.access.actor import Action
from kb.errors import Conflict, Invalid
from kb.model.items.annotation import Annotation, AnnotationKind
from kb.model.items.annotation_address import LONGEST_ESCAPE
from kb.model.items.item import Item
from kb.model.items.item_list import ItemList, ListEntry, ListEntryKind
from kb.model.people.group import Group, personal_slug
from kb.model.truncation import truncate
from kb.press_review.review import split_paragraphs
from kb.services.groups.group_views import allowed_actions
from kb.services.lists.list_additions import item_and_lists
from kb.services.lists.list_windows import ListWindow, list_window
from kb.services.lists.lists import (
    ListEntryWithItem,
    add_list_entry,
    create_list,
    lists_of_group,
)
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.http.writes.idempotent_forms import once
from kb.web.pages.listing.feed_links import FeedLinks, feed_links_of_list
from kb.web.pages.listing.result_rows import LONGEST_MARKED_TITLE
from kb.web.ui.display_text import highlight_style, kind_label, title_or_url
from kb.web.ui.form_errors import handle_form
from kb.web.ui.form_options import FormOption, list_options
from kb.web.ui.group_header import LISTS, GroupHeader, header_of_group
from kb.web.ui.page_weight import MOST_PAGE_BYTES, SHORT, PageBudget, html_bytes, page_ranges
from kb.web.ui.pager import Pager, pager_of_address, requested_page
from kb.web.ui.rendering import render

_NEW = ""
_LONGEST_SHOWN = 600
ENTRIES_PER_PAGE = 100
_AROUND_ENTRY = 350
"""Bytes of what stands around the texts of one entry: its tags, its link."""
_ITEM_BYTES = LONGEST_ESCAPE * (2 * SHORT + 3 * LONGEST_MARKED_TITLE)
"""The most bytes of the beginnings of the texts of an entry's item."""


@dataclass(frozen=True, slots=True)
class ListsPage:
    """The lists of a group, each with its number of entries. `may_create`: the user may create one."""

    head: GroupHeader
    lists: tuple[tuple[ItemList, int], ...]
    may_create: bool
    is_personal: bool


@dataclass(frozen=True, slots=True)
class ListEntryBlock:
    """One entry with its texts, for which the page has room; `by` says who wrote a comment."""

    listed: ListEntryWithItem
    paragraphs: tuple[str, ...]
    style: str = ""
    quote: str = ""
    comment: str = ""
    by: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class ListPage:
    """One list; `feeds` are those of what is added to it."""

    head: GroupHeader
    window: ListWindow
    description: tuple[str, ...]
    entries: tuple[ListEntryBlock, ...]
    pager: Pager
    feeds: FeedLinks


def lists_page(context: RequestContext) -> Response:
    """The lists of a group."""
    group, lists = lists_of_group(context.library, context.actor, context.path_params["group"])
    page = ListsPage(
        head=header_of_group(context, group, LISTS),
        lists=lists,
        may_create=Action.CONTRIBUTE in allowed_actions(context.actor, group),
        is_personal=group.is_personal,
    )
    return render(context, "lists/lists.html", page)


@handle_form(lists_page)
@once
def handle_new_list_post(context: RequestContext) -> Response:
    """Create a list, and redirect to the page that edits it."""
    field = context.form_value
    new = create_list(
        context.library,
        context.actor,
        context.path_params["group"],
        field("name"),
        field("description"),
        private=field("private") == "on",
    )
    return redirect_with_flash(context.addresses.item_list(new.id, "edit"), "list-begun")


def list_page(context: RequestContext) -> Response:
    """One page of a list, to read."""
    pages = ListPages(requested_page(context.param("page")), context.param("entry"))
    window = list_window(context.library, context.actor, context.path_params["id"], pages)
    budget = PageBudget(MOST_PAGE_BYTES - sum(map(entry_weight, window.shown)))
    page = ListPage(
        head=header_of_group(context, window.group, LISTS, below=window.item_list.name),
        window=window,
        description=split_paragraphs(window.item_list.description),
        entries=tuple(_list_entry_block(listed, context, budget) for listed in window.shown),
        pager=pager_of_address(context, pages.number, pages.last, "entry"),
        feeds=feed_links_of_list(context, window),
    )
    return render(context, "lists/list.html", page)


@dataclass(slots=True)
class ListPages:
    """Chooses the entries of one page of a list: the page with the entry `entry_id`, or else page `number`.

    After the choice, `number` is that page, `last` the last one, and `positions` are those of its entries.
    `around` are the bytes around the texts of an entry, `copies` how often its words stand in the page.
    """

    number: int
    entry_id: str = ""
    most: int = MOST_PAGE_BYTES
    around: int = _AROUND_ENTRY + _ITEM_BYTES
    copies: int = 1
    last: int = 1
    positions: range = range(0)

    def __call__(self, entries: tuple[ListEntry, ...]) -> range:
        """The positions of the entries of the page."""
        weights = [self.around + self.copies * html_bytes(entry.text) for entry in entries]
        pages = page_ranges(weights, self.most, ENTRIES_PER_PAGE)
        position = next((at for at, entry in enumerate(entries) if self.entry_id and entry.id == self.entry_id), None)
        if position is not None:
            self.number = next(number for number, positions in enumerate(pages, 1) if position in positions)
        self.last = len(pages)
        self.number = min(self.number, self.last)
        self.positions = pages[self.number - 1]
        return self.positions


def entry_weight(item: ListEntryWithItem) -> int:
    """At most how many bytes an entry takes in a page, with the beginnings of the texts of its item."""
    weight = _AROUND_ENTRY + html_bytes(item.entry.text)
    if item.item is None or not item.is_there:
        return weight
    part = item.annotation
    # A comment has the name of its author, and no passage.
    texts = (
        (part.quote or (part.author.shown_name if part.author else ""), part.body) if part else (item.item.description,)
    )
    names = (title_or_url(item.item), item.item.byline, item.item.source)
    beginnings = [truncate(text or "", SHORT) for text in texts] + [_short_name(name) for name in names]
    return weight + sum(map(html_bytes, beginnings))


def _comment_author(annotation: Annotation | None, translator: Translator) -> str:
    """Who wrote a comment; empty for other annotations, which have a passage."""
    if annotation is None or annotation.kind is not AnnotationKind.COMMENT:
        return ""
    name = annotation.author.shown_name if annotation.author else ""
    return truncate(name, SHORT) or kind_label(annotation.kind, translator)


def _short_name(text: str | None) -> str:
    return truncate(text or "", LONGEST_MARKED_TITLE)


def _list_entry_block(listed: ListEntryWithItem, context: RequestContext, budget: PageBudget) -> ListEntryBlock:
    """An entry as text: complete as long as the page has room for it."""
    item, annotation = listed.item, listed.annotation
    if item is None or not listed.is_there:
        return ListEntryBlock(listed, split_paragraphs(listed.entry.text))
    return ListEntryBlock(
        listed,
        split_paragraphs(listed.entry.text),
        style=highlight_style(annotation) if annotation else "",
        quote=budget.fitting_text(annotation.quote) if annotation else "",
        comment=budget.fitting_text(annotation.body) if annotation else "",
        by=_comment_author(annotation, context.translator),
        description="" if annotation else budget.fitting_text(item.description),
    )


@dataclass(frozen=True, slots=True)
class ListAddPage:
    """`text` is what is added to a list; `homes` are the libraries in which a new list can be."""

    text: str
    item: Item
    group: Group
    annotation: str
    lists: tuple[FormOption, ...]
    homes: tuple[FormOption, ...]
    back: str


def list_add_page(context: RequestContext) -> Response:
    """The lists to choose from."""
    translator, part = context.translator, context.typed_value("annotation", context.param("annotation"))
    item_id = context.typed_value("item", context.param("item"))
    item, group, lists = item_and_lists(context.library, context.actor, item_id)
    annotation = next((annotation for annotation in item.annotations if annotation.id == part), None)
    text = (annotation.quote or annotation.body or "") if annotation else title_or_url(item)
    selected = context.form_value("list") or (lists[0][0].id if lists else "")
    page = ListAddPage(
        text=truncate(text, _LONGEST_SHOWN),
        item=item,
        group=group,
        annotation=annotation.id if annotation else "",
        lists=(
            *list_options(lists, translator, selected=selected),
            FormOption(_NEW, translator.gettext("A new list"), selected=not lists),
        ),
        homes=_homes(context, group),
        back=context.addresses.annotation(item, part or None),
    )
    return render(context, "lists/list_add.html", page)


@handle_form(list_add_page, {Conflict: 400})
@once
def handle_list_add_post(context: RequestContext) -> Response:
    """Add it to the list."""
    library, actor, field = context.library, context.actor, context.form_value
    item_id, part, list_id = field("item"), field("annotation"), field("list")
    _, group, _ = item_and_lists(library, actor, item_id)
    # A typed name means a new list, whatever list is selected.
    if list_id == _NEW and not field("name").strip():
        raise Invalid("Choose a list, or give a new one a name.")
    if field("name").strip():
        # If the user may not contribute to the group, the new list goes into the user's own library.
        slug = group.slug if field("where") == "group" else personal_slug(actor.login)
        list_id = create_list(library, actor, slug, field("name")).id
    kind = ListEntryKind.PASSAGE if part else ListEntryKind.ITEM
    added = add_list_entry(
        library, actor, list_id, kind, item_id=item_id, annotation_id=part or None, words=field("words")
    )
    address = f"{context.addresses.item_list(added.item_list.id)}#e-{added.entry_id}"
    return redirect_with_flash(address, "listed", added.undo or "")


def _homes(context: RequestContext, group: Group) -> tuple[FormOption, ...]:
    """Where a new list can be: in the group, for contributors, or in the user's own library."""
    typed = context.form_value("where")
    _ = context.translator.gettext
    own = FormOption("own", _("In my own library"), _("only you see it"), typed == "own")
    if group.is_personal or Action.CONTRIBUTE not in allowed_actions(context.actor, group):
        return (replace(own, selected=True),)
    named = FormOption("group", _("In the group “%(group)s”", group=group.name), selected=typed != "own")
    return (named, own)
