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
from kb.model.web_pages.canonical_address import web_address
from kb.model.web_pages.page_facts import FetchFailure
from kb.model.web_pages.page_fetch import Fetch, FetchState
from kb.services.core.library import Library
from kb.settings import OFF
from kb.store import Rate, WriteTransaction
from kb.store.database.clock import timestamp_in, timestamp_now

FRESH_SECONDS = 3600.0
"""Seconds for which a page that a user requested is not fetched again for that user."""
_REQUEST_RATE = Rate(60, 6.0)
"""The pages that one user may request: so many at once, then one more each so many seconds."""


def request_page_fetch(library: Library, actor: Actor, url: str) -> Fetch:
    """Request the fetch of a page and return its state; one user's page is fetched at most once an hour.

    An address that is not on the web, or a site that fetches no pages, gives a failed fetch with the reason. Raises
    LoginNeeded, Forbidden; Invalid for an invalid address; RateLimited.
    """
    user_id = require_signed_in_user(actor)
    address = checked_address(url)
    on_web = web_address(address)
    with library.store.write() as writing:
        latest = (
            writing.page_fetches.latest_of(user_id, on_web, timestamp_in(seconds=-FRESH_SECONDS)) if on_web else None
        )
        if latest is not None:
            return latest
        fetch = _new_fetch(user_id, on_web or address)
        if on_web is None:
            fetch = replace(fetch, state=FetchState.FAILED, failure=FetchFailure.ADDRESS)
        elif library.settings.fetch == OFF:
            fetch = replace(fetch, state=FetchState.FAILED, failure=FetchFailure.OFF)
        count_page_request(writing, user_id)
        writing.page_fetches.add(fetch)
        return fetch


def count_page_request(writing: WriteTransaction, user_id: str) -> None:
    """Count a page that a user asks for. Raises RateLimited."""
    keys = ((sha256(f"fetch {user_id}".encode()).hexdigest(), _REQUEST_RATE),)
    if wait := writing.rate_limits.take(keys, time()):
        raise RateLimited("Too many pages were asked for in a short time: wait a moment, then try again.", wait)


def own_fetch(library: Library, actor: Actor, fetch_id: str) -> Fetch:
    """A fetch that the actor requested. Raises LoginNeeded, and NotFound for any other, or an expired one."""
    user_id = require_signed_in_user(actor, reading=True)
    with library.store.read() as reading:
        fetch = reading.page_fetches.by_id(fetch_id)
    if fetch is None or fetch.user_id != user_id:
        raise NotFound("This page is not being fetched any more: ask for it again.")
    return fetch


def awaited_fetch(library: Library, item_id: str) -> Fetch | None:
    """The fetch that an item still waits for. The caller must have the right to read the item."""
    with library.store.read() as reading:
        fetch = reading.page_fetches.of_item(item_id)
    return fetch if fetch is not None and not fetch.is_over else None


def attach_fetch_to_item(
    writing: WriteTransaction, actor: Actor, item_id: str, url: str | None, fetch_id: str | None = None
) -> None:
    """Make an item, written in the same transaction, wait for its page: the page then fills its empty fields.

    `fetch_id` is the fetch that the actor's form used, if any: its result is not fetched again. The caller must have
    checked the rights. Nothing is done for an item without a web address.
    """
    address = web_address(url)
    if address is None:
        return
    requested = writing.page_fetches.by_id(fetch_id) if fetch_id else None
    if requested is None or requested.user_id != actor.user_id or requested.address != address:
        requested = None
    if requested is not None and requested.item_id is None and not requested.is_over:
        writing.page_fetches.update(replace(requested, item_id=item_id))
        return
    fetch = replace(_new_fetch(actor.user_id, address), item_id=item_id)
    if requested is not None and requested.state is FetchState.DONE:
        # A known result only needs to be filled in.
        fetch = replace(fetch, facts=requested.facts)
    elif requested is not None and requested.failure is not None and not requested.failure.is_passing:
        fetch = replace(fetch, state=FetchState.FAILED, failure=requested.failure, next_at=None)
    writing.page_fetches.add(fetch)


def _new_fetch(user_id: str | None, address: str) -> Fetch:
    now = timestamp_now()
    return Fetch(new_id(), address, FetchState.WAITING, now, next_at=now, user_id=user_id)
