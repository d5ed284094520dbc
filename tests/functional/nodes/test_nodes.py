"""Several `kb serve` over one PostgreSQL database, each with a data folder and an index of its own."""

import json
import os
import signal
import time
import urllib.error
import urllib.request
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from kb.errors import Unavailable
from kb.indexer import hold_leader_lock
from kb.services.email.outbox import queue_message
from kb.site import migrate, open_store
from kb.store import Store
from kb.store.database import postgres_database
from tests.conftest import Kb
from tests.functional.server.test_cli_serve import Server, children, until
from tests.support.mail_server import a_post_office

psycopg = pytest.importorskip("psycopg")


@pytest.fixture
def url():
    from tests.support.postgres import new_database

    return new_database()


def node(tmp_path: Path, name: str, url: str, **variables: str) -> Kb:
    streams = tmp_path / f"{name}-streams"
    streams.mkdir()
    return Kb(tmp_path / name, streams, {"KB_STORE_URL": url, **variables})


def titles(server: Server, query: str) -> list[str]:
    with urllib.request.urlopen(f"{server.address}/api/v1/search?q={query}", timeout=30) as answer:
        return [row["title"] for row in json.load(answer)["items"]]


def readiness(server: Server) -> tuple[int, str]:
    """The status that a load balancer gets, and the state of the index in the body."""
    try:
        with urllib.request.urlopen(f"{server.address}/readyz", timeout=30) as answer:
            return answer.status, json.load(answer)["index"]
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error).get("index", "")


def queue(url: str, subject: str) -> None:
    store = open_store(url)
    try:
        with store.write() as writing:
            queue_message(writing, "marie@exemple.org", subject, "Bonjour.\n")
    finally:
        store.close()


def pause_in_a_write(store: Store) -> None:
    with store.write() as writing:
        writing.meta.set("colour", "vert")
        time.sleep(0.8)
        writing.meta.set("colour", "bleu")


def subjects(office) -> list[str]:
    return [letter["Subject"] for letter in office.letters]


@dataclass(frozen=True)
class Pair:
    """Two machines that serve a group `veille`. Each test searches for words of its own."""

    nodes: tuple[Kb, Kb]
    servers: tuple[Server, Server]


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    from tests.support.postgres import new_database

    folder, url = tmp_path_factory.mktemp("pair"), new_database()
    first_node, other = node(folder, "one", url), node(folder, "other", url)
    assert first_node("group", "add", "veille", "--name", "Veille", "--visible", "everyone").code == 0
    # A database with a connection is given to no other test.
    with psycopg.connect(url.replace("+psycopg", "")), Server(first_node) as first, Server(other) as second:
        yield Pair((first_node, other), (first, second))


def test_an_item_written_on_one_machine_is_found_on_the_other(tmp_path, pair):
    for number in range(3):
        file = tmp_path / "items.jsonl"
        file.write_text(json.dumps({"title": f"Courgette {number}", "url": f"https://exemple.fr/{number}"}))
        assert pair.nodes[0]("import", file, "--group", "veille").code == 0
        for each in pair.servers:
            until(lambda each=each, number=number: len(titles(each, "courgettes")) == number + 1)
    for each in pair.nodes:
        assert each("index", "check").code == 0


def test_a_new_machine_builds_its_index_while_the_other_serves(tmp_path, pair):
    first_node, first = pair.nodes[0], pair.servers[0]
    third = node(tmp_path, "third", first_node.variables["KB_STORE_URL"])
    file = tmp_path / "items.jsonl"
    lines = [{"title": f"Potiron {n}", "url": f"https://exemple.fr/potirons/{n}"} for n in range(300)]
    file.write_text("\n".join(map(json.dumps, lines)))
    assert first_node("import", file, "--group", "veille").code == 0
    assert titles(first, "potirons")
    with Server(third) as new:
        until(lambda: titles(new, "potirons") == titles(first, "potirons"))
    assert third("index", "check").code == 0


def test_a_new_machine_is_ready_once_its_first_search_is_current(tmp_path, url):
    first_node, other = node(tmp_path, "one", url), node(tmp_path, "other", url)
    assert first_node("group", "add", "veille", "--name", "Veille", "--visible", "everyone").code == 0
    file = tmp_path / "items.jsonl"
    lines = [{"title": f"Courgette {n}", "url": f"https://exemple.fr/{n}"} for n in range(300)]
    file.write_text("\n".join(map(json.dumps, lines)))
    assert first_node("import", file, "--group", "veille").code == 0
    with ExitStack() as stopped:
        # Nothing is indexed while this process holds the lock.
        assert stopped.enter_context(hold_leader_lock(other.folder))
        with Server(other) as second:
            for _ in range(3):
                assert readiness(second) == (503, "behind")
            stopped.close()
            until(lambda: readiness(second)[0] == 200, 60)
            assert titles(second, "courgettes")


def test_one_machine_sends_the_mail_and_another_takes_over_when_it_dies(tmp_path, url):
    with a_post_office() as office:
        mail = {"KB_MAIL_URL": office.url, "KB_MAIL_FROM": "Florilège <florilege@exemple.fr>"}
        first_node, other = node(tmp_path, "one", url, **mail), node(tmp_path, "other", url, **mail)
        with Server(first_node) as first:
            queue(url, "un")
            until(lambda: subjects(office) == ["un"])
            with Server(other) as second:
                for number in range(5):
                    queue(url, f"ensemble {number}")
                until(lambda: len(office.taken) == 6)
                # Both machines are back: the first one continues as leader.
                first.process.send_signal(signal.SIGKILL)
                first.process.wait()
                start = time.monotonic()
                queue(url, "après")
                until(lambda: "après" in subjects(office), 30)
                assert time.monotonic() - start < 30
                assert second.process.poll() is None
        assert sorted(subjects(office)) == sorted(["un", *(f"ensemble {n}" for n in range(5)), "après"])


def test_a_stalled_machine_is_no_longer_the_leader(tmp_path, url):
    with a_post_office() as office:
        mail = {"KB_MAIL_URL": office.url, "KB_MAIL_FROM": "Florilège <florilege@exemple.fr>"}
        first_node, other = node(tmp_path, "one", url, **mail), node(tmp_path, "other", url, **mail)
        with Server(first_node) as first:
            queue(url, "un")
            until(lambda: subjects(office) == ["un"])
            with Server(other):
                background = children(first.process.pid)["background"]
                os.kill(background, signal.SIGSTOP)
                try:
                    queue(url, "deux")
                    until(lambda: subjects(office) == ["un", "deux"], 40)
                finally:
                    os.kill(background, signal.SIGCONT)
                queue(url, "trois")
                until(lambda: len(office.taken) == 3, 40)
                # The machine that was stopped must not send again what the other machine has sent.
                time.sleep(3)
        assert subjects(office) == ["un", "deux", "trois"]


def test_a_machine_whose_index_stands_still_leaves_the_balancer_until_it_has_caught_up(tmp_path, pair):
    first, second = pair.servers
    file = tmp_path / "items.jsonl"
    file.write_text(json.dumps({"title": "Aubergine", "url": "https://exemple.fr/aubergine"}))
    for each in (first, second):
        until(lambda each=each: readiness(each) == (200, "current"))
    background = children(second.process.pid)["background"]
    os.kill(background, signal.SIGSTOP)
    try:
        assert pair.nodes[0]("import", file, "--group", "veille").code == 0
        start = time.monotonic()
        assert readiness(second) == (200, "behind")
        until(lambda: readiness(second) == (503, "behind"))
        assert time.monotonic() - start > 9
        assert readiness(first) == (200, "current")
        assert titles(second, "aubergines") == []
    finally:
        os.kill(background, signal.SIGCONT)
    until(lambda: readiness(second) == (200, "current"))
    assert len(titles(second, "aubergines")) == 1


def test_a_snapshot_may_wait_between_two_rows_and_a_write_may_not(url, monkeypatch):
    """An index of a million items merges for minutes while it reads; a stopped machine must not hold a lock."""
    monkeypatch.setitem(postgres_database._CONNECT, "options", "-c idle_in_transaction_session_timeout=200ms")
    migrate(url)
    with closing(open_store(url)) as store:
        with store.read() as reading:
            assert reading.changes.newest() == 0
            time.sleep(0.8)
            assert reading.changes.newest() == 0
        with pytest.raises(Unavailable):
            pause_in_a_write(store)
