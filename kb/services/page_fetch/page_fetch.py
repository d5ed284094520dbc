"""Requests for page fetches: a form asks for a page, and items wait for theirs.

The background process fetches the pages (`kb.services.page_fetch.background_fetch`);
`kb.services.page_fetch.item_completion` copies a page's data to an item.
"""

from dataclasses import replace
from hashlib import sha256
from time import time

from kb.access.actor import Actor
from kb.access.permissions import require_signed_in_user
from kb.errors import NotFound, RateLimited
from kb.model.ids import new_id
from kb.model.items.item_fields import checked_address
from kb.model.web_pages.address import web_address
from kb.model.web_pages.page_facts import FetchFailure
from kb.model.web_pages.page_fetch import Fetch, FetchState
from kb.services.core.library import Library
from kb.settings.fetcher import OFF
from kb.store import Rate, WriteTransaction
from kb.store.database.clock import timestamp_in, timestamp_now

FRESH_SECONDS = 3600.0
"""Seconds for which a page that somebody has asked for is not fetched again for them."""
_REQUEST_RATE = Rate(60, 6.0)
"""How many pages one person may ask for: so many at once, then one more each so many seconds."""


def request_page_fetch(library: Library, actor: Actor, url: str) -> Fetch:
    """Have a page fetched, and see what it says of itself; nothing is fetched twice within the hour for one person.

    An address that is not of the web, or a site that fetches no pages, gives a fetch that has failed, with why.
    Raises LoginNeeded, Forbidden; Invalid for what is no address; RateLimited.
    """
    user_id = require_signed_in_user(actor)
    address = checked_address(url)
    on_web = web_address(address)
    with library.store.write() as writing:
        held = writing.fetches.latest_of(user_id, on_web, timestamp_in(seconds=-FRESH_SECONDS)) if on_web else None
        if held is not None:
            return held
        fetch = _new_fetch(user_id, on_web or address)
        if on_web is None:
            fetch = replace(fetch, state=FetchState.FAILED, failure=FetchFailure.ADDRESS)
        elif library.settings.fetch == OFF:
            fetch = replace(fetch, state=FetchState.FAILED, failure=FetchFailure.OFF)
        _count_request(writing, user_id)
        writing.fetches.add(fetch)
        return fetch


def own_fetch(library: Library, actor: Actor, fetch_id: str) -> Fetch:
    """A fetch that the asker has asked for. Raises LoginNeeded, and NotFound for what is somebody else's, or over."""
    user_id = require_signed_in_user(actor, reading=True)
    with library.store.read() as reading:
        fetch = reading.fetches.by_id(fetch_id)
    if fetch is None or fetch.user_id != user_id:
        raise NotFound("This page is not being fetched any more: ask for it again.")
    return fetch


def awaited_fetch(library: Library, item_id: str) -> Fetch | None:
    """The fetch that an item still waits for. Whoever calls this has read the item."""
    with library.store.read() as reading:
        fetch = reading.fetches.of_item(item_id)
    return fetch if fetch is not None and not fetch.is_over else None


def attach_fetch_to_item(
    writing: WriteTransaction, actor: Actor, item_id: str, url: str | None, fetch_id: str | None = None
) -> None:
    """Have an item, written in the same transaction, wait for its page: what it lacks is filled in when it comes.

    `fetch_id` is the fetch that the asker had for their form, if any: what it found is not fetched again. Whoever calls
    this has asked for the rights. Nothing is done for an item that has no address of the web.
    """
    address = web_address(url)
    if address is None:
        return
    asked = writing.fetches.by_id(fetch_id) if fetch_id else None
    if asked is None or asked.user_id != actor.user_id or asked.address != address:
        asked = None
    if asked is not None and asked.item_id is None and not asked.is_over:
        writing.fetches.update(replace(asked, item_id=item_id))
        return
    fetch = replace(_new_fetch(actor.user_id, address), item_id=item_id)
    if asked is not None and asked.state is FetchState.DONE:
        # What is known already is only to be filled in.
        fetch = replace(fetch, facts=asked.facts)
    elif asked is not None and asked.failure is not None and not asked.failure.is_passing:
        fetch = replace(fetch, state=FetchState.FAILED, failure=asked.failure, next_at=None)
    writing.fetches.add(fetch)


def _new_fetch(user_id: str | None, address: str) -> Fetch:
    now = timestamp_now()
    return Fetch(new_id(), address, FetchState.WAITING, now, next_at=now, user_id=user_id)


def _count_request(writing: WriteTransaction, user_id: str) -> None:
    """Count one page that was asked for. Raises RateLimited."""
    keys = ((sha256(f"fetch {user_id}".encode()).hexdigest(), _REQUEST_RATE),)
    wait = writing.limits.wait(keys, time())
    if wait > 0:
        raise RateLimited("Too many pages were asked for in a short time: wait a moment, then try again.", wait)
    writing.limits.count(keys, time())
