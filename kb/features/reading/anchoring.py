"""Find a passage in a text: the words as quoted, else words so alike that nothing else of the text can be meant.

A wrong place is worse than none. The context, which is the text before and after the passage, decides between several
places, and says whether a place of few words is the one that is meant. Decision 0059 has the figures.

Source: the selectors of W3C, *Web Annotation Data Model* (2017), section 4.2.4.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from rapidfuzz.distance import Indel, LCSseq

from kb.features.reading.folded_text import FoldedText, Words, fold
from kb.features.reading.word_alignment import Positions, aligned, positions_of_pairs, stands_only, windows

EFFORT = 500_000_000
"""Steps for all passages of a text: a step is about a character that a search passes. They take some seconds."""
_FOLDING = 100
"""Steps for a character of a passage, most of them for its fold and its words."""
_CELLS = 16
"""Cells of an alignment that are looked at in one step."""
LONGEST_CONTEXT = 500
"""Characters of the context on one side that count: those beside the passage."""
_COMPARED_CONTEXT = 64
"""Characters of the context on one side whose similarity is measured."""
_SEARCHED_CONTEXT = 32
"""Characters of the context on one side that are searched together with the words."""
_NEAR = 6
"""Words of the context on one side that, with those of the passage, say whether it is a sibling."""
_MOST_OCCURRENCES = 100
"""Of the same words in a text, those whose contexts are compared."""
_MOST_WORDS, _WORDS_OF_ENDS = 1_000, 300
"""Words of a passage that are aligned at once. Of a longer one, the first and the last ones are."""

_DISTINCTIVE = 30
"""Letters of words that are hardly written twice by chance: their context may be another one."""
_FITS, _HARDLY_FITS = 0.75, 0.55
"""Similarity of contexts, from 0 to 1: two parts of unrelated French texts have .3 to .45."""
_ALIKE, _VERY_ALIKE = 0.7, 0.85
"""Similarity of words, in a context that fits, and in another one."""
_FEWEST_APART, _ALL, _MOST_LONGER = 6, 0.95, 3
"""Words that may stand apart, the share of them that must be there, and how much longer the other part may be."""
_MARGIN = 0.05
"""No place is taken if another one is worse by less."""


class AnchorState(StrEnum):
    EXACT = "exact"
    """The words stand there as quoted; white space and typography may differ."""
    MOVED = "moved"
    """Words that are much alike stand there."""


@dataclass(frozen=True, slots=True)
class AnchoredQuote:
    """The words of a passage, the text before and after them, and where they begin in the text they are from."""

    quote: str
    prefix: str = ""
    suffix: str = ""
    start: int | None = None


@dataclass(frozen=True, slots=True)
class Anchor:
    """The characters of a text, from `start` to before `end`, that a passage is."""

    start: int
    end: int
    state: AnchorState


def anchor(text: str, passage: AnchoredQuote, *, effort: int = EFFORT) -> Anchor | None:
    """The place of a passage in a text; None if it is not there, or is not found in `effort` steps."""
    return anchor_all(text, [passage], effort=effort)[0]


def anchor_all(text: str, passages: Iterable[AnchoredQuote], *, effort: int = EFFORT) -> tuple[Anchor | None, ...]:
    """The place of each passage, as `anchor` finds it. They share the steps, in their order."""
    anchorer = _Anchorer(text, effort)
    return tuple(anchorer.anchor(passage) for passage in passages)


def anchor_again(old: str, anchors: Sequence[Anchor], new: str, *, effort: int = EFFORT) -> tuple[Anchor | None, ...]:
    """Where the passages at these places of a text are in a new version of it; None for those that are gone.

    A place counts if the way back leads to the old one: alike words that stood elsewhere before are another passage.
    That is why numbers may have changed here, which `anchor` takes for those of another passage.
    """
    there = _Anchorer(new, effort, has_way_back=True)
    found = [there.anchor(quoted(old, place)) for place in anchors]
    here = _Anchorer(old, effort, has_way_back=True)
    back = iter([here.anchor(quoted(new, place)) for place in found if place])
    return tuple(
        place if place and _meet(next(back), before) else None for before, place in zip(anchors, found, strict=True)
    )


def quoted(text: str, place: Anchor) -> AnchoredQuote:
    """The words at a place, with as much context as counts."""
    start, end = place.start, place.end
    prefix, suffix = text[max(0, start - LONGEST_CONTEXT) : start], text[end : end + LONGEST_CONTEXT]
    return AnchoredQuote(text[start:end], prefix, suffix, start)


@dataclass(frozen=True, slots=True)
class _Span:
    """A part of the folded text; how alike its words and its context are, from 0 to 1."""

    start: int
    end: int
    words: float
    context: float


def _meet(one: Anchor | _Span | None, other: Anchor | _Span) -> bool:
    return one is not None and one.start < other.end and other.start < one.end


@dataclass(frozen=True, slots=True)
class _Sought:
    """A passage, folded. `whole` are its words, at `offset`, with some context; `start` is a position of the text."""

    quote: str
    prefix: str
    suffix: str
    whole: str
    offset: int
    start: int | None

    @classmethod
    def of(cls, passage: AnchoredQuote, text: FoldedText) -> "_Sought":
        quote = fold(passage.quote).text.strip()
        prefix, suffix = passage.prefix[-LONGEST_CONTEXT:], passage.suffix[:LONGEST_CONTEXT]
        before = prefix[-_SEARCHED_CONTEXT:].lstrip()
        # The fold of the whole says whether there is a space beside the words.
        whole = fold(before + passage.quote + suffix[:_SEARCHED_CONTEXT])
        offset = whole.text.find(quote, max(0, whole.position(len(before)) - 1))
        start = None if passage.start is None or passage.start < 0 else text.position(passage.start)
        return cls(quote, fold(prefix).text.strip(), fold(suffix).text.strip(), whole.text.rstrip(), offset, start)

    @property
    def has_context(self) -> bool:
        return bool(self.prefix or self.suffix)

    @property
    def is_whole(self) -> bool:
        """Whether the passage ends where words end, as far as its context says."""
        return self.offset < 0 or _is_whole(self.whole, self.offset, self.quote)

    @property
    def is_distinctive(self) -> bool:
        return sum(map(str.isalnum, self.quote[: 2 * _DISTINCTIVE])) >= _DISTINCTIVE


class _Anchorer:
    """The passages of one text; `_left` are the steps that may still be taken."""

    def __init__(self, text: str, effort: int, *, has_way_back: bool = False) -> None:
        self._folded = fold(text)
        self._text = self._folded.text
        self._left = effort
        self._has_way_back = has_way_back

    @cached_property
    def _positions(self) -> Positions:
        return positions_of_pairs(self._folded.words.words)

    def anchor(self, passage: AnchoredQuote) -> Anchor | None:
        if not self._spend(_FOLDING * len(passage.quote)):
            return None
        sought = _Sought.of(passage, self._folded)
        for find, state in ((self._exact, AnchorState.EXACT), (self._similar, AnchorState.MOVED)):
            span = find(sought) if sought.quote else None
            if span and _is_credible(span, sought) and self._has_numbers(span, sought):
                return Anchor(*self._folded.span(span.start, span.end), state)
        return None

    def _has_numbers(self, span: _Span, sought: _Sought) -> bool:
        """Whether the words have the numbers of the passage, and so has a like context of few words: else it may be
        another row of a table.
        """
        if self._has_way_back:
            return True
        if _digits(sought.quote) != _digits(self._text[span.start : span.end]):
            return False
        return sought.is_distinctive or not any(
            _similarity(was, there) >= _FITS and _digits(was) != _digits(there)
            for was, there in self._contexts(span.start, span.end, sought)
        )

    def _spend(self, steps: int) -> bool:
        self._left -= steps
        return self._left >= 0

    def _exact(self, sought: _Sought) -> _Span | None:
        near = sought.start or 0
        if sought.start is not None:
            at = self._text.find(sought.quote, max(0, near - 1), near + len(sought.quote) + 2)
            if at >= 0 and (span := self._span(at, at + len(sought.quote), sought)).context >= _FITS:
                return span
        spans = [self._span(at, at + len(sought.quote), sought) for at in self._occurrences(sought)]
        if not spans:
            return None
        best, *others = sorted(spans, key=lambda span: (-span.context, abs(span.start - near)))
        if others and (best.context < _HARDLY_FITS or not sought.has_context):
            return None
        # Rows of a table, or the same words in a summary: if none fits as it was, none may be the right one.
        # Of places that all fit as it was, only a position can choose.
        is_certain = best.context == 1 and sought.start is not None
        return best if is_certain or not any(span.context > best.context - _MARGIN for span in others) else None

    def _occurrences(self, sought: _Sought) -> Iterator[int]:
        """Where the words are in the text; only the places in their context, if there are any."""
        for searched, offset in ((sought.whole, sought.offset), (sought.quote, 0)):
            count, at = 0, self._find(searched, 0) if offset >= 0 else -1
            while at >= 0 and count < _MOST_OCCURRENCES:
                if not sought.is_whole or _is_whole(self._text, at + offset, sought.quote):
                    count += 1
                    yield at + offset
                at = self._find(searched, at + 1)
            if count:
                return

    def _find(self, searched: str, start: int) -> int:
        at = self._text.find(searched, start)
        passed = (at if at >= 0 else len(self._text)) - start
        return at if self._spend(passed + len(searched)) else -1

    def _span(self, start: int, end: int, sought: _Sought, words: float = 1.0) -> _Span:
        fits = [_similarity(was, there) for was, there in self._contexts(start, end, sought)]
        # One side may have changed.
        return _Span(start, end, words, (max(fits) + sum(fits) / len(fits)) / 2 if fits else 1.0)

    def _contexts(self, start: int, end: int, sought: _Sought) -> list[tuple[str, str]]:
        """The text before the passage as it was, and there; and the text after it."""
        before, after = sought.prefix[-_COMPARED_CONTEXT:], sought.suffix[:_COMPARED_CONTEXT]
        self._spend(_FOLDING * (len(before) + len(after)))
        # A space beside the passage is none of the context: beyond it is as much text as there was.
        there = (
            self._text[max(0, start - len(before) - 1) : start].strip()[-len(before) :],
            self._text[end : end + len(after) + 1].strip()[: len(after)],
        )
        return [(was, now) for was, now in zip((before, after), there, strict=True) if was]

    def _similar(self, sought: _Sought) -> _Span | None:
        quote = Words.of(sought.quote).words
        if len(quote) <= _MOST_WORDS:
            return self._best(sought, quote, Words.of(sought.prefix).words, Words.of(sought.suffix).words)
        first = self._best(sought, quote[:_WORDS_OF_ENDS], Words.of(sought.prefix).words, ())
        last = self._best(sought, quote[-_WORDS_OF_ENDS:], (), Words.of(sought.suffix).words)
        if not first or not last or not 0.7 <= (last.end - first.start) / len(sought.quote) <= 1.4:
            return None
        return self._span(first.start, last.end, sought, min(first.words, last.words))

    def _best(
        self, sought: _Sought, quote: tuple[str, ...], prefix: tuple[str, ...], suffix: tuple[str, ...]
    ) -> _Span | None:
        """The only place of words that are like these; None if there is none, or another one as good."""
        words = self._folded.words
        sequence = (*prefix, *quote, *suffix)
        near = (*prefix[-_NEAR:], *quote, *suffix[:_NEAR])
        letters = "".join(quote)
        spans: list[_Span] = []
        for begin, end in windows(sequence, self._positions, len(words.words)) if quote else ():
            window = words.words[begin:end]
            cells = len(sequence) * len(window) + len(letters) * sum(map(len, window))
            if not self._spend(cells // _CELLS):
                return None
            parts = [
                (_words_similarity(quote, letters, window[first:last]), begin + first, begin + last)
                for first, last in aligned(sequence, len(prefix), len(prefix) + len(quote), window)
            ]
            if parts:
                similarity, first, last = max(parts)
                if (
                    self._has_way_back
                    or stands_only(quote, self._positions, first, last)
                    or stands_only(near, self._positions, first - _NEAR, last + _NEAR)
                ):
                    spans.append(self._with_punctuation(words.starts[first], words.ends[last - 1], similarity, sought))
        spans.sort(key=lambda span: -span.words - span.context)
        if any(not _meet(spans[0], span) and _is_as_good(span, spans[0]) for span in spans[1:]):
            return None
        return spans[0] if spans else None

    def _with_punctuation(self, start: int, end: int, words: float, sought: _Sought) -> _Span:
        """The place with the marks around the words that the passage has, too."""
        quoted_words = Words.of(sought.quote)
        before, after = sought.quote[: quoted_words.starts[0]], sought.quote[quoted_words.ends[-1] :]
        if before and self._text.endswith(before, 0, start):
            start -= len(before)
        if after and self._text.startswith(after, end):
            end += len(after)
        return self._span(start, end, sought, words)


def _is_whole(text: str, start: int, quote: str) -> bool:
    """Whether a short passage is not a part of longer words of a text."""
    end = start + len(quote)
    return len(quote) > _DISTINCTIVE or not (
        (quote[0].isalnum() and start > 0 and text[start - 1].isalnum())
        or (quote[-1].isalnum() and text[end : end + 1].isalnum())
    )


def _words_similarity(quote: tuple[str, ...], letters: str, found: tuple[str, ...]) -> float:
    """How alike two parts are. If one has all words of the other, and as many others between them, it is enough."""
    alike = _similarity(letters, "".join(found))
    fewer = min(len(quote), len(found))
    if alike < _ALIKE and fewer >= max(_FEWEST_APART, max(len(quote), len(found)) / _MOST_LONGER):
        return _ALIKE if LCSseq.similarity(quote, found) >= _ALL * fewer else alike
    return alike


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def _is_credible(span: _Span, sought: _Sought) -> bool:
    if not sought.has_context:
        return span.words >= (_ALIKE if sought.is_distinctive else _VERY_ALIKE)
    if not sought.is_distinctive and span.context < (_HARDLY_FITS if span.words == 1 else _FITS):
        return False
    return span.words >= (_ALIKE if span.context >= _FITS else _VERY_ALIKE)


def _is_as_good(other: _Span, best: _Span) -> bool:
    return other.words + other.context > best.words + best.context - _MARGIN


def _similarity(one: str, other: str) -> float:
    return Indel.normalized_similarity(one, other)
