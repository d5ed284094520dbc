"""Expand plain words for a search sorted by relevance, with what the documents of an access scope hold.

Question words (`combien`) are left out, an unknown word is replaced by similar words, compounds are joined and split,
and words that stand side by side as typed score more. The effect of each: `docs/decisions/0019-ranking.md`.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, islice, pairwise
from math import log

from index import (
    Or,
    Phrase,
    Query,
    Term,
    TermInFields,
    Token,
    WeightedField,
    WindowField,
    Windows,
    analyze,
    fold,
    has_only_stop_words,
    is_french,
    without_compounds,
    word_runs,
)
from kb.search.known_words import KnownWords
from kb.search.ranking_weights import (
    EXACT_WEIGHT,
    EXACT_WEIGHT_AMONG_LANGUAGES,
    PAGE_WEIGHT,
    PAIR_WEIGHT,
    QUOTE_WEIGHT,
)

_STEMS = (WeightedField("text"), WeightedField("page", PAGE_WEIGHT))
_AS_WRITTEN = (WeightedField("exact"), WeightedField("page_exact", PAGE_WEIGHT))
_WORDS_BETWEEN_PAIR = 1
"""Other words that may stand between two words of a pair."""
_MOST_NEIGHBOURS = 3
"""Similar words that replace a word. Together they weigh as much as the word; each later one counts for less."""
_MOST_NEIGHBOURS_COMPARED = 8
"""Neighbours among which these are chosen."""
_SHORTEST = 3
"""Letters of a word that may be misspelt."""
_SHORT = 4
"""Shorter words have too many similar ones: only those that occur with other query words are replacements."""
_MOST_UNKNOWN = 3
"""Words whose neighbours are looked for: each is compared with all words there are."""
_MOST_PAIRS = 12
_INVERSION = re.compile(r"(?P<verb>.+?)-(?:t-)?(?:je|tu|ils?|elles?|on|ce)", re.IGNORECASE)
QUESTION_WORDS = frozenset(
    """
    combien comment pourquoi quand quoi lequel laquelle lesquels lesquelles auquel auxquels auxquelles duquel desquels
    desquelles est
    """.split()
)
"""Words that only ask, folded; others (`qui`, `quel`) are stop words. `est` is not, for it also names the east."""
_ASKING_VERBS = frozenset(("peut", "puis", "peux", "faire", "fait"))
"""Verbs that only ask, folded: `que faire`, `peut-on`."""


@dataclass(frozen=True, slots=True)
class ExpandedQuery:
    """The expanded query: `query` matches, `pairs` only add to the scores of its matches, `windows` only raise them.

    `existing`: words that documents hold as typed; `corrections`: words that no document holds, with the words searched
    instead; `missing`: words that no document holds in any form, for which nothing was searched, as typed. The others
    are folded.
    """

    query: Query
    pairs: tuple[Query, ...]
    windows: tuple[Windows, ...]
    existing: frozenset[str]
    corrections: Mapping[str, tuple[str, ...]]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _QueryWord:
    """A folded word, its stems, and its weight. `whole`: a compound, whose parts are words too."""

    exact: str
    stems: tuple[str, ...]
    whole: bool = False
    weight: float = 1.0


@dataclass(slots=True)
class _Replacements:
    """The replacements of words that no document holds: two words side by side, or similar words; and the words for
    which there are none.
    """

    split_words: list[Query] = field(default_factory=list)
    words: list[_QueryWord] = field(default_factory=list)
    corrections: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unreplaced: list[str] = field(default_factory=list)


def expand_query(
    texts: Iterable[str],
    known: KnownWords,
    exempt: Collection[str] = (),
    items: KnownWords | None = None,
    quotes: Sequence[str] = (),
) -> ExpandedQuery | None:
    """Expand a sequence of plain words; None if all are stop words.

    `exempt`: folded words that are never replaced, and neither are those that `items` knows, if it is given. `quotes`:
    parts of the texts that were quoted, which count more where they stand as written.
    """
    typed = [_without_pronoun(run) for text in texts for run in word_runs(text)]
    document_languages = known.languages()
    languages = known.languages_knowing(typed, document_languages)
    significant = _significant_words(typed, languages[0])
    words = _query_words(significant, languages)
    if not words:
        return None
    # `e administration` may be written `eadministration`, or `e-administration`.
    neighbours = (word + other for word, other in pairwise(significant) if word.isalnum() and other.isalnum())
    joined = _query_words((*neighbours, *_acronyms(typed)), languages)
    exact = known.existing("exact", (word.exact for word in (*words, *joined)))
    unknown = [word for word in _unknown_words(words, exact, items or known) if word not in exempt]
    replacements = _replacements_for(unknown, words, known, languages)
    missing = () if exact.intersection(word.exact for word in joined) else _missing_words(replacements, words, known)
    searched = (*words, *(word for word in joined if word.exact in exact), *replacements.words)
    weight = EXACT_WEIGHT if len(document_languages) == 1 else EXACT_WEIGHT_AMONG_LANGUAGES
    stem_weights = _stem_weights(searched, known)
    page_counts = _page_counts(searched, known)
    parts = (
        *(query for word in searched for query in _term_queries(word, weight, stem_weights, page_counts)),
        *replacements.split_words,
    )
    windows = tuple(_page_windows(searched, weight, page_counts))
    pairs = dict.fromkeys(
        pair
        for language in languages
        for pair in (*_pair_queries(significant, language), *_quote_queries(quotes, language))
    )
    # With the accents and capitals of the query.
    forms = {fold(run): run for run in typed}
    missing = tuple(forms.get(word, word) for word in missing)
    query = Or(tuple(dict.fromkeys(parts)))
    return ExpandedQuery(query, tuple(pairs), windows, exact, replacements.corrections, missing)


def _without_pronoun(run: str) -> str:
    """The verb of an inverted question: `ont` of `ont-ils`, which is no compound."""
    inverted = _INVERSION.fullmatch(run)
    return inverted["verb"] if inverted else run


def content_words(text: str, language: str) -> list[str]:
    """The words of a question that it asks about, as typed: without stop words and words that only ask."""
    return _significant_words([_without_pronoun(run) for run in word_runs(text)], language)


def _significant_words(typed: Sequence[str], language: str) -> list[str]:
    """The typed words without stop words; without question words and verbs that only ask too, if there are others."""
    significant = [run for run in typed if not has_only_stop_words(run, language)]
    terms = ((run, _simple_words(analyze(run, language, exact=True))) for run in significant)
    dropped = QUESTION_WORDS | _ASKING_VERBS
    return [run for run, tokens in terms if any(token.term not in dropped for token in tokens)] or significant


def _simple_words(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """The words of a run: a compound stands before its parts and contains them."""
    return tokens[1:] if len(tokens) > 1 and tokens[0].end >= tokens[-1].end else tokens


def _query_words(significant: Iterable[str], languages: Sequence[str]) -> list[_QueryWord]:
    """The words of runs, without repetition and without single letters of a compound (`e-mail`)."""
    words: dict[str, _QueryWord] = {}
    for run in significant:
        for language in languages:
            exact = analyze(run, language, exact=True)
            parts = _simple_words(exact)
            for token, stem in zip(exact, analyze(run, language), strict=True):
                whole = len(parts) < len(exact) and token is exact[0]
                if whole or len(parts) == len(exact) or len(token.term) > 1:
                    word = words.get(token.term, _QueryWord(token.term, (), whole))
                    words[token.term] = replace(word, stems=tuple(dict.fromkeys((*word.stems, stem.term))))
    return list(words.values())


def _acronyms(typed: Sequence[str]) -> Iterator[str]:
    """Acronyms typed letter by letter: `D G S`."""
    for single, letters in groupby(typed, key=lambda run: len(run) == 1 and run.isalpha()):
        if single and len(word := "".join(letters)) > 1:
            yield word


def _unknown_words(words: Sequence[_QueryWord], exact: frozenset[str], known: KnownWords) -> list[str]:
    """Words that no document holds in any form; or not as typed, if no dictionary has them either.

    A typing error may have the stem of another word: `formationn`.
    """
    doubtful = [
        word
        for word in words
        if not word.whole and len(word.exact) >= _SHORTEST and word.exact.isalpha() and word.exact not in exact
    ]
    if doubtful:
        found = known.existing("page_exact", exacts := [word.exact for word in doubtful]) | known.existing(
            "exact", exacts
        )
        doubtful = [word for word in doubtful if word.exact not in found]
    doubtful_stems = [stem for word in doubtful for stem in word.stems]
    stems = known.existing("text", doubtful_stems) | known.existing("page", doubtful_stems)
    return [word.exact for word in doubtful if stems.isdisjoint(word.stems) or not is_french(word.exact)]


def _replacements_for(
    unknown: Sequence[str], words: Sequence[_QueryWord], known: KnownWords, languages: Sequence[str]
) -> _Replacements:
    replacements = _Replacements()
    for word in unknown[:_MOST_UNKNOWN]:
        others = tuple(dict.fromkeys(stem for other in words if other.exact != word for stem in other.stems))
        if len(word) >= _SHORT and (halves := _split(word, known)):
            replacements.split_words.append(Phrase("exact", halves, (0, 1)))
        elif near := _likely_neighbours(word, others, known):
            replacements.words += _words_sharing_weight(near, languages)
            replacements.corrections[word] = near
        else:
            replacements.unreplaced.append(word)
    return replacements


def _missing_words(replacements: _Replacements, words: Sequence[_QueryWord], known: KnownWords) -> tuple[str, ...]:
    """The unreplaced words of which no document holds another form either, in its own text or in that of its page."""
    alone = [word for word in words if word.exact in replacements.unreplaced]
    stems = [stem for word in alone for stem in word.stems]
    known_stems = known.existing("text", stems) | known.existing("page", stems) if stems else frozenset[str]()
    return tuple(word.exact for word in alone if known_stems.isdisjoint(word.stems))


def _split(word: str, words: KnownWords) -> tuple[str, str] | None:
    """The two words that a word joins, if they stand side by side in some document."""
    halves = [(word[:split], word[split:]) for split in range(1, len(word))]
    known_halves = words.existing("exact", (half for both in halves for half in both))
    likely = (both for both in halves if known_halves.issuperset(both))
    return next((both for both in likely if words.has_phrase(both)), None)


def _likely_neighbours(word: str, others: Sequence[str], words: KnownWords) -> tuple[str, ...]:
    """The similar words that replace a word: exchanged letters first, then those that most documents hold
    together with other typed words, then those that most hold at all. `others` are the stems of the other words.

    None if the word is probably a question word.
    """
    # Words of page texts only where users have no similar one: pages hold more rare names and errors.
    every = words.near(word, _MOST_NEIGHBOURS_COMPARED) or words.near_in_pages(word, _MOST_NEIGHBOURS_COMPARED)
    near = [neighbour for neighbour in every if neighbour.value.isalpha()]
    if any(neighbour.value in QUESTION_WORDS for neighbour in near):
        return ()
    together = {neighbour.value: words.together(neighbour.value, others) for neighbour in near}
    if len(word) < _SHORT:
        near = [neighbour for neighbour in near if together[neighbour.value]]
    near.sort(
        key=lambda neighbour: (
            sorted(neighbour.value) != sorted(word),
            -together[neighbour.value],
            -neighbour.count,
            neighbour.value,
        )
    )
    return tuple(neighbour.value for neighbour in near[:_MOST_NEIGHBOURS])


def _words_sharing_weight(near: Sequence[str], languages: Sequence[str]) -> Iterator[_QueryWord]:
    """These words with decreasing weights: the second a half of the first, the third a third."""
    shares = [1 / rank for rank in range(1, len(near) + 1)]
    for word, share in zip(near, shares, strict=True):
        yield from (replace(query_word, weight=share / sum(shares)) for query_word in _query_words([word], languages))


def _stem_weights(words: Sequence[_QueryWord], known: KnownWords) -> Mapping[tuple[str, str], float]:
    """The weight of each stem of a word with several stems: as rare as all of them together.

    Otherwise the few English documents that hold « accueil » would come before all French ones, because it is rare as
    an English stem. The key is the word and the stem.
    """
    several = [word for word in words if len(word.stems) > 1]
    frequencies = known.frequencies("text", [stem for word in several for stem in word.stems]) if several else None
    if frequencies is None:
        return {}
    counts = iter(frequencies.counts)
    stem_weights: dict[tuple[str, str], float] = {}
    for word in several:
        counts_by_stem = {stem: next(counts) for stem in word.stems}
        together = inverse_document_frequency(
            min(sum(counts_by_stem.values()), frequencies.documents), frequencies.documents
        )
        stem_weights |= {
            (word.exact, stem): together / inverse_document_frequency(count, frequencies.documents)
            for stem, count in counts_by_stem.items()
        }
    return stem_weights


def _page_counts(words: Sequence[_QueryWord], known: KnownWords) -> Mapping[str, int]:
    """How many page texts hold each stem of the words; empty if none holds any."""
    stems = tuple(dict.fromkeys(stem for word in words for stem in word.stems))
    counts = known.frequencies("page", stems).counts
    return dict(zip(stems, counts, strict=True)) if any(counts) else {}


def inverse_document_frequency(count: int, documents: int) -> float:
    """The inverse document frequency, as the engine computes it (docs/architecture.md)."""
    return log(1 + (documents - count + 0.5) / (count + 0.5))


def _term_queries(
    word: _QueryWord, exact: float, stem_weights: Mapping[tuple[str, str], float], page_counts: Mapping[str, int]
) -> Iterator[Query]:
    """The stems of a word, and the word as written. In page texts too, as parts of the same text, if any holds it."""
    for stem in word.stems:
        weight = word.weight * stem_weights.get((word.exact, stem), 1.0)
        yield TermInFields(_STEMS, stem, weight) if page_counts.get(stem) else Term("text", stem, weight)
    weight = word.weight * exact
    yield TermInFields(_AS_WRITTEN, word.exact, weight) if page_counts else Term("exact", word.exact, weight)


def _page_windows(words: Sequence[_QueryWord], exact: float, page_counts: Mapping[str, int]) -> Iterator[Windows]:
    """The windows of page texts. A word counts once, in the language of most page texts that hold it."""
    if not page_counts:
        return
    stems, as_written = [], []
    for word in words:
        if word.stems:
            stem = max(word.stems, key=lambda stem: page_counts[stem])
            stems.append(TermInFields(_STEMS, stem, word.weight))
            as_written.append(TermInFields(_AS_WRITTEN, word.exact, word.weight * exact))
    yield Windows((WindowField("page", tuple(stems)), WindowField("page_exact", tuple(as_written))))


def _pair_queries(significant: Sequence[str], language: str) -> Iterator[Query]:
    """Words that were typed side by side, ignoring stop words: `mairie de Paris` matches `mairie Paris`."""
    tokens = without_compounds(analyze(" ".join(significant), language))
    for token, other in islice(pairwise(tokens), _MOST_PAIRS):
        yield Phrase(
            "text", (token.term, other.term), (0, other.position - token.position), _WORDS_BETWEEN_PAIR, PAIR_WEIGHT
        )


def _quote_queries(quotes: Sequence[str], language: str) -> Iterator[Query]:
    """Quoted parts as written."""
    for quote in quotes:
        if tokens := without_compounds(analyze(quote, language, exact=True)):
            terms = tuple(token.term for token in tokens)
            offsets = tuple(token.position - tokens[0].position for token in tokens)
            yield Phrase("exact", terms, offsets, weight=QUOTE_WEIGHT)
            yield Phrase("page_exact", terms, offsets, weight=QUOTE_WEIGHT * PAGE_WEIGHT)
