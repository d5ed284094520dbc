"""Match phrases: terms in order, close enough together, within one piece of a text."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from index.query import Phrase
from index.whoosh_engine.candidate_docs import Candidates
from index.whoosh_engine.storage.array_file import Array, Ids, Ints, run_starts, starts_of
from index.whoosh_engine.storage.postings import TokenPostings
from index.whoosh_engine.storage.postings_writer import GAP
from index.whoosh_engine.storage.scored_docs import NONE
from index.whoosh_engine.storage.segments import Segment

DOCUMENT_SHIFT = 32
"""A position in a segment is (document << DOCUMENT_SHIFT) + position in it: one number, so that all compare at once."""
_FEW = 20_000
"""So few positions of all terms are compared at once, before it is asked which documents hold all terms."""
_EXPECTED = 2
"""Only if so few documents are expected to hold two terms, it is looked whether none does before positions are read."""
_SHORT = 16
"""Positions are searched for one by one in others that are so many times more; else both are merged."""


@dataclass(frozen=True, slots=True)
class _TermPositions:
    """The positions of a term, ascending; the documents that hold it, and how often each does (None: each once)."""

    ids: Ids
    tfs: Array | None
    positions: Ints

    @property
    def nbytes(self) -> int:
        # The others belong to the postings, which are cached as well.
        return self.positions.nbytes


def phrase_docs(phrase: Phrase, segment: Segment, candidates: Candidates | None) -> Ids:
    """The documents that hold the phrase, of the candidates (None: all)."""
    ordinals = [segment.ordinal(phrase.field, value) for value in phrase.values]
    if not ordinals or min(ordinals) < 0:
        return NONE
    if len(ordinals) == 2 and _are_apart(segment, phrase.field, *ordinals):
        return NONE
    if len(ordinals) == 1:
        ids = segment.frequency_norms(phrase.field, ordinals[0]).ids.astype(np.intp)
        return ids if candidates is None else ids.take(candidates.indices_in(ids))
    firsts, lasts = _match_spans(phrase, segment, ordinals, candidates)
    if not len(lasts):
        return NONE
    if phrase.offsets[-1] - phrase.offsets[0] + phrase.slop >= GAP:
        begins = value_starts(segment, phrase.field)
        lasts = lasts[begins.searchsorted(firsts, "right") == begins.searchsorted(lasts, "right")]
    docs = (lasts >> DOCUMENT_SHIFT).astype(np.intp, copy=False)
    docs = docs[run_starts(docs)]
    return docs if candidates is None else docs.take(candidates.indices_in(docs))


def _are_apart(segment: Segment, field: str, first: int, second: int) -> bool:
    """Whether it is quickly seen that no document holds two terms, of which few are to be expected."""
    rare, common = sorted((segment.frequency(field, first), segment.frequency(field, second)))
    if rare * common > _EXPECTED * segment.documents:
        return False
    shorter, longer = sorted((segment.token_ids(field, first), segment.token_ids(field, second)), key=len)
    return not (longer.take(longer.searchsorted(shorter), mode="clip") == shorter).any()


def _match_spans(
    phrase: Phrase, segment: Segment, ordinals: list[int], candidates: Candidates | None
) -> tuple[Ints, Ints]:
    """Start and end of each match: in the candidates, and perhaps in other documents."""
    if _compares_all_positions(phrase, segment, ordinals):
        return _ends(phrase, [_all_positions(segment, phrase.field, ordinal).positions for ordinal in ordinals])
    words = {ordinal: segment.tokens(phrase.field, ordinal) for ordinal in set(ordinals)}
    ids, indices = _holding_all(words, segment.documents, candidates)
    if not len(ids):
        return NONE, NONE
    known = {ordinal: positions_in(segment, phrase.field, ordinal, ids, indices[ordinal]) for ordinal in words}
    return _ends(phrase, [known[ordinal] for ordinal in ordinals])


def _compares_all_positions(phrase: Phrase, segment: Segment, ordinals: Sequence[int]) -> bool:
    """Whether all positions of all terms are compared. Neither answer changes what is found."""
    sizes = [segment.occurrences(phrase.field, ordinal) for ordinal in ordinals]
    return not phrase.slop and (sum(sizes) < _FEW or min(sizes) * _SHORT < max(sizes))


def phrase_term_frequencies(phrase: Phrase, segment: Segment, ids: Ids) -> dict[str, Array]:
    """How often each term of a phrase occurs in some of the documents that hold the phrase.

    It uses what `phrase_docs` has read, because to make the frequencies of a term in all documents takes longer.
    """
    name = phrase.field
    ordinals = {value: segment.ordinal(name, value) for value in phrase.values}
    takes_all = _compares_all_positions(phrase, segment, [ordinals[value] for value in phrase.values])
    often = {}
    for value, ordinal in ordinals.items():
        term = _all_positions(segment, name, ordinal) if takes_all else segment.tokens(name, ordinal)
        if term.tfs is None:
            often[value] = np.ones(len(ids))
        else:
            # All of these documents hold the term.
            often[value] = term.tfs.take(term.ids.searchsorted(ids.astype(term.ids.dtype)))
    return often


def _holding_all(
    words: dict[int, TokenPostings], documents: int, candidates: Candidates | None
) -> tuple[Ids, dict[int, Ids]]:
    """The documents that hold all terms, and their index in the documents of each term."""
    indices: dict[int, Ids] = {}
    ids = NONE
    for ordinal, frequencies in sorted(words.items(), key=lambda word: len(word[1].ids)):
        term_ids = frequencies.ids
        here = np.arange(len(term_ids)) if candidates is None else candidates.indices_in(term_ids)
        both = (term_ids if candidates is None else term_ids.take(here)).astype(np.intp)
        if indices and len(both) < len(ids):
            common_indices = ids.searchsorted(both)
            indices = {term_ordinal: some.take(common_indices) for term_ordinal, some in indices.items()}
        indices[ordinal], ids = here, both
        candidates = Candidates(documents, ids=ids)
    return ids, indices


def _ends(phrase: Phrase, positions: list[Ints]) -> tuple[Ints, Ints]:
    """Start and end of each position where the terms stand close enough together."""
    first, last = phrase.offsets[0], phrase.offsets[-1]
    if phrase.slop:
        firsts, lasts = _chains(positions, phrase.offsets)
        near = lasts - firsts - (last - first) <= phrase.slop
        return firsts[near], lasts[near]
    # Without room between them, the position of one term determines those of all.
    (fewest, offset), *others = sorted(zip(positions, phrase.offsets, strict=True), key=lambda pair: len(pair[0]))
    starts = fewest - offset if offset else fewest
    for other, offset in others:
        starts = _common(starts + offset, other) - offset
    return starts + first, starts + last


def _common(shorter: Ints, longer: Ints) -> Ints:
    """The numbers that two ascending lists share. The first list is the shorter one."""
    if len(shorter) * _SHORT < len(longer):
        indices = longer.searchsorted(shorter)
        indices[indices == len(longer)] = 0
        common: Ints = shorter[longer.take(indices) == shorter]
        return common
    both = np.concatenate((shorter, longer))
    # Two sorted runs are merged, not sorted again.
    both.sort(kind="stable")
    twice: Ints = both[1:][both[1:] == both[:-1]]
    return twice


def _chains(positions: list[Ints], offsets: tuple[int, ...]) -> tuple[Ints, Ints]:
    """For each position of the last term, the latest start from which the terms lead there in order.

    The latest start leaves the fewest other positions between; if it lies in another piece of the text, so do all.
    """
    starts = ends = positions[0]
    for term_positions, before, after in zip(positions[1:], offsets, offsets[1:], strict=False):
        previous = ends.searchsorted(term_positions - (after - before), "right") - 1
        led = previous >= 0
        previous, ends_now = previous[led], term_positions[led]
        # The match may stand in a document before this one.
        led = starts[previous] >> DOCUMENT_SHIFT == ends_now >> DOCUMENT_SHIFT
        starts, ends = starts[previous[led]], ends_now[led]
    return starts, ends


def positions_in(segment: Segment, field: str, ordinal: int, ids: Ids, indices: Ids) -> Ints:
    """The positions of a term in some documents, ascending; `indices`: the index of these documents in its postings."""
    tokens = segment.tokens(field, ordinal)
    positions, begins = tokens.positions, ids.astype(np.int64) << DOCUMENT_SHIFT
    if tokens.tfs is None:
        return begins + positions.take(indices)
    counts = tokens.tfs.take(indices).astype(np.int64)
    starts = segment.position_starts(field, ordinal).take(indices)
    which = np.repeat(np.arange(len(indices)), counts)
    index = np.arange(len(which)) + (starts - starts_of(counts)).take(which)
    return begins.take(which) + positions.take(index)


def _all_positions(segment: Segment, field: str, ordinal: int) -> _TermPositions:
    """The positions of a term in all documents."""

    def look() -> _TermPositions:
        tokens = segment.postings(field).tokens(ordinal, segment.token_ids(field, ordinal))
        positions = tokens.ids.astype(np.int64)
        positions <<= DOCUMENT_SHIFT
        if tokens.tfs is not None:
            positions = positions.repeat(tokens.tfs)
        positions += tokens.positions
        return _TermPositions(tokens.ids, tokens.tfs, positions)

    return segment.cached_of_term(field, "positions", ordinal, look)


def value_starts(segment: Segment, field: str) -> Ints:
    """The positions where the values of a field begin, without first values."""
    documents = segment.array(f"{field}/pieces_documents").astype(np.int64)
    return (documents << DOCUMENT_SHIFT) + segment.array(f"{field}/pieces_starts").astype(np.int64)
