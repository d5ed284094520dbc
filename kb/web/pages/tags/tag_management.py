"""Choose the tags of a group to rename, merge or delete: all of them by page, and those that look alike."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.responses import Response

from kb.access.actor import Action
from kb.model.items.tag import tag_form
from kb.model.search_request import MAX_VALUE
from kb.search.index_search import label_sort_key
from kb.services.groups.group_views import require_group_permission
from kb.services.tags.similar_tags import similar_tag_groups
from kb.services.tags.tag_edit import MOST_MERGED
from kb.services.tags.tags import TagCount, tag_counts
from kb.web.http.context import RequestContext
from kb.web.http.urls.listing_scope import Pairs
from kb.web.pages.tags.tag_order import TagListPage, TagOrder, tag_list_page, tag_order_of
from kb.web.ui.group_header import TAGS, GroupHeader, header_of_group, list_filter
from kb.web.ui.pager import Pager, list_pager, requested_page
from kb.web.ui.rendering import render

PAGE_BEFORE = "at"
"""The field with the page of the list from which the user comes, and to which the actions on tags lead back."""


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
