"""Delete files that no item names any more, and compare the store of files with the database."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from time import time

from kb.access.actor import Actor
from kb.access.permissions import require_operator
from kb.errors import NotFound
from kb.services.core.library import Library

GRACE_SECONDS = 24 * 3600.0
"""How long a file that nothing names stays: it may be of an upload that is not finished."""
_BATCH = 50
"""Files deleted in one transaction: other writers wait only this long."""


@dataclass(frozen=True, slots=True)
class FileCheck:
    """How many files the database names, their bytes, those that are missing or damaged, and how many nothing names."""

    files: int
    size: int
    missing: tuple[str, ...]
    damaged: tuple[str, ...]
    unused: int

    @property
    def is_clean(self) -> bool:
        return not self.missing and not self.damaged


def delete_unused_files(library: Library, moment: float | None = None) -> int:
    """Delete the files that no row names and that were put more than GRACE_SECONDS ago; returns their number.

    It asks once more inside a write transaction, in which nobody can name a file: see `kb.files.file_store`.
    """
    before = (time() if moment is None else moment) - GRACE_SECONDS
    deleted = 0
    for keys in _batches(file.key for file in library.files.files() if file.put_at < before):
        with library.store.read() as reading:
            candidates = set(keys) - reading.item_files.named(keys)
        if candidates:
            with library.store.write() as writing:
                unused = candidates - writing.item_files.named(candidates)
                for key in sorted(unused):
                    library.files.delete(key)
            deleted += len(unused)
    return deleted


def check_files(library: Library, actor: Actor, *, whole: bool = False) -> FileCheck:
    """Whether each file that the database names is in the store with its size; with `whole`, with its very bytes.

    Raises Forbidden.
    """
    require_operator(actor)
    stored_sizes = {file.key: file.size for file in library.files.files()}
    with library.store.read() as reading:
        named = dict(reading.item_files.contents())
    missing = tuple(key for key in named if key not in stored_sizes)
    damaged = tuple(
        key
        for key, size in named.items()
        if key in stored_sizes and (stored_sizes[key] != size or (whole and _hash(library.files.read(key)) != key))
    )
    return FileCheck(len(named), sum(named.values()), missing, damaged, len(stored_sizes.keys() - named.keys()))


def _hash(blocks: Iterable[bytes]) -> str:
    digest = sha256()
    try:
        for block in blocks:
            digest.update(block)
    except NotFound:
        return ""
    return digest.hexdigest()


def _batches(keys: Iterator[str]) -> Iterator[list[str]]:
    while batch := list(islice(keys, _BATCH)):
        yield batch
