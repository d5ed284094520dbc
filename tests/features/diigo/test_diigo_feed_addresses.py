"""A reader that subscribed at Diigo finds the feeds of this site at the addresses that it knows."""

from collections.abc import Iterator
from contextlib import closing

import feedparser
import pytest
from starlette.testclient import TestClient

from kb.site import create_app
from tests.feeds.feed_library import a_shelf


@pytest.fixture(scope="module")
def reader() -> Iterator[TestClient]:
    with closing(a_shelf()) as library, TestClient(create_app(library)) as client:
        yield client


@pytest.mark.parametrize(
    ("address", "feed"),
    [
        ("/group/lectures/rss", "/g/lectures.rss"),
        ("/group/lectures/rss?count=100&start=0", "/g/lectures.rss?per_page=100"),
        ("/group/lectures/rss?count=50&start=100", "/g/lectures.rss?page=3&per_page=50"),
        ("/group/lectures/rss/tag/service%20public", "/g/lectures/tag/service%20public.rss"),
        ("/group/lectures/rss/tag/agents.rss", "/g/lectures/tag/agents.rss?format=rss"),
        ("/rss/user/claire", "/search.rss?author=claire"),
        ("/rss/user/claire/eau", "/search.rss?tag=eau&author=claire"),
        ("/rss/user/claire?query=%23eau&sort=updated", "/search.rss?tag=eau&author=claire&sort=updated"),
        ("/rss/tag/1/3", "/search.rss?tag=1%2F3"),
    ],
)
def test_addresses_of_diigo_redirect_to_the_feeds(reader: TestClient, address: str, feed: str) -> None:
    answer = reader.get(address, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, feed)


@pytest.mark.parametrize("address", ["/group/atelier/rss", "/group/atelier/rss/tag/agents", "/rss/tag/agents"])
def test_the_feed_at_an_address_of_diigo_has_entries(reader: TestClient, address: str) -> None:
    assert feedparser.parse(reader.get(address + "?count=2").content).entries


def test_an_address_of_diigo_tells_nothing_of_groups(reader: TestClient) -> None:
    unknown = reader.get("/group/inconnu/rss", follow_redirects=False)
    assert (unknown.status_code, unknown.headers["location"]) == (303, "/g/inconnu.rss")


@pytest.mark.parametrize("params", ["count=0", "count=101", "count=x", "start=-1", "start=1000001"])
def test_numbers_out_of_bounds_are_refused(reader: TestClient, params: str) -> None:
    assert reader.get(f"/group/atelier/rss?{params}").status_code == 400
