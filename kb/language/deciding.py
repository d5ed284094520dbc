"""From what the language of a text is decided.

Raw langdetect answers otherwise from one call to the next on short texts. Here it is seeded, asked about the languages
of the collection alone, and weighed with the language that is expected and with the stop words seen. Where stop words
are many and one-sided they decide alone, so that a great import does not wait.
"""

import re

from kb.language.judging import judge_of

_READ, _KEPT = 4_000, 400
"""Characters that are looked at, and characters that are judged, once addresses and spaces are out."""
_SURE, _ONE_SIDED = 4, 4
"""Stop words decide alone from this many on, when they are this many times those of any other language."""
_EXPECTED, _PRIOR_POWER = 0.8, 0.7
"""The share of texts that are in the default language, and how much of it counts."""
_STOP_WORD_FACTOR, _STOP_WORDS_COUNTED = 3.0, 3

_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+")
_SIGNS = ("http", "www.", "@")
"""Without one of them there is no address."""
_WORD = re.compile(r"[^\W\d_]+")

# Words that the other language does not have: "on", "as", "me", "or", "plus" would count for both.
_FRENCH = """
au aux avec ce ces cette ceux chez comme comment dans de des dont du elle elles en entre est et eux il ils je jusqu l la
le les leur leurs lorsqu mais même mes mon ne nos notre nous ont ou où par pas pendant pour pourquoi puisqu qu quand que
quel quelle quelles quels qui quoi sa sans se selon ses sont sous sur ta tes très tu un une vers vos votre vous à été
être
"""
_ENGLISH = """
about after all also and any are at be because been before being between both but by can could did do does each for from
had has have he her his how if into is it its more most my no not of only other our out over she should so some such
than that the their them then there these they this those through to under was we were what when where which while who
why will with would you your
"""
_STOP_WORDS = {"fr": frozenset(_FRENCH.split()), "en": frozenset(_ENGLISH.split())}
_NONE = frozenset[str]()


def language_of(text: str, allowed: tuple[str, ...] = ("fr", "en"), default: str = "fr") -> str | None:
    """The language of a text, one of those allowed; the default where nothing is recognised.

    The same text always gives the same answer, in any thread.
    """
    sample = sample_of(text[:_READ])
    if not sample or not allowed:
        return default
    if len(allowed) == 1:
        return allowed[0]
    seen = _stop_words_seen(sample, allowed)
    return _by_stop_words(seen, allowed) or _by_judgement(sample, seen, allowed, default) or default


def sample_of(text: str) -> str:
    """What is judged of a text: without addresses, one space between words."""
    if any(sign in text for sign in _SIGNS):
        text = _ADDRESS.sub(" ", text)
    # A word and its space have two characters at least: the rest, in one piece, is past what is kept.
    return " ".join(text.split(None, _KEPT // 2))[:_KEPT].lower()


def _stop_words_seen(sample: str, allowed: tuple[str, ...]) -> dict[str, int]:
    """How many words of the sample are stop words of each language (none where we have no list)."""
    words = _WORD.findall(sample)
    return {language: sum(map(_STOP_WORDS.get(language, _NONE).__contains__, words)) for language in allowed}


def _by_stop_words(seen: dict[str, int], allowed: tuple[str, ...]) -> str | None:
    """The language that the stop words alone make sure of, if any. Silent where a language has no list of them."""
    if not all(language in _STOP_WORDS for language in allowed):
        return None
    best = max(allowed, key=seen.__getitem__)
    others = max((seen[language] for language in allowed if language != best), default=0)
    return best if seen[best] >= max(_SURE, _ONE_SIDED * others) else None


def _by_judgement(sample: str, seen: dict[str, int], allowed: tuple[str, ...], default: str) -> str | None:
    """The language that langdetect, expectation and stop words together find likeliest; None when nothing speaks."""
    probabilities = judge_of(allowed).probabilities(sample)
    if not probabilities and not any(seen.values()):
        return None
    rest = (1 - _EXPECTED) / max(len(allowed) - 1, 1)
    shares = {language: _EXPECTED if language == default else rest for language in allowed}
    weights = {
        language: probabilities.get(language, 0.0 if probabilities else 1.0)
        * shares[language] ** _PRIOR_POWER
        * _STOP_WORD_FACTOR ** min(seen[language], _STOP_WORDS_COUNTED)
        for language in allowed
    }
    return max(allowed, key=weights.__getitem__)
