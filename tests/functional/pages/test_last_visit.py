"""`since=visit`: what is new since the user's last visit, which is stored rarely."""

from collections.abc import Iterator
from unittest.mock import patch

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.indexer import catch_up
from kb.model.people.group import Group, Role
from kb.services.core.library import Library
from kb.services.groups.membership import set_role
from kb.site import create_app
from kb.store.database.clock import timestamp_in
from kb.store.people.accounts import Accounts
from tests.factories.group import a_shared, as_
from tests.factories.items import an_item
from tests.factories.library import add_items
from tests.support.browser_sessions import a_library_of, send, sign_in

LINK = "Depuis ma dernière visite"


@pytest.fixture
def library() -> Iterator[Library]:
    with a_library_of("claire", "paul") as library:
        yield library


@pytest.fixture
def group(library: Library) -> Group:
    group = a_shared(library)
    set_role(library, OPERATOR, group.slug, "paul", Role.MEMBER)
    return group


@pytest.fixture
def paul(library: Library, group: Group) -> TestClient:
    client = TestClient(create_app(library))
    sign_in(client, "paul")
    return client


def leave_for(library: Library, login: str, **pause: float) -> None:
    """Set the time of a user's last request."""
    user_id = as_(library, login).user_id
    assert user_id is not None
    past = timestamp_in(**{unit: -value for unit, value in pause.items()})
    with library.store.write() as writing:
        writing.accounts.record_visit(user_id, past, "2000-01-01T00:00:00.000000Z")
        for session in writing.credentials.sessions_of(user_id):
            writing.credentials.session_seen(session.id, past, session.expires_at)


def add(library: Library, group: Group, name: str, **ago: float) -> None:
    added = timestamp_in(**{unit: -value for unit, value in ago.items()}) if ago else timestamp_in(seconds=0)
    add_items(library, an_item(name, id=name, group=group, url=f"https://exemple.fr/{name}", added=added))
    catch_up(library)


def test_items_added_since_the_last_visit_are_counted_and_listed(
    library: Library, group: Group, paul: TestClient
) -> None:
    add(library, group, "carte-de-2003", days=5)
    assert LINK not in paul.get("/").text
    leave_for(library, "paul", days=2)
    add(library, group, "nouveau", days=1)
    page = paul.get("/").text
    assert f'href="/g/{group.slug}?since=visit">{LINK} (1)</a>' in page
    assert f"{LINK} (1)" in paul.get(f"/g/{group.slug}").text
    page_text = paul.get(f"/g/{group.slug}?since=visit").text
    assert "nouveau" in page_text
    assert "carte-de-2003" not in page_text
    assert "depuis ma dernière visite" in page_text
    assert f'href="/g/{group.slug}.atom' not in page_text
    assert paul.get("/api/v1/search?since=visit").json()["total"] == 1
    # The same visit: the next page shows the same.
    assert f"{LINK} (1)" in paul.get("/").text


def test_a_short_pause_is_the_same_visit(library: Library, group: Group, paul: TestClient) -> None:
    leave_for(library, "paul", days=2)
    add(library, group, "nouveau", days=1)
    assert f"{LINK} (1)" in paul.get("/").text
    leave_for(library, "paul", seconds=45 * 60)
    assert f"{LINK} (1)" in paul.get("/").text
    leave_for(library, "paul", seconds=75 * 60)
    assert LINK not in paul.get("/").text


def test_logging_in_again_is_a_new_visit(library: Library, group: Group, paul: TestClient) -> None:
    leave_for(library, "paul", days=2)
    add(library, group, "nouveau", days=1)
    other = TestClient(create_app(library))
    sign_in(other, "paul")
    assert f"{LINK} (1)" in other.get("/").text


def test_reading_writes_once_in_half_an_hour(library: Library, paul: TestClient) -> None:
    leave_for(library, "paul", seconds=31 * 60)
    with patch.object(Accounts, "record_visit", autospec=True, side_effect=Accounts.record_visit) as record:
        for _ in range(5):
            paul.get("/")
    assert record.call_count == 1


def test_an_anonymous_reader_has_no_visits(library: Library, group: Group) -> None:
    reader = TestClient(create_app(library))
    for address in ("/search?since=visit", f"/g/{group.slug}?since=visit"):
        page = reader.get(address)
        assert (page.url.path, page.status_code) == ("/login", 200)
    assert reader.get("/search.atom?since=visit").status_code == 400
    assert reader.get("/api/v1/search?since=visit").status_code == 401
    assert LINK not in reader.get("/").text


def test_a_feed_and_a_saved_search_have_no_visits(library: Library, group: Group, paul: TestClient) -> None:
    assert paul.get(f"/g/{group.slug}.atom?since=visit").status_code == 400
    refused = send(paul, "/saved/new?q=eau", group=group.slug, name="Nouveautés", parameters="q=eau&since=visit")
    assert refused.status_code in {400, 404}
    with library.store.read() as reading:
        assert list(reading.saved_searches.of_groups([group.id])) == []


def test_before_a_second_visit_all_is_new(library: Library, group: Group, paul: TestClient) -> None:
    add(library, group, "carte-de-2003", days=5)
    assert "carte-de-2003" in paul.get("/search?since=visit").text
