"""The dialects that write statements for a driver's own cursor: parameters by position."""

from functools import cache
from typing import cast

from sqlalchemy import Dialect
from sqlalchemy.dialects import sqlite


@cache
def positional_dialect(name: str) -> Dialect:
    """The dialect of a database, by the name of SQLAlchemy (`sqlite`, `postgresql`)."""
    if name == "sqlite":
        return sqlite.dialect()
    # It imports the optional driver.
    from sqlalchemy.dialects.postgresql import psycopg  # noqa: PLC0415

    return cast("Dialect", psycopg.dialect(paramstyle="format"))  # type: ignore[no-untyped-call]
