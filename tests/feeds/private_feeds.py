"""A mostly closed library, two users who may read all of it, and their private feeds."""

import re
from html import unescape

from starlette.testclient import TestClient

from kb.indexer import catch_up
from kb.model.people.group import Role, Visibility
from kb.model.saved_search import SavedSearch
from kb.services.core.library import Library
from kb.site import create_app
from tests.factories.group import as_
from tests.factories.items import a_group, an_item
from tests.factories.library import add_items, an_empty_library
from tests.support.browser_sessions import an_account, send, sign_in

PAGE = "/account/feeds"
OPEN = a_group("ouvert", "Groupe ouvert")
CLOSED = a_group("cave", "La cave", visible=Visibility.MEMBERS)
CIRCLE = a_group("cercle", "Le cercle", visible=Visibility.SIGNED_IN)


def a_closed_shelf() -> Library:
    """An item in each of three groups (Claire and Paul may read the closed one), and a saved search in the closed
    group.
    """
    library = an_empty_library()
    items = [
        an_item(
            f"Quetsche {group.slug}",
            id=f"i-{group.slug}",
            group=group,
            order=place,
            tags=["eau", "agents", "a/b", "agents.rss"],
            added=f"2015-01-0{place + 1}T09:00:00Z",
        )
        for place, group in enumerate((OPEN, CLOSED, CIRCLE))
    ]
    add_items(library, *items, groups=(OPEN, CLOSED, CIRCLE))
    for login in ("claire", "paul"):
        an_account(library, login, name=login.title())
    with library.store.write() as writing:
        for login in ("claire", "paul"):
            writing.groups.set_role(as_(library, login).user_id or "", CLOSED.id, Role.READER)
        writing.saved_searches.add(SavedSearch.of("s-cave", CLOSED.id, "Veille", "q=quetsche", "2015-02-03T09:00:00Z"))
    catch_up(library)
    return library


def a_browser(library: Library, login: str) -> TestClient:
    client = TestClient(create_app(library))
    sign_in(client, login)
    return client


def create_private_feed(client: TestClient, address: str) -> str:
    """The address of a new private feed, without the site's own."""
    answer = send(client, "/account", PAGE, act="make", feed=address)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    match = re.search(r'class="secret">http://127.0.0.1:8000([^<]+)<', answer.text)
    assert match is not None
    return unescape(match[1])


def key_of(address: str) -> str:
    return address.rpartition("key=")[2]


def key_ids(library: Library, login: str = "claire") -> list[str]:
    with library.store.read() as reading:
        return [feed_key.id for feed_key in reading.credentials.feed_keys_of(as_(library, login).user_id or "")]
