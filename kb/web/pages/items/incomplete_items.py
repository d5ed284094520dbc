"""The queue of items to complete, and the form that edits one item after the other."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Invalid
from kb.model.items.gap import Gap
from kb.model.people.group import Group
from kb.services.items.incomplete_items import IncompleteItems, incomplete_count, incomplete_items, next_incomplete
from kb.web.http.context import RequestContext
from kb.web.http.urls.listing_scope import Pairs
from kb.web.ui.display_text import Link
from kb.web.ui.group_header import LIBRARY, GroupHeader, header_of_group
from kb.web.ui.pager import Pager, list_pager, requested_page
from kb.web.ui.rendering import render

INCOMPLETE = "incomplete"
OWN_QUEUE = "own"
"""In addresses: the queue of the user's own items."""


@dataclass(frozen=True, slots=True)
class IncompleteItemsPage:
    """`head` is that of the group, None for the user's own items; `gap` is the one that all items of the page have, if
    the user asks for one. `params` are those of the form that edits an item.
    """

    title: str
    head: GroupHeader | None
    queue: IncompleteItems
    gap: Gap | None
    params: Pairs
    pager: Pager


def group_incomplete_page(context: RequestContext) -> Response:
    """The queue of a group. Raises NotFound, LoginNeeded, Forbidden."""
    return _page_response(context, context.path_params["group"])


def own_incomplete_page(context: RequestContext) -> Response:
    """The queue of the user's own items. Raises LoginNeeded."""
    return _page_response(context, None)


def incomplete_link(context: RequestContext, group: Group | None) -> Link | None:
    """The link to a queue with its number of items; None for an empty queue, or without the right to edit its items."""
    slug = group.slug if group else None
    count = incomplete_count(context.library, context.actor, slug)
    if not count:
        return None
    translator = context.translator
    label = (
        translator.ngettext("To be completed (%(count)s)", "To be completed (%(count)s)", count)
        if group
        else translator.ngettext("My items to be completed (%(count)s)", "My items to be completed (%(count)s)", count)
    )
    return Link(label, _address(context, slug, ()))


def queue_of(context: RequestContext) -> Pairs:
    """The queue from which an item is edited, as the parameters of an address; empty without one.

    A form brings them back; otherwise the address has them. Raises Invalid.
    """
    pairs = tuple(
        (name, value)
        for name in ("queue", "missing")
        if (value := (context.form_value(name) or context.param(name))[:100])
    )
    _gap(dict(pairs).get("missing", ""))
    return pairs if dict(pairs).get("queue") else ()


def address_after(context: RequestContext, queue: Pairs, item_id: str) -> str:
    """The form of the item that follows in a queue; after the last, the queue. Raises NotFound, Forbidden."""
    params = dict(queue)
    slug = None if params["queue"] == OWN_QUEUE else params["queue"]
    following = next_incomplete(context.library, context.actor, slug, _gap(params.get("missing", "")), item_id)
    if following is None:
        return _address(context, slug, tuple(pair for pair in queue if pair[0] == "missing"))
    return context.addresses.of_item(following, "edit", queue)


def _page_response(context: RequestContext, slug: str | None) -> Response:
    translator, missing = context.translator, context.param("missing")
    gap = _gap(missing)
    items = incomplete_items(context.library, context.actor, slug, gap, requested_page(context.param("page")))
    selected = (("missing", missing),) if missing else ()
    title = translator.gettext("To be completed") if items.group else translator.gettext("My items to be completed")
    page = IncompleteItemsPage(
        title=title,
        head=header_of_group(context, items.group, LIBRARY, below=title) if items.group else None,
        queue=items,
        gap=gap,
        params=(("queue", slug or OWN_QUEUE), *selected),
        pager=list_pager(
            items.page,
            items.pages,
            lambda number: _address(context, slug, (*selected, ("page", str(number)))),
            translator,
        ),
    )
    return render(context, "items/incomplete_items.html", page)


def _gap(text: str) -> Gap | None:
    if text and text not in set(Gap):
        raise Invalid("The request is not a form of this site.")
    return Gap(text) if text else None


def _address(context: RequestContext, slug: str | None, pairs: Pairs) -> str:
    if slug is not None:
        return context.addresses.group(slug, INCOMPLETE, pairs)
    return context.addresses.own(INCOMPLETE, pairs)
