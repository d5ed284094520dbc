"""Concurrent saves and searches, on SQLite and on PostgreSQL with a synchronous standby.

`python bench/pages/writers.py --folder FOLDER --items 20000 --writers 8 --each 50` creates a library of this many items
(`corpus.py`, by `kb import`), moves a copy to PostgreSQL by `kb backup` and `kb restore`, and serves both. PostgreSQL
writes to the disk (`fsync`), and commits when its standby has written too (`synchronous_standby_names`). Without
`--pause`, the writers keep the server busy, and each save waits for those before it.

First, this many writers save items by `POST /api/v1/items`, each one after another, on one server at a time. Then the
same result pages are requested from both servers in turn. Milliseconds: the percentiles 50, 95 and 99.
"""

import argparse
import http.client
import itertools
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg

from bench.harness import Base, check, imported_base, latency_line
from kb.access.actor import OPERATOR
from kb.errors import Conflict
from kb.model.people.account import TokenScope
from kb.model.people.group import Role
from kb.services.accounts.account_lifecycle import NewAccount, add_account
from kb.services.accounts.api_tokens import NewToken, add_token
from kb.services.groups.membership import set_role
from kb.site import open_library, settings_from_environment
from tests.support.postgres import Server

GROUP, LOGIN = "corpus", "claire"
QUERIES = ("agents", "médiation numérique", '"service public"', "eau rivière crue", "bibliothèque -ville", "formation*")
_WARMING = 10


@contextmanager
def two_servers() -> Iterator[Server]:
    """A PostgreSQL server with a standby that confirms every commit."""
    with ExitStack() as stack:
        primary = Server("fsync=on", "synchronous_commit=on", "shared_buffers=256MB")
        stack.callback(primary.stop)
        primary.start()
        standby = Server("fsync=on", copy_of=primary)
        stack.callback(standby.stop)
        standby.start()
        primary.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
        primary.execute("SELECT pg_reload_conf()")
        yield primary


def check_synchronous(server: Server) -> None:
    with psycopg.connect(server.dsn("postgres")) as connection:
        states = connection.execute("SELECT state, sync_state FROM pg_stat_replication").fetchall()
    check(states == [("streaming", "sync")], f"the standby does not confirm: {states}")


def move_to_postgres(base: Base, folder: Path, url: str) -> Base:
    """Move the library to PostgreSQL."""
    backup = folder / "writers.zip"
    backup.unlink(missing_ok=True)
    base.run("backup", str(backup))
    other = Base(folder / f"node-{time.time_ns()}")
    other.environment |= {"KB_RATE_WRITE": "0", "KB_RATE_READ": "0", "KB_STORE_URL": url}
    other.run("migrate")
    other.run("restore", str(backup))
    return other


def token_of(base: Base) -> str:
    names = {name: value for name, value in base.environment.items() if name.startswith("KB_")}
    with closing(open_library(settings_from_environment(names))) as library:
        try:
            add_account(library, OPERATOR, NewAccount(LOGIN))
            set_role(library, OPERATOR, GROUP, LOGIN, Role.MEMBER)
        except Conflict:
            pass
        return add_token(library, OPERATOR, NewToken(TokenScope.WRITE), LOGIN)[1]


def timed(connection: http.client.HTTPConnection, method: str, path: str, **options: object) -> float:
    started = time.perf_counter()
    connection.request(method, path, **options)  # type: ignore[arg-type]
    answer = connection.getresponse()
    text = answer.read()
    check(answer.status < 400, f"{method} {path}: {answer.status} {text[:200]!r}")
    return time.perf_counter() - started


def save(port: int, token: str, writer: int, number: int, pause: float = 0.0) -> list[float]:
    """The seconds of each save of one writer, which pauses between two."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        seconds = []
        for place in range(number):
            name = f"{writer}-{place}-{time.time_ns()}"
            sent = {"group": GROUP, "url": f"https://exemple.invalid/{name}", "title": f"Les agents {name}"}
            item = {**sent, "tags": ["agents"], "annotations": [{"quote": f"Un passage {name}.", "body": "À relire."}]}
            time.sleep(pause)
            seconds.append(timed(connection, "POST", "/api/v1/items", body=json.dumps(item), headers=headers))
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--each", type=int, default=50)
    parser.add_argument("--pause", type=float, default=0.0)
    parser.add_argument("--searches", type=int, default=300)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        server = stack.enter_context(two_servers())
        server.execute("CREATE DATABASE florilege ENCODING 'UTF8' TEMPLATE template0")
        sqlite = imported_base(arguments.folder, "writers", arguments.items)
        bases = {"SQLite": sqlite, "PostgreSQL": move_to_postgres(sqlite, arguments.folder, server.url("florilege"))}
        check_synchronous(server)
        ports = {}
        for name, base in bases.items():
            token = token_of(base)
            process, ports[name] = base.serve("--workers", "2")
            stack.callback(process.wait)
            stack.callback(process.terminate)
            save(ports[name], token, 0, _WARMING)
            started = time.perf_counter()
            with ThreadPoolExecutor(arguments.writers) as pool:
                port = ports[name]
                runs = [
                    pool.submit(save, port, token, writer, arguments.each, arguments.pause)
                    for writer in range(arguments.writers)
                ]
                seconds = [seconds for run in runs for seconds in run.result()]
            rate = len(seconds) / (time.perf_counter() - started)
            print(latency_line(f"{name}: {arguments.writers} writers, {rate:.0f} saves/s", seconds), flush=True)
        check_synchronous(server)
        connections = {
            name: stack.enter_context(closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)))
            for name, port in ports.items()
        }
        pages: dict[str, list[float]] = {name: [] for name in ports}
        for query in itertools.islice(itertools.cycle(QUERIES), arguments.searches + _WARMING):
            for name, connection in connections.items():
                pages[name].append(timed(connection, "GET", f"/search?q={quote(query)}"))
        for name, seconds in pages.items():
            print(latency_line(f"{name}: a page of results", seconds[2 * len(QUERIES) :]))


if __name__ == "__main__":
    main()
