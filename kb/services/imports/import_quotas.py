"""How much one person may have waiting to be imported, and how much a day; and how much everybody together.

A file counts from the moment when it is sent until it is imported or forgotten: its preview costs the disk as much.
"""

import os
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from kb.errors import Conflict, Unavailable
from kb.model.items.import_job import Intake, IntakeState
from kb.services.core.library import Library
from kb.store import Rate, Reading, Writing

MOST_WAITING = 5
"""Files of one person that are not imported yet."""
MOST_BYTES = 40 << 20
"""Bytes of these files together."""
MOST_BYTES_OF_ALL = 1 << 30
"""Bytes of the files of everybody."""
MOST_FILES_A_DAY = 60
MOST_ITEMS_A_DAY = 20_000
"""Items that one person adds or changes by imports; also the records of one file."""
PREVIEW_SECONDS = 3_600.0
"""For how long a preview waits for a decision."""
_DAY = 86_400.0
_FILES = Rate(MOST_FILES_A_DAY, _DAY / MOST_FILES_A_DAY)
_ITEMS = Rate(MOST_ITEMS_A_DAY, _DAY / MOST_ITEMS_A_DAY)
_FOLDER = "intakes"
_OVER = frozenset({IntakeState.DONE, IntakeState.FAILED})
"""States in which the file is not there any more."""


@dataclass(frozen=True, slots=True)
class ImportQuota:
    """What one person may still send and import at this moment."""

    files: int
    bytes: int
    items: int


def import_folder(library: Library) -> Path:
    """Where the files lie until they are imported or forgotten."""
    return library.settings.data / _FOLDER


def import_file(library: Library, intake_id: str) -> Path:
    """Where one file lies."""
    return import_folder(library) / intake_id


def import_quota(library: Library, reading: Reading, user_id: str) -> ImportQuota:
    """What a person may still send and import."""
    now = time.time()
    waiting = _waiting(reading, user_id)
    held = sum(_size(import_file(library, one.id)) for one in waiting)
    files = min(MOST_WAITING - len(waiting), reading.limits.left(_key("files", user_id), _FILES, now))
    items = reading.limits.left(_key("items", user_id), _ITEMS, now)
    return ImportQuota(max(0, files), max(0, MOST_BYTES - held), items)


def check_import_quota(library: Library, reading: Reading, user_id: str, size: int) -> None:
    """Raise Conflict for a file of `size` bytes that is more than its person may send; Unavailable for everybody's."""
    if len(_waiting(reading, user_id)) >= MOST_WAITING:
        raise Conflict(
            "You have %(limit)s files waiting, previews included: import or forget one of them first.",
            limit=MOST_WAITING,
        )
    quota = import_quota(library, reading, user_id)
    if size > quota.bytes:
        raise Conflict(
            "Your waiting files would hold more than %(limit)s MiB: import or forget one of them first.",
            limit=MOST_BYTES >> 20,
        )
    if not quota.files:
        raise Conflict("You have sent %(limit)s files in a day: wait before you send another.", limit=MOST_FILES_A_DAY)
    if _size_of_all(library) + size > MOST_BYTES_OF_ALL:
        raise Unavailable("Too many files wait to be imported on this site: try again in an hour.")


def count_file(writing: Writing, user_id: str) -> None:
    """Count a file that a person has sent."""
    writing.limits.count_many(_key("files", user_id), _FILES, 1, time.time())


def count_items(writing: Writing, user_id: str, number: int) -> None:
    """Count items that a person is about to import. Raises Conflict for more than a day's, and counts none."""
    key, now = _key("items", user_id), time.time()
    left = writing.limits.left(key, _ITEMS, now)
    if number > left:
        raise Conflict(
            "At most %(limit)s items are imported a day by one person, and you may still import %(left)s: wait, or"
            " import a smaller file.",
            limit=MOST_ITEMS_A_DAY,
            left=left,
        )
    writing.limits.count_many(key, _ITEMS, number, now)


def _waiting(reading: Reading, user_id: str) -> list[Intake]:
    return [one for one in reading.intakes.of_person(user_id) if one.state not in _OVER]


def _size_of_all(library: Library) -> int:
    folder = import_folder(library)
    if not folder.is_dir():
        return 0
    with os.scandir(folder) as entries:
        return sum(_size(Path(one.path)) for one in entries)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _key(what: str, user_id: str) -> str:
    return sha256(f"import {what} {user_id}".encode()).hexdigest()
