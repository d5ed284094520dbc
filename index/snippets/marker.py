"""Mark the words of a query in texts."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from operator import attrgetter

from index.analysis import Token, analyze
from index.analysis.unicode_normalization import NormalizedText, normalize
from index.hits import Snippet
from index.query import Phrase, Query
from index.schema import Schema
from index.snippets.analysis_cache import CHUNK, AnalyzedChunks, analyzed_chunks, words_in
from index.snippets.best_window import Span, best_window, marked_text
from index.snippets.query_terms import QueryTerms, fields_asked, query_terms_of

_MOST_BEGINNINGS = 2000
_FEW = 16
"""Pieces that are faster looked for one by one than in a walk through the whole text."""
_TOGETHER = 60_000
"""Characters of texts that are searched as one text: more would take much memory, where they are not normalized."""

SearchedText = tuple[tuple[str, ...], str, str | None, int]
"""The TEXT fields that hold a text in the index, the text, the language in which it was analysed, and the most
characters to show of it.
"""


@dataclass(frozen=True, slots=True)
class _ChunkMatches:
    """The matches of a query in a chunk of text, and the words of its phrases that the chunk holds.

    `spans` are start, end and term of each marked word; several forms of one word have one term.
    """

    spans: tuple[tuple[int, int, str], ...]
    phrase_words: frozenset[str]


@dataclass(slots=True)
class _FieldGroup:
    """How texts of some fields in one language are marked. `known` caches the matches of chunks of text."""

    language: str | None
    stems: QueryTerms
    exact: QueryTerms
    chunks: AnalyzedChunks
    known: dict[str, _ChunkMatches] = field(default_factory=dict)
    phrased: frozenset[str] = field(init=False)
    """The words of all phrases."""
    wanted: frozenset[str] = field(init=False)
    """All terms that are looked for, as stems, as they are written or in phrases."""

    def __post_init__(self) -> None:
        stems, exact = self.stems, self.exact
        self.phrased = frozenset(value for phrase in (*stems.phrases, *exact.phrases) for value in phrase.values)
        self.wanted = self.phrased.union(stems.terms, exact.terms)

    def matches_in(self, text: str) -> dict[str, _ChunkMatches]:
        """The chunks of a text with a match."""
        chunks = set(text.split())
        memory = self.chunks.of(chunks)
        # Few chunks hold a term, and a text holds few of them: only these are analysed.
        matching = chunks.intersection(memory.chunks_with(self.wanted))
        if self.stems.multi_terms or self.exact.multi_terms:
            stem, word = self.stems.test, self.exact.test
            matching.update(chunk for chunk in chunks if any(stem(term) or word(term) for term in memory.terms[chunk]))
        each = {chunk: self.known.get(chunk) or self._match_chunk(chunk) for chunk in matching}
        return {chunk: matches for chunk, matches in each.items() if matches.spans or matches.phrase_words}

    def _match_chunk(self, chunk: str) -> _ChunkMatches:
        stems, exact = self.stems.test, self.exact.test
        words = words_in(chunk, self.language)
        spans = tuple((start, end, stem) for stem, word, start, end in words if stems(stem) or exact(word))
        phrase_words = self.phrased.intersection(term for word in words for term in word[:2])
        matches = self.known[chunk] = _ChunkMatches(spans, phrase_words)
        return matches

    def completes(self, known: Mapping[str, _ChunkMatches]) -> bool:
        """Whether these chunks together hold all words of some phrase."""
        phrase_words = {word for matches in known.values() for word in matches.phrase_words}
        return any(phrase_words.issuperset(phrase.values) for phrase in (*self.stems.phrases, *self.exact.phrases))


@dataclass(slots=True)
class Marker:
    """Marks the matches of a query in any number of texts. Made for one search and one thread.

    A word is marked where the index matches it: the query has its term in the text's language, or a pattern that
    matches it; the words of a phrase are marked where the phrase stands. Excluded words (Not) are never marked. Marks
    cover whole words as written, without elided articles: in `l'agent`, `agent`.
    """

    query: Query
    schema: Schema
    _groups: dict[tuple[tuple[str, ...], str | None], _FieldGroup] = field(default_factory=dict)
    _field_groups: dict[tuple[frozenset[str], str | None], _FieldGroup] = field(default_factory=dict)
    _queried_fields: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self._queried_fields = fields_asked(self.query)

    def snippets(self, texts: Sequence[SearchedText]) -> list[Snippet | None]:
        """For each text, the part with the most different matched words, marked; None if there is none.

        A part is cut between words; a short text is returned whole. The texts, of any documents, are searched as one
        text, which is far quicker.
        """
        snippets: list[Snippet | None] = [None] * len(texts)
        for number, spans in self._spans(texts).items():
            _, text, _, size = texts[number]
            start, end = best_window(text, spans, size)
            snippets[number] = Snippet(marked_text(text, spans, start, end), start, end)
        return snippets

    def spans(self, text: str, fields: tuple[str, ...], language: str | None) -> list[Span]:
        """Where the words of the query stand in a text, in order, without overlaps. Parameters as for `snippets`."""
        return self._spans([(fields, text, language, len(text))]).get(0, [])

    def _spans(self, texts: Sequence[SearchedText]) -> dict[int, list[Span]]:
        """The marks of each text that has any, by its number, in order, without overlaps."""
        alike: dict[tuple[tuple[str, ...], str | None], list[int]] = {}
        for number, (fields, _, language, _) in enumerate(texts):
            alike.setdefault((fields, language), []).append(number)
        groups: dict[int, tuple[_FieldGroup, list[int]]] = {}
        for (fields, language), numbers in alike.items():
            group = self._group(fields, language)
            groups.setdefault(id(group), (group, []))[1].extend(numbers)
        spans: dict[int, list[Span]] = {}
        for group, numbers in groups.values():
            for first, last in _portions([len(texts[number][1]) for number in numbers]):
                some = numbers[first:last]
                for line, span in _spans_of_lines(group, [texts[number][1] for number in some]):
                    spans.setdefault(some[line], []).append(span)
        return {number: _merged(some) for number, some in spans.items()}

    def _group(self, fields: tuple[str, ...], language: str | None) -> _FieldGroup:
        """One group for all fields with the same terms, because texts of several fields repeat each other's words."""
        group = self._groups.get((fields, language))
        if group is None:
            searched_fields = self._queried_fields.intersection(fields)
            if (searched_fields, language) not in self._field_groups:
                query_terms = query_terms_of(self.query, searched_fields, self.schema)
                self._field_groups[searched_fields, language] = _FieldGroup(
                    language, *query_terms, analyzed_chunks(language)
                )
            group = self._groups[fields, language] = self._field_groups[searched_fields, language]
        return group


def _portions(lengths: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The first and one past the last of the texts that are searched together, of texts of these lengths."""
    first, together = 0, 0
    for number, length in enumerate(lengths):
        if together and together + length > _TOGETHER:
            yield first, number
            first, together = number, 0
        together += length
    yield first, len(lengths)


def _spans_of_lines(group: _FieldGroup, texts: Sequence[str]) -> Iterator[tuple[int, Span]]:
    """The marks of texts, each with the number of its text. Joined as lines, for no word crosses a line."""
    as_analysed = normalize("\n".join(texts))
    known = group.matches_in(as_analysed.text)
    marked = {chunk for chunk, matches in known.items() if matches.spans}
    if marked:
        begins = list(accumulate((len(text) + 1 for text in texts), initial=0))
        original_span = _original_spans(as_analysed)
        for chunk, begin in _chunk_starts(marked, as_analysed.text):
            for start, end, term in group.known[chunk].spans:
                first, last = original_span(begin + start, begin + end)
                line = bisect_right(begins, first) - 1
                yield line, Span(first - begins[line], last - begins[line], term)
    if group.phrased and group.completes(known):
        for line, text in enumerate(texts):
            if group.completes(group.matches_in(normalize(text).text)):
                yield from ((line, span) for span in _phrases(group, text))


def _chunk_starts(chunks: set[str], text: str) -> Iterator[tuple[str, int]]:
    """Where some chunks stand in a text, in any order."""
    if len(chunks) > _FEW:
        yield from ((match[0], match.start()) for match in CHUNK.finditer(text) if match[0] in chunks)
        return
    size = len(text)
    for chunk in chunks:
        end = 0
        while (start := text.find(chunk, end)) >= 0:
            end = start + len(chunk)
            if (start == 0 or text[start - 1].isspace()) and (end == size or text[end].isspace()):
                yield chunk, start


def _original_spans(text: NormalizedText) -> Callable[[int, int], tuple[int, int]]:
    """A function from positions in the analysed text to positions in the original."""
    starts, ends = text.starts, text.ends
    if starts is None or ends is None:
        return lambda start, end: (start, end)
    return lambda start, end: (starts[start], ends[end - 1])


def _phrases(group: _FieldGroup, text: str) -> Iterator[Span]:
    for terms, exact in ((group.stems, False), (group.exact, True)):
        if terms.phrases:
            tokens = analyze(text, group.language, exact=exact)
            token_terms = {token.term for token in tokens}
            for phrase in terms.phrases:
                if token_terms.issuperset(phrase.values):
                    yield from _phrase_occurrences(phrase, tokens)


def _phrase_occurrences(phrase: Phrase, tokens: Sequence[Token]) -> Iterator[Span]:
    """Where a phrase stands, from its first word to its last; a text full of first words is not read to its end."""
    tokens_of: dict[str, list[Token]] = {}
    for token in tokens:
        tokens_of.setdefault(token.term, []).append(token)
    free = 0
    for first in tokens_of[phrase.values[0]][:_MOST_BEGINNINGS]:
        if first.position >= free and (chain := _phrase_tokens(phrase, tokens_of, first)):
            free = chain[-1].position + 1
            start, end = min(token.start for token in chain), max(token.end for token in chain)
            yield Span(start, end, " ".join(phrase.values))


def _phrase_tokens(phrase: Phrase, tokens_of: Mapping[str, Sequence[Token]], first: Token) -> list[Token]:
    """The tokens of a phrase that begins at `first`, each as early as possible; none if the phrase does not stand
    there.
    """
    chain = [first]
    latest = first.position + phrase.offsets[-1] - phrase.offsets[0] + phrase.slop
    for value, before, after in zip(phrase.values[1:], phrase.offsets, phrase.offsets[1:], strict=False):
        tokens = tokens_of[value]
        index = bisect_left(tokens, chain[-1].position + after - before, key=attrgetter("position"))
        if index == len(tokens) or tokens[index].position > latest:
            return []
        chain.append(tokens[index])
    return chain


def _merged(spans: Iterable[Span]) -> list[Span]:
    """The spans in order, with overlapping ones merged."""
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.start < merged[-1].end:
            last = merged.pop()
            merged.append(Span(last.start, max(last.end, span.end), last.term))
        else:
            merged.append(span)
    return merged
