"""Annotations as programs of other services write them: about the page at an address, in a group, or in answer to
another text. Writing is that of the pages, with its rights, limits, log and undo.
"""

from dataclasses import replace
from urllib.parse import quote as quoted

from kb.access.actor import Actor
from kb.errors import Invalid, NotFound, translatable
from kb.model.items.annotation import Annotation
from kb.model.items.item import Item
from kb.model.items.item_fields import LONGEST_TYPED_TITLE, AnnotationFields, ItemFields, checked_fields
from kb.model.items.moderation import RemovalKind
from kb.model.items.selectors import position_of
from kb.model.people.group import Group, personal_slug
from kb.services.annotations.annotations import (
    change_annotation,
    change_reply,
    move_annotation,
    write_annotation,
    write_reply,
)
from kb.services.annotations.private_notes import write_private_note
from kb.services.clients.passage_listings import Passage, page_address, passage_with_id
from kb.services.core.library import Library
from kb.services.groups.group_views import readable_group
from kb.services.items.item_creation import save_item, writable_group
from kb.services.items.items import item_if_readable
from kb.services.moderation.moderation_actions import remove_content, restore_content

NO_QUOTE = translatable("A passage is known here by its words: its target needs a TextQuoteSelector.")


def annotate_page(
    library: Library, actor: Actor, slug: str, url: str, words: AnnotationFields, *, title: str = ""
) -> Passage:
    """Write an annotation about the page at an address, or at that of an item's page here, in a group: on the item that
    the group has of it, or on a new one.

    Raises NotFound, LoginNeeded, Forbidden, Invalid; Conflict if the item is in the trash, or has no room for it.
    """
    item = _item_of_page(library, actor, slug, url)
    words = _with_quote(library, item, words)
    if item is not None:
        written = write_annotation(library, actor, item.id, words, may_repeat=True)
        return passage_with_id(library, actor, written.part_id)
    page = page_address(library, actor, url)
    known = item_if_readable(library, actor, page.item_id) if page.item_id else None
    if known is not None:
        # The page of an item here stands for the page that the item is of.
        url, title = known.url or f"{library.settings.base_url}/items/{quoted(known.id, safe='')}", known.title or ""
    fields = ItemFields(url=url, title=" ".join(title.split())[:LONGEST_TYPED_TITLE] or None)
    saved = save_item(library, actor, slug, fields, (words,))
    return passage_with_id(library, actor, saved.item.annotations[0].id)


def answer_text(library: Library, actor: Actor, part_id: str, words: AnnotationFields) -> Passage:
    """Reply to an annotation or to a reply. Raises as `write_reply` does; Invalid for a passage."""
    if words.quote:
        raise Invalid("A reply has no passage of its own.")
    written = write_reply(library, actor, part_id, words.body, words.tags or (), may_repeat=True)
    return passage_with_id(library, actor, written.part_id)


def rewrite_text(library: Library, actor: Actor, passage: Passage, words: AnnotationFields) -> Passage:
    """Change the texts and tags of the actor's own annotation or reply. Raises as `change_annotation` does."""
    part = passage.part
    if isinstance(part, Annotation):
        change_annotation(library, actor, part.id, _with_quote(library, passage.item, words))
    else:
        if words.quote:
            raise Invalid("A reply has no passage of its own.")
        change_reply(library, actor, part.id, words.body, tags=words.tags)
    return passage_with_id(library, actor, part.id)


def move_to_page(library: Library, actor: Actor, passage: Passage, url: str) -> Passage:
    """Move the actor's own annotation, which nobody has answered, to the item of another page in the same group, which
    is made if the group has none. Raises as `move_annotation` and `save_item` do.
    """
    item = _item_of_page(library, actor, passage.group.slug, url)
    if item is None:
        item = save_item(library, actor, passage.group.slug, ItemFields(url=url)).item
    move_annotation(library, actor, passage.part.id, item.id)
    return passage_with_id(library, actor, passage.part.id)


def remove_text(library: Library, actor: Actor, passage: Passage) -> None:
    """Move an annotation or a reply to the trash of its group. Raises as `remove_content` does."""
    remove_content(library, actor, passage.item.id, passage.part.id)


def show_again(library: Library, actor: Actor, part_id: str) -> None:
    """Show a hidden annotation or reply again, as a moderator. Raises NotFound, LoginNeeded, Forbidden, Conflict."""
    with library.store.read() as reading:
        group_id = reading.moderation.removed_ids([part_id]).get(part_id)
        hidden = reading.moderation.removals_of_group(group_id, RemovalKind.HIDDEN) if group_id else ()
    removal = next((removal for removal in hidden if removal.annotation_id == part_id), None)
    if removal is None:
        raise NotFound("This passage or comment does not exist, or you may not read it.")
    restore_content(library, actor, removal.id)


def is_about(library: Library, actor: Actor, passage: Passage, url: str) -> bool:
    """Whether an address is that of the page that a passage is from, or of its item here."""
    return page_address(library, actor, url).is_of(passage.item)


def note_for_oneself(
    library: Library, actor: Actor, slug: str, url: str, words: AnnotationFields, *, title: str = ""
) -> Passage:
    """Write an annotation about a page that only the actor reads: in the own library, about the item that a group has
    of the page if the actor may read it. Raises as `write_private_note` and `annotate_page` do.
    """
    own = personal_slug(actor.login)
    group = readable_group(library, actor, slug)
    item = _item_of_group(library, actor, group, url)
    if item is None or group.is_personal:
        return annotate_page(library, actor, own, url, words, title=title)
    return passage_with_id(library, actor, write_private_note(library, actor, item.id, words).note.id)


def _with_quote(library: Library, item: Item | None, words: AnnotationFields) -> AnnotationFields:
    """A passage that a program names only by its position in the text, with its words in the kept text of the page.
    Raises Invalid if there is no such text.
    """
    position = position_of(words.selectors)
    if words.quote or position is None:
        return words
    with library.store.read() as reading:
        text = (reading.page_texts.of_item(item.id) or "") if item is not None else ""
    quote = text[position.start : position.end]
    if not quote.strip() or position.end > len(text):
        raise Invalid(NO_QUOTE)
    return replace(words, quote=quote)


def _item_of_page(library: Library, actor: Actor, slug: str, url: str) -> Item | None:
    """The item that a group has of a page. Raises NotFound, LoginNeeded, Forbidden, Invalid for no address."""
    group = writable_group(library, actor, slug)
    item = _item_of_group(library, actor, group, url)
    if item is None:
        checked_fields(ItemFields(url=url))
    return item


def _item_of_group(library: Library, actor: Actor, group: Group, url: str) -> Item | None:
    page = page_address(library, actor, url)
    item = item_if_readable(library, actor, page.item_id) if page.item_id else None
    if item is not None and item.group_id == group.id:
        return item
    with library.store.read() as reading:
        found = (item for address in page.addresses for item in reading.items.at_address(address, [group.id], 1))
        return next(found, None)
