"""Acknowledged concurrent edits of the same items, and their comparison with the database, for `edit_storm.py`.

Each change sets unique values. An acknowledged change of an item gives its version and all its fields: in the order of
versions, each must be the one before with the changed fields, and the last one must be stored. A request without a
response, because a process was killed, may have been executed or not.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kb.model.items.item import Item

FIELDS = ("url", "title", "description", "byline", "tags", "source")


class Broken(Exception):
    """An acknowledged write is missing, or something else is stored."""


@dataclass(frozen=True, slots=True)
class Event:
    """A request; `done` is None if its result is unknown. Seconds of one clock."""

    started: float
    ended: float
    done: bool | None = True


@dataclass(frozen=True, slots=True)
class Write(Event):
    """A change of the fields of an item, or, if nothing is set, a read of it. `matched`: the version in If-Match."""

    version: int = 0
    sets: Mapping[str, Any] = field(default_factory=dict)
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] = field(default_factory=dict)
    matched: int | None = None
    look: bool = False


@dataclass(frozen=True, slots=True)
class Moved(Event):
    """An item was moved to the trash, or restored."""

    back: bool = False


@dataclass(frozen=True, slots=True)
class Worded(Event):
    """An annotation or a reply got this text; None: it was removed. `parent` is the parent of a reply."""

    item: str = ""
    parent: str | None = None
    body: str | None = None


@dataclass
class Log:
    """All requests, by item and by annotation; `refused` are the versions that were sent, with the current ones."""

    writes: dict[str, list[Write]] = field(default_factory=lambda: defaultdict(list))
    moves: dict[str, list[Moved]] = field(default_factory=lambda: defaultdict(list))
    words: dict[str, list[Worded]] = field(default_factory=lambda: defaultdict(list))
    refused: list[tuple[int, int]] = field(default_factory=list)

    def join(self, other: "Log") -> None:
        for own_writes, theirs in ((self.writes, other.writes), (self.moves, other.moves), (self.words, other.words)):
            for name, events in theirs.items():
                own_writes[name] += events  # type: ignore[index,operator]
        self.refused += other.refused

    def check(self, present: Mapping[str, Item], binned: Mapping[str, Item], parts: Mapping[str, set[str]]) -> None:
        """Compare with the stored state at the end: present items, items in the trash, and annotations in the trash by
        item. Raises Broken.
        """
        for sent, now in self.refused:
            _must(sent < now, f"version {sent} was called stale while {now} was there")
        for item_id, writes in self.writes.items():
            versions = [write.version for write in writes if write.done and not write.look]
            _must(len(set(versions)) == len(versions), f"{item_id}: a version was given twice")
            _grow(item_id, [write for write in writes if write.done])
            _matched(item_id, [write for write in writes if write.done and not write.look])
            stored = present.get(item_id) or binned.get(item_id)
            _must(stored is not None, f"{item_id} is lost")
            assert stored is not None
            _replayed(item_id, writes, fields_of(stored))
            last = _last(self.moves[item_id])
            may_be_there = not last or any(write.back or write.done is None for write in last)
            may_be_gone = any(not write.back for write in last)
            is_present = item_id in present
            _must(
                may_be_there if is_present else may_be_gone, f"{item_id} is {'there' if is_present else 'in the bin'}"
            )
        for part_id, events in self.words.items():
            self._check_words(part_id, events, present | binned, parts)

    def _check_words(
        self, part_id: str, events: list[Worded], items: Mapping[str, Item], parts: Mapping[str, set[str]]
    ) -> None:
        item_id, parent = events[0].item, events[0].parent
        stored = _bodies(items[item_id]).get(part_id)
        last = _last(events)
        if parent is not None and parent in parts.get(item_id, ()):
            # It was removed together with its parent.
            return
        if stored is None:
            _must(any(write.body is None for write in last), f"the words {part_id} are lost")
            _must(part_id in parts.get(item_id, ()), f"{part_id} is not in the bin")
        else:
            unknown = {event.body for event in events if event.done is None}
            _must(stored in {write.body for write in last} | unknown, f"{part_id} says {stored!r}, not {last}")


def fields_of(item: Item) -> dict[str, Any]:
    """The fields of an item that are compared, in the form of the API."""
    return {name: list(item.tags) if name == "tags" else getattr(item, name) for name in FIELDS}


def _bodies(item: Item) -> dict[str, str | None]:
    bodies: dict[str, str | None] = {}
    for annotation in item.annotations:
        bodies[annotation.id] = annotation.body
        bodies.update((reply.id, reply.body) for reply in annotation.replies)
    return bodies


def _grow(item_id: str, writes: list[Write]) -> None:
    """An event that began after another one ended has a higher version; a read has at least the same."""
    ended = sorted(writes, key=lambda write: write.ended)
    place, highest = 0, 0
    for write in sorted(writes, key=lambda write: write.started):
        while place < len(ended) and ended[place].ended < write.started:
            highest = max(highest, ended[place].version)
            place += 1
        _must(write.version >= highest + (not write.look), f"{item_id}: version {write.version} came after {highest}")


def _matched(item_id: str, writes: list[Write]) -> None:
    """Between the matched version and the resulting one, no other request changed a field."""
    versions = sorted(write.version for write in writes)
    for write in writes:
        if write.matched is not None:
            between = [version for version in versions if write.matched < version < write.version]
            _must(not between, f"{item_id}: {between} were overwritten by who had read {write.matched}")


def _replayed(item_id: str, writes: list[Write], stored: Mapping[str, Any]) -> None:
    """Each state is the one before with the changed fields, and the last one is stored."""
    unknown = [write.sets for write in writes if write.done is None]
    known_writes = sorted((write for write in writes if write.done), key=lambda write: (write.version, write.look))
    state: Mapping[str, Any] = known_writes[0].after
    for write in known_writes[1:]:
        if write.before is not None:
            _explained(item_id, state, write.before, unknown)
            expected = {**write.before, **write.sets} if write.sets else write.after
        else:
            expected = {**state, **write.sets}
        _explained(item_id, expected, write.after, unknown)
        state = write.after
    _explained(item_id, state, stored, unknown)


def _explained(
    item_id: str, expected: Mapping[str, Any], state: Mapping[str, Any], unknown: list[Mapping[str, Any]]
) -> None:
    for name in FIELDS:
        if expected[name] != state[name]:
            maybe = [state[name] for state in unknown if name in state]
            _must(state[name] in maybe, f"{item_id}: {name} is {state[name]!r}, and not {expected[name]!r}")


def _last(events: Iterable[Any]) -> list[Any]:
    """The events that are not known to precede another one."""
    every = list(events)
    latest = max((write.started for write in every if write.done), default=0.0)
    return [write for write in every if write.ended >= latest]


def _must(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Broken(otherwise)
