"""What every engine must do."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Protocol

from index.document import Document
from index.hits import Hits
from index.plan import Plan


class Outdated(Exception):
    """The index was made with another schema or another analysis: it must be rebuilt before it can be searched."""


class Busy(Exception):
    """Another process is writing this index."""


class Unindexable(Exception):
    """This document cannot be indexed; the writer is as it was before the call and goes on."""


class Writer(Protocol):
    """Changes that become visible together, when the block of `Engine.write` ends well."""

    def put(self, document: Document) -> None:
        """Write the document in the place of the one that bears its key, if any. Raises Unindexable."""

    def drop(self, field: str, value: str) -> None:
        """Remove the documents whose KEYWORD field holds the value, those put before in this block included."""

    def checkpoint(self, value: str) -> None:
        """Keep a word about how far the writing has come; it becomes visible together with the changes."""


class Engine(Protocol):
    """A search engine. Searches may run in any number of threads, while one thread of one process writes."""

    def search(self, plan: Plan) -> Hits:
        """Answer from the newest committed state. Raises Outdated."""

    def write(self) -> AbstractContextManager[Writer]:
        """Change the index. An exception in the block leaves it as it was. Raises Busy and Outdated."""

    def rebuild(self) -> AbstractContextManager[Writer]:
        """Write a new index beside the old one, which goes on answering, and swap at the end. Raises Busy."""

    def checkpoint(self) -> str | None:
        """The last checkpoint that was committed. Raises Outdated."""

    def entries(self) -> Iterator[tuple[str, str]]:
        """Every document's key and the digest of its content (`Document.digest`), in any order. Raises Outdated."""

    def close(self) -> None:
        """Let go of files; the engine is not used afterwards."""
