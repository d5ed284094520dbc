"""The duplicates of a group: items of the same page, side by side, to merge into one."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Forbidden, Invalid, NotFound
from kb.model.items.annotation import AnnotationKind
from kb.model.items.item import Item
from kb.services.core.pagination import page_count
from kb.services.item_actions.duplicates import SETS_PER_PAGE, duplicates_of_group, merge_items
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.pages.listing.result_rows import MOST_TAG_BYTES
from kb.web.pages.moderation.moderation_layout import moderation_header
from kb.web.ui.form_errors import handle_form
from kb.web.ui.group_header import DUPLICATES, GroupHeader
from kb.web.ui.page_weight import PageBudget, fitting_labels
from kb.web.ui.pager import Pager, list_pager, requested_page
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class DuplicateItem:
    """One of several items, with the texts for which the page has room. `selected`: the one to keep."""

    item: Item
    address: str
    description: str
    tags: str
    passages: int
    selected: bool


@dataclass(frozen=True, slots=True)
class DuplicatesPage:
    """The sets of one page of the list; `mergeable` are those that the user may merge, by their position."""

    head: GroupHeader
    total: int
    sets: tuple[tuple[DuplicateItem, ...], ...]
    mergeable: frozenset[int]
    pager: Pager


def duplicates_page(context: RequestContext) -> Response:
    """The list of duplicates, for contributors. Raises NotFound, LoginNeeded, Forbidden."""
    sets = duplicates_of_group(
        context.library, context.actor, context.path_params["group"], requested_page(context.param("page"))
    )
    budget = PageBudget()
    page = DuplicatesPage(
        head=moderation_header(context, sets.group, DUPLICATES),
        total=sets.total,
        sets=tuple(_duplicate_set(several, context, budget) for several in sets.sets),
        mergeable=sets.mergeable,
        pager=list_pager(
            sets.page,
            page_count(sets.total, SETS_PER_PAGE),
            lambda number: context.addresses.group(sets.group.slug, DUPLICATES, (("page", str(number)),)),
            context.translator,
        ),
    )
    return render(context, "items/duplicates.html", page)


@handle_form(duplicates_page, {NotFound: 400, Forbidden: 400})
def handle_duplicates_post(context: RequestContext) -> Response:
    """Merge items."""
    group = duplicates_of_group(context.library, context.actor, context.path_params["group"], 1).group
    keep_id = context.form_value("keep")
    if not keep_id:
        raise Invalid("Choose which of the items is to be kept.")
    others = [value for name, value in context.fields if name.startswith("item-") and value != keep_id]
    merged = merge_items(context.library, context.actor, keep_id, others)
    return redirect_with_flash(context.addresses.group(group.slug, DUPLICATES), "items-merged", undo=merged.undo or "")


def _duplicate_set(several: Sequence[Item], context: RequestContext, budget: PageBudget) -> tuple[DuplicateItem, ...]:
    """Propose to keep the item with the most text, then the earliest."""
    selected = context.form_value("keep")
    if selected not in {item.id for item in several}:
        selected = max(
            several, key=lambda item: (sum(1 + len(part.replies) for part in item.annotations), -item.order)
        ).id
    return tuple(
        DuplicateItem(
            item=item,
            address=budget.fitting_text(item.url),
            description=budget.fitting_text(item.description),
            tags=", ".join(fitting_labels(item.tags, MOST_TAG_BYTES)),
            passages=sum(annotation.kind is not AnnotationKind.COMMENT for annotation in item.annotations),
            selected=item.id == selected,
        )
        for item in several
    )
