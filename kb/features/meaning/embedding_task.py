"""Give the texts of items their vectors, in the background: titles, descriptions, passages and notes of all items
first, then the texts of pages, each time the newest items first.

A slice is a few texts: they are embedded outside of a transaction, then stored in one, which also has their items
indexed again. A kill loses one slice.
"""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice

from kb.errors import translatable
from kb.features.meaning.embedding_service import EmbeddingFailure, EmbeddingService, TextKind, Vector
from kb.features.meaning.records import (
    PAGES,
    ItemEmbedding,
    Waiting,
    changed_since_cleaning,
    clean,
    clear_failure,
    delete_other_models,
    expected_dimensions,
    has_changes,
    has_vectors,
    next_waiting,
    queue_changes,
    store_embeddings,
    store_failure,
    stored_digests,
    vectors_of_texts,
)
from kb.features.meaning.services import service_of
from kb.model.items.item import Item
from kb.model.items.item_vectors import text_digest
from kb.search.embedder import quantize
from kb.search.text_pieces import text_pieces_of
from kb.services.background.background_tasks import BackgroundTask
from kb.services.core.library import Library
from kb.store import ReadSnapshot

PAUSES = (5.0, 15.0, 60.0, 300.0)
"""Seconds before another attempt after a failure of the service: longer after each one in a row."""
_ITEMS = 100
"""Items of a slice, at most: many need nothing, because only their views have changed."""
_DELETED_AT_ONCE = 500
"""Items whose vectors of another model go in one transaction."""
_PAUSE = 0.02
"""Seconds between two slices, in which others write."""
_LONGEST_WAIT, _SHORTEST_WAIT = 60.0, 1.0
_PROBE = "florilège"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Slice:
    """Items, with the texts to embed by digest."""

    items: tuple[ItemEmbedding, ...]
    missing: Mapping[str, str]
    wanted: Mapping[str, tuple[str, ...]]
    """The texts that each item gets a vector for, by digest."""
    known: Mapping[str, bytes]
    """The vectors that other items have of the same texts."""


@dataclass(slots=True)
class EmbeddingWork:
    """The work of the task, slice by slice."""

    library: Library
    service: EmbeddingService
    _is_own_model: bool = field(default=False, init=False)
    _may_have_failed: bool = field(default=True, init=False)
    """Whether the database may say that the service fails."""
    _failures: int = field(default=0, init=False)

    def run_slice(self) -> bool:
        """Do the next slice; returns whether there may be more. Raises EmbeddingFailure, Unavailable."""
        self._delete_other_models()
        self._queue_changes()
        with self.library.store.read() as reading:
            found = self._next_slice(reading)
        if found is not None:
            self._store(found, self._embed(found.missing))
        self._failures = 0
        if self._may_have_failed:
            with self.library.store.write() as writing:
                clear_failure(writing.connection)
            self._may_have_failed = False
        return found is not None

    def note_failure(self, failure: EmbeddingFailure) -> float:
        """Say what fails, in the log and for administrators, once; returns the seconds to wait."""
        if not self._failures:
            _log.warning("The texts get no vectors: %s", failure)
            with self.library.store.write() as writing:
                store_failure(writing.connection, failure.message, failure.values)
            self._may_have_failed = True
        pause = max(failure.wait, PAUSES[min(self._failures, len(PAUSES) - 1)])
        self._failures += 1
        return pause

    def _delete_other_models(self) -> None:
        while not self._is_own_model:
            with self.library.store.write() as writing:
                left = delete_other_models(writing.connection, self.service.model, _DELETED_AT_ONCE)
            self._is_own_model = not left

    def _queue_changes(self) -> None:
        with self.library.store.read() as reading:
            left = has_changes(reading.connection)
        while left:
            with self.library.store.write() as writing:
                left = queue_changes(writing.connection)

    def _next_slice(self, reading: ReadSnapshot) -> _Slice | None:
        waiting = next_waiting(reading.connection, _ITEMS)
        if not waiting:
            return None
        ids = [row.item_id for row in waiting]
        items, with_page = reading.items.any_of(ids), reading.page_texts.present(ids)
        stored = stored_digests(reading.connection, ids, self.service.model)
        missing: dict[str, str] = {}
        wanted: dict[str, tuple[str, ...]] = {}
        embeddings: list[ItemEmbedding] = []
        for row in waiting:
            if (room := self.service.batch - len(missing)) <= 0:
                break
            if (item := items.get(row.item_id)) is None:
                # It was deleted after its change was queued.
                continue
            page = reading.page_texts.of_item(item.id) if row.stage == PAGES else None
            texts = {text_digest(piece.text): piece.text for piece in text_pieces_of(item, page)}
            new = [digest for digest in texts if digest not in stored.get(item.id, ())]
            wanted[item.id] = tuple(islice(new, room))
            missing |= {digest: texts[digest] for digest in wanted[item.id]}
            is_done = len(wanted[item.id]) == len(new)
            embeddings.append(_embedding(item, row, is_done, item.id in with_page, frozenset(texts)))
        known = vectors_of_texts(reading.connection, missing, self.service.model)
        rest = {digest: text for digest, text in missing.items() if digest not in known}
        return _Slice(tuple(embeddings), rest, wanted, known)

    def _embed(self, texts: Mapping[str, str]) -> dict[str, bytes]:
        """The vectors of texts, by digest; empty for a text that the service refuses. Raises EmbeddingFailure."""
        if not texts:
            return {}
        try:
            vectors = self.service.embed(list(texts.values()), TextKind.PASSAGE, self.service.seconds)
        except EmbeddingFailure as failure:
            if not failure.is_about_texts:
                raise
            # If it fails on a plain word too, no text is at fault.
            self.service.embed([_PROBE], TextKind.PASSAGE, self.service.seconds)
            if len(texts) == 1:
                _log.warning("A text gets no vector: %s", failure)
                return dict.fromkeys(texts, b"")
            half, entries = len(texts) // 2, list(texts.items())
            return self._embed(dict(entries[:half])) | self._embed(dict(entries[half:]))
        self._check_dimensions(vectors[0])
        return dict(zip(texts, map(quantize, vectors), strict=True))

    def _check_dimensions(self, vector: Vector) -> None:
        """Raise EmbeddingFailure if the service gives vectors of other dimensions than before under the same name."""
        with self.library.store.write() as writing:
            expected = expected_dimensions(writing.connection, len(vector))
        if expected != len(vector):
            raise EmbeddingFailure(
                "The embedding service gives vectors of %(given)s dimensions where %(expected)s are expected: set"
                " KB_EMBEDDINGS_MODEL and KB_EMBEDDINGS_DIMENSIONS to what it serves.",
                given=len(vector),
                expected=expected,
            )

    def _store(self, found: _Slice, embedded: Mapping[str, bytes]) -> None:
        vectors = {**found.known, **embedded}
        done = [
            ItemEmbedding(
                item.item_id,
                item.version,
                {digest: vectors[digest] for digest in found.wanted[item.item_id]},
                item.next_stage,
                item.kept,
            )
            for item in found.items
        ]
        with self.library.store.write() as writing:
            store_embeddings(writing.connection, self.service.model, done)


def _embedding(item: Item, row: Waiting, is_done: bool, has_page: bool, texts: frozenset[str]) -> ItemEmbedding:
    """What becomes of an item in the queue."""
    if not is_done:
        return ItemEmbedding(item.id, item.version, {}, next_stage=row.stage)
    if row.stage != PAGES and has_page:
        return ItemEmbedding(item.id, item.version, {}, next_stage=PAGES)
    return ItemEmbedding(item.id, item.version, {}, kept=texts)


def embed_until_stopped(library: Library, stop: threading.Event) -> None:
    """Follow the database until stopped. Raises Unavailable. Without a service, vectors of deleted texts still go."""
    service = service_of(library.settings, TextKind.PASSAGE)
    if service is None:
        _clean_until_stopped(library, stop)
        return
    work = EmbeddingWork(library, service)
    try:
        with library.store.listen() as commits:
            while not stop.is_set():
                try:
                    has_more = work.run_slice()
                except EmbeddingFailure as failure:
                    stop.wait(work.note_failure(failure))
                    continue
                if has_more:
                    stop.wait(_PAUSE)
                elif not commits.wait(stop, _LONGEST_WAIT, _SHORTEST_WAIT):
                    # Nothing has changed for a minute: free the memory of the model.
                    service.close()
    finally:
        service.close()


def _clean_until_stopped(library: Library, stop: threading.Event) -> None:
    """Delete the vectors of texts that are not there any more; ends if there are no vectors."""
    with library.store.read() as reading:
        if not has_vectors(reading.connection):
            return
    with library.store.listen() as commits:
        while not stop.is_set():
            while clean_next(library) and not stop.is_set():
                pass
            commits.wait(stop, _LONGEST_WAIT, _SHORTEST_WAIT)


def clean_next(library: Library) -> bool:
    """Delete the vectors of texts that the next changes have removed; returns whether there were changes."""
    with library.store.read() as reading:
        number, ids = changed_since_cleaning(reading.connection)
        if not number:
            return False
        items = reading.items.any_of(ids)
        pages = {item_id: reading.page_texts.of_item(item_id) for item_id in items}
        kept = {
            item_id: frozenset(text_digest(piece.text) for piece in text_pieces_of(items[item_id], pages[item_id]))
            if item_id in items
            else frozenset[str]()
            for item_id in ids
        }
    with library.store.write() as writing:
        clean(writing.connection, number, kept)
    return True


TASKS = (BackgroundTask("embeddings", translatable("embeddings of texts"), embed_until_stopped),)
