"""The commonest words of some languages, the surest evidence of the language of a text; and French and English words
from simplemma's dictionaries, which are used only if other evidence leaves a doubt.

A dictionary is kept as the sorted crc32 of its words: a megabyte, where simplemma takes twenty. It is made when the
package is built, and loaded at first use. If its file is missing, damaged or of another edition, it is made again in
memory, which takes a second.
"""

import sys
from array import array
from bisect import bisect_left
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from zlib import crc32

from kb.freed_memory import return_freed_memory

# Only words that the other language lacks: "on", "as", "me", "or", "plus" would count for French and for English.
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
# These share words with the two above: a common word counts for both.
_GERMAN = """
als am an auch auf aus bei bis das dass dem den der des die dies diese dieser durch ein eine einem einen einer eines für
hat haben ich im in ist kann können mit nach nicht noch nur oder sein sich sie sind so über um und unter vom von vor war
was wenn werden wie wird wurde zu zum zur zwischen
"""
_SPANISH = """
al como con cuando de del desde donde el ella en entre es esta este esto están está fue ha han hasta hay la las lo los
más muy no o para pero por porque que qué se si sin sobre son su sus también un una uno y ya
"""
_ITALIAN = """
a ad agli ai al alla alle allo anche che chi ci come con da dai dal dalla dalle degli dei del dell della delle dello di
dove e ed era gli ha hanno i il in l la le lo ma nei nel nell nella nelle non o per perché più può quando questa questo
se si sia sono su sul sulla tra un una uno è
"""
STOP_WORDS: Mapping[str, frozenset[str]] = {
    "fr": frozenset(_FRENCH.split()),
    "en": frozenset(_ENGLISH.split()),
    "de": frozenset(_GERMAN.split()),
    "es": frozenset(_SPANISH.split()),
    "it": frozenset(_ITALIAN.split()),
}
LANGUAGES_WITH_WORD_LIST = frozenset({"fr", "en"})
"""Those of other languages are up to six times as large."""

_HEAD = f"FLORWORDS1 simplemma-{version('simplemma')} {sys.byteorder}\n".encode()
_CHECK = 4
"""The bytes of the crc32 of what follows."""
_loading = Lock()


def has_dictionary_word(language: str, word: str) -> bool:
    """Whether a listed language has a word, given in lower case. Of a million other words, some fifty count too."""
    with _loading:
        numbers = _load(language)
    number = crc32(word.encode(errors="surrogatepass"))
    position = bisect_left(numbers, number)
    return position < len(numbers) and numbers[position] == number


def word_list_path(language: str) -> Path:
    """The file of a list."""
    return Path(__file__).with_name(f"{language}.words")


def pack_words(language: str) -> bytes:
    """The bytes of the file of a list."""
    body = _words_of_dictionary(language).tobytes()
    return _HEAD + crc32(body).to_bytes(_CHECK, sys.byteorder) + body


def _words_of_dictionary(language: str) -> "array[int]":
    # A cache of size 0, so that the dictionary is freed once the list is made.
    dictionaries = import_module("simplemma.strategies.dictionaries.dictionary_factory")
    dictionary: Mapping[str, str] = dictionaries.DefaultDictionaryFactory(cache_max_size=0).get_dictionary(language)
    words = (word for words in (dictionary, dictionary.values()) for word in "\n".join(words).lower().split("\n"))
    return array("I", sorted({crc32(word.encode()) for word in words}))


@cache
def _load(language: str) -> "array[int]":
    try:
        numbers = _unpack(word_list_path(language).read_bytes())
    except OSError:
        numbers = None
    if numbers is None:
        numbers = _words_of_dictionary(language)
        # They took forty megabytes, which nothing else of the process may ever need again.
        return_freed_memory()
    return numbers


def _unpack(content: bytes) -> "array[int] | None":
    """The list of `pack_words` bytes; None if they are damaged, or of another edition or byte order."""
    begin = len(_HEAD) + _CHECK
    body = content[begin:]
    if not content.startswith(_HEAD) or crc32(body).to_bytes(_CHECK, sys.byteorder) != content[len(_HEAD) : begin]:
        return None
    numbers = array("I")
    numbers.frombytes(body)
    return numbers
