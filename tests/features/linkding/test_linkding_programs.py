"""aiolinkding, linkding-cli and miniflux save and read here as they do with linkding."""

import json

import httpx2
import pytest

from tests.functional.clients.conftest import Server

AIOLINKDING = """
import asyncio, json, sys
import aiolinkding.client
from aiolinkding import async_get_client
from aiolinkding.errors import InvalidTokenError, RequestError

# Its 10 seconds are too few on a machine that does much else.
aiolinkding.client.DEFAULT_REQUEST_TIMEOUT = 60


async def listed(ask, count):
    # A busy machine indexes what was written later than in the second that a request waits for it.
    for _ in range(300):
        answer = await ask()
        if answer["count"] == count:
            break
        await asyncio.sleep(0.1)
    return answer


async def main(url, token, reading):
    client = await async_get_client(url, token)
    made = await client.bookmarks.async_create(
        "https://exemple.fr/digues?utm_source=lettre", title="Les digues", description="Un dossier.", notes="À relire.",
        tag_names=["digues", "Loire"], unread=True,
    )
    same = await client.bookmarks.async_create("http://www.exemple.fr/digues", title="Les digues de Loire")
    assert same["id"] == made["id"] and same["title"] == "Les digues de Loire", same
    assert same["tag_names"] == ["digues", "Loire"] and same["notes"] == "À relire.", same
    one = await client.bookmarks.async_get_single(made["id"])
    assert one["description"] == "Un dossier." and not one["shared"], one
    changed = await client.bookmarks.async_update(made["id"], title="Digues", tag_names=["digues"], unread=True)
    assert (changed["title"], changed["tag_names"], changed["unread"]) == ("Digues", ["digues"], True), changed
    await client.bookmarks.async_archive(made["id"])
    archived = await listed(client.bookmarks.async_get_archived, 1)
    assert [one["id"] for one in archived["results"]] == [made["id"]] and archived["count"] == 1
    assert archived["results"][0]["is_archived"] and not archived["results"][0]["unread"]
    await client.bookmarks.async_unarchive(made["id"])
    assert (await listed(client.bookmarks.async_get_archived, 0))["count"] == 0
    for number in range(4):
        await client.bookmarks.async_create(f"https://exemple.fr/{number}", title=f"Page {number}")
    page = await listed(lambda: client.bookmarks.async_get_all(limit=2, offset=1), 5)
    assert page["count"] == 5 and [one["title"] for one in page["results"]] == ["Page 2", "Page 1"], page
    assert page["next"].endswith("limit=2&offset=3") and page["previous"].endswith("limit=2&offset=0"), page
    found = await client.bookmarks.async_get_all(query="digue")
    assert [one["title"] for one in found["results"]] == ["Digues"], found
    found = await client.bookmarks.async_get_all(query="#digues")
    assert found["count"] == 1, found
    await client.bookmarks.async_delete(made["id"])
    assert (await listed(lambda: client.bookmarks.async_get_all(query="digue"), 0))["count"] == 0
    back = await client.bookmarks.async_create("https://exemple.fr/digues", tag_names=["Digues", "retour"])
    assert back["title"] == "Digues" and back["id"] == made["id"], back
    tags = await client.tags.async_get_all()
    assert {one["name"] for one in tags["results"]} == {"Digues", "retour"}, tags
    tag = await client.tags.async_get_single(tags["results"][0]["id"])
    assert tag == tags["results"][0]
    assert (await client.tags.async_create("neuf"))["name"] == "neuf"
    assert (await client.user.async_get_profile())["search_preferences"]["sort"] == "added_desc"
    reader = await async_get_client(url, reading)
    assert (await reader.bookmarks.async_get_all())["count"] == 5
    try:
        await reader.bookmarks.async_create("https://exemple.fr/lu")
    except RequestError as error:
        print(error)
    try:
        stranger = await async_get_client(url, "rien")
        await stranger.bookmarks.async_get_all()
    except InvalidTokenError as error:
        print(error)


asyncio.run(main(*sys.argv[1:]))
"""


def cli(served: Server, group: str, *arguments: str) -> str:
    variables = {"LINKDING_URL": f"{served.address}/linkding{group}", "LINKDING_TOKEN": served.tokens["claire write"]}
    return served.run("linkding", *arguments, **variables)


def test_aiolinkding_saves_finds_changes_and_removes(served: Server) -> None:
    tokens = served.tokens["claire write"], served.tokens["claire read"]
    output = served.run("python", "-c", AIOLINKDING, f"{served.address}/linkding", *tokens)
    refused, unknown = output.splitlines()
    assert "detail" in refused
    assert unknown == "Invalid API token"


def test_linkding_cli_saves_in_the_group_of_its_address(served: Server) -> None:
    bookmark = json.loads(
        cli(served, "/lectures", "bookmarks", "create", "https://exemple.fr/cli", "--title", "Par la ligne",
            "--description", "Un essai", "--notes", "Une note", "--tags", "essai,ligne", "--unread", "--shared")
    )  # fmt: skip
    assert bookmark["shared"]
    assert bookmark["unread"]
    number = str(bookmark["id"])
    assert json.loads(cli(served, "/lectures", "bookmarks", "get", number)) == bookmark
    listed = json.loads(cli(served, "/lectures", "bookmarks", "all", "--query", "essai", "--limit", "10"))
    assert [bookmark["id"] for bookmark in listed["results"]] == [bookmark["id"]]
    changed = json.loads(cli(served, "/lectures", "bookmarks", "update", number, "--title", "Autrement"))
    assert (changed["title"], changed["tag_names"]) == ("Autrement", ["essai", "ligne"])
    assert "archived" in cli(served, "/lectures", "bookmarks", "archive", number)
    assert json.loads(cli(served, "/lectures", "bookmarks", "all", "--archived"))["count"] == 1
    assert "unarchived" in cli(served, "/lectures", "bookmarks", "unarchive", number)
    assert {tag["name"] for tag in json.loads(cli(served, "/lectures", "tags", "all"))["results"]} == {"essai", "ligne"}
    assert json.loads(cli(served, "/lectures", "user", "profile"))["version"]
    # Another member finds it in the group; it is in no personal library.
    paul = {"Authorization": f"Bearer {served.tokens['paul read']}"}
    results = httpx2.get(f"{served.address}/api/v1/items?group=lectures&q=autrement", headers=paul).json()
    assert [item["title"] for item in results["items"]] == ["Autrement"]
    assert "deleted" in cli(served, "/lectures", "bookmarks", "delete", number)


@pytest.mark.parametrize("group", ["", "/lectures"])
def test_the_requests_of_miniflux_save_an_entry(served: Server, group: str) -> None:
    """The request that `internal/integration/linkding/linkding.go` of miniflux 2.2.6 sends."""
    headers = {"Authorization": f"Token {served.tokens['paul write']}", "User-Agent": "Miniflux/2.2.6"}
    entry = {"url": f"https://exemple.fr/entree{group}", "title": "Une entrée", "tag_names": ["lu"], "unread": True}
    for _ in range(2):
        answer = httpx2.post(f"{served.address}/linkding{group}/api/bookmarks/", json=entry, headers=headers)
        assert answer.status_code == 201, answer.text
    listed = httpx2.get(f"{served.address}/linkding{group}/api/bookmarks/?unread=yes&q=entrée", headers=headers).json()
    assert entry["url"] in [bookmark["url"] for bookmark in listed["results"]]
