"""Connections to one of several PostgreSQL servers: the one that writes, or for reads the best of the others.

A server that stands still, or is cut off, keeps its connections open and is silent. A connection whose server is silent
asks it for a sign of life over a second one, and fails if there is none: a slow statement may take as long as it needs.
"""

import socket
import struct
import threading
import time
from collections.abc import Callable, Generator, Mapping
from functools import partial
from typing import Any, TypeVar

import psycopg

R = TypeVar("R")

_SILENCE = 1.0
"""Seconds without a byte from a server, after which it is asked for a sign of life."""
_SIGN = 2.0
"""Seconds within which it must answer."""
_CONNECT = 3
"""Seconds for a connection to one server; the driver accepts no less than 2."""
COMMIT_WAIT = 30.0
"""Seconds that a commit may wait for a standby: then it is in doubt."""
_PAUSE = 1.0
"""Seconds after a search for a server that writes, during which no other search begins."""
_SILENT = 5.0
"""Seconds for which a server that did not answer is left out."""
_PLACE = ("host", "port")
_SSL_REQUEST = struct.pack(">ii", 8, 80877103)
_GENERATION = "SELECT system_identifier, pg_walfile_name(pg_current_wal_insert_lsn()) FROM pg_control_system()"


class WatchedConnection(psycopg.Connection[Any]):
    """A connection that raises OperationalError instead of waiting for ever for a silent server."""

    _deadline: float | None = None
    _note_silence: Callable[[], None] | None = None
    """Called when the server gives no sign of life."""

    def watch(self, note_silence: Callable[[], None]) -> None:
        """Have a function called when the server gives no sign of life."""
        self._note_silence = note_silence

    def wait(self, gen: Generator[Any, Any, R], *arguments: Any, **named: Any) -> R:
        """As the driver does, with signs of life."""
        return super().wait(self._watched(gen), *arguments, **named)

    def commit(self) -> None:
        """Commit; the server answers once a synchronous standby has the transaction, too."""
        self._deadline = time.monotonic() + COMMIT_WAIT
        try:
            super().commit()
        finally:
            self._deadline = None

    def _watched(self, gen: Generator[Any, Any, R]) -> Generator[Any, Any, R]:
        try:
            state = next(gen)
            quiet_since = time.monotonic()
            while True:
                ready = yield state
                now = time.monotonic()
                if ready:
                    quiet_since = now
                elif now - quiet_since > _SILENCE:
                    is_late = self._deadline is not None and now > self._deadline
                    if is_late or not self._is_alive():
                        # Closed, not cancelled: a server that cancels the wait of a commit reports a success.
                        self.close()
                        if not is_late and self._note_silence is not None:
                            self._note_silence()
                        raise psycopg.OperationalError("the server does not answer")
                    quiet_since = time.monotonic()
                state = gen.send(ready)
        except StopIteration as end:
            result: R = end.value
            return result

    def _is_alive(self) -> bool:
        """Whether the server answers a request for encryption, yes or no: it does so before it asks for a user."""
        host = self.info.hostaddr
        if not host:
            # A Unix socket: a server on this machine.
            return True
        try:
            with socket.create_connection((host, self.info.port), _SIGN) as sock:
                sock.settimeout(_SIGN)
                sock.sendall(_SSL_REQUEST)
                return sock.recv(1) != b""
        except OSError:
            return False


class Servers:
    """The servers of an address, with the last one that wrote first. Threads may share it."""

    def __init__(self, arguments: Mapping[str, Any]) -> None:
        """`arguments` are those of a connection; `host` and `port` may name several, separated by commas."""
        self._servers = _split(arguments)
        remaining = {name: value for name, value in arguments.items() if len(self._servers) == 1 or name not in _PLACE}
        self._arguments = {**remaining, "connect_timeout": _CONNECT}
        self._lock = threading.Lock()
        self._none_until = 0.0
        self._silent: dict[str, float] = {}
        self._system = self._timeline = ""

    @property
    def generation(self) -> str:
        """The system and the timeline of the last server that wrote: after a failover, the timeline is greater."""
        return f"{self._system} {self._timeline}".strip()

    def writer(self, **more: Any) -> WatchedConnection:
        """A connection to the server that writes. Raises OperationalError, at once if there was none a moment ago."""
        with self._lock:
            if time.monotonic() < self._none_until:
                raise psycopg.OperationalError("no server accepts writes")
            failure: psycopg.OperationalError | None = None
            for server in self._candidates():
                try:
                    connection = self._connect(server, "read-write", **more)
                    if self._is_newest(connection):
                        self._silent.clear()
                        return connection
                    connection.close()
                except psycopg.OperationalError as error:
                    failure = failure or error
                # The next search begins with the others: a server that is silent takes the longest.
                self._servers.remove(server)
                self._servers.append(server)
            if len(self._servers) > 1:
                self._none_until = time.monotonic() + _PAUSE
            raise failure or psycopg.OperationalError("no server accepts writes")

    def reader(self) -> WatchedConnection:
        """A connection to the server that writes; without one, to the standby that has received most."""
        try:
            return self.writer()
        except psycopg.OperationalError:
            if len(self._servers) == 1:
                raise
        return self._standby()

    def _standby(self) -> WatchedConnection:
        best: WatchedConnection | None = None
        most = -1
        failure = psycopg.OperationalError("no server answers")
        for server in self._candidates():
            try:
                connection = self._connect(server, "any")
                row = connection.execute("SELECT pg_last_wal_replay_lsn() - '0/0'").fetchone()
            except psycopg.OperationalError as error:
                failure = error
                continue
            # None: no standby. It leads again, or still believes that it does: `writer` knows which.
            reached = int(row[0]) if row and row[0] is not None else -1
            if reached > most:
                best, connection, most = connection, best, reached
            if connection is not None:
                connection.close()
        if best is None:
            raise failure
        best.rollback()
        return best

    def _candidates(self) -> list[dict[str, Any]]:
        """The servers that were not silent a moment ago; all of them if all were."""
        now, servers = time.monotonic(), list(self._servers)
        return [server for server in servers if self._silent.get(_name(server), 0.0) < now] or servers

    def _connect(self, server: Mapping[str, Any], kind: str, **more: Any) -> WatchedConnection:
        arguments = {**self._arguments, **server, **more}
        if len(self._servers) > 1:
            arguments["target_session_attrs"] = kind
        try:
            connection = WatchedConnection.connect(**arguments)
        except psycopg.errors.ConnectionTimeout:
            self._leave_out(_name(server))
            raise
        connection.watch(partial(self._leave_out, _name(server)))
        return connection

    def _leave_out(self, server: str) -> None:
        self._silent[server] = time.monotonic() + _SILENT

    def _is_newest(self, connection: WatchedConnection) -> bool:
        """Whether no other server has been promoted since this one was: one that stood still does not know it yet."""
        if len(self._servers) == 1:
            return True
        row = connection.execute(_GENERATION).fetchone()
        if not connection.autocommit:
            connection.rollback()
        if row is None:
            return False
        identifier, wal_file = row
        system, timeline = str(identifier), str(wal_file)[:8]
        if system == self._system and timeline < self._timeline:
            return False
        self._system, self._timeline = system, timeline
        return True


def _split(arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The host and the port of each server; libpq takes one port for all hosts, or one for each."""
    hosts = str(arguments.get("host") or "").split(",")
    ports = str(arguments.get("port") or "").split(",")
    if len(hosts) == 1:
        return [{}]
    if len(ports) == 1:
        ports *= len(hosts)
    return [{"host": host, **({"port": port} if port else {})} for host, port in zip(hosts, ports, strict=True)]


def _name(server: Mapping[str, Any]) -> str:
    return f"{server.get('host')}:{server.get('port')}"
