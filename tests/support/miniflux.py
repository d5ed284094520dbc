"""miniflux, as Debian packages it, with a database of its own."""

import secrets
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx2

from tests.support import postgres

MINIFLUX_USER = ("lectrice", "une phrase assez longue")


@contextmanager
def a_miniflux(folder: Path) -> Iterator[tuple[str, str]]:
    """The addresses of a running miniflux and of its database."""
    program = shutil.which("miniflux")
    assert program, "miniflux is not installed: scripts/prepare test"
    # One process may start several, one after the other.
    port, database = postgres.free_port(), f"miniflux_{secrets.token_hex(8)}"
    server = postgres.server()
    server.execute(f"CREATE DATABASE {database}")
    variables = {
        "DATABASE_URL": f"{server.dsn(database)} sslmode=disable",
        "RUN_MIGRATIONS": "1",
        "CREATE_ADMIN": "1",
        "ADMIN_USERNAME": MINIFLUX_USER[0],
        "ADMIN_PASSWORD": MINIFLUX_USER[1],
        "LISTEN_ADDR": f"127.0.0.1:{port}",
        "DISABLE_SCHEDULER_SERVICE": "1",
    }
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([program], env=variables, stdout=log, stderr=log)
    try:
        wait_for(lambda: httpx2.get(f"http://127.0.0.1:{port}/healthcheck").status_code == 200, folder / "log")
        yield f"http://127.0.0.1:{port}", server.dsn(database)
    finally:
        process.terminate()
        process.wait(20)


def wait_for(is_so: Callable[[], object], log: Path | None = None) -> None:
    """Wait until a function returns something true. A server that does not answer yet returns nothing."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with suppress(httpx2.TransportError):
            if is_so():
                return
        time.sleep(0.1)
    raise AssertionError(log.read_text() if log else "waited in vain")
