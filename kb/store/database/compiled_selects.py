"""Selects that every page runs, compiled once for each number of values.

SQLAlchemy then does not build them each time, and the driver recognizes the statement.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, cast

from sqlalchemy import Connection, Dialect, Select
from sqlalchemy.dialects import sqlite


def run_compiled_select(
    connection: Connection, statement: Select[Any], values: dict[str, str | int] | None = None, **lists: Sequence[Any]
) -> Sequence[Any]:
    """The rows of a statement that lives as long as the program.

    `values` are the values of its plain parameters. `lists` are those of its expanding parameters (`column IN list`),
    at least one value each. The caller has removed the texts that cannot be stored.
    """
    padded = {name: _padded(elements) for name, elements in lists.items()}
    text, slots, fixed = _compiled(
        statement, connection.dialect.name, tuple([(name, len(elements)) for name, elements in padded.items()])
    )
    single: dict[str, Any] = {**fixed, **values} if values else fixed
    parameters = tuple([single[name] if place is None else padded[name][place] for name, place in slots])
    # Use the driver's cursor: to make a result, SQLAlchemy takes as long as SQLite needs to answer.
    cursor = connection.connection.cursor()
    try:
        cursor.execute(text, parameters)
        return cursor.fetchall()
    finally:
        cursor.close()


def _padded(values: Sequence[Any]) -> list[Any]:
    """The values, with the last one repeated up to a power of two: few lengths, so few compiled texts."""
    length = 1 << (len(values) - 1).bit_length()
    return [*values, *[values[-1]] * (length - len(values))]


@cache
def _compiled(
    statement: Select[Any], dialect: str, sizes: tuple[tuple[str, int], ...]
) -> tuple[str, tuple[tuple[str, int | None], ...], dict[str, Any]]:
    """The SQL text of a statement for the driver, its parameters in order, and its fixed values.

    A parameter is known by its name; one of a list by the name of the list and its position there.
    """
    compiled = statement.compile(dialect=positional_dialect(dialect))
    fixed = dict(compiled.params)
    state = compiled.construct_expanded_state({**fixed, **{name: [""] * size for name, size in sizes}})
    of_lists = {f"{name}_{place + 1}": (name, place) for name, size in sizes for place in range(size)}
    slots = tuple((of_lists.get(name) or (name, None)) for name in state.positiontup or ())
    return state.statement, slots, fixed


def prefix_upper_bound(start: str) -> str | None:
    """The smallest text greater than all that begin with `start`, by code points; None if there is none."""
    prefix = start.rstrip("\U0010ffff")
    if not prefix:
        return None
    following = ord(prefix[-1]) + 1
    # Surrogates are no characters: U+D7FF is followed by U+E000.
    return prefix[:-1] + chr(0xE000 if following == 0xD800 else following)


@cache
def positional_dialect(name: str) -> Dialect:
    """The dialect of a database, by the name of SQLAlchemy (`sqlite`, `postgresql`)."""
    if name == "sqlite":
        return sqlite.dialect()
    # It imports the optional driver.
    from sqlalchemy.dialects.postgresql import psycopg  # noqa: PLC0415

    return cast("Dialect", psycopg.dialect(paramstyle="format"))  # type: ignore[no-untyped-call]
