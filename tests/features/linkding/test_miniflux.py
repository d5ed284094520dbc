"""miniflux, as Debian packages it, reads a feed of this site and saves one of its entries here."""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import psycopg
import pytest

from tests.functional.clients.conftest import Server
from tests.support.miniflux import MINIFLUX_USER, a_miniflux, wait_for

BY_LINKDING = (
    "UPDATE integrations SET linkding_enabled = true, linkding_url = %s, linkding_api_key = %s,"
    " linkding_tags = 'fil', linkding_mark_as_unread = true"
)


@pytest.fixture
def miniflux(tmp_path: Path) -> Iterator[tuple[str, str]]:
    with a_miniflux(tmp_path) as addresses:
        yield addresses


def test_miniflux_saves_an_entry_of_a_feed(served: Server, miniflux: tuple[str, str]) -> None:
    reader, database = miniflux
    token = {"Authorization": f"Bearer {served.tokens['paul write']}"}
    item = {"group": "lectures", "title": "Un article du fil", "url": "https://exemple.fr/article"}
    httpx2.post(f"{served.address}/api/v1/items", json=item, headers=token).raise_for_status()
    wait_for(lambda: "Un article du fil" in httpx2.get(f"{served.address}/g/lectures.atom").text)
    with httpx2.Client(base_url=f"{reader}/v1", auth=MINIFLUX_USER, timeout=60) as client:
        feed = client.post("/feeds", json={"feed_url": f"{served.address}/g/lectures.atom", "category_id": 1})
        assert feed.status_code == 201, feed.text
        (entry,) = [entry for entry in client.get("/entries").json()["entries"] if entry["title"] == item["title"]]
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute(BY_LINKDING, (f"{served.address}/linkding", served.tokens["claire write"]))
        assert client.post(f"/entries/{entry['id']}/save").status_code == 202
    headers = {"Authorization": f"Token {served.tokens['claire read']}"}
    listing = f"{served.address}/linkding/~claire/api/bookmarks/?unread=yes"

    def saved() -> list[tuple[str, list[str], bool]]:
        rows = httpx2.get(listing, headers=headers).json()["results"]
        return [(row["title"], row["tag_names"], row["unread"]) for row in rows if row["url"] == entry["url"]]

    wait_for(saved)
    assert saved() == [(item["title"], ["fil"], True)]
