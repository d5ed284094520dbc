"""Figures of activity: how much was saved, annotated, commented and opened in a period, by day, tag, source and so on.

One statement counts everything: each contribution of the period is read once, by the index of its time.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from operator import add, neg
from typing import Any, assert_never

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    Text,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)

from kb.model.people.group import PERSONAL
from kb.store.database.database import is_any_of
from kb.store.database.rows import Repository
from kb.store.tables.account_tables import feed_keys
from kb.store.tables.activity_tables import daily_views
from kb.store.tables.group_tables import groups, saved_searches
from kb.store.tables.item_tables import annotations, item_tags, items


class Dimension(StrEnum):
    """What figures are counted by."""

    TOTAL = "total"
    PERIOD = "period"
    GROUP = "group"
    PERSON = "person"
    TAG = "tag"
    SOURCE = "source"
    ITEM = "item"
    NOTABLE = "notable"
    PERSON_TAG = "person tag"
    """The key is the id of the person, a space, and the tag."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Items saved; highlights and notes; comments and replies; openings of the web pages of items."""

    saved: int = 0
    annotated: int = 0
    commented: int = 0
    opened: int = 0

    @property
    def written(self) -> int:
        """Passages, notes, comments and replies."""
        return self.annotated + self.commented

    def __bool__(self) -> bool:
        return any(self.numbers)

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(*map(add, self.numbers, other.numbers))

    @property
    def numbers(self) -> tuple[int, int, int, int]:
        """The four figures."""
        return self.saved, self.annotated, self.commented, self.opened

    @property
    def order(self) -> tuple[int, ...]:
        """What rows are sorted by: most items saved first, then most annotated, commented and opened."""
        return tuple(map(neg, self.numbers))


@dataclass(frozen=True, slots=True)
class ActivityFilter:
    """The contributions to count: from the day `first` until before the day `end` (`YYYY-MM-DD`), in one group or in
    all shared groups.

    `author_id` wrote or shared what is counted; openings, of which no reader is known, are then not counted. `tags` are
    the spellings of one tag. `administrators`: count their openings too. `precision` is that of the periods: the length
    of `YYYY-MM-DD`, `YYYY-MM` or `YYYY`.
    """

    first: str
    end: str
    precision: int
    group_id: str | None = None
    author_id: str | None = None
    tags: Collection[str] | None = None
    source: str | None = None
    administrators: bool = True


@dataclass(frozen=True, slots=True)
class FeedSubscriptions:
    """Private feeds: how many there are, of how many people, and how many were read since a day."""

    feeds: int = 0
    people: int = 0
    read: int = 0


@dataclass(frozen=True, slots=True)
class NotableItem:
    """An item that much was written about, or that was opened often; `title` may be its address."""

    id: str
    title: str
    source: str
    published: str
    figures: Figures


Counted = tuple[str | None, Figures]
"""A value of a dimension (group, person and item by id) with its figures; None for what has no value."""

_NUMBERS = tuple(field.name for field in fields(Figures))
MOST_NOTABLE = 5
"""Items that most was written about, or that were opened most."""
_SPELLINGS = 10
"""Spellings of tags that are read for each row: those of one tag become one row, which would else miss some."""


class ActivityReading(Repository):
    """Figures of activity, in one transaction. Hidden and removed content is in other tables, and not counted."""

    def figures(
        self, selected: ActivityFilter, dimensions: Collection[Dimension] = tuple(Dimension), most: int = 10_000
    ) -> dict[Dimension, tuple[Counted, ...]]:
        """The figures by each of these dimensions, of at most so many values; of tags, and of persons and tags, of ten
        times as many spellings. Periods are in their order; of the others, what has no value comes first, then those
        with most items saved (`Figures.order`), and of items, those opened most often, or, as NOTABLE, the
        first MOST_NOTABLE by what was written about them.
        """
        events = _events(selected)
        by_item = _by_item(events)
        every = (_figures_select(dimension, events, by_item, most) for dimension in dimensions)
        counted = union_all(*(select(statement.subquery()) for statement in every))
        figures: dict[Dimension, list[Counted]] = {dimension: [] for dimension in Dimension}
        for dimension, key, *numbers in self.connection.execute(counted):
            figures[dimension].append((key, Figures(*numbers)))
        return {dimension: tuple(sorted(rows, key=_ORDER[dimension])) for dimension, rows in figures.items()}

    def notable_items(self, counted: Sequence[Counted]) -> tuple[NotableItem, ...]:
        """The items of these figures, in their order; unknown ids are left out."""
        columns = select(items.c.id, items.c.title, items.c.url, items.c.source, items.c.published)
        rows = {row[0]: row for row in self._rows_with(columns, items.c.id, [key or "" for key, _ in counted])}
        return tuple(
            NotableItem(row[0], row[1] or row[2] or "", row[3] or "", row[4] or "", figures)
            for key, figures in counted
            if (row := rows.get(key))
        )

    def titles(self, ids: Iterable[str]) -> dict[str, str]:
        """The titles of items by id, or their addresses; unknown ids are left out."""
        return {
            item_id: title or url or ""
            for item_id, title, url in self._rows_with(select(items.c.id, items.c.title, items.c.url), items.c.id, ids)
        }

    def saved_ids(self, selected: ActivityFilter, limit: int) -> tuple[str, ...]:
        """The ids of the items that were saved, the latest first."""
        numbers = [literal(0)] * len(_NUMBERS)
        saved = _contributions(selected, items, items.c.added, items.c.author_id, *numbers).subquery()
        ids = select(items.c.id).join(saved, saved.c.item == items.c.number)
        if selected.author_id is not None:
            ids = ids.where(saved.c.author_id == selected.author_id)
        return tuple(self.connection.scalars(ids.order_by(items.c.added.desc(), items.c.id).limit(limit)))

    def feed_subscriptions(self, group_id: str | None, slug: str, since: str) -> FeedSubscriptions:
        """The private feeds of a group, of its tags, of its saved searches and of searches in it; without a group, all
        private feeds.
        """
        read = func.sum(case((feed_keys.c.seen_at >= since, 1), else_=0))
        counts = select(func.count(), func.count(feed_keys.c.user_id.distinct()), read)
        row = self.connection.execute(counts.where(_feeds_of(group_id, slug))).one()
        return FeedSubscriptions(*(int(number or 0) for number in row))


def _by_figures(counted: Counted) -> tuple[bool, tuple[int, ...], str]:
    key, figures = counted
    return key is not None, figures.order, key or ""


def _by_openings(counted: Counted) -> tuple[int, str]:
    return -counted[1].opened, counted[0] or ""


def _by_notes(counted: Counted) -> tuple[int, int, str]:
    return -counted[1].written, -counted[1].opened, counted[0] or ""


_ORDER = {
    **dict.fromkeys(Dimension, _by_figures),
    Dimension.PERIOD: lambda counted: (0, counted[0] or ""),
    Dimension.ITEM: _by_openings,
    Dimension.NOTABLE: _by_notes,
}


def _feeds_of(group_id: str | None, slug: str) -> ColumnElement[bool]:
    if group_id is None:
        return true()
    address = feed_keys.c.address
    feed = literal("/saved/", Text).concat(saved_searches.c.id).concat(".")
    # No LIKE: an id may hold its wildcard.
    saved = exists().where(saved_searches.c.group_id == group_id, func.substr(address, 1, func.length(feed)) == feed)
    in_search = address.startswith("/search.") & address.concat("&").contains(f"group={slug}&", autoescape=True)
    library = (address.startswith(f"/g/{slug}{mark}", autoescape=True) for mark in "./")
    return or_(*library, in_search, saved)


def _events(selected: ActivityFilter) -> CTE:
    """The contributions of the period, a row each: number of the item, author, period, and its four numbers."""
    zero, one = literal(0), literal(1)
    # A reply has no kind.
    comments = case((func.coalesce(annotations.c.kind, "comment") == "comment", 1), else_=0)
    written = annotations.join(items, items.c.number == annotations.c.item)
    every = [
        _contributions(selected, items, items.c.added, items.c.author_id, one, zero, zero, zero),
        _contributions(
            selected, written, annotations.c.added, annotations.c.author_id, zero, one - comments, comments, zero
        ),
    ]
    if selected.author_id is not None:
        every = [statement.where(statement.selected_columns.author_id == selected.author_id) for statement in every]
    else:
        opened = daily_views.join(items, items.c.id == daily_views.c.item_id)
        nobody = cast(null(), Text)
        views = _contributions(selected, opened, daily_views.c.day, nobody, zero, zero, zero, daily_views.c.count)
        every.append(views if selected.administrators else views.where(daily_views.c.administrators.is_(False)))
    return union_all(*every).cte("events")


def _contributions(
    selected: ActivityFilter,
    source: FromClause,
    time: ColumnElement[Any],
    author_id: ColumnElement[Any],
    *numbers: ColumnElement[Any],
) -> Select[Any]:
    columns = (
        items.c.number.label("item"),
        author_id.label("author_id"),
        func.substr(time, 1, selected.precision).label("period"),
        *(number.label(name) for number, name in zip(numbers, _NUMBERS, strict=True)),
    )
    every = select(*columns).select_from(source).where(time >= selected.first, time < selected.end)
    # An expression, so that SQLite starts with the times: a group has many items.
    group_id = items.c.group_id.concat("")
    if selected.group_id is not None:
        every = every.where(group_id == selected.group_id)
    else:
        shared = select(groups.c.id).where(groups.c.slug.not_like(f"{PERSONAL}%"), groups.c.deleted_at.is_(None))
        every = every.where(group_id.in_(shared))
    if selected.source is not None:
        every = every.where(items.c.source == selected.source)
    if selected.tags is not None:
        tagged = exists().where(item_tags.c.item == items.c.number, is_any_of(item_tags.c.tag, selected.tags))
        every = every.where(tagged)
    return every


def _by_item(events: CTE) -> CTE:
    """The sums of each item, by its number."""
    return select(events.c.item, *_sums(events)).group_by(events.c.item).cte("by_item")


def _sums(events: FromClause) -> list[ColumnElement[Any]]:
    # PostgreSQL sums to decimal numbers.
    return [cast(func.coalesce(func.sum(events.c[name]), 0), BigInteger).label(name) for name in _NUMBERS]


def _figures_select(dimension: Dimension, events: CTE, by_item: CTE, most: int) -> Select[Any]:
    """The figures by one dimension: its name, the value, and the four sums, of at most so many values."""
    name = literal(str(dimension), Text).label("dimension")
    with_items = by_item.join(items, items.c.number == by_item.c.item)
    key: ColumnElement[Any]
    rows: FromClause
    match dimension:
        case Dimension.TOTAL:
            return select(name, cast(null(), Text).label("key"), *_sums(by_item))
        case Dimension.ITEM:
            opened = select(name, items.c.id.label("key"), *(by_item.c[column] for column in _NUMBERS))
            opened = opened.select_from(with_items).where(by_item.c.opened > 0)
            return opened.order_by(by_item.c.opened.desc(), items.c.id).limit(most)
        case Dimension.NOTABLE:
            written = by_item.c.annotated + by_item.c.commented
            notable = select(name, items.c.id.label("key"), *(by_item.c[column] for column in _NUMBERS))
            notable = notable.select_from(with_items).where(written + by_item.c.opened > 0)
            return notable.order_by(written.desc(), by_item.c.opened.desc(), items.c.id).limit(min(most, MOST_NOTABLE))
        case Dimension.PERIOD:
            key, rows, counted = events.c.period, events, events
        case Dimension.PERSON:
            key, rows, counted = events.c.author_id, events, events
        case Dimension.GROUP:
            key, rows, counted = items.c.group_id, with_items, by_item
        case Dimension.SOURCE:
            key, rows, counted = items.c.source, with_items, by_item
        case Dimension.PERSON_TAG:
            # Each event has all tags of its item: those of one person on one item are added up first.
            by_person = select(events.c.item, events.c.author_id, *_sums(events)).where(events.c.author_id.is_not(None))
            summed = by_person.group_by(events.c.item, events.c.author_id).subquery()
            rows = summed.join(item_tags, item_tags.c.item == summed.c.item)
            pair = summed.c.author_id, item_tags.c.tag
            key = pair[0].concat(literal(" ", Text)).concat(pair[1])
            sums = _sums(summed)
            selected = select(name, key.label("key"), *sums).select_from(rows).group_by(*pair)
            return selected.order_by(*(number.desc() for number in sums), *pair).limit(most * _SPELLINGS)
        case Dimension.TAG:
            rows = by_item.outerjoin(item_tags, item_tags.c.item == by_item.c.item)
            key, counted, most = item_tags.c.tag, by_item, most * _SPELLINGS
        case _:
            assert_never(dimension)
    sums = _sums(counted)
    selected = select(name, key.label("key"), *sums).select_from(rows).group_by(key)
    return selected.order_by(key.is_not(None), *(number.desc() for number in sums), key).limit(most)
