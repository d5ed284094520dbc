"""Adding what somebody brings to an item that a group has already; nothing of others' changes."""

from collections.abc import Sequence
from dataclasses import replace

from kb.access.actor import Actor
from kb.errors import Invalid
from kb.model.items.item import Item
from kb.model.items.item_fields import MOST_TAGS, ItemFields, Words, checked_fields, checked_words
from kb.model.items.undo import Changed
from kb.model.people.user import User
from kb.services.core.library import Library
from kb.services.core.write_transaction import changing
from kb.services.items.item_creation import Kept, annotation_of, author_of, with_language
from kb.services.items.item_edit import editable_item
from kb.services.undo.undo import remember
from kb.store.database.clock import this_instant


def add_to(library: Library, actor: Actor, item_id: str, fields: ItemFields, words: Sequence[Words] = ()) -> Kept:
    """Add tags and passages to an item, and give it the fields that it lacks.

    What it says already stays; a passage that the same person has brought before, word for word, is not added again.
    Raises NotFound, SignInNeeded, Refused; Invalid for what cannot be kept.
    """
    given, added = checked_fields(fields), tuple(checked_words(one) for one in words)
    with changing(library, actor) as writing:
        item, group = editable_item(writing, actor, item_id)
        author, now = author_of(actor), this_instant()
        new = tuple(annotation_of(one, author, now) for one in added if not _has(item, author, one))
        after = replace(_filled(item, given), annotations=(*item.annotations, *new))
        if after == item:
            return Kept(item, group, None)
        after = with_language(replace(after, updated=now), group, library)
        writing.items.update([after])
        undo = remember(writing, actor, changed=[Changed(item, after)])
    return Kept(after, group, undo)


def _filled(item: Item, given: ItemFields) -> Item:
    """The item with the tags of both, and what is given where it says nothing itself."""
    known = {tag.casefold() for tag in item.tags}
    more = tuple(tag for tag in given.tags if tag.casefold() not in known)
    if more and len(item.tags) + len(more) > MOST_TAGS:
        raise Invalid("An item has at most %(limit)s tags.", limit=MOST_TAGS)
    told = bool(given.language) and (item.language is None or item.language_decided)
    return replace(
        item,
        title=item.title or given.title or None,
        description=item.description or given.description or None,
        byline=item.byline or given.byline or None,
        published=item.published or given.published or None,
        source=item.source or given.source or None,
        language=given.language if told else item.language,
        language_decided=item.language_decided and not told,
        tags=(*item.tags, *more),
    )


def _has(item: Item, author: User, words: Words) -> bool:
    return any(
        one.author is not None
        and one.author.id == author.id
        and (one.quote or "", one.body or "") == (words.quote, words.body)
        for one in item.annotations
    )
