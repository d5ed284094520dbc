"""What a base holds, to see that nothing was done to it."""

from collections.abc import Mapping

from sqlalchemy import Row
from starlette.testclient import TestClient

from kb.services.core.library import Library
from kb.store.tables.library_tables import metadata


def kept(site: TestClient) -> Mapping[str, list[str]]:
    """All that the base of a site holds, but for counts, and when a session, a token or a key was last seen."""
    library: Library = site.app.state.library  # type: ignore[attr-defined]
    with library.store.read() as reading:
        ask = reading.groups.connection.exec_driver_sql
        return {
            table.name: sorted(map(_told, ask(f"SELECT * FROM {table.name}").all()))
            for table in metadata.sorted_tables
            if table.name != "limits"
        }


def _told(row: Row[tuple[object, ...]]) -> str:
    return str({name: value for name, value in row._mapping.items() if name != "seen_at"})
