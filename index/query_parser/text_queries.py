"""Turn words, phrases and patterns into queries of TEXT fields, in several languages at once."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from index.analysis import Token, analyze, fold, without_compounds, word_runs
from index.query import And, Everything, Fuzzy, Or, Phrase, Prefix, Query, Term, Wildcard
from index.query_parser.parser_configuration import SearchedField, TextWords

Languages = tuple[str | None, ...]


def any_of(queries: Iterable[Query]) -> Query | None:
    """The union of the queries, without repetition; None without queries."""
    parts = tuple(dict.fromkeys(queries))
    return parts[0] if len(parts) == 1 else Or(parts) if parts else None


def all_of(queries: Iterable[Query]) -> Query | None:
    """The intersection of the queries; None without queries."""
    parts = tuple(dict.fromkeys(queries))
    return parts[0] if len(parts) == 1 else And(parts) if parts else None


def has_only_stop_words(text: str, language: str | None) -> bool:
    """Whether a text has words, but only stop words of a language."""
    return not analyze(text, language, exact=True)


def exact_order_query(text: str, weight: float, words: TextWords, languages: Languages) -> Query | None:
    """The stems of a text's words in order, for so much of the score; an acronym by its letters."""
    searched = words.exactly if text.isupper() and words.exactly else words.words
    return phrase_query(
        text, TextWords(tuple(replace(field, weight=field.weight * weight) for field in searched)), languages
    )


def any_word_query(text: str, words: TextWords, languages: Languages) -> Query | None:
    """Any word of the text. A compound matches by itself and by its parts, except single letters (`e-mail`)."""
    return any_of(
        Term(searched.field, token.term, searched.weight)
        for searched in words.words
        for language in languages
        for run in word_runs(text)
        for token in _significant_tokens(analyze(run, language, exact=searched.exact))
    )


def all_words_query(text: str, words: TextWords, languages: Languages) -> Query | None:
    """All words of the text. A compound matches as one word, or by its parts one after the other."""
    return all_of(query for run in word_runs(text) if (query := _strict_run(run, words, languages)))


def phrase_query(text: str, words: TextWords, languages: Languages) -> Query | None:
    """The words in order, with room for the stop words between them."""
    return any_of(
        query
        for searched in words.exactly or words.words
        for language in languages
        if (query := _in_order(analyze(text, language, exact=searched.exact), searched))
    )


def pattern_query(text: str, words: TextWords, languages: Languages) -> Query | None:
    """The words of a pattern; None if it is not a pattern of one word."""
    if text.strip("*") == "":
        return Everything()
    head = text.replace("?", "*").split("*", 1)[0]
    heads = dict.fromkeys(_heads(head, languages))
    return any_of(
        query
        for searched in words.exactly or words.words
        for term in heads
        for query in _patterns(term, text[len(head) :], head, searched, languages)
    )


def fuzzy_query(text: str, distance: int, words: TextWords, languages: Languages) -> Query | None:
    """Words similar to this one; None if it is not one word."""
    return any_of(
        Fuzzy(searched.field, term, distance, searched.weight)
        for searched in words.exactly or words.words
        for term in dict.fromkeys(_heads(text, languages))
    )


def _strict_run(run: str, words: TextWords, languages: Languages) -> Query | None:
    return any_of(
        query
        for searched in words.words
        for language in languages
        for query in _alternatives(analyze(run, language, exact=searched.exact), searched)
    )


def _alternatives(tokens: tuple[Token, ...], searched: SearchedField) -> Iterator[Query]:
    whole, parts = _split_compound(tokens)
    if whole is not None:
        yield Term(searched.field, whole.term, searched.weight)
    if (query := _in_order(parts, searched)) is not None:
        yield query


def _in_order(tokens: tuple[Token, ...], searched: SearchedField) -> Query | None:
    if not tokens:
        return None
    parts = without_compounds(tokens)
    if len(parts) == 1:
        return Term(searched.field, parts[0].term, searched.weight)
    first = parts[0].position
    offsets = tuple(token.position - first for token in parts)
    return Phrase(searched.field, tuple(token.term for token in parts), offsets, weight=searched.weight)


def _split_compound(tokens: tuple[Token, ...]) -> tuple[Token | None, tuple[Token, ...]]:
    """The compound of a run, if it is one, and its parts."""
    if len(tokens) > 1 and tokens[0].end >= tokens[-1].end:
        return tokens[0], tokens[1:]
    return None, tokens


def _significant_tokens(tokens: tuple[Token, ...]) -> Iterator[Token]:
    whole, parts = _split_compound(tokens)
    if whole is not None:
        yield whole
    yield from (token for token in parts if whole is None or len(token.term) > 1)


def _heads(text: str, languages: Languages) -> Iterator[str]:
    """The letters that the index may hold for one word or its prefix; none if the text is several words."""
    if text.strip("'\u2019") == "":
        yield ""
        return
    if len(list(word_runs(text))) > 1:
        return
    for language in languages:
        tokens = analyze(text, language, exact=True)
        whole, parts = _split_compound(tokens)
        if whole is not None or len(parts) == 1:
            yield (whole or parts[0]).term
        elif not tokens and text.isalnum():
            # The prefix of a word may be a stop word (`des*`).
            yield fold(text)


def _patterns(head: str, tail: str, typed: str, searched: SearchedField, languages: Languages) -> Iterator[Query]:
    if tail.strip("*") == "":
        yield Prefix(searched.field, head, searched.weight)
        if not searched.exact:
            # A field of stems does not hold the letters of `administration*`, but the stem of that word.
            yield from (
                Term(searched.field, token.term, searched.weight)
                for language in languages
                for token in analyze(typed, language)
            )
    else:
        yield Wildcard(searched.field, head + _letters(tail), searched.weight)


def _letters(text: str) -> str:
    """The letters and signs of a pattern, as terms are written: folded, joined across hyphens and apostrophes."""
    return "".join(char for char in fold(text) if char.isalnum() or char in "*?")
