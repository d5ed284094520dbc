"""Index failures: items that could not be indexed, stored so that the others can go on."""

from dataclasses import dataclass

from sqlalchemy import delete

from kb.store.database.rows import Repository, ValueColumns
from kb.store.tables.item_tables import index_failures


@dataclass(frozen=True, slots=True)
class IndexFailure:
    """An item whose change of this number could not be indexed, and the reason."""

    item_id: str
    number: int
    reason: str


_FAILURES = ValueColumns(index_failures, IndexFailure)


class IndexFailuresReading(Repository):
    """Index failures, in one transaction."""

    def all(self) -> tuple[IndexFailure, ...]:
        """All index failures, by number."""
        chosen = _FAILURES.select.order_by(index_failures.c.number, index_failures.c.item_id)
        return _FAILURES.all(self.connection, chosen)


class IndexFailures(IndexFailuresReading):
    """Index failures, in a write transaction."""

    def put(self, item_id: str, number: int, reason: str) -> None:
        """Record a failure of an item, or replace its reason."""
        self._replace(index_failures, {"item_id": item_id, "number": number, "reason": reason})

    def clear(self, item_id: str) -> None:
        """Delete the failure of an item, if it has one."""
        self._write(delete(index_failures).where(index_failures.c.item_id == item_id))
