"""The Whoosh engine: it opens the current generation, reads snapshots of it, and detects an outdated index."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Any
from weakref import WeakValueDictionary

from index.engine import Busy, DamagedFile, Writer, require_valid_nearest, require_valid_plan
from index.hits import Completion, Frequencies, Hits, Neighbour
from index.plan import Plan
from index.query import Fuzzy, MultiTermQuery, Prefix, Query
from index.schema import Schema
from index.vectors import NearestHit, NearestPlan
from index.whoosh_engine import index_folder
from index.whoosh_engine.checksums import Damaged
from index.whoosh_engine.engine_limits import Limits
from index.whoosh_engine.facets.global_ordinals import GlobalOrdinalsCache
from index.whoosh_engine.indexing.background_merge import BackgroundMerges, RunningMerge
from index.whoosh_engine.indexing.index_writer import IndexWriter, WriterGeneration
from index.whoosh_engine.nearest_search import nearest_hits
from index.whoosh_engine.searcher import Snapshot, scope_of, search
from index.whoosh_engine.storage.cache import Cache
from index.whoosh_engine.storage.file_locks import hold_lock
from index.whoosh_engine.storage.segments import Segment, SegmentView, segment_view
from index.whoosh_engine.term_lookups import TermUsage, complete_terms, neighbour_terms, term_frequencies
from index.whoosh_engine.verification import damaged_files
from index.whoosh_engine.whoosh_adapter.codec import EXTENSION
from index.whoosh_engine.whoosh_adapter.whoosh_imports import FileIndex
from index.whoosh_engine.whoosh_adapter.whoosh_schema import fingerprint, stamped_schema

DEFAULT = Limits()
SCOPES = 4
"""A quarter of the memory is for values that are true for one commit only."""
OWN = 32
"""Where processes share the rest, this share of the memory is each process's own, and another one for one commit."""
CREATION = 60.0
"""Seconds, at most, to wait for another process that makes the index."""
LOOKS = 4
"""How often the same files must be missing to be lost."""


class WhooshEngine:
    """An index in a folder, which is created if missing. The folder is trusted: its pickles are loaded.

    `index.engine.Engine` describes the methods.
    """

    def __init__(self, folder: Path, schema: Schema, limits: Limits = DEFAULT) -> None:
        self._folder = folder
        self._schema = schema
        self._fingerprint = fingerprint(schema)
        self._limits = limits
        room = limits.memory - limits.memory // SCOPES
        self._cache = Cache(limits.memory // OWN, limits.shared, room) if limits.shared else Cache(room)
        self._segments: WeakValueDictionary[Path, Segment] = WeakValueDictionary()
        self._opening = Lock()
        self._opened_commit: tuple[index_folder.CommitMark, Snapshot] | None = None
        self._merges = BackgroundMerges(folder, schema, limits)
        folder.mkdir(parents=True, exist_ok=True)
        end = time.monotonic() + CREATION
        while index_folder.is_new(folder) and time.monotonic() < end:
            # Another process may be making the index, for longer than a writer waits.
            with suppress(Busy), hold_lock(folder / index_folder.LOCK):
                if index_folder.is_new(folder):
                    index_folder.set_current_generation(folder, self._empty_generation())

    def search(self, plan: Plan) -> Hits:
        require_valid_plan(plan, self._schema)
        try:
            return search(self._newest(), plan, self._schema)
        except Damaged as error:
            raise index_folder.damaged_index_error(str(error)) from error

    def complete(self, field: str, start: str, within: Query, limit: int) -> tuple[Completion, ...]:
        with _damage_reported():
            return complete_terms(self._term_usage(Prefix(field, start), within, limit), start, limit)

    def neighbours(self, field: str, term: str, within: Query, distance: int, limit: int) -> tuple[Neighbour, ...]:
        with _damage_reported():
            return neighbour_terms(self._term_usage(Fuzzy(field, term, distance), within, limit), term, distance, limit)

    def frequencies(self, field: str, terms: Sequence[str], within: Query) -> Frequencies:
        with _damage_reported():
            return term_frequencies(self._term_usage(Prefix(field, ""), within), terms)

    def nearest(self, plan: NearestPlan) -> tuple[NearestHit, ...]:
        require_valid_nearest(plan, self._schema)
        with _damage_reported():
            return nearest_hits(scope_of(self._newest(), plan.within).segment_docs, plan)

    def _term_usage(self, query: MultiTermQuery, within: Query, limit: int = 0) -> TermUsage:
        """The term usage in the newest documents of `within`, after a check of the request."""
        require_valid_plan(Plan(query, within, size=limit), self._schema)
        return TermUsage(scope_of(self._newest(), within), self._schema[query.field])

    def checkpoint(self) -> str | None:
        return self._newest().checkpoint

    def entries(self) -> Iterator[tuple[str, str]]:
        snapshot = self._newest()
        for view in snapshot.views:
            with _damage_reported():
                entries = view.entries()
            yield from entries

    @contextmanager
    def write(self) -> Iterator[Writer]:
        self._newest()
        with hold_lock(self._folder / index_folder.LOCK), _damage_reported():
            # Another writer may have rebuilt the index while this one waited.
            self._newest()
            index_folder.remove_old_generations(self._folder)
            with self._writer(index_folder.current_generation(self._folder)) as writer:
                yield writer

    @contextmanager
    def rebuild(self) -> Iterator[Writer]:
        self._folder.mkdir(parents=True, exist_ok=True)
        with hold_lock(self._folder / index_folder.LOCK), _damage_reported():
            index_folder.remove_old_generations(self._folder)
            try:
                generation = self._empty_generation()
                with self._writer(generation) as writer:
                    yield writer
                index_folder.set_current_generation(self._folder, generation)
            except BaseException:
                index_folder.remove_old_generations(self._folder)
                raise

    def tidy(self, seconds: float, *, thoroughly: bool = False) -> bool:
        with _damage_reported():
            return self._merges.work(seconds, self._newest, self._adopt, thoroughly=thoroughly)

    def _adopt(self, merge: RunningMerge) -> None:
        with hold_lock(self._folder / index_folder.LOCK):
            generation = index_folder.current_generation(self._folder)
            # Nothing needs a merge in an index that was rebuilt meanwhile.
            if generation == merge.generation:
                with self._writer(generation) as writer:
                    writer.adopt(merge)

    def damaged_files(self) -> tuple[DamagedFile, ...]:
        return damaged_files(self._folder, self._fingerprint)

    @property
    def memory(self) -> int:
        """The maximum size in bytes of the cache for later searches."""
        current = self._opened_commit
        return self._cache.bytes_used + (current[1].scopes.bytes_used if current else 0)

    def close(self) -> None:
        """Close the files and free the memory."""
        self._merges.stop()
        self._opened_commit = None
        self._cache.forget()

    def _empty_generation(self) -> Path:
        generation = index_folder.next_generation(self._folder)
        storage = index_folder.Storage(generation)
        try:
            FileIndex.create(storage, stamped_schema(self._schema), index_folder.INDEX)
        finally:
            storage.close()
        return generation

    @contextmanager
    def _writer(self, generation: Path) -> Iterator[IndexWriter]:
        """A writer, after the removal of files that killed writers left. The lock must be held."""
        storage = index_folder.Storage(generation)
        try:
            toc = index_folder.read_toc(storage, index_folder.toc_number(generation))
            index_folder.remove_orphan_files(self._folder, generation, toc)
            writer = IndexWriter(
                WriterGeneration(storage, toc), self._schema, self._segment, self._limits, self._merges.names
            )
            try:
                yield writer
                writer.commit()
            except BaseException:
                writer.cancel()
                raise
        finally:
            storage.close()

    def _newest(self) -> Snapshot:
        current = self._opened_commit
        if current is not None and current[0].is_still():
            return current[1]
        seen: list[tuple[str, int]] = []
        while True:
            look = index_folder.newest_commit(self._folder)
            try:
                with self._opening:
                    current = self._opened_commit
                    # Another thread may have opened it, or a newer one, while this one waited.
                    if current is None or look.supersedes(current[0]):
                        current = (look, self._open(look, current[1] if current else None))
                    elif look.number == current[0].number:
                        current = (look, current[1])
                    self._opened_commit = current
                    return current[1]
            except FileNotFoundError as error:
                # A writer may delete, between two looks, files that it has just replaced; the next look then differs.
                seen.append(look.number)
                if seen.count(look.number) == LOOKS:
                    raise index_folder.damaged_index_error("its files are missing") from error
                time.sleep(0.002)
            except Damaged as error:
                raise index_folder.damaged_index_error(str(error)) from error

    def _open(self, look: index_folder.CommitMark, before: Snapshot | None) -> Snapshot:
        storage = index_folder.Storage(look.generation)
        try:
            toc = index_folder.read_toc(storage, look.number[1])
        finally:
            storage.close()
        index_folder.require_fingerprint(toc, self._fingerprint)
        segment_views = {view.segment.path: view for view in before.views} if before else {}
        views = tuple(self._view(look.generation, segment, segment_views) for segment in toc.segments)
        words = before.global_ordinals.fresh([view.segment for view in views]) if before else GlobalOrdinalsCache()
        parts = OWN if self._limits.shared else SCOPES
        return Snapshot(look.number, views, toc.schema.checkpoint, words, Cache(self._limits.memory // parts))

    def _view(self, generation: Path, segment: Any, views: Mapping[Path, SegmentView]) -> SegmentView:
        path = generation / segment.make_filename(EXTENSION)
        view = views.get(path)
        # The set of deletions only grows.
        if view is not None and len(view.deleted) == segment.deleted_count():
            return view
        return segment_view(self._segment(path), segment.gone)

    def _segment(self, path: Path) -> Segment:
        segment = self._segments.get(path)
        if segment is None:
            segment = self._segments[path] = Segment(path, self._schema, self._cache)
        return segment


@contextmanager
def _damage_reported() -> Iterator[None]:
    """Convert damage of files to the errors of the engine."""
    try:
        yield
    except Damaged as error:
        raise index_folder.damaged_index_error(str(error)) from error
