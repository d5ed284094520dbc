"""What all tables are made of, and the schema that they make together."""

from typing import Any

from sqlalchemy import BigInteger, Integer, MetaData, Text, TypeDecorator

from kb.model.text import check_text

SCHEMA = "0006"
"""The newest migration, which the tables are the result of."""


class KeptText(TypeDecorator[str]):
    """Text kept to the letter; Invalid for what no database can hold."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        return None if value is None else check_text(value)


Number = BigInteger().with_variant(Integer(), "sqlite")
"""64 bits; on SQLite, INTEGER, the only type that may name the row itself."""

metadata = MetaData()
