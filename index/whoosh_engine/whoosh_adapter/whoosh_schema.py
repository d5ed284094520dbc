"""Convert our schema to a Whoosh schema, stamped with the fingerprint of the index and its last checkpoint.

Whoosh pickles the schema into its table of contents, so the stamp is replaced together with the list of segments in
one rename. Loading a pickle runs code: an index folder is trusted data, never taken from a stranger.
"""

from hashlib import blake2b
from typing import Any

from index.analysis import FINGERPRINT
from index.schema import Field, Kind, Schema
from index.whoosh_engine.whoosh_adapter.whoosh_imports import FieldType, Format, IDAnalyzer, WhooshSchema

FORMAT = 7
"""Increase it whenever the contents of the files, or their meaning, change."""


class ArrayFormat(Format):  # type: ignore[misc]
    """The format of a posting's value: positions, as little-endian numbers of 32 bits; nothing for a KEYWORD."""

    def decode_frequency(self, value: bytes) -> int:
        return max(len(value) // 4, 1)

    def decode_weight(self, value: bytes) -> float:
        return float(self.decode_frequency(value))

    def decode_positions(self, value: bytes) -> list[int]:
        return [int.from_bytes(value[offset : offset + 4], "little") for offset in range(0, len(value), 4)]


class ArrayField(FieldType):  # type: ignore[misc]
    """A field whose postings our own pool makes: Whoosh reads it, and never analyses text for it."""

    def __init__(self, field: Field) -> None:
        self.analyzer = IDAnalyzer()
        self.format = ArrayFormat()
        self.scorable = field.kind is Kind.TEXT
        self.unique = False
        self.stored = False
        self.column_type = None

    def __eq__(self, other: object) -> bool:
        return type(other) is ArrayField and self.scorable == other.scorable

    def __hash__(self) -> int:
        return hash(self.scorable)


class StampedSchema(WhooshSchema):  # type: ignore[misc]
    """Whoosh's schema, with the fingerprint of the index and the last checkpoint."""

    fingerprint: str = ""
    checkpoint: str | None = None


def stamped_schema(schema: Schema) -> Any:
    """The schema for a new index. Number and period fields are left out, because they have no postings."""
    whoosh = StampedSchema()
    for field in schema.fields:
        if field.kind in (Kind.TEXT, Kind.KEYWORD):
            # Whoosh refuses names with a space or a leading underscore, which ours never have.
            whoosh.add(field.name, ArrayField(field))
    whoosh.fingerprint = fingerprint(schema)
    return whoosh


def fingerprint(schema: Schema) -> str:
    """32 hexadecimal digits that change with the schema, the analysis and the format of the files."""
    content = repr((FORMAT, FINGERPRINT, schema))
    return blake2b(content.encode(), digest_size=16).hexdigest()
