"""A later version of the program: the same code with one more migration, which adds a table and a column.

The databases of this version are older for it, and their rows are there after its migration.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

from sqlalchemy import Column, Table, Text

from kb.store.maintenance import migration
from kb.store.tables.table_columns import metadata
from tests.conftest import ROOT, Kb

LATER_SCHEMA = "9000"
_MIGRATION = f"""
import sqlalchemy as sa
from alembic import op

revision, down_revision = "{LATER_SCHEMA}", "{migration.SCHEMA}"


def upgrade() -> None:
    op.create_table("shelves", sa.Column("id", sa.Text, primary_key=True))
    op.add_column("items", sa.Column("colour", sa.Text))
    op.execute("UPDATE items SET colour = title")
"""
_STARTED = """
from pathlib import Path

from sqlalchemy import Column, Table, Text

from kb.store.maintenance import migration
from kb.store.tables.table_columns import metadata

shelves = Table("shelves", metadata, Column("id", Text, primary_key=True))
migration.CORE_TABLES = (*migration.CORE_TABLES, shelves)
migration.MIGRATIONS, migration.SCHEMA = Path({folder!r}), {schema!r}
"""


def migrations_with(text: str, folder: Path) -> Path:
    """The folder of the migrations with one more, of the later schema."""
    shutil.copytree(migration.MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / f"m{LATER_SCHEMA}_later.py").write_text(text)
    return folder


@contextmanager
def later_version(place: Path, text: str = _MIGRATION) -> Iterator[Path]:
    """Let this process be the later version; gives the folder of its migrations."""
    folder = migrations_with(text, place / "100 % migrations")
    table = Table("shelves", metadata, Column("id", Text, primary_key=True))
    try:
        with patch.multiple(
            migration, MIGRATIONS=folder, SCHEMA=LATER_SCHEMA, CORE_TABLES=(*migration.CORE_TABLES, table)
        ):
            yield folder
    finally:
        metadata.remove(table)


def later_processes(kb: Kb, place: Path) -> Kb:
    """The command, whose processes are of the later version."""
    folder = migrations_with(_MIGRATION, place / "migrations of processes")
    # Python imports this module when a process starts.
    (place / "sitecustomize.py").write_text(_STARTED.format(folder=str(folder), schema=LATER_SCHEMA))
    return replace(kb, variables={**kb.variables, "PYTHONPATH": f"{place}:{ROOT}"})
