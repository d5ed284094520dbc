"""Private notes: what somebody writes for themselves about an item of a group, in their own library.

A note lives on an item of the same address there, which is made where it is missing. Of an item without an address,
the one that is made bears the address of the group's item on this site. Nobody else can read that library, nor count
what is in it: the group's item knows nothing of it.
"""

from dataclasses import dataclass, replace
from urllib.parse import quote

from kb.access.actor import Action, Actor
from kb.access.permissions import may, require_person, sight_of
from kb.errors import Conflict, Invalid, NotFound
from kb.model.ids import new_id
from kb.model.items.annotation import Annotation
from kb.model.items.item import Item
from kb.model.items.item_fields import Words, checked_words
from kb.model.items.undo import Changed
from kb.model.people.group import PERSONAL, Group
from kb.model.web_pages.address import canonical_url
from kb.services.core.library import Library
from kb.services.core.write_transaction import changing
from kb.services.item_matching.removed_items import OUT
from kb.services.items.item_creation import annotation_of, author_of
from kb.services.items.items import readable_item
from kb.services.undo.undo import remember
from kb.store import Reading
from kb.store.database.clock import this_instant


@dataclass(frozen=True, slots=True)
class Noted:
    """The note that was written, on the item of one's own library; `undo` takes it back."""

    item: Item
    note: Annotation
    undo: str | None


def private_notes(library: Library, actor: Actor, item: Item, group: Group) -> Item | None:
    """The item of the asker's own library that has the address of an item that they may read; None without one.

    None too for an item of their own library itself, and for nobody.
    """
    if actor.user_id is None or group.is_personal:
        return None
    with library.store.read() as reading:
        own = _own_library(reading, actor)
        return _beside(reading, library, item, own) if own is not None else None


def may_note(actor: Actor, group: Group) -> bool:
    """Whether the asker may write private notes beside a group's items: who is signed in, but at home."""
    """Whether the asker may write private notes about what a group has: whoever is signed in, but in no own library."""
    return actor.user_id is not None and not actor.read_only and not group.is_personal


def note_privately(library: Library, actor: Actor, item_id: str, body: str) -> Noted:
    """Write a private note about an item that the asker may read; the same words once more change nothing.

    Raises NotFound, SignInNeeded, Refused for a reading token; Invalid; Conflict where their own item is in their bin.
    """
    words = Words(body=checked_words(Words(body=body)).body)
    with changing(library, actor) as writing:
        item, group = readable_item(writing, actor, item_id, writing.groups.in_sight(sight_of(actor)))
        require_person(actor)
        own = _own_library(writing, actor)
        if own is None:
            raise NotFound("You have no library of your own here.")
        if group.is_personal:
            raise Invalid("This item is in a library of one's own already: comment on it there.")
        author, now = author_of(actor), this_instant()
        held = _beside(writing, library, item, own)
        twin = (
            next((one for one in held.annotations if not one.quote and one.body == words.body), None) if held else None
        )
        if held is not None and twin is not None:
            return Noted(held, twin, None)
        note = annotation_of(words, author, now)
        if held is not None:
            after = replace(held, annotations=(*held.annotations, note))
            writing.items.update([after])
        else:
            _require_not_aside(writing, own, _address(library, item))
            after = replace(
                item,
                id=new_id(),
                group_id=own.id,
                order=writing.items.next_order(),
                url=item.url or _address(library, item),
                description=None,
                author=author,
                tags=(),
                added=now,
                updated=None,
                views=0,
                annotations=(note,),
            )
            writing.items.add([after])
        undo = remember(writing, actor, changed=[Changed(held, after)])
        return Noted(writing.items.any_of([after.id])[after.id], note, undo)


def _own_library(reading: Reading, actor: Actor) -> Group | None:
    own = reading.groups.by_slug(PERSONAL + actor.login) if actor.login else None
    return own if own is not None and may(actor, Action.READ, own) else None


def _address(library: Library, item: Item) -> str:
    """The address by which a private note knows its item: its own, else that of its page here."""
    return item.url or f"{library.settings.base_url}/items/{quote(item.id, safe='')}"


def _beside(reading: Reading, library: Library, item: Item, own: Group) -> Item | None:
    address = canonical_url(_address(library, item))
    found = reading.items.at_address(address, [own.id], 1) if address is not None else []
    return next(iter(found), None)


def _require_not_aside(reading: Reading, own: Group, url: str) -> None:
    address = canonical_url(url) or ""
    aside = next(iter(reading.moderation.aside_like(own.id, (), (address,), ())), None)
    if aside is not None:
        raise Conflict(OUT[aside.kind])
