"""The sites whose pages may show a frame of a group, in the database."""

from sqlalchemy import Connection, delete, select

from kb.features.embeds.tables import embed_origins
from kb.store import FeatureStore
from kb.store.database.rows import replace_rows


def stored_origins(connection: Connection, group_id: str) -> tuple[str, ...]:
    """The origins of a group, in the order of its owners."""
    chosen = select(embed_origins.c.origins).where(embed_origins.c.group_id == group_id)
    return tuple((connection.execute(chosen).scalar() or "").split())


def store_origins(connection: Connection, group_id: str, origins: tuple[str, ...]) -> None:
    """Replace the origins of a group."""
    if origins:
        replace_rows(connection, embed_origins, {"group_id": group_id, "origins": " ".join(origins)})
    else:
        connection.execute(delete(embed_origins).where(embed_origins.c.group_id == group_id))


STORE = FeatureStore((embed_origins,))
