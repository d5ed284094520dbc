"""Database servers that hang, or do not know that a standby was promoted: reading continues with current data."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from kb.access.actor import AccessScope
from kb.errors import Invalid, ServerLost, Unavailable
from kb.indexer import index_state
from kb.indexer.change_follower import catch_up
from kb.indexer.consistency_check import compare_after_failover, compare_index
from kb.settings import default_settings_in
from kb.site import migrate, open_library, open_store
from kb.store import Store
from kb.store.database import postgres_servers
from kb.store.database.database import open_database
from kb.store.database.driver_errors import driver_errors_translated
from kb.store.site.rate_limits import Rate
from tests.factories.items import a_group, an_item
from tests.functional.server.test_cli_serve import until
from tests.support.postgres import Server

pytestmark = pytest.mark.storm


def url_of(*servers: Server) -> str:
    hosts = ",".join(f"127.0.0.1:{server.port}" for server in servers)
    return f"postgresql+psycopg://kb@{hosts}/florilege?target_session_attrs=read-write"


def signal_all(server: Server, number: signal.Signals) -> None:
    assert server.process is not None
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    for pid in (server.process.pid, *map(int, children)):
        os.kill(pid, number)


@pytest.fixture(scope="module")
def prepared() -> Iterator[Server]:
    """A server with a database, which has ended and can be copied."""
    server = Server()
    try:
        server.start()
        server.execute("CREATE DATABASE florilege")
        migrate(url_of(server))
        server.end()
        yield server
    finally:
        server.stop()


@pytest.fixture
def servers(prepared: Server) -> Iterator[tuple[Server, Server]]:
    """A leader with a database, and a standby that can be promoted."""
    with ExitStack() as ending:
        leader = Server(copy_of=prepared)
        ending.callback(leader.stop)
        leader.start()
        standby = Server(copy_of=leader)
        ending.callback(standby.stop)
        standby.start()
        yield leader, standby


def add(store: Store, name: str) -> None:
    with store.write() as writing:
        if writing.groups.by_slug("veille") is None:
            writing.groups.add(a_group("veille", id="g-veille"))
        writing.items.add([an_item(name, id=name, order=writing.items.next_order(), group="g-veille")])


def names(store: Store) -> set[str]:
    with store.read() as reading:
        return {item.id for item in reading.items.stream(AccessScope(everything=True))}


def repeated(act: Callable[[], object]) -> bool:
    """Try again; whether it worked now."""
    try:
        act()
    except Unavailable:
        return False
    return True


@pytest.mark.timeout(200)
def test_a_leader_that_stands_still_is_left_and_does_not_answer_once_another_one_leads(servers):
    leader, standby = servers
    with closing(open_store(url_of(leader, standby))) as store:
        add(store, "avant")
        with psycopg.connect(standby.dsn("florilege")) as connection:
            until(lambda: connection.execute("SELECT count(*) FROM items").fetchone() == (1,))
        with store.read() as reading:
            assert not reading.may_lack_commits
        signal_all(leader, signal.SIGSTOP)
        try:
            # Open connections are not closed: the kernel of a machine whose processes are stopped still acknowledges
            # packets.
            until(lambda: repeated(lambda: names(store)), 30)
            with store.read() as reading:
                assert reading.may_lack_commits
            start = time.monotonic()
            assert not repeated(lambda: add(store, "pendant"))
            assert time.monotonic() - start < 20
            standby.promote()
            until(lambda: repeated(lambda: add(store, "après")), 30)
        finally:
            signal_all(leader, signal.SIGCONT)
        # The old leader would still accept a connection for writing.
        with psycopg.connect(leader.dsn("florilege"), target_session_attrs="read-write"):
            pass
        standby.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'florilege'")
        until(lambda: repeated(lambda: names(store)), 30)
        assert names(store) == {"avant", "après"}
        until(lambda: repeated(lambda: add(store, "enfin")), 30)
        with psycopg.connect(standby.dsn("florilege")) as connection:
            assert connection.execute("SELECT count(*) FROM items").fetchone() == (3,)


@pytest.mark.timeout(200)
def test_the_index_does_not_follow_a_standby(servers, tmp_path):
    leader, standby = servers
    url = url_of(leader, standby)
    with closing(open_store(url)) as store:
        add(store, "avant")
    settings = replace(default_settings_in(tmp_path), store_url=url)
    with closing(open_library(settings)) as library:
        assert catch_up(library) == index_state(library).newest
        leader.kill()
        until(lambda: repeated(lambda: names(library.store)), 30)
        assert index_state(library).may_lack_commits
        with pytest.raises(Unavailable):
            catch_up(library)


@pytest.mark.timeout(200)
def test_an_index_with_changes_that_a_failover_lost_is_built_again(servers, tmp_path):
    leader, standby = servers
    settings = replace(default_settings_in(tmp_path), store_url=url_of(leader, standby))
    with closing(open_library(settings)) as library:
        add(library.store, "avant")
        with psycopg.connect(standby.dsn("florilege")) as connection:
            until(lambda: connection.execute("SELECT count(*) FROM items").fetchone() == (1,))
        catch_up(library)
        assert not compare_after_failover(library)
        standby.kill()
        add(library.store, "perdu")
        catch_up(library)
        leader.kill()
        standby.start()
        standby.promote()
        until(lambda: repeated(lambda: add(library.store, "autre")), 30)
        # The new leader has used the number of the lost change for another one.
        assert index_state(library).is_current
        assert compare_index(library).missing == ("i/autre",)
        assert compare_after_failover(library)
        assert compare_index(library).is_clean
        assert not compare_after_failover(library)


@pytest.mark.timeout(200)
def test_a_slow_statement_of_a_server_that_lives_is_waited_for(servers, monkeypatch):
    monkeypatch.setattr(postgres_servers, "_SILENCE", 0.25)
    with closing(open_store(url_of(*servers))) as store, store.read() as reading:
        assert reading.connection.exec_driver_sql("SELECT 1 FROM pg_sleep(1)").scalar_one() == 1


@pytest.mark.timeout(100)
def test_writers_without_a_standby_that_confirms_are_refused_in_time(servers, monkeypatch):
    leader, _ = servers
    with closing(open_store(url_of(*servers))) as store:
        add(store, "avant")
        leader.execute("ALTER SYSTEM SET synchronous_standby_names = 'absent'")
        leader.execute("SELECT pg_reload_conf()")
        with psycopg.connect(leader.dsn("florilege")) as connection:
            until(lambda: connection.execute("SHOW synchronous_standby_names").fetchone() == ("absent",))
        # A counter does not wait for a standby.
        with store.write(is_durable=False) as writing:
            writing.rate_limits.count([("compteur", Rate(5, 60.0))], 1000.0)
        with store.read() as reading:
            assert reading.rate_limits.left("compteur", Rate(5, 60.0), 1000.0) == 4
        monkeypatch.setattr(postgres_servers, "COMMIT_WAIT", 0.5)
        monkeypatch.setattr(postgres_servers, "_SILENCE", 0.25)
        start = time.monotonic()
        finished = []
        threads = [
            threading.Thread(target=lambda name=name: finished.append(repeated(lambda: add(store, name))))
            for name in ("un", "deux", "trois")
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert finished == [False] * 3
        assert time.monotonic() - start < 25
        assert names(store) == {"avant"}


def test_an_address_with_a_bad_port_is_refused():
    for hosts in ("un:x", "un:x,deux", "un,deux:1,trois:x"):
        with pytest.raises(Invalid, match="is not the address of a database"):
            open_database(f"postgresql+psycopg://kb@{hosts}/florilege")


def test_a_connection_that_takes_too_long_is_a_lost_server():
    with pytest.raises(ServerLost), driver_errors_translated():
        raise psycopg.errors.ConnectionTimeout
