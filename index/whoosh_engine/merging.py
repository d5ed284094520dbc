"""Several segments made one, without what was deleted.

Arrays are joined field by field, postings a stretch of terms at a time: memory is bounded by the stretch.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import BinaryIO

import numpy as np

from index.schema import Field, Kind, Schema
from index.whoosh_engine.arrays import Array, ArrayWriter, Ints, ranges, starts_of
from index.whoosh_engine.columns import DIGESTS, HASHED, HASHES, Extents, write_extents, write_hashed
from index.whoosh_engine.keywords import write_column
from index.whoosh_engine.postings import Postings, PostingsWriter
from index.whoosh_engine.segments import Segment, View
from index.whoosh_engine.texts import write_lengths

MOST_SEGMENTS = 10
"""A commit leaves no more segments than this."""
FEWEST_MERGED = 4
STRETCH = 2_000_000
"""Occurrences that are in memory at once while postings are merged, about."""


def to_merge(sizes: Sequence[tuple[int, int]]) -> list[int]:
    """The places of the segments to make one now, none when all is well; sizes are (documents left, documents).

    A segment that has lost half of its documents is written again. Of too many segments the smallest are joined, and
    with them each next one that is no larger than all before it: sizes stay spread, and a document is written again
    about as often as the logarithm of their number.
    """
    for place, (left, documents) in enumerate(sizes):
        if left * 2 < documents:
            return [place]
    if len(sizes) <= MOST_SEGMENTS:
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


def merge(stream: BinaryIO, views: Sequence[View], schema: Schema) -> None:
    """Write the file of a segment that holds what is left of these."""
    file = ArrayWriter(stream)
    alive = [np.ones(view.segment.documents, bool) if view.live is None else view.live for view in views]
    starts = starts_of(np.array([live.sum() for live in alive]))
    # The new number of each document, -1 for those that are gone.
    numbers = [
        np.where(live, np.cumsum(live) - 1 + start, -1).astype(np.int32)
        for live, start in zip(alive, starts.tolist(), strict=True)
    ]
    segments = [view.segment for view in views]
    for field in schema.fields:
        match field.kind:
            case Kind.TEXT:
                _merge_text(file, field, segments, alive, numbers)
            case Kind.KEYWORD:
                _merge_column(file, field, segments, alive)
            case Kind.NUMBER | Kind.PERIOD:
                _merge_extents(file, field, segments, alive)
    hashes = [_by_document(segment)[live] for segment, live in zip(segments, alive, strict=True)]
    digests = [segment.file.array(DIGESTS)[live] for segment, live in zip(segments, alive, strict=True)]
    write_hashed(file, np.concatenate(hashes), np.concatenate(digests))
    file.finish(sum(view.count for view in views))


def _by_document(segment: Segment) -> Array:
    hashes = np.zeros(segment.documents, np.uint64)
    hashes[segment.file.array(HASHED)] = segment.file.array(HASHES)
    return hashes


def _merge_extents(file: ArrayWriter, field: Field, segments: Sequence[Segment], alive: Sequence[Array]) -> None:
    kept = [segment.extents(field.name) for segment in segments]
    has = np.concatenate([extents.has[live] for extents, live in zip(kept, alive, strict=True)])
    first = np.concatenate([extents.first[live] for extents, live in zip(kept, alive, strict=True)])
    last = first
    if field.kind is Kind.PERIOD:
        last = np.concatenate([extents.last[live] for extents, live in zip(kept, alive, strict=True)])
    write_extents(file, field.name, Extents(has, first, last))


def _merge_column(file: ArrayWriter, field: Field, segments: Sequence[Segment], alive: Sequence[Array]) -> None:
    counts, ordinals, used = [], [], []
    for segment, live in zip(segments, alive, strict=True):
        column = segment.column(field)
        held = np.diff(column.starts)
        counts.append(held[live])
        ordinals.append(column.ordinals[np.repeat(live, held)])
        present = np.bincount(ordinals[-1], minlength=len(segment.spellings(field))) > 0
        used.append(present)
    spellings, places = _union(
        [
            [spelling for spelling, there in zip(segment.spellings(field), present.tolist(), strict=True) if there]
            for segment, present in zip(segments, used, strict=True)
        ]
    )
    for number, present in enumerate(used):
        renamed = np.zeros(len(present), np.int64)
        renamed[present] = places[number]
        ordinals[number] = renamed[ordinals[number]]
    starts = np.concatenate(([0], np.cumsum(np.concatenate(counts), dtype=np.int64)))
    write_column(file, field, spellings, starts, np.concatenate(ordinals))


def _union(lists: Sequence[list[bytes]]) -> tuple[list[bytes], list[Ints]]:
    """All strings of several sorted lists, sorted, and the place in it of each string of each list."""
    merged = sorted(set().union(*lists))
    place = {string: number for number, string in enumerate(merged)}
    return merged, [np.fromiter(map(place.__getitem__, strings), np.int64, len(strings)) for strings in lists]


def _merge_text(
    file: ArrayWriter, field: Field, segments: Sequence[Segment], alive: Sequence[Array], numbers: Sequence[Array]
) -> None:
    name = field.name
    lengths = np.concatenate([segment.lengths(name)[live] for segment, live in zip(segments, alive, strict=True)])
    documents, starts = [], []
    for segment, renamed in zip(segments, numbers, strict=True):
        owners = renamed[segment.file.array(f"{name}/pieces_documents")]
        documents.append(owners[owners >= 0])
        starts.append(segment.file.array(f"{name}/pieces_starts")[owners >= 0])
    write_lengths(file, name, lengths, (np.concatenate(documents), np.concatenate(starts)))
    terms, places = _union([list(segment.lexicon(name)) for segment in segments])
    weights = np.zeros(len(terms), np.int64)
    for segment, place in zip(segments, places, strict=True):
        weights[place] += segment.array(f"{name}/entries")["occurrences"].astype(np.int64)
    writer = PostingsWriter(file, name)
    cuts = _cuts(weights)
    for low, high in pairwise(cuts):
        parts = [
            _stretch(segment, name, place, (low, high), renamed)
            for segment, place, renamed in zip(segments, places, numbers, strict=True)
        ]
        _write_stretch(writer, terms, low, parts)
    writer.finish()


def _cuts(weights: Ints) -> list[int]:
    """Where to cut terms of these weights so that no stretch of several weighs more than STRETCH."""
    cuts, total = [0], 0
    for place, weight in enumerate(weights.tolist()):
        if total and total + weight > STRETCH:
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
