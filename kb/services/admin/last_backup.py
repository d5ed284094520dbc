"""The last backup that `kb backup` wrote, as the database knows it."""

import json
from dataclasses import asdict, dataclass

from kb.access.actor import Actor
from kb.access.permissions import require_operator
from kb.services.core.library import Library
from kb.store import ReadSnapshot

_KEY = "last-backup"


@dataclass(frozen=True, slots=True)
class LastBackup:
    """When its snapshot was made (RFC 3339), its size in bytes, and whether it has the files of items."""

    made: str
    size: int
    with_files: bool


def record_backup(library: Library, actor: Actor, backup: LastBackup) -> None:
    """Store that a backup was written and read again. Raises Forbidden, Unavailable."""
    require_operator(actor)
    with library.store.write() as writing:
        writing.meta.set(_KEY, json.dumps(asdict(backup)))


def last_backup(reading: ReadSnapshot) -> LastBackup | None:
    """The last backup of this database; None if none is known."""
    stored = reading.meta.get(_KEY)
    return LastBackup(**json.loads(stored)) if stored else None
