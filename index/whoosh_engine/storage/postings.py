"""Postings on disk: for each term, document numbers as deltas, term frequencies and positions, in the narrowest width.

Terms are written many at a time: terms whose numbers need the same width share one range of the file, so that neither
writing nor reading loops over terms in Python.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from index.whoosh_engine.checksums import Damaged
from index.whoosh_engine.storage.array_file import (
    ENTRY,
    Array,
    ArrayFile,
    ArrayWriter,
    Ids,
    Ints,
    Mask,
    narrow,
    ranges,
    starts_of,
)
from index.whoosh_engine.storage.term_dictionary import JoinedStrings

WIDTHS = (1, 2, 4)
NEAR = 4096
"""Bytes between two terms that are read in vain rather than by another call."""
TOGETHER = 1 << 16
"""Postings decoded at once where there may be many."""


@dataclass(frozen=True, slots=True)
class Postings:
    """Postings of several terms, ordered by term, then document, then position.

    `counts[i]` documents for term i (never 0); `tfs` and `positions` are None where only presence counts.
    """

    counts: Array
    ids: Array
    tfs: Array | None = None
    positions: Array | None = None


class PostingsWriter:
    """Write the terms and postings of one field, in order, in any number of parts."""

    def __init__(self, file: ArrayWriter, field: str) -> None:
        self._file = file
        self._field = field
        self._terms = JoinedStrings()
        self._entries: list[Array] = []

    def add(self, terms: list[bytes], postings: Postings) -> None:
        """Terms greater than all before, and their postings."""
        if not terms:
            return
        starts = starts_of(postings.counts)
        entries = np.zeros(len(terms), ENTRY)
        entries["documents"] = postings.counts
        entries["occurrences"] = postings.counts
        deltas = postings.ids.astype(np.int64)
        deltas[1:] -= postings.ids[:-1]
        deltas[starts] = postings.ids[starts]
        self._ranges_of(entries, "ids", deltas, postings.counts)
        if postings.tfs is not None and postings.positions is not None:
            entries["occurrences"] = np.add.reduceat(postings.tfs.astype(np.int64), starts)
            self._ranges_of(entries, "tfs", postings.tfs, postings.counts, skip=1)
            occurrences = entries["occurrences"].astype(np.int64)
            self._ranges_of(entries, "positions", postings.positions, occurrences)
        self._terms.add(terms)
        self._entries.append(entries)

    def _ranges_of(self, entries: Array, part: str, values: Array, counts: Array, skip: int = -1) -> None:
        starts = starts_of(counts)
        tops = np.maximum.reduceat(values, starts)
        widths = np.where(tops < 1 << 8, 1, np.where(tops < 1 << 16, 2, 4)).astype(np.uint8)
        widths[tops == skip] = 0
        entries[f"{part}_width"] = widths
        for width in WIDTHS:
            chosen = widths == width
            if not chosen.any():
                continue
            whole = chosen.all()
            offset = self._file.raw((values if whole else values[np.repeat(chosen, counts)]).astype(f"<u{width}"))
            entries[f"{part}_at"][chosen] = offset + starts_of(counts[chosen]) * width

    def finish(self) -> None:
        """Write the dictionary of terms."""
        self._terms.write(self._file, f"{self._field}/terms")
        self._file.put(f"{self._field}/entries", np.concatenate([*self._entries, np.zeros(0, ENTRY)]))


@dataclass(frozen=True, slots=True)
class TokenPostings:
    """The postings of a term of a TEXT field, for phrases.

    `ids`: the documents, ascending. `tfs`: how often each holds the term; None if each does once. `positions`: where,
    one document after another.
    """

    ids: Ids
    tfs: Array | None
    positions: Array

    @property
    def nbytes(self) -> int:
        return self.ids.nbytes + self.positions.nbytes + (0 if self.tfs is None else self.tfs.nbytes)


class PostingsReader:
    """Read the postings of one field by the terms' ordinals."""

    def __init__(self, file: ArrayFile, entries: Array, documents: int) -> None:
        self._file = file
        self._documents = documents
        self.entries = entries

    def ids(self, ordinal: int) -> Ids:
        """The documents that hold a term, ascending."""
        documents, width, _, _, _, _, offset, _, _ = self.entries[ordinal].item()
        return self._ids_at(offset, documents, width)

    def _ids_at(self, offset: int, documents: int, width: int) -> Ids:
        ids = self._file.stretch(offset, documents, width).cumsum(dtype=np.int32)
        if not 0 <= ids[-1] < self._documents:
            raise Damaged(f"{self._file.path.name} has damaged postings")
        return ids

    def frequencies(self, ordinal: int) -> tuple[Ids, Array | None]:
        """The documents that hold a term, and how often each does; None if each does once."""
        # One conversion instead of one for each number.
        documents, ids_width, tfs_width, _, _, _, ids_at, tfs_at, _ = self.entries[ordinal].item()
        ids = self._ids_at(ids_at, documents, ids_width)
        return ids, self._file.stretch(tfs_at, documents, tfs_width) if tfs_width else None

    def positions(self, ordinal: int) -> Array:
        """The positions in each of those documents, one document after another."""
        entry = self.entries[ordinal]
        return self._file.stretch(int(entry["positions_at"]), int(entry["occurrences"]), int(entry["positions_width"]))

    def tokens(self, ordinal: int, ids: Ids) -> TokenPostings:
        """Documents, frequencies and positions of a term of a TEXT field; the documents are known."""
        documents, _, tfs_width, positions_width, _, occurrences, _, tfs_at, positions_at = self.entries[ordinal].item()
        tfs = self._file.stretch(tfs_at, documents, tfs_width) if tfs_width else None
        return TokenPostings(ids, tfs, self._file.stretch(positions_at, occurrences, positions_width))

    def many_ids(self, ordinals: Array) -> tuple[Ids, Ints]:
        """The documents of several terms, one term after another, and how many each has."""
        counts = self.entries["documents"][ordinals].astype(np.int64)
        deltas = self._many("ids", ordinals, counts)
        sums = np.cumsum(deltas, dtype=np.int64)
        starts = starts_of(counts)
        ids = sums - np.repeat(sums[starts] - deltas[starts], counts)
        if len(ids) and (ids.max() >= self._documents or ids.min() < 0):
            raise Damaged(f"{self._file.path.name} has damaged postings")
        return ids.astype(np.int32), counts

    def holding_any(self, ordinals: Array) -> Mask:
        """The mask of documents that hold any of several terms: as `many_ids`, but for any number of terms.

        It reads a range of postings at a time, small enough for the processor's cache.
        """
        mask = np.zeros(self._documents, bool)
        for _, _, ids in self._ranges_of(ordinals):
            mask[ids] = True
        return mask

    def counts_in(self, mask: Mask, ordinals: Array) -> Ints:
        """How many documents of a mask hold each of several terms."""
        doc_counts = np.zeros(len(ordinals), np.int64)
        for which, counts, ids in self._ranges_of(ordinals):
            doc_counts[which] = np.add.reduceat(mask[ids], starts_of(counts), dtype=np.int64)
        return doc_counts

    def _ranges_of(self, ordinals: Array) -> Iterator[tuple[Ints, Ints, Ids]]:
        """The postings of several terms, a stretch at a time: which terms, how many documents each, these documents.

        Terms come by the width of their numbers.
        """
        chosen = self.entries[ordinals]
        for width in WIDTHS:
            which = np.flatnonzero(chosen["ids_width"] == width)
            counts, ats = chosen["documents"][which].astype(np.int64), chosen["ids_at"][which].astype(np.int64)
            cuts = np.flatnonzero(np.diff(np.cumsum(counts) // TOGETHER)) + 1
            for low, high in pairwise([0, *cuts.tolist(), len(which)]):
                if low < high:
                    yield which[low:high], counts[low:high], self._ids(ats[low:high], counts[low:high], width)

    def _ids(self, ats: Ints, counts: Ints, width: int) -> Ids:
        """The documents of terms whose numbers have one width, one term after another."""
        deltas = self._runs(ats, counts, width)
        ids = np.cumsum(deltas, dtype=np.int32)
        starts = starts_of(counts)
        ids -= np.repeat(ids[starts] - deltas[starts].astype(np.int32), counts)
        lasts = ids[starts + counts - 1]
        if lasts.max() >= self._documents or lasts.min() < 0:
            raise Damaged(f"{self._file.path.name} has damaged postings")
        return ids

    def many_tfs(self, ordinals: Array) -> Array:
        """The term frequencies of several terms, as `many_ids` orders them."""
        return self._many("tfs", ordinals, self.entries["documents"][ordinals].astype(np.int64))

    def many_positions(self, ordinals: Array) -> Array:
        """The positions of several terms, one after another."""
        return self._many("positions", ordinals, self.entries["occurrences"][ordinals].astype(np.int64))

    def _many(self, part: str, ordinals: Array, counts: Ints) -> Array:
        chosen = self.entries[ordinals]
        widths, ats = chosen[f"{part}_width"], chosen[f"{part}_at"].astype(np.int64)
        values = np.ones(int(counts.sum()), np.uint32)
        targets = starts_of(counts)
        for width in WIDTHS:
            which = np.flatnonzero(widths == width)
            if not len(which):
                continue
            sizes = counts[which]
            pieces = self._runs(ats[which], sizes, width)
            if len(which) == len(ordinals):
                return pieces
            values[ranges(targets[which], sizes)] = pieces
        return values

    def _runs(self, ats: Ints, counts: Ints, width: int) -> Array:
        # Terms that lie close together in the file are read with one call.
        ends = ats + counts * width
        gaps = ats[1:] - ends[:-1]
        breaks = np.flatnonzero((gaps < 0) | (gaps > NEAR)) + 1
        firsts = np.concatenate(([0], breaks))
        lasts = np.concatenate((breaks, [len(ats)])) - 1
        pieces = [
            self._file.stretch(start, (end - start) // width, width)
            for start, end in zip(ats[firsts].tolist(), ends[lasts].tolist(), strict=True)
        ]
        whole = pieces[0] if len(pieces) == 1 else np.concatenate(pieces)
        if len(whole) == counts.sum():
            return whole
        between = np.zeros(len(ats), np.int64)
        between[:-1] = gaps // width
        between[lasts] = 0
        mask = np.repeat(np.tile([True, False], len(ats)), np.stack((counts, between), axis=1).ravel())
        runs: Array = whole[mask]
        return runs


@dataclass(frozen=True, slots=True)
class FrequencyNorms:
    """The postings of a term of a TEXT field in one segment.

    `ids`: the documents, ascending. `codes[i]` is `tf * width + length` of document `ids[i]`: how often it holds the
    term, and how many tokens its field has, which is less than `width`. No tf is greater than `top`.
    """

    ids: Ids
    codes: Array
    width: int
    top: int

    @property
    def nbytes(self) -> int:
        return self.ids.nbytes + self.codes.nbytes

    @property
    def tfs(self) -> Array | None:
        """How often each document holds the term; None if each does once."""
        return None if self.top == 1 else self.codes // self.codes.dtype.type(self.width)


def frequency_norms_of(ids: Ids, tfs: Array | None, lengths: Array, width: int) -> FrequencyNorms:
    """The frequencies of a term. `tfs`: None when all are 1; `lengths`: of all documents of the segment."""
    doc_lengths = lengths.take(ids).astype(np.int64)
    if tfs is None:
        return FrequencyNorms(ids, narrow(doc_lengths + width), width, 1)
    return FrequencyNorms(ids, _narrow_codes(tfs.astype(np.int64) * width + doc_lengths), width, int(tfs.max()))


def _narrow_codes(codes: Array) -> Array:
    """The codes in the narrowest type that numpy takes for indices and counts: it refuses unsigned ones of 64 bits."""
    narrowed = narrow(codes)
    return codes if narrowed.dtype.itemsize == codes.dtype.itemsize else narrowed
