"""Which users an event concerns, and how. One's own acts concern nobody."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kb.features.notices.notice_kinds import NoticeKind
from kb.store.transaction_events import ItemsEdited, TextWritten


@dataclass(frozen=True, slots=True)
class NewNotice:
    """A notice for a user; see the columns of `notices`."""

    user_id: str
    kind: NoticeKind
    thread_id: str
    item_id: str
    part_id: str
    by_id: str | None
    group_id: str | None = None


def notices_of_text(
    event: TextWritten, parent_id: str | None, answered: Sequence[str], saved_by: Sequence[str]
) -> list[NewNotice]:
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
        NewNotice(user_id, kind, thread_id, event.item_id, event.part_id, event.user_id)
        for user_id, kind in kinds.items()
    ]


def notices_of_title(event: ItemsEdited) -> Iterator[NewNotice]:
    """A notice for each user whose item got another title, not by an import."""
    for change in () if event.is_import else event.changes:
        before, after = change.before, change.after
        if before is None or after is None or after.author is None or before.title == after.title:
            continue
        if after.author.id != event.user_id and before.id == after.id:
            yield NewNotice(after.author.id, NoticeKind.TITLE, after.id, after.id, "", event.user_id)
