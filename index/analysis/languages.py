"""The word rules of each language: French, English, and one rule for all others."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from index.analysis.english_stem import english_stem
from index.analysis.folding import fold
from index.analysis.french_stem import french_light_stem
from index.analysis.lemmas import french_lemmas
from index.analysis.stop_words import ENGLISH_STOP_WORDS, FRENCH_STOP_WORDS
from index.analysis.tokenizer import Cut, Part

# Lucene's FrenchAnalyzer elides these before an apostrophe. They are compared in folded form: `ç'aurait` as `c'aurait`.
_ELISIONS = frozenset("l m t qu n s j d c jusqu quoiqu lorsqu puisqu".split())
_CONTRACTIONS = frozenset("t d m ll re ve".split())


@dataclass(frozen=True, slots=True)
class Language:
    """`stop_words` are folded; `stem` takes a folded word."""

    cut: Cut
    stop_words: frozenset[str]
    stem: Callable[[str], str]


def language_named(code: str | None) -> Language:
    """The language of a code such as "fr"; all languages without rules are the same one."""
    return _LANGUAGES.get(code or "", _OTHER)


def rules_for(code: str | None) -> str:
    """The name of a language's rules: "fr", "en", or "" for all others."""
    return code if code in _LANGUAGES else ""


def _french_cut(parts: Sequence[Part]) -> Sequence[Part]:
    """Remove elided words (`l'`, `qu'`), and keep `aujourd'hui` in one piece."""
    joined_parts: list[Part] = []
    for part in parts:
        if part.elided and part is not parts[-1] and fold(part.text) in _ELISIONS:
            continue
        if (
            part.text.lower() == "hui"
            and joined_parts
            and joined_parts[-1].elided
            and joined_parts[-1].text.lower() == "aujourd"
        ):
            joined_parts[-1] = _join_parts(joined_parts[-1], part)
            continue
        joined_parts.append(part)
    return joined_parts


def _english_cut(parts: Sequence[Part]) -> Sequence[Part]:
    """Remove the possessive `'s`, and keep contractions (`don't`, `we'll`) in one piece."""
    joined_parts: list[Part] = []
    for part in parts:
        if joined_parts and joined_parts[-1].elided and part.text.lower() == "s":
            continue
        if joined_parts and joined_parts[-1].elided and part.text.lower() in _CONTRACTIONS:
            joined_parts[-1] = _join_parts(joined_parts[-1], part)
            continue
        joined_parts.append(part)
    return joined_parts


def _join_parts(first: Part, second: Part) -> Part:
    return replace(second, text=first.text + second.text, start=first.start)


_OTHER = Language(lambda parts: parts, frozenset(), lambda word: word)
_LANGUAGES = {
    "fr": Language(_french_cut, FRENCH_STOP_WORDS, lambda word: french_light_stem(french_lemmas().lemma(word))),
    "en": Language(_english_cut, ENGLISH_STOP_WORDS, english_stem),
}
