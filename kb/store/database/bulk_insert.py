"""Insert many rows without SQLAlchemy's cost for each value: an import writes a million rows."""

from collections.abc import Sequence
from functools import cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Insert, Update
from sqlalchemy.dialects.sqlite import dialect

from kb.model.text_rules import check_texts


def bulk_write(connection: Connection, statement: Insert | Update, rows: Sequence[dict[str, Any]]) -> None:
    """Execute a statement once for each row; all rows have the same names. Raises Invalid for a text as `KeptText`.

    The statement must live as long as the program, because its compiled form is cached; it takes more than one
    parameter.
    """
    if not rows:
        return
    text, names = _compiled(statement, tuple(rows[0]))
    values = list(map(itemgetter(*names), rows))
    check_texts([value for row in values for value in row if isinstance(value, str)])
    connection.exec_driver_sql(text, values)


@cache
def _compiled(statement: Insert | Update, names: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """The SQL text of a statement for the driver, and the names of its parameters in order."""
    compiled = statement.compile(dialect=dialect(), column_keys=list(names))
    return str(compiled), tuple(compiled.positiontup or ())
