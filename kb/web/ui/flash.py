"""The flash message of a page: what the last action did, how it is undone, and a link to what it changed."""

from dataclasses import dataclass

from kb.model.items.item_list import ItemList, ListEntry, ListEntryKind
from kb.web.http.context import RequestContext
from kb.web.http.forms.flash_messages import ITEMS_LISTED, SITE_CHANGED, UNDOABLE, flash_message
from kb.web.ui.display_text import Link


@dataclass(frozen=True, slots=True)
class Flash:
    """`message` is empty without a last action; `undo` is the address that undoes it, for its user."""

    message: str
    undo: str = ""
    link: Link | None = None


def listing_undo_id(context: RequestContext) -> str:
    """The id that undoes the last action of the user, if it added entries to a list; otherwise empty."""
    is_listing = context.param("done") == ITEMS_LISTED and context.actor.user_id is not None
    return context.param("undo") if is_listing else ""


def flash_of(context: RequestContext, additions: tuple[ItemList, tuple[ListEntry, ...]] | None) -> Flash:
    """The flash message of an address, with what the last action added to a list, if it did."""
    done, translator = context.param("done"), context.translator
    flash = Flash(flash_message(done, translator), _undo_address(context, done))
    if additions is None:
        return flash
    item_list, entries = additions
    name, count = item_list.name, len(entries)
    passages = sum(entry.kind is ListEntryKind.PASSAGE for entry in entries)
    if 0 < passages < count:
        message = translator.gettext(
            "%(items)s and %(passages)s are added to the list “%(list)s”.",
            items=translator.ngettext("%(count)s item", "%(count)s items", count - passages),
            passages=translator.ngettext("%(count)s passage", "%(count)s passages", passages),
            list=name,
        )
    elif passages:
        message = translator.ngettext(
            "%(count)s passage is added to the list “%(list)s”.",
            "%(count)s passages are added to the list “%(list)s”.",
            count,
            list=name,
        )
    else:
        message = translator.ngettext(
            "%(count)s item is added to the list “%(list)s”.",
            "%(count)s items are added to the list “%(list)s”.",
            count,
            list=name,
        )
    return Flash(
        message, flash.undo, Link(translator.gettext("Open the list"), context.addresses.item_list(item_list.id))
    )


def _undo_address(context: RequestContext, done: str) -> str:
    undo, actor = context.param("undo"), context.actor
    if undo and done == SITE_CHANGED and actor.administrator:
        return context.addresses.admin("undo", undo)
    return context.addresses.restore(undo) if undo and actor.user_id and done in UNDOABLE else ""
