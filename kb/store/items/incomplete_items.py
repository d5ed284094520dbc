"""Items that lack an address, a date or a tag, or whose address is dead: counted, and listed the latest first."""

from collections.abc import Collection, Mapping
from types import MappingProxyType

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select

from kb.model.items.gap import Gap
from kb.model.items.item_file import FileRole
from kb.model.storable_text import is_storable
from kb.store.database.database import is_any_of
from kb.store.database.rows import Repository
from kb.store.items.link_checks import IS_DEAD
from kb.store.tables.file_tables import item_files
from kb.store.tables.item_tables import annotations, import_sources, item_tags, items
from kb.store.tables.web_page_tables import link_checks

_LACKS: Mapping[Gap, ColumnElement[bool]] = MappingProxyType(
    {
        # A note of a meeting needs no address, nor does an uploaded file. A passage is one of a page, and a bookmark of
        # Diigo leads to one, whatever is written on it.
        Gap.ADDRESS: and_(
            items.c.url.is_(None),
            ~exists().where(item_files.c.item_id == items.c.id, item_files.c.role == FileRole.FILE),
            or_(
                exists().where(import_sources.c.item == items.c.number),
                exists().where(annotations.c.item == items.c.number, annotations.c.quote.is_not(None)),
                and_(
                    func.coalesce(items.c.description, "") == "", ~exists().where(annotations.c.item == items.c.number)
                ),
            ),
        ),
        Gap.DATE: items.c.published.is_(None),
        Gap.TAG: ~exists().where(item_tags.c.item == items.c.number),
        Gap.LINK: exists().where(link_checks.c.item_id == items.c.id, *IS_DEAD),
    }
)


class IncompleteItemsReading(Repository):
    """Incomplete items of some groups, of one sharer or of all, in one transaction. `gap` None is any gap."""

    def counts(self, group_ids: Collection[str], author_id: str | None) -> dict[Gap | None, int]:
        """How many items have each gap, and under None how many have one at least."""
        gaps = (*Gap, None)
        sums = [func.coalesce(func.sum(case((_lacks(gap), 1), else_=0)), 0) for gap in gaps]
        row = self.connection.execute(select(*sums).where(*_scope(group_ids, author_id))).one()
        return {gap: int(count) for gap, count in zip(gaps, row, strict=True)}

    def ids(
        self, group_ids: Collection[str], author_id: str | None, gap: Gap | None, start: int, size: int
    ) -> list[str]:
        """A part of the items, the latest first."""
        chosen = select(items.c.id).where(*_scope(group_ids, author_id), _lacks(gap))
        return list(self.connection.execute(chosen.order_by(items.c.number.desc()).offset(start).limit(size)).scalars())

    def next_after(
        self, item_id: str, group_ids: Collection[str], author_id: str | None, gap: Gap | None
    ) -> str | None:
        """The item that follows another one in this order; None after the last, and if the other is no more."""
        if not is_storable(item_id):
            return None
        place = select(items.c.number).where(items.c.id == item_id).scalar_subquery()
        chosen = select(items.c.id).where(*_scope(group_ids, author_id), _lacks(gap), items.c.number < place)
        return self._text(chosen.order_by(items.c.number.desc()).limit(1))

    def gaps_of(self, ids: Collection[str]) -> dict[str, tuple[Gap, ...]]:
        """The gaps of each of these items, which are no more than a page of them."""
        columns = [case((lacks, 1), else_=0) for lacks in _LACKS.values()]
        rows = self.connection.execute(select(items.c.id, *columns).where(items.c.id.in_(list(ids))))
        return {
            item_id: tuple(gap for gap, is_lacking in zip(_LACKS, lacking, strict=True) if is_lacking)
            for item_id, *lacking in rows
        }


def _lacks(gap: Gap | None) -> ColumnElement[bool]:
    return or_(*_LACKS.values()) if gap is None else _LACKS[gap]


def _scope(group_ids: Collection[str], author_id: str | None) -> tuple[ColumnElement[bool], ...]:
    groups = is_any_of(items.c.group_id, group_ids)
    return (groups,) if author_id is None else (groups, items.c.author_id == author_id)
