"""Marks the words of a query in texts."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from index.analysis import Token, analyse
from index.analysis.normal import Normal, normal
from index.hits import Snippet
from index.query import Phrase, Query
from index.schema import Schema
from index.snippets.pieces import PIECE, Said, said_in, words_in
from index.snippets.wanted import Wanted, fields_asked, wanted_in
from index.snippets.window import Span, best_window, pieces

SIZE = 240
"""Characters of a snippet, unless another size is asked for."""
_MOST_BEGINNINGS = 2000
_FEW = 4
"""Pieces that are faster looked for one by one than in a walk through the whole text."""

_Spans = list[tuple[int, int, str]]
"""Start and end of what is reached in a piece, and the term: several forms of one word tell the reader one thing."""


@dataclass(slots=True)
class _Way:
    """How texts of some fields in one language are marked.

    `seen` are the pieces of text, cut at its spaces, that were met so far; `hot` those in which a term is reached;
    `warm` those that say words of a phrase, and which.
    """

    language: str | None
    stems: Wanted
    exact: Wanted
    said: Said
    seen: set[str] = field(default_factory=set)
    hot: dict[str, _Spans] = field(default_factory=dict)
    warm: dict[str, set[str]] = field(default_factory=dict)
    phrased: frozenset[str] = field(init=False)
    """The words of all phrases."""
    misses: Callable[[Iterable[str]], bool] = field(init=False)
    """Whether none of some terms is wanted; never true of one that is, as a stem, as it is written or in a phrase."""

    def __post_init__(self) -> None:
        stems, exact = self.stems, self.exact
        self.phrased = frozenset(value for phrase in (*stems.phrases, *exact.phrases) for value in phrase.values)
        wanted = stems.terms | exact.terms | self.phrased
        self.misses = wanted.isdisjoint
        if stems.jokers or exact.jokers:
            stem, word = stems.test, exact.test
            self.misses = lambda terms: not any(stem(term) or word(term) or term in wanted for term in terms)

    def look_through(self, text: str) -> set[str]:
        """The pieces of a text. Those never met before are looked at."""
        held = set(text.split())
        new = held.difference(self.seen)
        if new:
            self.seen |= new
            known, learn, misses = self.said.young.get, self.said.learn, self.misses
            for piece in new:
                terms = known(piece)
                if not misses(learn(piece) if terms is None else terms):
                    self._look_at(piece)
        return held

    def _look_at(self, piece: str) -> None:
        stems, exact = self.stems.test, self.exact.test
        for stem, word, start, end in words_in(piece, self.language):
            if stems(stem) or exact(word):
                self.hot.setdefault(piece, []).append((start, end, stem))
            if spoken := self.phrased.intersection((stem, word)):
                self.warm.setdefault(piece, set()).update(spoken)

    def says_phrase(self, held: set[str]) -> bool:
        """Whether these pieces of a text say all words of some phrase."""
        spoken = {word for piece, words in self.warm.items() if piece in held for word in words}
        return any(spoken.issuperset(phrase.values) for phrase in (*self.stems.phrases, *self.exact.phrases))


@dataclass(slots=True)
class Marker:
    """Marks what a query finds, in any number of texts. Made for one search and one thread.

    A word is marked where the index would have found it: its term in the text's language is asked for, or fits a
    pattern that is; the words of a phrase where the phrase stands. What is excluded (Not) never is. Marks cover
    whole words as written, elided articles aside: in `l'agent`, `agent`.
    """

    query: Query
    schema: Schema
    _ways: dict[tuple[tuple[str, ...], str | None], _Way] = field(default_factory=dict)
    _alike: dict[tuple[frozenset[str], str | None], _Way] = field(default_factory=dict)
    _asked: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self._asked = fields_asked(self.query)

    def snippet(self, fields: tuple[str, ...], text: str, language: str | None, size: int = SIZE) -> Snippet | None:
        """The part of a text that holds the most different words found, marked; None when it holds none.

        `fields` are the TEXT fields that hold the text in the index, `language` the one it was analysed in. At most
        `size` characters, cut between words; the whole text when it is short.
        """
        spans = self._spans(fields, text, language)
        if not spans:
            return None
        start, end = best_window(text, spans, size)
        return Snippet(pieces(text, spans, start, end), start, end)

    def whole(self, fields: tuple[str, ...], text: str, language: str | None) -> tuple[tuple[str, bool], ...]:
        """The whole text in pieces (text, is it marked), as `Snippet` has them."""
        return pieces(text, self._spans(fields, text, language), 0, len(text))

    def _spans(self, fields: tuple[str, ...], text: str, language: str | None) -> list[Span]:
        """What is marked, in order, without overlaps."""
        way = self._ways.get((fields, language))
        if way is None:
            way = self._ways[fields, language] = self._way(self._asked.intersection(fields), language)
        as_analysed = normal(text)
        held = way.look_through(as_analysed.text)
        standing = held.intersection(way.hot)
        spans = _words(way, as_analysed, standing) if standing else []
        if way.warm and way.says_phrase(held):
            spans += _phrases(way, text)
        return _merged(spans) if spans else spans

    def _way(self, asked: frozenset[str], language: str | None) -> _Way:
        """One for all that are asked alike: texts of several fields repeat each other's words."""
        if (asked, language) not in self._alike:
            self._alike[asked, language] = _Way(language, *wanted_in(self.query, asked, self.schema), said_in(language))
        return self._alike[asked, language]


def _words(way: _Way, text: Normal, standing: set[str]) -> list[Span]:
    place = _placing(text)
    return [
        Span(*place(begin + start, begin + end), term)
        for piece, begin in _places(standing, text.text)
        for start, end, term in way.hot[piece]
    ]


def _places(pieces: set[str], text: str) -> Iterator[tuple[str, int]]:
    """Where some pieces of a text stand in it, in any order."""
    if len(pieces) > _FEW:
        yield from ((match[0], match.start()) for match in PIECE.finditer(text) if match[0] in pieces)
        return
    size = len(text)
    for piece in pieces:
        end = 0
        while (start := text.find(piece, end)) >= 0:
            end = start + len(piece)
            if (start == 0 or text[start - 1].isspace()) and (end == size or text[end].isspace()):
                yield piece, start


def _placing(text: Normal) -> Callable[[int, int], tuple[int, int]]:
    """From characters of the text as analysed to characters of the original."""
    starts, ends = text.starts, text.ends
    if starts is None or ends is None:
        return lambda start, end: (start, end)
    return lambda start, end: (starts[start], ends[end - 1])


def _phrases(way: _Way, text: str) -> Iterator[Span]:
    for wanted, exact in ((way.stems, False), (way.exact, True)):
        if wanted.phrases:
            tokens = analyse(text, way.language, exact=exact)
            held = {token.term for token in tokens}
            for phrase in wanted.phrases:
                if held.issuperset(phrase.values):
                    yield from _standing(phrase, tokens)


def _standing(phrase: Phrase, tokens: Sequence[Token]) -> Iterator[Span]:
    """Where a phrase stands, from its first word to its last; a text full of beginnings is not followed to its end."""
    places: dict[str, list[Token]] = {}
    for token in tokens:
        places.setdefault(token.term, []).append(token)
    free = 0
    for first in places[phrase.values[0]][:_MOST_BEGINNINGS]:
        if first.position >= free and (chain := _chain(phrase, places, first)):
            free = chain[-1].position + 1
            start, end = min(token.start for token in chain), max(token.end for token in chain)
            yield Span(start, end, " ".join(phrase.values))


def _chain(phrase: Phrase, places: Mapping[str, Sequence[Token]], first: Token) -> list[Token]:
    """The tokens of a phrase that begins at one of them, each as early as it can be; none when it does not stand."""
    chain = [first]
    latest = first.position + phrase.offsets[-1] - phrase.offsets[0] + phrase.slop
    for value, before, after in zip(phrase.values[1:], phrase.offsets, phrase.offsets[1:], strict=False):
        held = places[value]
        place = bisect_left(held, chain[-1].position + after - before, key=_position)
        if place == len(held) or held[place].position > latest:
            return []
        chain.append(held[place])
    return chain


def _position(token: Token) -> int:
    return token.position


def _merged(spans: Iterable[Span]) -> list[Span]:
    """The spans in order, those that overlap made one."""
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.start < merged[-1].end:
            last = merged.pop()
            merged.append(Span(last.start, max(last.end, span.end), last.term))
        else:
            merged.append(span)
    return merged
