"""List the terms that a query looks for, field by field."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import assert_never

from index.query import Fuzzy, MultiTermQuery, Phrase, Prefix, Query, Term, TermInFields, Wildcard, leaves
from index.schema import Kind, Schema

_Wanted = Term | Phrase | MultiTermQuery


@dataclass(slots=True)
class QueryTerms:
    """The terms of a query for one kind of field (stems, or exact): `terms` by equality, `multi_terms` by pattern."""

    terms: set[str] = field(default_factory=set)
    multi_terms: list[MultiTermQuery] = field(default_factory=list)
    phrases: list[Phrase] = field(default_factory=list)

    @property
    def test(self) -> Callable[[str], bool]:
        """A test whether a term of a text is one of those, apart from phrases."""
        return self._reaches if self.multi_terms else self.terms.__contains__

    def _reaches(self, term: str) -> bool:
        return term in self.terms or any(_resembles(wildcard, term) for wildcard in self.multi_terms)


def fields_asked(query: Query) -> frozenset[str]:
    """The TEXT fields in which a query searches words."""
    return frozenset(node.field for node in _positive(query))


def query_terms_of(query: Query, fields: Iterable[str], schema: Schema) -> tuple[QueryTerms, QueryTerms]:
    """The terms of a query for the stemmed and for the exact ones of some TEXT fields."""
    stems, exact = QueryTerms(), QueryTerms()
    by_field = {name: exact if schema[name].exact else stems for name in fields if schema[name].kind is Kind.TEXT}
    for node in _positive(query):
        if (terms := by_field.get(node.field)) is not None:
            _add(node, terms)
    return stems, exact


def _add(node: _Wanted, terms: QueryTerms) -> None:
    match node:
        case Term(_, value):
            terms.terms.add(value)
        case Phrase(_, values):
            if values:
                terms.phrases.append(node)
        case Prefix() | Wildcard() | Fuzzy():
            terms.multi_terms.append(node)
        case _:
            assert_never(node)


def _positive(query: Query) -> Iterator[_Wanted]:
    """The nodes that match by words; excluded ones are never marked."""
    for leaf in leaves(query, excluded=False):
        if isinstance(leaf, TermInFields):
            yield from (Term(field.name, leaf.value) for field in leaf.fields)
        elif isinstance(leaf, Term | Phrase | MultiTermQuery):
            yield leaf


def _resembles(query: MultiTermQuery, term: str) -> bool:
    match query:
        case Prefix(_, value):
            return term.startswith(value)
        case Wildcard(_, pattern):
            return _fits(pattern, term)
        case Fuzzy(_, value, distance):
            return _is_near(value, term, distance)
        case _:
            assert_never(query)


def _fits(pattern: str, term: str) -> bool:
    """Whether the pattern matches the whole term. Of several stars, only the last one is ever tried again."""
    position = sign = 0
    star, resume = -1, 0
    while position < len(term):
        if sign < len(pattern) and pattern[sign] == "*":
            star, resume = sign, position
            sign += 1
        elif sign < len(pattern) and pattern[sign] in ("?", term[position]):
            sign, position = sign + 1, position + 1
        elif star >= 0:
            resume += 1
            sign, position = star + 1, resume
        else:
            return False
    return not pattern[sign:].strip("*")


def _is_near(word: str, other: str, most: int) -> bool:
    """Whether two words are at most so many edits apart (optimal string alignment)."""
    if abs(len(word) - len(other)) > most:
        return False
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(word):
        earlier, before, row = before, row, [i + 1]
        for j, facing in enumerate(other):
            cost = min(before[j + 1] + 1, row[j] + 1, before[j] + (letter != facing))
            if i and j and letter == other[j - 1] and word[i - 1] == facing:
                cost = min(cost, earlier[j - 1] + 1)
            row.append(cost)
        if min(row) > most:
            return False
    return row[-1] <= most
