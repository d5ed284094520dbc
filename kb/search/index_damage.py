"""Damaged files of the index."""

from index import Damage, DamagedFile, Outdated
from kb.errors import Unavailable
from kb.search.index_search import OUTDATED, Catalogue

__all__ = ["Damage", "DamagedFile", "damaged_files"]


def damaged_files(catalogue: Catalogue) -> tuple[DamagedFile, ...]:
    """Read every file of the index, and return the damaged ones, while others write.

    Raises Unavailable for an index of another version of the program.
    """
    try:
        return catalogue.engine.damaged_files()
    except Outdated as error:
        raise Unavailable(OUTDATED) from error
