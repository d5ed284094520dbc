"""The word rules of each language: French, English, and one rule for all others.

Stop words do not tell the subject of a text. French: Snowball's list, with the later additions of Lucene's
FrenchAnalyzer (154 words; it leaves out `son`, `été`, `est`, `sommes`, `fût`, `as`, `aura`, `auras`, `avions`, which
are also nouns). English: Lucene's list.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from index.analysis.english_stem import english_stem
from index.analysis.folding import fold
from index.analysis.french_stem import french_light_stem
from index.analysis.lemmas import french_lemmas
from index.analysis.tokenizer import Cut, Part

# Lucene's FrenchAnalyzer elides these before an apostrophe. They are compared in folded form: `ç'aurait` as `c'aurait`.
_ELISIONS = frozenset("l m t qu n s j d c jusqu quoiqu lorsqu puisqu".split())
_CONTRACTIONS = frozenset("t d m ll re ve".split())
_FRENCH = """
    au aux avec ce ceci cela celà ces cet cette dans de des du elle en et eux ici il ils je la le les leur leurs lui
    ma mais me même mes moi mon ne nos notre nous on ou par pas pour qu que quel quelle quelles quels qui
    sa sans se ses soi sur ta te tes toi ton tu un une vos votre vous
    à c d j l m n s t y
    étée étées étant suis es êtes sont
    serai seras sera serons serez seront serais serait serions seriez seraient
    étais était étions étiez étaient fus fut fûmes fûtes furent
    sois soit soyons soyez soient fusse fusses fussions fussiez fussent
    ayant eu eue eues eus ai avons avez ont
    aurai aurons aurez auront aurais aurait aurions auriez auraient
    avais avait aviez avaient eut eûmes eûtes eurent
    aie aies ait ayons ayez aient eusse eusses eût eussions eussiez eussent
"""
_ENGLISH = """
    a an and are as at be but by for if in into is it no not of on or such
    that the their then there these they this to was will with
"""


@dataclass(frozen=True, slots=True)
class Language:
    """`stop_words` are folded; `stem` takes a folded word."""

    cut: Cut
    stop_words: frozenset[str]
    stem: Callable[[str], str]


def rules_for(code: str | None) -> str:
    """The name of a language's rules: "fr", "en", or "" for all others."""
    return code if code in LANGUAGES else ""


def _french_cut(parts: Sequence[Part]) -> Sequence[Part]:
    """Remove elided words (`l'`, `qu'`), and keep `aujourd'hui` in one piece."""
    joined_parts: list[Part] = []
    for part in parts:
        if part.elided and part is not parts[-1] and fold(part.text) in _ELISIONS:
            continue
        before = joined_parts[-1] if joined_parts else None
        if before and before.elided and before.text.lower() == "aujourd" and part.text.lower() == "hui":
            joined_parts[-1] = _joined(before, part)
        else:
            joined_parts.append(part)
    return joined_parts


def _english_cut(parts: Sequence[Part]) -> Sequence[Part]:
    """Remove the possessive `'s`, and keep contractions (`don't`, `we'll`) in one piece."""
    joined_parts: list[Part] = []
    for part in parts:
        before = joined_parts[-1] if joined_parts else None
        if not before or not before.elided or part.text.lower() not in {"s", *_CONTRACTIONS}:
            joined_parts.append(part)
        elif part.text.lower() != "s":
            joined_parts[-1] = _joined(before, part)
    return joined_parts


def _joined(first: Part, second: Part) -> Part:
    return replace(second, text=first.text + second.text, start=first.start)


def _folded(words: str) -> frozenset[str]:
    """A word typed without accents is left out like the accented word."""
    return frozenset(map(fold, words.split()))


LANGUAGES = {
    "fr": Language(_french_cut, _folded(_FRENCH), lambda word: french_light_stem(french_lemmas().lemma(word))),
    "en": Language(_english_cut, _folded(_ENGLISH), english_stem),
    "": Language(lambda parts: parts, frozenset(), lambda word: word),
}
