"""The tags of a group: a cloud of those that most items have, and a list by count or by name."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

from starlette.responses import Response

from kb.access.actor import Action
from kb.services.groups.group_views import allowed_actions, readable_group
from kb.services.tags.tags import tag_counts
from kb.web.http.context import RequestContext
from kb.web.pages.tags.tag_management import tag_edit_address
from kb.web.pages.tags.tag_order import (
    TagOrder,
    left_out_sentence,
    natural_sort_key,
    tag_list_page,
    tag_order_of,
)
from kb.web.ui.display_text import Link
from kb.web.ui.group_header import TAGS, GroupHeader, header_of_group, list_filter
from kb.web.ui.pager import Pager, pager_of_address, requested_page
from kb.web.ui.rendering import render

STEPS = 5
MOST_IN_CLOUD = 150


@dataclass(frozen=True, slots=True)
class TagChoice:
    """A tag with its count; `step`, 1 to STEPS, is its size in the cloud."""

    label: str
    count: str
    href: str
    step: int


@dataclass(frozen=True, slots=True)
class TagsPage:
    """`cloud` are the tags that most items have, by name; `listed` those of this page, in one of the `orders`.

    `is_whole`: the page lists all tags, so that a script can filter them. `left_out` tells of tags that are too long
    for a page. `edit` links to the page that edits tags, for a user with the right.
    """

    head: GroupHeader
    q: str
    summary: str
    cloud: tuple[TagChoice, ...]
    listed: tuple[TagChoice, ...]
    orders: tuple[Link, ...]
    is_whole: bool
    left_out: str
    pager: Pager
    edit: str


def tags_page(context: RequestContext) -> Response:
    """Every tag of a group, or those that contain the typed text."""
    group = readable_group(context.library, context.actor, context.path_params["group"])
    slug, translator, q = group.slug, context.translator, list_filter(context)
    counts = tag_counts(context.library, context.actor, slug, q)
    order = tag_order_of(context.param("sort"), TagOrder.COUNT)
    listed = tag_list_page(counts, order, requested_page(context.param("page")))
    steps = cloud_steps([tag.count for tag in listed.tags])
    choices = tuple(
        TagChoice(count.label, translator.number(count.count), context.addresses.tag(slug, count.label), step)
        for count, step in zip(listed.tags, steps, strict=True)
    )
    has_cloud = order is TagOrder.COUNT and listed.number == 1
    page = TagsPage(
        head=header_of_group(context, group, TAGS),
        q=q,
        summary=translator.ngettext("%(count)s tag", "%(count)s tags", len(counts)),
        cloud=tuple(sorted(choices[:MOST_IN_CLOUD], key=lambda choice: (natural_sort_key(choice.label), choice.label)))
        if has_cloud
        else (),
        listed=choices,
        orders=tuple(
            Link(label, _order_address(context, slug, q, tag_order), current=tag_order is order)
            for tag_order, label in (
                (TagOrder.COUNT, translator.gettext("By number of items")),
                (TagOrder.NAME, translator.gettext("By name")),
            )
        ),
        is_whole=listed.last == 1 and not q,
        left_out=left_out_sentence(listed, translator),
        pager=pager_of_address(context, listed.number, listed.last),
        edit=tag_edit_address(context, slug) if Action.EDIT_VOCABULARY in allowed_actions(context.actor, group) else "",
    )
    return render(context, "tags/tags.html", page)


def _order_address(context: RequestContext, slug: str, q: str, order: TagOrder) -> str:
    pairs = (("q", q), ("sort", "" if order is TagOrder.COUNT else order.value))
    return context.addresses.group(slug, TAGS, tuple(pair for pair in pairs if pair[1]))


def cloud_steps(counts: Sequence[int]) -> tuple[int, ...]:
    """The size of each count, 1 to STEPS, by its logarithm: few tags have many items, and most have one or two."""
    if not counts:
        return ()
    least, most = log(min(counts)), log(max(counts))
    if least == most:
        return (2,) * len(counts)
    return tuple(1 + round((STEPS - 1) * (log(count) - least) / (most - least)) for count in counts)
