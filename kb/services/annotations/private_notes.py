"""Private notes: a user's notes about an item of a group, and passages of it, in the user's own library.

A note belongs to the item with the same address in the own library; the item is created if it is missing. If the
group's item has no address, the new item gets the address of the group's item on this site. No other user can read or
count what the own library holds, and the group's item does not refer to it.
"""

from dataclasses import dataclass, replace
from urllib.parse import quote

from kb.access.actor import Action, Actor
from kb.access.permissions import is_allowed, require_signed_in_user
from kb.errors import Invalid, NotFound
from kb.model.ids import new_id
from kb.model.items.annotation import Annotation
from kb.model.items.item import Item
from kb.model.items.item_fields import AnnotationFields, checked_annotation_fields
from kb.model.items.selectors import with_text_quote
from kb.model.items.undo import ItemChange
from kb.model.people.group import Group
from kb.model.web_pages.canonical_address import canonical_url
from kb.services.core.library import Library
from kb.services.core.read_your_writes import item_write_transaction
from kb.services.items.item_creation import author_of_actor, new_annotation, require_new_address
from kb.services.items.items import readable_item
from kb.services.undo.undo import save_undo
from kb.store import ReadSnapshot
from kb.store.database.clock import timestamp_now


@dataclass(frozen=True, slots=True)
class WrittenNote:
    """The saved note, on the item of the actor's own library; `undo` is the id to undo it."""

    item: Item
    note: Annotation
    undo: str | None


def item_with_private_notes(library: Library, actor: Actor, item: Item, group: Group) -> Item | None:
    """The item of the actor's own library with the same address as an item that the actor may read; None without one.

    None also for an item of the own library itself, and for an anonymous actor.
    """
    if actor.user_id is None or group.is_personal:
        return None
    with library.store.read() as reading:
        own = _own_library(reading, actor)
        return _item_in_own_library(reading, library, item, own) if own is not None else None


def may_write_private_note(actor: Actor, group: Group) -> bool:
    """Whether the actor may write private notes about a group's items: logged in, and not in an own library."""
    return actor.user_id is not None and not actor.read_only and not group.is_personal


def write_private_note(library: Library, actor: Actor, item_id: str, fields: AnnotationFields) -> WrittenNote:
    """Write a private note about an item that the actor may read, or mark a passage of it; the same text again changes
    nothing.

    Raises NotFound, LoginNeeded, Forbidden for a read-only token; Invalid; Conflict if the actor's own item is in the
    trash.
    """
    words = checked_annotation_fields(fields)
    with item_write_transaction(library, actor) as writing:
        item, group = readable_item(writing, actor, item_id)
        require_signed_in_user(actor)
        own = _own_library(writing, actor)
        if own is None:
            raise NotFound("You have no library of your own here.")
        if group.is_personal:
            raise Invalid("This item is in a library of one's own already: comment on it there.")
        author, now = author_of_actor(actor), timestamp_now()
        own_item = _item_in_own_library(writing, library, item, own)
        notes = own_item.annotations if own_item is not None else ()
        wanted = (words.quote, words.body)
        duplicate = next((note for note in notes if (note.quote or "", note.body or "") == wanted), None)
        if own_item is not None and duplicate is not None:
            return WrittenNote(own_item, duplicate, None)
        placed = with_text_quote(words, writing.page_texts.of_item(item.id) or "") if words.quote else words
        note = new_annotation(placed, author, now)
        if own_item is not None:
            after = replace(own_item, annotations=(*own_item.annotations, note))
            writing.items.update([after])
        else:
            require_new_address(writing, own, _note_address(library, item))
            after = replace(
                item,
                id=new_id(),
                group_id=own.id,
                order=writing.items.next_order(),
                url=item.url or _note_address(library, item),
                description=None,
                author=author,
                tags=(),
                added=now,
                updated=None,
                views=0,
                annotations=(note,),
            )
            writing.items.add([after])
        undo = save_undo(writing, actor, changed=[ItemChange(own_item, after)])
        return WrittenNote(writing.items.any_of([after.id])[after.id], note, undo)


def _own_library(reading: ReadSnapshot, actor: Actor) -> Group | None:
    own = reading.groups.own_library(actor.login) if actor.login else None
    return own if own is not None and is_allowed(actor, Action.READ, own) else None


def _note_address(library: Library, item: Item) -> str:
    """The address that identifies the item of a private note: its own, otherwise that of its page here."""
    return item.url or f"{library.settings.base_url}/items/{quote(item.id, safe='')}"


def _item_in_own_library(reading: ReadSnapshot, library: Library, item: Item, own: Group) -> Item | None:
    address = canonical_url(_note_address(library, item))
    items = reading.items.at_address(address, [own.id], 1) if address is not None else []
    return next(iter(items), None)
