"""The log of `kb serve`, for answers and for errors: it contains no query and no secret."""

import json
import urllib.error
import urllib.request
from contextlib import closing

import pytest

from kb.store.database.database import open_database
from tests.conftest import Kb
from tests.functional.server.test_cli_serve import Server

LINES = "".join(
    json.dumps({"id": f"s{n}", "title": f"Signet {n}", "group": "veille", "annotations": [{"body": "Un mot."}]}) + "\n"
    for n in range(3)
)
ASKED = "ornithorynque"
ADDRESSES = (
    f"/search?q={ASKED}", f"/search?q={ASKED}&from=hier", f"/search.atom?q={ASKED}&key={ASKED}",
    f"/g/veille.rss?key={ASKED}", f"/welcome/{ASKED}", f"/reset/{ASKED}", f"/suggest?q={ASKED}",
    f"/api/v1/search?q={ASKED}", f"/api/v1/search?{ASKED}=1", f"/items/s1?q={ASKED}", f"/rien/{ASKED}",
    f"/items/{ASKED}", f"/search?q=%ff{ASKED}", "/search?" + f"{ASKED}=1&" * 500, f"/login?next=/{ASKED}",
    f"/g/veille/tag/{ASKED}", f"/saved/{ASKED}", f"//{ASKED}", f"/static/{ASKED}",
)  # fmt: skip


@pytest.fixture
def filled_kb(kb: Kb) -> Kb:
    assert kb("import", "-", stdin=LINES).code == 0
    return kb


def change(kb: Kb, *statements: str) -> None:
    with closing(open_database(kb.settings.store_url)) as database, database.writing() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def ask(address: str, path: str, body: bytes | None = None) -> int:
    headers = {"Cookie": f"kb-session={ASKED}; kb-form={ASKED}", "User-Agent": ASKED, "Referer": ASKED}
    if path.startswith("/api/"):
        headers["Authorization"] = f"Bearer {ASKED}"
    request = urllib.request.Request(address + path, body, headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code


def statuses(server: Server) -> set[int]:
    return {ask(server.address, path) for path in ADDRESSES}


def test_a_server_that_answers_writes_nothing_of_what_is_asked(filled_kb: Kb) -> None:
    with Server(filled_kb) as server:
        assert {200, 404, 400, 401} <= statuses(server)
        for path in ("/login", f"/welcome/{ASKED}", f"/reset/{ASKED}", f"/account/delete?{ASKED}"):
            assert ask(server.address, path, f"login={ASKED}&password={ASKED}".encode()) in {401, 403, 404}
    assert server.errors == ""
    texts = [path for path in filled_kb.folder.rglob("*") if path.is_file() and path.name != "store.sqlite3"]
    assert [path for path in texts if ASKED.encode() in path.read_bytes()] == []


def test_a_failing_server_logs_the_place_without_content(filled_kb: Kb) -> None:
    change(filled_kb, "UPDATE annotations SET kind = 'zibeline'")
    with Server(filled_kb) as server:
        assert ask(server.address, f"/items/s1?q={ASKED}") == 500
        assert ask(server.address, f"/items/s1?q={ASKED}&lang=en") == 500
    assert "Exception in ASGI application" in server.errors
    assert "builtins.KeyError" in server.errors
    assert "rows.py" in server.errors
    assert ASKED not in server.errors
    assert "zibeline" not in server.errors


def test_a_database_failure_is_logged_without_the_query(filled_kb: Kb) -> None:
    with Server(filled_kb) as server:
        assert ask(server.address, "/search") == 200
        change(
            filled_kb,
            "DROP TABLE saved_searches",
            "DROP TABLE invitations",
            "DROP TABLE rate_limits",
            "DROP TABLE sessions",
        )
        # Few requests, because the test reads the log only after the server has stopped.
        assert {ask(server.address, path) for path in (ADDRESSES[0], f"/welcome/{ASKED}", f"/saved/{ASKED}")} == {500}
    assert server.errors
    assert ASKED not in server.errors


def test_an_index_failure_is_logged_without_the_query(filled_kb: Kb) -> None:
    contents = next((filled_kb.folder / "index").rglob("*.toc"))
    contents.write_bytes(contents.read_bytes()[:-1])
    with Server(filled_kb) as server:
        assert 503 in statuses(server)
    assert "is not available" in server.errors
    assert ASKED not in server.errors
