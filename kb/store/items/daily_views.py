"""How often the web page of each item was opened, by day: by administrators of the site, and by all others."""

from sqlalchemy import delete, func, insert, select, update

from kb.store.database.database import in_savepoint
from kb.store.database.rows import Repository
from kb.store.items.orphaned_rows import is_of_lost_item
from kb.store.tables.activity_tables import daily_views


class DailyViewsReading(Repository):
    """The openings of items by day, in one transaction."""

    def first_day(self) -> str | None:
        """The first day with a counted opening of any item; None without one."""
        return self._text(select(func.min(daily_views.c.day)))


class DailyViews(DailyViewsReading):
    """The openings of items by day, in a write transaction."""

    def count(self, item_id: str, day: str, *, administrators: bool, views: int = 1) -> None:
        """Count openings of an item on a day (`YYYY-MM-DD`)."""
        counted = daily_views.c
        chosen = update(daily_views).where(
            counted.day == day, counted.item_id == item_id, counted.administrators.is_(administrators)
        )
        with in_savepoint(self.connection):
            if not self.connection.execute(chosen.values(count=counted.count + views)).rowcount:
                row = {"day": day, "item_id": item_id, "administrators": administrators, "count": views}
                self.connection.execute(insert(daily_views), [row])

    def move(self, from_id: str, to_id: str) -> None:
        """Add the openings of an item to those of another, with which it is merged."""
        counted = daily_views.c
        chosen = select(counted.day, counted.administrators, counted.count).where(counted.item_id == from_id)
        with in_savepoint(self.connection):
            for day, administrators, views in self.connection.execute(chosen).all():
                self.count(to_id, day, administrators=administrators, views=views)
            self.connection.execute(delete(daily_views).where(counted.item_id == from_id))

    def purge(self, before: str) -> None:
        """Delete the openings before a day, and those of items that no longer exist and cannot be restored."""
        self._write(
            delete(daily_views).where(daily_views.c.day < before),
            delete(daily_views).where(is_of_lost_item(daily_views.c.item_id)),
        )
