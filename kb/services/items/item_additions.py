"""Add a user's new data to an existing item, without changing what others entered."""

from collections.abc import Sequence
from dataclasses import replace

from kb.access.actor import Actor
from kb.errors import Invalid
from kb.model.bibliographic_record import record_values, with_record_values
from kb.model.items.item import Item
from kb.model.items.item_fields import (
    MOST_TAGS,
    AnnotationFields,
    ItemFields,
    checked_annotation_fields,
    checked_fields,
)
from kb.model.items.undo import ItemChange
from kb.model.people.user import User
from kb.services.core.library import Library
from kb.services.core.read_your_writes import item_write_transaction
from kb.services.items.item_creation import SavedItem, author_of_actor, new_annotation, with_detected_language
from kb.services.items.item_edit import editable_item
from kb.services.undo.undo import save_undo
from kb.store.database.clock import timestamp_now


def add_to_item(
    library: Library, actor: Actor, item_id: str, fields: ItemFields, words: Sequence[AnnotationFields] = ()
) -> SavedItem:
    """Add tags and highlights to an item, and fill its empty fields.

    Existing values stay; a highlight that the same user has added before, word for word, is not added again. Raises
    NotFound, LoginNeeded, Forbidden; Invalid for invalid values.
    """
    given, added = checked_fields(fields), tuple(checked_annotation_fields(one) for one in words)
    with item_write_transaction(library, actor) as writing:
        item, group = editable_item(writing, actor, item_id)
        author, now = author_of_actor(actor), timestamp_now()
        new = tuple(new_annotation(one, author, now) for one in added if not _has_same_annotation(item, author, one))
        after = replace(_with_missing_fields(item, given), annotations=(*item.annotations, *new))
        if after == item:
            return SavedItem(item, group, None)
        after = with_detected_language(replace(after, updated=now), group, library)
        writing.items.update([after])
        undo = save_undo(writing, actor, changed=[ItemChange(item, after)])
    return SavedItem(after, group, undo)


def _with_missing_fields(item: Item, given: ItemFields) -> Item:
    """The item with the tags of both, and the given values for its empty fields."""
    known = {tag.casefold() for tag in item.tags}
    more = tuple(tag for tag in given.tags if tag.casefold() not in known)
    if more and len(item.tags) + len(more) > MOST_TAGS:
        raise Invalid("An item has at most %(limit)s tags.", limit=MOST_TAGS)
    told = bool(given.language) and (item.language is None or item.language_decided)
    missing = {name: getattr(item, name) or value for name, value in record_values(given).items() if name != "url"}
    return replace(
        with_record_values(item, missing),
        language=given.language if told else item.language,
        language_decided=item.language_decided and not told,
        tags=(*item.tags, *more),
    )


def _has_same_annotation(item: Item, author: User, words: AnnotationFields) -> bool:
    return any(
        one.author is not None
        and one.author.id == author.id
        and (one.quote or "", one.body or "") == (words.quote, words.body)
        for one in item.annotations
    )
