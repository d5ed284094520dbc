"""Reports, removed items and log entries of moderation."""

from dataclasses import dataclass
from enum import StrEnum

from kb.model.items.annotation import Annotation, Reply
from kb.model.items.item import Item


@dataclass(frozen=True, slots=True)
class Report:
    """A user's report to the moderators: an item, or one of its annotations or replies."""

    id: str
    group_id: str
    item_id: str
    annotation_id: str | None
    user_id: str | None
    reason: str
    created_at: str


class RemovalKind(StrEnum):
    """Why content was removed from the library."""

    HIDDEN = "hidden"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Removal:
    """An item, or an annotation of one, that was removed. `body` is all of it; permanently deleted at `expires_at`.

    `order` and `address` are those of an item and stay reserved: no other item takes its order, and an import
    recognizes it by its canonical address.
    """

    id: str
    group_id: str
    kind: RemovalKind
    item_id: str
    annotation_id: str | None
    title: str
    body: str
    user_id: str | None
    reason: str | None
    at: str
    expires_at: str | None
    order: int | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """What the author of a hidden text wrote in its place, at `at`. `is_refused`: moderators left the text hidden."""

    text: str
    at: str
    is_refused: bool = False


@dataclass(frozen=True, slots=True)
class RemovedContent:
    """The removed content: a whole item, an annotation, or a reply; one of the three.

    `siblings` are the ids of an annotation and of those around it, in their order; for a reply, of the replies to
    `parent`.
    """

    item: Item | None = None
    annotation: Annotation | None = None
    reply: Reply | None = None
    parent: str | None = None
    siblings: tuple[str, ...] = ()
    correction: Correction | None = None


@dataclass(frozen=True, slots=True)
class AuditLogEntry:
    """An entry of the audit log. `action` is a word of `kb.services.core.audit_log`.

    The user is None for the operator or the program, and empty for an erased user. `subject` is the id, or the name, of
    what was acted on; `detail` the rest of the sentence; `person_id` the user whom `detail` names, if any.
    """

    at: str
    user_id: str | None
    action: str
    group_id: str | None = None
    subject: str | None = None
    detail: str | None = None
    person_id: str | None = None
