"""Import jobs: the files that users upload."""

import json
from collections.abc import Iterable
from functools import partial

from sqlalchemy import delete, select

from kb.model.items.import_job import ImportJob, ImportJobState, ImportReport
from kb.model.storable_text import is_storable
from kb.store.database.database import is_any_of
from kb.store.database.json_values import json_of, value_of
from kb.store.database.rows import Conversion, Repository, ValueColumns
from kb.store.tables.site_tables import import_jobs

_JOBS = ValueColumns(
    import_jobs,
    ImportJob,
    {
        "own_names": Conversion(lambda text: tuple(json.loads(text)), partial(json.dumps, ensure_ascii=False)),
        "report": Conversion(
            lambda text: value_of(ImportReport, json.loads(text or "{}"), {}),
            lambda report: json.dumps(json_of(report), ensure_ascii=False, default=str),
        ),
    },
)


class ImportJobsReading(Repository):
    """Import jobs, in one transaction."""

    def by_id(self, job_id: str) -> ImportJob | None:
        return (
            _JOBS.first(self.connection, _JOBS.select.where(import_jobs.c.id == job_id))
            if is_storable(job_id)
            else None
        )

    def of_person(self, user_id: str, group_id: str | None = None) -> tuple[ImportJob, ...]:
        """The import jobs of a user, for one group or for all, the latest first."""
        chosen = _JOBS.select.where(import_jobs.c.user_id == user_id)
        if group_id is not None:
            chosen = chosen.where(import_jobs.c.group_id == group_id)
        return _JOBS.all(self.connection, chosen.order_by(import_jobs.c.created_at.desc(), import_jobs.c.id))

    def in_states(self, states: Iterable[ImportJobState], limit: int = 10) -> tuple[ImportJob, ...]:
        """The jobs in one of these states, the oldest first."""
        chosen = _JOBS.select.where(is_any_of(import_jobs.c.state, [state.value for state in states]))
        return _JOBS.all(self.connection, chosen.order_by(import_jobs.c.created_at, import_jobs.c.id).limit(limit))

    def changed_before(self, instant: str) -> tuple[ImportJob, ...]:
        """The jobs whose last change was before a time."""
        return _JOBS.all(self.connection, _JOBS.select.where(import_jobs.c.changed_at < instant))


class ImportJobs(ImportJobsReading):
    """Import jobs, in a write transaction."""

    def ids(self) -> frozenset[str]:
        """The ids of all jobs."""
        return frozenset(self.connection.execute(select(import_jobs.c.id)).scalars())

    def put(self, job: ImportJob) -> None:
        """Insert a job, or update its state."""
        self._replace(import_jobs, _JOBS.row(job))

    def drop(self, ids: Iterable[str]) -> None:
        """Delete jobs."""
        self._write(delete(import_jobs).where(is_any_of(import_jobs.c.id, ids)))
