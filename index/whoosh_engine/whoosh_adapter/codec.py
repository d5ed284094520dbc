"""A Whoosh codec for segments of arrays, so that Whoosh itself can read them.

The engine does not search through this codec: it reads the arrays directly (`storage.segments`). Whoosh's own readers,
matchers and searchers use it, one posting at a time.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from index.schema import Field, Kind, Schema
from index.whoosh_engine.storage.array_file import ArrayFile, Ids, starts_of
from index.whoosh_engine.storage.cache import Cache
from index.whoosh_engine.storage.scored_docs import mask_of
from index.whoosh_engine.storage.segments import Segment
from index.whoosh_engine.whoosh_adapter.whoosh_imports import (
    Codec,
    ListMatcher,
    PerDocumentReader,
    TermInfo,
    TermNotFound,
    TermsReader,
    W3Segment,
)

EXTENSION = ".arrays"
MEMORY = 16 * 1024 * 1024

Term = tuple[str, bytes]


class ArraySegment(W3Segment):  # type: ignore[misc]
    """A segment in the table of contents: its name, its number of documents, and the deleted ones.

    Every commit writes it and every reader reads it, so the deleted documents are an array where Whoosh has a set.
    """

    def __init__(self, codec: Any, indexname: str) -> None:
        super().__init__(codec, indexname)
        self.gone: Ids = np.zeros(0, np.int32)
        """The deleted documents, ascending."""

    def delete(self, documents: Ids) -> None:
        """Delete documents, in any order; some may be deleted already."""
        documents = np.unique(documents).astype(np.int32)
        # There may be hundreds of thousands of them already, and a commit deletes a few.
        positions = np.searchsorted(self.gone, documents)
        fresh = np.searchsorted(self.gone, documents, "right") == positions
        self.gone = np.insert(self.gone, positions[fresh], documents[fresh])

    def delete_document(self, docnum: int, delete: bool = True) -> None:
        if delete:
            self.delete(np.array([docnum]))
        else:
            self.gone = self.gone[self.gone != docnum]

    def deleted_count(self) -> int:
        return len(self.gone)

    def deleted_docs(self) -> Iterator[int]:
        return iter(self.gone.tolist())

    def is_deleted(self, docnum: int) -> bool:
        return bool(np.isin(docnum, self.gone))

    def __getstate__(self) -> dict[str, Any]:
        # Of many, a bit for each document is shorter than a number for each that is deleted.
        dense = len(self.gone) * 32 > self._doccount
        packed = np.packbits(mask_of(self.gone, self._doccount)) if dense else self.gone.astype("<i4")
        return {**vars(self), "gone": (dense, packed.tobytes())}

    def __setstate__(self, state: dict[str, Any]) -> None:
        dense, packed = state["gone"]
        if dense:
            deleted = np.flatnonzero(np.unpackbits(np.frombuffer(packed, np.uint8))).astype(np.int32)
        else:
            deleted = np.frombuffer(packed, "<i4").astype(np.int32)
        self.__dict__.update(state, gone=deleted)


class NoDocumentWriter:
    """A placeholder where Whoosh expects a writer of documents and terms: segments are written whole, from a pool."""

    is_closed = True


class ArrayCodec(Codec):  # type: ignore[misc]
    """Make segments, and open them for Whoosh.

    It is pickled with each of them, in the table of contents that every commit reads and writes, so it holds little.
    """

    def __init__(self, key: str) -> None:
        self._key = key

    def per_document_writer(self, storage: Any, segment: Any) -> NoDocumentWriter:  # noqa: ARG002 - Whoosh's signature
        return NoDocumentWriter()

    def field_writer(self, storage: Any, segment: Any) -> NoDocumentWriter:  # noqa: ARG002 - Whoosh's signature
        return NoDocumentWriter()

    def new_segment(self, storage: Any, indexname: str) -> Any:  # noqa: ARG002 - Whoosh's signature
        return ArraySegment(self, indexname)

    def terms_reader(self, storage: Any, segment: Any) -> "WhooshTermsReader":
        return WhooshTermsReader(self._opened(storage, segment))

    def per_document_reader(self, storage: Any, segment: Any) -> "WhooshDocumentsReader":
        return WhooshDocumentsReader(self._opened(storage, segment), segment)

    def _opened(self, storage: Any, segment: Any) -> Segment:
        path = Path(storage.folder) / segment.make_filename(EXTENSION)
        return Segment(path, schema_of(ArrayFile(path), self._key), Cache(MEMORY))


def schema_of(file: ArrayFile, key: str) -> Schema:
    """The fields that have terms, as far as a segment's file tells them."""
    names = sorted(name.removesuffix("/entries") for name in file.names() if name.endswith("/entries"))
    kinds = {name: Kind.TEXT if f"{name}/lengths" in file else Kind.KEYWORD for name in names}
    return Schema(key, tuple(Field(name, kinds[name], folded=f"{name}/compared" in file) for name in names))


class WhooshTermsReader(TermsReader):  # type: ignore[misc]
    """Terms and postings, as Whoosh asks for them."""

    def __init__(self, segment: Segment) -> None:
        self._segment = segment

    def indexed_field_names(self) -> list[str]:
        return [field.name for field in self._segment.schema.fields]

    def __contains__(self, term: Term) -> bool:
        name, text = term
        return name in self.indexed_field_names() and self._segment.term_dictionary(name).ordinal(text) >= 0

    def terms(self) -> Iterator[Term]:
        return ((name, text) for name in self.indexed_field_names() for text in self._segment.term_dictionary(name))

    def terms_from(self, fieldname: str, prefix: bytes) -> Iterator[Term]:
        return (term for term in self.terms() if term >= (fieldname, prefix))

    def items(self) -> Iterator[tuple[Term, Any]]:
        return ((term, self.term_info(*term)) for term in self.terms())

    def items_from(self, fieldname: str, prefix: bytes) -> Iterator[tuple[Term, Any]]:
        return ((term, self.term_info(*term)) for term in self.terms_from(fieldname, prefix))

    def _ordinal(self, fieldname: str, text: bytes) -> int:
        ordinal = (
            self._segment.term_dictionary(fieldname).ordinal(text) if fieldname in self.indexed_field_names() else -1
        )
        if ordinal < 0:
            raise TermNotFound(f"No term {fieldname}:{text!r}")
        return ordinal

    def term_info(self, fieldname: str, text: bytes) -> Any:
        ordinal = self._ordinal(fieldname, text)
        text_field = self._segment.schema[fieldname].kind is Kind.TEXT
        ids = self._segment.ids(fieldname, ordinal)
        tfs = self._segment.tfs(fieldname, ordinal) if text_field else None
        lengths = self._segment.lengths(fieldname)[ids] if text_field else np.zeros(1, np.int64)
        return TermInfo(
            weight=float(len(ids) if tfs is None else tfs.sum()),
            df=len(ids),
            minlength=int(lengths.min()),
            maxlength=int(lengths.max()),
            maxweight=1.0 if tfs is None else float(tfs.max()),
            minid=int(ids[0]),
            maxid=int(ids[-1]),
        )

    def matcher(self, fieldname: str, text: bytes, format_: Any, scorer: Any = None) -> Any:
        """The postings of a term; the value of each is its positions, as little-endian numbers of 32 bits."""
        ordinal = self._ordinal(fieldname, text)
        ids = self._segment.ids(fieldname, ordinal)
        weights, values = np.ones(len(ids)), [b""] * len(ids)
        if self._segment.schema[fieldname].kind is Kind.TEXT:
            tfs = self._segment.tfs(fieldname, ordinal)
            weights = weights if tfs is None else tfs.astype(float)
            positions = self._segment.postings(fieldname).positions(ordinal).astype("<u4")
            cuts = starts_of(weights.astype(np.int64))[1:]
            values = [part.tobytes() for part in np.split(positions, cuts)]
        info = self.term_info(fieldname, text)
        return ListMatcher(
            ids.tolist(), weights.tolist(), values, format_, scorer=scorer, term=(fieldname, text), terminfo=info
        )


class WhooshDocumentsReader(PerDocumentReader):  # type: ignore[misc]
    """Documents, as Whoosh asks for them. What is stored of a document is its key."""

    def __init__(self, segment: Segment, whoosh_segment: Any) -> None:
        self._segment = segment
        for name in ("doc_count", "doc_count_all", "has_deletions", "is_deleted", "deleted_docs"):
            setattr(self, name, getattr(whoosh_segment, name))

    def _lengths(self, fieldname: str) -> Any:
        text = self._segment.schema[fieldname].kind is Kind.TEXT
        return self._segment.lengths(fieldname) if text else np.zeros(self._segment.documents, np.int64)

    def doc_field_length(self, docnum: int, fieldname: str, default: int = 0) -> int:
        return int(self._lengths(fieldname)[docnum]) or default

    def field_length(self, fieldname: str) -> int:
        return int(self._lengths(fieldname).sum(dtype=np.int64))

    def min_field_length(self, fieldname: str) -> int:
        return int(self._lengths(fieldname).min())

    def max_field_length(self, fieldname: str) -> int:
        return int(self._lengths(fieldname).max())

    def stored_fields(self, docnum: int) -> dict[str, str]:
        return {self._segment.schema.key: self._segment.some_keys(np.array([docnum]))[0]}
