"""`kb serve` and `kb demo`: real processes and a real socket."""

import json
import os
import re
import signal
import socket
import time
import urllib.error
import urllib.request
from contextlib import closing, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from index.whoosh_engine.checksums import seal_of, unsealed
from index.whoosh_engine.whoosh_adapter.whoosh_schema import fingerprint
from kb.package_data import samples_dir
from kb.search.index_fields import SCHEMA
from kb.store.database.database import open_database
from tests.conftest import Kb, database_variables


class Server:
    """A server in processes of its own; `errors` is its standard error output, once it has stopped."""

    def __init__(self, kb, *arguments, has_database=True):
        if has_database and not kb.folder.exists():
            # This process copies a migrated file.
            assert kb("migrate").code == 0
        self.process = kb.start(*(arguments or ("serve",)), "--port", "0")
        self.errors = ""

    def __enter__(self):
        self.address = re.search(r"http://\S+", self.process.stdout.readline())[0]
        return self

    def __exit__(self, *_):
        self.process.terminate()
        _, self.errors = self.process.communicate(timeout=20)


def outdate_index(kb):
    """Change the index into one of another version of the program."""
    ours = fingerprint(SCHEMA).encode()
    contents = next((kb.folder / "index").rglob("*.toc"))
    other = unsealed(contents.read_bytes()).replace(ours, b"0" * len(ours))
    contents.write_bytes(other + seal_of(other))


def get(address, path):
    with urllib.request.urlopen(address + path, timeout=120) as response:
        return response.read().decode()


def is_ready(address):
    try:
        return json.loads(get(address, "/readyz"))["status"] == "ready"
    except urllib.error.HTTPError:
        return False


def until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.05)


def children(pid):
    """The process ids of the children, by role."""
    return {role: child for child, role in roles_of_children(pid).items()}


def forked_workers(server):
    """The process ids of the workers of a server that has several."""
    return set(roles_of_children(children(server.process.pid).get("web", 0)))


def roles_of_children(pid):
    roles = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, values = status.read_text(errors="replace").partition("(")[2].rpartition(")")
        except OSError:
            continue
        if int(values.split()[1]) == pid and name.startswith("kb "):
            roles[int(status.parent.name)] = name.removeprefix("kb ")
    return roles


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def a_connection(kb):
    """A connection to a database on a server: a database with a connection is given to no other test."""
    if "KB_STORE_URL" not in kb.variables:
        return nullcontext()
    import psycopg

    return psycopg.connect(kb.variables["KB_STORE_URL"].replace("+psycopg", ""))


@contextmanager
def a_shared_server(tmp_path_factory, *arguments):
    """A server for several tests, each of which adds the processes that it kills to `deaths`."""
    kb = Kb(tmp_path_factory.mktemp("site") / "données", tmp_path_factory.mktemp("flux"), database_variables())
    with a_connection(kb), Server(kb, *arguments) as server:
        server.kb, server.deaths = kb, 0
        yield server
        pids = {*children(server.process.pid).values()} | forked_workers(server)

    assert server.process.returncode == 0
    assert server.errors.count("\n") == server.deaths
    assert not any(map(is_alive, pids))


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with a_shared_server(tmp_path_factory) as server:
        yield server


@pytest.fixture(scope="module")
def site_of_two(tmp_path_factory):
    """A server with two workers."""
    with a_shared_server(tmp_path_factory, "serve", "--workers", "2") as server:
        yield server


def test_the_sample_library_is_loaded_once_and_served(kb):
    with Server(kb, "demo", has_database=False) as server:
        first = json.loads(get(server.address, "/api/v1/search?q=agent"))
        ready = json.loads(get(server.address, "/readyz"))

    assert {value["value"] for value in first["facets"]["group"]} == {
        path.stem for path in samples_dir().glob("*.jsonl")
    }
    assert ready["status"] == "ready"
    before = kb("export").out
    assert kb("demo", "--no-serve").code == 0
    assert kb("export").out == before


def test_a_server_creates_its_database_and_stops_cleanly(kb):
    # In a Python of its own.
    with Server(replace(kb, is_forked=False), has_database=False) as server:
        assert get(server.address, "/healthz") == "ok\n"
        server.process.send_signal(signal.SIGINT)
        server.process.wait(20)

    assert server.process.returncode == 0
    assert server.errors == ""


def test_items_imported_beside_a_server_are_found_there(site, tmp_path):
    (tmp_path / "signets.jsonl").write_text('{"title": "L’été des agents", "group": "veille"}\n', encoding="utf-8")
    assert site.kb("import", tmp_path / "signets.jsonl").code == 0
    results = json.loads(get(site.address, "/api/v1/search?q=ete"))
    json_results = site.kb("search", "ete", "--json").json

    assert results["total"] == 1
    assert {**results, "took_ms": 0} == {**json_results, "took_ms": 0}


def test_children_that_die_are_started_again(site):
    get(site.address, "/healthz")
    until(lambda: len(children(site.process.pid)) == 2)
    before = children(site.process.pid)
    site.deaths += 2
    for pid in before.values():
        os.kill(pid, signal.SIGKILL)
    until(lambda: len(after := children(site.process.pid)) == 2 and not {*after.values()} & {*before.values()})
    assert get(site.address, "/healthz") == "ok\n"


def test_a_worker_that_dies_is_forked_again(site_of_two):
    server = site_of_two
    until(lambda: len(forked_workers(server)) == 2)
    before = forked_workers(server)
    server.deaths += 1
    os.kill(min(before), signal.SIGKILL)
    until(lambda: len(forked_workers(server)) == 2 and forked_workers(server) != before, 60)
    assert max(before) in forked_workers(server)
    assert get(server.address, "/healthz") == "ok\n"


def test_workers_end_and_are_replaced_when_the_process_that_forks_them_dies(site_of_two):
    server = site_of_two
    until(lambda: len(forked_workers(server)) == 2)
    before = forked_workers(server)
    server.deaths += 1
    os.kill(children(server.process.pid)["web"], signal.SIGKILL)
    until(lambda: len(forked_workers(server)) == 2 and not any(map(is_alive, before)), 60)
    assert get(server.address, "/healthz") == "ok\n"


def test_no_worker_stays_after_the_server_is_killed(kb):
    with Server(kb, "serve", "--workers", "2") as server:
        until(lambda: len(forked_workers(server)) == 2)
        pids = forked_workers(server)
        server.process.kill()
        until(lambda: not any(map(is_alive, pids)))

    assert len(pids) == 2


def test_no_child_stays_after_its_parent_is_killed(kb):
    with Server(kb) as server:
        until(lambda: len(children(server.process.pid)) == 2)
        pids = list(children(server.process.pid).values())
        server.process.kill()
        until(lambda: not any(map(is_alive, pids)))

    assert len(pids) == 2


def test_two_servers_share_a_database_and_the_second_takes_over_the_index(kb, tmp_path):
    (tmp_path / "signets.jsonl").write_text('{"title": "Relais", "group": "veille"}\n', encoding="utf-8")
    with Server(kb) as first, Server(kb) as second:
        get(first.address, "/healthz")
        first.process.kill()
        first.process.wait()
        assert kb("import", tmp_path / "signets.jsonl").code == 0
        assert json.loads(get(second.address, "/api/v1/search?q=relais"))["total"] == 1


def test_a_used_port_is_reported(kb):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        answer = kb("serve", "--port", listener.getsockname()[1])

    assert (answer.code, answer.out, answer.err.count("\n")) == (1, "", 1)


def test_a_newer_database_is_refused(kb):
    kb("migrate")
    with closing(open_database(kb.settings.store_url)) as database, database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'zzzz'")

    answer = kb("serve", "--port", "0")

    assert (answer.code, answer.out, answer.err.count("\n")) == (1, "", 1)


def test_the_site_rebuilds_an_index_of_another_version(kb, tmp_path):
    (tmp_path / "signets.jsonl").write_text('{"title": "Œuvre", "group": "veille"}\n', encoding="utf-8")
    kb("import", tmp_path / "signets.jsonl")
    outdate_index(kb)
    assert "kb index rebuild" in kb("search", "oeuvre").err

    with Server(kb) as server:
        assert get(server.address, "/healthz") == "ok\n"
        until(lambda: is_ready(server.address))
        assert "Œuvre" in get(server.address, "/search?q=oeuvre")

    assert "Another version of the program has made the search index" in server.errors


def test_a_damaged_index_is_reported_and_the_site_goes_on(kb, tmp_path):
    (tmp_path / "signets.jsonl").write_text('{"title": "Œuvre", "group": "veille"}\n', encoding="utf-8")
    kb("import", tmp_path / "signets.jsonl")
    contents = next((kb.folder / "index").rglob("*.toc"))
    contents.write_bytes(contents.read_bytes()[:-1])

    with Server(kb) as server:
        assert get(server.address, "/healthz") == "ok\n"
        with pytest.raises(urllib.error.HTTPError, match="503"):
            get(server.address, "/readyz")

    assert "kb index rebuild" in server.errors


def test_an_import_beside_an_outdated_index_is_reported_and_fails(kb, tmp_path):
    (tmp_path / "signets.jsonl").write_text('{"title": "Œuvre", "group": "veille"}\n', encoding="utf-8")
    kb("import", tmp_path / "signets.jsonl")
    outdate_index(kb)
    (tmp_path / "signets.jsonl").write_text('{"title": "Été", "group": "veille"}\n', encoding="utf-8")

    answer = kb("import", "--json", tmp_path / "signets.jsonl")

    assert answer.code == 1
    assert json.loads(answer.out)["added"] == 1
    assert "kb index rebuild" in answer.err
    assert kb("index", "rebuild").code == 0
    assert kb("search", "ete", "--json").json["total"] == 1
