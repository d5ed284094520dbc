"""Merge a record of a file of a library of Diigo into an item that other files of the library have made.

A library comes in several files, each with a part of its facts (`kb.model.items.import_source`). Each fact stays from
the file that has it best, whichever file comes first. Two bookmarks of one address in a file are one item: the first in
the file gives its texts, the earlier one its author and date, the other people are its `sharers`.

A time of the CSV, which names nobody, stays in `Item.import_sources`. It stands for the day that another file gives for
a person if it can be the time of no other person of the item; otherwise each keeps the day. The choice is made anew
from all times and days with each file, so that their order does not matter.

An item that users saved here, or that another format gave, stays what it is: a file gives it what it lacks, and its
title and description as any import does.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from kb.formats.comment_source_and_date import source_and_date
from kb.model.bibliographic_record import with_record_values
from kb.model.dates import stored_instant
from kb.model.items.annotation import Annotation, AnnotationKind
from kb.model.items.import_draft import ItemDraft
from kb.model.items.import_source import DATE_RANKS, MOST_TIMES, TEXT_RANKS, DiigoFile, ImportSource, sources_of
from kb.model.items.item import Item, Sharing
from kb.model.people.user import User, is_same_person
from kb.services.imports.diigo_annotation_merge import AnnotationRules, merged_annotations
from kb.services.imports.diigo_text_choice import best_date, best_text, is_day, is_same_time

_Sharing: TypeAlias = tuple[User | None, str | None]
"""Who shared an item, and when; None for what the file does not say."""
_Times: TypeAlias = dict[str, str | None]
"""Times of nobody, each with the day that it stands for, as `ImportSource` has them."""
_QUARTER = 15 * 60
"""Seconds by which time zones differ, at least."""
_TEXTS = "texts"
"""The name of the texts of an item among its facts."""


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
        self.is_first(item.id, _TEXTS, file)
        self.is_first(item.id, _date_of(item.author), file)


def _date_of(user: User | None) -> str:
    return f"date {user.id if user else ''}"


def merged_diigo_item(
    item: Item, draft: ItemDraft, file: DiigoFile, run: DiigoRun, rules_of: Callable[[bool, bool], AnnotationRules]
) -> Item:
    """The item with a record of the file in it, for an import that may change all of it.

    `rules_of` gives how annotations are merged, by whether the file has the better texts, and the better dates.
    """
    # A file that is imported again gives its texts again.
    better = run.is_first(item.id, _TEXTS, file) and TEXT_RANKS[file] >= run.rank_before(TEXT_RANKS, item)
    is_of_files = bool(item.import_sources)
    rules = rules_of(better, DATE_RANKS[file] > run.rank_before(DATE_RANKS, item))
    shared, times = _merged_sharings(item, draft, rules.user(draft.author), file, run)
    annotations = merged_annotations(item.annotations, draft.annotations, rules)
    (author, added), *others = shared
    after = replace(
        with_record_values(
            item,
            {
                "url": draft.url if draft.url and (better or not item.url) else item.url,
                "title": best_text(item.title, draft.title, better=better or not is_of_files),
                "description": best_text(item.description, draft.description, better=better or not is_of_files),
            },
        ),
        author=author,
        added=added,
        sharers=tuple(Sharing(user, date) for user, date in others if user is not None),
        updated=_latest(item.updated, draft.updated),
        tags=item.tags if draft.tags is None else (*draft.tags, *item.tags) if better else (*item.tags, *draft.tags),
        views=max(item.views, draft.views or 0),
        annotations=annotations,
        import_sources=sources_of(formats_of(item) | {file}, times) if is_of_files else (),
    )
    return _with_language_again(item, _with_source(item, after))


def _with_source(before: Item, after: Item) -> Item:
    """The item with source and date of publication from the first comment that has them, if no user gave others."""
    known = (before.source, before.published)
    if known != (None, None) and known not in _sources_in(before.annotations):
        return after
    source, published = next(iter(_sources_in(after.annotations)), known)
    return replace(after, source=source, published=published)


def _sources_in(annotations: Sequence[Annotation]) -> list[tuple[str | None, str | None]]:
    comments = (part.body for part in annotations if part.kind is AnnotationKind.COMMENT and part.body)
    return [(origin.source, origin.published) for body in comments if (origin := source_and_date(body))]


def _with_language_again(before: Item, after: Item) -> Item:
    """The item without the language that was detected in other texts."""
    if not before.language_decided or _texts(before) == _texts(after):
        return after
    return replace(after, language=None)


def _texts(item: Item) -> tuple[object, ...]:
    return item.title, item.description, [(annotation.quote, annotation.body) for annotation in item.annotations]


def _latest(existing: str | None, new: str | None) -> str | None:
    if not existing or not new:
        return existing or new
    return max(existing, new, key=lambda date: (stored_instant(date) is not None, stored_instant(date), date))


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


def _merged_sharings(
    item: Item, draft: ItemDraft, user: User | None, file: DiigoFile, run: DiigoRun
) -> tuple[list[_Sharing], _Times]:
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
    return frozenset(time for time in times if len(_near_dates(time, dates)) > 1)


def _sharings_of(item: Item) -> list[_Sharing]:
    return [(item.author, item.added), *((sharer.user, sharer.added) for sharer in item.sharers)]


def _given_sharings(item: Item) -> tuple[list[_Sharing], _Times]:
    """The sharings with the dates that files gave for them, and the times of nobody."""
    times = {source.added: source.day for source in item.import_sources if source.added is not None}
    if item.author is None and DiigoFile.DIIGO_CSV in formats_of(item):
        return [], times | ({item.added: None} if item.added else {})
    return [(user, _given_date(date, times)) for user, date in _sharings_of(item)], dict.fromkeys(times)


def _given_date(date: str | None, times: Mapping[str, str | None]) -> str | None:
    day = times.get(date) if date else None
    return date if day is None else day or None


def _nameless_date(known: Sequence[_Sharing], times: Sequence[str]) -> str | None:
    """The date of an item whose sharers are unknown."""
    date = known[0][1] if known else None
    return date if date and not (is_day(date) and times) else next(iter(times), None)


def _dates_of(dates: Sequence[str | None], times: Sequence[str]) -> tuple[list[str | None], _Times]:
    """The dates of people, in their order, with the times that can be those of one person alone."""
    chosen, person_times = list(dates), _Times(dict.fromkeys(times))
    days = tuple(date for date in dates if date and is_day(date))
    # A time of the very day before one of the day beside it.
    for time in sorted(times, key=lambda time: not time.startswith(days)):
        match _near_dates(time, dates):
            case [index] if chosen[index] == dates[index]:
                chosen[index], person_times[time] = time, dates[index] or ""
            case _:
                pass
    if times and not any(chosen):
        # No person has a date: the item has one all the same.
        chosen[0], person_times[times[0]] = times[0], ""
    return chosen, person_times


def _near_dates(time: str, dates: Sequence[str | None]) -> list[int]:
    """The indexes of the dates that a time may be more precise than; none if a precise date is that of the time."""
    if any(date and not is_day(date) and _is_same_in_zone(date, time) for date in dates):
        return []
    near = [index for index, date in enumerate(dates) if date is None or (is_day(date) and is_same_time(date, time))]
    same = [index for index in near if (date := dates[index]) is not None and time.startswith(date)]
    return same or near


def _is_same_in_zone(time: str, other: str) -> bool:
    """Whether two times may be one, written in the clocks of two zones."""
    first, second = stored_instant(time), stored_instant(other)
    if first is None or second is None or not is_same_time(time, other):
        return False
    return (first - second).total_seconds() % _QUARTER == 0


def _merged(
    sharings: Sequence[_Sharing], item: Item, shared: _Sharing, file: DiigoFile, run: DiigoRun
) -> list[_Sharing]:
    """The sharings with that of a record."""
    known, (user, added) = list(sharings), shared
    index = _index_of(known, user, added)
    if index is None:
        if user is not None or not known:
            run.is_first(item.id, _date_of(user), file)
            known.append((user, added))
        return known
    known_user, date = known[index]
    is_first = run.is_first(item.id, _date_of(known_user or user), file)
    # A date without a name may be that of another one who shared it.
    better = is_first and user is not None and DATE_RANKS[file] > run.rank_before(DATE_RANKS, item)
    same = file in formats_of(item) and (user is not None or known_user is None)
    known[index] = (known_user or user, best_date(date, added, better=better, same=same))
    return known


def _ordered(known: list[_Sharing]) -> list[_Sharing]:
    named = [sharing for sharing in known if sharing[0] is not None]
    return sorted(named, key=_by_date) if named else known[:1]


def _index_of(known: Sequence[_Sharing], user: User | None, added: str | None) -> int | None:
    """The index of the sharing that a record means: that of its user, else one that may be of the same time."""
    if user is not None:
        same = (index for index, (sharer, _) in enumerate(known) if sharer is not None and is_same_person(sharer, user))
        nameless = 0 if known and known[0][0] is None and is_same_time(known[0][1], added) else None
        return next(same, nameless)
    near = [index for index, (sharer, date) in enumerate(known) if sharer is None or is_same_time(date, added)]
    return min(near, key=lambda index: _distance(known[index][1], added), default=None)


def _distance(time: str | None, other: str | None) -> float:
    first, second = stored_instant(time), stored_instant(other)
    return 0.0 if first is None or second is None else abs((first - second).total_seconds())


def _by_date(shared: _Sharing) -> tuple[bool, float, str]:
    instant = stored_instant(shared[1])
    return instant is None, instant.timestamp() if instant else 0.0, shared[0].login if shared[0] else ""
