"""Import jobs: files that a user uploads, previews, then imports in the background."""

from dataclasses import dataclass
from enum import StrEnum

from kb.model.items.import_draft import PrivateRecords, RecordWarning


class ImportJobState(StrEnum):
    """The progress of an import job."""

    SENT = "sent"
    """It waits for its preview."""
    SHOWN = "shown"
    """The preview is ready, or the file was not recognized: the user decides."""
    WANTED = "wanted"
    """It waits for its import, or is being imported."""
    DONE = "done"
    FAILED = "failed"
    UNDOING = "undoing"
    """The import is being undone, or waits for that."""
    UNDONE = "undone"


UNFINISHED_STATES = frozenset({ImportJobState.SENT, ImportJobState.WANTED, ImportJobState.UNDOING})
"""States in which something goes on behind."""


@dataclass(frozen=True, slots=True)
class ImportedName:
    """A name in a file, and how many items and texts it has there. `user_id` is the account that it means, or empty."""

    name: str
    items: int
    texts: int
    user_id: str = ""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The contents of a file, or the results of its import: records read, by result.

    `not_carried` says what the formats of the file cannot carry. The report of a job has the first warnings, and
    `not_carried` among them, and `more` are not there. `undo` is the id that undoes the whole import; None for the
    operator, and if nothing has changed. `undone` items are restored or in the trash, and `not_undone` stay as they
    are. `undated` items are new, without a date of addition. `formats` are the names of those that were read.
    `private` items are so in the file, and become what `private_choice` says where not only members read. `passages`,
    `comments` (with replies) and `names` are those of the file. `failure` is why the file was not imported, or why the
    undo stopped.
    """

    read: int = 0
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    titles: tuple[str, ...] = ()
    warnings: tuple[RecordWarning, ...] = ()
    more: int = 0
    failure: RecordWarning | None = None
    undo: str | None = None
    undone: int = 0
    not_undone: int = 0
    passages: int = 0
    comments: int = 0
    names: tuple[ImportedName, ...] = ()
    formats: tuple[str, ...] = ()
    private: int = 0
    private_choice: PrivateRecords = PrivateRecords.SKIP
    undated: int = 0
    not_carried: tuple[RecordWarning, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportJob:
    """One import job. `name` is the name of the file, `own_names` the author names in it that are the user's own.

    `done` of `total` records are imported; `total` is None until the file was read once.
    """

    id: str
    user_id: str
    group_id: str
    name: str
    format: str
    state: ImportJobState
    created_at: str
    changed_at: str
    own_names: tuple[str, ...] = ()
    done: int = 0
    total: int | None = None
    report: ImportReport = ImportReport()
