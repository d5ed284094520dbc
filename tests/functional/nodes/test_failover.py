"""The database server dies under load and its synchronous standby is promoted: no acknowledged write is lost."""

import threading
import time
from contextlib import ExitStack, closing, suppress

import pytest

from kb.access.actor import AccessScope
from kb.errors import Conflict, Unavailable
from kb.site import migrate, open_store
from kb.store import Store
from tests.factories.items import a_group, an_item
from tests.functional.server.test_cli_serve import until
from tests.support.postgres import Server

pytestmark = pytest.mark.storm
SYNCHRONOUS = ("synchronous_standby_names=*", "synchronous_commit=remote_apply")
WRITERS = 4


def url_of(*servers: Server) -> str:
    hosts = "&".join(f"host=127.0.0.1:{server.port}" for server in servers)
    return f"postgresql+psycopg://kb@/florilege?{hosts}"


class Load:
    """Writers that add items one by one, and a reader; the acknowledged writes, and the longest gap of each."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.acknowledged: list[str] = []
        self.failures = self.reads = 0
        self.longest_write_gap = self.longest_read_gap = 0.0
        self.stop = threading.Event()
        self.threads = [threading.Thread(target=self._write, args=(number,)) for number in range(WRITERS)]
        self.threads.append(threading.Thread(target=self._read))

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join(60)
            assert not thread.is_alive()

    def _write(self, writer: int) -> None:
        number, last = 0, time.monotonic()
        while not self.stop.is_set():
            name = f"w{writer}-{number}"
            try:
                with self.store.write() as writing:
                    order = writing.items.next_order()
                    writing.items.add([an_item(name, id=name, order=order, group="g-veille")])
            except Unavailable:
                self.failures += 1
                self.stop.wait(0.1)
                continue
            except Conflict:
                # The result was unknown, and it had been committed.
                pass
            self.acknowledged.append(name)
            self.longest_write_gap = max(self.longest_write_gap, time.monotonic() - last)
            number, last = number + 1, time.monotonic()

    def _read(self) -> None:
        last = time.monotonic()
        while not self.stop.is_set():
            with suppress(Unavailable):
                with self.store.read() as reading:
                    reading.items.count(AccessScope(everything=True))
                self.reads += 1
                self.longest_read_gap = max(self.longest_read_gap, time.monotonic() - last)
                last = time.monotonic()
            self.stop.wait(0.02)


@pytest.mark.timeout(280)
def test_nothing_acknowledged_is_lost_when_the_leader_dies():
    with ExitStack() as ending:
        leader = Server("synchronous_standby_names=*", "synchronous_commit=remote_apply")
        ending.callback(leader.stop)
        leader.start()
        standby = Server(copy_of=leader)
        ending.callback(standby.stop)
        standby.start()
        leader.execute("CREATE DATABASE florilege")
        url = url_of(leader, standby)
        migrate(url)
        store = ending.enter_context(closing(open_store(url)))
        with store.write() as writing:
            writing.groups.add(a_group("veille", id="g-veille"))
        with Load(store) as load:
            until(lambda: len(load.acknowledged) > 40, 60)
            leader.kill()
            reads, writes = load.reads, len(load.acknowledged)
            # No server accepts writes now, and pages are read from the standby.
            until(lambda: load.reads > reads + 10, 30)
            assert len(load.acknowledged) <= writes + WRITERS
            standby.promote()
            until(lambda: len(load.acknowledged) > writes + 40, 60)
        with store.read() as reading:
            ids_saved = {item.id for item in reading.items.stream(AccessScope(everything=True))}
        assert set(load.acknowledged) <= ids_saved
        assert len(load.acknowledged) == len(set(load.acknowledged))
        assert load.longest_read_gap < 30
