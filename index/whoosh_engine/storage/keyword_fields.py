"""KEYWORD fields of a segment: whole strings, any number of them in a document.

They are stored in both directions: postings (value -> documents), and each document's distinct values in the order
given (document -> values), for facets and sorting. In a folded field, postings hold the folded forms and documents hold
the spellings.
"""

from dataclasses import dataclass

import numpy as np

from index.schema import Field
from index.whoosh_engine.storage.array_file import Array, ArrayFile, ArrayWriter, Ints, narrow
from index.whoosh_engine.storage.postings import Postings, PostingsWriter
from index.whoosh_engine.storage.term_dictionary import to_bytes, to_text, write_term_dictionary


@dataclass(frozen=True, slots=True)
class KeywordColumn:
    """The values of each document: `ordinals[starts[d]:starts[d + 1]]` are document d's, as ordinals of spellings.

    `compared[s]` is the ordinal of the compared form of spelling s; None when each spelling is its own. `twice` names
    the (documents, compared forms) that several spellings of one document share, once for each spelling too many.
    `single`: each document has exactly one value; `widest`: the most that one has.
    """

    starts: Array
    ordinals: Array
    compared: Array | None
    twice: tuple[Array, Array]
    single: bool
    widest: int

    @property
    def nbytes(self) -> int:
        compared = 0 if self.compared is None else self.compared.nbytes
        return int(self.starts.nbytes + self.ordinals.nbytes + compared + sum(part.nbytes for part in self.twice))


def write_keyword_column(
    file: ArrayWriter, field: Field, spellings: list[bytes], starts: Ints, ordinals: Array
) -> None:
    """Write a field both ways round. The spellings are sorted, and each is some document's."""
    terms, compared = spellings, None
    if field.folded:
        forms = [to_bytes(field.compared(to_text(spelling))) for spelling in spellings]
        terms = sorted(set(forms))
        ordinal = {term: number for number, term in enumerate(terms)}
        compared = np.fromiter((ordinal[form] for form in forms), np.int64, len(forms))
        write_term_dictionary(file, f"{field.name}/spellings", spellings)
        file.put(f"{field.name}/compared", narrow(compared))
    documents = len(starts) - 1
    owners = np.repeat(np.arange(documents, dtype=np.int64), np.diff(starts))
    held = ordinals.astype(np.int64) if compared is None else compared[ordinals]
    pairs = np.sort(held * documents + owners)
    repeated = np.concatenate(([False], pairs[1:] == pairs[:-1]))[: len(pairs)]
    if field.folded:
        file.put(f"{field.name}/twice_documents", (pairs[repeated] % max(documents, 1)).astype(np.uint32))
        file.put(f"{field.name}/twice_terms", narrow(pairs[repeated] // max(documents, 1)))
        pairs = pairs[~repeated]
    writer = PostingsWriter(file, field.name)
    counts = np.bincount(pairs // max(documents, 1), minlength=len(terms))
    writer.add(terms, Postings(counts, pairs % max(documents, 1)))
    writer.finish()
    file.put(f"{field.name}/starts", narrow(starts))
    file.put(f"{field.name}/ordinals", narrow(ordinals))


def read_keyword_column(file: ArrayFile, field: Field) -> KeywordColumn:
    """Read what `write_keyword_column` wrote, the way from documents to values."""
    nothing = np.zeros(0, np.int64)
    starts = file.array(f"{field.name}/starts").astype(np.int64)
    counts = np.diff(starts)
    return KeywordColumn(
        starts=starts,
        ordinals=file.array(f"{field.name}/ordinals"),
        compared=file.array(f"{field.name}/compared") if field.folded else None,
        twice=(file.array(f"{field.name}/twice_documents"), file.array(f"{field.name}/twice_terms"))
        if field.folded
        else (nothing, nothing),
        single=bool((counts == 1).all()),
        widest=int(counts.max(initial=0)),
    )
