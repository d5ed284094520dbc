"""Column types that all tables share, and the metadata of the schema."""

from typing import Any

from sqlalchemy import BigInteger, Index, Integer, MetaData, Table, Text, TypeDecorator, event
from sqlalchemy.sql.operators import eq, ne
from sqlalchemy.types import TypeEngine

from kb.model.storable_text import check_text


class _Strict(TypeEngine.Comparator[Any]):
    """Comparisons of a column. Raises TypeError for `== None` and `!= None`: write `is_(None)`, `is_not(None)`.

    SQLAlchemy turns `== None` into `IS NULL`. A variable that holds None would then select every row without a value.
    """

    def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
        if op in {eq, ne} and any(operand is None for operand in other):
            raise TypeError("A column is compared with None: use is_(None) or is_not(None).")
        return super().operate(op, *other, **kwargs)


class StorableText(TypeDecorator[str]):
    """Text stored to the letter. Raises Invalid for text that no database can hold."""

    impl = Text
    cache_ok = True

    class comparator_factory(TypeDecorator.Comparator[str], _Strict): ...  # noqa: N801 - SQLAlchemy's name

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        return None if value is None else check_text(value)


class _BigInteger(BigInteger):
    class comparator_factory(BigInteger.Comparator[int], _Strict): ...  # noqa: N801


Number = _BigInteger().with_variant(Integer(), "sqlite")
"""64 bits; on SQLite, INTEGER, the only type that may name the row itself."""

metadata = MetaData()


@event.listens_for(Index, "after_parent_attach")
def _remember_order(index: Index, table: Table) -> None:
    index.info["order"] = len(table.indexes)


def indexes_of(table: Table) -> list[Index]:
    """The indexes of a table as they were declared: of two that serve a query alike, SQLite takes the later one."""
    return sorted(table.indexes, key=lambda index: int(index.info["order"]))
