"""Merge large segments between commits, a slice at a time, without blocking writers or readers.

A merge writes into its own file, from segments that never change, while commits go on. When the merged segment replaces
its sources, in a short commit, the documents that other commits deleted meanwhile are deleted from it too. The merging
process holds a file lock: if it was killed, another process removes its half-merged files; if it is alive, none does.
"""

import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from secrets import token_hex
from threading import Lock
from typing import BinaryIO

import numpy as np

from index.engine import Busy
from index.schema import Schema
from index.whoosh_engine.engine_limits import Limits
from index.whoosh_engine.index_folder import GENERATIONS, MERGING, UNFINISHED
from index.whoosh_engine.indexing.merge_policy import merges_in_background
from index.whoosh_engine.indexing.segment_merge import merge_segments, merge_sources
from index.whoosh_engine.searcher import Snapshot
from index.whoosh_engine.storage.array_file import Array, Ids
from index.whoosh_engine.storage.file_locks import try_lock
from index.whoosh_engine.storage.segments import SegmentView, segments_by_kind

PATIENCE = 2.0
"""Seconds that an end waits for the slice of a merge that another thread is at."""


class RunningMerge:
    """A merge in progress. `names` are the files of the segments that it merges."""

    def __init__(
        self, generation: Path, views: Sequence[SegmentView], schema: Schema, stretch: int, claim: BinaryIO
    ) -> None:
        self.generation = generation
        self.names = tuple(view.segment.path.name for view in views)
        self.documents = sum(view.count for view in views)
        self.path = generation / f"{UNFINISHED}{token_hex(8)}"
        self._claim = claim
        self._sources = merge_sources(views)
        self._stream = self.path.open("wb")
        self._steps = merge_segments(self._stream, self._sources, schema, stretch)

    def step(self) -> bool:
        """Do a slice of the work; returns whether there was one left."""
        for _ in self._steps:
            return True
        self._stream.close()
        return False

    def deleted_since(self, deleted: Sequence[Array]) -> Ids:
        """The new numbers of documents that were deleted since the merge began.

        `deleted` are the deleted documents of each source.
        """
        pairs = zip(self._sources, deleted, strict=True)
        numbers = np.concatenate([source.numbers[documents] for source, documents in pairs])
        return numbers[numbers >= 0]

    def end(self) -> None:
        """Free everything, and delete the file, unless it was renamed."""
        try:
            self._steps.close()
            try:
                self._stream.close()
            finally:
                self.path.unlink(missing_ok=True)
        finally:
            self._claim.close()


class BackgroundMerges:
    """The merges of one engine: one at a time, and one in a folder."""

    def __init__(self, folder: Path, schema: Schema, limits: Limits) -> None:
        self._folder = folder
        self._schema = schema
        self._limits = limits
        self._work_lock = Lock()
        self._merge: RunningMerge | None = None

    @property
    def names(self) -> frozenset[str]:
        """The files of the segments that are being merged."""
        merge = self._merge
        return frozenset(merge.names) if merge else frozenset()

    def work(
        self,
        seconds: float,
        newest: Callable[[], Snapshot],
        adopt: Callable[[RunningMerge], None],
        *,
        thoroughly: bool = False,
    ) -> bool:
        """Merge for about `seconds`; returns whether work is left. `adopt` puts the merged segment in its place.

        `thoroughly`: also every segment, however small, that holds deleted documents.
        """
        end = time.monotonic() + seconds
        with self._work_lock:
            try:
                while (merge := self._merge or self._begin(newest(), thoroughly=thoroughly)) is not None:
                    self._merge = merge
                    while merge.step():
                        if time.monotonic() >= end:
                            return True
                    adopt(merge)
                    self._end()
            except Busy:
                # It is complete, and waits for its commit.
                return True
            except BaseException:
                self._end()
                raise
            return False

    def _begin(self, snapshot: Snapshot, *, thoroughly: bool) -> RunningMerge | None:
        generation = self._folder / GENERATIONS / snapshot.number[0]
        views = self._segments_to_merge(snapshot.views)
        if not views and thoroughly:
            views = [view for view in snapshot.views if view.count < view.segment.documents][:1]
        if not views or not _has_room(generation, views):
            return None
        claim = try_lock(self._folder / MERGING)
        return RunningMerge(generation, views, self._schema, self._limits.stretch, claim) if claim else None

    def _segments_to_merge(self, views: Sequence[SegmentView]) -> list[SegmentView]:
        """The segments to merge first, all of one kind of document."""
        for some in segments_by_kind(views, lambda view: view.segment.side):
            sizes = [(view.count, view.segment.documents) for view in some]
            if indices := merges_in_background(sizes, self._limits):
                return [some[index] for index in indices]
        return []

    def _end(self) -> None:
        merge, self._merge = self._merge, None
        if merge:
            merge.end()

    def stop(self) -> None:
        """Give up the merge in progress."""
        # An interrupted thread may never release the lock; a slice takes far less than this timeout.
        is_ours = self._work_lock.acquire(timeout=PATIENCE)
        try:
            self._end()
        finally:
            if is_ours:
                self._work_lock.release()


def _has_room(generation: Path, views: Sequence[SegmentView]) -> bool:
    """Whether the disk can hold the merged file beside its sources, and as much again for writes meanwhile."""
    try:
        needed = sum(view.segment.path.stat().st_size for view in views)
    except FileNotFoundError:
        # Another process has merged them already.
        return False
    return shutil.disk_usage(generation).free >= 2 * needed
