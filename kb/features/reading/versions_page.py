"""The versions of an item's text (`/items/<id>/versions`), and the difference of two (`?version=2&against=1`)."""

from dataclasses import dataclass

from markupsafe import Markup
from starlette.responses import Response

from kb.errors import Forbidden, RateLimited
from kb.features.reading.changed_passages import ChangedRow, changed_row, difference_address
from kb.features.reading.kept_text import kept_text
from kb.features.reading.passage_anchors import anchored_passages
from kb.features.reading.reading_head import READ, VERSIONS, ReadingHead, head_of
from kb.features.reading.records import TextVersion
from kb.features.reading.text_difference import DifferenceRow
from kb.features.reading.text_versions import (
    TextVersions,
    VersionDifference,
    changed_passages,
    text_versions,
    version_difference,
)
from kb.model.items.item import Item
from kb.services.items.item_refetch import refetch_page
from kb.services.items.items import readable_item
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.ui.display_text import Link
from kb.web.ui.form_errors import handle_form
from kb.web.ui.item_links import item_breadcrumb
from kb.web.ui.local_time import day_and_time
from kb.web.ui.page_weight import html_bytes
from kb.web.ui.rendering import render, render_fragment

MOST_DIFFERENCE_BYTES = 800_000
_BYTES_AROUND_ROW = 200
_MOST_ON_ITEM = 5
"""Changed passages that the page of the item names."""


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version, with the addresses of its text and of what changed in it; empty for the first one."""

    version: TextVersion
    made: str
    is_present: bool
    read: str
    difference: str


@dataclass(frozen=True, slots=True)
class VersionsPage:
    text: TextVersions
    breadcrumb: tuple[Link, ...]
    head: ReadingHead
    rows: tuple[VersionRow, ...]
    changed: tuple[ChangedRow, ...]
    is_signed_in: bool


@dataclass(frozen=True, slots=True)
class DifferencePage:
    """The difference of two versions, and when they were made: the first `rows` of it, for which one page has room."""

    difference: VersionDifference
    breadcrumb: tuple[Link, ...]
    head: ReadingHead
    old_made: str
    new_made: str
    rows: tuple[DifferenceRow, ...]


def versions_page(context: RequestContext) -> Response:
    """The versions of an item's text, or the difference of two of them. Raises NotFound."""
    item_id = context.path_params["id"]
    if context.param("version") and context.param("against") and context.form_error is None:
        return _difference_page(context, item_id)
    found = text_versions(context.library, context.actor, item_id)
    page = VersionsPage(
        text=found,
        breadcrumb=item_breadcrumb(context, found.group, found.item),
        head=head_of(context, kept_text(context.library, context.actor, item_id), current=VERSIONS),
        rows=tuple(_row(context, found.item, found.versions, place) for place in reversed(range(len(found.versions)))),
        changed=tuple(changed_row(context, found.item.id, passage) for passage in found.changed),
        is_signed_in=context.actor.user_id is not None,
    )
    return render(context, "reading/versions.html", page)


@handle_form(versions_page, {Forbidden: 403, RateLimited: 429})
def handle_versions_post(context: RequestContext) -> Response:
    """Have the page fetched again."""
    item_id = context.path_params["id"]
    refetch_page(context.library, context.actor, item_id)
    return redirect_with_flash(context.addresses.of_item(item_id, VERSIONS), "read-again")


def _difference_page(context: RequestContext, item_id: str) -> Response:
    old, new = context.param("against"), context.param("version")
    found = version_difference(context.library, context.actor, item_id, old, new)
    rows, left = list[DifferenceRow](), MOST_DIFFERENCE_BYTES
    for row in found.rows:
        left -= _BYTES_AROUND_ROW * (1 + len(row.pieces)) + sum(html_bytes(text) for text, _ in row.pieces)
        if left < 0:
            break
        rows.append(row)
    page = DifferencePage(
        difference=found,
        breadcrumb=item_breadcrumb(context, found.group, found.item),
        head=head_of(context, kept_text(context.library, context.actor, item_id), current=VERSIONS),
        old_made=_made(context, found.old),
        new_made=_made(context, found.new),
        rows=tuple(rows),
    )
    return render(context, "reading/difference.html", page)


@dataclass(frozen=True, slots=True)
class ChangedPanel:
    """The first changed passages of an item, and how many there are; `versions` is the address of all."""

    rows: tuple[ChangedRow, ...]
    total: int
    versions: str


def item_panel(context: RequestContext, item_id: str) -> Markup:
    """On the page of an item: the passages that were changed in the page since, or are gone."""
    with context.library.store.read() as reading:
        item, _group = readable_item(reading, context.actor, item_id)
        if not any(part.quote for part in item.annotations):
            return Markup()
        placed = anchored_passages(reading, item)
    changed = changed_passages(item, placed.versions, placed.anchors)
    if not changed:
        return Markup()
    rows = tuple(changed_row(context, item.id, passage) for passage in changed[:_MOST_ON_ITEM])
    panel = ChangedPanel(rows, len(changed), context.addresses.of_item(item.id, VERSIONS))
    return Markup(render_fragment(context.choice.language, "reading/changed_passages.html", panel))  # noqa: S704


def _made(context: RequestContext, version: TextVersion) -> str:
    """When a version was made: those of one day differ by their time."""
    return day_and_time(context.library.settings, context.translator, version.made_at)


def _row(context: RequestContext, item: Item, versions: tuple[TextVersion, ...], place: int) -> VersionRow:
    version, is_present = versions[place], place == len(versions) - 1
    parameters = () if is_present else (("version", str(version.number)),)
    return VersionRow(
        version,
        _made(context, version),
        is_present,
        context.addresses.of_item(item.id, READ, parameters),
        difference_address(context, item.id, versions[place - 1].number, version.number) if place else "",
    )
