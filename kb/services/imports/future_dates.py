"""Dates in the future, which no member's import keeps: their records would stay the newest items of every listing."""

from dataclasses import replace
from typing import TypeVar

from kb.model.items.import_draft import AnnotationDraft, ItemDraft, Remark, ReplyDraft, draft_remark
from kb.store.database.clock import timestamp_in

Part = TypeVar("Part", AnnotationDraft, ReplyDraft)


def without_future_dates(draft: ItemDraft) -> tuple[ItemDraft, tuple[Remark, ...]]:
    """The record without its dates in the future, and a remark if there are any."""
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
    return kept, (draft_remark(draft, "A date in the future is left out."),)
