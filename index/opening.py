"""Open an index by its URL and return the engine for it."""

from pathlib import Path

from index.analysis.lemmas import french_lemmas
from index.engine import Engine
from index.schema import Schema


def load_engine() -> None:
    """Load the modules and the tables that every index needs: processes that are forked later share them."""
    import index.whoosh_engine  # noqa: F401, PLC0415 - as below

    french_lemmas()


def open_engine(url: str, schema: Schema, memory: int | None = None, shared: Path | None = None) -> Engine:
    """The engine for this URL: "whoosh:" and a folder, which is created if missing.

    `memory` is the size in bytes of the cache for later searches; the processes of one server keep most of it once for
    all of them in the folder `shared`. Raises ValueError for any other URL.
    """
    scheme, _, folder = url.partition(":")
    if scheme == "whoosh" and folder:
        # Whoosh and numpy take a third of a second to import: only an index of this kind needs them.
        from index.whoosh_engine import Limits, WhooshEngine  # noqa: PLC0415

        limits = Limits(shared=shared) if memory is None else Limits(memory=memory, shared=shared)
        return WhooshEngine(Path(folder), schema, limits)
    raise ValueError(f"No index can be opened at {url!r}: “whoosh:” and a folder was expected.")
