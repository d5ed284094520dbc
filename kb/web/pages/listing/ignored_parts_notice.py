"""Messages about the parts of a query that were not searched as typed."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import assert_never

from kb.search.index_search import IgnoredPart, IgnoredReason
from kb.translation import Translator


@dataclass(frozen=True, slots=True)
class IgnoredPartsNotice:
    """A sentence, and the parts of the query that it is about."""

    sentence: str
    parts: tuple[str, ...]


def ignored_parts_notices(left_out: Iterable[IgnoredPart], translator: Translator) -> tuple[IgnoredPartsNotice, ...]:
    """One notice for each reason."""
    parts: dict[IgnoredReason, list[str]] = {}
    for part in left_out:
        parts.setdefault(part.why, []).append(part.text)
    return tuple(IgnoredPartsNotice(_sentence(why, translator), tuple(texts)) for why, texts in parts.items())


def missing_words_notice(missing: tuple[str, ...], translator: Translator) -> IgnoredPartsNotice:
    """That nothing has these words of the query."""
    return IgnoredPartsNotice(translator.gettext("In no item:"), missing)


def index_behind_notice(translator: Translator) -> IgnoredPartsNotice:
    """That the index does not have the user's last change yet."""
    return IgnoredPartsNotice(translator.gettext("Your last change cannot be found yet: search again in a moment."), ())


def long_search_notice(translator: Translator) -> IgnoredPartsNotice:
    """That the page offers no filters, as each would repeat the search."""
    return IgnoredPartsNotice(
        translator.gettext("This search is so long that the page offers no filters: shorten it for them."), ()
    )


def _sentence(why: IgnoredReason, translator: Translator) -> str:
    _ = translator.gettext
    match why:
        case IgnoredReason.SENSE:
            return _("Searched as plain words, because it could not be understood:")
        case IgnoredReason.WORDS:
            return _("Not searched, because the question has too many words:")
        case IgnoredReason.WILDCARDS:
            return _("Searched as plain words, because the question has too many patterns:")
        case IgnoredReason.DEPTH:
            return _("Not read, because it is inside too many parentheses:")
        case IgnoredReason.TERMS:
            return _("Matches so many words that only the most frequent ones were searched:")
        case _:
            assert_never(why)
