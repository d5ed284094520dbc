"""French lemmas, by folded form: from `simplemma`'s dictionary, made when first asked for, kept in memory.

The dictionary has 250,000 accented forms. They are folded as one long text, which is far quicker than word by word, and
kept as sorted numbers (hashes of the forms, the same for as long as the process lives) and one text of lemmas,
instead of half a million strings. One unknown word in 10^13 has the number of a known one: it may have its lemma.
"""

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from itertools import accumulate
from threading import Lock

from index.analysis.folding import folded

_loading = Lock()


@dataclass(frozen=True, slots=True)
class Lemmas:
    """What forms come from.

    `forms` are the numbers of the folded forms that are not their own lemma, ascending; the lemma of `forms[i]` is
    `text[starts[i]:ends[i]]`. `lemmas` are the numbers of these, and `verbs` those of the folded infinitives in -er,
    both ascending.
    """

    forms: "array[int]"
    starts: "array[int]"
    ends: "array[int]"
    text: str
    lemmas: "array[int]"
    verbs: "array[int]"

    def knows(self, word: str) -> bool:
        """Whether a folded word is in the dictionary."""
        number = hash(word)
        return _place(self.forms, number) is not None or _place(self.lemmas, number) is not None

    def lemma(self, word: str) -> str:
        """The lemma of a folded word, itself when unknown; a participle in -ee, -es or -ees is its verb.

        The dictionary does not have all participles: `initialisees` -> `initialiser` by the rule.
        """
        place = _place(self.forms, hash(word))
        lemma = word if place is None else self.text[self.starts[place] : self.ends[place]]
        for ending in ("ees", "ee", "es"):
            if lemma.endswith(ending):
                verb = lemma[: -len(ending)] + "er"
                return lemma if _place(self.verbs, hash(verb)) is None else verb
        return lemma


def _place(numbers: "array[int]", number: int) -> int | None:
    place = bisect_left(numbers, number)
    return place if place < len(numbers) and numbers[place] == number else None


def french_lemmas() -> Lemmas:
    """The table, loaded once for the process, whichever thread comes first."""
    with _loading:
        return _load()


def is_french(word: str) -> bool:
    """Whether a folded word is in the dictionary."""
    return french_lemmas().knows(word)


@cache
def _load() -> Lemmas:
    # Imported here because most commands never analyse a French text. A cache of size 0, so that nothing keeps
    # the dictionary once the table is made.
    dictionaries = import_module("simplemma.strategies.dictionaries.dictionary_factory")
    dictionary: Mapping[str, str] = dictionaries.DefaultDictionaryFactory(cache_max_size=0).get_dictionary("fr")
    return _table(dictionary)


def _table(dictionary: Mapping[str, str]) -> Lemmas:
    forms = _all_folded(dictionary)
    lemmas = _all_folded(dictionary.values())
    chosen = _followed(_by_frequency(forms, lemmas))
    words = sorted(set(lemmas))
    ends = dict(zip(words, accumulate(map(len, words)), strict=True))
    rows = sorted((hash(form), ends[lemma], len(lemma)) for form, lemma in chosen.items() if form != lemma)
    verbs = {lemma for form, lemma in zip(forms, lemmas, strict=True) if form.endswith("ez") and lemma.endswith("er")}
    # No string of the dictionary is kept: a few would hold on to all the memory that lies between them.
    return Lemmas(
        forms=array("q", [form for form, _, _ in rows]),
        starts=array("I", [end - length for _, end, length in rows]),
        ends=array("I", [end for _, end, _ in rows]),
        text="".join(words),
        lemmas=array("q", sorted(map(hash, words))),
        verbs=array("q", sorted(map(hash, verbs))),
    )


def _all_folded(words: Iterable[str]) -> list[str]:
    text = "\n".join(words).lower()
    for letter in set(text):
        if not letter.isascii():
            text = text.replace(letter, folded(letter))
    return text.split("\n")


def _by_frequency(forms: list[str], lemmas: list[str]) -> dict[str, str]:
    """One lemma for each form: among several, what most of its spellings say, then the lemma that has most forms."""
    chosen: dict[str, str] = {}
    several: dict[str, list[str]] = {}
    for form, lemma in zip(forms, lemmas, strict=True):
        if form in chosen:
            several.setdefault(form, [chosen[form]]).append(lemma)
        else:
            chosen[form] = lemma
    known = Counter(lemmas)
    for form, candidates in several.items():
        votes = Counter(candidates)
        chosen[form] = max(votes, key=lambda lemma: (votes[lemma], known[lemma], lemma))
    return chosen


def _followed(chosen: Mapping[str, str]) -> dict[str, str]:
    """Lemmas of lemmas, twice: `nouvelles` -> `nouvelle` -> `nouveau`, so that the plural meets the singular.

    Measured on 3,569 French questions, 6,764 passages: nDCG@10 .7710 -> .7716, other inflections .6119 -> .6161.
    """
    return {form: chosen.get(chosen.get(lemma, lemma), chosen.get(lemma, lemma)) for form, lemma in chosen.items()}
