"""The tags of a group: a cloud by name, a list by count."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

from starlette.responses import Response

from kb.access.actor import Action
from kb.search.index_search import label_sort_key
from kb.services.groups.group_views import allowed_actions, readable_group
from kb.services.tags.tags import tag_counts
from kb.web.http.context import RequestContext
from kb.web.pages.tags.tag_edit import tag_edit_address
from kb.web.ui.group_header import TAGS, GroupHeader, header_of_group, list_filter
from kb.web.ui.page_weight import fitting_labels
from kb.web.ui.rendering import render

STEPS = 5
MOST_IN_CLOUD = 150
MOST_LISTED_TAGS = 500
MOST_TAG_LIST_BYTES = 60_000
"""Bytes of all labels together: each is in the page four times, twice in an address of three times its bytes."""


@dataclass(frozen=True, slots=True)
class TagChoice:
    """A tag with its count; `step`, 1 to STEPS, is its size in the cloud."""

    label: str
    count: str
    href: str
    step: int


@dataclass(frozen=True, slots=True)
class TagsPage:
    """`cloud` is ordered by name, `listed` by count; `left_out` is the number of tags not shown; `order` links to the
    page that edits them, for a user with the right.
    """

    head: GroupHeader
    q: str
    summary: str
    cloud: tuple[TagChoice, ...]
    listed: tuple[TagChoice, ...]
    left_out: str
    order: str


def tags_page(context: RequestContext) -> Response:
    """Every tag of a group, or those that contain the typed text."""
    group = readable_group(context.library, context.actor, context.path_params["group"])
    slug, words, q = group.slug, context.words, list_filter(context)
    counted = sorted(
        tag_counts(context.library, context.actor, slug, q), key=lambda one: (-one.count, label_sort_key(one.label))
    )
    labels = set(fitting_labels([one.label for one in counted[:MOST_LISTED_TAGS]], MOST_TAG_LIST_BYTES))
    shown = [one for one in counted[:MOST_LISTED_TAGS] if one.label in labels]
    steps = cloud_steps([one.count for one in shown])
    choices = tuple(
        TagChoice(one.label, words.number(one.count), context.addresses.tag(slug, one.label), step)
        for one, step in zip(shown, steps, strict=True)
    )
    left = len(counted) - len(shown)
    page = TagsPage(
        head=header_of_group(context, group, TAGS),
        q=q,
        summary=words.plural("%(count)s tag", "%(count)s tags", len(counted)),
        cloud=tuple(sorted(choices[:MOST_IN_CLOUD], key=lambda one: (label_sort_key(one.label), one.label))),
        listed=choices,
        left_out=words.plural("%(count)s less used tag is not here", "%(count)s less used tags are not here", left)
        if left
        else "",
        order=tag_edit_address(context, slug)
        if Action.EDIT_VOCABULARY in allowed_actions(context.actor, group)
        else "",
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
