"""Rows in every table of a database, made from the definitions of the tables, so that a new table is filled too."""

import struct
import zlib
from collections import defaultdict
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Float,
    SmallInteger,
    Table,
    Text,
    TypeDecorator,
    func,
    insert,
    select,
)

from kb.store.tables.table_columns import metadata

_IMPORTED = frozenset({"items", "annotations"})
"""Tables whose texts are exported and indexed: an import fills them."""
_MEANINGS = {
    "groups.visible": "members",
    "groups.joining": None,
    "groups.languages": None,
    "quotation_rules.rule": "60",
    "webhooks.shape": "json",
    "webhook_deliveries.item_ids": "[]",
    "webhook_deliveries.passage_ids": "[]",
    "embeddings.vector": struct.pack("<f3b", 0.5, 127, -1, 0),
    "passage_anchors.state": "exact",
    "followed_search_baselines.item_numbers": zlib.compress(b"\x02"),
    "version_contents.content": zlib.compress(b'["texte",null]'),
    "newsletter_issues.content": '{"sections": []}',
    "item_files.sha256": sha256(b"a file").hexdigest(),
}
"""The values of columns that an export or a backup reads."""


def fill_every_table(connection: Connection, rows: int) -> dict[str, int]:
    """Add rows to each table that has fewer than `rows`; returns the number of rows of each.

    Texts have letters of several alphabets, line breaks, quotation marks and characters outside the basic plane.
    Nullable columns are null in every third row. Numbers are as large as JSON can read.
    """
    keys: defaultdict[Column[Any], list[Any]] = defaultdict(list)
    for table in metadata.sorted_tables:
        count = _count(connection, table)
        if count < rows and table.name not in _IMPORTED:
            connection.execute(insert(table), list(_rows(table, count, rows, keys)))
        for column in table.primary_key:
            chosen = select(column).order_by(*table.primary_key).limit(10 * rows)
            keys[column] = list(connection.execute(chosen).scalars())
    return {table.name: _count(connection, table) for table in metadata.sorted_tables}


def _count(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def _rows(table: Table, count: int, rows: int, keys: dict[Column[Any], list[Any]]) -> Iterator[dict[str, Any]]:
    for number in range(count, rows):
        yield {column.name: _value(column, number, keys) for column in table.columns}


def _value(column: Column[Any], number: int, keys: dict[Column[Any], list[Any]]) -> Any:
    if str(column) in _MEANINGS:
        return _MEANINGS[str(column)]
    if column.nullable and number % 3 == 0:
        return None
    for key in column.foreign_keys:
        among = keys[key.column]
        return among[number % len(among)]
    kind = column.type.impl if isinstance(column.type, TypeDecorator) else column.type
    match kind:
        case Boolean():
            return number % 2 == 0
        case Float():
            return number / 3
        case SmallInteger():
            return number % 4
        case Text():
            return f'{column.name} {number}: « l’été »\u202f;\n\t"œ" ДЖ 漢字 \U0001f600 \\N'
        case _ if column.primary_key:
            # Other keys reference it.
            return number + 1
        case BigInteger():
            return 2**53 - number
        case _:
            return 2**31 - 1 - number
