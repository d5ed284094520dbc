"""The kinds of notices, and the mails about them."""

from collections.abc import Mapping
from enum import StrEnum


class NoticeKind(StrEnum):
    """What a notice tells its reader. REQUEST and REPORT wait for a decision: pages ask for them live."""

    REPLY = "reply"
    """A user replied to an annotation or a reply of the reader."""
    MENTION = "mention"
    """A user named the reader in a text."""
    NOTE = "note"
    """A user wrote a note or a comment about what the reader saved."""
    TITLE = "title"
    """A user changed the title of what the reader saved."""
    PASSAGE = "passage"
    """The words of a passage that the reader marked were changed in its page, or are gone."""
    HIDDEN = "hidden"
    """A moderator hid what the reader wrote or saved."""
    SHOWN = "shown"
    """A moderator showed a hidden text again, as the reader, who wrote it, had corrected it."""
    REQUEST = "request"
    """A user asked to join a group of which the reader is an owner."""
    REPORT = "report"
    """A user reported content of a group that the reader moderates."""


ABOUT_ITEMS = (
    NoticeKind.REPLY,
    NoticeKind.MENTION,
    NoticeKind.NOTE,
    NoticeKind.TITLE,
    NoticeKind.PASSAGE,
    NoticeKind.SHOWN,
)


class MailChoice(StrEnum):
    """When a user gets a mail about a kind of notice."""

    NOW = "now"
    DAY = "day"
    NEVER = "never"


DEFAULT_MAIL: Mapping[NoticeKind, MailChoice] = {
    **dict.fromkeys(NoticeKind, MailChoice.NEVER),
    # Whoever asks to join waits for an answer.
    NoticeKind.REQUEST: MailChoice.NOW,
}
