"""The tags of a group: a cloud of those that most items have, and a list by count or by name."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

from starlette.responses import Response

from kb.access.actor import Action
from kb.services.groups.group_views import allowed_actions, readable_group
from kb.services.tags.tags import TagCount, tag_counts
from kb.web.http.context import RequestContext
from kb.web.pages.tags.sorted_tag_list import (
    TagListPage,
    TagOrder,
    natural_sort_key,
    tag_list_page,
    tag_order_of,
)
from kb.web.ui.group_header import TAGS, GroupHeader, header_of_group, list_filter
from kb.web.ui.pager import Pager, pager_of_address, requested_page
from kb.web.ui.rendering import render

STEPS = 5
MOST_IN_CLOUD = 150


@dataclass(frozen=True, slots=True)
class TagsPage:
    """`total` tags contain the letters of the filter `q`; `listed` are those of this page. `cloud` are the tags that
    most items have, by name, each with its size, 1 to STEPS. `may_edit`: the user may edit tags.
    """

    head: GroupHeader
    slug: str
    q: str
    total: int
    cloud: tuple[tuple[TagCount, int], ...]
    listed: TagListPage
    order: TagOrder
    pager: Pager
    may_edit: bool


def tags_page(context: RequestContext) -> Response:
    """Every tag of a group, or those that contain the typed text."""
    group = readable_group(context.library, context.actor, context.path_params["group"])
    slug, q = group.slug, list_filter(context)
    counts = tag_counts(context.library, context.actor, slug, q)
    order = tag_order_of(context.param("sort"), TagOrder.COUNT)
    listed = tag_list_page(counts, order, requested_page(context.param("page")))
    cloud: list[tuple[TagCount, int]] = []
    if order is TagOrder.COUNT and listed.number == 1:
        steps = cloud_steps([tag.count for tag in listed.tags])
        cloud = list(zip(listed.tags, steps, strict=True))[:MOST_IN_CLOUD]
        cloud.sort(key=lambda pair: (natural_sort_key(pair[0].label), pair[0].label))
    page = TagsPage(
        head=header_of_group(context, group, TAGS),
        slug=slug,
        q=q,
        total=len(counts),
        cloud=tuple(cloud),
        listed=listed,
        order=order,
        pager=pager_of_address(context, listed.number, listed.last),
        may_edit=Action.EDIT_VOCABULARY in allowed_actions(context.actor, group),
    )
    return render(context, "tags/tags.html", page)


def cloud_steps(counts: Sequence[int]) -> tuple[int, ...]:
    """The size of each count, 1 to STEPS, by its logarithm: few tags have many items, and most have one or two."""
    if not counts:
        return ()
    least, most = log(min(counts)), log(max(counts))
    if least == most:
        return (2,) * len(counts)
    return tuple(1 + round((STEPS - 1) * (log(count) - least) / (most - least)) for count in counts)
