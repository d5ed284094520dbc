"""Damaged files of the index."""

from index import Damage, DamagedFile
from kb.search.index_search import Catalogue, index_errors_translated

__all__ = ["Damage", "DamagedFile", "damaged_files"]


def damaged_files(catalogue: Catalogue) -> tuple[DamagedFile, ...]:
    """Read every file of the index, and return the damaged ones, while others write.

    Raises Unavailable for an index of another version of the program.
    """
    with index_errors_translated():
        return catalogue.engine.damaged_files()
