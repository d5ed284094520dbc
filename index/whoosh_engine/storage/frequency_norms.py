"""Term frequencies and document lengths: the two numbers of a posting that a score depends on.

Both are stored as one small number for each posting. The scores of a term are then looked up in one small table
(`ranking.bm25`), whichever documents are accessible and however long texts are on average.
"""

from dataclasses import dataclass

import numpy as np

from index.whoosh_engine.storage.array_file import Array, Ids, narrow


@dataclass(frozen=True, slots=True)
class FrequencyNorms:
    """The postings of a term of a TEXT field in one segment.

    `ids`: the documents, ascending. `codes[i]` is `tf * width + length` of document `ids[i]`: how often it holds the
    term, and how many tokens its field has, which is less than `width`. No tf is greater than `top`.
    """

    ids: Ids
    codes: Array
    width: int
    top: int

    @property
    def nbytes(self) -> int:
        return int(self.ids.nbytes + self.codes.nbytes)

    @property
    def tfs(self) -> Array | None:
        """How often each document holds the term; None if each does once."""
        return None if self.top == 1 else self.codes // self.codes.dtype.type(self.width)


def frequency_norms_of(ids: Ids, tfs: Array | None, lengths: Array, width: int) -> FrequencyNorms:
    """The impacts of a term. `tfs`: None when all are 1; `lengths`: of all documents of the segment."""
    held = lengths.take(ids).astype(np.int64)
    if tfs is None:
        return FrequencyNorms(ids, narrow(held + width), width, 1)
    return FrequencyNorms(ids, _narrow_codes(tfs.astype(np.int64) * width + held), width, int(tfs.max()))


def _narrow_codes(codes: Array) -> Array:
    """The codes in the narrowest type that numpy takes for indices and counts: it refuses unsigned ones of 64 bits."""
    narrowed = narrow(codes)
    return codes if narrowed.dtype.itemsize == codes.dtype.itemsize else narrowed
