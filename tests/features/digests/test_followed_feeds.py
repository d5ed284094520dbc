"""The feeds of what a user follows, as one file that a feed reader imports."""

from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from urllib.parse import parse_qsl
from xml.etree import ElementTree as ET

import feedparser
import httpx2
import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.features.digests.follows import FollowWish, follow_listing, own_follows
from kb.model.people.account import TokenScope
from kb.model.people.group import Visibility
from kb.services.accounts import feed_keys
from kb.services.accounts.api_tokens import NewToken, add_token
from kb.services.core.library import Library
from kb.services.groups.group_settings import GroupSettings, change_group
from kb.services.groups.membership import remove_member
from kb.site import create_app
from kb.store.database.clock import timestamp_in
from tests.factories.group import as_
from tests.feeds.private_feeds import a_browser, a_closed_shelf, key_ids
from tests.support.browser_sessions import send

SITE = "http://127.0.0.1:8000"
HOSTILE = """L'eau & « <b>"vin"</b> »"""


@pytest.fixture
def library() -> Iterator[Library]:
    library = a_closed_shelf()
    yield library
    library.close()


@pytest.fixture
def claire(library: Library) -> TestClient:
    return a_browser(library, "claire")


@pytest.fixture
def reader(library: Library) -> Iterator[TestClient]:
    """A feed reader: no session, no cookie."""
    with TestClient(create_app(library), base_url=SITE) as client:
        yield client


def follow(library: Library, parameters: str, name: str, login: str = "claire") -> None:
    follow_listing(library, as_(library, login), parse_qsl(parameters), FollowWish(name))


def outlines(answer: httpx2.Response) -> dict[str, tuple[str, str]]:
    """The addresses of feed and page by name, without that of the site."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/x-opml; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="following.opml"'
    assert answer.headers["cache-control"] == "no-store"
    found = [outline.attrib for outline in ET.fromstring(answer.content).iter("outline")]
    assert all(one["xmlUrl"].startswith(SITE) and one["type"] == "rss" for one in found)
    return {one["text"]: (one["xmlUrl"].removeprefix(SITE), one["htmlUrl"].removeprefix(SITE)) for one in found}


def download(client: TestClient) -> dict[str, tuple[str, str]]:
    return outlines(send(client, "/following", act="feeds"))


def titles(reader: TestClient, address: str) -> list[str]:
    answer = reader.get(address)
    assert answer.status_code == 200, address
    read = feedparser.parse(answer.content)
    assert not read.bozo
    return [entry.title for entry in read.entries]


def test_all_feeds_of_the_file_open_without_a_session_and_show_what_their_user_may_read(
    library: Library, claire: TestClient, reader: TestClient
) -> None:
    follow(library, "group=ouvert", "Ouvert")
    follow(library, "group=cave&tag=eau", HOSTILE)
    follow(library, "q=quetsche+groupe&match=any", "Partout")
    follow(library, "group=cave&group=ouvert", "Deux groupes")
    feeds = download(claire)
    assert list(feeds) == ["Ouvert", HOSTILE, "Partout", "Deux groupes"]
    assert feeds["Ouvert"] == ("/g/ouvert.atom", "/g/ouvert")
    assert feeds[HOSTILE][0].startswith("/g/cave.atom?tag=eau&key=")
    assert feeds[HOSTILE][1] == "/g/cave?tag=eau"
    assert titles(reader, feeds["Ouvert"][0]) == ["Quetsche ouvert"]
    assert titles(reader, feeds[HOSTILE][0]) == ["Quetsche cave"]
    assert titles(reader, feeds["Partout"][0]) == ["Quetsche cercle", "Quetsche cave", "Quetsche ouvert"]
    assert titles(reader, feeds["Deux groupes"][0]) == ["Quetsche cave", "Quetsche ouvert"]
    assert len(key_ids(library)) == 3


def test_a_feed_of_the_file_ends_with_the_right_to_read_it(
    library: Library, claire: TestClient, reader: TestClient
) -> None:
    follow(library, "group=cave", "Cave")
    follow(library, "q=quetsche", "Partout")
    feeds = download(claire)
    remove_member(library, OPERATOR, "cave", "claire")
    assert reader.get(feeds["Cave"][0]).status_code == 404
    assert titles(reader, feeds["Partout"][0]) == ["Quetsche cercle", "Quetsche ouvert"]
    assert list(download(claire)) == ["Partout"]


def test_the_file_without_keys_has_what_everyone_may_read(library: Library, claire: TestClient) -> None:
    follow(library, "group=ouvert&tag=eau", "Ouvert")
    page = claire.get("/following").text
    assert 'href="/following.opml"' in page
    assert 'value="feeds"' not in page
    follow(library, "group=cave", "Cave")
    follow(library, "q=quetsche", "Partout")
    page = claire.get("/following").text
    assert 'href="/following.opml"' not in page
    assert 'value="feeds"' in page
    assert outlines(claire.get("/following.opml")) == {"Ouvert": ("/g/ouvert.atom?tag=eau", "/g/ouvert?tag=eau")}
    assert key_ids(library) == []


def test_a_group_without_feeds_has_none_in_the_file(library: Library, claire: TestClient) -> None:
    follow(library, "group=cave", "Cave")
    change_group(library, OPERATOR, "cave", GroupSettings("La cave", visible=Visibility.MEMBERS, feeds=False))
    assert "/following.opml" not in claire.get("/following").text
    assert 'value="feeds"' not in claire.get("/following").text
    assert download(claire) == {}


def test_another_file_replaces_keys_that_no_reader_has_used(
    library: Library, claire: TestClient, reader: TestClient
) -> None:
    follow(library, "group=cave", "Cave")
    follow(library, "group=cercle", "Cercle")
    first = download(claire)
    assert titles(reader, first["Cave"][0]) == ["Quetsche cave"]
    download(claire)
    # The first one may be about to be imported.
    assert len(key_ids(library)) == 4
    assert titles(reader, first["Cercle"][0])
    unused = download(claire)
    with library.store.write() as writing:
        for key in writing.credentials.feed_keys_of(as_(library, "claire").user_id or ""):
            if key.seen_at is None:
                writing.credentials.revoke_feed_key(key.user_id, key.id)
                old = replace(key, created_at=timestamp_in(days=-feed_keys.UNUSED_DAYS, seconds=-1))
                writing.credentials.add_feed_key(old, key.id)
    assert len(key_ids(library)) == 6
    download(claire)
    assert len(key_ids(library)) == 4
    assert titles(reader, first["Cave"][0]) == ["Quetsche cave"]
    assert reader.get(unused["Cave"][0]).status_code == 404


def test_another_file_replaces_the_keys_of_its_feeds_where_there_is_no_room_for_both(
    library: Library, claire: TestClient, reader: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_keys, "MOST_KEYS", 4)
    follow(library, "group=cercle", "Cercle")
    other = download(claire)["Cercle"][0]
    assert send(claire, "/following", act="remove", id=own_follows(library, as_(library, "claire"))[0].follow.id)
    follow(library, "group=cave", "Cave")
    follow(library, "q=quetsche", "Partout")
    first = download(claire)
    assert titles(reader, first["Partout"][0])
    download(claire)
    assert len(key_ids(library)) == 4
    assert reader.get(first["Cave"][0]).status_code == 404, "it was used least recently"
    assert titles(reader, first["Partout"][0])
    third = download(claire)
    assert len(key_ids(library)) == 4
    assert [reader.get(third[name][0]).status_code for name in ("Cave", "Partout")] == [200, 200]
    assert titles(reader, other), "the key of another feed stays"


def test_too_many_keys_are_refused_on_the_page(
    library: Library, claire: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_keys, "MOST_KEYS", 1)
    follow(library, "group=cave", "Cave")
    follow(library, "group=cercle", "Cercle")
    answer = send(claire, "/following", act="feeds")
    assert answer.status_code == 409
    assert "1 flux privés au plus" in unescape(answer.text)
    assert key_ids(library) == []


def test_a_program_gets_no_keys(library: Library) -> None:
    follow(library, "group=cave", "Cave")
    _, token = add_token(library, as_(library, "claire"), NewToken(TokenScope.WRITE, "Programme"))
    client = TestClient(create_app(library), headers={"Authorization": f"Bearer {token}"})
    assert client.post("/following", data={"act": "feeds"}).status_code == 403
    assert outlines(client.get("/following.opml")) == {}
    assert key_ids(library) == []
