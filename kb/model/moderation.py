"""What is reported, set aside and logged."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Flag:
    """What somebody reports to the moderators: an item, or one of its annotations or replies."""

    id: str
    group_id: str
    item_id: str
    annotation_id: str | None
    user_id: str | None
    why: str
    created_at: str


class Aside(StrEnum):
    """Why something is out of the library."""

    HIDDEN = "hidden"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class SetAside:
    """An item, or an annotation of one, out of the library. `body` is all of it; gone for good at `expires_at`."""

    id: str
    group_id: str
    kind: Aside
    item_id: str
    annotation_id: str | None
    title: str
    body: str
    user_id: str | None
    why: str | None
    at: str
    expires_at: str | None


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody did, for the log. `act` is a word of `kb.library.acts`; no user: whoever runs the base, or nobody.

    `subject` is the id, or the name, of what it was done to; `detail` what else the sentence says.
    """

    at: str
    user_id: str | None
    act: str
    group_id: str | None = None
    subject: str | None = None
    detail: str | None = None
