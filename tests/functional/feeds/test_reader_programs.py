"""Feed readers of Debian (miniflux, newsboat, rss2email) on a running site: public, tag, list and private feeds."""

import mailbox
import os
import re
import shutil
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from email import message_from_binary_file, policy
from pathlib import Path
from typing import Protocol

import httpx2
import pytest

from kb.access.actor import OPERATOR
from kb.model.items.item_fields import AnnotationFields, ItemFields
from kb.model.items.item_list import ListEntryKind
from kb.model.people.account import TokenScope
from kb.model.people.group import JoinPolicy, Role, Visibility
from kb.services.accounts.account_lifecycle import NewAccount, add_account
from kb.services.accounts.api_tokens import NewToken, add_token
from kb.services.accounts.feed_keys import FollowedFeed, create_feed_key
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import set_role
from kb.services.items.item_creation import save_item
from kb.services.lists.lists import add_list_entry, create_list
from kb.site import open_library
from tests.conftest import Kb
from tests.factories.group import as_
from tests.support.miniflux import MINIFLUX_USER, a_miniflux, wait_for

BEFORE, AFTER = "Un titre", "Un titre tout autre"
OTHER, SECRET = "Un second signet", "Un signet secret"


@dataclass(frozen=True)
class Site:
    """A running site. `feeds` are the paths of feeds, by kind; `changed` is the id of the item that they all have."""

    address: str
    feeds: dict[str, str]
    changed: str
    token: str

    def addresses(self) -> list[str]:
        return [self.address + path for path in self.feeds.values()]

    def unchanged(self) -> int:
        """How many requests for feeds were answered 304: feeds redirect nobody here."""
        lines = re.findall(r'^kb_requests_total\{route="([^"]+)",status="3xx"\} ([\d.]+)', self.metrics(), re.MULTILINE)
        return sum(int(float(number)) for route, number in lines if route != "/metrics")

    def metrics(self) -> str:
        return httpx2.get(f"{self.address}/metrics", timeout=60).raise_for_status().text

    def rename(self, title: str) -> None:
        """Give the item a title and a source, and wait until every feed has them."""
        headers = {"Authorization": f"Bearer {self.token}"}
        item = f"{self.address}/api/v1/items/{self.changed}"
        httpx2.patch(
            item, json={"title": title, "source": f"Revue {title}"}, headers=headers, timeout=60
        ).raise_for_status()
        for address in self.addresses():
            wait_for(lambda address=address: f"{title}<" in httpx2.get(address, timeout=60).text)


class Reader(Protocol):
    """A feed reader that has subscribed to the feeds of a site."""

    def refresh(self) -> None: ...

    def titles(self) -> Counter[str]:
        """How often it shows each title, in all feeds together."""


class Miniflux:
    def __init__(self, client: httpx2.Client, feeds: list[str]) -> None:
        self._client = client
        for feed in feeds:
            answer = self._client.post("/feeds", json={"feed_url": feed, "category_id": 1})
            assert answer.status_code == 201, answer.text
        self._feeds = [feed["id"] for feed in self._client.get("/feeds").json()]

    def refresh(self) -> None:
        for number in self._feeds:
            self._client.put(f"/feeds/{number}/refresh").raise_for_status()

    def titles(self) -> Counter[str]:
        return Counter(entry["title"] for entry in self._client.get("/entries?limit=500").json()["entries"])


class Newsboat:
    def __init__(self, folder: Path, feeds: list[str]) -> None:
        self._folder = folder
        (folder / "config").write_text("auto-reload no\nreload-threads 1\n")
        (folder / "urls").write_text("".join(f'"{feed}"\n' for feed in feeds))

    def refresh(self) -> None:
        files = ("-C", "config", "-c", "cache.db", "-u", "urls")
        run("newsboat", "-q", *files, "-x", "reload", folder=self._folder)

    def titles(self) -> Counter[str]:
        with closing(sqlite3.connect(self._folder / "cache.db")) as cache:
            return Counter(title for (title,) in cache.execute("SELECT title FROM rss_item WHERE deleted = 0"))


class Rss2Email:
    """It delivers to a folder, and sends an entry whose content has changed as an answer to its first message."""

    def __init__(self, folder: Path, feeds: list[str]) -> None:
        self._folder = folder
        # The mailbox has these folders.
        for name in ("cur", "new", "tmp"):
            (folder / "mail" / "INBOX" / name).mkdir(parents=True)
        self._run("new", "lectrice@exemple.fr")
        config = (folder / "config").read_text()
        for name, value in {
            "email-protocol": "maildir",
            "maildir-path": str(folder / "mail"),
            "reply-changes": "True",
        }.items():
            config = re.sub(rf"^{name} = .*$", f"{name} = {value}", config, flags=re.MULTILINE)
        (folder / "config").write_text(config)
        for number, feed in enumerate(feeds):
            self._run("add", f"fil{number}", feed)

    def refresh(self) -> None:
        self._run("run")

    def titles(self) -> Counter[str]:
        newest: dict[str, str] = {}
        box = mailbox.Maildir(
            self._folder / "mail" / "INBOX", factory=lambda file: message_from_binary_file(file, policy=policy.default)
        )
        for message in sorted(box, key=lambda message: "In-Reply-To" in message):
            first = str(message["In-Reply-To"] or message["Message-ID"])
            assert "In-Reply-To" in message or first not in newest
            newest[first] = str(message["Subject"])
        return Counter(newest.values())

    def _run(self, *arguments: str) -> None:
        run("r2e", "-c", "config", "-d", "data", *arguments, folder=self._folder)


def run(program: str, *arguments: str, folder: Path) -> None:
    assert shutil.which(program), f"{program} is not installed: scripts/prepare test"
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8"}
    result = subprocess.run(
        [program, *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    kb = Kb(folder / "données", folder, {"KB_RATE_WRITE": "0"})
    assert kb("migrate").code == 0
    with closing(open_library(kb.settings)) as library:
        for slug, visible in (("lectures", Visibility.EVERYONE), ("cave", Visibility.MEMBERS)):
            add_group(library, OPERATOR, slug, slug.capitalize(), visible=visible, join=JoinPolicy.INVITE)
        add_account(library, OPERATOR, NewAccount("claire"))
        for slug in ("lectures", "cave"):
            set_role(library, OPERATOR, slug, "claire", Role.MEMBER)
        claire = as_(library, "claire")

        def saved(slug: str, title: str, tag: str) -> str:
            fields = ItemFields(url=f"https://exemple.fr/{title}", title=title, tags=(tag,))
            return save_item(library, claire, slug, fields, [AnnotationFields(f"Passage : {title}.")]).item.id

        changed = saved("lectures", BEFORE, "eau")
        saved("lectures", OTHER, "air")
        saved("cave", SECRET, "eau")
        crues = create_list(library, claire, "lectures", "Crues")
        add_list_entry(library, claire, crues.id, ListEntryKind.ITEM, item_id=changed)
        private = "/search.atom?tag=eau"
        key = create_feed_key(library, claire, FollowedFeed(private))
        _, token = add_token(library, OPERATOR, NewToken(TokenScope.WRITE), "claire")
    feeds = {
        "public": "/g/lectures.atom",
        "tag": "/g/lectures/tag/eau.rss",
        "list": f"/lists/{crues.id}.atom",
        "private": f"{private}&key={key}",
    }
    server = kb.start("serve", "--port", "0", "--workers", "1")
    try:
        assert server.stdout is not None
        match = re.search(r"http://\S+", server.stdout.readline())
        assert match is not None
        yield Site(match[0].rstrip("/"), feeds, changed, token)
    finally:
        server.terminate()
        server.communicate(timeout=20)


@pytest.fixture(params=["miniflux", "newsboat", "rss2email"])
def reader(request: pytest.FixtureRequest, site: Site, tmp_path: Path) -> Iterator[Reader]:
    site.rename(BEFORE)
    if request.param == "miniflux":
        with (
            a_miniflux(tmp_path) as (address, _),
            httpx2.Client(base_url=f"{address}/v1", auth=MINIFLUX_USER, timeout=60) as client,
        ):
            yield Miniflux(client, site.addresses())
    else:
        yield {"newsboat": Newsboat, "rss2email": Rss2Email}[request.param](tmp_path, site.addresses())


def test_a_reader_shows_each_entry_once_sees_its_change_and_is_answered_304(site: Site, reader: Reader) -> None:
    reader.refresh()
    # newsboat stores the validators of a feed from its second request on.
    reader.refresh()
    shown = reader.titles()
    # newsboat stores an entry once, by its id, for all feeds: that of a list has another one.
    times = 2 if isinstance(reader, Newsboat) else len(site.feeds)
    assert shown == {BEFORE: times, OTHER: 1, SECRET: 1}
    for title in (BEFORE, AFTER):
        if title == AFTER:
            site.rename(AFTER)
            reader.refresh()
            reader.refresh()
            assert reader.titles() == {AFTER: times, OTHER: 1, SECRET: 1}
        before = site.unchanged()
        reader.refresh()
        assert site.unchanged() - before == len(site.feeds)
