"""The report of activity of a group, or of all shared groups: what was saved, annotated, commented and opened.

Members see the report of their group, owners also the figures about persons; administrators see all. No reader of a
page is known: openings are numbers of a day.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from kb.access.actor import Action, Actor
from kb.access.permissions import is_allowed, require_administrator, require_permission
from kb.errors import Forbidden
from kb.features.reports.records import (
    ActivityFilter,
    ActivityReading,
    Counted,
    Dimension,
    FeedSubscriptions,
    Figures,
    NotableItem,
)
from kb.features.reports.report_period import period_before
from kb.model.items.tag import tag_form
from kb.model.people.group import Group
from kb.model.storable_text import is_storable
from kb.services.core.library import Library
from kb.store import ReadSnapshot

MOST_ROWS, FEW_ROWS = 10_000, 500
"""Rows of a table: of all that are kept, and of those that are enough for a page."""
MOST_SAVED_ITEMS = 5_000
_MOST_DAYS, _MOST_MONTHS = 31, 36
"""A period is divided into days up to so many, else into months up to so many, else into years."""


@dataclass(frozen=True, slots=True)
class ReportQuery:
    """The chosen period, both days included, and filters, which are empty if nothing is chosen.

    `login` is that of a person who contributes; `group` is the slug of a group, in the report of the site.
    `with_items`: the report names the saved items too; `with_all_rows`: it has MOST_ROWS, not FEW_ROWS; `compared`: it
    has figures of the period before.
    """

    first: date
    last: date
    login: str = ""
    tag: str = ""
    source: str = ""
    group: str = ""
    administrators: bool = True
    with_items: bool = False
    with_all_rows: bool = False
    compared: bool = False

    @property
    def precision(self) -> int:
        """The length of the parts of the period: of `YYYY-MM-DD`, `YYYY-MM` or `YYYY`."""
        if (self.last - self.first).days < _MOST_DAYS:
            return len("YYYY-MM-DD")
        return len("YYYY-MM") if (self.last - self.first).days < _MOST_MONTHS * _MOST_DAYS else len("YYYY")


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One value with its figures: `value` identifies it in an address, `label` is its name.

    `value` is empty for contributions without one: of an unknown person, without a tag or a source. `tag`: only the
    contributions of this person to items with this tag.
    """

    value: str
    label: str
    figures: Figures
    tag: str = ""


@dataclass(frozen=True, slots=True)
class EarlierActivity:
    """What was done in the period before, both days included; `tags` are saved items by the form of a tag
    to compare (`tag_form`), `sources` by source.
    """

    first: date
    last: date
    total: Figures
    tags: Mapping[str, int]
    sources: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ActivityReport:
    """`group` is None for the whole site. `people` is None, and `people_tags` is empty, for an actor who may not see
    figures about persons. Rows without a value are the last; of the others there are more than MOST_ROWS, or
    FEW_ROWS, only if some are left out.

    `notable` are items of which most is to be said. `before` is there if it was asked for.

    `periods` are the parts of the period with activity, in their order. `groups` are those of the site, as far as they
    are active; `choices` are all groups to choose from, in the report of a group only that one; `people_choices` are
    the people to choose from, as login and name. `saved_ids` are the items that were saved, the latest first, at most
    MOST_SAVED_ITEMS; empty unless they were asked for. `views_since` is the first day whose openings are known.
    """

    group: Group | None
    total: Figures
    periods: tuple[ReportRow, ...]
    tags: tuple[ReportRow, ...]
    sources: tuple[ReportRow, ...]
    items: tuple[ReportRow, ...]
    groups: tuple[ReportRow, ...]
    people: tuple[ReportRow, ...] | None
    people_tags: tuple[ReportRow, ...]
    people_choices: tuple[tuple[str, str], ...]
    choices: tuple[Group, ...]
    feeds: FeedSubscriptions
    notable: tuple[NotableItem, ...]
    before: EarlierActivity | None
    views_since: str | None
    unknown: frozenset[str]
    saved_ids: tuple[str, ...]


def group_report(library: Library, actor: Actor, slug: str, query: ReportQuery) -> ActivityReport:
    """The report of a group. Raises NotFound, LoginNeeded, Forbidden for an actor who is no member; Forbidden for a
    person, if the actor may not see figures about persons.
    """
    with library.store.read() as reading:
        group = require_permission(actor, Action.READ_REPORT, reading.groups.by_slug(slug))
        # Users who may export the whole group see figures about persons; an archived group has a report too.
        with_people = is_allowed(actor, Action.EXPORT_WHOLE, group)
        if query.login and not with_people:
            raise Forbidden("Only an owner of the group sees figures about persons.")
        return _report(reading, query, group, {group.id: group}, with_people=with_people)


def site_report(library: Library, actor: Actor, query: ReportQuery) -> ActivityReport:
    """The report of all shared groups, or of one of them. Raises LoginNeeded, Forbidden unless an administrator."""
    require_administrator(actor)
    with library.store.read() as reading:
        shared = {
            group.id: group for group in reading.groups.all() if not group.is_personal and group.deleted_at is None
        }
        selected = next((group for group in shared.values() if group.slug == query.group), None)
        return _report(reading, query, selected, shared, with_people=True)


def _report(
    reading: ReadSnapshot, query: ReportQuery, group: Group | None, groups: Mapping[str, Group], *, with_people: bool
) -> ActivityReport:
    activity, selected = ActivityReading(reading.connection), _filter(reading, query, group)
    feeds = activity.feed_subscriptions(
        group.id if group else None, group.slug if group else "", query.first.isoformat()
    )
    most = (MOST_ROWS if query.with_all_rows else FEW_ROWS) + 1
    dimensions = [dimension for dimension in Dimension if with_people or dimension is not Dimension.PERSON_TAG]
    rows_by_dimension = activity.figures(selected, dimensions, most + 1) if selected else dict.fromkeys(Dimension, ())
    titles = activity.titles(key for key, _ in rows_by_dimension[Dimension.ITEM] if key)
    pairs = rows_by_dimension.get(Dimension.PERSON_TAG, ())
    everyone = rows_by_dimension[Dimension.PERSON]
    if with_people and query.login and (all_persons := _filter(reading, replace(query, login=""), group)):
        everyone = activity.figures(all_persons, [Dimension.PERSON], most)[Dimension.PERSON]
    ids = dict.fromkeys((key or "").partition(" ")[0] for key, _ in (*everyone, *pairs))
    total = next((figures for _, figures in rows_by_dimension[Dimension.TOTAL]), Figures())
    people = {key: (user.login, user.shown_name) for key, user in reading.users.by_ids(filter(None, ids)).items()}
    before = period_before(query.first, query.last) if query.compared else None
    return ActivityReport(
        group=group,
        total=total,
        periods=tuple(ReportRow(key or "", key or "", figures) for key, figures in rows_by_dimension[Dimension.PERIOD]),
        tags=_value_rows(rows_by_dimension[Dimension.TAG], tag_form, most),
        sources=_value_rows(rows_by_dimension[Dimension.SOURCE], str, most),
        items=tuple(
            ReportRow(key, titles[key], figures)
            for key, figures in rows_by_dimension[Dimension.ITEM]
            if key and key in titles
        ),
        groups=tuple(
            ReportRow(groups[key].slug, groups[key].name, figures)
            for key, figures in rows_by_dimension[Dimension.GROUP]
            if key and key in groups
        ),
        people=_person_rows(rows_by_dimension[Dimension.PERSON], people) if with_people else None,
        people_tags=_person_tag_rows(pairs, people, most),
        people_choices=tuple(people[key] for key, _ in everyone if key in people) if with_people else (),
        choices=tuple(groups.values()),
        feeds=feeds,
        notable=activity.notable_items(rows_by_dimension[Dimension.NOTABLE]),
        before=_earlier_activity(reading, replace(query, first=before[0], last=before[1]), group) if before else None,
        views_since=reading.daily_views.first_day(),
        unknown=frozenset() if total else frozenset(_unknown_filters(reading, query, group)),
        saved_ids=activity.saved_ids(selected, MOST_SAVED_ITEMS) if selected and query.with_items else (),
    )


def _earlier_activity(reading: ReadSnapshot, query: ReportQuery, group: Group | None) -> EarlierActivity:
    selected, dimensions = _filter(reading, query, group), [Dimension.TOTAL, Dimension.TAG, Dimension.SOURCE]
    if selected is None:
        return EarlierActivity(query.first, query.last, Figures(), {}, {})
    rows = ActivityReading(reading.connection).figures(selected, dimensions, MOST_ROWS)
    total = next((figures for _, figures in rows[Dimension.TOTAL]), Figures())
    tags, sources = (
        {form(row.value): row.figures.saved for row in _value_rows(rows[dimension], form, MOST_ROWS)}
        for dimension, form in ((Dimension.TAG, tag_form), (Dimension.SOURCE, str))
    )
    return EarlierActivity(query.first, query.last, total, tags, sources)


def _unknown_filters(reading: ReadSnapshot, query: ReportQuery, group: Group | None) -> Iterator[str]:
    """The filters that leave nothing of the whole history of the group, or of the site, each alone.

    What exists elsewhere makes no difference: members of a group learn nothing of others.
    """
    if query.group and group is None:
        yield "group"
        return
    ever, activity = ReportQuery(date.min, date.max), ActivityReading(reading.connection)
    for name, alone in (
        ("person", replace(ever, login=query.login)),
        ("tag", replace(ever, tag=query.tag)),
        ("source", replace(ever, source=query.source)),
    ):
        if alone != ever:
            selected = _filter(reading, alone, group)
            totals = activity.figures(selected, [Dimension.TOTAL])[Dimension.TOTAL] if selected else ()
            if not any(figures for _, figures in totals):
                yield name


def _filter(reading: ReadSnapshot, query: ReportQuery, group: Group | None) -> ActivityFilter | None:
    """What to count; None if it names a group, a person, a tag or a source that there is not."""
    if (query.group and group is None) or not is_storable(query.source):
        return None
    author_id, tags = None, None
    if query.login:
        user = reading.users.by_login(query.login) if is_storable(query.login) else None
        if user is None:
            return None
        author_id = user.id
    if query.tag:
        tags = reading.tag_assignments.spellings({tag_form(query.tag)})
        if not tags:
            return None
    return ActivityFilter(
        query.first.isoformat(),
        (query.last + timedelta(days=1)).isoformat() if query.last < date.max else "9999-12-32",
        query.precision,
        group.id if group else None,
        author_id,
        tags,
        query.source or None,
        query.administrators,
    )


def _value_rows(counted: Iterable[Counted], form: Callable[[str], str], most: int) -> tuple[ReportRow, ...]:
    """Values of one form, as the spellings of a tag, are one row, under the most used. What has none is one row, the
    last, beside others.
    """
    rows, rest = dict[str, ReportRow](), Figures()
    for key, figures in counted:
        if key:
            row = rows.get(row_key := form(key))
            rows[row_key] = replace(row, figures=row.figures + figures) if row else ReportRow(key, key, figures)
        else:
            rest += figures
    values = _first_rows(rows.values(), most)
    return (*values, ReportRow("", "", rest)) if values and rest else values


def _first_rows(rows: Iterable[ReportRow], most: int) -> tuple[ReportRow, ...]:
    return tuple(sorted(rows, key=lambda row: row.figures.order)[:most])


def _person_rows(counted: Iterable[Counted], people: Mapping[str, tuple[str, str]]) -> tuple[ReportRow, ...]:
    """The persons who contributed; what has no known author is one row, the last. Openings are of no person."""
    rows, unknown = [], Figures()
    for key, figures in counted:
        contributed = Figures(figures.saved, figures.annotated, figures.commented)
        if key and key in people:
            rows.append(ReportRow(*people[key], contributed))
        else:
            unknown += contributed
    return (*rows, *([ReportRow("", "", unknown)] if unknown else []))


def _person_tag_rows(
    counted: Iterable[Counted], people: Mapping[str, tuple[str, str]], most: int
) -> tuple[ReportRow, ...]:
    """The tags to which persons contributed most; spellings of one tag are one row."""
    rows: dict[tuple[str, str], ReportRow] = {}
    for key, figures in counted:
        user_id, _, tag = (key or "").partition(" ")
        if user_id in people:
            row_key = user_id, tag_form(tag)
            row = rows.get(row_key)
            rows[row_key] = (
                replace(row, figures=row.figures + figures) if row else ReportRow(*people[user_id], figures, tag)
            )
    return _first_rows(rows.values(), most)
