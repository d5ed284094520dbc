"""Which users an event concerns, and how. One's own acts concern nobody."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kb.features.notices.notice_kinds import MailChoice, NoticeKind
from kb.store.transaction_events import ContentHidden, CorrectionShown, ItemsEdited, TextWritten


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A row of `notices`. A new one gets its id, its bundle, its time and its mail when it is written."""

    user_id: str
    kind: NoticeKind
    thread_id: str
    item_id: str
    part_id: str
    by_id: str | None
    group_id: str | None = None
    id: str = ""
    bundle_id: str = ""
    at: str = ""
    seen_at: str | None = None
    mail: MailChoice | None = None
    message: str | None = None


def notices_of_text(
    event: TextWritten, parent_id: str | None, answered: Sequence[str], saved_by: Sequence[str]
) -> list[NoticeRow]:
    """The notices of a text: one for each user, that of a mention first. `answered` wrote what it answers, `saved_by`
    saved its item.
    """
    kinds: dict[str, NoticeKind] = {}
    if event.has_first_words:
        kinds |= dict.fromkeys(saved_by, NoticeKind.NOTE)
        kinds |= dict.fromkeys(answered, NoticeKind.REPLY)
    kinds |= dict.fromkeys(event.mentioned, NoticeKind.MENTION)
    kinds.pop(event.user_id, None)
    thread_id = parent_id or event.item_id
    return [
        NoticeRow(user_id, kind, thread_id, event.item_id, event.part_id, event.user_id)
        for user_id, kind in kinds.items()
    ]


def notices_of_title(event: ItemsEdited) -> Iterator[NoticeRow]:
    """A notice for each user whose item got another title, not by an import."""
    for change in () if event.is_import else event.changes:
        before, after = change.before, change.after
        if before is None or after is None or after.author is None or before.title == after.title:
            continue
        if after.author.id != event.user_id and before.id == after.id:
            yield NoticeRow(after.author.id, NoticeKind.TITLE, after.id, after.id, "", event.user_id)


def notices_of_hidden(event: ContentHidden | CorrectionShown) -> Iterator[NoticeRow]:
    """A notice for the author of what was hidden, or shown again with their correction."""
    removal, author_id = event.removal, event.author_id
    part_id = removal.annotation_id or ""
    if isinstance(event, ContentHidden):
        kind, thread_id, by_id = NoticeKind.HIDDEN, removal.id, removal.user_id
    else:
        kind, thread_id, by_id = NoticeKind.SHOWN, part_id, event.user_id
    if author_id is not None and author_id != by_id:
        yield NoticeRow(author_id, kind, thread_id, removal.item_id, part_id, by_id)
