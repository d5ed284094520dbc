"""Expand a wildcard to the terms of a segment, as ordinals, without a loop over terms."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from index.plan import Plan
from index.query import Fuzzy, MultiTermQuery, Prefix, Wildcard, multi_term_queries
from index.whoosh_engine.candidate_docs import AccessibleDocs, doc_frequencies
from index.whoosh_engine.ranking.bm25 import ScopeStatistics
from index.whoosh_engine.storage.array_file import Ints, Mask
from index.whoosh_engine.storage.segments import Segment
from index.whoosh_engine.storage.term_characters import TermMatrix, build_term_matrix, letter_signature
from index.whoosh_engine.storage.term_dictionary import TermDictionary, to_bytes
from index.whoosh_engine.storage.term_hashes import hash_terms

_FEW = 8
"""Terms are copied out to be looked at when they are one in so many, or fewer."""
_TOGETHER = 20_000
"""Terms whose distances are computed at once."""
_FAR = 1 << 20


def expanded_terms(wildcard: MultiTermQuery, segment: Segment) -> Ints:
    """The ordinals of the terms that a wildcard matches, ascending."""
    match wildcard:
        case Prefix(name, text):
            return np.arange(*segment.term_dictionary(name).starting(to_bytes(segment.schema[name].compared(text))))
        case Wildcard(name, text) | Fuzzy(name, text):
            value = segment.schema[name].compared(text)
            key = ("terms", name, value, getattr(wildcard, "distance", None))
            return segment.cached(key, lambda: _matching_terms(wildcard, value, segment))


def _matching_terms(wildcard: Wildcard | Fuzzy, value: str, segment: Segment) -> Ints:
    dictionary, name = segment.term_dictionary(wildcard.field), wildcard.field
    if isinstance(wildcard, Fuzzy):
        return terms_within_distance(value, wildcard.distance, _letters(name, segment))
    head = re.split(r"[*?]", value, maxsplit=1)[0]
    low, high = dictionary.starting(to_bytes(head))
    return terms_of_pattern(value, _letters(name, segment), low, high) if low < high else np.zeros(0, np.int64)


def _letters(name: str, segment: Segment) -> TermMatrix:
    return segment.cached((name, "letters"), lambda: build_term_matrix(segment.term_dictionary(name)))


def terms_of_pattern(pattern: str, letters: TermMatrix, low: int, high: int) -> Ints:
    """The terms from `low` up to `high` that match a pattern: `*` stands for any letters or none, `?` for one.

    The first piece of the pattern stands at the start of a term, the last one at its end, and each other as early as
    possible: each step is made for all terms together.
    """
    pieces = re.sub(r"\*+", "*", pattern).split("*")
    least = sum(map(len, pieces))
    lengths = np.diff(letters.starts[low : high + 1])
    need = letter_signature("".join(pieces).replace("?", ""))
    chosen = (letters.signs[low:high] & need) == need
    chosen &= lengths == least if len(pieces) == 1 else lengths >= least
    terms = np.flatnonzero(chosen) + low
    if len(terms) * _FEW < len(letters):
        return terms[_fitting(pieces, letters.subset(terms), np.arange(len(terms)))]
    return terms[_fitting(pieces, letters, terms)]


def _fitting(pieces: list[str], letters: TermMatrix, terms: Ints) -> Ints:
    """Which of the terms, by their indices, hold the pieces one after another; they are long enough."""
    first, last = letters.starts[terms], letters.starts[terms + 1]
    indices = np.arange(len(terms))
    matching = _stands(pieces[0], letters, first)
    if len(pieces) > 1:
        last = last - len(pieces[-1])
        matching &= _stands(pieces[-1], letters, last)
    indices, positions, last = indices[matching], first[matching] + len(pieces[0]), last[matching]
    known: dict[str, Ints] = {}
    for piece in pieces[1:-1]:
        if piece.strip("?"):
            if piece not in known:
                known[piece] = _occurrences(piece, letters)
            occurrences = known[piece]
            nearest = np.searchsorted(occurrences, positions)
            fitting = nearest < len(occurrences)
            indices, last, positions = indices[fitting], last[fitting], occurrences[nearest[fitting]]
        positions = positions + len(piece)
        fitting = positions <= last
        indices, positions, last = indices[fitting], positions[fitting], last[fitting]
    return indices


def _stands(piece: str, letters: TermMatrix, positions: Ints) -> Mask:
    """Whether the letters of a piece stand at some positions."""
    stands = np.ones(len(positions), bool)
    for step, letter in _letters_of(piece):
        stands &= letters.points[positions + step] == ord(letter)
    return stands


def _occurrences(piece: str, letters: TermMatrix) -> Ints:
    """Where a piece stands, ascending; it may reach from one term into the next."""
    room = max(len(letters.points) - len(piece) + 1, 0)
    stands = np.ones(room, bool)
    for step, letter in _letters_of(piece):
        stands &= letters.points[step : step + room] == ord(letter)
    return np.flatnonzero(stands)


def _letters_of(piece: str) -> Iterator[tuple[int, str]]:
    """The letters of a piece, each with its index."""
    return ((step, letter) for step, letter in enumerate(piece) if letter != "?")


def terms_within_distance(value: str, distance: int, letters: TermMatrix) -> Ints:
    """The terms at most `distance` edits away."""
    lengths = np.diff(letters.starts)
    sign = letter_signature(value)
    # An edit removes one letter at most, and adds one at most.
    missing, foreign = np.bitwise_count(sign & ~letters.signs), np.bitwise_count(letters.signs & ~sign)
    chosen = (np.abs(lengths - len(value)) <= distance) & (missing <= distance) & (foreign <= distance)
    terms = np.flatnonzero(chosen)
    parts = [terms[start : start + _TOGETHER] for start in range(0, len(terms), _TOGETHER)]
    matches = [part[_distances(value, letters.subset(part), distance) <= distance] for part in parts]
    return np.concatenate([terms[:0], *matches])


def _distances(value: str, letters: TermMatrix, most: int) -> Ints:
    """The optimal string alignment distance of a word to terms whose length differs from its own by `most` or less.

    One row of the table at a time, for all terms at once, and of a row only the columns at most so many places from
    the diagonal: what lies further away costs more (Ukkonen, "Algorithms for approximate string matching", 1985). A
    distance of more than `most` may come out as another one of more than `most`.
    """
    lengths = np.diff(letters.starts)
    radius = min(most, max(len(value), int(lengths.max(initial=0))))
    # Row i and index k of an array: letter i of the word, letter i + k - radius of a term, both from 1.
    points = np.full((len(value) + 2 * radius + 1, len(letters)), -1, np.int32)
    indices = np.arange(len(letters.points)) - np.repeat(letters.starts[:-1], lengths)
    points[indices + radius + 1, np.repeat(np.arange(len(letters)), lengths)] = letters.points
    columns = np.arange(-radius, radius + 1)[:, np.newaxis]
    row = np.repeat(np.where(columns < 0, _FAR, columns).astype(np.int32), len(letters), axis=1)
    before = np.full_like(row, _FAR)
    for i, letter in enumerate(map(ord, value), 1):
        here = points[i : i + 2 * radius + 1]
        fresh = row + (here != letter)
        np.minimum(fresh[:-1], row[1:] + 1, out=fresh[:-1])
        if i > 1:
            swapped = (points[i - 1 : i + 2 * radius] == letter) & (here == ord(value[i - 2]))
            np.minimum(fresh, before + 1, out=fresh, where=swapped)
        if i <= radius:
            fresh[: radius - i] = _FAR
            fresh[radius - i] = i
        for k in range(1, 2 * radius + 1):
            np.minimum(fresh[k], fresh[k - 1] + 1, out=fresh[k])
        before, row = row, fresh
    distances: Ints = row[lengths - len(value) + radius, np.arange(len(letters))]
    return distances


def limited_expansions(plan: Plan, scope: ScopeStatistics) -> tuple[Mapping[MultiTermQuery, Ints], ...]:
    """For each segment, the terms to search for each wildcard that matches too many: see `Bounds`."""
    limited: tuple[dict[MultiTermQuery, Ints], ...] = tuple({} for _ in scope.segment_docs)
    for wildcard in multi_term_queries(plan.query):
        each = [expanded_terms(wildcard, docs.segment) for docs in scope.segment_docs]
        # Document frequencies are counted only if there may be too many terms.
        if sum(map(len, each)) > plan.bounds.expansions:
            most_frequent = _most_frequent(wildcard.field, each, scope.segment_docs, plan.bounds.expansions)
            if most_frequent is not None:
                for terms, ordinals in zip(limited, most_frequent, strict=True):
                    terms[wildcard] = ordinals
    return limited


@dataclass(frozen=True, slots=True)
class _Terms:
    """Terms of a segment, as ordinals (ascending), with a number for each that is the same in all segments.

    `own`: the terms that no segment before this one holds.
    """

    dictionary: TermDictionary
    ordinals: Ints
    numbers: Ints
    own: Mask

    def tied(self, among: Mask) -> Ints:
        """The ordinals of its own terms whose numbers are among some."""
        return self.ordinals[self.own & among[self.numbers]]


def _most_frequent(
    name: str, each: Sequence[Ints], segment_docs: Sequence[AccessibleDocs], most: int
) -> list[Ints] | None:
    """The most frequent terms of each segment; None if there are not too many after all."""
    counts = [doc_frequencies(docs, name, ordinals) for docs, ordinals in zip(segment_docs, each, strict=True)]
    terms = _numbered(name, [ordinals[some > 0] for ordinals, some in zip(each, counts, strict=True)], segment_docs)
    numbers = np.concatenate([segment_terms.numbers for segment_terms in terms])
    # Counts are whole numbers far below 2^53: sums of doubles are exact.
    totals = np.bincount(numbers, np.concatenate([some[some > 0] for some in counts]))
    if len(totals) <= most:
        return None
    least = -np.partition(-totals, most)[most]
    chosen = totals > least
    tied = [segment_terms.tied(totals == least) for segment_terms in terms]
    room = most - int(np.count_nonzero(chosen))
    for segment_terms, some in zip(
        terms, _first([segment_terms.dictionary for segment_terms in terms], tied, room), strict=True
    ):
        chosen[segment_terms.numbers[np.isin(segment_terms.ordinals, some, assume_unique=True)]] = True
    return [segment_terms.ordinals[chosen[segment_terms.numbers]] for segment_terms in terms]


def _numbered(name: str, each: Sequence[Ints], segment_docs: Sequence[AccessibleDocs]) -> list[_Terms]:
    dictionaries = [docs.segment.term_dictionary(name) for docs in segment_docs]
    ends = np.cumsum([len(ordinals) for ordinals in each])
    if np.count_nonzero(np.diff(ends, prepend=0)) < 2:
        numbers, firsts = np.arange(ends[-1]), np.arange(ends[-1])
    else:
        known = [hash_terms(docs.segment, name)[ordinals] for docs, ordinals in zip(segment_docs, each, strict=True)]
        _, firsts, numbers = np.unique(np.concatenate(known), return_index=True, return_inverse=True)
    own = np.zeros(ends[-1], bool)
    own[firsts] = True
    parts = zip(dictionaries, each, np.split(numbers, ends[:-1]), np.split(own, ends[:-1]), strict=True)
    return [_Terms(*part) for part in parts]


def _first(dictionaries: Sequence[TermDictionary], each: Sequence[Ints], room: int) -> list[Ints]:
    """The first terms by code points of all segments, none of which stands in two: as many as there is room for.

    The ordinals of a segment are in the order of code points: of each, the last term is looked for that is not too far.
    """

    def before(dictionary: TermDictionary, ordinal: int) -> int:
        """How many of the terms stand before one of a dictionary."""
        term = dictionary[ordinal]
        parts = zip(dictionaries, each, strict=True)
        return int(sum(np.searchsorted(some, bisect_left(other, term)) for other, some in parts))

    return [
        some[: bisect_left(some.tolist(), room, key=partial(before, dictionary))]
        for dictionary, some in zip(dictionaries, each, strict=True)
    ]
