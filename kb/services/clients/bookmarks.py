"""Save and change items as programs of bookmark services do: by address, and without asking whether it is saved."""

from dataclasses import dataclass, replace

from kb.access.actor import Actor
from kb.model.bibliographic_record import record_values, with_record_values
from kb.model.items.annotation import Annotation, AnnotationKind
from kb.model.items.item import Item
from kb.model.items.item_fields import AnnotationFields, ItemFields, fields_of_item
from kb.model.people.group import Group
from kb.model.web_pages.canonical_address import canonical_url
from kb.services.annotations.annotations import change_annotation, write_annotation
from kb.services.core.library import Library
from kb.services.groups.group_views import readable_group
from kb.services.items.item_creation import save_item, writable_group
from kb.services.items.item_edit import add_to_item, edit_item
from kb.services.items.items import ItemView, item_page
from kb.services.items.reading_list import (
    add_to_reading_list,
    mark_as_read,
    reading_list_entries,
    remove_from_reading_list,
)
from kb.services.moderation.moderation_actions import remove_content, restore_content
from kb.services.trash.content_removal import is_own_removal


@dataclass(frozen=True, slots=True)
class BookmarkFields:
    """The fields that a program sends; None for one that it does not send."""

    url: str | None = None
    title: str | None = None
    description: str | None = None
    tags: tuple[str, ...] | None = None


def bookmark_at(library: Library, actor: Actor, slug: str, url: str) -> ItemView | None:
    """The item of a group with this address; None if the group has none. Raises NotFound for an unreadable group."""
    group = readable_group(library, actor, slug)
    item = _item_at(library, group, url)
    return ItemView(item, group) if item is not None else None


def save_bookmark(
    library: Library, actor: Actor, slug: str, fields: BookmarkFields, *, merges: bool = False
) -> tuple[ItemView, bool]:
    """Save an address in a group; returns the item, and whether it is new.

    An address that the group has gets the given fields, if the item is the actor's own; an item of another user, or any
    with `merges`, keeps what it has and gets what it lacks. What the actor has put into the trash is restored first.
    Raises NotFound, LoginNeeded, Forbidden, Invalid; Conflict if another user has removed the item.
    """
    group = writable_group(library, actor, slug)
    existing = _item_at(library, group, fields.url or "") or _restored_item(library, actor, group, fields.url or "")
    if existing is None:
        saved = save_item(library, actor, slug, _fields(ItemFields(), fields))
        return ItemView(saved.item, saved.group), True
    is_own = group.is_personal or (existing.author is not None and existing.author.id == actor.user_id)
    if is_own and not merges:
        saved = edit_item(library, actor, existing.id, _fields(fields_of_item(existing), replace(fields, url=None)))
    else:
        saved = add_to_item(library, actor, existing.id, _fields(ItemFields(), fields))
    return ItemView(saved.item, saved.group), False


def change_bookmark(library: Library, actor: Actor, item_id: str, fields: BookmarkFields) -> ItemView:
    """Replace the given fields of an item. Raises as `edit_item` does."""
    before = item_page(library, actor, item_id)
    saved = edit_item(library, actor, item_id, _fields(fields_of_item(before.item), fields))
    return ItemView(saved.item, saved.group)


def own_comment(actor: Actor, item: Item) -> Annotation | None:
    """The actor's first comment on an item, which programs know as the notes of a bookmark."""
    annotations = (part for part in item.annotations if part.author is not None and part.author.id == actor.user_id)
    return next((annotation for annotation in annotations if annotation.kind is AnnotationKind.COMMENT), None)


def set_own_comment(library: Library, actor: Actor, item_id: str, text: str) -> None:
    """Write, change or remove the actor's first comment. Raises as the actions on annotations do."""
    comment = own_comment(actor, item_page(library, actor, item_id).item)
    if not text.strip():
        if comment is not None:
            remove_content(library, actor, item_id, comment.id)
    elif comment is None:
        write_annotation(library, actor, item_id, AnnotationFields(body=text))
    elif comment.body != text:
        change_annotation(library, actor, comment.id, AnnotationFields(body=text))


def set_unread(library: Library, actor: Actor, item_id: str, *, unread: bool) -> None:
    """Put an item on the actor's reading list, or take it off if it is unread there."""
    entry = reading_list_entries(library, actor, [item_id]).get(item_id)
    if unread:
        add_to_reading_list(library, actor, item_id)
    elif entry is not None and entry.read_at is None:
        remove_from_reading_list(library, actor, item_id)


def set_archived(library: Library, actor: Actor, item_id: str, *, archived: bool) -> None:
    """Mark an item as read on the actor's reading list, or take it off if it is read there."""
    entry = reading_list_entries(library, actor, [item_id]).get(item_id)
    if archived:
        if entry is None:
            add_to_reading_list(library, actor, item_id)
        mark_as_read(library, actor, item_id)
    elif entry is not None and entry.read_at is not None:
        remove_from_reading_list(library, actor, item_id)


def _fields(before: ItemFields, bookmark_fields: BookmarkFields) -> ItemFields:
    sent = {name: getattr(bookmark_fields, name) for name in ("url", "title", "description")}
    values = record_values(before) | {name: value for name, value in sent.items() if value is not None}
    fields = with_record_values(before, values)
    return fields if bookmark_fields.tags is None else replace(fields, tags=bookmark_fields.tags)


def _item_at(library: Library, group: Group, url: str) -> Item | None:
    address = canonical_url(url)
    if address is None:
        return None
    with library.store.read() as reading:
        return next(iter(reading.items.at_address(address, [group.id], 1)), None)


def _restored_item(library: Library, actor: Actor, group: Group, url: str) -> Item | None:
    """The item with this address that the actor has put into the trash, taken out of it."""
    address = canonical_url(url)
    if address is None:
        return None
    with library.store.read() as reading:
        removed = reading.moderation.removals_like(group.id, (), (address,), ())
    for removal in removed:
        if is_own_removal(actor, removal):
            restore_content(library, actor, removal.id)
            return item_page(library, actor, removal.item_id).item
    return None
