"""Followed searches, what they found when they began, and what they found since."""

import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)

from kb.access.actor import AccessScope
from kb.model.followed_search import FollowedSearch, followed_parameters, followed_request, list_parameters
from kb.store.database.compiled_selects import run_compiled_select
from kb.store.database.database import batches
from kb.store.database.rows import Repository, ValueColumns
from kb.store.items.orphaned_rows import is_of_lost_item
from kb.store.meta import Meta, MetaReading
from kb.store.tables.followed_search_tables import followed_search_baselines as baselines
from kb.store.tables.followed_search_tables import followed_searches as searches
from kb.store.tables.followed_search_tables import search_matches as matches
from kb.store.tables.item_tables import items
from kb.store.tables.table_columns import metadata

_POSITION = "followed-searches"
"""The key, in the table `meta`, of the number of the last change that followed searches have been run over."""


@dataclass(frozen=True, slots=True)
class SearchMatch:
    """An item that a search found in a group, as the table `search_matches` has it."""

    search_id: str
    item_id: str
    group_id: str
    number: int
    matched_at: str
    is_found: bool


@dataclass(frozen=True, slots=True)
class NewMatch:
    """An item that a search found first with the change of this number."""

    item_id: str
    number: int
    matched_at: str


_SEARCHES = ValueColumns(searches, FollowedSearch)
_MATCHES = ValueColumns(matches, SearchMatch)
_NUMBERS_OF = select(items.c.id, items.c.number, items.c.group_id)
_ONE_MATCH = update(matches).where(
    matches.c.search_id == bindparam("search"),
    matches.c.item_id == bindparam("item"),
    matches.c.group_id == bindparam("in_group"),
)
_GROUPS: BindParameter[Any] = bindparam("groups", expanding=True)


def _is_new(*, in_all_groups: bool) -> ColumnElement[bool]:
    """The condition for a match that is new, in all groups or in `groups`."""
    earlier = matches.alias()
    is_earlier = and_(
        earlier.c.search_id == matches.c.search_id,
        earlier.c.item_id == matches.c.item_id,
        earlier.c.number <= bindparam("after"),
    )
    is_match = and_(
        matches.c.search_id == bindparam("search"),
        matches.c.number > bindparam("after"),
        matches.c.is_found,
        exists().where(items.c.id == matches.c.item_id, items.c.group_id == matches.c.group_id),
    )
    if not in_all_groups:
        is_earlier &= earlier.c.group_id.in_(_GROUPS)
        is_match &= matches.c.group_id.in_(_GROUPS)
    return is_match & ~exists().where(is_earlier)


_NEW = {
    in_all_groups: select(matches.c.item_id, matches.c.number, matches.c.matched_at)
    .where(_is_new(in_all_groups=in_all_groups))
    .order_by(matches.c.number.desc(), matches.c.item_id)
    .limit(bindparam("most"))
    for in_all_groups in (False, True)
}
_NEW_COUNT = {
    in_all_groups: select(func.count()).select_from(matches).where(_is_new(in_all_groups=in_all_groups))
    for in_all_groups in (False, True)
}


class FollowedSearchesReading(Repository):
    """Followed searches, in one transaction."""

    def all(self) -> tuple[FollowedSearch, ...]:
        """All of them, by id."""
        return _SEARCHES.all(self.connection, _SEARCHES.select.order_by(searches.c.id))

    def by_id(self, search_id: str) -> FollowedSearch | None:
        """The search with this id."""
        return _SEARCHES.first(self.connection, _SEARCHES.select.where(searches.c.id == search_id))

    def by_parameters(self, parameters: str) -> FollowedSearch | None:
        """The search with these parameters, as `followed_parameters` gives them."""
        return _SEARCHES.first(
            self.connection, _SEARCHES.select.where(searches.c.digest == digest_of_parameters(parameters))
        )

    def naming(self, parts: Iterable[str]) -> tuple[FollowedSearch, ...]:
        """The searches, not lists, whose parameters contain one of some texts."""
        holding = or_(*(searches.c.parameters.contains(part, autoescape=True) for part in parts))
        holding &= ~searches.c.parameters.startswith(list_parameters(""))
        return _SEARCHES.all(self.connection, _SEARCHES.select.where(holding).order_by(searches.c.id))

    def count(self) -> int:
        """How many there are."""
        return self._number(select(func.count()).select_from(searches))

    def position(self) -> int:
        """The number of the last change over which they have been run."""
        return int(MetaReading(self.connection).get(_POSITION) or 0)

    def matches_of(self, item_ids: Iterable[str]) -> tuple[SearchMatch, ...]:
        """What searches have found of some items."""
        return tuple(map(_MATCHES.value, self._rows_with(_MATCHES.select, matches.c.item_id, item_ids)))

    def baseline_groups(self, search_ids: Iterable[str], numbers: Collection[int]) -> dict[tuple[str, int], str]:
        """The group in which a search found an item of a number when it began, by search and number."""
        chosen = select(baselines.c.search_id, baselines.c.group_id, baselines.c.item_numbers)
        return {
            (search_id, number): group_id
            for search_id, group_id, packed in self._rows_with(chosen, baselines.c.search_id, search_ids)
            for number in _numbers_in(packed, numbers)
        }

    def new(self, search_id: str, after: int, scope: AccessScope, limit: int) -> tuple[NewMatch, ...]:
        """The readable items that a search found first with a change after a number, and still finds, newest first.

        An item that it found before in another group of the scope is not new.
        """
        rows = self._new_rows(_NEW, scope, {"search": search_id, "after": after, "most": limit})
        return tuple(NewMatch(*row) for row in rows)

    def new_count(self, search_id: str, after: int, scope: AccessScope) -> int:
        """How many items `new` finds."""
        rows = self._new_rows(_NEW_COUNT, scope, {"search": search_id, "after": after})
        return int(rows[0][0]) if rows else 0

    def _new_rows(
        self, statements: Mapping[bool, Select[Any]], scope: AccessScope, values: dict[str, str | int]
    ) -> Sequence[Any]:
        if scope.everything:
            return run_compiled_select(self.connection, statements[True], values)
        if not scope.group_ids:
            return ()
        return run_compiled_select(self.connection, statements[False], values, groups=sorted(scope.group_ids))


class FollowedSearches(FollowedSearchesReading):
    """Followed searches, in a write transaction."""

    def add(self, search: FollowedSearch, item_ids: Collection[str]) -> None:
        """Insert a search, which finds these items when it begins. Raises Conflict if it exists."""
        row = {**_SEARCHES.row(search), "digest": digest_of_parameters(search.parameters)}
        self._insert(searches, row)
        by_group: dict[str, list[int]] = {}
        for number, group_id in self._numbers(item_ids):
            by_group.setdefault(group_id, []).append(number)
        rows = [
            {"search_id": search.id, "group_id": group_id, "item_numbers": _packed(numbers)}
            for group_id, numbers in by_group.items()
        ]
        self._insert(baselines, *rows)

    def add_list(self, search: FollowedSearch, last_added: Mapping[str, str]) -> None:
        """Insert a followed list, which has these items when it begins, each with the time of its last entry."""
        self._insert(searches, {**_SEARCHES.row(search), "digest": digest_of_parameters(search.parameters)})
        groups = {item_id: group_id for item_id, _, group_id in self._rows_with(_NUMBERS_OF, items.c.id, last_added)}
        found = (
            SearchMatch(search.id, item_id, groups[item_id], 0, added_at, is_found=True)
            for item_id, added_at in last_added.items()
            if item_id in groups
        )
        self.put([*found], [])

    def set_position(self, number: int) -> None:
        """Store how far the searches have been run."""
        Meta(self.connection).set(_POSITION, str(number))

    def put(self, added: Sequence[SearchMatch], changed: Sequence[SearchMatch]) -> None:
        """Insert matches; change others, which exist."""
        self._insert(matches, *map(_MATCHES.row, added))
        for match in changed:
            key = {"search": match.search_id, "item": match.item_id, "in_group": match.group_id}
            values = {"number": match.number, "matched_at": match.matched_at, "is_found": match.is_found}
            self.connection.execute(_ONE_MATCH.values(values), key)

    def rename(self, parameter: str, before: str, after: str) -> None:
        """Replace a value of a parameter: the login of an author, or the slug of a group."""

        def renamed(parameters: str) -> str:
            request = followed_request(parameters)
            values = tuple(after if value == before else value for value in getattr(request, parameter))
            changes: dict[str, Any] = {parameter: values}
            return followed_parameters(replace(request, **changes), most=None)

        self.rewrite((before,), renamed)

    def rewrite(self, parts: Iterable[str], change: Callable[[str], str | None]) -> None:
        """Change the parameters that contain one of some texts; if the result is None, the search is deleted."""
        for search in self.naming(parts):
            after = change(search.parameters)
            if after is None:
                self.remove((search.id,))
            elif after != search.parameters:
                self.set_parameters(search.id, after)

    def set_parameters(self, search_id: str, parameters: str) -> None:
        """Give a search other parameters, with which it finds the same. Of two that become equal, each keeps its
        followers.
        """
        digest = digest_of_parameters(parameters) if self.by_parameters(parameters) is None else search_id
        chosen = update(searches).where(searches.c.id == search_id)
        self._write(chosen.values(parameters=parameters, digest=digest))

    def remove(self, search_ids: Iterable[str]) -> None:
        """Delete searches, with what they found and with all that refers to them."""
        for batch in batches(search_ids):
            for column in _references():
                self._write(delete(column.table).where(column.in_(batch)))
            self._write(delete(searches).where(searches.c.id.in_(batch)))

    def remove_unfollowed(self, before: str) -> None:
        """Delete searches that began before an instant and that nobody follows."""
        followed = (exists().where(column == searches.c.id) for column in _references() if column.table not in _OWN)
        unfollowed = select(searches.c.id).where(searches.c.began_at < before, *(~one for one in followed))
        self.remove(self.connection.execute(unfollowed).scalars().all())

    def purge(self, before: str, most_matches: int) -> None:
        """Delete searches that began before an instant and that nobody follows; matches of lost items; and of more than
        `most_matches` of one search, the oldest, which then count as found when it began.
        """
        self.remove_unfollowed(before)
        self._write(delete(matches).where(is_of_lost_item(matches.c.item_id)))
        is_new = matches.c.number > 0
        many = select(matches.c.search_id).where(is_new).group_by(matches.c.search_id)
        for search_id in self.connection.execute(many.having(func.count() > most_matches)).scalars().all():
            of_search = (matches.c.search_id == search_id, is_new)
            newest = select(matches.c.number).where(*of_search).order_by(matches.c.number.desc())
            oldest_kept = self._number(newest.offset(most_matches - 1).limit(1))
            self._write(update(matches).where(*of_search, matches.c.number < oldest_kept).values(number=0))

    def _numbers(self, item_ids: Collection[str]) -> Iterator[tuple[int, str]]:
        """The number and the group of some items, of which there may be very many."""
        if len(item_ids) <= _FEW:
            for _, number, group_id in self._rows_with(_NUMBERS_OF, items.c.id, item_ids):
                yield number, group_id
            return
        chosen = frozenset(item_ids)
        for item_id, number, group_id in self.connection.execute(_NUMBERS_OF):
            if item_id in chosen:
                yield number, group_id


_FEW = 5_000
"""Items that are looked for by their ids; of more, all items are read."""
_OWN = (baselines, matches)


def _references() -> Iterator[ColumnElement[str]]:
    """Every column that refers to a followed search, of the core and of features."""
    for table in reversed(metadata.sorted_tables):
        for column in table.c:
            if any(key.column is searches.c.id for key in column.foreign_keys):
                yield column


def digest_of_parameters(parameters: str) -> str:
    """What distinguishes parameters, for an index."""
    return sha256(parameters.encode()).hexdigest()


def _packed(numbers: Iterable[int]) -> bytes:
    """A set of numbers as a compressed bitmap: bit n for number n."""
    chosen = sorted(numbers)
    bits = bytearray(chosen[-1] // 8 + 1)
    for number in chosen:
        bits[number // 8] |= 1 << number % 8
    return zlib.compress(bytes(bits))


def _numbers_in(packed: bytes, numbers: Iterable[int]) -> Iterator[int]:
    """Of some numbers, those that a packed set holds."""
    bits = zlib.decompress(packed)
    return (number for number in numbers if number // 8 < len(bits) and bits[number // 8] & 1 << number % 8)
