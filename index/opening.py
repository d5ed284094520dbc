"""Open an index by its URL and return the engine for it."""

from pathlib import Path

from index.engine import Engine
from index.memory_engine import MemoryEngine
from index.schema import Schema


def open_engine(url: str, schema: Schema, memory: int | None = None) -> Engine:
    """The engine at this address: "memory:", or "whoosh:" and a folder, which is made when it is not there.

    `memory` is how many bytes of what it has read an engine keeps for later searches. Raises ValueError for any other
    address.
    """
    if url == "memory:":
        return MemoryEngine(schema)
    scheme, _, place = url.partition(":")
    if scheme == "whoosh" and place:
        # Whoosh and numpy take a third of a second to import: only who opens such an index waits for them.
        from index.whoosh_engine import Limits, WhooshEngine  # noqa: PLC0415

        return WhooshEngine(Path(place), schema, Limits() if memory is None else Limits(memory=memory))
    raise ValueError(f"No index can be opened at {url!r}: “memory:” or “whoosh:” and a folder was expected.")
