"""A page that loses its database connection is read again, from another server; reading does not depend on writing."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from sqlalchemy import Connection, text
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.errors import ServerLost, Unavailable
from kb.services.accounts.account_lifecycle import NewAccount, add_account
from kb.services.core.library import Library, StandbyTime
from kb.site import create_app
from kb.store import Store
from kb.store.database.database import Database
from kb.store.database.standby_key import IS_STANDBY
from kb.web.pages.site.health import LONGEST_STANDBY
from tests.factories.items import an_item
from tests.factories.library import a_library
from tests.support.api_clients import Program
from tests.support.browser_sessions import an_account, sign_in


class FailingDatabase:
    """A database whose next reads lose their connection, and that may refuse writes or be a standby."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.lost_reads = 0
        self.refuses_writes = False
        self.is_standby = False

    def __getattr__(self, name: str) -> object:
        return getattr(self._database, name)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with self._database.reading() as connection:
            connection.info[IS_STANDBY] = self.is_standby
            yield connection
            if self.lost_reads:
                self.lost_reads -= 1
                raise ServerLost("The database server cannot be reached: try again in a moment.")

    @contextmanager
    def writing(self, *, is_durable: bool = True) -> Iterator[Connection]:
        if self.refuses_writes:
            raise Unavailable("The database server cannot be reached: try again in a moment.")
        with self._database.writing(is_durable=is_durable) as connection:
            yield connection


def a_failing_library() -> tuple[Library, FailingDatabase]:
    library = a_library(an_item("Courgettes", id="un", order=1))
    database = FailingDatabase(library.store.database)
    return replace(library, store=replace(library.store, database=database)), database  # type: ignore[arg-type]


def test_a_page_that_loses_its_server_is_read_once_more():
    library, database = a_failing_library()
    with TestClient(create_app(library)) as client:
        for path in ("/", "/search?q=courgettes", "/api/v1/search?q=courgettes", "/api/v1/items/un"):
            database.lost_reads = 1
            assert client.get(path).status_code == 200, path
            assert database.lost_reads == 0


def test_a_page_that_loses_its_servers_again_says_when_to_come_back():
    library, database = a_failing_library()
    with TestClient(create_app(library)) as client:
        database.lost_reads = 100
        answer = client.get("/api/v1/search?q=courgettes")
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "30"


def test_a_machine_that_reaches_only_a_standby_leaves_the_balancer_after_a_minute(monkeypatch):
    monkeypatch.setattr(Store, "is_shared", True)
    library, database = a_failing_library()
    now = [0.0]
    library = replace(library, standby_time=StandbyTime(lambda: now[0]))
    with TestClient(create_app(library)) as client:
        assert "database" not in client.get("/readyz").json()
        database.is_standby = True
        for seconds, status in ((0, 200), (LONGEST_STANDBY, 200), (1, 503)):
            now[0] += seconds
            answer = client.get("/readyz")
            assert (answer.status_code, answer.json()["database"]) == (status, "standby")
        database.is_standby = False
        assert client.get("/readyz").status_code == 200


def test_the_first_use_of_a_token_or_a_session_after_a_while_reads_without_a_writing_server():
    library, database = a_failing_library()
    an_account(library, "marie")
    program = Program(library, "marie")
    with TestClient(create_app(library)) as browser:
        sign_in(browser, "marie")
        with library.store.write() as writing:
            writing.connection.execute(text("UPDATE sessions SET seen_at = '2020-01-01T00:00:00.000000Z'"))
        database.refuses_writes = True
        assert program("GET", "/api/v1/search").status_code == 200
        assert "marie" in browser.get("/account?lang=en").text


def test_a_search_on_a_standby_says_that_it_may_lack_the_users_own_change():
    library, database = a_failing_library()
    add_account(library, OPERATOR, NewAccount("marie"))
    program = Program(library, "marie")
    assert "x-search-behind" not in program("GET", "/api/v1/search").headers
    database.is_standby = True
    assert program("GET", "/api/v1/search").headers["x-search-behind"] == "true"
    with TestClient(create_app(library)) as anonymous:
        assert "x-search-behind" not in anonymous.get("/api/v1/search").headers
