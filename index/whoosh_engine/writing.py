"""Changing an index: documents gather in a pool, which becomes a segment when it is full and when the block ends.

The commit is Whoosh's: one table of contents, renamed into place, makes segments, deletions and checkpoint visible
together. Until then all that is written is files that nobody names.
"""

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from index.document import Document
from index.engine import require_askable
from index.plan import Plan
from index.query import AnyOf, Everything
from index.schema import Field, Schema
from index.whoosh_engine.arrays import Ids
from index.whoosh_engine.building import Pool
from index.whoosh_engine.codec import EXTENSION, ArrayCodec
from index.whoosh_engine.columns import hash_of
from index.whoosh_engine.door import FileIndex, SegmentWriter
from index.whoosh_engine.files import INDEX, Storage, toc_number
from index.whoosh_engine.lexicon import to_bytes
from index.whoosh_engine.limits import Limits
from index.whoosh_engine.merging import merge, to_merge
from index.whoosh_engine.segments import Segment, View, view_of


class IndexWriter(SegmentWriter):  # type: ignore[misc]
    """Whoosh's writer (lock, table of contents, commit), filled from our pool."""

    def __init__(self, generation: Path, schema: Schema, opened: Callable[[Path], Segment], limits: Limits) -> None:
        super().__init__(FileIndex(Storage(generation), indexname=INDEX), codec=ArrayCodec(schema.key), timeout=1.0)
        self._folder = generation
        self._ours = schema
        self._opened = opened
        self._limits = limits
        self._made: set[str] = set()
        self._pool = Pool(schema)
        self._drops: dict[str, set[str]] = {}
        self._wrote = False

    def put(self, document: Document) -> None:
        """Write the document in the place of the one that bears its key, if any. Raises Unindexable."""
        self._pool.add(self._pool.prepare(document))
        self._wrote = True
        if self._pool.tokens >= self._limits.pool_tokens or len(self._pool) >= self._limits.pool_documents:
            self._flush()

    def drop(self, field: str, value: str) -> None:
        """Remove the documents whose KEYWORD field holds the value, those put before in this block included."""
        require_askable(Plan(AnyOf(field, (value,)), Everything()), self._ours)
        form = self._ours[field].compared(value)
        self._pool.drop(self._ours[field], form)
        # Segments hold only documents put before: what is dropped of them can wait for the next flush.
        self._drops.setdefault(field, set()).add(form)
        self._wrote = True

    def checkpoint(self, value: str) -> None:
        """Keep a word about how far the writing has come."""
        self.schema.checkpoint = value
        self._wrote = True

    def _segment(self, segment: Any) -> Segment:
        return self._opened(self._folder / segment.make_filename(EXTENSION))

    def _view(self, segment: Any) -> View:
        return view_of(self._segment(segment), set(segment.deleted_docs()))

    def _delete(self) -> None:
        keys = self._pool.keys
        hashes = np.fromiter((hash_of(to_bytes(key)) for key in keys), np.uint64, len(keys))
        for segment in self.segments:
            gone = [self._segment(segment).bearing(keys, hashes)]
            for field, forms in self._drops.items():
                gone += _holding(self._segment(segment), self._ours[field], forms)
            for document in np.concatenate([*gone, np.zeros(0, np.int32)]).tolist():
                segment.delete_document(document)
        self._drops.clear()

    def _flush(self) -> None:
        """Turn the pool into a segment, and merge when there are too many."""
        self._delete()
        if len(self._pool):
            dead = self._pool.dead
            documents = len(self._pool)
            self._write(documents, self._pool.write)
            for document in dead:
                self.segments[-1].delete_document(document)
        self._tidy()

    def _write(self, documents: int, fill: Callable[[Any], None]) -> None:
        segment = self.codec.new_segment(self.storage, self.indexname)
        # Before it is written: a disk that was full must get back the part that was.
        self._made.add(segment.segment_id())
        with segment.create_file(self.storage, EXTENSION) as file:
            fill(file.raw_file())
        segment.set_doc_count(documents)
        self.segments.append(segment)

    def _tidy(self) -> None:
        empty = [segment for segment in self.segments if segment.doc_count() == 0]
        self._remove(empty)
        while chosen := to_merge(
            [(segment.doc_count(), segment.doc_count_all()) for segment in self.segments], self._limits.segments
        ):
            old = [self.segments[place] for place in chosen]
            views = [self._view(segment) for segment in old]
            fill = partial(merge, views=views, schema=self._ours, stretch=self._limits.stretch)
            self._write(sum(view.count for view in views), fill)
            self._remove(old)

    def _remove(self, segments: Iterable[Any]) -> None:
        for segment in segments:
            self.segments.remove(segment)
            # What the last commit names must stay until the next one; what this block has made nobody knows.
            if segment.segment_id() in self._made:
                (self._folder / segment.make_filename(EXTENSION)).unlink()

    def commit(self) -> None:
        """Make everything visible at once."""
        if self._wrote:
            self._flush()
            self._commit_toc(self.segments)
        self._finish()

    def _finish(self) -> None:
        self.storage.close()
        self.writelock.release()
        self.is_closed = True

    def cancel(self) -> None:
        """Leave the index as it was, remove what was written, and free the lock, whatever has happened before."""
        if self.is_closed:
            return
        # A commit may have been interrupted after the table of contents was in its place: then it has happened.
        if toc_number(self._folder) < self.generation:
            for name in self._made:
                (self._folder / f"{name}{EXTENSION}").unlink(missing_ok=True)
        self._finish()


def _holding(segment: Segment, field: Field, forms: set[str]) -> list[Ids]:
    ordinals = (segment.ordinal(field.name, form) for form in sorted(forms))
    return [segment.postings(field.name).ids(ordinal) for ordinal in ordinals if ordinal >= 0]
