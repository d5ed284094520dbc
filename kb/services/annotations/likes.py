"""Likes of an item, a highlight, a comment or a reply, by the members of its group."""

from kb.access.actor import Actor
from kb.access.permissions import require_signed_in_user
from kb.model.items.item import Item
from kb.model.people.user import User
from kb.services.core.library import Library
from kb.services.items.item_edit import editable_item
from kb.services.trash.content_removal import required_item_part
from kb.store.database.clock import timestamp_now


def like(library: Library, actor: Actor, item_id: str, subject_id: str) -> None:
    """Like an item, or an annotation or a reply of it; a second like changes nothing.

    Raises NotFound, LoginNeeded, Forbidden unless the actor is a member. The item does not change: no feed shows it.
    """
    with library.store.write() as writing:
        item, _ = editable_item(writing, actor, item_id)
        required_item_part(item, None if subject_id == item.id else subject_id)
        writing.likes.add(subject_id, item.id, require_signed_in_user(actor), timestamp_now())


def unlike(library: Library, actor: Actor, item_id: str, subject_id: str) -> None:
    """Remove a like. Raises as `like` does, except for content that no longer exists."""
    with library.store.write() as writing:
        editable_item(writing, actor, item_id)
        writing.likes.drop(subject_id, require_signed_in_user(actor))


def likes_of(library: Library, item: Item) -> dict[str, tuple[User, ...]]:
    """The users who like an item that the actor may read, and each part of it, by id."""
    with library.store.read() as reading:
        return reading.likes.of_item(item.id)
