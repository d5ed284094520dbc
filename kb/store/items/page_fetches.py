"""Pages to fetch, and the results of fetches."""

import json
from collections.abc import Collection
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, delete, func, select, update

from kb.model.storable_text import is_storable
from kb.model.web_pages.page_facts import PageFacts
from kb.model.web_pages.page_fetch import Fetch, FetchState
from kb.store.database.json_values import json_of, value_of
from kb.store.database.rows import Conversion, Repository, ValueColumns
from kb.store.tables.web_page_tables import page_fetches

LONGEST_TEXT = 200_000
"""Characters of a page's text that are stored and searched: about forty printed pages."""

_OPEN = (FetchState.WAITING.value, FetchState.RUNNING.value)
_OVER = (FetchState.DONE.value, FetchState.FAILED.value)


def _facts_text(facts: PageFacts | None) -> str | None:
    if facts is None:
        return None
    return json.dumps(json_of(replace(facts, text=facts.text[:LONGEST_TEXT])), ensure_ascii=False)


def _facts_of(text: str | None) -> PageFacts | None:
    return value_of(PageFacts, json.loads(text), {}) if text else None


_FETCHES = ValueColumns(page_fetches, Fetch, {"facts": Conversion(_facts_of, _facts_text)})


class PageFetchesReading(Repository):
    """Fetches, in one transaction."""

    def by_id(self, fetch_id: str) -> Fetch | None:
        return self._first(page_fetches.c.id == fetch_id) if is_storable(fetch_id) else None

    def of_item(self, item_id: str) -> Fetch | None:
        """The latest fetch for an item."""
        return self._first(page_fetches.c.item_id == item_id)

    def latest_of(self, user_id: str, address: str, since: str) -> Fetch | None:
        """The latest fetch of an address that a user requested since a time, unless it failed."""
        conditions = (
            page_fetches.c.user_id == user_id,
            page_fetches.c.address == address,
            page_fetches.c.created_at >= since,
        )
        return self._first(*conditions, page_fetches.c.state != FetchState.FAILED.value)

    def requested_by(self, user_id: str) -> tuple[tuple[str, str], ...]:
        """The addresses that a user requested, each with its time, the earliest first."""
        chosen = select(page_fetches.c.address, page_fetches.c.created_at).where(page_fetches.c.user_id == user_id)
        rows = self.connection.execute(chosen.order_by(page_fetches.c.created_at, page_fetches.c.id))
        return tuple((address, created_at) for address, created_at in rows)

    def due(self, now: str, busy: Collection[str], limit: int) -> tuple[Fetch, ...]:
        """The fetches that are due, one for each host at most, and none for busy hosts.

        A fetch for a form that a user fills in comes first.
        """
        chosen = _FETCHES.select.where(page_fetches.c.next_at <= now, page_fetches.c.host.not_in(list(busy)))
        first = chosen.order_by(page_fetches.c.item_id.is_not(None), page_fetches.c.next_at, page_fetches.c.id)
        by_host: dict[str, Fetch] = {}
        for fetch in _FETCHES.all(self.connection, first.limit(limit * limit)):
            by_host.setdefault(host_of(fetch.address), fetch)
        return tuple(by_host.values())[:limit]

    def next_due(self) -> str | None:
        """When the next fetch is due; it may have passed. None if none waits."""
        return self._text(select(func.min(page_fetches.c.next_at)))

    def _first(self, *conditions: ColumnElement[bool]) -> Fetch | None:
        chosen = (
            _FETCHES.select.where(*conditions).order_by(page_fetches.c.created_at.desc(), page_fetches.c.id).limit(1)
        )
        return _FETCHES.first(self.connection, chosen)


class PageFetches(PageFetchesReading):
    """Fetches, in a write transaction."""

    def add(self, fetch: Fetch) -> None:
        """Insert a fetch."""
        self._insert(page_fetches, {**_row(fetch), "host": host_of(fetch.address)})

    def update(self, fetch: Fetch) -> None:
        """Store the progress of a fetch."""
        self._write(update(page_fetches).where(page_fetches.c.id == fetch.id).values(_row(fetch)))

    def purge(self, before: str) -> int:
        """Delete the fetches requested before a time, except those in progress; returns their number."""
        old = page_fetches.c.created_at < before
        over = page_fetches.c.state.in_(_OVER) | page_fetches.c.item_id.is_(None)
        return self._write(delete(page_fetches).where(old, over))


def host_of(address: str) -> str:
    """The host of an address; one page of a host is fetched at a time."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _row(fetch: Fetch) -> dict[str, Any]:
    return {**_FETCHES.row(fetch), "next_at": fetch.next_at if fetch.state.value in _OPEN else None}
