"""Columns of a segment: the values of each document, and the look-up of a document by its key.

A NUMBER or PERIOD has one value for each document. A KEYWORD field has whole strings, any number of them in a document;
it is stored in both directions: postings (value -> documents), and each document's distinct values in the order given
(document -> values), for facets and sorting. In a folded field, postings hold the folded forms and documents hold the
spellings.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from index.schema import Field
from index.whoosh_engine.storage.array_file import Array, ArrayFile, ArrayWriter, Ids, Ints, Mask, narrow
from index.whoosh_engine.storage.postings import Postings, PostingsWriter
from index.whoosh_engine.storage.term_dictionary import to_bytes, to_text, write_term_dictionary

DIGESTS = "*digests"
HASHES = "*hashes"
KEY_HASHES = "*hashed"


@dataclass(frozen=True, slots=True)
class ValueRanges:
    """A NUMBER (`first` and `last` are the same) or PERIOD of each document; no value where `has` is False."""

    has: Mask
    first: Array
    last: Array

    def at(self, ids: Ids) -> "ValueRanges":
        """The values of some documents."""
        first = self.first.take(ids)
        return ValueRanges(self.has.take(ids), first, first if self.last is self.first else self.last.take(ids))


def write_value_ranges(file: ArrayWriter, name: str, value_ranges: ValueRanges) -> None:
    """Write a NUMBER or PERIOD field."""
    file.put(f"{name}/has", value_ranges.has.astype(np.uint8))
    file.put(f"{name}/first", value_ranges.first)
    if value_ranges.last is not value_ranges.first:
        file.put(f"{name}/last", value_ranges.last)


def read_value_ranges(file: ArrayFile, name: str) -> ValueRanges:
    """Read a NUMBER or PERIOD field, in numbers as narrow as it allows."""
    first = _narrow(file.array(f"{name}/first"))
    last = _narrow(file.array(f"{name}/last")) if f"{name}/last" in file else first
    return ValueRanges(file.array(f"{name}/has").astype(bool), first, first if np.array_equal(first, last) else last)


def _narrow(numbers: Array) -> Array:
    """The same numbers in 32 bits if they fit."""
    fits = not len(numbers) or (numbers.min() >= -(2**31) and numbers.max() < 2**31)
    return numbers.astype(np.int32) if fits else numbers


def write_key_hashes(file: ArrayWriter, hashes: Array, digests: Array) -> None:
    """Write the digest of each document, and a table of the hashes of the keys."""
    order = np.argsort(hashes, kind="stable")
    file.put(HASHES, hashes[order])
    file.put(KEY_HASHES, order.astype(np.uint32))
    file.put(DIGESTS, digests.astype(np.uint64))


def hashes_of(keys: Iterable[str]) -> Array:
    """64 bits of each key, the same in every process."""
    return np.frombuffer(b"".join(blake2b(to_bytes(key), digest_size=8).digest() for key in keys), "<u8")


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
    compared_ordinals = ordinals.astype(np.int64) if compared is None else compared[ordinals]
    pairs = np.sort(compared_ordinals * documents + owners)
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
    # As narrow as in the file: these numbers stay in memory.
    starts = file.array(f"{field.name}/starts")
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
