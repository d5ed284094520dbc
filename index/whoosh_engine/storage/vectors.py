"""Vectors of a segment, by their number of dimensions n, in chunks that are read one by one.

    <field>/dimensions        the numbers of dimensions that occur
    <field>/<n>/documents     the document of each vector, ascending
    <field>/<n>/places        the number of each vector in its document
    <field>/<n>/chunks        three offsets for each chunk of vectors: records, coarse and fine signatures

A record is the value of the vector (its scale, then n signed bytes) and the crc32 of these: a question reads few
records of many, far from each other.
"""

import zlib
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

import numpy as np

from index.vectors import SCALE
from index.whoosh_engine.storage.array_file import CHECKSUM, Array, ArrayFile, ArrayWriter, Ids, narrow
from index.whoosh_engine.storage.segments import Segment
from index.whoosh_engine.storage.vector_signatures import signatures_of, words_of

CHUNK = 16_384
"""Vectors of a chunk, at most: the working arrays of one stay in the cache of the processor."""
CHUNK_BYTES = 8 * 1024 * 1024
"""Bytes of the records of a chunk, at most."""
MEMORY = 2
"""Records of a segment are kept in memory if they take at most this part of what is kept at once."""


def _chunk_rows(dimensions: int) -> int:
    return min(CHUNK, CHUNK_BYTES // (dimensions + SCALE.size + CHECKSUM))


class _ChunkWriter:
    """Collects records of one number of dimensions and writes them chunk by chunk."""

    def __init__(self, file: ArrayWriter, dimensions: int) -> None:
        self._file = file
        self._rows = _chunk_rows(dimensions)
        self._waiting = np.zeros((0, dimensions + SCALE.size + CHECKSUM), np.uint8)
        self._chunks: list[tuple[int, int, int]] = []

    def add(self, records: Array) -> None:
        self._waiting = np.concatenate([self._waiting, records])
        while len(self._waiting) >= self._rows:
            self._write()

    def _write(self) -> None:
        records, self._waiting = self._waiting[: self._rows], self._waiting[self._rows :]
        coarse, fine = signatures_of(numbers_of(records))
        self._chunks.append((self._file.raw(records), self._file.raw(coarse), self._file.raw(fine)))

    def finish(self, name: str) -> None:
        if len(self._waiting):
            self._write()
        self._file.put(name, np.array(self._chunks, np.uint64).ravel())


def numbers_of(records: Array) -> Array:
    """The signed bytes of records."""
    return records[:, SCALE.size : -CHECKSUM].view(np.int8)


def scales_of(records: Array) -> Array:
    """The scale of each record."""
    return records[:, : SCALE.size].copy().view("<f4").ravel()


def write_vectors(file: ArrayWriter, name: str, owners: Ids, places: Ids, values: Sequence[bytes]) -> None:
    """Write a VECTOR field: the document of each value, ascending, its number in the document, and the value."""
    sizes = np.fromiter(map(len, values), np.int64, len(values))
    occurring = np.unique(sizes[sizes > 0])
    file.put(f"{name}/dimensions", (occurring - SCALE.size).astype(np.uint32))
    for size in occurring.tolist():
        chosen, dimensions = np.flatnonzero(sizes == size), size - SCALE.size
        _write_owners(file, f"{name}/{dimensions}", owners[chosen], places[chosen])
        chunks = _ChunkWriter(file, dimensions)
        for start in range(0, len(chosen), _chunk_rows(dimensions)):
            some = map(values.__getitem__, chosen[start : start + _chunk_rows(dimensions)].tolist())
            content = b"".join([value + zlib.crc32(value).to_bytes(CHECKSUM, "little") for value in some])
            chunks.add(np.frombuffer(content, np.uint8).reshape(-1, size + CHECKSUM))
        chunks.finish(f"{name}/{dimensions}/chunks")


def _write_owners(file: ArrayWriter, name: str, owners: Array, places: Array) -> None:
    file.put(f"{name}/documents", owners.astype(np.uint32))
    file.put(f"{name}/places", narrow(places))


def merge_vectors(
    file: ArrayWriter, name: str, sources: Sequence[tuple[ArrayFile, Ids]]
) -> Generator[None, None, None]:
    """Write the vectors that are left of several segments; yields between two slices.

    A source is a file and the new number of each of its documents (-1: deleted).
    """
    occurring = sorted({int(n) for source, _ in sources for n in source.array(f"{name}/dimensions")})
    file.put(f"{name}/dimensions", np.array(occurring, np.uint32))
    for dimensions in occurring:
        own = f"{name}/{dimensions}"
        some = [(source, numbers) for source, numbers in sources if f"{own}/chunks" in source]
        owners = [numbers[source.array(f"{own}/documents")] for source, numbers in some]
        places = [source.array(f"{own}/places") for source, _ in some]
        _write_owners(
            file,
            own,
            np.concatenate([each[each >= 0] for each in owners]),
            np.concatenate([part[each >= 0] for each, part in zip(owners, places, strict=True)]),
        )
        chunks, step = _ChunkWriter(file, dimensions), _chunk_rows(dimensions)
        for (source, _), each in zip(some, owners, strict=True):
            for number, (offset, _, _) in enumerate(_offsets(source.array(f"{own}/chunks"))):
                yield
                left = each[number * step :][:step] >= 0
                chunks.add(_read(source, offset, len(left), dimensions + SCALE.size + CHECKSUM)[left])
        chunks.finish(f"{own}/chunks")


def _offsets(chunks: Array) -> list[list[int]]:
    offsets: list[list[int]] = chunks.reshape(-1, 3).tolist()
    return offsets


def _read(file: ArrayFile, offset: int, rows: int, columns: int, width: int = 1) -> Array:
    return file.stretch(offset, rows * columns, width).reshape(rows, columns)


@dataclass(frozen=True, slots=True)
class SegmentVectors:
    """The vectors of one number of dimensions in a segment, for searches. `documents` and `places` are as in the file;
    `in_memory`: the records are cached.
    """

    segment: Segment
    name: str
    dimensions: int
    documents: Array
    places: Array
    offsets: list[list[int]]
    in_memory: bool

    def __len__(self) -> int:
        return len(self.documents)

    def edges(self) -> Ids:
        """The first vector of each chunk, and the number of all."""
        return np.minimum(np.arange(len(self.offsets) + 1) * _chunk_rows(self.dimensions), len(self))

    def coarse(self, chunk: int) -> Array:
        """The coarse signatures of a chunk."""
        columns = words_of(self.dimensions)
        return self._chunk(chunk, 1, lambda rows, at: _read(self.segment.file, at, columns, rows, 8))

    def fine(self, rows: Ids) -> Array:
        """The fine signatures of some vectors, ascending."""
        words = words_of(self.dimensions)
        return self._gathered(rows, 2, np.empty((len(rows), words), np.uint64))

    def records(self, rows: Ids) -> Array:
        """The records of some vectors, ascending, checked against their checksums."""
        width = self.dimensions + SCALE.size + CHECKSUM
        if self.in_memory:
            return self._gathered(rows, 0, np.empty((len(rows), width), np.uint8))
        step = _chunk_rows(self.dimensions)
        offsets = [self.offsets[row // step][0] + row % step * width for row in rows.tolist()]
        return np.frombuffer(self.segment.file.checked_records(offsets, width), np.uint8).reshape(-1, width)

    def _gathered(self, rows: Ids, part: int, gathered: Array) -> Array:
        """The rows of some vectors in a part of the chunks, written into an array."""
        edges = self.edges()
        cuts = rows.searchsorted(edges).tolist()
        columns, width = gathered.shape[1], gathered.itemsize

        def read(count: int, offset: int) -> Array:
            return _read(self.segment.file, offset, count, columns, width)

        for chunk, (start, low, high) in enumerate(zip(edges.tolist(), cuts, cuts[1:], strict=False)):
            if low < high:
                # Without a check of indices, which are right, numpy needs no copy.
                self._chunk(chunk, part, read).take(rows[low:high] - start, 0, gathered[low:high], "clip")
        return gathered

    def _chunk(self, chunk: int, part: int, read: Callable[[int, int], Array]) -> Array:
        """A part of a chunk; `read` is given the number of vectors and the offset."""
        step = _chunk_rows(self.dimensions)
        return self.segment.cached(
            (self.name, "vectors", self.dimensions, chunk, part),
            lambda: read(min(step, len(self) - chunk * step), self.offsets[chunk][part]),
        )


def segment_vectors(segment: Segment, name: str, dimensions: int) -> SegmentVectors | None:
    """The vectors of this number of dimensions; None if the segment has none."""
    own = f"{name}/{dimensions}"
    if f"{own}/chunks" not in segment.file:
        return None
    documents, places, chunks = (segment.array(f"{own}/{part}") for part in ("documents", "places", "chunks"))
    in_memory = len(documents) * dimensions * MEMORY <= segment.room
    return SegmentVectors(segment, name, dimensions, documents, places, _offsets(chunks), in_memory)
