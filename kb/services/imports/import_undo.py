"""Undoing a whole import: at once where it is one portion, else in the background process, a portion a transaction.

The state of the job tells how far the undo is, and each portion is undone with the rights that the person has in its
transaction. A process that is killed goes on where it was: the portion was undone as a whole or not at all.
"""

from dataclasses import replace

from kb.access.actor import Action, Actor
from kb.access.permissions import require_permission, require_signed_in_user
from kb.errors import Conflict, FlorilegeError, NotFound
from kb.model.items.import_draft import Remark
from kb.model.items.import_job import ImportJob, ImportJobState
from kb.services.authentication.authentication import actor_of_user
from kb.services.core.audit_log import AuditEvent, write_audit_log
from kb.services.core.library import Library
from kb.services.core.read_your_writes import item_write_transaction
from kb.services.undo.undo import NOTHING_TO_UNDO, UndoResult, require_undo, undo_next_part
from kb.store import ReadSnapshot, WriteTransaction
from kb.store.database.clock import timestamp_now


def undo_import(library: Library, actor: Actor, undo_id: str) -> ImportJob | None:
    """Undo an import of the user's: the job as it is then, being undone or undone; None for the undo of another act.

    Raises SignInNeeded; NotFound for what can no longer be undone; Refused where the user may no longer contribute;
    Conflict while the file is being imported.
    """
    with item_write_transaction(library, actor) as writing:
        job = _job_of_undo(writing, require_signed_in_user(actor), undo_id)
        if job is None or job.state is ImportJobState.UNDOING:
            return job
        if job.state is ImportJobState.WANTED:
            raise Conflict("This file is being brought in: wait until it is done.")
        undo = require_undo(writing, actor, undo_id)
        _require_group_permission(writing, actor, job)
        report = replace(job.report, undone=0, not_undone=0, failure=None)
        job = replace(job, state=ImportJobState.UNDOING, report=report, changed_at=timestamp_now())
        if not undo.parts:
            return _undo_portion(writing, actor, job, undo_id)
        writing.intakes.put(job)
        return job


def undo_import_portion(library: Library, job: ImportJob) -> None:
    """Undo the next portion of an import, with the rights of this moment; the last one ends the job.

    A person who may no longer contribute to the group, or whose account is closed, undoes nothing more.
    """
    with library.store.write() as writing:
        held = writing.intakes.by_id(job.id)
        if held is None or held.state is not ImportJobState.UNDOING:
            return
        actor = actor_of_user(writing, held.user_id)
        try:
            _require_group_permission(writing, actor, held)
            if writing.undos.by_id(held.report.undo or "") is None:
                raise NotFound(NOTHING_TO_UNDO)
        except FlorilegeError as error:
            _end(writing, held, ImportJobState.DONE, Remark(str(error), message=error.message, values=error.values))
        else:
            _undo_portion(writing, actor, held, held.report.undo or "")


def _undo_portion(writing: WriteTransaction, actor: Actor, job: ImportJob, undo_id: str) -> ImportJob:
    result = undo_next_part(writing, actor, undo_id)
    job = _counted(job, result)
    if writing.undos.by_id(undo_id) is None:
        return _end(writing, job, ImportJobState.UNDONE)
    writing.intakes.put(job)
    return job


def _counted(job: ImportJob, result: UndoResult) -> ImportJob:
    report = replace(
        job.report,
        undone=job.report.undone + result.done + result.removed,
        not_undone=job.report.not_undone + result.not_undone,
    )
    return replace(job, report=report, changed_at=timestamp_now())


def _end(writing: WriteTransaction, job: ImportJob, state: ImportJobState, failure: Remark | None = None) -> ImportJob:
    """Keep the end of an undo, with one line in the log of the group for all that was undone."""
    job = replace(job, state=state, report=replace(job.report, failure=failure), changed_at=timestamp_now())
    writing.intakes.put(job)
    group = writing.groups.by_ids([job.group_id]).get(job.group_id)
    if group is not None and job.report.undone:
        # The number of items in a personal library concerns its owner alone.
        detail = None if group.is_personal else str(job.report.undone)
        event = AuditEvent.IMPORT_UNDONE
        write_audit_log(writing, Actor(job.user_id), event, group_id=group.id, detail=detail)
    return job


def _job_of_undo(reading: ReadSnapshot, user_id: str, undo_id: str) -> ImportJob | None:
    return next((one for one in reading.intakes.of_person(user_id) if one.report.undo == undo_id), None)


def _require_group_permission(reading: ReadSnapshot, actor: Actor, job: ImportJob) -> None:
    require_permission(actor, Action.CONTRIBUTE, reading.groups.by_ids([job.group_id]).get(job.group_id))
