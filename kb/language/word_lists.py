"""French and English words, from simplemma's dictionaries; used only if other evidence leaves a doubt.

A list is loaded at first use and kept as sorted numbers (hashes of the words, stable while the process lives): two
megabytes each, where the dictionary takes twenty.
"""

from array import array
from bisect import bisect_left
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from threading import Lock

from kb.freed_memory import return_freed_memory

LANGUAGES_WITH_WORD_LIST = frozenset({"fr", "en"})
"""Those of other languages are up to six times as large."""

_loading = Lock()


def has_dictionary_word(language: str, word: str) -> bool:
    """Whether a listed language has a word, given in lower case."""
    numbers = _word_hashes(language)
    number = hash(word)
    place = bisect_left(numbers, number)
    return place < len(numbers) and numbers[place] == number


def _word_hashes(language: str) -> "array[int]":
    with _loading:
        return _load_word_hashes(language)


@cache
def _load_word_hashes(language: str) -> "array[int]":
    numbers = _read_word_hashes(language)
    # The dictionary took forty megabytes, which nothing else of the process may ever need again.
    return_freed_memory()
    return numbers


def _read_word_hashes(language: str) -> "array[int]":
    # A cache of size 0, so that the dictionary is freed once the list is made.
    dictionaries = import_module("simplemma.strategies.dictionaries.dictionary_factory")
    dictionary: Mapping[str, str] = dictionaries.DefaultDictionaryFactory(cache_max_size=0).get_dictionary(language)
    numbers = {
        hash(word) for words in (dictionary, dictionary.values()) for word in "\n".join(words).lower().split("\n")
    }
    return array("q", sorted(numbers))
