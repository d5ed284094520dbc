"""Lookups that every page makes, past what SQLAlchemy does for a statement each time: it is compiled once for so many
values, and the driver knows it again.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select
from sqlalchemy.dialects.sqlite import dialect


def look_up(
    connection: Connection, statement: Select[Any], values: dict[str, str | int] | None = None, **lists: Sequence[Any]
) -> Sequence[Any]:
    """The rows of a statement that lives as long as the program.

    `values` are those of its parameters, `lists` those of its expanding ones, at least one each, for which it asks
    whether a column is among them. Texts can be kept: the caller has left out the others.
    """
    padded = {name: _padded(held) for name, held in lists.items()}
    text, names, fixed = _compiled(statement, tuple((name, len(held)) for name, held in padded.items()))
    given: dict[str, Any] = {**fixed, **(values or {})}
    for name, held in padded.items():
        given.update(zip((f"{name}_{place}" for place in range(1, len(held) + 1)), held, strict=True))
    return connection.exec_driver_sql(text, tuple([given[name] for name in names])).all()


def _padded(held: Sequence[Any]) -> list[Any]:
    """The values, the last one said again up to a power of two: few lengths, so that few texts are compiled."""
    length = 1 << (len(held) - 1).bit_length()
    return [*held, *[held[-1]] * (length - len(held))]


@cache
def _compiled(
    statement: Select[Any], sizes: tuple[tuple[str, int], ...]
) -> tuple[str, tuple[str, ...], dict[str, Any]]:
    """A statement as the driver takes it, the names of its parameters in their order, and the values that it has."""
    compiled = statement.compile(dialect=dialect())
    fixed = dict(compiled.params)
    state = compiled.construct_expanded_state({**fixed, **{name: [""] * size for name, size in sizes}})
    return state.statement, tuple(state.positiontup or ()), fixed
