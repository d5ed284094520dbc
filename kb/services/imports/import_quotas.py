"""Import quotas: how many files may be queued and imported a day, for each user and for the whole site.

A file counts from its upload until it is imported or deleted, because its preview uses as much disk space.
"""

import os
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from kb.errors import Conflict, Unavailable
from kb.model.items.import_job import ImportJob, ImportJobState
from kb.services.core.library import Library
from kb.store import Rate, ReadSnapshot, WriteTransaction

MOST_WAITING_FILES = 5
"""Files of one user that are not imported yet."""
MOST_BYTES = 42_000_000
"""Bytes of these files together."""
MOST_BYTES_OF_ALL = 1 << 30
"""Bytes of the files of all users."""
MOST_FILES_A_DAY = 60
MOST_ITEMS_A_DAY = 20_000
"""Items that one user adds or changes by imports; also the maximum of records in one file."""
PREVIEW_SECONDS = 3_600.0
"""How long a preview waits for a decision."""
_DAY = 86_400.0
_FILES_RATE = Rate(MOST_FILES_A_DAY, _DAY / MOST_FILES_A_DAY)
_ITEMS_RATE = Rate(MOST_ITEMS_A_DAY, _DAY / MOST_ITEMS_A_DAY)
_FOLDER_NAME = "import-jobs"
_QUOTA_EXCEEDED = frozenset({ImportJobState.DONE, ImportJobState.FAILED, ImportJobState.UNDOING, ImportJobState.UNDONE})
"""States in which the file has been deleted."""


@dataclass(frozen=True, slots=True)
class ImportQuota:
    """What one user may still upload and import now."""

    files: int
    bytes: int
    items: int


def import_folder(library: Library) -> Path:
    """The folder of the files until they are imported or deleted."""
    return library.settings.data / _FOLDER_NAME


def import_file_path(library: Library, job_id: str) -> Path:
    return import_folder(library) / job_id


def import_quota(library: Library, reading: ReadSnapshot, user_id: str) -> ImportQuota:
    """A user's remaining quota."""
    now = time.time()
    waiting = _waiting_jobs(reading, user_id)
    waiting_bytes = sum(_file_size(import_file_path(library, job.id)) for job in waiting)
    files = min(
        MOST_WAITING_FILES - len(waiting), reading.rate_limits.left(_quota_key("files", user_id), _FILES_RATE, now)
    )
    items = reading.rate_limits.left(_quota_key("items", user_id), _ITEMS_RATE, now)
    return ImportQuota(max(0, files), max(0, MOST_BYTES - waiting_bytes), items)


def check_import_quota(library: Library, reading: ReadSnapshot, user_id: str, size: int) -> None:
    """Raise Conflict for a file of `size` bytes beyond its user's quota; Unavailable beyond that of the site."""
    if len(_waiting_jobs(reading, user_id)) >= MOST_WAITING_FILES:
        raise Conflict(
            "You have %(limit)s files waiting, previews included: import or forget one of them first.",
            limit=MOST_WAITING_FILES,
        )
    quota = import_quota(library, reading, user_id)
    if size > quota.bytes:
        raise Conflict(
            "Your waiting files would hold more than %(limit)s MB: import or forget one of them first.",
            limit=MOST_BYTES // 10**6,
        )
    if not quota.files:
        raise Conflict("You have sent %(limit)s files in a day: wait before you send another.", limit=MOST_FILES_A_DAY)
    if _total_size(library) + size > MOST_BYTES_OF_ALL:
        raise Unavailable("Too many files wait to be imported on this site: try again in an hour.")


def count_sent_file(writing: WriteTransaction, user_id: str) -> None:
    """Count an uploaded file of a user."""
    writing.rate_limits.count_many(_quota_key("files", user_id), _FILES_RATE, 1, time.time())


def count_imported_items(writing: WriteTransaction, user_id: str, number: int) -> None:
    """Count items that a user is about to import. Raises Conflict, and counts none, beyond the daily limit."""
    key, now = _quota_key("items", user_id), time.time()
    remaining = writing.rate_limits.left(key, _ITEMS_RATE, now)
    if number > remaining:
        raise Conflict(
            "At most %(limit)s items are imported a day by one person, and you may still import %(left)s: wait, or"
            " import a smaller file.",
            limit=MOST_ITEMS_A_DAY,
            left=remaining,
        )
    writing.rate_limits.count_many(key, _ITEMS_RATE, number, now)


def _waiting_jobs(reading: ReadSnapshot, user_id: str) -> list[ImportJob]:
    return [job for job in reading.import_jobs.of_person(user_id) if job.state not in _QUOTA_EXCEEDED]


def _total_size(library: Library) -> int:
    folder = import_folder(library)
    if not folder.is_dir():
        return 0
    with os.scandir(folder) as entries:
        return sum(_file_size(Path(entry.path)) for entry in entries)


def _file_size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _quota_key(what: str, user_id: str) -> str:
    return sha256(f"import {what} {user_id}".encode()).hexdigest()
