"""Phrases: terms in order, close enough together, within one piece of a text."""

import numpy as np

from index.query import Phrase
from index.whoosh_engine.arrays import Ids, Ints, ranges, starts_of
from index.whoosh_engine.segments import Segment
from index.whoosh_engine.sets import NONE, both
from index.whoosh_engine.texts import GAP

PLACE = 32
"""A place is (document << PLACE) + position: one number, so that places of a whole segment compare at once."""


def phrase_ids(phrase: Phrase, segment: Segment) -> Ids:
    """The documents that hold the phrase."""
    ordinals = [segment.ordinal(phrase.field, value) for value in phrase.values]
    if not ordinals or min(ordinals) < 0:
        return NONE
    ids = segment.ids(phrase.field, ordinals[0])
    for ordinal in sorted(set(ordinals[1:]), key=lambda one: len(segment.ids(phrase.field, one))):
        ids = both(ids, segment.ids(phrase.field, ordinal), segment.documents)
    if len(ordinals) == 1 or not len(ids):
        return ids
    known = {ordinal: _places(segment, phrase.field, ordinal, ids) for ordinal in set(ordinals)}
    firsts, lasts = _chains([known[ordinal] for ordinal in ordinals], phrase.offsets)
    span = phrase.offsets[-1] - phrase.offsets[0]
    near = lasts - firsts - span <= phrase.slop
    firsts, lasts = firsts[near], lasts[near]
    if span + phrase.slop >= GAP:
        pieces = _pieces(segment, phrase.field)
        same = np.searchsorted(pieces, firsts, "right") == np.searchsorted(pieces, lasts, "right")
        lasts = lasts[same]
    return np.unique(lasts >> PLACE).astype(np.int32)


def _chains(places: list[Ints], offsets: tuple[int, ...]) -> tuple[Ints, Ints]:
    """For each place where the last term can stand, the latest place from which the terms lead there in order.

    The latest start leaves the fewest foreign positions between, and if it lies in another piece of the text, then so
    do all.
    """
    starts = ends = places[0]
    for held, before, after in zip(places[1:], offsets, offsets[1:], strict=False):
        previous = np.searchsorted(ends, held - (after - before), "right") - 1
        led = previous >= 0
        previous, ends_now = previous[led], held[led]
        # What was found may stand in a document before this one.
        led = starts[previous] >> PLACE == ends_now >> PLACE
        starts, ends = starts[previous[led]], ends_now[led]
    return starts, ends


def _places(segment: Segment, field: str, ordinal: int, ids: Ids) -> Ints:
    """Where a term stands in some of the documents that hold it, ascending."""
    held, tfs = segment.ids(field, ordinal), segment.tfs(field, ordinal)
    positions = segment.postings(field).positions(ordinal)
    at = np.searchsorted(held, ids)
    if tfs is None:
        return (ids.astype(np.int64) << PLACE) + positions[at]
    counts = tfs[at].astype(np.int64)
    return np.repeat(ids.astype(np.int64) << PLACE, counts) + positions[ranges(starts_of(tfs)[at], counts)]


def _pieces(segment: Segment, field: str) -> Ints:
    """Where the pieces of texts begin, but for first pieces."""
    documents = segment.array(f"{field}/pieces_documents").astype(np.int64)
    return (documents << PLACE) + segment.array(f"{field}/pieces_starts").astype(np.int64)
