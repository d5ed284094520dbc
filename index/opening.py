"""The way in: an address of an index, and the engine that answers there."""

from pathlib import Path

from index.engine import Engine
from index.memory_engine import MemoryEngine
from index.schema import Schema


def open_engine(url: str, schema: Schema) -> Engine:
    """The engine at this address: "memory:", or "whoosh:" and a folder, which is made when it is not there.

    Raises ValueError for any other address.
    """
    if url == "memory:":
        return MemoryEngine(schema)
    scheme, _, place = url.partition(":")
    if scheme == "whoosh" and place:
        # Whoosh and numpy take a third of a second to import: only who opens such an index waits for them.
        from index.whoosh_engine import WhooshEngine  # noqa: PLC0415

        return WhooshEngine(Path(place), schema)
    raise ValueError(f"No index can be opened at {url!r}: “memory:” or “whoosh:” and a folder was expected.")
