"""Create, upgrade and drop the tables of features. `meta` names the tables of each, and their schema."""

from collections.abc import Sequence
from contextlib import closing

from sqlalchemy import Connection, MetaData, Table, delete, select
from sqlalchemy.schema import CreateIndex, CreateTable

from kb.errors import Invalid, Unavailable
from kb.store.database.clock import timestamp_now
from kb.store.database.database import open_database
from kb.store.database.rows import replace_rows
from kb.store.feature_store import FeatureStore
from kb.store.tables.site_tables import meta
from kb.store.tables.table_columns import indexes_of

OLDER = "The database is older than this program: “kb migrate” brings it up to date."
NEWER = "The database is newer than this program: install the version that wrote it, or a later one."
_REMOVED = (
    "The database has tables of “%(names)s”, which is not installed: install it again, or delete them with"
    " “kb migrate --drop”."
)
_KEY = "schema:"
"""The begin of the key of a feature. The value is the number of its migrations that were applied, and its tables."""


def create_tables(connection: Connection, tables: Sequence[Table]) -> None:
    """Make tables, each after those to which it refers, with their indexes."""
    for table in tables:
        connection.execute(CreateTable(table))
        for index in indexes_of(table):
            connection.execute(CreateIndex(index))


def migrate_feature(connection: Connection, feature: FeatureStore) -> None:
    """Make the tables of a feature, or bring them to its newest schema. Raises Unavailable if they are newer."""
    version, newest = _schema_of(connection, feature.name), len(feature.migrations)
    if version == newest:
        return
    if version is None:
        create_tables(connection, feature.tables)
        feature.fill(connection)
    elif version > newest:
        raise Unavailable(NEWER)
    else:
        for change in feature.migrations[version:]:
            change(connection)
    words = (str(newest), *(table.name for table in feature.tables))
    replace_rows(connection, meta, {"key": _KEY + feature.name, "value": " ".join(words)})


def check_features(connection: Connection, features: Sequence[FeatureStore]) -> None:
    """Raise Unavailable unless the tables of each feature are at its newest schema."""
    for feature in features:
        version = _schema_of(connection, feature.name)
        if version is None or version < len(feature.migrations):
            raise Unavailable(OLDER)
        if version > len(feature.migrations):
            raise Unavailable(NEWER)


def removed_features(connection: Connection, features: Sequence[FeatureStore]) -> tuple[str, ...]:
    """The features whose tables are in the database and which are not installed, by name."""
    keys = connection.execute(select(meta.c.key).where(meta.c.key.startswith(_KEY)).order_by(meta.c.key)).scalars()
    names = tuple(key.removeprefix(_KEY) for key in keys)
    return tuple(name for name in names if name not in {feature.name for feature in features})


def require_no_removed_features(connection: Connection, features: Sequence[FeatureStore]) -> None:
    """Raise Unavailable if the database has tables that this program does not know: it would miss their rows."""
    if names := removed_features(connection, features):
        raise Unavailable(_REMOVED, names=", ".join(names))


def drop_feature(url: str, features: Sequence[FeatureStore], name: str) -> None:
    """Drop the tables of a feature that is not installed, after a copy of the database, if it is a file.

    Raises Invalid for the name of another feature or of none; Unavailable.
    """
    with closing(open_database(url)) as database, database.locked() as connection:
        with connection.begin():
            if name not in removed_features(connection, features):
                raise Invalid("There are no tables of a removed feature “%(name)s” here.", name=name)
            tables = _value(connection, name).split()[1:]
        database.keep_before_migration(f"drop-{name}-{timestamp_now()[:19].replace(':', '-')}")
        with connection.begin():
            present = MetaData()
            present.reflect(connection, only=lambda table, _: table in tables)
            present.drop_all(connection, [table for table in present.sorted_tables if table.name in tables])
            connection.execute(delete(meta).where(meta.c.key == _KEY + name))


def _schema_of(connection: Connection, name: str) -> int | None:
    """The schema of the tables of a feature; None if they were never made."""
    value = _value(connection, name)
    return int(value.split()[0]) if value else None


def _value(connection: Connection, name: str) -> str:
    value: str | None = connection.execute(select(meta.c.value).where(meta.c.key == _KEY + name)).scalar()
    return value or ""
