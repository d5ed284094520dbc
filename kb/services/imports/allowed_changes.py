"""Permissions of a member's import: it may change the same fields of an existing item as the member may change by hand.

A contributor may edit the fields of a group's items, so a record with an item's id edits them. A record matched by
address or title only adds the fields that the item lacks, as saving the same page twice does. Only the author changes a
text. No import sets the contributor, the date of sharing or the number of views of an existing item. A record with a
date in the future would stay the newest item of every listing: such dates are left out.
"""

from dataclasses import replace
from typing import TypeVar

from kb.access.actor import Actor
from kb.model.bibliographic_record import record_values, with_record_values
from kb.model.items.annotation import Annotation, Reply
from kb.model.items.import_draft import AnnotationDraft, ItemDraft, RecordWarning, ReplyDraft, draft_warning
from kb.model.items.item import Item
from kb.model.people.user import User
from kb.services.item_matching.truncated_titles import is_truncation_of
from kb.store.database.clock import timestamp_in

Part = TypeVar("Part", AnnotationDraft, ReplyDraft)
_ANNOTATION_FIELDS = ("quote", "body", "color", "prefix", "suffix", "tags", "selectors")


def is_written_by_actor(actor: Actor, author: User | None) -> bool:
    """Whether the actor is the author."""
    return author is not None and author.id == actor.user_id


def allowed_draft(item: Item, draft: ItemDraft) -> ItemDraft:
    """The draft without changes that a member may not make to the item. `draft_merge` handles its annotations."""
    allowed = replace(draft, author=None, added=None, updated=None, views=None, sharers=())
    if draft.id == item.id:
        return allowed
    has_language = item.language is not None and not item.language_decided
    missing = {name: None if getattr(item, name) else value for name, value in record_values(draft).items()}
    if is_truncation_of(item.title, draft.title):
        missing["title"] = draft.title
    missing["language"] = None if has_language else draft.language
    return with_record_values(allowed, missing)


def changes_words_of_others(item: Item, draft: ItemDraft, actor: Actor) -> bool:
    """Whether a draft changes, by id, the text of annotations or replies of other authors."""
    of_others = {part.id: part for part in item.parts if not is_written_by_actor(actor, part.author)}
    return any(
        part.id in of_others and _has_other_words(of_others[part.id], part)
        for part in draft.parts
        if part.id is not None
    )


def _has_other_words(existing: Annotation | Reply, draft: AnnotationDraft | ReplyDraft) -> bool:
    if isinstance(existing, Reply) or isinstance(draft, ReplyDraft):
        return existing.body != draft.body or bool(
            draft.tags is not None and (draft.tags or ()) != (existing.tags or ())
        )
    texts = ((getattr(existing, name), getattr(draft, name)) for name in _ANNOTATION_FIELDS)
    return existing.kind != draft.kind or any(new is not None and new != old and (new or old) for old, new in texts)


def without_future_dates(draft: ItemDraft) -> tuple[ItemDraft, tuple[RecordWarning, ...]]:
    """The record without its dates in the future, and a warning if there are any."""
    # One day of margin for clocks and time zones.
    latest = timestamp_in(days=1)[:10]

    def is_past(*dates: str | None) -> bool:
        return all(date is None or date[:10] <= latest for date in dates)

    def past(date: str | None) -> str | None:
        return date if is_past(date) else None

    def dated(part: Part) -> Part:
        return replace(part, added=past(part.added), updated=past(part.updated))

    if (
        is_past(draft.added, draft.updated)
        and all(is_past(sharing.added) for sharing in draft.sharers)
        and all(is_past(part.added, part.updated) for part in draft.parts)
    ):
        return draft, ()
    kept = replace(
        draft,
        added=past(draft.added),
        updated=past(draft.updated),
        sharers=tuple(replace(sharing, added=past(sharing.added)) for sharing in draft.sharers),
        annotations=tuple(
            replace(dated(annotation), replies=tuple(map(dated, annotation.replies)))
            for annotation in draft.annotations
        ),
    )
    return kept, (draft_warning(draft, "A date in the future is left out."),)
