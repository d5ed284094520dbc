"""Reports, removed items and log entries of moderation."""

from dataclasses import dataclass
from enum import StrEnum

from kb.model.items.annotation import Annotation, Reply
from kb.model.items.item import Item


@dataclass(frozen=True, slots=True)
class Report:
    """What somebody reports to the moderators: an item, or one of its annotations or replies."""

    id: str
    group_id: str
    item_id: str
    annotation_id: str | None
    user_id: str | None
    why: str
    created_at: str


class RemovalKind(StrEnum):
    """Why something is out of the library."""

    HIDDEN = "hidden"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Removal:
    """An item, or an annotation of one, out of the library. `body` is all of it; gone for good at `expires_at`.

    `order` and `address` are those of an item, which keep its place: nothing else takes its order, and an import knows
    it by its canonical address.
    """

    id: str
    group_id: str
    kind: RemovalKind
    item_id: str
    annotation_id: str | None
    title: str
    body: str
    user_id: str | None
    why: str | None
    at: str
    expires_at: str | None
    order: int | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class RemovedContent:
    """What was taken out of the library: a whole item, an annotation, or a reply; one of the three.

    `siblings` are the ids of an annotation and of those around it, as they stood; for a reply, of the replies to
    `parent`.
    """

    item: Item | None = None
    annotation: Annotation | None = None
    reply: Reply | None = None
    parent: str | None = None
    siblings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AuditLogEntry:
    """What somebody did, for the log. `act` is a word of `kb.services.core.audit_log`.

    No user: whoever runs the base, or nobody; an empty one: somebody who is forgotten. `subject` is the id, or the
    name, of what it was done to; `detail` what else the sentence says; `person_id` whom `detail` names, if anybody.
    """

    at: str
    user_id: str | None
    act: str
    group_id: str | None = None
    subject: str | None = None
    detail: str | None = None
    person_id: str | None = None
