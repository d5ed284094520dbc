"""The passages of a group whose words have changed in their pages (`/g/<group>/changed-passages`)."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.features.reading.changed_passages import ChangedRow, changed_row
from kb.features.reading.text_versions import changed_passages_of_group
from kb.model.items.item import Item
from kb.services.core.pagination import page_count
from kb.web.http.context import RequestContext
from kb.web.ui.display_text import Link
from kb.web.ui.item_links import breadcrumb, group_link
from kb.web.ui.pager import Pager, pager_of_address, requested_page
from kb.web.ui.rendering import render

CHANGED_PASSAGES = "changed-passages"
"""The end of the address."""
PER_PAGE = 30


@dataclass(frozen=True, slots=True)
class ChangedItem:
    """An item, and its passages that have changed."""

    item: Item
    rows: tuple[ChangedRow, ...]


@dataclass(frozen=True, slots=True)
class ChangedPassagesPage:
    """The passages of one page, by item; `total` counts those of all pages."""

    breadcrumb: tuple[Link, ...]
    items: tuple[ChangedItem, ...]
    total: int
    pager: Pager


def changed_passages_page(context: RequestContext) -> Response:
    """The passages of a group whose words were changed, or are gone. Raises NotFound."""
    number = requested_page(context.param("page"))
    slug = context.path_params["group"]
    group, found, total = changed_passages_of_group(context.library, context.actor, slug, number, PER_PAGE)
    page = ChangedPassagesPage(
        breadcrumb=breadcrumb(context, group_link(context, group)),
        items=tuple(
            ChangedItem(item, tuple(changed_row(context, item.id, passage) for passage in passages))
            for item, passages in found
        ),
        total=total,
        pager=pager_of_address(context, number, page_count(total, PER_PAGE)),
    )
    return render(context, "reading/changed_passages_page.html", page)
