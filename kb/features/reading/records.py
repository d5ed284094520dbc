"""The versions of page texts, and the places of passages, in the database.

The transaction that replaces a text keeps the earlier one as a version: the store of files, which takes part in no
transaction, could lose one or keep what was deleted. The places of passages are found out afterwards, by a task; the
queue has the items whose text or passages have changed since.
"""

import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, delete, exists, func, select, update

from kb.features.reading.tables import anchor_queue, page_checks, page_versions, passage_anchors, version_contents
from kb.model.web_pages.text_layout import layout_of
from kb.store import FeatureStore
from kb.store.database.clock import timestamp_now
from kb.store.database.compiled_selects import run_compiled_select
from kb.store.database.database import batches
from kb.store.database.rows import Repository, ValueColumns
from kb.store.items.orphaned_rows import is_of_lost_item
from kb.store.items.page_texts import PageText, PageTextsReading
from kb.store.tables.file_tables import item_files
from kb.store.tables.group_tables import groups
from kb.store.tables.item_tables import annotations, items
from kb.store.tables.moderation_tables import removed_content
from kb.store.tables.web_page_tables import page_texts
from kb.store.transaction_events import (
    Event,
    ItemsErased,
    PageTextChanged,
    PageTextMoved,
    PassagesChanged,
    PersonErased,
    changed_item_ids,
    events_of,
)

MOST_VERSIONS = 20
"""Earlier versions of a text that are kept; of more, the oldest goes in which no lost passage was found last."""
_TABLES_OF_ITEMS = (page_versions, passage_anchors, anchor_queue, page_checks)
_LEVEL = 6
"""Of compression."""

_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_VERSIONS = select(page_versions.c.number, page_versions.c.made_at, page_versions.c.size).where(
    page_versions.c.item_id == bindparam("item")
)
_CONTENT = (
    select(version_contents.c.content)
    .join(page_versions, page_versions.c.sha256 == version_contents.c.sha256)
    .where(page_versions.c.item_id == bindparam("item"), page_versions.c.number == bindparam("number"))
)
_WITH_PASSAGES = (
    select(items.c.id)
    .where(items.c.id.in_(_IDS), exists().where(page_texts.c.item_id == items.c.id))
    .where(exists().where(annotations.c.item == items.c.number, annotations.c.quote.is_not(None)))
)
_IS_UNUSED = ~exists().where(page_versions.c.sha256 == version_contents.c.sha256)


class PassageState(StrEnum):
    """Whether a passage is in the present text; the values that the API answers."""

    EXACT = "exact"
    MOVED = "moved"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class TextVersion:
    """A version of the text of an item's page. `size` is what it takes, 0 for the present one."""

    number: int
    made_at: str
    size: int


@dataclass(frozen=True, slots=True)
class PageToCheck:
    """An item whose page may be read again."""

    item_id: str
    url: str
    title: str


@dataclass(frozen=True, slots=True)
class PassageAnchor:
    """Where a passage is: see the table `passage_anchors`."""

    annotation_id: str
    item_id: str
    digest: str
    found_in: int | None
    begins: int | None
    ends: int | None
    state: PassageState
    checked_in: int
    changed_in: int | None


_ANCHOR = ValueColumns(passage_anchors, PassageAnchor)
_ANCHORS = _ANCHOR.select.where(passage_anchors.c.item_id == bindparam("item"))


class VersionsReading(Repository):
    """Versions and places, in one transaction. The caller checks that the user may read the item."""

    def versions(self, item_id: str) -> tuple[TextVersion, ...]:
        """The versions that are kept, the present one last; none without a text."""
        fetched_at = PageTextsReading(self.connection).fetched_at(item_id)
        if fetched_at is None:
            return ()
        rows = sorted(tuple(row) for row in run_compiled_select(self.connection, _VERSIONS, {"item": item_id}))
        earlier = [TextVersion(*row) for row in rows]
        return (*earlier, TextVersion(earlier[-1].number + 1 if earlier else 1, fetched_at, 0))

    def text(self, item_id: str, number: int) -> PageText | None:
        """The text of an earlier version; None for one that is not kept."""
        rows = run_compiled_select(self.connection, _CONTENT, {"item": item_id, "number": number})
        if not rows:
            return None
        text, layout = json.loads(zlib.decompress(bytes(rows[0][0])))
        found = layout_of(layout, text)
        # Its pictures were those of the copy that was saved then.
        return PageText(text, replace(found, pictures=()) if found else None)

    def anchors(self, item_id: str) -> dict[str, PassageAnchor]:
        """What is known of the places of an item's passages, by annotation."""
        rows = run_compiled_select(self.connection, _ANCHORS, {"item": item_id})
        return {anchor.annotation_id: anchor for anchor in map(_ANCHOR.value, rows)}

    def waiting(self, most: int) -> tuple[str, ...]:
        """Items of the queue."""
        return tuple(self.connection.execute(select(anchor_queue.c.item_id).limit(most)).scalars())

    def changed_of_group(self, group_id: str, start: int, most: int) -> list[PassageAnchor]:
        """Passages of a group whose words were changed in the page, or are gone, those of the newest items first."""
        chosen = _ANCHOR.select.join(items, items.c.id == passage_anchors.c.item_id)
        chosen = chosen.where(items.c.group_id == group_id, passage_anchors.c.changed_in.is_not(None))
        ordered = chosen.order_by(items.c.number.desc(), passage_anchors.c.annotation_id)
        return list(_ANCHOR.all(self.connection, ordered.offset(start).limit(most)))

    def count_changed_of_group(self, group_id: str) -> int:
        """How many there are."""
        chosen = select(func.count()).select_from(passage_anchors.join(items, items.c.id == passage_anchors.c.item_id))
        return self._number(chosen.where(items.c.group_id == group_id, passage_anchors.c.changed_in.is_not(None)))

    def pages_to_check(self, before: str, most: int) -> tuple[PageToCheck, ...]:
        """Items with passages whose page was read last before a time, the longest ago first: those of groups that can
        be changed, whose text is of the page, and not of a file or of a copy.
        """
        read_at = func.coalesce(page_checks.c.checked_at, page_texts.c.fetched_at)
        chosen = (
            select(items.c.id, items.c.url, func.coalesce(items.c.title, ""))
            .join(page_texts, page_texts.c.item_id == items.c.id)
            .join(groups, groups.c.id == items.c.group_id)
            .join(page_checks, page_checks.c.item_id == items.c.id, isouter=True)
            .where(groups.c.archived_at.is_(None), groups.c.deleted_at.is_(None), items.c.url.is_not(None))
            .where(exists().where(annotations.c.item == items.c.number, annotations.c.quote.is_not(None)))
            .where(~exists().where(item_files.c.item_id == items.c.id))
            .where(read_at < before)
        )
        rows = self.connection.execute(chosen.order_by(read_at, items.c.id).limit(most))
        return tuple(PageToCheck(*row) for row in rows)


class Versions(VersionsReading):
    """Versions and places, in a write transaction."""

    def store_anchors(self, item_id: str, anchors: Sequence[PassageAnchor]) -> None:
        """Replace what is known of the places of an item's passages; the item leaves the queue. Those whose words are
        other ones since the last time, or are gone, are told of (PassagesChanged).
        """
        before = self.anchors(item_id)
        changed = [
            anchor.annotation_id
            for anchor in anchors
            if anchor.changed_in == anchor.checked_in
            and (was := before.get(anchor.annotation_id)) is not None
            and was.digest == anchor.digest
            and was.changed_in != anchor.changed_in
        ]
        if changed:
            events_of(self.connection).append(PassagesChanged(item_id, tuple(changed)))
        self._write(delete(passage_anchors).where(passage_anchors.c.item_id == item_id))
        self._replace(passage_anchors, *map(_ANCHOR.row, anchors))
        self.leave_queue(item_id)

    def note_check(self, item_id: str) -> None:
        """Note that the page of an item was read again now."""
        self._replace(page_checks, {"item_id": item_id, "checked_at": timestamp_now()})

    def leave_queue(self, item_id: str) -> None:
        """Take an item out of the queue."""
        self._write(delete(anchor_queue).where(anchor_queue.c.item_id == item_id))

    def queue(self, item_ids: Iterable[str]) -> None:
        """Put the items with a text and passages into the queue."""
        for batch in batches(item_ids):
            found = {row[0] for row in run_compiled_select(self.connection, _WITH_PASSAGES, None, ids=batch)}
            self._insert_missing(anchor_queue, *({"item_id": item_id} for item_id in sorted(found)))

    def keep(self, change: PageTextChanged) -> None:
        """Keep the earlier text of a page as a version. If the text was deleted, so are its versions."""
        if change.is_deleted:
            self.delete_items([change.item_id])
        elif change.before is not None:
            self._keep(change.item_id, change.before, change.layout, change.fetched_at)
            self._thin(change.item_id)

    def move(self, from_id: str, to_id: str) -> None:
        """Give the versions of an item to another one, which has none."""
        self.delete_items([to_id])
        self._write(update(page_versions).where(page_versions.c.item_id == from_id).values(item_id=to_id))

    def delete_items(self, item_ids: Iterable[str]) -> None:
        """Delete the versions and places of items."""
        for batch in batches(item_ids):
            contents = list(self._rows_with(select(page_versions.c.sha256), page_versions.c.item_id, batch))
            for table in _TABLES_OF_ITEMS:
                self.connection.execute(delete(table).where(table.c.item_id.in_(batch)))
            self._delete_unused(key for (key,) in contents)

    def delete_anchors_of_missing(self, item_ids: Iterable[str]) -> None:
        """Delete the places of annotations that are not there any more."""
        for batch in batches(item_ids):
            missing = ~exists().where(annotations.c.id == passage_anchors.c.annotation_id)
            self.connection.execute(delete(passage_anchors).where(passage_anchors.c.item_id.in_(batch), missing))

    def purge(self) -> None:
        """Delete the versions and places of items that no longer exist and cannot be restored."""
        for table in _TABLES_OF_ITEMS:
            self._write(delete(table).where(is_of_lost_item(table.c.item_id)))
        self._write(delete(version_contents).where(_IS_UNUSED))

    def _keep(self, item_id: str, text: str, layout: str | None, made_at: str) -> None:
        plain = json.dumps([text, layout], ensure_ascii=False, separators=(",", ":")).encode()
        key, content = sha256(plain).hexdigest(), zlib.compress(plain, _LEVEL)
        self._insert_missing(version_contents, {"sha256": key, "content": content})
        last = select(func.max(page_versions.c.number)).where(page_versions.c.item_id == item_id)
        row = {"item_id": item_id, "number": self._number(last) + 1, "sha256": key, "size": len(content)}
        self._insert(page_versions, {**row, "made_at": made_at})

    def _thin(self, item_id: str) -> None:
        kept = sorted(row[0] for row in run_compiled_select(self.connection, _VERSIONS, {"item": item_id}))
        if len(kept) <= MOST_VERSIONS:
            return
        needed = {anchor.found_in for anchor in self.anchors(item_id).values() if anchor.state is PassageState.LOST}
        # The number of the newest one says which number the present text has.
        oldest = next((number for number in kept[:-1] if number not in needed), kept[0])
        is_oldest = (page_versions.c.item_id == item_id) & (page_versions.c.number == oldest)
        key = self._text(select(page_versions.c.sha256).where(is_oldest))
        self._write(delete(page_versions).where(is_oldest))
        self._delete_unused([key] if key else [])

    def _delete_unused(self, keys: Iterable[str]) -> None:
        """Delete those of some contents that no version has any more."""
        for batch in batches(keys):
            self.connection.execute(delete(version_contents).where(version_contents.c.sha256.in_(batch), _IS_UNUSED))


def follow_events(connection: Connection, events: list[Event]) -> None:
    """Keep the texts that a transaction replaces, delete what it erases, and queue what is to be anchored."""
    versions = Versions(connection)
    changed = changed_item_ids(events)
    for event in events:
        match event:
            case PageTextChanged():
                versions.keep(event)
                changed.append(event.item_id)
            case PageTextMoved(from_id, to_id):
                versions.move(from_id, to_id)
                changed.append(to_id)
            case ItemsErased(item_ids):
                versions.delete_items(item_ids)
            case PersonErased():
                versions.delete_anchors_of_missing(changed)
            case _:
                pass
    versions.queue(changed)


def _queue_all(connection: Connection) -> None:
    ids = connection.execute(select(page_texts.c.item_id)).scalars().all()
    Versions(connection).queue(ids)


def _bytes_of_group(connection: Connection, group_id: str) -> int:
    """What the versions of a group take, with those of its trash."""
    removed = select(removed_content.c.item_id).where(
        removed_content.c.group_id == group_id, removed_content.c.annotation_id.is_(None)
    )
    ids = select(items.c.id).where(items.c.group_id == group_id).union(removed)
    chosen = select(func.sum(page_versions.c.size)).where(page_versions.c.item_id.in_(ids))
    return int(connection.execute(chosen).scalar() or 0)


STORE = FeatureStore(
    (version_contents, *_TABLES_OF_ITEMS),
    fill=_queue_all,
    before_commit=follow_events,
    bytes_of_group=_bytes_of_group,
    purge=lambda connection: Versions(connection).purge(),
)
