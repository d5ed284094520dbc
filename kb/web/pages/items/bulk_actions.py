"""Bulk actions: change the selected items, or all items that a search finds."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Conflict, Invalid
from kb.model.items.item_fields import checked_tags, parse_tags, tags_as_text
from kb.model.search_request import SearchRequest
from kb.services.item_actions.bulk_actions import (
    MOST_BULK_ITEMS,
    BulkResult,
    BulkTargets,
    bulk_targets,
    may_contribute,
    tag_items,
    trash_items,
)
from kb.services.search.result_types import SearchHit
from kb.web.http.context import RequestContext
from kb.web.http.listing_scope import ListingScope, Pairs
from kb.web.pages.listing.listing import find_results
from kb.web.pages.listing.result_rows import MOST_TAG_BYTES
from kb.web.pages.tags.tag_autocomplete import tag_autocomplete_address
from kb.web.ui.display_text import Link, date_label, title_or_url, truncate
from kb.web.ui.form_errors import handle_form
from kb.web.ui.page_weight import fitting_labels
from kb.web.ui.pager import Pager, last_page, list_pager, range_label
from kb.web.ui.rendering import render

MOST_UNCONFIRMED = 20
"""Items changed without a confirmation, because the change can be undone."""
_LONGEST_TITLE = 120


@dataclass(frozen=True, slots=True)
class BulkItem:
    """An item with a checkbox; `fixed`: the user may not change it."""

    id: str
    title: str
    facts: str
    tags: tuple[str, ...]
    ticked: bool
    fixed: bool


@dataclass(frozen=True, slots=True)
class BulkPage:
    """`everything` gives the number of all results; `action` contains the search that finds them."""

    summary: str
    items: tuple[BulkItem, ...]
    pager: Pager
    range: str
    action: str
    suggest: str
    everything: str
    selects_all: bool
    add: str
    remove: str
    back: str


@dataclass(frozen=True, slots=True)
class BulkConfirmPage:
    """The action to confirm, in sentences; `hidden` are the fields of the form, sent again to `action`.

    `has_changed`: the search finds other items than when the user was asked before.
    """

    sentences: tuple[str, ...]
    has_changed: bool
    action: str
    hidden: Pairs
    act: str
    button: str


@dataclass(frozen=True, slots=True)
class BulkDonePage:
    """The result; `unchanged` are items that stay, each with the reason. `undo` reverses all of it."""

    sentences: tuple[str, ...]
    unchanged: tuple[Link, ...]
    undo: str
    back: str


def bulk_page(context: RequestContext) -> Response:
    """The results of a search, with checkboxes. Raises LoginNeeded, Forbidden."""
    request, words = context.search_request, context.words
    # A user without the right gets the refusal before any search.
    bulk_targets(context.library, context.actor, request, ())
    results = find_results(context, request)
    ticked = {value for name, value in context.fields if name == "item"}
    count = words.plural("%(count)s result", "%(count)s results", results.total)
    page = BulkPage(
        summary=words.say("%(count)s for “%(query)s”", count=count, query=request.q) if request.q else count,
        # Each item once, even if several of its annotations were found.
        items=tuple(_bulk_item(context, row, ticked) for row in {row.item.id: row for row in results.rows}.values()),
        pager=list_pager(
            request.page, last_page(results), lambda number: context.addresses.bulk(request.with_page(number)), words
        ),
        range=range_label(results, words),
        action=context.addresses.bulk(request),
        # For several groups, the tags of the user's own library.
        suggest=tag_autocomplete_address(request.group[0] if len(request.group) == 1 else f"~{context.actor.login}"),
        everything=words.plural(
            "All %(count)s result of this search", "All %(count)s results of this search", results.total
        ),
        selects_all=context.form_value("scope") == "all",
        add=context.form_value("add"),
        remove=context.form_value("remove"),
        back=_back(context, request),
    )
    return render(context, "items/bulk_actions.html", page)


@handle_form(bulk_page, {Conflict: 400})
def handle_bulk_post(context: RequestContext) -> Response:
    """Change the selected items, or all results; more than a few need a confirmation."""
    act, request = context.form_value("act"), context.search_request
    if act not in ("tag", "bin"):
        raise Invalid("What was sent is not a form of this site.")
    everything = context.form_value("scope") == "all"
    ticked = tuple(dict.fromkeys(value for name, value in context.fields if name == "item"))
    targets = bulk_targets(context.library, context.actor, request, None if everything else ticked)
    if not targets.mine and not targets.others:
        raise Invalid("Tick an item: one at least.")
    if len(targets.mine) > MOST_BULK_ITEMS:
        raise Invalid("At most %(limit)s items are changed at once: narrow the search first.", limit=MOST_BULK_ITEMS)
    add, remove = (checked_tags(parse_tags(context.form_value(name))) for name in ("add", "remove"))
    if act == "tag" and not add and not remove:
        raise Invalid("Give a tag to add or to take away: one at least.")
    confirmed_count = context.form_value("total")
    if (everything or len(targets.mine) > MOST_UNCONFIRMED) and confirmed_count != str(len(targets.mine)):
        return _confirmation_page(context, targets, add, remove, has_changed=bool(confirmed_count))
    if act == "tag":
        done = tag_items(context.library, context.actor, targets.mine, add, remove)
    else:
        done = trash_items(context.library, context.actor, targets.mine)
    return _done_page(context, done, targets)


def _bulk_item(context: RequestContext, row: SearchHit, ticked: set[str]) -> BulkItem:
    item = row.item
    facts = (
        row.group.name,
        item.source,
        date_label(item, context.words),
        item.author.name if item.author else None,
    )
    return BulkItem(
        item.id,
        truncate(title_or_url(item), _LONGEST_TITLE),
        " · ".join(fact for fact in facts if fact),
        tuple(fitting_labels(item.tags, MOST_TAG_BYTES)),
        item.id in ticked,
        not may_contribute(context.actor, row.group),
    )


def _confirmation_page(
    context: RequestContext, targets: BulkTargets, add: tuple[str, ...], remove: tuple[str, ...], *, has_changed: bool
) -> Response:
    words, count, act = context.words, len(targets.mine), context.form_value("act")
    if act == "bin":
        sentences = [
            words.plural("%(count)s item goes to the trash.", "%(count)s items go to the trash.", count),
            words.say("Those that you may not remove stay, and are named afterwards."),
        ]
        button = words.plural("Move %(count)s item to the trash", "Move %(count)s items to the trash", count)
    else:
        sentences = [
            words.plural("%(count)s item will be changed.", "%(count)s items will be changed.", count),
            *([words.say("Added: %(tags)s", tags=", ".join(add))] if add else []),
            *([words.say("Taken away: %(tags)s", tags=", ".join(remove))] if remove else []),
        ]
        button = words.plural("Change %(count)s item", "Change %(count)s items", count)
    scope = context.form_value("scope")
    ticked = tuple((name, value) for name, value in context.fields if name == "item" and scope != "all")
    page = BulkConfirmPage(
        sentences=(*sentences, *_skipped_sentences(context, targets)),
        has_changed=has_changed,
        action=context.addresses.bulk(context.search_request),
        hidden=(
            ("scope", scope),
            ("add", tags_as_text(add)),
            ("remove", tags_as_text(remove)),
            *ticked,
            ("total", str(count)),
        ),
        act=act,
        button=button,
    )
    return render(context, "items/bulk_confirm.html", page, 409 if has_changed else 200)


def _done_page(context: RequestContext, done: BulkResult, targets: BulkTargets) -> Response:
    words = context.words
    sentences = [
        words.plural("%(count)s item is changed.", "%(count)s items are changed.", done.changed)
        if context.form_value("act") == "tag"
        else words.plural("%(count)s item is in the trash.", "%(count)s items are in the trash.", done.changed)
    ]
    if done.unchanged:
        sentences.append(
            words.plural("%(count)s item was so already.", "%(count)s items were so already.", done.unchanged)
        )
    sentences += _skipped_sentences(context, targets)
    if done.left:
        sentences.append(words.plural("%(count)s item stays as it is:", "%(count)s items stay as they are:", done.left))
    page = BulkDonePage(
        sentences=tuple(sentences),
        unchanged=tuple(
            Link(truncate(one.title, _LONGEST_TITLE), context.addresses.item(one.item_id), words.sentence(one.why))
            for one in done.named
        ),
        undo=context.addresses.restore(done.undo) if done.undo else "",
        back=_back(context, context.search_request),
    )
    return render(context, "items/bulk_done.html", page)


def _skipped_sentences(context: RequestContext, targets: BulkTargets) -> tuple[str, ...]:
    """The number of found items in groups in which the user does not contribute."""
    if not targets.others:
        return ()
    return (
        context.words.plural(
            "%(count)s item is in a group where you do not contribute: it stays as it is.",
            "%(count)s items are in groups where you do not contribute: they stay as they are.",
            targets.others,
        ),
    )


def _back(context: RequestContext, request: SearchRequest) -> str:
    """The listing that the user came from."""
    group = request.group[0] if len(request.group) == 1 else None
    return context.addresses.listing(ListingScope(group, request.tag[0] if group and request.tag else None), request)
