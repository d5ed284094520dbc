"""Run import jobs in the background process: read the files that members send, and import them.

A file is read once for its preview, and again for the import that the member confirms. A job killed half-way starts
again: importing the same file twice adds nothing.
"""

import threading
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from kb.access.actor import Action
from kb.access.permissions import require_permission
from kb.errors import FlorilegeError, Invalid, NotFound, Unavailable, translatable
from kb.formats.import_formats import AUTO
from kb.formats.import_subprocess import read_drafts_in_subprocess
from kb.formats.unsupported_files import READ_IF_CHOSEN
from kb.model.dates import instant_of
from kb.model.items.import_draft import RecordWarning
from kb.model.items.import_job import UNFINISHED_STATES, ImportJob, ImportJobState, ImportReport
from kb.model.people.group import personal_slug
from kb.sandbox.sandboxed_process import SubprocessFailed
from kb.services.authentication.authentication import actor_of_person
from kb.services.core.audit_log import AuditEvent
from kb.services.core.library import Library
from kb.services.imports.import_export import import_items
from kb.services.imports.import_jobs import log_import, undo_import_portion
from kb.services.imports.import_names import LONGEST_TITLE, DraftCounts, author_map_of, with_remembered_accounts
from kb.services.imports.import_quotas import PREVIEW_SECONDS, import_file_path, import_folder
from kb.services.imports.import_report import ImportOptions
from kb.store import WriteTransaction
from kb.store.database.clock import timestamp_in, timestamp_now

REPORT_DAYS = 7.0
"""How long the report of a finished or failed import is kept."""
MOST_WARNINGS = 500
_SHORTEST_WAIT, _LONGEST_WAIT = 0.3, 60.0
"""Seconds between two checks for due jobs, at least and at most."""
_MOST_JOBS_READ = 500
"""Due jobs in which the first of each user is looked for."""
_EXPIRY_CHECK_SECONDS = 60.0
"""Seconds between two checks for expired previews."""
_LONGEST_VALUE = 300
"""Characters of a value that a warning in a report keeps."""
_LOST_DAYS = 1.0
_RETRY_DELAYS = (60.0, 600.0, 3600.0, 6 * 3600.0)
"""Seconds until each further try of a file that a fault of ours stopped; the last value is then repeated."""
_KEPT_FOR_RETRY = translatable(
    "This file could not be read because of a fault of the site, which its administrators see. It is kept, and read"
    " again by itself."
)
_FILE_MISSING = "The file is not there any more: send it once more."


@dataclass(slots=True)
class PostponedJobs:
    """The jobs that a fault of ours stopped in this process: how often, and from when each is tried again."""

    tries: Counter[str] = field(default_factory=Counter)
    due_at: dict[str, float] = field(default_factory=dict)

    def postpone(self, job_id: str) -> None:
        """Postpone a job: longer each time."""
        delay = _RETRY_DELAYS[min(self.tries[job_id], len(_RETRY_DELAYS) - 1)]
        self.tries[job_id] += 1
        self.due_at[job_id] = time.monotonic() + delay

    def is_due(self, job_id: str) -> bool:
        """Whether a job may be tried now."""
        return self.due_at.get(job_id, 0.0) <= time.monotonic()


def run_due_import_jobs(library: Library, postponed: PostponedJobs | None = None) -> int:
    """Run the due jobs, one file for each user in turn; returns the number of files handled.

    Of an import that is being undone, it undoes one portion. A job that a fault of ours stops is `postponed`.
    """
    postponed = postponed or PostponedJobs()
    with library.store.read() as reading:
        first_of_each: dict[str, ImportJob] = {}
        for job in reading.import_jobs.in_states(UNFINISHED_STATES, _MOST_JOBS_READ):
            if postponed.is_due(job.id) and _is_for_this_machine(library, job):
                first_of_each.setdefault(job.user_id, job)
        waiting = tuple(first_of_each.values())
    for job in waiting:
        if job.state is ImportJobState.UNDOING:
            # One portion, so that the file of another person does not wait for all of them.
            undo_import_portion(library, job)
        else:
            try:
                _run_import_job(library, job)
            except SubprocessFailed:
                # The files of others do not wait for this one.
                postponed.postpone(job.id)
                # It keeps its file, and the time of its last change, so that it expires as others.
                why = RecordWarning(_KEPT_FOR_RETRY, message=_KEPT_FOR_RETRY)
                with library.store.write() as writing:
                    now = writing.import_jobs.by_id(job.id)
                    if now is not None:
                        writing.import_jobs.put(replace(now, report=replace(now.report, failure=why)))
    return len(waiting)


def _is_for_this_machine(library: Library, job: ImportJob) -> bool:
    """Whether the job's file lies on this machine, or need not.

    A missing file is an error on a single machine at once. It may lie on another one of several machines, unless
    nothing has happened to the job for `_LOST_DAYS`.
    """
    if job.state is ImportJobState.UNDOING or not library.store.is_shared:
        return True
    return import_file_path(library, job.id).exists() or job.changed_at < timestamp_in(days=-_LOST_DAYS)


def run_import_jobs_until_stopped(library: Library, stop: threading.Event) -> None:
    """Run jobs as they become due, until `stop` is set. Raises what `run_due_import_jobs` does."""
    expired_at, postponed = 0.0, PostponedJobs()
    with library.store.listen() as commits:
        while not stop.is_set():
            if time.monotonic() - expired_at > _EXPIRY_CHECK_SECONDS:
                drop_expired_previews(library)
                expired_at = time.monotonic()
            if not run_due_import_jobs(library, postponed):
                commits.wait(stop, _LONGEST_WAIT, _SHORTEST_WAIT)


def drop_expired_previews(library: Library) -> None:
    """Delete the files whose previews have waited too long for a decision."""
    with library.store.read() as reading:
        old = reading.import_jobs.changed_before(timestamp_in(seconds=-PREVIEW_SECONDS))
    expired = [job.id for job in old if job.state is ImportJobState.SHOWN]
    if not expired:
        return
    with library.store.write() as writing:
        # The user may have confirmed it meanwhile: then it stays.
        still = (writing.import_jobs.by_id(job_id) for job_id in expired)
        expired = [job.id for job in still if job is not None and job.state is ImportJobState.SHOWN]
        writing.import_jobs.drop(expired)
    for job_id in expired:
        import_file_path(library, job_id).unlink(missing_ok=True)


def purge_import_jobs(library: Library) -> None:
    """Delete old files without activity, and files unknown to the database."""
    drop_expired_previews(library)
    with library.store.write() as writing:
        writing.import_jobs.drop(job.id for job in writing.import_jobs.changed_before(timestamp_in(days=-REPORT_DAYS)))
        known = writing.import_jobs.ids()
    folder = import_folder(library)
    for path in folder.iterdir() if folder.is_dir() else ():
        # A file is written a moment before its row in the database.
        if path.name not in known and _is_stale_file(path):
            path.unlink(missing_ok=True)


def _run_import_job(library: Library, job: ImportJob) -> None:
    committed = [ImportReport()]
    try:
        report = _preview_or_import(library, job, committed)
        state = ImportJobState.SHOWN if job.state is ImportJobState.SENT else ImportJobState.DONE
    except Unavailable:
        # Usually a full disk: the job waits until there is space.
        raise
    except (FlorilegeError, OSError) as error:
        failed = error if isinstance(error, FlorilegeError) else NotFound(_FILE_MISSING)
        why = RecordWarning(str(failed), message=failed.message, values=failed.values)
        report = replace(committed[0], failure=_truncated_warning(why))
        # The file stays, because its user may choose another format.
        is_kept = isinstance(error, Invalid) and (job.format != AUTO or failed.message in READ_IF_CHOSEN)
        state = ImportJobState.SHOWN if job.state is ImportJobState.SENT and is_kept else ImportJobState.FAILED
    with library.store.write() as writing:
        # None if the user dropped the job meanwhile: then it stays dropped.
        import_job = writing.import_jobs.by_id(job.id)
        if import_job is not None:
            report = replace(report, undo=import_job.report.undo)
            after = replace(import_job, state=state, report=report, changed_at=timestamp_now())
            # A preview gives the total; an import gives the number done.
            known = state is ImportJobState.SHOWN
            after = replace(after, total=report.read) if known else replace(after, done=report.read)
            writing.import_jobs.put(after)
        if job.state is ImportJobState.WANTED:
            log_import(writing, job, AuditEvent.IMPORTED, report.added + report.updated)
    if state in {ImportJobState.DONE, ImportJobState.FAILED}:
        import_file_path(library, job.id).unlink(missing_ok=True)


def _preview_or_import(library: Library, job: ImportJob, committed: list[ImportReport]) -> ImportReport:
    """Read the file. `committed` has one report, which is replaced by that of the committed batches."""
    actor = actor_of_person(library, job.user_id)
    with library.store.read() as reading:
        group = require_permission(actor, Action.IMPORT, reading.groups.by_id(job.group_id))
        # What the preview says of each name replaces what was typed with the file.
        named = author_map_of(reading, actor, group, job.report.names)
    dry = job.state is ImportJobState.SENT
    listed = {name.name for name in job.report.names}
    own = {name: actor.login for name in job.own_names if name not in listed}
    options = ImportOptions(
        group.slug,
        author_map=own | named,
        dry_run=dry,
        part_of=job.report.undo,
        private=job.report.private_choice,
        own_library=personal_slug(actor.login),
    )
    formats: list[str] = []
    counts = DraftCounts()
    entries = read_drafts_in_subprocess(import_file_path(library, job.id), job.format, formats.append)
    drafts = counts.counting(entries)

    def progress(report: ImportReport) -> None:
        if not dry:
            committed[0] = _report_of_job(report, job.report.titles)

    def record(writing: WriteTransaction, report: ImportReport) -> None:
        """Store the progress in the transaction of each batch, so that committed batches can be undone."""
        import_job = writing.import_jobs.by_id(job.id)
        if import_job is not None:
            undo = replace(import_job.report, undo=report.undo)
            writing.import_jobs.put(replace(import_job, done=report.read, report=undo, changed_at=timestamp_now()))

    # The subprocess ends with the import, even after an error.
    with closing(entries):
        report = import_items(library, actor, drafts, options, progress, record=record)
    report_counts = _report_of_job(report, tuple(counts.titles) if dry else job.report.titles)
    names = job.report.names
    if dry:
        with library.store.read() as reading:
            names = with_remembered_accounts(reading, actor, group, counts.names(job.own_names, job.user_id))
    return replace(
        report_counts,
        passages=counts.passages,
        comments=counts.comments,
        names=names,
        formats=tuple(dict.fromkeys(formats)),
        private_choice=job.report.private_choice,
    )


def _report_of_job(report: ImportReport, titles: tuple[str, ...]) -> ImportReport:
    """The report of a running import as its job stores it: with the first warnings."""
    first = report.warnings[:MOST_WARNINGS]
    return replace(
        report,
        titles=titles,
        warnings=(*map(_truncated_warning, first), *report.not_carried),
        not_carried=(),
        more=len(report.warnings) - len(first),
    )


def _truncated_warning(warning: RecordWarning) -> RecordWarning:
    values = {
        name: value[:_LONGEST_VALUE] if isinstance(value, str) else value for name, value in warning.values.items()
    }
    why = warning.message % values if warning.message and values else warning.why
    item = warning.item[:LONGEST_TITLE] if warning.item else warning.item
    return replace(warning, why=why, item=item, values=values)


def _is_stale_file(path: Path) -> bool:
    try:
        return path.stat().st_mtime < instant_of(timestamp_in(seconds=-PREVIEW_SECONDS)).timestamp()
    except FileNotFoundError:
        return False
