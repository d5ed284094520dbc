"""Annotations: highlights, notes, comments and replies that users add to an item."""

from dataclasses import dataclass
from enum import StrEnum

from kb.model.people.user import User


class AnnotationKind(StrEnum):
    HIGHLIGHT = "highlight"
    """A passage (W3C motivation `highlighting`)."""
    NOTE = "note"
    """A passage with words about it (`commenting`, with a selector)."""
    COMMENT = "comment"
    """Words about the item (`commenting`, without a selector)."""

    @classmethod
    def of(cls, quote: str | None, body: str | None) -> "AnnotationKind":
        """The kind that follows from the texts."""
        if not quote:
            return cls.COMMENT
        return cls.NOTE if body else cls.HIGHLIGHT


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply to an annotation (`replying`); `reply_to` is the id of the reply of the same thread that it answers.

    `updated` and `tags` are as for Annotation.
    """

    id: str
    author: User | None
    added: str | None
    body: str
    reply_to: str | None = None
    updated: str | None = None
    tags: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Annotation:
    """One annotation. `quote`, `prefix` and `suffix` are W3C's TextQuoteSelector; `added` is as for Item.

    `updated` is the time of the last change of its text; None if it has not changed. `tags` are its own; None if only
    its item has any. `selectors` says in other ways where the passage is (`selectors.selectors_text`).
    """

    id: str
    kind: AnnotationKind
    author: User | None = None
    added: str | None = None
    quote: str | None = None
    body: str | None = None
    prefix: str | None = None
    suffix: str | None = None
    color: str | None = None
    replies: tuple[Reply, ...] = ()
    updated: str | None = None
    tags: tuple[str, ...] | None = None
    selectors: str | None = None
