"""Metadata of the database itself. `authority` is drawn at creation and never changes: feeds build their ids on it.

`identity` is drawn at each restore: change numbers have a meaning for one identity only (`database_identity`).
"""

from sqlalchemy import bindparam, select

from kb.store.database.compiled_selects import run_compiled_select
from kb.store.database.rows import Repository
from kb.store.tables.site_tables import meta

ERASED = "erased"
"""The key of the change number of the last erasure: the files of each index are then cleaned."""
_VALUE = select(meta.c.value).where(meta.c.key == bindparam("key"))


class MetaReading(Repository):
    """Keys and values, in one transaction."""

    def get(self, key: str) -> str | None:
        """The value of a key; None if it was never set."""
        rows = run_compiled_select(self.connection, _VALUE, {"key": key})
        return str(rows[0][0]) if rows else None


class Meta(MetaReading):
    """Keys and values, in a write transaction."""

    def set(self, key: str, value: str) -> None:
        self._replace(meta, {"key": key, "value": value})


def database_identity(meta: MetaReading) -> str:
    """The identity of this database, for programs that follow its changes; a restored database is another one."""
    return meta.get("identity") or meta.get("authority") or ""
