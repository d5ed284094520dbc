"""The tags of many items: find the items of a tag, and change all of them at once."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import delete, select, update

from kb.errors import NotFound
from kb.model.items.tag import tag_form
from kb.store.database.clock import timestamp_now
from kb.store.database.database import BATCH, batches, in_savepoint, is_any_of
from kb.store.database.rows import Repository, bulk_write
from kb.store.groups.groups import mark_groups_changed
from kb.store.items.change_sequence import Changes
from kb.store.items.item_rows import NEW_TAGS
from kb.store.tables.item_tables import item_tags, items


class TagAssignmentsReading(Repository):
    """Tags of items, in one transaction."""

    def spellings(self, forms: Collection[str]) -> list[str]:
        """The spellings of tags of these forms (`tag_form`) in the whole database."""
        every = self.connection.execute(select(item_tags.c.tag).distinct()).scalars()
        return [tag for tag in every if tag_form(tag) in forms]

    def items_with_tags(self, group_id: str, tags: Collection[str]) -> dict[str, list[int]]:
        """The items of a group that bear tags with these spellings, by tag; items by their order."""
        pairs = select(item_tags.c.tag, items.c.number).select_from(
            item_tags.join(items, items.c.number == item_tags.c.item)
        )
        # An expression, so that SQLite starts with the tags: a group has many items.
        of_group = items.c.group_id.concat("") == group_id
        numbers_by_tag: dict[str, list[int]] = {}
        for tag, number in self.connection.execute(pairs.where(is_any_of(item_tags.c.tag, tags), of_group)):
            numbers_by_tag.setdefault(tag, []).append(number)
        return numbers_by_tag

    def ids(self, numbers: Sequence[int]) -> list[str]:
        """The ids of items by their orders; unknown orders are left out."""
        return [
            item_id
            for start in range(0, len(numbers), BATCH)
            for (item_id,) in self.connection.execute(
                select(items.c.id).where(items.c.number.in_(numbers[start : start + BATCH])).order_by(items.c.number)
            )
        ]

    def tags_of(self, ids: Iterable[str]) -> dict[str, tuple[str, tuple[str, ...]]]:
        """The group and the tags of items, by item id; unknown ids are left out."""
        tags_by_item: dict[str, tuple[str, tuple[str, ...]]] = {}
        for batch in batches(ids):
            rows = self.connection.execute(
                select(items.c.id, items.c.number, items.c.group_id).where(items.c.id.in_(batch))
            ).all()
            tags_by_number: dict[int, list[str]] = {number: [] for _, number, _ in rows}
            pairs = select(item_tags.c.item, item_tags.c.tag).where(item_tags.c.item.in_(list(tags_by_number)))
            for number, tag in self.connection.execute(pairs.order_by(item_tags.c.item, item_tags.c.position)):
                tags_by_number[number].append(tag)
            of = {item_id: (group_id, tuple(tags_by_number[number])) for item_id, number, group_id in rows}
            tags_by_item |= {item_id: of[item_id] for item_id in batch if item_id in of}
        return tags_by_item


class TagAssignments(TagAssignmentsReading):
    """Tags of items, in a write transaction."""

    def set_tags(self, tags: Mapping[str, Sequence[str]]) -> None:
        """Replace the tags of items, by item id. Raises NotFound, and changes nothing, if one does not exist."""
        now, version = timestamp_now(), Changes(self.connection).next_version()
        with in_savepoint(self.connection):
            for batch in batches(tags):
                rows = self.connection.execute(
                    select(items.c.id, items.c.number, items.c.group_id).where(items.c.id.in_(batch))
                ).all()
                numbers = {item_id: number for item_id, number, _ in rows}
                if len(numbers) < len(batch):
                    raise NotFound("This item does not exist, or you may not read it.")
                of_batch = list(numbers.values())
                self.connection.execute(delete(item_tags).where(item_tags.c.item.in_(of_batch)))
                new = [
                    {"item": numbers[item_id], "position": position, "tag": tag}
                    for item_id in batch
                    for position, tag in enumerate(tags[item_id])
                ]
                bulk_write(self.connection, NEW_TAGS, new)
                changed = update(items).where(items.c.number.in_(of_batch))
                self.connection.execute(changed.values(changed_at=now, version=version))
                mark_groups_changed(self.connection, {group_id for _, _, group_id in rows}, now)
            Changes(self.connection).record(list(tags))
