"""Choose the tags of a group to rename, merge or delete: all of them by page, and those that look alike."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.responses import Response

from kb.model.items.tag import tag_form
from kb.model.people.group import Group
from kb.model.search_request import MAX_VALUE
from kb.search.index_search import label_sort_key
from kb.services.tags.similar_tags import similar_tag_groups
from kb.services.tags.tag_edit import MOST_MERGED, group_for_tag_edit
from kb.services.tags.tags import TagCount, tag_counts
from kb.web.http.context import RequestContext
from kb.web.http.urls.listing_scope import Pairs
from kb.web.pages.tags.tag_order import TagOrder, left_out_sentence, tag_list_page, tag_order_of
from kb.web.ui.form_options import FormOption
from kb.web.ui.group_header import TAGS, GroupHeader, header_of_group, list_filter
from kb.web.ui.pager import Pager, list_pager, requested_page
from kb.web.ui.rendering import render

PAGE_BEFORE = "at"
"""The field with the page of the list from which the user comes, and to which the actions on tags lead back."""


@dataclass(frozen=True, slots=True)
class TagListPlace:
    """A place in the list of tags: `page` from 1, `q` the filter."""

    page: int
    q: str
    order: TagOrder

    def pairs(self, page_name: str) -> Pairs:
        """The parameters of the place, with the page number under this name."""
        return (
            (page_name, str(self.page)),
            *([("q", self.q)] if self.q else []),
            *([("sort", self.order.value)] if self.order is not TagOrder.NAME else []),
        )


@dataclass(frozen=True, slots=True)
class SimilarTagsRow:
    """Similar tags with their counts, in a row; `href` links to their merge."""

    tags: tuple[FormOption, ...]
    href: str


@dataclass(frozen=True, slots=True)
class TagManagementPage:
    """Tags to choose from. `similar` are groups of similar tags, `chosen` the tags ticked on other pages.

    The value of each option is the tag, the hint its number of items. The `href` of each link of `pager` is the number
    of its page, the value of a button: tags ticked on one page are sent to the next one.
    """

    head: GroupHeader
    place: TagListPlace
    similar: tuple[SimilarTagsRow, ...]
    chosen: tuple[FormOption, ...]
    tags: tuple[FormOption, ...]
    summary: str
    orders: tuple[FormOption, ...]
    left_out: str
    pager: Pager


def tag_edit_address(context: RequestContext, slug: str, labels: Sequence[str] = (), pairs: Pairs = ()) -> str:
    """The page that edits a group's tags; with tags, the actions on these."""
    return context.addresses.group(slug, f"{TAGS}/edit", (*(("tag", label) for label in labels), *pairs))


def place_before(context: RequestContext) -> TagListPlace | None:
    """The place in the list from which the user comes, in the form or in the address; None from elsewhere."""
    values = dict(context.fields or context.params)
    if PAGE_BEFORE not in values:
        return None
    order = tag_order_of(values.get("sort", ""), TagOrder.NAME)
    return TagListPlace(requested_page(values[PAGE_BEFORE]), values.get("q", "").strip()[:MAX_VALUE], order)


def tag_list_address(context: RequestContext, slug: str, place: TagListPlace | None) -> str:
    """A place in the list of tags to choose from; its beginning for None."""
    return tag_edit_address(context, slug, (), place.pairs("page") if place else ())


def tag_management_page(context: RequestContext) -> Response:
    """The tags to choose from. For moderators."""
    group = group_for_tag_edit(context.library, context.actor, context.path_params["group"])
    translator, q = context.translator, list_filter(context)
    _ = translator.gettext
    every = tag_counts(context.library, context.actor, group.slug)
    typed = label_sort_key(q).strip()
    counts = [count for count in every if typed in label_sort_key(count.label)]
    order = tag_order_of(context.param("sort"), TagOrder.NAME)
    listed = tag_list_page(counts, order, requested_page(context.param("page")))
    place = TagListPlace(listed.number, q, order)
    ticked, here = {tag_form(value) for name, value in context.params if name == "tag"}, set(listed.tags)
    elsewhere = [count for count in every if tag_form(count.label) in ticked and count not in here]
    page = TagManagementPage(
        head=header_of_group(context, group, TAGS, below=_("Tidy up the tags")),
        place=place,
        similar=tuple(_similar_tags(similar.tags, context, group, place) for similar in similar_tag_groups(every))
        if not typed and listed.number == 1
        else (),
        chosen=tuple(_option(count, context, chosen=True) for count in elsewhere[:MOST_MERGED]),
        tags=tuple(_option(tag, context, chosen=tag_form(tag.label) in ticked) for tag in listed.tags),
        summary=translator.ngettext("%(count)s tag", "%(count)s tags", len(counts)),
        orders=(
            FormOption(TagOrder.NAME, _("By name"), chosen=order is TagOrder.NAME),
            FormOption(TagOrder.COUNT, _("By number of items"), chosen=order is TagOrder.COUNT),
        ),
        left_out=left_out_sentence(listed, translator),
        pager=list_pager(listed.number, listed.last, str, translator),
    )
    return render(context, "tags/tag_management.html", page)


def _option(count: TagCount, context: RequestContext, *, chosen: bool) -> FormOption:
    return FormOption(count.label, count.label, context.translator.number(count.count), chosen=chosen)


def _similar_tags(
    some: tuple[TagCount, ...], context: RequestContext, group: Group, place: TagListPlace
) -> SimilarTagsRow:
    labels = tuple(count.label for count in some[:MOST_MERGED])
    tags = tuple(FormOption(tag.label, tag.label, context.translator.number(tag.count)) for tag in some[:MOST_MERGED])
    pairs = (("name", labels[0]), *place.pairs(PAGE_BEFORE))
    return SimilarTagsRow(tags, tag_edit_address(context, group.slug, labels, pairs))
