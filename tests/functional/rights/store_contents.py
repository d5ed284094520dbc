"""The content of a database, to check that a request changed nothing."""

from collections.abc import Mapping
from typing import Any

from starlette.testclient import TestClient

from kb.services.core.library import Library
from kb.store.tables.table_columns import metadata


def store_contents(site: TestClient) -> Mapping[str, list[str]]:
    """The content of the database of a site, without counts and without the last use of sessions, tokens and keys."""
    library: Library = site.app.state.library  # type: ignore[attr-defined]
    tables = [name for name in metadata.tables if name != "rate_limits"]
    statements = [f"SELECT * FROM {name}" for name in tables]
    with library.store.read() as reading:
        connection = reading.groups.connection
        cursor: Any = connection.connection.cursor()
        rows = {}
        # A PostgreSQL server returns all rows in one query.
        is_at_once = connection.dialect.name == "postgresql"
        if is_at_once:
            cursor.execute("; ".join(statements))
        for table, statement in zip(tables, statements, strict=True):
            if not is_at_once:
                cursor.execute(statement)
            names = [column[0] for column in cursor.description]
            rows[table] = sorted(_row_text(names, row) for row in cursor.fetchall())
            if is_at_once:
                cursor.nextset()
        cursor.close()
    return rows


def _row_text(names: list[str], row: tuple[object, ...]) -> str:
    return str({name: value for name, value in zip(names, row, strict=True) if name != "seen_at"})
