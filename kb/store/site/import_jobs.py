"""Import jobs: the files that users upload."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, delete, select

from kb.model.items.import_draft import Remark
from kb.model.items.import_job import ImportCounts, ImportJob, ImportJobState
from kb.model.text_rules import is_keepable
from kb.store.database.database import is_any_of
from kb.store.database.rows import execute_write, replace_rows
from kb.store.tables.activity_tables import intakes

_INTAKES = select(
    intakes.c.id, intakes.c.user_id, intakes.c.group_id, intakes.c.name, intakes.c.format, intakes.c.state,
    intakes.c.created_at, intakes.c.changed_at, intakes.c.mine, intakes.c.done, intakes.c.total, intakes.c.report,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ImportJobsReading:
    """Import jobs, in one transaction."""

    connection: Connection

    def by_id(self, intake_id: str) -> ImportJob | None:
        """One import job."""
        if not is_keepable(intake_id):
            return None
        row = self.connection.execute(_INTAKES.where(intakes.c.id == intake_id)).first()
        return _intake(row) if row else None

    def of_person(self, user_id: str, group_id: str | None = None) -> tuple[ImportJob, ...]:
        """The import jobs of a user, for one group or for all, the latest first."""
        chosen = _INTAKES.where(intakes.c.user_id == user_id)
        if group_id is not None:
            chosen = chosen.where(intakes.c.group_id == group_id)
        rows = self.connection.execute(chosen.order_by(intakes.c.created_at.desc(), intakes.c.id))
        return tuple(map(_intake, rows))

    def in_states(self, states: Iterable[ImportJobState], limit: int = 10) -> tuple[ImportJob, ...]:
        """The jobs in one of these states, the oldest first."""
        chosen = _INTAKES.where(is_any_of(intakes.c.state, [one.value for one in states]))
        rows = self.connection.execute(chosen.order_by(intakes.c.created_at, intakes.c.id).limit(limit))
        return tuple(map(_intake, rows))

    def changed_before(self, instant: str) -> tuple[ImportJob, ...]:
        """The jobs whose last change was before a time."""
        return tuple(map(_intake, self.connection.execute(_INTAKES.where(intakes.c.changed_at < instant))))


@dataclass(frozen=True, slots=True)
class ImportJobs(ImportJobsReading):
    """Import jobs, in a write transaction."""

    def ids(self) -> frozenset[str]:
        """The ids of all jobs."""
        return frozenset(self.connection.execute(select(intakes.c.id)).scalars())

    def put(self, intake: ImportJob) -> None:
        """Insert a job, or update its state."""
        replace_rows(self.connection, intakes, _row(intake))

    def drop(self, ids: Iterable[str]) -> None:
        """Delete jobs."""
        execute_write(self.connection, delete(intakes).where(is_any_of(intakes.c.id, ids)))


def _row(intake: ImportJob) -> dict[str, Any]:
    return {
        "id": intake.id,
        "user_id": intake.user_id,
        "group_id": intake.group_id,
        "name": intake.name,
        "format": intake.format,
        "state": intake.state.value,
        "done": intake.done,
        "total": intake.total,
        "mine": json.dumps(intake.mine, ensure_ascii=False),
        "report": json.dumps(asdict(intake.report), ensure_ascii=False, default=str),
        "created_at": intake.created_at,
        "changed_at": intake.changed_at,
    }


def _intake(row: Any) -> ImportJob:
    id_, user_id, group_id, name, format_, state, created_at, changed_at, mine, done, total, report = row
    given = json.loads(report) if report else {}
    numbers = ("read", "added", "updated", "unchanged", "skipped", "more", "undone", "not_undone")
    counted = ImportCounts(
        **{name: given[name] for name in numbers if name in given},
        titles=tuple(given.get("titles", ())),
        remarks=tuple(Remark(**one) for one in given.get("remarks", ())),
        failure=Remark(**given["failure"]) if given.get("failure") else None,
        undo=given.get("undo"),
    )
    where = ImportJobState(state)
    own = tuple(json.loads(mine))
    return ImportJob(id_, user_id, group_id, name, format_, where, created_at, changed_at, own, done, total, counted)
