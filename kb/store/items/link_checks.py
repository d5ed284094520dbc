"""The results of link checks, and the addresses that are due for one."""

from collections.abc import Iterable

from sqlalchemy import delete, exists, func, or_, select

from kb.model.items.item import Item
from kb.model.web_pages.link_check import DEAD_FROM, LinkCheck
from kb.store.database.database import is_any_of
from kb.store.database.rows import Repository, ValueColumns
from kb.store.items.item_rows import ITEMS, whole_items
from kb.store.tables.item_tables import items
from kb.store.tables.web_page_tables import link_checks

_WEB = or_(items.c.url.startswith("http://"), items.c.url.startswith("https://"))
_CHECKS = ValueColumns(link_checks, LinkCheck)
IS_DEAD = (link_checks.c.failing_since >= "", link_checks.c.failures >= DEAD_FROM, link_checks.c.address == items.c.url)


class LinkChecksReading(Repository):
    """Link checks, in one transaction. `address` is an item's own address, to the letter."""

    def of_item(self, item_id: str) -> LinkCheck | None:
        """The last check of an item's address, perhaps of an address that it no longer has."""
        return _CHECKS.first(self.connection, _CHECKS.select.where(link_checks.c.item_id == item_id))

    def next_requested(self) -> LinkCheck | None:
        """The check that a user requested the longest time ago."""
        statement = _CHECKS.select.where(link_checks.c.requested_at >= "").order_by(link_checks.c.requested_at).limit(1)
        return _CHECKS.first(self.connection, statement)

    def next_due(self, now: str) -> LinkCheck | None:
        """The check that has been due for the longest time."""
        due = _CHECKS.select.where(link_checks.c.next_at <= now).order_by(link_checks.c.next_at).limit(1)
        return _CHECKS.first(self.connection, due)

    def next_unchecked(self, after: int) -> tuple[int, str, str] | None:
        """The first item after a place in the order of import whose address was never checked: its place, its id and
        its address.
        """
        seen = exists().where(link_checks.c.item_id == items.c.id)
        statement = select(items.c.number, items.c.id, items.c.url).where(items.c.number > after, _WEB, ~seen)
        row = self.connection.execute(statement.order_by(items.c.number).limit(1)).first()
        return None if row is None else (row.number, row.id, row.url)

    def last_number(self) -> int:
        """The place of the last item in the order of import; 0 if there is none."""
        return self._number(select(func.coalesce(func.max(items.c.number), 0)))

    def newest(self) -> str | None:
        """When an address was last checked."""
        return self._text(select(func.max(link_checks.c.checked_at)))

    def working_address(self, but: str) -> str | None:
        """The address of another item that was last seen to work."""
        good = select(link_checks.c.address).where(link_checks.c.failures == 0, link_checks.c.item_id != but)
        newest = good.order_by(link_checks.c.checked_at.desc()).limit(1)
        return self._text(newest)

    def dead_in(self, group_id: str, start: int, size: int) -> tuple[int, list[tuple[Item, LinkCheck]]]:
        """How many items of a group have a dead address, and a page of them, the latest first."""
        dead = items.c.id == link_checks.c.item_id, items.c.group_id.concat("") == group_id, *IS_DEAD
        total = self._number(select(func.count()).where(*dead))
        order = link_checks.c.failing_since.desc(), link_checks.c.item_id
        page = _CHECKS.select.where(*dead).order_by(*order).offset(start).limit(size)
        checks = [_CHECKS.value(row) for row in self.connection.execute(page)]
        rows = self.connection.execute(ITEMS.where(items.c.id.in_([check.item_id for check in checks]))).all()
        whole = {item.id: item for item in whole_items(self.connection, rows)}
        return total, [(whole[check.item_id], check) for check in checks]


class LinkChecks(LinkChecksReading):
    """Link checks, in a write transaction."""

    def put(self, check: LinkCheck) -> None:
        """Store the result of a check in place of the previous one."""
        self._replace(link_checks, _CHECKS.row(check))

    def drop(self, item_ids: Iterable[str]) -> None:
        """Delete the checks of some items."""
        self._write(delete(link_checks).where(is_any_of(link_checks.c.item_id, item_ids)))

    def purge(self) -> int:
        """Delete the checks of items that no longer exist; returns their number."""
        condition = ~exists().where(items.c.id == link_checks.c.item_id)
        return self._write(delete(link_checks).where(condition))
