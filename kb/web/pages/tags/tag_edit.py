"""Choose tags of a group, see what a rename, a merge or a deletion does, and apply it."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.responses import Response

from kb.access.actor import Action
from kb.errors import Invalid, NotFound
from kb.model.items.tag import tag_form
from kb.model.saved_search import SavedSearch
from kb.model.search_request import MAX_VALUE
from kb.search.index_search import label_sort_key
from kb.services.groups.group_views import require_group_permission
from kb.services.tags.similar_tags import similar_tag_groups
from kb.services.tags.tag_edit import (
    MOST_MERGED,
    TagRenamePreview,
    delete_tags,
    rename_tags,
    tag_rename_preview,
)
from kb.services.tags.tags import TagCount, tag_counts
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.http.urls.listing_scope import ListingScope, Pairs
from kb.web.pages.tags.sorted_tag_list import TagListPage, TagOrder, tag_list_page, tag_order_of
from kb.web.pages.tags.tag_autocomplete import tag_autocomplete_address
from kb.web.ui.display_text import Link
from kb.web.ui.form_errors import handle_form
from kb.web.ui.group_header import TAGS, GroupHeader, header_of_group, list_filter
from kb.web.ui.pager import Pager, list_pager, requested_page
from kb.web.ui.rendering import render

PAGE_BEFORE = "at"
"""The field with the page of the list from which the user comes, and to which the actions on tags lead back."""
_DELETING = "delete"


@dataclass(frozen=True, slots=True)
class TagListPosition:
    """A position in the list of tags: `page` from 1, `q` the filter."""

    page: int
    q: str
    order: TagOrder

    def pairs(self, page_name: str) -> Pairs:
        """The parameters of the position, with the page number under this name."""
        return (
            (page_name, str(self.page)),
            *([("q", self.q)] if self.q else []),
            *([("sort", self.order.value)] if self.order is not TagOrder.NAME else []),
        )


@dataclass(frozen=True, slots=True)
class TagManagementPage:
    """Tags to choose from, `total` with those of the other pages. `similar` are groups of similar tags, each with the
    address of its merge. `selected` are the labels that are selected, `elsewhere` those of them on other pages.

    The `href` of each link of `pager` is the number of its page, the value of a button: tags selected on one page are
    sent to the next one.
    """

    head: GroupHeader
    position: TagListPosition
    similar: tuple[tuple[tuple[TagCount, ...], str], ...]
    selected: frozenset[str]
    elsewhere: tuple[TagCount, ...]
    listed: TagListPage
    total: int
    pager: Pager


def tag_edit_address(context: RequestContext, slug: str, labels: Sequence[str] = (), pairs: Pairs = ()) -> str:
    """The page that edits a group's tags; with tags, the actions on these."""
    return context.addresses.group(slug, f"{TAGS}/edit", (*(("tag", label) for label in labels), *pairs))


def position_before(context: RequestContext) -> TagListPosition | None:
    """The position in the list from which the user comes, in the form or in the address; None from elsewhere."""
    values = dict(context.fields or context.params)
    if PAGE_BEFORE not in values:
        return None
    order = tag_order_of(values.get("sort", ""), TagOrder.NAME)
    return TagListPosition(requested_page(values[PAGE_BEFORE]), values.get("q", "").strip()[:MAX_VALUE], order)


def tag_list_address(context: RequestContext, slug: str, position: TagListPosition | None) -> str:
    """A position in the list of tags to choose from; its beginning for None."""
    return tag_edit_address(context, slug, (), position.pairs("page") if position else ())


def tag_management_page(context: RequestContext) -> Response:
    """The tags to choose from. For moderators."""
    group = require_group_permission(
        context.library, context.actor, Action.EDIT_VOCABULARY, context.path_params["group"]
    )
    translator, q = context.translator, list_filter(context)
    every = tag_counts(context.library, context.actor, group.slug)
    typed = label_sort_key(q).strip()
    counts = [count for count in every if typed in label_sort_key(count.label)]
    order = tag_order_of(context.param("sort"), TagOrder.NAME)
    listed = tag_list_page(counts, order, requested_page(context.param("page")))
    position = TagListPosition(listed.number, q, order)
    forms, here = {tag_form(value) for name, value in context.params if name == "tag"}, set(listed.tags)
    selected = [count for count in every if tag_form(count.label) in forms]
    similar = similar_tag_groups(every) if not typed and listed.number == 1 else ()
    page = TagManagementPage(
        head=header_of_group(context, group, TAGS, below=translator.gettext("Tidy up the tags")),
        position=position,
        similar=tuple(
            (tags, tag_edit_address(context, group.slug, labels, (("name", labels[0]), *position.pairs(PAGE_BEFORE))))
            for tags in (some.tags[:MOST_MERGED] for some in similar)
            for labels in ([tag.label for tag in tags],)
        ),
        selected=frozenset(count.label for count in selected),
        elsewhere=tuple(count for count in selected if count not in here)[:MOST_MERGED],
        listed=listed,
        total=len(counts),
        pager=list_pager(listed.number, listed.last, str, translator),
    )
    return render(context, "tags/tag_management.html", page)


@dataclass(frozen=True, slots=True)
class TagEditPage:
    """The actions on some tags. `typed` is the typed name; `is_known`: the effect of `act` is shown.

    `position` is that in the list of tags from which the user comes, and `back` its address.
    """

    head: GroupHeader
    preview: TagRenamePreview
    typed: str
    act: str
    is_known: bool
    suggest: str
    searches: tuple[Link, ...]
    left: tuple[Link, ...]
    delete: str
    position: Pairs
    back: str


def _edit_response(context: RequestContext) -> Response:
    """The actions on the tags of the request; with an error, without a preview."""
    slug, labels, failed = context.path_params["group"], _labels(context), context.form_error
    before = position_before(context)
    position = before.pairs(PAGE_BEFORE) if before else ()
    typed = context.form_value("name") or context.param("name")
    deleting = not failed and context.param("act") == _DELETING
    preview = tag_rename_preview(context.library, context.actor, slug, labels, "" if failed else typed)
    names = [tag.label for tag in preview.tags]
    # The name of the only tag, on all items that have it, changes nothing.
    is_unchanged = names == [typed.strip()] and len(preview.tags[0].ways) == 1
    has_name = bool(typed.strip()) and not failed and not is_unchanged
    translator = context.translator
    title = (
        translator.gettext("The tag “%(tag)s”", tag=names[0])
        if len(names) == 1
        else translator.ngettext("%(count)s tag to merge", "%(count)s tags to merge", len(names))
    )

    def links(some: tuple[SavedSearch, ...]) -> tuple[Link, ...]:
        return tuple(
            Link(search.name, context.addresses.listing(ListingScope(saved=search), search.request)) for search in some
        )

    searches = (*preview.searches, *preview.left) if deleting else preview.left
    page = TagEditPage(
        head=header_of_group(context, preview.group, TAGS, below=title),
        preview=preview,
        typed=typed or preview.name,
        act=_DELETING if deleting else "rename",
        is_known=has_name or deleting,
        suggest=tag_autocomplete_address(slug),
        searches=links(preview.searches) if has_name and not deleting else (),
        left=links(searches) if has_name or deleting else (),
        delete=tag_edit_address(context, slug, names, (("act", _DELETING), *position)),
        position=position,
        back=tag_list_address(context, slug, before),
    )
    return render(context, "tags/tag_edit.html", page)


_edit_page = handle_form(tag_management_page, {NotFound: 404})(_edit_response)
"""The actions on the tags; the tags to choose from, if the tags are invalid."""


@handle_form(_edit_page, {NotFound: 404})
def tag_edit_page(context: RequestContext) -> Response:
    """The tags to choose from, or the actions on those in the address. For moderators.

    A page of the list is asked for with the tags that are selected already: these stay selected.
    """
    choosing = context.param("page") or not _labels(context)
    return tag_management_page(context) if choosing else _edit_response(context)


@handle_form(_edit_page, {NotFound: 404})
def handle_tag_edit_post(context: RequestContext) -> Response:
    """Rename tags, or delete them; then the user is where they came from, or at what is left of the tags."""
    library, actor, slug, labels = context.library, context.actor, context.path_params["group"], _labels(context)
    before = position_before(context)
    match context.form_value("act"):
        case "rename":
            done = rename_tags(library, actor, slug, labels, context.form_value("name"))
            key = "tag-renamed" if len(labels) == 1 else "tags-merged"
            after = tag_list_address(context, slug, before) if before else context.addresses.tag(slug, done.name)
            return redirect_with_flash(after, key, done.undo or "")
        case "delete":
            done = delete_tags(library, actor, slug, labels)
            after = tag_list_address(context, slug, before) if before else context.addresses.group(slug, TAGS)
            return redirect_with_flash(after, "tag-deleted", done.undo or "")
        case _:
            raise Invalid("The request is not a form of this site.")


def _labels(context: RequestContext) -> tuple[str, ...]:
    """The selected tags, in the form or in the address."""
    pairs = context.fields or context.params
    return tuple(dict.fromkeys(value for name, value in pairs if name == "tag" and value.strip()))
