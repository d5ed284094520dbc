"""What of a question was not searched as it was typed, in sentences."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import assert_never

from kb.model.ignored_query_parts import LeftOut, Why
from kb.translation import Translator


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence, and the parts of the question that it is about."""

    sentence: str
    parts: tuple[str, ...]


def notices_of(left_out: Iterable[LeftOut], words: Translator) -> tuple[Notice, ...]:
    """One notice for each reason."""
    parts: dict[Why, list[str]] = {}
    for part in left_out:
        parts.setdefault(part.why, []).append(part.text)
    return tuple(Notice(_sentence(why, words), tuple(texts)) for why, texts in parts.items())


def behind(words: Translator) -> Notice:
    """That the index has not come to the last change of who asks."""
    return Notice(words.say("Your last change cannot be found yet: search again in a moment."), ())


def _sentence(why: Why, words: Translator) -> str:
    match why:
        case Why.SENSE:
            return words.say("Searched as plain words, because it could not be understood:")
        case Why.WORDS:
            return words.say("Not searched, because the question has too many words:")
        case Why.JOKERS:
            return words.say("Searched as plain words, because the question has too many patterns:")
        case Why.DEPTH:
            return words.say("Not read, because it stands inside too many other parentheses:")
        case Why.TERMS:
            return words.say("Stands for so many words that only the most frequent ones were searched:")
        case _:
            assert_never(why)
