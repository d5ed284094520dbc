"""Create and upgrade a database. The first in-memory database of a process runs the migrations, others copy it."""

import json
import uuid
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, bindparam, insert, inspect, select, text, update

from kb.errors import Unavailable
from kb.model.web_pages.address_equivalence import EDITION
from kb.model.web_pages.canonical_address import canonical_url
from kb.store.database.database import BATCH, Database, open_database
from kb.store.database.sqlite_database import SqliteDatabase
from kb.store.feature_store import FeatureStore
from kb.store.maintenance.feature_tables import NEWER, OLDER, check_features, create_tables, migrate_feature
from kb.store.meta import Meta
from kb.store.tables import CORE_TABLES
from kb.store.tables.item_tables import items
from kb.store.tables.moderation_tables import removed_content
from kb.store.tables.site_tables import meta
from kb.store.tables.table_columns import metadata

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory

MIGRATIONS = Path(__file__).parent / "migrations"
SCHEMA = max(path.name[1:5] for path in (MIGRATIONS / "versions").glob("m*.py"))
"""The schema that this program reads and writes: the revision of the newest migration."""
_NOT_MIGRATED = frozenset(f"{number:04}" for number in range(1, 22))
"""The schemas of versions before 0.2.0."""

_ABSENT = "There is no database here yet: “kb migrate” creates it."
_TOO_OLD = (
    "The database was made by a version before 0.2.0, and cannot be migrated: export its items with that version"
    " (“kb export”), and import them into a new database (“kb import”)."
)
_WITHOUT_VERSION = (
    "The database holds tables with names of ours, but no version of Florilège: name an empty database, or one that"
    " “kb migrate” made."
)

_ADDRESSES = "addresses"
_URLS = select(items.c.number, items.c.url, items.c.canonical_url, items.c.linked_url).order_by(items.c.number)
_NEW_URLS = update(items).where(items.c.number == bindparam("row"))


def migrate(url: str, features: Sequence[FeatureStore]) -> None:
    """Create a database, or upgrade it to the newest schema; do nothing if it is up to date.

    Each migration is one transaction: one that fails leaves no trace. Programs that start together wait for each other.
    A file is copied first. Raises Unavailable for a full disk, and for a database that is newer than the program or
    older than the first schema that is migrated; such a one is only read.
    """
    database = open_database(url, create=True)
    try:
        if not database.fleeting:
            if database.exists():
                with database.reading() as connection:
                    _require_migratable(_schema_version(connection))
            database.prepare()
            migrate_database(database, features, is_copied=True)
    finally:
        database.close()


def migrate_database(database: Database, features: Sequence[FeatureStore], *, is_copied: bool = False) -> None:
    """Migrate an open database. `is_copied`: keep a copy of an older one beside it."""
    with database.locked() as connection:
        with connection.begin():
            version = _schema_version(connection)
            if version is None:
                _require_no_tables(connection)
        if version is None:
            _create(connection)
        elif version != SCHEMA:
            _require_migratable(version)
            if is_copied:
                database.keep_before_migration(version)
            _upgrade(connection)
        with connection.begin():
            refresh_canonical_addresses(connection)
        for feature in features:
            with connection.begin():
                migrate_feature(connection, feature)
        database.finish_schema(connection)


# Alembic is slow to import, and a database seldom needs it.


def _create(connection: Connection) -> None:
    """Make the tables of today, as Alembic proposes for a new database: no migration runs."""
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415

    with connection.begin():
        create_tables(connection, CORE_TABLES)
        # The ids that feeds publish are built on it, and outlive a change of the address.
        connection.execute(insert(meta), [{"key": "authority", "value": str(uuid.uuid4())}])
        MigrationContext.configure(connection).stamp(_scripts(), "head")


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def is_too_old(schema: str) -> bool:
    """Whether a version before 0.2.0 made a database of this schema: no program migrates it."""
    return schema in _NOT_MIGRATED


def is_known(schema: str) -> bool:
    """Whether this program can migrate and read a database of this schema."""
    return schema == SCHEMA or schema in {script.revision for script in _scripts().walk_revisions()}


def require_known(schema: str | None) -> None:
    """Raise Unavailable for a database that does not exist, is newer than this program, or cannot be migrated."""
    if schema is None:
        raise Unavailable(_ABSENT)
    _require_migratable(schema)


def _require_migratable(schema: str | None) -> None:
    if schema is not None and is_too_old(schema):
        raise Unavailable(_TOO_OLD)
    if schema is not None and not is_known(schema):
        raise Unavailable(NEWER)


def is_empty(database: Database) -> bool:
    """Whether nothing was migrated here yet. Raises Unavailable for tables of ours without a version."""
    with database.reading() as connection:
        if _schema_version(connection) is not None:
            return False
        _require_no_tables(connection)
    return True


def check_schema(database: Database, features: Sequence[FeatureStore]) -> None:
    """Raise Unavailable, with advice, unless the database and the tables of all features are at the newest schema."""
    if not database.exists():
        raise Unavailable(_ABSENT)
    with database.reading() as connection:
        version = _schema_version(connection)
        require_known(version)
        if version != SCHEMA:
            raise Unavailable(OLDER)
        check_features(connection, features)


def _require_no_tables(connection: Connection) -> None:
    if not metadata.tables.keys().isdisjoint(inspect(connection).get_table_names()):
        raise Unavailable(_WITHOUT_VERSION)


def _schema_version(connection: Connection) -> str | None:
    """The schema of the database; None if it has none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return version


def _scripts() -> "ScriptDirectory":
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    return ScriptDirectory(str(MIGRATIONS))


def refresh_canonical_addresses(connection: Connection) -> None:
    """Compute the canonical form of all addresses of a database by the present rules, unless it is up to date."""
    meta = Meta(connection)
    if meta.get(_ADDRESSES) == str(EDITION):
        return
    last = -1
    while rows := connection.execute(_URLS.where(items.c.number > last).limit(BATCH)).all():
        last = rows[-1].number
        changed = [
            {"row": number, "canonical_url": canonical, "linked_url": canonical_url(linked)}
            for number, url, before, linked in rows
            if (canonical := canonical_url(url)) != before or canonical_url(linked) != linked
        ]
        if changed:
            connection.execute(_NEW_URLS, changed)
    whole = select(removed_content.c.id, removed_content.c.body).where(removed_content.c.canonical_url.is_not(None))
    for id_, body in connection.execute(whole).all():
        canonical = canonical_url(json.loads(body)["item"]["url"])
        connection.execute(update(removed_content).where(removed_content.c.id == id_).values(canonical_url=canonical))
    meta.set(_ADDRESSES, str(EDITION))


def fill_in_memory_database(database: SqliteDatabase, features: Sequence[FeatureStore], content: bytes = b"") -> None:
    """Bring an in-memory database to the newest schema, as a migration does. It must not have been used yet.

    `content` is the file of another one, to copy.
    """
    database.path.write_bytes(content or _migrated(tuple(features)))
    with database.writing() as connection:
        connection.execute(update(meta).where(meta.c.key == "authority").values(value=str(uuid.uuid4())))


@cache
def _migrated(features: tuple[FeatureStore, ...]) -> bytes:
    """The file of a newly migrated database."""
    database = SqliteDatabase(None)
    try:
        migrate_database(database, features)
        if not database.cut_log():
            raise RuntimeError("another connection reads the new database")
        return database.path.read_bytes()
    finally:
        database.close()
