"""Match phrases: terms in order, close enough together, within one piece of a text."""

import numpy as np

from index.query import Phrase
from index.whoosh_engine.candidate_docs import Candidates
from index.whoosh_engine.storage.array_file import Ids, Ints, run_starts, starts_of
from index.whoosh_engine.storage.postings import FrequencyNorms
from index.whoosh_engine.storage.scored_docs import NONE
from index.whoosh_engine.storage.segments import Segment
from index.whoosh_engine.storage.token_postings import GAP

PLACE = 32
"""A place is (document << PLACE) + position: one number, so that places of a whole segment compare at once."""
_FEW = 20_000
"""So few places of all terms are compared at once, before it is asked which documents hold all terms."""
_SHORT = 16
"""Places are searched for one by one in others that are so many times more; else both are merged."""


def phrase_docs(phrase: Phrase, segment: Segment, candidates: Candidates | None) -> Ids:
    """The documents that hold the phrase, of the candidates (None: all)."""
    ordinals = [segment.ordinal(phrase.field, value) for value in phrase.values]
    if not ordinals or min(ordinals) < 0:
        return NONE
    if len(ordinals) == 1:
        ids = segment.frequency_norms(phrase.field, ordinals[0]).ids.astype(np.intp)
        return ids if candidates is None else ids.take(candidates.places(ids))
    firsts, lasts = _found(phrase, segment, ordinals, candidates)
    if not len(lasts):
        return NONE
    if phrase.offsets[-1] - phrase.offsets[0] + phrase.slop >= GAP:
        pieces = _pieces(segment, phrase.field)
        lasts = lasts[pieces.searchsorted(firsts, "right") == pieces.searchsorted(lasts, "right")]
    found = (lasts >> PLACE).astype(np.intp, copy=False)
    found = found[run_starts(found)]
    return found if candidates is None else found.take(candidates.places(found))


def _found(phrase: Phrase, segment: Segment, ordinals: list[int], candidates: Candidates | None) -> tuple[Ints, Ints]:
    """Start and end of each match: in the candidates, and perhaps in other documents."""
    sizes = [len(segment.positions(phrase.field, ordinal)) for ordinal in ordinals]
    if not phrase.slop and (sum(sizes) < _FEW or min(sizes) * _SHORT < max(sizes)):
        return _ends(phrase, [_all_places(segment, phrase.field, ordinal) for ordinal in ordinals])
    words = {ordinal: segment.frequency_norms(phrase.field, ordinal) for ordinal in set(ordinals)}
    ids, at = _holding_all(words, segment.documents, candidates)
    if not len(ids):
        return NONE, NONE
    known = {ordinal: _places(segment, phrase.field, ordinal, ids, at[ordinal]) for ordinal in words}
    return _ends(phrase, [known[ordinal] for ordinal in ordinals])


def _holding_all(
    words: dict[int, FrequencyNorms], documents: int, candidates: Candidates | None
) -> tuple[Ids, dict[int, Ids]]:
    """The documents that hold all terms, and their index in the documents of each term."""
    at: dict[int, Ids] = {}
    ids = NONE
    for ordinal, frequencies in sorted(words.items(), key=lambda word: len(word[1].ids)):
        held = frequencies.ids
        here = np.arange(len(held)) if candidates is None else candidates.places(held)
        both = held.take(here).astype(np.intp)
        if at and len(both) < len(ids):
            kept = ids.searchsorted(both)
            at = {one: places.take(kept) for one, places in at.items()}
        at[ordinal], ids = here, both
        candidates = Candidates(documents, ids=ids)
    return ids, at


def _ends(phrase: Phrase, places: list[Ints]) -> tuple[Ints, Ints]:
    """Start and end of each place where the terms stand close enough together."""
    first, last = phrase.offsets[0], phrase.offsets[-1]
    if phrase.slop:
        firsts, lasts = _chains(places, phrase.offsets)
        near = lasts - firsts - (last - first) <= phrase.slop
        return firsts[near], lasts[near]
    # Without room between them, the place of one term determines those of all.
    (fewest, offset), *others = sorted(zip(places, phrase.offsets, strict=True), key=lambda pair: len(pair[0]))
    starts = fewest - offset if offset else fewest
    for other, offset in others:
        starts = _common(starts + offset, other) - offset
    return starts + first, starts + last


def _common(one: Ints, other: Ints) -> Ints:
    """The numbers that two ascending lists share. The first list is the shorter one."""
    if len(one) * _SHORT < len(other):
        places = other.searchsorted(one)
        places[places == len(other)] = 0
        found: Ints = one[other.take(places) == one]
        return found
    both = np.concatenate((one, other))
    # Two sorted runs are merged, not sorted again.
    both.sort(kind="stable")
    twice: Ints = both[1:][both[1:] == both[:-1]]
    return twice


def _chains(places: list[Ints], offsets: tuple[int, ...]) -> tuple[Ints, Ints]:
    """For each place of the last term, the latest start from which the terms lead there in order.

    The latest start leaves the fewest other positions between; if it lies in another piece of the text, so do all.
    """
    starts = ends = places[0]
    for held, before, after in zip(places[1:], offsets, offsets[1:], strict=False):
        previous = ends.searchsorted(held - (after - before), "right") - 1
        led = previous >= 0
        previous, ends_now = previous[led], held[led]
        # The match may stand in a document before this one.
        led = starts[previous] >> PLACE == ends_now >> PLACE
        starts, ends = starts[previous[led]], ends_now[led]
    return starts, ends


def _places(segment: Segment, field: str, ordinal: int, ids: Ids, at: Ids) -> Ints:
    """The places of a term in some documents, ascending; `at`: the index of these documents in its postings."""
    positions, frequencies = segment.positions(field, ordinal), segment.frequency_norms(field, ordinal)
    begins = ids.astype(np.int64) << PLACE
    if frequencies.top == 1:
        return begins + positions.take(at)
    counts = frequencies.codes.take(at).astype(np.int64) // frequencies.width
    starts = segment.position_starts(field, ordinal).take(at)
    which = np.repeat(np.arange(len(at)), counts)
    index = np.arange(len(which)) + (starts - starts_of(counts)).take(which)
    return begins.take(which) + positions.take(index)


def _all_places(segment: Segment, field: str, ordinal: int) -> Ints:
    """The places of a term in all documents."""

    def look() -> Ints:
        frequencies = segment.frequency_norms(field, ordinal)
        places = frequencies.ids.astype(np.int64)
        places <<= PLACE
        if frequencies.top > 1:
            places = places.repeat(frequencies.codes // frequencies.codes.dtype.type(frequencies.width))
        places += segment.positions(field, ordinal)
        return places

    return segment.cached((field, "places", ordinal), look, lambda places: places.nbytes)


def _pieces(segment: Segment, field: str) -> Ints:
    """The places where pieces of texts begin, without first pieces."""
    documents = segment.array(f"{field}/pieces_documents").astype(np.int64)
    return (documents << PLACE) + segment.array(f"{field}/pieces_starts").astype(np.int64)
