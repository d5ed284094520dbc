"""Read rows as values, and write rows."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import Enum
from functools import cache
from operator import itemgetter
from typing import Any, Generic, TypeVar, cast, get_args, get_type_hints

from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    Executable,
    Insert,
    Row,
    Select,
    Table,
    Update,
    delete,
    insert,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

from kb.model.storable_text import check_texts
from kb.store.database.compiled_selects import positional_dialect, run_compiled_select
from kb.store.database.database import batches, in_savepoint

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Conversion:
    """How a column holds a field of another type: `read` makes the value of what is stored, `write` undoes it."""

    read: Callable[[Any], Any]
    write: Callable[[Any], Any]


class ValueColumns(Generic[V]):
    """The columns of a table that hold the fields of a value class.

    A field of another name than its column is given with `field="column"`. Enumerations are stored by their value.
    """

    def __init__(
        self, table: Table, cls: type[V], conversions: Mapping[str, Conversion] | None = None, **columns: str
    ) -> None:
        self._cls = cls
        self._names = {field.name: columns.get(field.name, field.name) for field in fields(cls)}  # type: ignore[arg-type] # a dataclass
        self.select: Select[Any] = select(*(table.c[name] for name in self._names.values()))
        """The columns in the order of the fields."""
        hints = get_type_hints(cls)
        by_name = {name: (conversions or {}).get(name) or _conversion(hints[name]) for name in self._names}
        self._conversions = [
            (place, name, conversion)
            for place, (name, conversion) in enumerate(by_name.items())
            if conversion is not None
        ]

    def value(self, row: Sequence[Any]) -> V:
        """The value of a row of `select`."""
        if self._conversions:
            row = list(row)
            for place, _, conversion in self._conversions:
                row[place] = conversion.read(row[place])
        return self._cls(*row)

    def first(self, connection: Connection, chosen: Select[Any]) -> V | None:
        """The value of the first row of a selection, or None."""
        row = connection.execute(chosen).first()
        return None if row is None else self.value(row)

    def all(self, connection: Connection, chosen: Select[Any]) -> tuple[V, ...]:
        """The values of all rows of a selection, in its order."""
        return tuple(map(self.value, connection.execute(chosen)))

    def row(self, value: V) -> dict[str, Any]:
        """The row of a value, by column."""
        row = {column: getattr(value, name) for name, column in self._names.items()}
        for _, name, conversion in self._conversions:
            row[self._names[name]] = conversion.write(row[self._names[name]])
        return row


def _conversion(hint: Any) -> Conversion | None:
    """The conversion of a type, if it needs one."""
    if hint is bool:
        return Conversion(bool, bool)
    members = (
        argument for argument in get_args(hint) or (hint,) if isinstance(argument, type) and issubclass(argument, Enum)
    )
    if (members_of := next(members, None)) is None:
        return None
    return Conversion(
        lambda stored: None if stored is None else members_of(stored),
        lambda value: None if value is None else value.value,
    )


class Repository:
    """Reads or writes some tables in one transaction."""

    __slots__ = ("connection",)

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def _rows_of(self, statement: Select[Any], values: Iterable[str], name: str = "ids") -> Iterator[Any]:
        """The rows of a statement for `run_compiled_select`, whose parameter of this name takes a list of values."""
        for batch in batches(values):
            yield from run_compiled_select(self.connection, statement, None, **{name: batch})

    def _rows_with(self, statement: Select[Any], column: ColumnElement[str], values: Iterable[str]) -> Iterator[Any]:
        """The rows of a statement in which a column has one of these values."""
        for batch in batches(values):
            yield from self.connection.execute(statement.where(column.in_(batch)))

    def _text(self, statement: Executable) -> str | None:
        """The text in the first row of the only column; None without a row."""
        return cast("str | None", self.connection.execute(statement).scalar())

    def _number(self, statement: Executable) -> int:
        """The number in the first row of the only column; 0 without one."""
        return int(self.connection.execute(statement).scalar() or 0)

    def _write(self, *statements: Delete | Insert | Update) -> int:
        """Execute statements, all of them or none; returns the number of rows that they concern."""
        with in_savepoint(self.connection):
            return sum(self.connection.execute(statement).rowcount for statement in statements)

    def _insert(self, table: Table, *rows: Mapping[str, Any]) -> None:
        """Insert rows, all of them or none. Raises Conflict if one exists."""
        if rows:
            with in_savepoint(self.connection):
                self.connection.execute(insert(table), rows)

    def _insert_missing(self, table: Table, *rows: Mapping[str, Any]) -> None:
        """Insert rows; those with a key that exists are left out."""
        if rows:
            with in_savepoint(self.connection):
                missing = sqlite.insert if self.connection.dialect.name == "sqlite" else postgresql.insert
                self.connection.execute(missing(table).on_conflict_do_nothing(), rows)

    def _replace(self, table: Table, *rows: Mapping[str, Any]) -> None:
        """Insert rows in place of those with the same primary key, all of them or none."""
        replace_rows(self.connection, table, *rows)


def replace_rows(connection: Connection, table: Table, *rows: Mapping[str, Any]) -> None:
    """Insert rows in place of those with the same primary key, all of them or none."""
    with in_savepoint(connection):
        for row in rows:
            connection.execute(delete(table).where(*(column == row[column.name] for column in table.primary_key)))
            connection.execute(insert(table), row)


def bulk_write(connection: Connection, statement: Insert | Update, rows: Sequence[dict[str, Any]]) -> None:
    """Execute a statement once for each row; all rows have the same names. Raises Invalid for a text as `StorableText`.

    It avoids SQLAlchemy's cost for each value: an import writes a million rows. The statement must live as long as the
    program, because its compiled form is cached; it takes more than one parameter.
    """
    if not rows:
        return
    text, names = _compiled(statement, connection.dialect.name, tuple(rows[0]))
    values = list(map(itemgetter(*names), rows))
    check_texts([value for row in values for value in row if isinstance(value, str)])
    connection.exec_driver_sql(text, values)


def bulk_load(connection: Connection, table: Table, rows: Sequence[Row[Any]]) -> None:
    """Insert rows that hold a value for each column of a table, in their order."""
    if connection.dialect.name == "sqlite":
        connection.execute(insert(table), [dict(row._mapping) for row in rows])
        return
    driver: Any = connection.connection.driver_connection
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    with driver.cursor() as cursor, cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copied:
        for row in rows:
            copied.write_row(tuple(row))


@cache
def _compiled(statement: Insert | Update, dialect: str, names: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """The SQL text of a statement for the driver, and the names of its parameters in order."""
    compiled = statement.compile(dialect=positional_dialect(dialect), column_keys=list(names))
    return str(compiled), tuple(compiled.positiontup or ())
