"""Import jobs: a file sent by the browser is stored, previewed, then imported in the background, and can be undone.

The file lies beside the database until the job ends; the database stores its state. The limits for each user are in
`import_quotas`; `import_job_runner` does the work. An import of one portion is undone at once, a larger one in the
background process, a portion a transaction, with the rights that the user has in it; a killed process goes on there.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from filecmp import cmp
from pathlib import Path
from types import MappingProxyType

from kb.access.actor import Action, Actor
from kb.access.permissions import require_permission, require_signed_in_user
from kb.errors import Conflict, FlorilegeError, Invalid, NotFound
from kb.formats.import_formats import AUTO, is_import_format
from kb.model.ids import new_id
from kb.model.items.import_draft import PrivateRecords, RecordWarning
from kb.model.items.import_job import UNFINISHED_STATES, ImportJob, ImportJobState
from kb.model.people.group import Group, personal_slug
from kb.model.people.user import User
from kb.model.storable_text import is_storable
from kb.services.authentication.authentication import actor_of_user
from kb.services.core.audit_log import AuditEvent, write_audit_log
from kb.services.core.library import Library
from kb.services.core.read_your_writes import item_write_transaction
from kb.services.files.file_upload import plain_file_name
from kb.services.imports.import_names import may_name_others, named_accounts
from kb.services.imports.import_quotas import (
    ImportQuota,
    check_import_quota,
    count_imported_items,
    count_sent_file,
    import_file_path,
    import_quota,
)
from kb.services.moderation.moderation_actions import may_restore_content, restore_all_content
from kb.services.undo.undo import NOTHING_TO_UNDO, is_undoable, require_undo, undo_next_part
from kb.store import ReadSnapshot, WriteTransaction
from kb.store.database.clock import timestamp_now

LARGEST_FILE = 21_000_000
"""Bytes of an uploaded file; the operator can import larger ones by the command."""
_UNDECIDED = frozenset({ImportJobState.SENT, ImportJobState.SHOWN})
_LONGEST_NAME, _LONGEST_OWN_NAME, _MOST_OWN_NAMES = 200, 200, 20
_JOB_NOT_FOUND = "This file is not here, or no longer."


@dataclass(frozen=True, slots=True)
class ImportJobView:
    """A file and its group; `can_undo`: its import can be undone as a whole.

    `people` are the members whose names the user may say to be in the file, by id; the user alone, for most.
    `restorable` are the removals of items that the file has and the trash too, and that the user may restore.
    """

    job: ImportJob
    group: Group
    can_undo: bool = False
    people: Mapping[str, User] = field(default_factory=dict)
    restorable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportJobsOfGroup:
    """A group, the user's files for it, and the user's remaining quota."""

    group: Group
    files: tuple[ImportJob, ...]
    quota: ImportQuota


def create_import_job(
    library: Library,
    actor: Actor,
    slug: str,
    name: str,
    content: bytes | Iterable[bytes],
    *,
    form: str = AUTO,
    own_names: str = "",
) -> ImportJob:
    """Store a file for a group, for a preview in the background. Its content comes whole, or in chunks that fit in
    memory.

    A file that its user has sent already, and that still waits for a decision, is the same job: after a double click, a
    lost answer, or from the history of the browser. `own_names` are the names in the file that mean the sender,
    separated by commas. Raises NotFound, LoginNeeded, Forbidden; Invalid for an empty or too large file, or
    an unknown format; Conflict beyond the quotas of `kb.services.imports.import_quotas`.
    """
    if not is_import_format(form):
        raise Invalid("The request is not a form of this site.")
    names = [part.strip()[:_LONGEST_OWN_NAME] for part in own_names.split(",") if part.strip() and is_storable(part)]
    job_id, now = new_id(), timestamp_now()
    with library.store.read() as before:
        require_permission(actor, Action.IMPORT, before.groups.by_slug(slug))
        check_import_quota(library, before, require_signed_in_user(actor), 1)
    # The file first, so that each row of the database has its file.
    path = import_file_path(library, job_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        size = _write_file(path, (content,) if isinstance(content, bytes) else content)
        with library.store.write() as writing:
            group = require_permission(actor, Action.IMPORT, writing.groups.by_slug(slug))
            user_id = require_signed_in_user(actor)
            distinct_names = tuple(dict.fromkeys(names))[:_MOST_OWN_NAMES]
            same = (plain_file_name(name)[:_LONGEST_NAME], form, distinct_names)
            for import_job in writing.import_jobs.of_person(user_id, group.id):
                earlier = import_file_path(library, import_job.id)
                if (
                    import_job.state in _UNDECIDED
                    and same == (import_job.name, import_job.format, import_job.own_names)
                    and _has_content(earlier, path)
                ):
                    path.unlink()
                    return import_job
            check_import_quota(library, writing, user_id, size)
            count_sent_file(writing, user_id)
            state = ImportJobState.SENT
            job = ImportJob(job_id, user_id, group.id, same[0], form, state, now, now, distinct_names)
            writing.import_jobs.put(job)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return job


def own_import_job(library: Library, actor: Actor, job_id: str) -> ImportJobView:
    """One of the actor's files. Raises LoginNeeded, and NotFound for a file of another user."""
    with library.store.read() as reading:
        return _own_job(reading, actor, job_id)


def own_import_jobs(library: Library, actor: Actor, slug: str) -> ImportJobsOfGroup:
    """A group, and the actor's files for it. Raises NotFound, LoginNeeded, Forbidden."""
    with library.store.read() as reading:
        group = require_permission(actor, Action.IMPORT, reading.groups.by_slug(slug))
        user_id = require_signed_in_user(actor)
        files = reading.import_jobs.of_person(user_id, group.id)
        return ImportJobsOfGroup(group, files, import_quota(library, reading, user_id))


def start_import(
    library: Library,
    actor: Actor,
    job_id: str,
    logins: Mapping[int, str] = MappingProxyType({}),
    *,
    private: PrivateRecords = PrivateRecords.SKIP,
) -> ImportJob:
    """Start the import of a file after its preview. `logins` are the accounts of its names, by number; `private` says
    what becomes of private items in a group that not only its members read.

    Raises NotFound, Forbidden; Conflict in another state, and for more items than the daily limit; as `named_accounts`.
    """
    with library.store.write() as writing:
        view = _own_job(writing, actor, job_id)
        require_permission(actor, Action.IMPORT, view.group)
        if view.job.state is ImportJobState.WANTED:
            return view.job
        if view.job.state is not ImportJobState.SHOWN or view.job.report.failure is not None:
            raise Conflict("This file is not waiting for your decision.")
        if private is PrivateRecords.OWN:
            slug = personal_slug(actor.login)
            require_permission(actor, Action.IMPORT, writing.groups.by_slug(slug))
        private_count = view.job.report.private if private is not PrivateRecords.SKIP else 0
        count_imported_items(writing, view.job.user_id, view.job.report.added + view.job.report.updated + private_count)
        names = named_accounts(writing, actor, view.group, view.job.report.names, logins)
        report = replace(view.job.report, names=names, private_choice=private)
        job = replace(view.job, state=ImportJobState.WANTED, done=0, report=report, changed_at=timestamp_now())
        writing.import_jobs.put(job)
    return job


def read_file_again(library: Library, actor: Actor, job_id: str, form: str) -> ImportJob:
    """Read a file once more, in this format. Raises NotFound, LoginNeeded; Invalid for an unknown format; Conflict if
    the file does not wait for a decision.
    """
    if not is_import_format(form):
        raise Invalid("The request is not a form of this site.")
    with library.store.write() as writing:
        job = _own_job(writing, actor, job_id).job
        if job.state is not ImportJobState.SHOWN:
            raise Conflict("This file is not waiting for your decision.")
        job = replace(job, format=form, state=ImportJobState.SENT, changed_at=timestamp_now())
        writing.import_jobs.put(job)
    return job


def restore_from_trash(library: Library, actor: Actor, job_id: str) -> int:
    """Restore the items of a file that are in the trash, and read the file once more if it waits for a decision.

    Returns the number of restored items. Raises NotFound, LoginNeeded; Conflict if there is nothing to restore.
    """
    view = own_import_job(library, actor, job_id)
    restored = restore_all_content(library, actor, view.restorable)
    if not restored:
        raise Conflict("There is nothing to restore here any more.")
    with library.store.write() as writing:
        job = _own_job(writing, actor, job_id).job
        again = job.state is ImportJobState.SHOWN
        report = (
            job.report
            if again
            else replace(job.report, warnings=tuple(r for r in job.report.warnings if not r.removal))
        )
        state = ImportJobState.SENT if again else job.state
        writing.import_jobs.put(replace(job, state=state, report=report, changed_at=timestamp_now()))
    return restored


def drop_import_job(library: Library, actor: Actor, job_id: str) -> Group:
    """Delete a file, imported or not; imported items stay, and the import can no longer be undone.

    Raises NotFound; Conflict while the import or its undo runs, but not while a fault of the site stops the import.
    """
    with library.store.write() as writing:
        view = _own_job(writing, actor, job_id)
        if view.job.state is ImportJobState.WANTED and view.job.report.failure is None:
            raise Conflict("This file is being imported: wait until it is done.")
        if view.job.state is ImportJobState.UNDOING:
            raise Conflict("This import is being undone: wait until it is done.")
        # A portion of it is a large part of the import, and its page alone starts that undo.
        if (undo := writing.undos.by_id(view.job.report.undo or "")) is not None:
            writing.undos.drop([undo.id, *undo.parts])
        writing.import_jobs.drop([view.job.id])
    import_file_path(library, job_id).unlink(missing_ok=True)
    return view.group


def undo_import(library: Library, actor: Actor, undo_id: str) -> ImportJob | None:
    """Undo an import of the user's: the job as it is then, being undone or undone; None for the undo of another act.

    Raises SignInNeeded; NotFound for what can no longer be undone; Refused where the user may no longer contribute;
    Conflict while the file is being imported.
    """
    with item_write_transaction(library, actor) as writing:
        jobs = writing.import_jobs.of_person(require_signed_in_user(actor))
        job = next((import_job for import_job in jobs if import_job.report.undo == undo_id), None)
        if job is None or job.state is ImportJobState.UNDOING:
            return job
        if job.state is ImportJobState.WANTED:
            raise Conflict("This file is being imported: wait until it is done.")
        undo = require_undo(writing, actor, undo_id)
        _require_group_permission(writing, actor, job)
        report = replace(job.report, undone=0, not_undone=0, failure=None)
        job = replace(job, state=ImportJobState.UNDOING, report=report, changed_at=timestamp_now())
        if not undo.parts:
            return _undo_portion(writing, actor, job, undo_id)
        writing.import_jobs.put(job)
        return job


def undo_import_portion(library: Library, job: ImportJob) -> None:
    """Undo the next portion of an import, with the rights of this moment; the last one ends the job.

    A person who may no longer contribute to the group, or whose account is closed, undoes nothing more.
    """
    with library.store.write() as writing:
        import_job = writing.import_jobs.by_id(job.id)
        if import_job is None or import_job.state is not ImportJobState.UNDOING:
            return
        actor = actor_of_user(writing, import_job.user_id)
        try:
            _require_group_permission(writing, actor, import_job)
            if writing.undos.by_id(import_job.report.undo or "") is None:
                raise NotFound(NOTHING_TO_UNDO)
        except FlorilegeError as error:
            _end(
                writing,
                import_job,
                ImportJobState.DONE,
                RecordWarning(str(error), message=error.message, values=error.values),
            )
        else:
            _undo_portion(writing, actor, import_job, import_job.report.undo or "")


def _undo_portion(writing: WriteTransaction, actor: Actor, job: ImportJob, undo_id: str) -> ImportJob:
    result = undo_next_part(writing, actor, undo_id)
    report = replace(
        job.report,
        undone=job.report.undone + result.done + result.removed,
        not_undone=job.report.not_undone + result.not_undone,
    )
    job = replace(job, report=report, changed_at=timestamp_now())
    if writing.undos.by_id(undo_id) is None:
        return _end(writing, job, ImportJobState.UNDONE)
    writing.import_jobs.put(job)
    return job


def _end(
    writing: WriteTransaction, job: ImportJob, state: ImportJobState, failure: RecordWarning | None = None
) -> ImportJob:
    """Keep the end of an undo, with one line in the log of the group for all that was undone."""
    job = replace(job, state=state, report=replace(job.report, failure=failure), changed_at=timestamp_now())
    writing.import_jobs.put(job)
    log_import(writing, job, AuditEvent.IMPORT_UNDONE, job.report.undone)
    return job


def log_import(writing: WriteTransaction, job: ImportJob, event: AuditEvent, number: int) -> None:
    """Write an entry to the log of the group: the user, and how many items were imported or undone, if any."""
    group = writing.groups.by_id(job.group_id)
    if group is not None and number:
        # The number of items in a personal library concerns its owner alone.
        detail = None if group.is_personal else str(number)
        write_audit_log(writing, Actor(job.user_id), event, group_id=group.id, detail=detail)


def _require_group_permission(reading: ReadSnapshot, actor: Actor, job: ImportJob) -> None:
    require_permission(actor, Action.CONTRIBUTE, reading.groups.by_id(job.group_id))


def _write_file(path: Path, pieces: Iterable[bytes]) -> int:
    """Write a file; returns its size in bytes. Raises Invalid for a file that is too large, or blank."""
    size, is_blank = 0, True
    with path.open("wb") as file:
        for piece in pieces:
            size += len(piece)
            if size > LARGEST_FILE:
                raise Invalid(
                    "This file is too large: at most %(limit)s MB are read here.", limit=LARGEST_FILE // 10**6
                )
            is_blank = is_blank and not piece.strip()
            file.write(piece)
    if is_blank:
        raise Invalid("Choose a file that is not empty.")
    return size


def _has_content(path: Path, other: Path) -> bool:
    """Whether a file is there, with the content of another one."""
    try:
        return cmp(path, other, shallow=False)
    except FileNotFoundError:
        return False


def _own_job(reading: ReadSnapshot, actor: Actor, job_id: str) -> ImportJobView:
    user_id = require_signed_in_user(actor, reading=True)
    job = reading.import_jobs.by_id(job_id)
    group = reading.groups.by_id(job.group_id) if job else None
    if job is None or group is None or job.user_id != user_id:
        raise NotFound(_JOB_NOT_FOUND)
    undo = job.report.undo
    can_undo = undo is not None and job.state not in UNFINISHED_STATES and is_undoable(reading, actor, undo)
    group = require_permission(actor, Action.READ, group)
    people = dict(reading.users.by_ids({user_id, *(name.user_id for name in job.report.names if name.user_id)}))
    if job.state is ImportJobState.SHOWN and may_name_others(actor, group):
        people |= {user.id: user for user, _ in reading.groups.members(group.id)}
    restorable = tuple(
        warning.removal
        for warning in job.report.warnings
        if warning.removal and may_restore_content(reading, actor, warning.removal)
    )
    return ImportJobView(job, group, can_undo=can_undo, people=people, restorable=restorable)
