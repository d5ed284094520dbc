"""Who shared a page, and when, from several files of one Diigo library, of which the CSV names nobody.

A time of the CSV stays in `Item.import_sources`. It stands for the day that another file gives for a person if it can
be the time of no other person of the item; otherwise each keeps the day. The choice is made anew from all times and
days with each file, so that their order does not matter.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from kb.model.dates import stored_instant
from kb.model.items.import_draft import ItemDraft
from kb.model.items.import_source import DATE_RANKS, MOST_TIMES, DiigoFile, ImportSource, sources_of
from kb.model.items.item import Item
from kb.model.people.user import User, is_same_person
from kb.services.imports.diigo_text_choice import chosen_date, is_day, is_same_time

_Shared: TypeAlias = tuple[User | None, str | None]
"""Who shared an item, and when; None for what the file does not say."""
_Times: TypeAlias = dict[str, str | None]
"""Times of nobody, each with the day that it stands for, as `ImportSource` has them."""
_QUARTER = 15 * 60
"""Seconds by which time zones differ, at least."""


@dataclass(slots=True)
class DiigoRun:
    """One import of a file: which files came before for each item, and what this one has given it.

    A second bookmark of the same address gives less.
    """

    _before: dict[str, frozenset[str]] = field(default_factory=dict)
    _recorded: set[tuple[str, str, str]] = field(default_factory=set)

    def rank_before(self, ranks: Mapping[str, int], item: Item) -> int:
        """The best rank of the files that were merged into an item before this import; above all of them for an item
        that was not made of such files.
        """
        before = self._before.setdefault(item.id, formats_of(item))
        return max((ranks.get(file, -1) for file in before), default=-1 if item.import_sources else len(ranks))

    def is_first(self, item_id: str, fact: str, file: DiigoFile) -> bool:
        """Whether the file gives an item a fact for the first time; true once."""
        known = len(self._recorded)
        self._recorded.add((item_id, fact, file))
        return len(self._recorded) > known

    def give_new(self, item: Item, file: DiigoFile) -> None:
        """Remember that an item was made of a record of the file."""
        self._before[item.id] = frozenset()
        self.is_first(item.id, TEXTS, file)
        self.is_first(item.id, _date_of(item.author), file)


TEXTS = "texts"
"""The name of the texts of an item among its facts."""


def _date_of(user: User | None) -> str:
    return f"date {user.id if user else ''}"


def formats_of(item: Item) -> frozenset[str]:
    """The formats of the files from which an item was imported."""
    return frozenset(source.format for source in item.import_sources)


def sources_of_new_item(draft: ItemDraft, author: User | None) -> tuple[ImportSource, ...]:
    """The sources of an item that a record makes: a time of nobody stays there from the first file on, so that the
    same file again changes nothing.
    """
    if draft.diigo_file is None:
        return ()
    is_nameless = author is None and draft.diigo_file is DiigoFile.DIIGO_CSV
    return sources_of({draft.diigo_file}, {draft.added: None} if is_nameless and draft.added else {})


def merged_sharings(
    item: Item, draft: ItemDraft, user: User | None, file: DiigoFile, run: DiigoRun
) -> tuple[list[_Shared], _Times]:
    """All who shared the item, the earliest first, at least one; and the times without a person."""
    if not item.import_sources:
        known = _merged(_sharings_of(item), item, (user, draft.added), file, run)
        if item.author is None:
            return _ordered(known), {}
        return [known[0], *sorted((sharing for sharing in known[1:] if sharing[0] is not None), key=_by_date)], {}
    known, times = _given_sharings(item)
    if user is None and file is DiigoFile.DIIGO_CSV:
        times |= {draft.added: None} if draft.added else {}
    else:
        known = _merged(known, item, (user, draft.added), file, run)
    named = sorted((sharing for sharing in known if sharing[0] is not None), key=_by_date)
    first_times = sorted(times)[:MOST_TIMES]
    if not named:
        return [(None, _nameless_date(known, first_times))], dict.fromkeys(first_times)
    dates, person_times = _dates_of([date for _, date in named], first_times)
    return _ordered([(sharer, date) for (sharer, _), date in zip(named, dates, strict=True)]), person_times


def unclear_times(item: Item) -> frozenset[str]:
    """The times that may be those of several people who shared the item."""
    if not item.import_sources or item.author is None:
        return frozenset()
    known, times = _given_sharings(item)
    dates = [date for _, date in known]
    return frozenset(time for time in times if len(_places_of(time, dates)) > 1)


def _sharings_of(item: Item) -> list[_Shared]:
    return [(item.author, item.added), *((sharer.user, sharer.added) for sharer in item.sharers)]


def _given_sharings(item: Item) -> tuple[list[_Shared], _Times]:
    """The sharings with the dates that files gave for them, and the times of nobody."""
    times = {source.added: source.day for source in item.import_sources if source.added is not None}
    if item.author is None and DiigoFile.DIIGO_CSV in formats_of(item):
        return [], times | ({item.added: None} if item.added else {})
    return [(user, _given_date(date, times)) for user, date in _sharings_of(item)], dict.fromkeys(times)


def _given_date(date: str | None, times: Mapping[str, str | None]) -> str | None:
    day = times.get(date) if date else None
    return date if day is None else day or None


def _nameless_date(known: Sequence[_Shared], times: Sequence[str]) -> str | None:
    """The date of an item whose sharers are unknown."""
    date = known[0][1] if known else None
    return date if date and not (is_day(date) and times) else next(iter(times), None)


def _dates_of(dates: Sequence[str | None], times: Sequence[str]) -> tuple[list[str | None], _Times]:
    """The dates of people, in their order, with the times that can be those of one person alone."""
    chosen, person_times = list(dates), _Times(dict.fromkeys(times))
    days = tuple(date for date in dates if date and is_day(date))
    # A time of the very day before one of the day beside it.
    for time in sorted(times, key=lambda time: not time.startswith(days)):
        match _places_of(time, dates):
            case [place] if chosen[place] == dates[place]:
                chosen[place], person_times[time] = time, dates[place] or ""
            case _:
                pass
    if times and not any(chosen):
        # No person has a date: the item has one all the same.
        chosen[0], person_times[times[0]] = times[0], ""
    return chosen, person_times


def _places_of(time: str, dates: Sequence[str | None]) -> list[int]:
    """The places of the dates that a time may be more precise than; none if a precise date is that of the time."""
    if any(date and not is_day(date) and _is_same_in_zone(date, time) for date in dates):
        return []
    near = [place for place, date in enumerate(dates) if date is None or (is_day(date) and is_same_time(date, time))]
    same = [place for place in near if (date := dates[place]) is not None and time.startswith(date)]
    return same or near


def _is_same_in_zone(time: str, other: str) -> bool:
    """Whether two times may be one, written in the clocks of two zones."""
    first, second = stored_instant(time), stored_instant(other)
    if first is None or second is None or not is_same_time(time, other):
        return False
    return (first - second).total_seconds() % _QUARTER == 0


def _merged(sharings: Sequence[_Shared], item: Item, shared: _Shared, file: DiigoFile, run: DiigoRun) -> list[_Shared]:
    """The sharings with that of a record."""
    known, (user, added) = list(sharings), shared
    place = _place_of(known, user, added)
    if place is None:
        if user is not None or not known:
            run.is_first(item.id, _date_of(user), file)
            known.append((user, added))
        return known
    known_user, date = known[place]
    is_first = run.is_first(item.id, _date_of(known_user or user), file)
    # A date without a name may be that of another one who shared it.
    better = is_first and user is not None and DATE_RANKS[file] > run.rank_before(DATE_RANKS, item)
    same = file in formats_of(item) and (user is not None or known_user is None)
    known[place] = (known_user or user, chosen_date(date, added, better=better, same=same))
    return known


def _ordered(known: list[_Shared]) -> list[_Shared]:
    named = [sharing for sharing in known if sharing[0] is not None]
    return sorted(named, key=_by_date) if named else known[:1]


def _place_of(known: Sequence[_Shared], user: User | None, added: str | None) -> int | None:
    """The place of the sharing that a record means: that of its user, else one that may be of the same time."""
    if user is not None:
        same = (place for place, (sharer, _) in enumerate(known) if sharer is not None and is_same_person(sharer, user))
        nameless = 0 if known and known[0][0] is None and is_same_time(known[0][1], added) else None
        return next(same, nameless)
    near = [place for place, (sharer, date) in enumerate(known) if sharer is None or is_same_time(date, added)]
    return min(near, key=lambda place: _distance(known[place][1], added), default=None)


def _distance(time: str | None, other: str | None) -> float:
    first, second = stored_instant(time), stored_instant(other)
    return 0.0 if first is None or second is None else abs((first - second).total_seconds())


def _by_date(shared: _Shared) -> tuple[bool, float, str]:
    instant = stored_instant(shared[1])
    return instant is None, instant.timestamp() if instant else 0.0, shared[0].login if shared[0] else ""
