"""The tags of a group: a cloud by name, a list by count."""

import re
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
from kb.web.ui.pager import Pager, pager_of_address, requested_page
from kb.web.ui.rendering import render

STEPS = 5
MOST_IN_CLOUD = 150
MOST_LISTED_TAGS = 500
MOST_TAG_LIST_BYTES = 60_000
"""Bytes of all labels together: each is in the page four times, twice in an address of three times its bytes."""

_DIGIT = frozenset("0123456789")
_DIGITS = re.compile(r"0*([0-9]+)")


@dataclass(frozen=True, slots=True)
class TagChoice:
    """A tag with its count; `step`, 1 to STEPS, is its size in the cloud."""

    label: str
    count: str
    href: str
    step: int


@dataclass(frozen=True, slots=True)
class TagsPage:
    """`cloud` is ordered by name, `listed` by count; `left_out` is the number of tags of this page not shown;
    `order` links to the page that edits them, for a user with the right.
    """

    head: GroupHeader
    q: str
    summary: str
    cloud: tuple[TagChoice, ...]
    listed: tuple[TagChoice, ...]
    left_out: str
    pager: Pager
    order: str


def tags_page(context: RequestContext) -> Response:
    """Every tag of a group, or those that contain the typed text."""
    group = readable_group(context.library, context.actor, context.path_params["group"])
    slug, words, q = group.slug, context.words, list_filter(context)
    counted = sorted(
        tag_counts(context.library, context.actor, slug, q), key=lambda one: (-one.count, natural_sort_key(one.label))
    )
    last = max(1, -(-len(counted) // MOST_LISTED_TAGS))
    number = min(requested_page(context.param("page")), last)
    on_page = counted[(number - 1) * MOST_LISTED_TAGS : number * MOST_LISTED_TAGS]
    labels = set(fitting_labels([one.label for one in on_page], MOST_TAG_LIST_BYTES))
    shown = [one for one in on_page if one.label in labels]
    steps = cloud_steps([one.count for one in shown])
    choices = tuple(
        TagChoice(one.label, words.number(one.count), context.addresses.tag(slug, one.label), step)
        for one, step in zip(shown, steps, strict=True)
    )
    left = len(on_page) - len(shown)
    page = TagsPage(
        head=header_of_group(context, group, TAGS),
        q=q,
        summary=words.plural("%(count)s tag", "%(count)s tags", len(counted)),
        cloud=tuple(sorted(choices[:MOST_IN_CLOUD], key=lambda one: (natural_sort_key(one.label), one.label))),
        listed=choices,
        left_out=words.plural("%(count)s long tag is not here", "%(count)s long tags are not here", left)
        if left
        else "",
        pager=pager_of_address(context, number, last),
        order=tag_edit_address(context, slug)
        if Action.EDIT_VOCABULARY in allowed_actions(context.actor, group)
        else "",
    )
    return render(context, "tags/tags.html", page)


def natural_sort_key(label: str) -> tuple[tuple[bool, int, str], ...]:
    """The sort key of a label whose numbers are sorted by their value: 0, 102, 1001."""
    parts = _DIGITS.split(label_sort_key(label))
    return tuple((part[:1] not in _DIGIT, len(part) if part[:1] in _DIGIT else 0, part) for part in parts if part)


def cloud_steps(counts: Sequence[int]) -> tuple[int, ...]:
    """The size of each count, 1 to STEPS, by its logarithm: few tags have many items, and most have one or two."""
    if not counts:
        return ()
    least, most = log(min(counts)), log(max(counts))
    if least == most:
        return (2,) * len(counts)
    return tuple(1 + round((STEPS - 1) * (log(count) - least) / (most - least)) for count in counts)
