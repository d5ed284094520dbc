"""Find labels in a text: whether the words of a page contain a tag, ignoring inflections, case and accents."""

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

from kb.search.query_syntax import LANGUAGES
from kb.search.vocabulary.concepts_in_query import LabelKey, text_terms

_LONGEST = 4
"""Words of a label that is looked for."""
_ANY_LANGUAGE = (None, *LANGUAGES)


@dataclass(frozen=True, slots=True)
class LabelOccurrences:
    """The words of a text, and how often each sequence of words occurs."""

    term_sequences: Counter[LabelKey]

    @classmethod
    def of(cls, text: str) -> "LabelOccurrences":
        """Takes time proportional to the length of the text."""
        sequences = Counter[LabelKey]()
        for language in _ANY_LANGUAGE:
            terms = text_terms(text, language)
            for length in range(1, _LONGEST + 1):
                sequences.update(
                    (language or "", *run) for run in zip(*(terms[at:] for at in range(length)), strict=False)
                )
        return cls(sequences)

    def times(self, label: str) -> int:
        """How often a label occurs in the text, in the language with the most matches."""
        return max((self.term_sequences[key] for key in _label_keys(label)), default=0)


# The same tags are looked up for many pages.
@lru_cache(maxsize=8192)
def _label_keys(label: str) -> tuple[LabelKey, ...]:
    keys = ((language or "", *text_terms(label, language)) for language in _ANY_LANGUAGE)
    return tuple(key for key in keys if len(key) > 1)
