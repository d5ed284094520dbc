"""Change an index. Documents gather in a pool, which becomes a segment when it is full and when the block ends.

Whoosh makes the commit: one table of contents, renamed into place, makes segments, deletions and checkpoint visible
together. Files written before that rename are not referenced and so not visible.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from index.document import Document
from index.engine import Unindexable, failure_of, require_valid_plan
from index.plan import Plan
from index.query import AnyOf, Everything
from index.schema import Field, Schema
from index.whoosh_engine.engine_limits import Limits
from index.whoosh_engine.index_folder import INDEX, Storage, toc_number
from index.whoosh_engine.indexing.background_merge import RunningMerge
from index.whoosh_engine.indexing.merge_policy import merges_of_commit
from index.whoosh_engine.indexing.segment_builder import SegmentBuffer
from index.whoosh_engine.indexing.segment_merge import merge_segments, merge_sources
from index.whoosh_engine.storage.array_file import Ids
from index.whoosh_engine.storage.scored_docs import mask_of
from index.whoosh_engine.storage.segments import Segment, segment_view, segments_by_kind
from index.whoosh_engine.storage.term_dictionary import to_bytes
from index.whoosh_engine.whoosh_adapter.codec import EXTENSION, ArrayCodec
from index.whoosh_engine.whoosh_adapter.whoosh_imports import SegmentWriter

FEW = 16
"""A dictionary of at most FEW times as many terms as are looked for is read through; each is looked for in others."""


@dataclass(frozen=True, slots=True)
class WriterGeneration:
    """A generation and its table of contents, in the form in which Whoosh's writer reads an index."""

    storage: Storage
    toc: Any
    indexname: str = INDEX

    def _read_toc(self) -> Any:
        return self.toc


class IndexWriter(SegmentWriter):  # type: ignore[misc]
    """Whoosh's writer (table of contents, commit), filled from our pool. Its creator holds the lock.

    `taken` are the files of segments in a background merge.
    """

    def __init__(
        self,
        generation: WriterGeneration,
        schema: Schema,
        opened: Callable[[Path], Segment],
        limits: Limits,
        taken: frozenset[str],
    ) -> None:
        super().__init__(generation, codec=ArrayCodec(schema.key), _lk=False)
        self._folder = Path(generation.storage.folder)
        self._schema = schema
        self._opened = opened
        self._limits = limits
        self._merging_files = taken
        self._new_segment_ids: set[str] = set()
        self._pool = SegmentBuffer(schema)
        self._drops: dict[str, set[str]] = {}
        self._written = 0
        self._has_written = False

    def put(self, document: Document) -> None:
        """Add the document, in place of the one with the same key, if any. Raises Unindexable."""
        try:
            self._pool.add(document)
        except Unindexable:
            raise
        except Exception as error:
            raise Unindexable(failure_of(error)) from error
        self._written += 1
        self._has_written = True
        if self._pool.tokens >= self._limits.pool_tokens or len(self._pool) >= self._limits.pool_documents:
            self._flush()

    def drop(self, field: str, value: str) -> None:
        """Delete the documents whose KEYWORD field holds the value, including those added before in this block."""
        if field not in self._drops:
            require_valid_plan(Plan(AnyOf(field, (value,)), Everything()), self._schema)
        form = self._schema[field].compared(value)
        self._pool.drop(self._schema[field], form)
        # Segments hold only documents added before, so their deletions can wait for the next flush.
        self._drops.setdefault(field, set()).add(form)
        self._has_written = True

    def checkpoint(self, value: str) -> None:
        """Store the progress of the writer."""
        self.schema.checkpoint = value
        self._has_written = True

    def _segment(self, segment: Any) -> Segment:
        return self._opened(self._folder / self._file(segment))

    def _file(self, segment: Any) -> str:
        name: str = segment.make_filename(EXTENSION)
        return name

    def _delete(self) -> None:
        """Delete from all segments the replaced and the dropped documents."""
        keys, hashes = self._pool.keys, np.sort(self._pool.hashes())
        for segment in self.segments:
            opened = self._segment(segment)
            deleted = [opened.documents_with_keys(keys, hashes)]
            for field, forms in self._drops.items():
                deleted.append(_holding(opened, self._schema[field], forms))
            segment.delete(np.concatenate(deleted))
        self._drops.clear()

    def _flush(self) -> None:
        """Turn the pool into segments."""
        self._delete()
        if len(self._pool):
            dead = mask_of(np.fromiter(self._pool.dead, np.int32, len(self._pool.dead)), len(self._pool))
            for part in self._pool.segments():
                self._write(len(part.documents), part.write)
                self.segments[-1].delete(dead[part.documents].nonzero()[0])
        self._remove([segment for segment in self.segments if segment.doc_count() == 0])

    def _write(self, documents: int, fill: Callable[[Any], None]) -> None:
        segment = self._new(documents)
        with segment.create_file(self.storage, EXTENSION) as file:
            fill(file.raw_file())
        self.segments.append(segment)

    def _new(self, documents: int) -> Any:
        segment = self.codec.new_segment(self.storage, self.indexname)
        segment.set_doc_count(documents)
        # Recorded before the write, so that the part that was written on a full disk is deleted.
        self._new_segment_ids.add(segment.segment_id())
        return segment

    def _merge(self) -> None:
        """Merge the segments that this block has written, then small segments if there are too many."""
        made = [segment for segment in self.segments if segment.segment_id() in self._new_segment_ids]
        for some in self._similar_segments(made):
            if len(some) > 1:
                self._join(some)
        free = [segment for segment in self.segments if self._file(segment) not in self._merging_files]
        for some in self._similar_segments(free):
            self._merge_small(some)

    def _merge_small(self, segments: list[Any]) -> None:
        """Merge small ones of these segments, until they are few."""
        while True:
            sizes = [(segment.doc_count(), segment.doc_count_all()) for segment in segments]
            indices = merges_of_commit(sizes, self._limits, self._written)
            if not indices:
                return
            chosen = [segments[index] for index in indices]
            self._join(chosen)
            segments = [*(segment for segment in segments if segment not in chosen), self.segments[-1]]

    def _similar_segments(self, segments: Iterable[Any]) -> list[list[Any]]:
        """The segments of each kind of document."""
        return segments_by_kind(segments, lambda segment: self._segment(segment).side)

    def _join(self, segments: Sequence[Any]) -> None:
        views = [segment_view(self._segment(segment), segment.gone) for segment in segments]

        def fill(stream: Any) -> None:
            for _ in merge_segments(stream, merge_sources(views), self._schema, self._limits.stretch):
                pass

        self._write(sum(view.count for view in views), fill)
        self._remove(segments)

    def adopt(self, merged: RunningMerge) -> bool:
        """Replace the sources of a merge by the merged segment; False if the sources have changed meanwhile."""
        known = {self._file(segment): segment for segment in self.segments}
        if not known.keys() >= set(merged.names):
            return False
        sources = [known[name] for name in merged.names]
        segment = self._new(merged.documents)
        segment.delete(merged.deleted_since([source.gone for source in sources]))
        merged.path.rename(self._folder / self._file(segment))
        self.segments.append(segment)
        self._remove(sources)
        self._has_written = True
        return True

    def _remove(self, segments: Iterable[Any]) -> None:
        for segment in segments:
            self.segments.remove(segment)
            # The files of the last commit must stay until the next one; those of this block are not referenced yet.
            if segment.segment_id() in self._new_segment_ids:
                (self._folder / self._file(segment)).unlink()

    def commit(self) -> None:
        """Make all changes visible at once."""
        if self._has_written:
            self._flush()
            self._merge()
            self._commit_toc(self.segments)
        self._finish()

    def _finish(self) -> None:
        self.storage.close()
        self.is_closed = True

    def cancel(self) -> None:
        """Leave the index as it was and delete the new files, whatever has happened before."""
        if self.is_closed:
            return
        # The next writer removes the files if this one cannot.
        with suppress(OSError):
            # A commit may have been interrupted after the table of contents was in its place: then it has happened.
            if toc_number(self._folder) < self.generation:
                for name in self._new_segment_ids:
                    (self._folder / f"{name}{EXTENSION}").unlink(missing_ok=True)
        self._finish()


def _holding(segment: Segment, field: Field, forms: set[str]) -> Ids:
    """The documents that hold one of these compared forms, in any order."""
    dictionary = segment.term_dictionary(field.name)
    terms = {to_bytes(form) for form in forms}
    if len(terms) * FEW > len(dictionary):
        ordinals = [ordinal for ordinal, term in enumerate(dictionary) if term in terms]
    else:
        ordinals = [ordinal for ordinal in map(dictionary.ordinal, terms) if ordinal >= 0]
    ids, _ = segment.postings(field.name).many_ids(np.array(ordinals, np.int64))
    return ids
