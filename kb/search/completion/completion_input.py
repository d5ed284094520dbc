"""Find the word that is being typed at the end of a text, and the text before it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from index import KeywordField, TextWords, analyze, field_query_text, fold
from kb.model.search_request import MAX_QUERY, SearchRequest
from kb.search.query_syntax import LANGUAGES, SHARER_MEANINGS, query_syntax_for

MOST_WORDS = 3
"""Words of a tag, a name or a title that are completed together."""
_OPENING = re.compile('["“”„«]')
_CLOSING = {"«": "»"}
_LAST = re.compile(r"(?<![^\s()\"“”„«»])[^\s()\"“”„«»]*$")
_BEFORE = re.compile(rf"(?:(?<=[\s(\"“”„«»])|^)((?:[^\s()\"“”„«»:*~-][^\s()\"“”„«»:*~]*\s+){{1,{MOST_WORDS - 1}}})$")
_FIELD_NAME_BEFORE = re.compile(r"(?:^|(?<=[\s(]))-?([^\s():\"“”„«»]+):$")
_WORD_AND_SPACE = re.compile(r"(?<!\S)\S+\s+")
_APOSTROPHES = "'’"
_OPERATORS = frozenset("AND OR NOT ET OU SAUF".split())


class CompletionKind(Enum):
    """The kind of value that a field takes, or that may be suggested without a field."""

    ANYTHING = "anything"
    WORDS = "words"
    TAG = "tag"
    AUTHOR = "author"
    """Who wrote the page, or who shared it."""
    SHARER = "sharer"
    SOURCE = "source"
    NOTHING = "nothing"
    """A field whose values are not completed: dates, languages, sites."""


_VALUE_KINDS = (CompletionKind.TAG, CompletionKind.AUTHOR, CompletionKind.SHARER, CompletionKind.SOURCE)


@dataclass(frozen=True, slots=True)
class TypedPrefix:
    """The typed prefix of a value: some words at the end of a text, and the text before them."""

    letters: str
    before: str


@dataclass(frozen=True, slots=True)
class CompletionInput:
    """`word`: the last word, None if none is being typed; its `before` ends where the word begins.

    `values`: typed prefixes of a value of several words, the longest first; `before` leaves out a field's name. If
    nothing was typed, any tag may be suggested, and after a field's name any of its values.
    """

    asked: CompletionKind
    word: TypedPrefix | None
    values: tuple[TypedPrefix, ...]


def parse_completion_input(text: str) -> CompletionInput:
    """The input that is being typed in a text; a space at the end completes the word before it."""
    if len(text) > MAX_QUERY:
        return CompletionInput(CompletionKind.NOTHING, None, ())
    position = _input_position(text)
    if not text.strip():
        return CompletionInput(CompletionKind.TAG, None, (TypedPrefix("", ""),))
    if position.begin == len(text) and position.asked in _VALUE_KINDS:
        return CompletionInput(position.asked, None, (TypedPrefix("", text[: position.edge].rstrip()),))
    if not any(map(str.isalnum, text[position.begin :])) or text[-1].isspace() or text[-1] in _APOSTROPHES:
        return CompletionInput(CompletionKind.NOTHING, None, ())
    return CompletionInput(position.asked, _last_word(text, position.begin), tuple(_value_prefixes(text, position)))


@dataclass(frozen=True, slots=True)
class _InputPosition:
    """The start of the typed prefix, and the start of the operator or field name before it."""

    begin: int
    edge: int
    asked: CompletionKind = CompletionKind.ANYTHING


def _input_position(text: str) -> _InputPosition:
    opened = _open_quote(text)
    if opened is not None:
        named = _FIELD_NAME_BEFORE.search(text[:opened])
        if named and (completion_kind := _KINDS_BY_FIELD.get(fold(named[1]))):
            return _InputPosition(opened + 1, named.start(), completion_kind)
        return _InputPosition(opened + 1, opened)
    last = _LAST.search(text)
    begin = last.start() if last else 0
    name, colon, _ = text[begin:].removeprefix("-").partition(":")
    dash = int(text[begin:].startswith("-"))
    if colon and (completion_kind := _KINDS_BY_FIELD.get(fold(name))):
        return _InputPosition(begin + dash + len(name) + 1, begin, completion_kind)
    return _InputPosition(begin + dash, begin + dash)


def _open_quote(text: str) -> int | None:
    """The position of a quotation mark that is not closed."""
    position = 0
    while match := _OPENING.search(text, position):
        closing = re.compile(_CLOSING.get(match[0], '["“”„]')).search(text, match.end())
        if closing is None:
            return match.start()
        position = closing.end()
    return None


def _last_word(text: str, begin: int) -> TypedPrefix | None:
    """The last word, without an elided article."""
    word = text[begin:].rsplit(maxsplit=1)[-1]
    last = len(text) - len(word)
    for language in LANGUAGES:
        tokens = [token for token in analyze(word, language, exact=True) if token.end == len(word)]
        if tokens:
            token = min(tokens, key=lambda token: token.start)
            return TypedPrefix(token.term, text[: last + token.start])
    # The prefix of a word may be a stop word.
    return TypedPrefix(fold(word), text[:last]) if word.isalnum() else None


def _value_prefixes(text: str, position: _InputPosition) -> Iterator[TypedPrefix]:
    """The typed prefixes, first with the words before them, unless an operator separates these."""
    if position.edge == position.begin:
        before = _BEFORE.search(text[: position.begin])
        words = _WORD_AND_SPACE.findall(before[1]) if before else []
        for first in range(len(words)):
            if _OPERATORS.isdisjoint(word.strip() for word in words[first:]):
                start = position.begin - sum(map(len, words[first:]))
                yield TypedPrefix(_without_article(text[start:]), text[:start].rstrip())
    yield TypedPrefix(_without_article(text[position.begin :]), text[: position.edge].rstrip())


def _without_article(words: str) -> str:
    """The words without an elided article before the first: `l'eau pot` may begin the tag `eau potable`."""
    first = words.split(maxsplit=1)[0]
    tokens = analyze(first, LANGUAGES[0], exact=True)
    return words.lstrip()[min((token.start for token in tokens), default=0) :]


def typed_terms(letters: str) -> tuple[tuple[str, ...], str]:
    """The folded words of the typed prefix, without stop words; and the last word, perhaps incomplete."""
    *whole, prefix = letters.split() or [""]
    terms = [token.term for word in whole for token in analyze(word, LANGUAGES[0], exact=True)]
    last = [token.term for token in analyze(prefix, LANGUAGES[0], exact=True)] or [fold(prefix)]
    return tuple(terms), last[-1]


def _kinds_by_field() -> Mapping[str, CompletionKind]:
    """The kind of value that each field takes, by its folded name."""
    keywords = {"tag_folded": CompletionKind.TAG, "author": CompletionKind.SHARER}
    completion_kinds: dict[str, CompletionKind] = {}
    for name, meanings in query_syntax_for(SearchRequest(), ()).fields.items():
        match meanings[0]:
            case KeywordField("author") if len(meanings) > len(SHARER_MEANINGS):
                completion_kinds[fold(name)] = CompletionKind.AUTHOR
            case KeywordField(field):
                completion_kinds[fold(name)] = keywords.get(field, CompletionKind.NOTHING)
            case TextWords(words):
                completion_kinds[fold(name)] = (
                    CompletionKind.SOURCE if words[0].field == "source_words" else CompletionKind.WORDS
                )
            case _:
                completion_kinds[fold(name)] = CompletionKind.NOTHING
    return completion_kinds


_KINDS_BY_FIELD = _kinds_by_field()
