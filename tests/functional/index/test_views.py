"""Views: each reader counts once a day, robots do not count, and no reader is stored."""

import hmac
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from starlette.testclient import TestClient

import kb.services.items.view_counts
from kb.access.actor import ANONYMOUS
from kb.services.core.library import Library
from kb.services.items.items import item_page
from kb.services.items.view_counts import is_robot
from kb.site import create_app, migrate, open_library
from tests.factories.items import a_group, an_item
from tests.factories.library import add_items
from tests.support.browser_sessions import an_account, sign_in
from tests.support.databases import is_on_server, settings_in

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
CHROME = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    settings = settings_in(tmp_path)
    migrate(settings.store_url)
    with closing(open_library(settings)) as library:
        an_account(library, "claire")
        add_items(
            library,
            *(an_item(id=f"i{n}", order=n, url=f"https://exemple.fr/{n}") for n in range(2)),
            groups=[a_group()],
        )
        yield library


def a_browser(library: Library, agent: str = FIREFOX, address: str = "192.0.2.1") -> TestClient:
    return TestClient(
        create_app(library), headers={"user-agent": agent}, client=(address, 5000), follow_redirects=False
    )


def views(library: Library, item_id: str = "i1") -> int:
    return item_page(library, ANONYMOUS, item_id).item.views


class Day(datetime):
    """A clock that stands at noon, and can be set forward."""

    ahead = 0

    @classmethod
    def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
        return datetime(2026, 3, 2, 12, tzinfo=tz or UTC) + timedelta(days=cls.ahead)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def day() -> Iterator[type[Day]]:
    with patch.object(kb.services.items.view_counts, "datetime", Day):
        Day.ahead = 0
        yield Day


def test_a_reader_counts_once_a_day_for_an_item(library: Library, day: type[Day]) -> None:
    browser = a_browser(library)
    for _ in range(3):
        assert browser.get("/items/i1/go").headers["location"] == "https://exemple.fr/1"
    assert (views(library), views(library, "i0")) == (1, 0)
    browser.get("/items/i0/go")
    assert views(library, "i0") == 1
    day.ahead = 1
    browser.get("/items/i1/go")
    browser.get("/items/i1/go")
    assert views(library) == 2


def test_readers_are_distinguished_by_address_and_program(library: Library) -> None:
    for agent, address in ((FIREFOX, "192.0.2.1"), (CHROME, "192.0.2.1"), (FIREFOX, "192.0.2.2")):
        a_browser(library, agent, address).get("/items/i1/go")
    assert views(library) == 3


def test_an_item_that_nobody_opened_tells_no_views(library: Library) -> None:
    browser = a_browser(library)
    assert "<dt>Vues</dt>" not in browser.get("/items/i1").text
    browser.get("/items/i1/go")
    assert "<dt>Vues</dt>" in browser.get("/items/i1").text


def test_a_logged_in_user_is_one_reader_on_every_network(library: Library) -> None:
    for agent, address in ((FIREFOX, "192.0.2.1"), (CHROME, "192.0.2.9")):
        browser = a_browser(library, agent, address)
        sign_in(browser)
        browser.get("/items/i1/go")
    assert views(library) == 1
    a_browser(library).get("/items/i1/go")
    assert views(library) == 2


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-purpose": "prefetch"},
        {"sec-purpose": "prefetch;prerender"},
        {"purpose": "prefetch"},
        {"x-moz": "prefetch"},
    ],
)
def test_a_prefetch_counts_no_view(library: Library, headers: dict[str, str]) -> None:
    browser = a_browser(library)
    assert browser.get("/items/i1/go", headers=headers).status_code == 303
    assert browser.head("/items/i1/go").status_code == 303
    assert views(library) == 0
    browser.get("/items/i1/go")
    assert views(library) == 1


@pytest.mark.parametrize(
    "agent",
    [
        "", " ", "curl/8.5.0", "Wget/1.21", "python-requests/2.32", "Python-urllib/3.11",
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0) Chrome/116.0 Safari/537.36",
        "Mozilla/5.0 (compatible; Yahoo! Slurp; http://help.yahoo.com/help/us/ysearch/slurp)",
        "Mozilla/5.0 (compatible; YandexBot/3.0)", "GPTBot/1.2", "ClaudeBot/1.0", "CCBot/2.0", "Baiduspider",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/120.0 Safari/537.36",
        "facebookexternalhit/1.1", "WhatsApp/2.23", "Mozilla/5.0 (compatible; archive.org_bot)", "W3C-checklink/4.81",
    ],
)  # fmt: skip
def test_robots_are_led_on_and_not_counted(library: Library, agent: str) -> None:
    assert a_browser(library, agent).get("/items/i1/go").headers["location"] == "https://exemple.fr/1"
    assert views(library) == 0


@pytest.mark.parametrize(
    "agent",
    [
        FIREFOX, CHROME, "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1",
        "Mozilla/5.0 (Linux; Android 15; CUBOT X30) Chrome/140.0 Mobile Safari/537.36",
        "Lynx/2.9.0dev.12 libwww-FM/2.14", "w3m/0.5.3", "Links (2.29; Linux x86_64)",
    ],
)  # fmt: skip
def test_browsers_are_no_robots(agent: str) -> None:
    assert not is_robot(agent)


def rows(library: Library, statement: str) -> list[tuple[str, ...]]:
    with library.store.read() as reading:
        return [tuple(row) for row in reading.items.connection.exec_driver_sql(statement)]


def test_the_readers_of_the_day_before_cannot_be_found_out(library: Library, day: type[Day]) -> None:
    a_browser(library).get("/items/i1/go")
    ((salt_text,),) = rows(library, "SELECT value FROM meta WHERE key = 'views_salt'")
    ((first_hash, first),) = rows(library, "SELECT hash, day FROM views_seen")
    reader = f"client\x00192.0.2.1\x00{FIREFOX}\x00i1".encode()
    assert salt_text.split()[0] == first
    assert hmac.new(bytes.fromhex(salt_text.split()[1]), reader, "sha256").hexdigest() == first_hash
    day.ahead = 1
    a_browser(library, address="192.0.2.7").get("/items/i1/go")
    ((salt,),) = rows(library, "SELECT value FROM meta WHERE key = 'views_salt'")
    rows_now = rows(library, "SELECT hash, day FROM views_seen")
    assert salt.split()[1] != salt_text.split()[1]
    assert [row[1] for row in rows_now] == [salt.split()[0]] != [first]
    everything = repr(rows(library, "SELECT * FROM meta") + rows(library, "SELECT * FROM views_seen")).encode()
    everything += b"".join(path.read_bytes() for path in library.settings.data.glob("store.sqlite3"))
    library.close()
    everything += b"".join(path.read_bytes() for path in library.settings.data.glob("store.sqlite3*"))
    assert FIREFOX.encode() not in everything
    assert b"192.0.2.1" not in everything
    # The files of a database server are not on this machine.
    rows_now = [path.read_bytes() for path in library.settings.data.glob("store.sqlite3")]
    assert len(rows_now) == (0 if is_on_server() else 1)
    assert not any(salt_text.split()[1].encode() in row for row in rows_now)


def test_a_hidden_item_is_no_more_there_for_a_robot(library: Library) -> None:
    for agent in (FIREFOX, "curl/8.5.0"):
        assert a_browser(library, agent).get("/items/rien/go").status_code == 404
