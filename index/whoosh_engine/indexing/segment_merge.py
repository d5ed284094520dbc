"""Merge several segments into one, without their deleted documents.

Arrays are joined field by field, and postings a range of terms at a time, so that the range bounds the memory. The work
is done in slices, each short enough to let a commit run between two of them.
"""

from bisect import bisect_left
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, assert_never

import numpy as np

from index.schema import Field, Kind, Schema
from index.whoosh_engine.storage.array_file import (
    Array,
    ArrayFile,
    ArrayWriter,
    Ids,
    Ints,
    Mask,
    edges_of,
    narrow,
    ranges,
    starts_of,
)
from index.whoosh_engine.storage.columns import (
    DIGESTS,
    HASHES,
    KEY_HASHES,
    ValueRanges,
    read_value_ranges,
    write_value_ranges,
)
from index.whoosh_engine.storage.postings import Postings, PostingsReader, PostingsWriter
from index.whoosh_engine.storage.postings_writer import write_lengths
from index.whoosh_engine.storage.segments import SegmentView
from index.whoosh_engine.storage.term_dictionary import TermDictionary, write_term_dictionary
from index.whoosh_engine.storage.vectors import merge_vectors

PIECE = 4000
"""Strings of each list that are joined at once, at most."""


def merge_terms(dictionaries: Sequence[TermDictionary]) -> Generator[None, None, tuple[TermDictionary, list[Ints]]]:
    """All strings, and the index in them of each string of each dictionary; yields between two slices."""
    if len(dictionaries) == 1:
        return dictionaries[0], [np.arange(len(dictionaries[0]))]
    cuts = sorted(
        {dictionary[ordinal] for dictionary in dictionaries for ordinal in range(PIECE, len(dictionary), PIECE)}
    )
    contents, lengths = [b""], [np.zeros(1, np.int64)]
    indices: list[list[Ints]] = [[] for _ in dictionaries]
    lows, base = [0] * len(dictionaries), 0
    for cut in [*cuts, None]:
        highs = [
            len(dictionary) if cut is None else bisect_left(dictionary, cut, low)
            for dictionary, low in zip(dictionaries, lows, strict=True)
        ]
        lists = [dictionary.between(low, high) for dictionary, low, high in zip(dictionaries, lows, highs, strict=True)]
        merged = sorted(set().union(*lists))
        index_of = {string: base + number for number, string in enumerate(merged)}
        for lexicon_indices, some in zip(indices, lists, strict=True):
            lexicon_indices.append(np.fromiter(map(index_of.__getitem__, some), np.int64, len(some)))
        contents.append(b"".join(merged))
        lengths.append(np.fromiter(map(len, merged), np.int64, len(merged)))
        lows, base = highs, base + len(merged)
        yield
    content = np.frombuffer(b"".join(contents), np.uint8)
    return TermDictionary(np.cumsum(np.concatenate(lengths)), content), [
        np.concatenate(lexicon_indices) for lexicon_indices in indices
    ]


def slices_of(weights: Ints, most: int) -> list[tuple[int, int]]:
    """Cut strings of these weights into ranges: no range of several weighs more than `most`."""
    ends = np.cumsum(weights)
    cuts, low, before = [], 0, 0
    while low < len(ends):
        high = max(int(np.searchsorted(ends, before + most, "right")), low + 1)
        cuts.append((low, high))
        low, before = high, int(ends[high - 1])
    return cuts


Work = Generator[None, None, None]
"""Something that is done in slices: it yields between two of them."""

TERM = 8
"""The weight of a term beside its occurrences when work is cut into slices."""


@dataclass(frozen=True, slots=True)
class MergeSource:
    """A segment to merge: which of its documents are left, and the new number of each (-1: deleted)."""

    file: ArrayFile
    live: Mask
    numbers: Ids

    def left(self, values: Array) -> Array:
        """Of an array with one value for each document, the values of those that are left."""
        return values[self.live]

    def term_dictionary(self, name: str) -> TermDictionary:
        """Strings of the file, not cached."""
        return TermDictionary.read(self.file, name)


def merge_sources(views: Sequence[SegmentView]) -> list[MergeSource]:
    """Prepare segments for a merge, with their documents numbered one after another."""
    sources, start = [], 0
    for view in views:
        live = np.ones(view.segment.documents, bool) if view.live is None else view.live
        numbers = np.where(live, np.cumsum(live) - 1 + start, -1).astype(np.int32)
        sources.append(MergeSource(view.segment.file, live, numbers))
        start += view.count
    return sources


def merge_segments(stream: BinaryIO, sources: Sequence[MergeSource], schema: Schema, stretch: int) -> Work:
    """Write the file of a segment with the remaining documents of the sources; it is complete when no step is left.

    `stretch` bounds the occurrences of terms in memory, and so the duration of a step.
    """
    file = ArrayWriter(stream)
    for field in schema.fields:
        match field.kind:
            case Kind.TEXT:
                yield from _merge_text(file, field, sources, stretch)
            case Kind.KEYWORD:
                yield from _merge_column(file, field, sources, stretch)
            case Kind.NUMBER | Kind.PERIOD:
                each = [read_value_ranges(source.file, field.name) for source in sources]
                pairs = list(zip(sources, each, strict=True))
                first = np.concatenate([source.left(stored.first) for source, stored in pairs])
                last = np.concatenate([source.left(stored.last) for source, stored in pairs])
                has = np.concatenate([source.left(stored.has) for source, stored in pairs])
                write_value_ranges(
                    file, field.name, ValueRanges(has, first, first if field.kind is Kind.NUMBER else last)
                )
            case Kind.VECTOR:
                parts = [(source.file, source.numbers) for source in sources]
                yield from merge_vectors(file, field.name, parts)
            case _:
                assert_never(field.kind)
        yield
    _merge_identities(file, sources)
    file.finish(sum(int(np.count_nonzero(source.live)) for source in sources))


def _concatenated(sources: Sequence[MergeSource], read: Callable[[MergeSource], Array]) -> Array:
    return np.concatenate([read(source) for source in sources])


def _merge_identities(file: ArrayWriter, sources: Sequence[MergeSource]) -> None:
    documents = _concatenated(sources, lambda source: source.numbers[source.file.array(KEY_HASHES)])
    hashes = _concatenated(sources, lambda source: source.file.array(HASHES))[documents >= 0]
    documents = documents[documents >= 0]
    # Each part is in order: the stable sort merges them.
    order = np.argsort(hashes, kind="stable")
    file.put(HASHES, hashes[order])
    file.put(KEY_HASHES, documents[order].astype(np.uint32))
    file.put(DIGESTS, _concatenated(sources, lambda source: source.left(source.file.array(DIGESTS))))


def _merge_column(file: ArrayWriter, field: Field, sources: Sequence[MergeSource], stretch: int) -> Work:
    name = field.name
    terms = yield from _merge_postings(file, field, sources, stretch)
    yield
    remaining_values = [_values_left(source, name) for source in sources]
    yield
    numbers = terms
    if field.folded:
        numbers = yield from _merge_spellings(
            file, name, sources, terms, [ordinals for _, ordinals in remaining_values]
        )
    file.put(f"{name}/starts", narrow(edges_of(np.concatenate([counts for counts, _ in remaining_values]))))
    file.put(
        f"{name}/ordinals",
        narrow(np.concatenate([new[old] for new, (_, old) in zip(numbers, remaining_values, strict=True)])),
    )


def _values_left(source: MergeSource, name: str) -> tuple[Ints, Array]:
    """How many values each remaining document has, and these values, as ordinals."""
    starts = source.file.array(f"{name}/starts").astype(np.int64)
    counts = starts[1:] - starts[:-1]
    return source.left(counts), source.file.array(f"{name}/ordinals")[np.repeat(source.live, counts)]


def _merge_spellings(
    file: ArrayWriter, name: str, sources: Sequence[MergeSource], terms: list[Ints], source_ordinals: list[Array]
) -> Generator[None, None, list[Ints]]:
    """Write the spellings of a folded field; returns the new ordinal of each spelling of each source."""
    merged, merged_indices = yield from merge_terms([source.term_dictionary(f"{name}/spellings") for source in sources])
    used = np.zeros(len(merged), bool)
    compared = np.zeros(len(merged), np.int64)
    for source, indices, new, ordinals in zip(sources, merged_indices, terms, source_ordinals, strict=True):
        used[indices[ordinals]] = True
        compared[indices] = new[source.file.array(f"{name}/compared")]
    used_ordinals = np.flatnonzero(used)
    write_term_dictionary(file, f"{name}/spellings", [merged[ordinal] for ordinal in used_ordinals.tolist()])
    file.put(f"{name}/compared", narrow(compared[used_ordinals]))
    twice = [_second_spellings(source, name, new) for source, new in zip(sources, terms, strict=True)]
    file.put(f"{name}/twice_documents", np.concatenate([documents for documents, _ in twice]).astype(np.uint32))
    file.put(f"{name}/twice_terms", narrow(np.concatenate([forms for _, forms in twice])))
    renumbered = np.cumsum(used) - 1
    return [renumbered[indices] for indices in merged_indices]


def _second_spellings(source: MergeSource, name: str, terms: Ints) -> tuple[Array, Array]:
    documents = source.numbers[source.file.array(f"{name}/twice_documents")]
    forms = terms[source.file.array(f"{name}/twice_terms")]
    return documents[documents >= 0], forms[documents >= 0]


def _merge_text(file: ArrayWriter, field: Field, sources: Sequence[MergeSource], stretch: int) -> Work:
    name = field.name
    owners = _concatenated(sources, lambda source: source.numbers[source.file.array(f"{name}/pieces_documents")])
    starts = _concatenated(sources, lambda source: source.file.array(f"{name}/pieces_starts").astype(np.uint32))
    lengths = _concatenated(sources, lambda source: source.left(source.file.array(f"{name}/lengths")))
    write_lengths(file, name, lengths, (owners[owners >= 0], starts[owners >= 0]))
    yield
    yield from _merge_postings(file, field, sources, stretch)


def _merge_postings(
    file: ArrayWriter, field: Field, sources: Sequence[MergeSource], stretch: int
) -> Generator[None, None, list[Ints]]:
    """Write terms and postings of a field; returns the new ordinal of each term of each source (-1: none is left)."""
    name = field.name
    merged, merged_indices = yield from merge_terms([source.term_dictionary(f"{name}/terms") for source in sources])
    weights = np.full(len(merged), TERM)
    readers = []
    for source, indices in zip(sources, merged_indices, strict=True):
        readers.append(PostingsReader(source.file, source.file.array(f"{name}/entries"), source.file.documents))
        weights[indices] += readers[-1].entries["occurrences"].astype(np.int64)
    writer = PostingsWriter(file, name)
    left = np.zeros(len(merged), bool)
    for low, high in slices_of(weights, stretch):
        yield
        parts = [
            _part(reader, indices, (low, high), source.numbers, positions=field.kind is Kind.TEXT)
            for reader, indices, source in zip(readers, merged_indices, sources, strict=True)
        ]
        present = _write_postings(writer, merged, low, parts)
        left[present] = True
    writer.finish()
    numbers = np.where(left, np.cumsum(left) - 1, -1)
    return [numbers[indices] for indices in merged_indices]


@dataclass(frozen=True, slots=True)
class _PostingsPart:
    """Postings of some terms in one source: term (its index among the merged), new document number, and, for TEXT,
    the frequency of each posting and the positions of all.
    """

    ranks: Array
    ids: Array
    tfs: Array | None = None
    positions: Array | None = None


def _part(
    reader: PostingsReader, indices: Ints, limits: tuple[int, int], numbers: Ids, *, positions: bool
) -> _PostingsPart:
    low, high = np.searchsorted(indices, limits)
    ordinals = np.arange(low, high)
    ids, counts = reader.many_ids(ordinals)
    renamed, ranks = numbers[ids], np.repeat(indices[low:high], counts)
    remaining = renamed >= 0
    whole = bool(remaining.all())
    if not whole:
        renamed, ranks = renamed[remaining], ranks[remaining]
    if not positions:
        return _PostingsPart(ranks, renamed)
    tfs, places_in = reader.many_tfs(ordinals), reader.many_positions(ordinals)
    if whole:
        return _PostingsPart(ranks, renamed, tfs, places_in)
    return _PostingsPart(ranks, renamed, tfs[remaining], places_in[np.repeat(remaining, tfs)])


def _write_postings(writer: PostingsWriter, merged: TermDictionary, low: int, parts: Sequence[_PostingsPart]) -> Ints:
    """Write the postings of terms from `low` on; returns the indices of those that have some."""
    ranks = np.concatenate([part.ranks for part in parts]) - low
    ids = np.concatenate([part.ids for part in parts])
    if not len(ranks):
        return np.zeros(0, np.int64)
    counts = np.bincount(ranks)
    present = np.flatnonzero(counts)
    tfs = positions = None
    if parts[0].tfs is not None:
        tfs = np.concatenate([part.tfs for part in parts if part.tfs is not None])
        positions = np.concatenate([part.positions for part in parts if part.positions is not None])
    if len(present) > 1:
        # Each part is in order, and so is a run of few parts nearly: the stable sort has little to do.
        order = np.argsort(ranks, kind="stable")
        ids = ids[order]
        if tfs is not None and positions is not None:
            starts = starts_of(tfs)[order]
            tfs = tfs[order]
            positions = positions[ranges(starts, tfs)]
    strings = merged.between(low, low + len(counts))
    terms = [strings[index] for index in present.tolist()]
    writer.add(terms, Postings(counts[present], ids, tfs, positions))
    return present + low
