"""Several segments made one, without what was deleted.

Arrays are joined field by field, postings a stretch of terms at a time: memory is bounded by the stretch.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import BinaryIO

import numpy as np

from index.schema import Field, Kind, Schema
from index.whoosh_engine.arrays import Array, ArrayWriter, Ids, Ints, Mask, ranges, starts_of
from index.whoosh_engine.columns import DIGESTS, HASHED, HASHES, Extents, write_extents, write_hashed
from index.whoosh_engine.keywords import write_column
from index.whoosh_engine.postings import Postings, PostingsWriter
from index.whoosh_engine.segments import Segment, View
from index.whoosh_engine.texts import write_lengths

FEWEST_MERGED = 4


def to_merge(sizes: Sequence[tuple[int, int]], most: int) -> list[int]:
    """The places of the segments to make one now, none when all is well: no more than `most` are left.

    Sizes are (documents left, documents). A segment that has lost half of its documents is written again. Of too many
    segments the smallest are joined, and with them each next one that is no larger than all before it: sizes stay
    spread, and a document is written again about as often as the logarithm of their number.
    """
    for place, (left, documents) in enumerate(sizes):
        if left * 2 < documents:
            return [place]
    if len(sizes) <= most:
        return []
    order = sorted(range(len(sizes)), key=lambda place: sizes[place][0])
    chosen = order[:FEWEST_MERGED]
    total = sum(sizes[place][0] for place in chosen)
    for place in order[FEWEST_MERGED:]:
        if sizes[place][0] > total:
            break
        chosen.append(place)
        total += sizes[place][0]
    return chosen


@dataclass(frozen=True, slots=True)
class _Sources:
    """The segments, which of their documents are left, and the new number of each document (-1: gone)."""

    segments: Sequence[Segment]
    alive: Sequence[Mask]
    numbers: Sequence[Ids]
    stretch: int

    def joined(self, read: Callable[[Segment], Array]) -> Array:
        """What is read of each document, of those that are left."""
        return np.concatenate([read(segment)[live] for segment, live in zip(self.segments, self.alive, strict=True)])


def merge(stream: BinaryIO, views: Sequence[View], schema: Schema, stretch: int) -> None:
    """Write the file of a segment that holds what is left of these; `stretch` bounds the postings in memory."""
    file = ArrayWriter(stream)
    alive = [np.ones(view.segment.documents, bool) if view.live is None else view.live for view in views]
    starts = starts_of(np.array([view.count for view in views]))
    numbers = [
        np.where(live, np.cumsum(live) - 1 + start, -1).astype(np.int32)
        for live, start in zip(alive, starts.tolist(), strict=True)
    ]
    sources = _Sources([view.segment for view in views], alive, numbers, stretch)
    for field in schema.fields:
        match field.kind:
            case Kind.TEXT:
                _merge_text(file, field.name, sources)
            case Kind.KEYWORD:
                _merge_column(file, field, sources)
            case Kind.NUMBER | Kind.PERIOD:
                _merge_extents(file, field, sources)
    write_hashed(file, sources.joined(_hashes), sources.joined(lambda segment: segment.file.array(DIGESTS)))
    file.finish(sum(view.count for view in views))


def _hashes(segment: Segment) -> Array:
    hashes = np.zeros(segment.documents, np.uint64)
    hashes[segment.file.array(HASHED)] = segment.file.array(HASHES)
    return hashes


def _merge_extents(file: ArrayWriter, field: Field, sources: _Sources) -> None:
    name = field.name
    first = sources.joined(lambda segment: segment.extents(name).first)
    last = first if field.kind is Kind.NUMBER else sources.joined(lambda segment: segment.extents(name).last)
    write_extents(file, name, Extents(sources.joined(lambda segment: segment.extents(name).has), first, last))


def _merge_column(file: ArrayWriter, field: Field, sources: _Sources) -> None:
    ordinals, lists = [], []
    for segment, live in zip(sources.segments, sources.alive, strict=True):
        column, lexicon = segment.column(field), segment.spellings(field)
        held = column.ordinals[np.repeat(live, np.diff(column.starts))]
        used = np.flatnonzero(np.bincount(held, minlength=len(lexicon)))
        ordinals.append(np.searchsorted(used, held))
        lists.append([lexicon[ordinal] for ordinal in used.tolist()])
    spellings, places = _union(lists)
    counts = sources.joined(lambda segment: np.diff(segment.column(field).starts))
    starts = np.concatenate((np.zeros(1, np.int64), np.cumsum(counts)))
    renamed = [place[held] for place, held in zip(places, ordinals, strict=True)]
    write_column(file, field, spellings, starts, np.concatenate(renamed))


def _union(lists: Sequence[list[bytes]]) -> tuple[list[bytes], list[Ints]]:
    """All strings of several sorted lists, sorted, and the place in it of each string of each list."""
    merged = sorted(set().union(*lists))
    place = {string: number for number, string in enumerate(merged)}
    return merged, [np.fromiter(map(place.__getitem__, strings), np.int64, len(strings)) for strings in lists]


def _merge_text(file: ArrayWriter, name: str, sources: _Sources) -> None:
    documents, starts = [], []
    for segment, renamed in zip(sources.segments, sources.numbers, strict=True):
        owners = renamed[segment.file.array(f"{name}/pieces_documents")]
        documents.append(owners[owners >= 0])
        starts.append(segment.file.array(f"{name}/pieces_starts")[owners >= 0])
    pieces = (np.concatenate(documents), np.concatenate(starts))
    write_lengths(file, name, sources.joined(lambda segment: segment.lengths(name)), pieces)
    terms, places = _union([list(segment.lexicon(name)) for segment in sources.segments])
    weights = np.zeros(len(terms), np.int64)
    for segment, place in zip(sources.segments, places, strict=True):
        weights[place] += segment.array(f"{name}/entries")["occurrences"].astype(np.int64)
    writer = PostingsWriter(file, name)
    for limits in pairwise(_cuts(weights, sources.stretch)):
        parts = [
            _stretch(segment, name, place, limits, renamed)
            for segment, place, renamed in zip(sources.segments, places, sources.numbers, strict=True)
        ]
        _write_stretch(writer, terms, limits[0], parts)
    writer.finish()


def _cuts(weights: Ints, stretch: int) -> list[int]:
    """Where to cut terms of these weights so that no piece of several weighs more than `stretch`."""
    cuts, total = [0], 0
    for place, weight in enumerate(weights.tolist()):
        if total and total + weight > stretch:
            cuts.append(place)
            total = 0
        total += weight
    return [*cuts, len(weights)]


Part = tuple[Array, Array, Array, Array]
"""Term (of those merged), new document number, frequency of each posting; positions of all."""


def _stretch(segment: Segment, name: str, places: Ints, limits: tuple[int, int], numbers: Array) -> Part:
    low, high = np.searchsorted(places, limits)
    ordinals = np.arange(low, high)
    postings = segment.postings(name)
    ids, counts = postings.many_ids(ordinals)
    tfs, positions = postings.many_tfs(ordinals), postings.many_positions(ordinals)
    renamed, ranks = numbers[ids], np.repeat(places[low:high], counts)
    kept = renamed >= 0
    if kept.all():
        return ranks, renamed, tfs, positions
    return ranks[kept], renamed[kept], tfs[kept], positions[np.repeat(kept, tfs)]


def _write_stretch(writer: PostingsWriter, terms: list[bytes], low: int, parts: Sequence[Part]) -> None:
    ranks = np.concatenate([part[0] for part in parts]) - low
    if not len(ranks):
        return
    # Each part is in order, and so is a run of few parts nearly: the stable sort has little to do.
    order = np.argsort(ranks, kind="stable")
    tfs = np.concatenate([part[2] for part in parts])
    at = starts_of(tfs)[order]
    counts = np.bincount(ranks)
    present = np.flatnonzero(counts)
    tfs = tfs[order]
    writer.add(
        [terms[low + place] for place in present.tolist()],
        Postings(
            counts=counts[present],
            ids=np.concatenate([part[1] for part in parts])[order],
            tfs=tfs,
            positions=np.concatenate([part[3] for part in parts])[ranges(at, tfs)],
        ),
    )
