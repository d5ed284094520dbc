"""Save an item in a group's library: a page with an address, or an item without one."""

from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

from kb.access.actor import Action, Actor
from kb.access.permissions import is_allowed, require_permission, require_signed_in_user
from kb.errors import Conflict
from kb.model.bibliographic_record import record_values, with_record_values
from kb.model.ids import new_id
from kb.model.items.annotation import Annotation
from kb.model.items.item import Item
from kb.model.items.item_fields import AnnotationFields, ItemFields, checked_annotation_fields, checked_fields
from kb.model.items.undo import ItemChange
from kb.model.people.group import Group, personal_slug
from kb.model.people.user import User
from kb.model.web_pages.canonical_address import canonical_url
from kb.services.core.library import Library
from kb.services.core.read_your_writes import item_write_transaction
from kb.services.core.readable_groups import readable_groups
from kb.services.groups.group_languages import detected_language, effective_languages
from kb.services.item_matching.removed_items import REMOVED_ITEM_MESSAGES
from kb.services.items.items import ItemView
from kb.services.mentions.mentions import record_text
from kb.services.page_fetch.fetch_requests import attach_fetch_to_item
from kb.services.undo.undo import save_undo
from kb.store import ReadSnapshot
from kb.store.database.clock import timestamp_now


class AlreadySaved(Conflict):
    """The group already has an item with this address, `item_id`."""

    def __init__(self, item_id: str) -> None:
        super().__init__("The group has this address already.")
        self.item_id = item_id


@dataclass(frozen=True, slots=True)
class SavedItem:
    """The saved item, and the id to undo the save; None if nothing has changed."""

    item: Item
    group: Group
    undo: str | None


def save_item(
    library: Library,
    actor: Actor,
    slug: str,
    fields: ItemFields,
    words: Sequence[AnnotationFields] = (),
    *,
    once: str = "",
    fetch_id: str | None = None,
    has_page: bool = False,
) -> SavedItem:
    """Save an item in a group, with the contributor's texts, in one transaction.

    `once` is a random token of the form: if the same form is sent twice, one item is saved, and returned again. The
    item then waits for the data of its page, unless the caller `has_page`; `fetch_id` is the fetch that the actor's
    form used, if any. Raises
    NotFound, LoginNeeded, Forbidden; Invalid for invalid values; AlreadySaved if the group has the address; Conflict if
    the item is hidden or in the trash, or has more texts than an item may have.
    """
    item_fields, added = checked_fields(fields), tuple(checked_annotation_fields(word) for word in words)
    with item_write_transaction(library, actor) as writing:
        group = require_permission(actor, Action.CONTRIBUTE, writing.groups.by_slug(slug))
        author = author_of_actor(actor)
        item_id = _item_id_of_form(author.id, slug, once, item_fields, added) if once else new_id()
        if once and (saved := writing.items.any_of([item_id]).get(item_id)) is not None:
            return SavedItem(saved, group, None)
        require_new_address(writing, group, item_fields.url)
        now = timestamp_now()
        item = Item(
            # An item that the same form saved and that is now in the trash has this id: the new item needs another one.
            id=item_id if not writing.moderation.removals_of_items([item_id]) else new_id(),
            group_id=group.id,
            order=writing.items.next_order(),
            author=author,
            tags=item_fields.tags,
            added=now,
            annotations=tuple(new_annotation(passage, author, now) for passage in added),
        )
        item = with_detected_language(with_record_values(item, record_values(item_fields)), group, library)
        writing.items.add([item])
        if not has_page:
            attach_fetch_to_item(writing, actor, item.id, item.url, fetch_id)
        undo = save_undo(writing, actor, changed=[ItemChange(None, item)])
        for annotation in item.annotations:
            record_text(writing, actor, item, annotation.id, annotation.body or "")
    return SavedItem(item, group, undo)


def _item_id_of_form(user_id: str, slug: str, once: str, fields: ItemFields, words: Sequence[AnnotationFields]) -> str:
    """The id of an item saved by a form, the same for the same content; no user can choose it."""
    content = repr((user_id, slug, once, fields, tuple(words)))
    return urlsafe_b64encode(blake2b(content.encode("utf-8", "surrogatepass"), digest_size=12).digest()).decode()


def author_of_actor(actor: Actor) -> User:
    """The actor as the author of a text. Raises LoginNeeded; Forbidden for a read-only token."""
    return User(require_signed_in_user(actor), actor.login, actor.name)


def new_annotation(words: AnnotationFields, author: User, now: str) -> Annotation:
    """A new annotation with the given text, written now."""
    return Annotation(
        id=new_id(),
        kind=words.kind,
        author=author,
        added=now,
        quote=words.quote or None,
        body=words.body or None,
        prefix=words.prefix or None,
        suffix=words.suffix or None,
        color=words.color or None,
        tags=words.tags or None,
        selectors=words.selectors or None,
    )


def with_detected_language(item: Item, group: Group, library: Library) -> Item:
    """The item with its detected language, if none was entered."""
    if item.language is not None and not item.language_decided:
        return item
    language = detected_language(item, effective_languages(group, library.settings))
    return replace(item, language=language, language_decided=True)


def readable_items_with_url(library: Library, actor: Actor, slug: str, url: str, limit: int) -> tuple[ItemView, ...]:
    """The items with this address in readable groups: of this group first, then of the actor's own library."""
    address = canonical_url(url)
    if address is None:
        return ()
    mine = {membership.group_id for membership in actor.memberships}
    with library.store.read() as reading:
        groups = {group.id: group for group in readable_groups(reading, actor).groups}
        items = reading.items.at_address(address, groups, 10 * limit)
    views = [ItemView(item, groups[item.group_id]) for item in items]
    views.sort(key=lambda view: (view.group.slug != slug, view.group.id not in mine, view.item.order))
    return tuple(views[:limit])


def writable_groups(library: Library, actor: Actor, action: Action = Action.CONTRIBUTE) -> tuple[Group, ...]:
    """The groups in which the actor may save items, or do another action, by slug: the actor's own library first.

    Those of which the actor is no member, as an administrator, come last.
    """
    mine = {membership.group_id for membership in actor.memberships}
    with library.store.read() as reading:
        groups = reading.groups.by_ids(mine).values()
        if actor.administrator:
            groups = {group.id: group for group in (*groups, *readable_groups(reading, actor).groups)}.values()
        allowed = [group for group in groups if is_allowed(actor, action, group)]
    return tuple(sorted(allowed, key=lambda group: (not group.is_personal, group.id not in mine, group.slug)))


def writable_group(library: Library, actor: Actor, slug: str) -> Group:
    """A group in which the actor may save items. Raises NotFound, LoginNeeded, Forbidden."""
    with library.store.read() as reading:
        return require_permission(actor, Action.CONTRIBUTE, reading.groups.by_slug(slug))


def require_new_address(reading: ReadSnapshot, group: Group, url: str | None) -> None:
    """Raise AlreadySaved, or Conflict for a hidden or removed item, if the group has an item with the address."""
    address = canonical_url(url)
    if address is None:
        return
    for item in reading.items.at_address(address, [group.id], 1):
        raise AlreadySaved(item.id)
    for removed in reading.moderation.removals_like(group.id, (), (address,), ()):
        raise Conflict(REMOVED_ITEM_MESSAGES[removed.kind])


def save_target(library: Library, actor: Actor, slug: str = "") -> str:
    """The slug of the group in which a program saves: the given one, that of its token, or the user's own library.

    Nothing is saved elsewhere if the user may no longer save in the group of the token. Raises LoginNeeded, NotFound,
    Forbidden, as for a group that is named.
    """
    require_signed_in_user(actor)
    return slug or default_library_slug(library, actor, Action.CONTRIBUTE)


def default_library_slug(library: Library, actor: Actor, action: Action) -> str:
    """The slug of the library of a token's group, in which its user must have the right to an action, or of the user's
    own library. Raises LoginNeeded, NotFound, Forbidden.
    """
    require_signed_in_user(actor, reading=True)
    if actor.default_group_id is None:
        return personal_slug(actor.login)
    with library.store.read() as reading:
        group = reading.groups.by_id(actor.default_group_id)
        return require_permission(actor, action, group).slug
