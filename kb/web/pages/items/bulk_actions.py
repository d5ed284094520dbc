"""Bulk actions: the step between a selection on a listing and its action, with what the action needs to know.

The bar of a listing (`kb.web.pages.listing.selection`) leads here with the ticked items, or with a whole search. The
answer to the form is a redirect to the listing, or a page that names what stayed as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from typing import assert_never

from starlette.responses import Response

from kb.errors import Conflict, Forbidden, Invalid, NotFound
from kb.model.items.item_fields import checked_tags, parse_tags
from kb.services.item_actions.bulk_actions import (
    MOST_BULK_ITEMS,
    BulkResult,
    bulk_targets,
    selected_ids,
    tag_items,
    trash_items,
)
from kb.services.item_actions.bulk_moves import move_items
from kb.services.item_actions.move_and_copy import WiderAudience
from kb.services.items.item_creation import writable_groups
from kb.services.items.reading_list import add_items_to_reading_list
from kb.services.lists.list_additions import add_items_to_list, changeable_lists
from kb.services.lists.list_windows import list_groups
from kb.services.lists.lists import create_list
from kb.web.http.context import RequestContext
from kb.web.http.forms.flash_messages import ITEMS_LISTED
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.http.urls.listing_scope import ListingScope, Pairs
from kb.web.http.writes.idempotent_forms import once
from kb.web.http.writes.write_requests import PORTION
from kb.web.pages.listing.selection import (
    EVERYTHING,
    MOST_TICKED,
    TICKED,
    TOO_MANY_TICKED,
    listing_to_return_to,
    select_address,
    ticked_ids,
)
from kb.web.pages.tags.tag_autocomplete import tag_autocomplete_address
from kb.web.ui.display_text import Link, group_name, truncate
from kb.web.ui.form_errors import handle_form
from kb.web.ui.form_options import FormOption, visibility_name
from kb.web.ui.portions import ProgressPage, portion_address, whole_number
from kb.web.ui.rendering import render

MOST_UNCONFIRMED = 20
"""Items changed without a confirmation, because the change can be undone."""
LARGEST_BULK_FORM = 256 * 1024
"""Bytes of a form that carries the ids of the portions to come: MOST_BULK_ITEMS of 16 characters, and the fields."""
PORTIONS = {"tag": MOST_BULK_ITEMS, "bin": 150, "list": MOST_BULK_ITEMS, "move": 100, "later": 1_500}
"""Items of one request, by action: half a second of work at most."""
_LONGEST_TITLE = 120
_NEW_LIST = "new"
_COUNTS = ("changed", "unchanged", "left")
_OF_PORTIONS = frozenset({*_COUNTS, "rest", "of", "others", "archived", "undo"})
"""The fields that say how far an action is."""
_OF_ACTIONS = frozenset({"act", "add", "remove", "group", "how", "confirmed", "back"})
"""The fields that each portion of an action needs."""


class BulkAct(StrEnum):
    """What is done with the items; the value is the field `act` of the forms."""

    TAG = "tag"
    TRASH = "bin"
    LIST = "list"
    MOVE = "move"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class BulkPage:
    """The form of an action; `hidden` are its fields that name the items, sent to `action`.

    `count` is 0 if nothing is selected. `has_changed`: the search finds other items than when the user was asked
    before. `places` are the groups in which a new list can be. `confirm`: other people read the chosen group, which the
    user must confirm.
    """

    title: str
    act: BulkAct
    count: int
    sentences: tuple[str, ...]
    has_changed: bool
    action: str
    hidden: Pairs
    button: str
    suggest: str
    add: str
    remove: str
    lists: tuple[FormOption, ...]
    places: tuple[FormOption, ...]
    groups: tuple[FormOption, ...]
    confirm: str
    name: str
    back: str


@dataclass(frozen=True, slots=True)
class BulkDonePage:
    """The result; `unchanged` are items that stay, each with the reason. `undo` reverses all of it."""

    sentences: tuple[str, ...]
    unchanged: tuple[Link, ...]
    undo: str
    back: str


@dataclass(frozen=True, slots=True)
class _Selected:
    """The items of an action: `ids` that it changes, and how many others were selected, but may not be changed: in
    archived groups, or for lack of a right.
    """

    ids: tuple[str, ...]
    others: int = 0
    archived: int = 0

    @property
    def skipped(self) -> int:
        return self.others + self.archived


def bulk_page(context: RequestContext) -> Response:
    """The form of an action on selected items. Raises LoginNeeded, Forbidden."""
    return _page(context, _act(context), has_changed=False)


@handle_form(bulk_page, {Conflict: 400, Forbidden: 403, NotFound: 404})
def handle_bulk_post(context: RequestContext) -> Response:
    """Apply the action to the selected items, or to all results; more than a few need a confirmation."""
    if context.param(PORTION) and not _rest(context):
        raise Invalid("The request is not a form of this site.")
    action, selected = _act(context), _selected(context)
    if not selected.ids and not selected.skipped:
        raise Invalid("Tick an item: one at least.")
    if len(selected.ids) > MOST_BULK_ITEMS:
        raise Invalid("At most %(limit)s items are changed at once: narrow the search first.", limit=MOST_BULK_ITEMS)
    if action is BulkAct.TAG and not any(_tags(context)):
        raise Invalid("Give at least one tag to add or remove.")
    confirmed_total = context.form_value("total")
    needs_count = not _rest(context) and (_takes_everything(context) or len(selected.ids) > MOST_UNCONFIRMED)
    if needs_count and confirmed_total != str(len(selected.ids)):
        return _page(context, action, has_changed=bool(confirmed_total))
    return _done_portion(context, action, selected)


def _act(context: RequestContext) -> BulkAct:
    """The action of the form, or of the address. Raises Invalid."""
    name = context.form_value("act") or context.param("act") or BulkAct.TAG
    if name not in set(BulkAct):
        raise Invalid("The request is not a form of this site.")
    return BulkAct(name)


def _pairs(context: RequestContext) -> Pairs:
    """The fields that name the items: those of the form, or those of the address that leads to it."""
    return context.fields or context.params


def _takes_everything(context: RequestContext) -> bool:
    return ("scope", EVERYTHING) in _pairs(context)


def _selected(context: RequestContext) -> _Selected:
    """The items of the action. Raises LoginNeeded, Forbidden; Invalid for more ids than a page can tick."""
    library, actor, request = context.library, context.actor, context.search_request
    rest = _rest(context)
    ids = rest or (None if _takes_everything(context) else ticked_ids(_pairs(context)))
    if ids is not None and not rest and len(ids) > MOST_TICKED:
        raise Invalid(TOO_MANY_TICKED, limit=MOST_TICKED)
    match _act(context):
        case BulkAct.TAG | BulkAct.TRASH:
            targets = bulk_targets(library, actor, request, ids)
            return _Selected(targets.mine, targets.others, targets.archived)
        case BulkAct.LIST | BulkAct.MOVE | BulkAct.LATER:
            return _Selected(selected_ids(library, actor, request, ids))


def _rest(context: RequestContext) -> tuple[str, ...]:
    """The ids of the portions to come, in a form that continues an action."""
    return tuple(context.form_value("rest").split()[:MOST_BULK_ITEMS])


def _tags(context: RequestContext) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The tags to add, and those to remove. Raises Invalid."""
    add, remove = (checked_tags(parse_tags(context.form_value(name))) for name in ("add", "remove"))
    return add, remove


def _page(context: RequestContext, action: BulkAct, *, has_changed: bool) -> Response:
    words, request = context.words, context.search_request
    selected = _selected(context)
    count, pairs = len(selected.ids), _pairs(context)
    scope = EVERYTHING if _takes_everything(context) else TICKED
    error = context.form_error.error if context.form_error else None
    back = _back(context)
    page = BulkPage(
        title=_title(context, action),
        act=action,
        count=count + selected.skipped,
        sentences=(_sentence(context, action, count), *_skipped_sentences(context, selected)),
        has_changed=has_changed,
        action=context.addresses.bulk(request),
        hidden=(
            ("act", action),
            ("scope", scope),
            *(("item", ticked_id) for ticked_id in ticked_ids(pairs) if scope != EVERYTHING),
            *(pair for pair in context.fields if pair[0] in _OF_PORTIONS),
            ("total", str(count)),
            ("back", back),
        ),
        button=_button(context, action, count),
        # For several groups, the tags of the user's own library.
        suggest=tag_autocomplete_address(request.group[0] if len(request.group) == 1 else f"~{context.actor.login}"),
        add=context.form_value("add"),
        remove=context.form_value("remove"),
        lists=_lists(context) if action is BulkAct.LIST else (),
        places=_places(context) if action is BulkAct.LIST else (),
        groups=_groups(context) if action is BulkAct.MOVE else (),
        confirm=words.say("I know that others read this group than those who may read these items now.")
        if isinstance(error, WiderAudience)
        else "",
        name=context.form_value("name"),
        back=back,
    )
    return render(context, "items/bulk_actions.html", page, 409 if has_changed else None)


def _title(context: RequestContext, action: BulkAct) -> str:
    words = context.words
    match action:
        case BulkAct.TAG:
            return words.say("Change the tags")
        case BulkAct.TRASH:
            return words.say("Move to the trash")
        case BulkAct.LIST:
            return words.say("Add to a list")
        case BulkAct.MOVE:
            return words.say("Move or copy to a group")
        case BulkAct.LATER:
            return words.say("Add to your reading list")
        case _:
            assert_never(action)


def _sentence(context: RequestContext, action: BulkAct, count: int) -> str:
    plural = context.words.plural
    match action:
        case BulkAct.TAG:
            return plural("%(count)s item will be changed.", "%(count)s items will be changed.", count)
        case BulkAct.TRASH:
            return plural("%(count)s item goes to the trash.", "%(count)s items go to the trash.", count)
        case BulkAct.LIST | BulkAct.MOVE | BulkAct.LATER:
            return plural("%(count)s item is selected.", "%(count)s items are selected.", count)
        case _:
            assert_never(action)


def _button(context: RequestContext, action: BulkAct, count: int) -> str:
    words = context.words
    match action:
        case BulkAct.TAG:
            return words.plural("Change %(count)s item", "Change %(count)s items", count)
        case BulkAct.TRASH:
            return words.plural("Move %(count)s item to the trash", "Move %(count)s items to the trash", count)
        case BulkAct.LIST | BulkAct.LATER:
            return words.say("Add")
        case BulkAct.MOVE:
            return words.say("Move")
        case _:
            assert_never(action)


def _lists(context: RequestContext) -> tuple[FormOption, ...]:
    """The lists to choose from, then a new one."""
    words, chosen = context.words, context.form_value("list")
    lists = changeable_lists(context.library, context.actor)
    options = (
        FormOption(
            item_list.id,
            item_list.name,
            words.say("only you see it") if item_list.private else group.name,
            item_list.id == chosen,
        )
        for item_list, group in lists
    )
    return (*options, FormOption(_NEW_LIST, words.say("A new list"), chosen=not lists or chosen == _NEW_LIST))


def _places(context: RequestContext) -> tuple[FormOption, ...]:
    """The groups in which a new list can be; the group of the search is proposed, else the user's own library."""
    words, request = context.words, context.search_request
    chosen = context.form_value("where") or (request.group[0] if len(request.group) == 1 else "")
    options = []
    for list_group in list_groups(context.library, context.actor):
        readers = words.say("read by: %(who)s", who=visibility_name(list_group.visible, words))
        hint = words.say("only you see it") if list_group.is_personal else readers
        options.append(
            FormOption(list_group.slug, f"{group_name(list_group, words)} ({hint})", chosen=list_group.slug == chosen)
        )
    return tuple(options)


def _groups(context: RequestContext) -> tuple[FormOption, ...]:
    words, chosen = context.words, context.form_value("group")
    return tuple(
        FormOption(
            group.slug,
            group_name(group, words),
            words.say("you alone read it")
            if group.is_personal
            else words.say("read by: %(who)s", who=visibility_name(group.visible, words)),
            group.slug == chosen,
        )
        for group in writable_groups(context.library, context.actor)
    )


def _done_portion(context: RequestContext, action: BulkAct, selected: _Selected) -> Response:
    """Process the first portion: then the page that sends the form of the next, or the end of the action.

    The last items come first on the reading list, so that the first ones are at its top in the end.
    """
    size = PORTIONS[action]
    if action is BulkAct.LIST:
        return once(partial(_add_to_list, ids=selected.ids))(context)
    if action is BulkAct.LATER:
        portion, rest = selected.ids[-size:], selected.ids[:-size]
    else:
        portion, rest = selected.ids[:size], selected.ids[size:]
    done = _do(context, action, portion)
    before = {
        name: whole_number(context.form_value(name), MOST_BULK_ITEMS) for name in ("changed", "unchanged", "left")
    }
    done = replace(
        done,
        changed=done.changed + before["changed"],
        unchanged=done.unchanged + before["unchanged"],
        left=done.left + before["left"],
    )
    skipped = _Selected(
        (),
        selected.others + whole_number(context.form_value("others"), MOST_BULK_ITEMS),
        selected.archived + whole_number(context.form_value("archived"), MOST_BULK_ITEMS),
    )
    if rest:
        return _progress(context, action, done, skipped, rest)
    match action:
        case BulkAct.TAG:
            key = "items-tagged"
        case BulkAct.TRASH:
            key = "items-removed"
        case BulkAct.MOVE:
            key = "items-moved" if context.form_value("how") == "move" else "items-copied"
        case BulkAct.LATER:
            key = "items-to-read"
        case _:
            assert_never(action)
    return _answer(context, done, skipped, key)


def _do(context: RequestContext, action: BulkAct, ids: Sequence[str]) -> BulkResult:
    """Apply the action to one portion of the items; the undo of earlier portions reverses this one too."""
    library, actor, field = context.library, context.actor, context.form_value
    part_of = field("undo") or None
    match action:
        case BulkAct.TAG:
            return tag_items(library, actor, ids, *_tags(context), part_of=part_of)
        case BulkAct.TRASH:
            return trash_items(library, actor, ids, part_of=part_of)
        case BulkAct.MOVE:
            confirmed = field("confirmed") == "on"
            return move_items(library, actor, ids, field("group"), field("how"), confirmed=confirmed, part_of=part_of)
        case BulkAct.LATER:
            return BulkResult(add_items_to_reading_list(library, actor, ids), 0, 0, (), None)
        case BulkAct.LIST:
            raise ValueError(action)
        case _:
            assert_never(action)


def _progress(
    context: RequestContext, action: BulkAct, done: BulkResult, skipped: _Selected, rest: Sequence[str]
) -> Response:
    counts = {
        "changed": done.changed,
        "unchanged": done.unchanged,
        "left": done.left,
        "others": skipped.others,
        "archived": skipped.archived,
    }
    finished = done.changed + done.unchanged + done.left
    total = whole_number(context.form_value("of"), MOST_BULK_ITEMS) or finished + len(rest)
    page = ProgressPage(
        title=_title(context, action),
        summary=context.words.say("%(done)s of %(total)s items", done=total - len(rest), total=total),
        done=total - len(rest),
        total=total,
        action=portion_address(context.addresses.bulk(context.search_request)),
        hidden=(
            *(pair for pair in context.fields if pair[0] in _OF_ACTIONS),
            *((name, str(count)) for name, count in counts.items()),
            ("of", str(total)),
            ("undo", done.undo or ""),
            ("rest", " ".join(rest)),
        ),
        undo=context.addresses.restore(done.undo) if done.undo else "",
        back=_back(context),
    )
    return render(context, "items/bulk_progress.html", page)


def _add_to_list(context: RequestContext, *, ids: Sequence[str]) -> Response:
    library, actor, field = context.library, context.actor, context.form_value
    list_id, name = field("list"), field("name").strip()
    if list_id in {"", _NEW_LIST} and not name:
        raise Invalid("Choose a list, or give a new one a name.")
    # A typed name means a new list, whatever list is selected.
    if name:
        list_id = create_list(library, actor, field("where") or f"~{actor.login}", name).id
    added = add_items_to_list(library, actor, list_id, ids)
    return redirect_with_flash(_back(context), ITEMS_LISTED if added.added else "items-in-list", added.undo or "")


def _answer(context: RequestContext, done: BulkResult, skipped: _Selected, key: str) -> Response:
    if not (skipped.skipped or done.left):
        return redirect_with_flash(_back(context), key if done.changed else "unchanged", done.undo or "")
    words = context.words
    sentences = [
        words.plural("%(count)s item is in the trash.", "%(count)s items are in the trash.", done.changed)
        if key == "items-removed"
        else words.plural("%(count)s item is changed.", "%(count)s items are changed.", done.changed)
    ]
    if done.unchanged:
        sentences.append(
            words.plural("%(count)s item was so already.", "%(count)s items were so already.", done.unchanged)
        )
    sentences += _skipped_sentences(context, skipped)
    if done.left:
        sentences.append(words.plural("%(count)s item stays as it is:", "%(count)s items stay as they are:", done.left))
    page = BulkDonePage(
        sentences=tuple(sentences),
        unchanged=tuple(
            Link(truncate(item.title, _LONGEST_TITLE), context.addresses.item(item.item_id), words.sentence(item.why))
            for item in done.named
        ),
        undo=context.addresses.restore(done.undo) if done.undo else "",
        back=_back(context),
    )
    return render(context, "items/bulk_done.html", page)


def _skipped_sentences(context: RequestContext, skipped: _Selected) -> tuple[str, ...]:
    """The number of found items in archived groups, and in groups in which the user does not contribute."""
    plural = context.words.plural
    archived = plural(
        "%(count)s item is in an archived group: it stays as it is.",
        "%(count)s items are in archived groups: they stay as they are.",
        skipped.archived,
    )
    others = plural(
        "%(count)s item is in a group where you do not contribute: it stays as it is.",
        "%(count)s items are in groups where you do not contribute: they stay as they are.",
        skipped.others,
    )
    return (*((archived,) if skipped.archived else ()), *((others,) if skipped.others else ()))


def _back(context: RequestContext) -> str:
    """The listing that the user came from."""
    address = listing_to_return_to(_pairs(context))
    if address:
        return address
    request = context.search_request
    group = request.group[0] if len(request.group) == 1 else None
    scope = ListingScope(group, request.tag[0] if group and request.tag else None)
    return select_address(context.addresses.listing(scope, request))
