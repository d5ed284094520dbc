"""Import jobs: files that a user uploads, previews, then imports in the background."""

from dataclasses import dataclass
from enum import StrEnum

from kb.model.items.import_draft import Remark


class ImportJobState(StrEnum):
    """How far a file is."""

    SENT = "sent"
    """It waits to be read."""
    SHOWN = "shown"
    """What it would do is known: its person decides."""
    WANTED = "wanted"
    """It waits to be brought in, or is being."""
    DONE = "done"
    FAILED = "failed"


UNFINISHED_STATES = frozenset({ImportJobState.SENT, ImportJobState.WANTED})
"""States in which something goes on behind."""


@dataclass(frozen=True, slots=True)
class ImportCounts:
    """What a file holds, or what became of it: records read, and their fates. `more` remarks are not in `remarks`.

    `undo` is the id by which what was imported can be undone as a whole.
    """

    read: int = 0
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    titles: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()
    more: int = 0
    failure: Remark | None = None
    undo: str | None = None


@dataclass(frozen=True, slots=True)
class ImportJob:
    """One file. `name` is what it was called, `mine` the names in it that are its person's own.

    `done` of `total` records are brought in; `total` is None until it was read through.
    """

    id: str
    user_id: str
    group_id: str
    name: str
    format: str
    state: ImportJobState
    created_at: str
    changed_at: str
    mine: tuple[str, ...] = ()
    done: int = 0
    total: int | None = None
    report: ImportCounts = ImportCounts()
