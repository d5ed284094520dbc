"""A PostgreSQL server for tests, in a folder and on a port of its own, started when a test first needs it.

With `TEST_STORE=postgresql` in the environment, every in-memory database of a test is one of this server instead.
"""

import atexit
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from contextlib import suppress
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from kb.site import migrate
from kb.store.maintenance.migration import SCHEMA
from kb.store.tables.table_columns import metadata

_TEMPLATE = "florilege_template"
_LASTING = "tests"
_number = count(1)
_made: dict[str, str] = {}
"""The test that requested each database, by the name of the database."""


def programs() -> Path:
    """The folder of `initdb` and `postgres`, which Debian does not put on the PATH."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if not folders:
        raise RuntimeError("PostgreSQL is not installed: apt-get install postgresql")
    return folders[-1]


def free_port() -> int:
    with socket.socket() as free_socket:
        free_socket.bind(("127.0.0.1", 0))
        return int(free_socket.getsockname()[1])


class Server:
    """A cluster in a temporary folder: a new one, a standby of a server that runs, or a copy of one that has ended.

    PostgreSQL refuses to run as root, so root starts it as `postgres`.
    """

    def __init__(self, *settings: str, copy_of: "Server | None" = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="florilege-postgres-"))
        self.port = free_port()
        self._as_user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        if self._as_user:
            shutil.chown(self.folder, "postgres")
        self.data = self.folder / "data"
        if copy_of is None:
            self._run("initdb", "-D", str(self.data), "-U", "kb", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
        elif copy_of.process is None:
            shutil.copytree(copy_of.data, self.data)
            for path in (self.data, *self.data.rglob("*")) if self._as_user else ():
                shutil.chown(path, "postgres")
        else:
            source = f"host=127.0.0.1 port={copy_of.port} user=kb application_name=standby"
            options = ("--write-recovery-conf", "--checkpoint=fast", "--no-sync")
            self._run("pg_basebackup", "-D", str(self.data), "-d", source, *options)
        self._settings = [f"-c{setting}" for setting in settings]
        self.process: subprocess.Popen[bytes] | None = None

    def _run(self, name: str, *arguments: str) -> None:
        command = [*self._as_user, str(programs() / name), *arguments]
        subprocess.run(command, check=True, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def start(self) -> None:
        """Start the server and wait until it answers."""
        log = self.folder / "log"
        with log.open("ab") as written:
            self.process = subprocess.Popen(
                [
                    *(["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if self._as_user else []),
                    str(programs() / "postgres"),
                    f"-D{self.data}",
                    f"-p{self.port}",
                    "-clisten_addresses=127.0.0.1",
                    f"-cunix_socket_directories={self.folder}",
                    "-cmax_connections=400",
                    # Processes are killed, and never the machine: what they wrote is there without it.
                    "-cfsync=off",
                    *self._settings,
                ],
                cwd=self.folder,
                stdout=written,
                stderr=written,
            )
        for _ in range(600):
            try:
                psycopg.connect(self.dsn("postgres"), connect_timeout=1).close()
            except psycopg.OperationalError:
                if self.process.poll() is not None:
                    raise RuntimeError(log.read_text(errors="replace")) from None
                os.sched_yield()
                # The server does not report when it starts to listen.
                subprocess.run(["sleep", "0.1"], check=True)
            else:
                return
        raise RuntimeError("PostgreSQL does not answer")

    def dsn(self, database: str) -> str:
        return f"host=127.0.0.1 port={self.port} user=kb dbname={database}"

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://kb@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: sql.Composable | str) -> None:
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[arg-type]

    def kill(self) -> None:
        """Kill the server and its children at once, as a power failure does."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        for pid in (self.process.pid, *map(int, children)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def end(self) -> None:
        """Stop the server in good order, and keep its folder."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        self.process.wait(60)
        self.process = None

    def promote(self) -> None:
        """Promote a standby, which then accepts writes."""
        self.execute("SELECT pg_promote(true, 60)")

    def stop(self) -> None:
        """Stop the server without waiting for its clients, and delete its folder."""
        if self.process is not None:
            self.process.send_signal(signal.SIGQUIT)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


@cache
def server() -> Server:
    """The server of this test process, with one migrated database to copy."""
    settings = "synchronous_commit=off full_page_writes=off shared_buffers=64MB jit=off autovacuum=off"
    started = Server(*settings.split(), "wal_level=minimal", "max_wal_senders=0", "checkpoint_timeout=1h")
    atexit.register(started.stop)
    started.start()
    started.execute(f"CREATE DATABASE {_TEMPLATE}")
    migrate(started.url(_TEMPLATE))
    return started


def new_database(*, is_migrated: bool = True, content: str = "", is_reused: bool = True) -> str:
    """The address of a new database of the server: empty, or migrated, with the content that `content_of` read.

    A migrated one may be reused from an earlier test: creating one takes ten times as long as filling it again. One
    whose tables the test changes must not be.
    """
    if not is_migrated or not is_reused:
        return server().url(_created(_TEMPLATE if is_migrated else None))
    while (name := _unused()) is not None:
        try:
            _fill(name, content or _migrated_content())
            break
        except psycopg.Error:
            # The test before has dropped a table.
            del _made[name]
    else:
        name = _created(_TEMPLATE)
        if content:
            _fill(name, content)
    _made[name] = _test()
    return server().url(name)


def _fill(name: str, content: str) -> None:
    _lasting_connection(name).execute(content)  # type: ignore[arg-type]


@cache
def _lasting_connection(name: str) -> psycopg.Connection[Any]:
    """A connection to a database that stays open: the server takes as long for a new one as for many statements."""
    connection = psycopg.connect(server().dsn(name), autocommit=True, application_name=_LASTING)
    atexit.register(connection.close)
    return connection


def give_back(url: str) -> None:
    """Say that the running test no longer uses a database that `new_database` made."""
    _made[url.rpartition("/")[2]] = ""


def content_of(url: str, *, with_authority: bool = False) -> str:
    """The statements that replace the content of a migrated database by the content of this one, with a new
    authority.
    """
    with psycopg.connect(server().dsn(url.rpartition("/")[2])) as connection:
        return _content(connection, with_authority=with_authority)


def _created(template: str | None) -> str:
    name = f"kb_{os.getpid()}_{next(_number)}"
    source = sql.SQL("") if template is None else sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
    server().execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)) + source)
    return name


def _test() -> str:
    """The running test."""
    return os.environ.get("PYTEST_CURRENT_TEST", "").partition(" ")[0]


def _unused() -> str | None:
    """A database of a finished test, without connections."""
    candidates = [name for name, test in _made.items() if test != _test()]
    if not candidates:
        return None
    statement = "SELECT datname FROM pg_stat_activity WHERE datname IS NOT NULL AND application_name <> %s"
    used = {name for (name,) in _lasting_connection("postgres").execute(statement, (_LASTING,))}
    return next((name for name in candidates if name not in used), None)


@cache
def _migrated_content() -> str:
    with psycopg.connect(server().dsn(_TEMPLATE)) as connection:
        return _content(connection)


def _content(connection: psycopg.Connection[Any], *, with_authority: bool = False) -> str:
    tables = metadata.sorted_tables
    # No references are checked: each row that one refers to is there.
    statements = ["SELECT set_config('session_replication_role', 'replica', true)"]
    statements += [f"DELETE FROM {table.name}" for table in reversed(tables)]
    statements.append(f"UPDATE alembic_version SET version_num = '{SCHEMA}'")
    for table in tables:
        names = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)
        rows = connection.execute(sql.SQL("SELECT {} FROM {}").format(names, sql.Identifier(table.name))).fetchall()
        if rows:
            values = sql.SQL(", ").join(
                sql.SQL("({})").format(sql.SQL(", ").join(map(sql.Literal, row))) for row in rows
            )
            statement = sql.SQL("INSERT INTO {} ({}) VALUES {}").format(sql.Identifier(table.name), names, values)
            statements.append(statement.as_string(connection))
    numbers = connection.execute(
        "SELECT format('setval(%L, %s, %L)', s.seqrelid::regclass, "
        "coalesce(pg_sequence_last_value(s.seqrelid), s.seqstart), pg_sequence_last_value(s.seqrelid) IS NOT NULL) "
        "FROM pg_sequence s"
    ).fetchall()
    if numbers:
        statements.append("SELECT " + ", ".join(number for (number,) in numbers))
    if not with_authority:
        statements.append("UPDATE meta SET value = gen_random_uuid()::text WHERE key = 'authority'")
    return "; ".join(statements)
