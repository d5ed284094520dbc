"""The files of items, and what the files of a group take."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from sqlalchemy import bindparam, delete, func, select

from kb.model.items.item import Item
from kb.model.items.item_file import FileRole, ItemFile
from kb.store.database.compiled_selects import run_compiled_select
from kb.store.database.database import is_any_of
from kb.store.database.rows import Repository, ValueColumns
from kb.store.items.orphaned_rows import is_of_lost_item
from kb.store.tables.file_tables import file_quotas, item_files
from kb.store.tables.item_tables import items
from kb.store.tables.moderation_tables import removed_content

_COLUMNS = ValueColumns(item_files, ItemFile)
_OF_ITEM = _COLUMNS.select.where(item_files.c.item_id == bindparam("item"))
_OF_ITEMS = _COLUMNS.select.where(item_files.c.item_id.in_(bindparam("ids", expanding=True)))
_MEGABYTE = 10**6


class ItemFilesReading(Repository):
    """Files of items, in one transaction. The caller checks that the user may read the item."""

    def of_item(self, item_id: str, role: FileRole = FileRole.FILE) -> ItemFile | None:
        """The file of an item, or its copy."""
        files = map(_COLUMNS.value, run_compiled_select(self.connection, _OF_ITEM, {"item": item_id}))
        return next((file for file in files if file.role is role), None)

    def of_items(self, item_ids: Iterable[str]) -> list[ItemFile]:
        """The files and copies of some items."""
        return list(map(_COLUMNS.value, self._rows_of(_OF_ITEMS, item_ids)))

    def with_files(self, of: Sequence[Item]) -> list[Item]:
        """The items with descriptions of their files, the file before the copy."""
        files: dict[str, list[ItemFile]] = {}
        for file in sorted(self.of_items([item.id for item in of]), key=lambda file: file.role is FileRole.COPY):
            files.setdefault(file.item_id, []).append(file)
        return [replace(item, files=tuple(files[item.id])) if item.id in files else item for item in of]

    def of_content(self, sha256: str, role: FileRole) -> ItemFile | None:
        """A file or a copy with this content, of whatever item; None if there is none."""
        same = _COLUMNS.select.where(item_files.c.sha256 == sha256, item_files.c.role == role.value)
        return _COLUMNS.first(self.connection, same.limit(1))

    def item_of_content(self, group_id: str, sha256: str) -> str | None:
        """An item of a group whose file has this content, or None."""
        chosen = select(items.c.id).join(item_files, item_files.c.item_id == items.c.id)
        chosen = chosen.where(
            item_files.c.sha256 == sha256, items.c.group_id == group_id, item_files.c.role == FileRole.FILE.value
        )
        return self._text(chosen.limit(1))

    def added_by(self, user_id: str) -> tuple[ItemFile, ...]:
        """The files and copies that a user added, the oldest first."""
        chosen = _COLUMNS.select.where(item_files.c.added_by == user_id)
        return _COLUMNS.all(self.connection, chosen.order_by(item_files.c.added_at, item_files.c.item_id))

    def named(self, sha256s: Iterable[str]) -> set[str]:
        """Of some contents, those that a row names."""
        column = item_files.c.sha256
        return {sha256 for (sha256,) in self._rows_with(select(column).distinct(), column, sha256s)}

    def contents(self) -> Iterator[tuple[str, int]]:
        """The SHA-256 and the size in bytes of each content that a row names, in the order of the hashes."""
        chosen = select(item_files.c.sha256, func.max(item_files.c.size)).group_by(item_files.c.sha256)
        yield from map(tuple, self.connection.execute(chosen.order_by(item_files.c.sha256)))

    def used_by_group(self, group_id: str) -> int:
        """The bytes that the files and copies of a group take, with those of its trash."""
        ids = select(items.c.id).where(items.c.group_id == group_id)
        removed = select(removed_content.c.item_id).where(
            removed_content.c.group_id == group_id, removed_content.c.annotation_id.is_(None)
        )
        chosen = select(func.sum(item_files.c.size)).where(item_files.c.item_id.in_(ids.union(removed)))
        return self._number(chosen)

    def quota_of_group(self, group_id: str) -> int | None:
        """What an administrator lets the files of a group take, in bytes, 0 for no limit; None for the default."""
        chosen = select(file_quotas.c.megabytes).where(file_quotas.c.group_id == group_id)
        megabytes: int | None = self.connection.execute(chosen).scalar()
        return None if megabytes is None else megabytes * _MEGABYTE


class ItemFiles(ItemFilesReading):
    """Files of items, in a write transaction."""

    def put(self, file: ItemFile) -> None:
        """Give an item a file or a copy, in place of the one that it has. Its content must be in the storage."""
        self._replace(item_files, _COLUMNS.row(file))

    def copy(self, from_id: str, to_id: str) -> None:
        """Give an item the files of another, unless it has its own: for copies and for merged items."""
        rows = [_COLUMNS.row(replace(file, item_id=to_id)) for file in self.of_items([from_id])]
        self._insert_missing(item_files, *rows)

    def set_quota(self, group_id: str, megabytes: int | None) -> None:
        """Set what the files of a group may take, 0 for no limit; None for the default."""
        self._write(delete(file_quotas).where(file_quotas.c.group_id == group_id))
        if megabytes is not None:
            self._replace(file_quotas, {"group_id": group_id, "megabytes": megabytes})

    def purge(self) -> int:
        """Delete the rows of items that no longer exist and cannot be restored; returns their number."""
        return self._write(delete(item_files).where(is_of_lost_item(item_files.c.item_id)))

    def drop(self, item_ids: Iterable[str], role: FileRole | None = None) -> None:
        """Delete the rows of items that were permanently deleted, or those of one role."""
        chosen = delete(item_files).where(is_any_of(item_files.c.item_id, item_ids))
        self._write(chosen if role is None else chosen.where(item_files.c.role == role.value))
