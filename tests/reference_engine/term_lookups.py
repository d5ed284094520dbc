"""Look up words in documents without a search: completions, similar terms, frequencies."""

from collections.abc import Mapping, Sequence

from index.analysis import fold
from index.hits import Completion, Frequencies, Neighbour
from index.schema import Field, Kind
from tests.reference_engine.matching import edit_distance
from tests.reference_engine.stored_document import StoredDocument


def complete(field: Field, start: str, documents: Sequence[StoredDocument], limit: int) -> tuple[Completion, ...]:
    """As `Engine.complete`, over these documents."""
    holders, prefix = _documents_by_term(field, documents), _spaced(start)
    forms = {term: term if field.kind is Kind.TEXT else _spaced(term) for term in holders}
    terms = [term for term in holders if _begins(forms[term], prefix) or _has_word(field, forms[term], prefix)]
    terms.sort(key=lambda term: (-len(holders[term]), not _begins(forms[term], prefix), forms[term], term))
    return tuple(
        Completion(_most_frequent_spelling(field, term, holders[term]), len(holders[term])) for term in terms[:limit]
    )


def neighbours(
    field: Field, term: str, documents: Sequence[StoredDocument], distance: int, limit: int
) -> tuple[Neighbour, ...]:
    """As `Engine.neighbours`, over these documents."""
    holders, compared = _documents_by_term(field, documents), _term_form(field, term)
    far = {other: edit_distance(compared, other) for other in holders if other != compared}
    terms = sorted(
        (other for other, away in far.items() if away <= distance),
        key=lambda term: (far[term], -len(holders[term]), term if field.kind is Kind.TEXT else _spaced(term), term),
    )
    return tuple(
        Neighbour(_most_frequent_spelling(field, other, holders[other]), far[other], len(holders[other]))
        for other in terms[:limit]
    )


def frequencies(field: Field, terms: Sequence[str], documents: Sequence[StoredDocument]) -> Frequencies:
    """As `Engine.frequencies`, over these documents."""
    holders = _documents_by_term(field, documents)
    return Frequencies(len(documents), tuple(len(holders.get(_term_form(field, term), ())) for term in terms))


def _documents_by_term(field: Field, documents: Sequence[StoredDocument]) -> Mapping[str, Sequence[StoredDocument]]:
    """The documents that hold each term."""
    holders: dict[str, list[StoredDocument]] = {}
    for document in documents:
        for term in set(document.terms(field)):
            holders.setdefault(term, []).append(document)
    return holders


def _term_form(field: Field, value: str) -> str:
    return field.compared(value) if field.kind is Kind.KEYWORD else value


def _spaced(text: str) -> str:
    """The folded text with single spaces."""
    return " ".join(fold(text).split())


def _begins(form: str, prefix: str) -> bool:
    return form.startswith(prefix)


def _has_word(field: Field, form: str, prefix: str) -> bool:
    """Whether a word inside the value begins with `prefix`; a term of a text is one word."""
    return field.kind is Kind.KEYWORD and any(
        not form[place - 1].isalnum() and form.startswith(prefix, place) for place in range(1, len(form))
    )


def _most_frequent_spelling(field: Field, term: str, holders: Sequence[StoredDocument]) -> str:
    """The most frequent spelling in these documents, the smallest one of equals."""
    if field.kind is Kind.TEXT:
        return term
    value_sets = [set(document.strings[field.name]) for document in holders]
    spellings = [value for values in value_sets for value in values if field.compared(value) == term]
    return min(set(spellings), key=lambda value: (-spellings.count(value), value))
