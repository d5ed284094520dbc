"""The size of rows as JSON, by which lists of rows are cut."""

import json

MOST_ROW_BYTES = 2_000_000
"""Bytes of the whole rows of one answer, which are made in memory."""
# One encoder for all: to make one takes as long as a small row.
_ENCODER = json.JSONEncoder(ensure_ascii=False)


def json_size(row: object) -> int:
    """The bytes of a row as JSON in UTF-8."""
    return len(_ENCODER.encode(row).encode("utf-8", "surrogatepass"))
