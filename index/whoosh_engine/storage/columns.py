"""One value for each document of a segment: numbers, periods, digests; and the look-up of a document by its key."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from index.whoosh_engine.storage.array_file import Array, ArrayFile, ArrayWriter, Ids, Mask, ranges
from index.whoosh_engine.storage.term_dictionary import to_bytes

DIGESTS = "*digests"
HASHES = "*hashes"
KEY_HASHES = "*hashed"


@dataclass(frozen=True, slots=True)
class Extents:
    """A NUMBER (`first` and `last` are the same) or PERIOD of each document; no value where `has` is False."""

    has: Mask
    first: Array
    last: Array

    @property
    def nbytes(self) -> int:
        return int(self.has.nbytes + self.first.nbytes + (0 if self.last is self.first else self.last.nbytes))

    def at(self, ids: Ids) -> "Extents":
        """The values of some documents."""
        first = self.first.take(ids)
        return Extents(self.has.take(ids), first, first if self.last is self.first else self.last.take(ids))


def write_extents(file: ArrayWriter, name: str, extents: Extents) -> None:
    """Write a NUMBER or PERIOD field."""
    file.put(f"{name}/has", extents.has.astype(np.uint8))
    file.put(f"{name}/first", extents.first)
    if extents.last is not extents.first:
        file.put(f"{name}/last", extents.last)


def read_extents(file: ArrayFile, name: str) -> Extents:
    """Read a NUMBER or PERIOD field, in numbers as narrow as it allows."""
    first = _narrow(file.array(f"{name}/first"))
    last = _narrow(file.array(f"{name}/last")) if f"{name}/last" in file else first
    return Extents(file.array(f"{name}/has").astype(bool), first, first if np.array_equal(first, last) else last)


def _narrow(numbers: Array) -> Array:
    """The same numbers in 32 bits if they fit."""
    fits = not len(numbers) or (numbers.min() >= -(2**31) and numbers.max() < 2**31)
    return numbers.astype(np.int32) if fits else numbers


def write_key_hashes(file: ArrayWriter, hashes: Array, digests: Array) -> None:
    """Write the digest of each document, and a table of the hashes of the keys."""
    order = np.argsort(hashes, kind="stable")
    file.put(HASHES, hashes[order])
    file.put(KEY_HASHES, order.astype(np.uint32))
    file.put(DIGESTS, digests.astype(np.uint64))


def hashes_of(keys: Iterable[str]) -> Array:
    """64 bits of each key, the same in every process."""
    return np.frombuffer(b"".join(blake2b(to_bytes(key), digest_size=8).digest() for key in keys), "<u8")


def docs_of_hashes(hashes: Array, hashed: Array, wanted: Array) -> Ids:
    """The documents whose key has one of the wanted hashes."""
    low = np.searchsorted(hashes, wanted, "left")
    counts = np.searchsorted(hashes, wanted, "right") - low
    return hashed[ranges(low, counts)].astype(np.int32)
