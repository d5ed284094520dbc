"""Likes of an item, a highlight, a comment or a reply, by the members of its group."""

from kb.access.actor import Actor
from kb.access.permissions import require_signed_in_user
from kb.model.items.item import Item
from kb.model.people.user import User
from kb.services.core.library import Library
from kb.services.items.item_edit import editable_item
from kb.services.trash.trash import required_item_part
from kb.store.database.clock import timestamp_now


def like(library: Library, actor: Actor, item_id: str, subject_id: str) -> None:
    """Like an item, or an annotation or a reply of it; once more changes nothing.

    Raises NotFound, LoginNeeded, Forbidden for who is no member. Nothing of the item changes: no feed tells of it.
    """
    with library.store.write() as writing:
        item, _ = editable_item(writing, actor, item_id)
        required_item_part(item, None if subject_id == item.id else subject_id)
        writing.likes.add(subject_id, item.id, require_signed_in_user(actor), timestamp_now())


def unlike(library: Library, actor: Actor, item_id: str, subject_id: str) -> None:
    """Like it no more. Raises as `like` does, but for what is not there any more."""
    with library.store.write() as writing:
        editable_item(writing, actor, item_id)
        writing.likes.drop(subject_id, require_signed_in_user(actor))


def likes_of(library: Library, item: Item) -> dict[str, tuple[User, ...]]:
    """Who likes an item that the asker may read, and each part of it, by id."""
    with library.store.read() as reading:
        return reading.likes.of_item(item.id)
