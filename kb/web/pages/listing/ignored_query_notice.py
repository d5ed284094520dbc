"""Messages about the parts of a query that were not searched as typed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kb.errors import translatable
from kb.search.index_search import IgnoredPart, IgnoredReason
from kb.translation import Translator

_SENTENCES: Mapping[IgnoredReason, str] = {
    IgnoredReason.SENSE: translatable("Searched as plain words, because it could not be understood:"),
    IgnoredReason.WORDS: translatable("Not searched, because the question has too many words:"),
    IgnoredReason.WILDCARDS: translatable("Searched as plain words, because the question has too many patterns:"),
    IgnoredReason.DEPTH: translatable("Not read, because it is inside too many parentheses:"),
    IgnoredReason.TERMS: translatable("Matches so many words that only the most frequent ones were searched:"),
}


@dataclass(frozen=True, slots=True)
class IgnoredQueryNotice:
    """A sentence, and the parts of the query that it is about."""

    sentence: str
    parts: tuple[str, ...]


def ignored_query_notices(left_out: Iterable[IgnoredPart], translator: Translator) -> tuple[IgnoredQueryNotice, ...]:
    """One notice for each reason."""
    parts: dict[IgnoredReason, list[str]] = {}
    for part in left_out:
        parts.setdefault(part.why, []).append(part.text)
    return tuple(IgnoredQueryNotice(translator.gettext(_SENTENCES[why]), tuple(texts)) for why, texts in parts.items())


def missing_words_notice(missing: tuple[str, ...], translator: Translator) -> IgnoredQueryNotice:
    """That nothing has these words of the query."""
    return IgnoredQueryNotice(translator.gettext("In no item:"), missing)
