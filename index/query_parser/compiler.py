"""Compile the syntax tree of a query text to a query, with a `Syntax`."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Literal, assert_never

from index.plan import Bounds
from index.query import AnyOf, Fuzzy, Not, Prefix, Query, Range, Wildcard
from index.query_parser.ignored_parts import IgnoredPartList, IgnoredReason
from index.query_parser.parser_configuration import (
    AlternativePhrase,
    DateBoundary,
    FieldMeaning,
    KeywordField,
    PeriodField,
    Syntax,
    TextWords,
)
from index.query_parser.syntax_tree import (
    Both,
    Either,
    FuzzyWord,
    InField,
    Leaf,
    Node,
    Pattern,
    Quote,
    Together,
    Without,
    Word,
    unparse,
)
from index.query_parser.text_queries import (
    all_of,
    all_words_query,
    any_of,
    any_word_query,
    exact_order_query,
    fuzzy_query,
    has_only_stop_words,
    pattern_query,
    phrase_query,
)
from index.query_parser.word_replacement import word_sequences

_TWO_LETTERS = re.compile(r"[^\W_]{2}")


class _Need(Enum):
    """Whether a part of a plain sequence is required."""

    ALWAYS = "always"
    """Asked for with a sign: a phrase, a field, an operator."""
    IF_ALL = "if all"
    """A word: wanted when all words are."""
    NEVER = "never"
    """A stop word of some language: documents of that language cannot be asked to hold it."""


@dataclass(frozen=True, slots=True)
class _Part:
    query: Query
    need: _Need


_Meaning = Query | None | Literal[IgnoredReason.SENSE, IgnoredReason.WILDCARDS]
"""None: it has no meaning (only stop words), and is dropped from its parent."""


@dataclass(slots=True)
class Compiler:
    """Compiles one tree.

    `fields` by folded name; `first` is the language whose stop words are ignored in any language. `ignored` collects
    the parts that are not searched as typed, `alternatives` alternative phrases, each of which is enough by itself.
    """

    syntax: Syntax
    fields: Mapping[str, tuple[FieldMeaning, ...]]
    first: str | None
    bounds: Bounds
    ignored: IgnoredPartList
    multi_terms: int = 0
    leading_wildcards: int = 0
    alternatives: list[Query] = field(default_factory=list)

    def query(self, tree: Node) -> Query | None:
        """The query of a whole text; None if it has nothing to search."""
        nodes = tree.parts if isinstance(tree, Together) else (tree,)
        part = self._together(
            nodes, (self.syntax.bare,), needed=self.syntax.all_words, alternatives=self._alternative_phrases(nodes)
        )
        return part.query if part else None

    def _alternative_phrases(self, nodes: tuple[Node, ...]) -> list[AlternativePhrase]:
        """Alternative phrases for some of the nodes, by their index among all of them."""
        if any(isinstance(node, Both | Either) for node in nodes):
            return []
        return [
            replace(phrase, start=first + phrase.start, end=first + phrase.end)
            for first, words in word_sequences(nodes)
            for phrase in self.syntax.otherwise(words)
        ]

    def _alternatives(
        self, parts: list[_Part | None], alternatives: Iterable[AlternativePhrase], *, needed: bool
    ) -> list[_Part | None]:
        """The parts, with alternative phrases for some of them: where the words are required, any alternative is
        enough.
        """
        whole = list(parts)
        for phrase in alternatives:
            other = [
                query
                for text, weight in phrase.others
                if (query := exact_order_query(text, weight, self.syntax.bare, self.syntax.languages))
            ]
            if needed:
                typed = all_of(part.query for part in parts[phrase.start : phrase.end] if part)
                whole[phrase.start : phrase.end] = [None] * (phrase.end - phrase.start)
                other = [query] if (query := any_of([*([typed] if typed else []), *other])) else []
            else:
                self.alternatives += other
            whole += [_Part(query, _Need.IF_ALL) for query in other]
        return whole

    def _part(self, node: Node, meanings: tuple[FieldMeaning, ...], *, needed: bool) -> _Part | None:
        """One node. `needed`: each word of it is required, not any."""
        match node:
            case Word() | Quote() | Pattern() | FuzzyWord():
                return self._leaf(node, meanings, needed=needed)
            case InField(name, inner):
                return self._inside(name, inner, needed=needed)
            case Without(inner):
                return _always(Not(part.query) if (part := self._part(inner, meanings, needed=True)) else None)
            case Both(parts):
                return _always(all_of(self._each(parts, meanings)))
            case Either(parts):
                return _always(any_of(self._each(parts, meanings)))
            case Together(parts):
                return self._together(parts, meanings, needed=needed)
            case _:
                assert_never(node)

    def _each(self, nodes: tuple[Node, ...], meanings: tuple[FieldMeaning, ...]) -> list[Query]:
        return [part.query for node in nodes if (part := self._part(node, meanings, needed=True))]

    def _together(
        self,
        nodes: tuple[Node, ...],
        meanings: tuple[FieldMeaning, ...],
        *,
        needed: bool,
        alternatives: Iterable[AlternativePhrase] = (),
    ) -> _Part | None:
        """All required parts, and any of the others.

        Beside a typed ET or OU, the other parts are required too: `agents (rennes OU brest)` requires agents.
        """
        needed = needed or any(isinstance(node, Both | Either) for node in nodes)
        each = self._alternatives(
            [self._part(node, meanings, needed=needed) for node in nodes], alternatives, needed=needed
        )
        parts = [part for part in each if part]
        must = [part.query for part in parts if part.need is _Need.ALWAYS]
        words = [part.query for part in parts if part.need is _Need.IF_ALL]
        stops = [part.query for part in parts if part.need is _Need.NEVER]
        choice = all_of(words or stops) if needed else any_of(words + stops)
        query = all_of(([choice] if choice else []) + must)
        return _Part(query, _Need.ALWAYS if must else _Need.IF_ALL) if query else None

    def _inside(self, name: str, inner: Node, *, needed: bool) -> _Part | None:
        if isinstance(inner, Word | Quote | Pattern | FuzzyWord):
            meaning = self._meaning_of(inner, self.fields[name], needed=needed)
            if isinstance(meaning, IgnoredReason):
                return self._as_words(meaning, unparse(InField(name, inner)), needed=needed)
            return _always(meaning)
        part = self._part(inner, self.fields[name], needed=needed)
        return _always(part.query if part else None)

    def _leaf(self, leaf: Leaf, meanings: tuple[FieldMeaning, ...], *, needed: bool) -> _Part | None:
        meaning = self._meaning_of(leaf, meanings, needed=needed)
        if isinstance(meaning, IgnoredReason):
            return self._as_words(meaning, unparse(leaf), needed=needed)
        if meaning is None:
            return None
        if isinstance(leaf, Quote):
            return _always(meaning)
        languages = self.syntax.languages if isinstance(leaf, Word) else ()
        is_stop_word = any(has_only_stop_words(leaf.text, code) for code in languages)
        return _Part(meaning, _Need.NEVER if is_stop_word else _Need.IF_ALL)

    def _as_words(self, why: IgnoredReason, text: str, *, needed: bool) -> _Part | None:
        self.ignored.add(why, text)
        meaning = self._in_text(Word(text), self.syntax.bare, needed=needed)
        return _Part(meaning, _Need.IF_ALL) if meaning and not isinstance(meaning, IgnoredReason) else None

    def _meaning_of(self, leaf: Leaf, meanings: tuple[FieldMeaning, ...], *, needed: bool) -> _Meaning:
        """The meaning of a leaf in all fields that accept it."""
        if isinstance(leaf, Pattern | FuzzyWord) and leaf != Pattern("*") and not self._may_stand(leaf):
            return IgnoredReason.WILDCARDS
        each = [self._in_one(leaf, meaning, needed=needed) for meaning in meanings]
        understood = [meaning for meaning in each if not isinstance(meaning, IgnoredReason)]
        return any_of(meaning for meaning in understood if meaning) if understood else IgnoredReason.SENSE

    def _may_stand(self, wildcard: Pattern | FuzzyWord) -> bool:
        """Whether the limit allows one more wildcard."""
        most = self.bounds.leading_wildcards
        weight = 0 if wildcard.text[:1] not in ("*", "?") else 1 if _TWO_LETTERS.search(wildcard.text) else max(most, 1)
        if self.multi_terms >= self.bounds.multi_terms or self.leading_wildcards + weight > most:
            return False
        self.multi_terms += 1
        self.leading_wildcards += weight
        return True

    def _in_one(self, leaf: Leaf, meaning: FieldMeaning, *, needed: bool) -> _Meaning:
        match meaning:
            case TextWords():
                return self._in_text(leaf, meaning, needed=needed)
            case KeywordField():
                return _value(leaf, meaning)
            case PeriodField():
                return _days(leaf, meaning)
            case _:
                assert_never(meaning)

    def _in_text(self, leaf: Leaf, words: TextWords, *, needed: bool) -> _Meaning:
        languages = self.syntax.languages
        match leaf:
            case Word(text):
                if has_only_stop_words(text, self.first):
                    return None
                find = all_words_query if needed or words.whole else any_word_query
                return find(text, words, languages)
            case Quote(text):
                return None if has_only_stop_words(text, self.first) else phrase_query(text, words, languages)
            case Pattern(text):
                return pattern_query(text, words, languages) or IgnoredReason.SENSE
            case FuzzyWord(text, distance):
                return fuzzy_query(text, distance, words, languages) or IgnoredReason.SENSE
            case _:
                assert_never(leaf)


def _always(query: Query | None) -> _Part | None:
    return _Part(query, _Need.ALWAYS) if query else None


def _value(leaf: Leaf, keyword: KeywordField) -> _Meaning:
    """The stored values of the typed one, or those of a pattern."""
    match leaf:
        case Word(text) | Quote(text):
            values = keyword.values(text.strip())
            return AnyOf(keyword.field, values) if values else IgnoredReason.SENSE
        case Pattern(text) if set(text.rstrip("*")).isdisjoint("*?"):
            typed = text.rstrip("*")
            query = any_of(Prefix(keyword.field, value) for value in (keyword.values(typed) if typed else ("",)))
        case Pattern(text):
            query = any_of(Wildcard(keyword.field, value) for value in keyword.values(text))
        case FuzzyWord(text, distance):
            query = any_of(Fuzzy(keyword.field, value, distance) for value in keyword.values(text))
        case _:
            assert_never(leaf)
    return query or IgnoredReason.SENSE


def _days(leaf: Leaf, period: PeriodField) -> _Meaning:
    days = period.days(leaf.text) if isinstance(leaf, Word | Quote) else None
    if days is None:
        return IgnoredReason.SENSE
    first, last = days
    match period.side:
        case DateBoundary.BEFORE:
            return Range(period.field, high=first - 1)
        case DateBoundary.AFTER:
            return Range(period.field, low=first)
        case DateBoundary.WITHIN:
            return Range(period.field, first, last)
        case _:
            assert_never(period.side)
