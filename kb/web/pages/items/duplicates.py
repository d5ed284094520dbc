"""The duplicates of a group: items of the same page, side by side, to merge into one."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Forbidden, Invalid, NotFound
from kb.model.items.annotation import AnnotationKind
from kb.model.items.item import Item
from kb.model.truncation import truncate
from kb.services.item_actions.duplicates import SETS_PER_PAGE, duplicates_of_group, merge_items
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.pages.listing.result_rows import LONGEST_MARKED_TITLE, MOST_TAG_BYTES
from kb.web.pages.moderation.moderation_layout import moderation_header
from kb.web.ui.display_text import Link, facts_line, foreign_language, title_or_url
from kb.web.ui.form_errors import handle_form
from kb.web.ui.group_header import DUPLICATES, GroupHeader
from kb.web.ui.item_links import item_link
from kb.web.ui.page_weight import PageBudget, fitting_labels
from kb.web.ui.pager import Pager, list_pager, requested_page
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class DuplicateItem:
    """One of several items: `facts` give its sharer, date and additions. `chosen`: the one to keep."""

    id: str
    link: Link
    language: str | None
    address: str
    description: str
    facts: str
    tags: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class DuplicateSet:
    """Items of one page. `can_merge`: the user may merge them."""

    name: str
    duplicates: tuple[DuplicateItem, ...]
    can_merge: bool


@dataclass(frozen=True, slots=True)
class DuplicatesPage:
    """The sets of one page of the list."""

    head: GroupHeader
    count: str
    sets: tuple[DuplicateSet, ...]
    pager: Pager


def duplicates_page(context: RequestContext) -> Response:
    """The list of duplicates, for contributors. Raises NotFound, LoginNeeded, Forbidden."""
    translator, addresses = context.translator, context.addresses
    sets = duplicates_of_group(
        context.library, context.actor, context.path_params["group"], requested_page(context.param("page"))
    )
    budget = PageBudget()
    page = DuplicatesPage(
        head=moderation_header(context, sets.group, DUPLICATES),
        count=translator.ngettext(
            "%(count)s page is saved several times.", "%(count)s pages are saved several times.", sets.total
        )
        if sets.total
        else "",
        sets=tuple(
            _duplicate_set(several, context, budget, can_merge=place in sets.mergeable)
            for place, several in enumerate(sets.sets)
        ),
        pager=list_pager(
            sets.page,
            -(-sets.total // SETS_PER_PAGE),
            lambda number: addresses.group(sets.group.slug, DUPLICATES, (("page", str(number)),)),
            translator,
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


def _duplicate_set(
    several: Sequence[Item], context: RequestContext, budget: PageBudget, *, can_merge: bool
) -> DuplicateSet:
    """Propose to keep the item with the most text, then the earliest."""
    chosen = context.form_value("keep")
    if chosen not in {item.id for item in several}:
        chosen = max(
            several, key=lambda item: (sum(1 + len(part.replies) for part in item.annotations), -item.order)
        ).id
    items = tuple(
        DuplicateItem(
            id=item.id,
            link=item_link(context, item, LONGEST_MARKED_TITLE),
            language=foreign_language(item, context.translator),
            address=budget.fitting_text(item.url),
            description=budget.fitting_text(item.description),
            facts=facts_line(*_facts(item, context.translator)),
            tags=", ".join(fitting_labels(item.tags, MOST_TAG_BYTES)),
            chosen=item.id == chosen,
        )
        for item in several
    )
    return DuplicateSet(truncate(title_or_url(several[0]), LONGEST_MARKED_TITLE), items, can_merge)


def _facts(item: Item, translator: Translator) -> list[str]:
    """The sharer, the date and the additions of an item."""
    passages = sum(annotation.kind is not AnnotationKind.COMMENT for annotation in item.annotations)
    comments = len(item.annotations) - passages
    return [
        *([item.author.shown_name] if item.author else []),
        *([translator.instant(item.added)] if item.added else []),
        *([translator.ngettext("%(count)s passage", "%(count)s passages", passages)] if passages else []),
        *([translator.ngettext("%(count)s comment", "%(count)s comments", comments)] if comments else []),
        *([] if item.annotations else [translator.gettext("no passage nor comment")]),
    ]
