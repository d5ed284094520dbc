"""Run followed searches over what changed.

The position and what the searches found are written in one transaction: a kill loses nothing and tells nothing twice.
The index has no part in it, so that nothing depends on its rebuilding.
"""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from kb.errors import Unavailable
from kb.model.followed_search import FollowedSearch
from kb.model.items.item import Item
from kb.model.people.group import Group
from kb.search.percolator import ChangedItems
from kb.search.vocabulary_expansion import VocabularyMatcher
from kb.services.core.library import Library
from kb.store import Change, ReadSnapshot, WriteTransaction
from kb.store.database.clock import timestamp_now, timestamp_of
from kb.store.items.followed_searches import SearchMatch

BATCH = 50
"""Changes that searches are run over at a time."""
MOST_MATCHES = 10_000
"""Items of one search that can be new; older ones are not new any more."""
UNFOLLOWED_AGE = timedelta(hours=1)
"""How long a search is kept that nobody follows."""
_LONGEST_WAIT, _SHORTEST_WAIT = 10.0, 0.5
"""Seconds between two looks for changes."""
_NO_LEADER = "The database server cannot be reached: try again in a moment."


@dataclass(frozen=True, slots=True)
class _Step:
    """Some changes after a position, and the items that changed; an item that no longer exists is missing. `last_added`
    is when the last entry of an item was added to a list, by list and item.
    """

    position: int
    goal: int
    numbers: Mapping[str, int]
    items: Mapping[str, Item]
    index: ChangedItems
    groups: Sequence[Group]
    vocabularies: Mapping[str, VocabularyMatcher]
    last_added: Mapping[tuple[str, str], str]


def bring_up_to_date(library: Library, stop: threading.Event | None = None) -> int:
    """Run the followed searches over all changes since their position; return the new one.

    Raises Unavailable if only a standby of the database answers, which may lack changes.
    """
    while True:
        with library.store.read() as reading:
            if reading.may_lack_commits:
                raise Unavailable(_NO_LEADER)
            searches = reading.followed_searches.all()
            step = _next_step(library, reading, searches)
            position = reading.followed_searches.position()
        if not searches or step is None or (stop is not None and stop.is_set()):
            return position
        found = _found(library, step, searches)
        with library.store.write() as writing:
            if writing.followed_searches.position() == step.position:
                _store(writing, step, found)


def match_until_stopped(library: Library, stop: threading.Event) -> None:
    """Run followed searches over each change, until `stop` is set. Raises Unavailable."""
    with library.store.listen() as commits:
        while not stop.is_set():
            bring_up_to_date(library, stop)
            commits.wait(stop, _LONGEST_WAIT, _SHORTEST_WAIT)


def purge_followed_searches(writing: WriteTransaction, moment: datetime) -> None:
    """Delete what is kept of searches that nobody follows, and of items that are lost."""
    writing.followed_searches.purge(timestamp_of(moment - UNFOLLOWED_AGE), MOST_MATCHES)


def _next_step(library: Library, reading: ReadSnapshot, searches: Iterable[FollowedSearch]) -> _Step | None:
    """The next changes, and the items as they are now; None if there are none."""
    position, newest = reading.followed_searches.position(), reading.changes.newest()
    changes: tuple[Change, ...] = reading.changes.since(position, BATCH)
    if not changes:
        return None
    items = reading.items.any_of(change.item_id for change in changes)
    with_text = reading.page_texts.present(items)
    texts = ((item, reading.page_texts.of_item(item.id) if item.id in with_text else None) for item in items.values())
    followed_lists = [search.list_id for search in searches if search.list_id]
    groups = reading.groups.all()
    slugs = {search.vocabulary_group for search in searches}
    slug_of = {group.id: group.slug for group in groups if group.slug in slugs}
    matchers = library.vocabulary_cache.of(reading, (group for group in groups if group.id in slug_of))
    return _Step(
        position=position,
        goal=changes[-1].number if len(changes) == BATCH else newest,
        numbers={change.item_id: change.number for change in changes},
        items=items,
        index=ChangedItems.of(texts),
        groups=groups,
        vocabularies={slug_of[matcher.group_id]: matcher for matcher in matchers},
        last_added=reading.lists.last_added(followed_lists, items) if followed_lists else {},
    )


def _found(library: Library, step: _Step, searches: Iterable[FollowedSearch]) -> dict[str, set[str]]:
    """The changed items that each search finds, by its id; none, of one that this version cannot read."""
    searches = tuple(searches)
    listed: dict[str, set[str]] = {}
    for list_id, item_id in step.last_added:
        listed.setdefault(list_id, set()).add(item_id)
    by_words = [search for search in searches if not search.list_id]
    plans = library.followed_plans.of(by_words, step.groups, step.vocabularies)
    found = {search_id: step.index.found(plan) for search_id, plan in plans.items()}
    found |= {search.id: listed.get(search.list_id, set()) for search in searches if search.list_id}
    return {search.id: found.get(search.id, set()) for search in searches}


def _store(writing: WriteTransaction, step: _Step, found: Mapping[str, set[str]]) -> None:
    """Store what the searches found, and the position; nothing if a search began meanwhile: the next round runs it."""
    followed = writing.followed_searches
    searches = followed.all()
    if any(search.id not in found for search in searches):
        return
    known: dict[tuple[str, str], list[SearchMatch]] = {}
    for match in followed.matches_of(step.numbers):
        known.setdefault((match.search_id, match.item_id), []).append(match)
    present = {search.id for search in searches}
    pairs = {(search_id, item_id) for search_id in present for item_id in found.get(search_id, ())}
    unknown = pairs - known.keys()
    orders = {step.items[item_id].order: item_id for _, item_id in unknown}
    began = followed.baseline_groups({search_id for search_id, _ in unknown}, orders)
    now = timestamp_now()
    for (search_id, order), group_id in began.items():
        if (search_id, orders[order]) in unknown:
            known[search_id, orders[order]] = [SearchMatch(search_id, orders[order], group_id, 0, now, is_found=False)]
    list_ids = {search.id: search.list_id for search in searches}
    added: list[SearchMatch] = []
    changed: list[SearchMatch] = []
    for pair in pairs | known.keys():
        before = known.get(pair, [])
        stored = () if pair in unknown else before
        item = step.items.get(pair[1]) if pair in pairs else None
        entry_at = step.last_added.get((list_ids[pair[0]], pair[1]))
        for match in _matches_after(pair, before, item, number=step.numbers[pair[1]], now=now, entry_at=entry_at):
            if all(other.group_id != match.group_id for other in stored):
                added.append(match)
            elif match not in stored:
                changed.append(match)
    followed.put(added, changed)
    followed.set_position(step.goal)


def _matches_after(
    pair: tuple[str, str],
    before: Sequence[SearchMatch],
    item: Item | None,
    *,
    number: int,
    now: str,
    entry_at: str | None,
) -> Iterable[SearchMatch]:
    """What a search has found of an item, after a change with this number; `item` is None if it does not find it.

    `entry_at` is when the last entry of the item was added to the list that is followed: with a later one it is new
    again. None for a search.
    """
    found_at = now if entry_at is None else entry_at
    is_new = entry_at is not None and all(match.matched_at < entry_at for match in before)
    for match in before:
        after = replace(match, is_found=item is not None and item.group_id == match.group_id)
        yield replace(after, number=number, matched_at=found_at) if is_new else after
    if item is not None and all(match.group_id != item.group_id for match in before):
        yield SearchMatch(*pair, item.group_id, number, found_at, is_found=True)
