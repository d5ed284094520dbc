"""French lemmas by folded form, from a table that is loaded at first use.

The table lies beside this file and is made when the package is built. If it is missing, damaged or of another edition,
it is built again in memory without a warning: the result is the same and costs one second.
"""

from pathlib import Path
from threading import Lock

from index.analysis.lemma_table import Lemmas, unpack_lemmas
from index.analysis.lemma_table_builder import build_simplemma_table

PLACE = Path(__file__).with_name("lemmas.table")

_loading = Lock()
_loaded: list[Lemmas] = []


def french_lemmas() -> Lemmas:
    """The table, loaded once for the process by the first thread that needs it."""
    # Called for every new word, so it must not wait for a lock.
    return _loaded[0] if _loaded else _load()


def is_french(word: str) -> bool:
    """Whether a folded word is in the dictionary."""
    return french_lemmas().knows(word)


def _load() -> Lemmas:
    with _loading:
        if not _loaded:
            _loaded.append(load_lemma_table(PLACE))
    return _loaded[0]


def load_lemma_table(place: Path) -> Lemmas:
    """The table of a file; if the file is missing or unusable, the table is built again."""
    try:
        kept = unpack_lemmas(place.read_bytes())
    except OSError:
        kept = None
    return kept or build_simplemma_table()
