"""The tags of a group: a cloud by name, a list by count."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

from starlette.responses import Response

from kb.access.actor import Action
from kb.search.index_search import label_order
from kb.services.groups.groups import allowed_in, readable_group
from kb.services.tags.tags import tags
from kb.web.http.context import Context
from kb.web.pages.tags.tag_edit import order_address
from kb.web.ui.group_header import TAGS, ListTop, top_of
from kb.web.ui.page_weight import fitting
from kb.web.ui.rendering import render

STEPS = 5
MOST_IN_CLOUD = 150
MOST_LISTED = 500
MOST_BYTES = 60_000
"""Bytes of all labels together: each stands four times in the page, twice as an address of three times its bytes."""


@dataclass(frozen=True, slots=True)
class TagChoice:
    """A tag with its count; `step`, 1 to STEPS, is its size in the cloud."""

    label: str
    count: str
    href: str
    step: int


@dataclass(frozen=True, slots=True)
class TagsPage:
    """`cloud` is ordered by name, `listed` by count; `left_out` says how many are not here; `order` leads to
    where they are put in order, for who may.
    """

    title: str
    top: ListTop
    summary: str
    cloud: tuple[TagChoice, ...]
    listed: tuple[TagChoice, ...]
    left_out: str
    order: str


def tags_page(context: Context) -> Response:
    """Every tag of a group, or those that hold what was typed."""
    group = readable_group(context.library, context.actor, context.path_params["group"])
    slug, words, top = group.slug, context.words, top_of(context, group, TAGS)
    counted = sorted(
        tags(context.library, context.actor, slug, top.q), key=lambda one: (-one.count, label_order(one.label))
    )
    labels = set(fitting([one.label for one in counted[:MOST_LISTED]], MOST_BYTES))
    shown = [one for one in counted[:MOST_LISTED] if one.label in labels]
    steps = steps_of([one.count for one in shown])
    choices = tuple(
        TagChoice(one.label, words.number(one.count), context.addresses.tag(slug, one.label), step)
        for one, step in zip(shown, steps, strict=True)
    )
    left = len(counted) - len(shown)
    page = TagsPage(
        title=top.title,
        top=top,
        summary=words.plural("%(count)s tag", "%(count)s tags", len(counted)),
        cloud=_by_name(choices[:MOST_IN_CLOUD]),
        listed=choices,
        left_out=words.plural("%(count)s less used tag is not here", "%(count)s less used tags are not here", left)
        if left
        else "",
        order=order_address(context, slug) if Action.MODERATE in allowed_in(context.actor, group) else "",
    )
    return render(context, "tags/tags.html", page)


def steps_of(counts: Sequence[int]) -> tuple[int, ...]:
    """The size of each count, 1 to STEPS, by its logarithm: few tags are borne often, and most by one or two items."""
    if not counts:
        return ()
    least, most = log(min(counts)), log(max(counts))
    if least == most:
        return (2,) * len(counts)
    return tuple(1 + round((STEPS - 1) * (log(count) - least) / (most - least)) for count in counts)


def _by_name(choices: tuple[TagChoice, ...]) -> tuple[TagChoice, ...]:
    return tuple(sorted(choices, key=lambda one: (label_order(one.label), one.label)))
