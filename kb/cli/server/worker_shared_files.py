"""The files that the workers of one server share: counts of requests (`kb.web.http.middleware.request_metrics`), and
values of the search index (`index.whoosh_engine.storage.process_shared_values`).
"""

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import product
from pathlib import Path

from kb.settings import Settings

SERVERS = "servers"
"""The folder in the data folder; each server has a folder of its own in it."""
_INDEX_VALUES = "index-values"
_FILE_BYTES = 1 << 20
"""Room for every route: a file that grew on a full disk would end the worker that writes it (SIGBUS)."""


def new_server_folder(settings: Settings) -> Path:
    return settings.data / SERVERS / secrets.token_hex(8)


def index_values_folder(folder: Path) -> Path | None:
    """The folder in the folder of a server in which its workers share values of the index; None if it has none."""
    values = folder / _INDEX_VALUES
    return values if values.is_dir() else None


@contextmanager
def server_files(folder: Path, workers: int) -> Iterator[None]:
    """Make the folder and its files for the duration of the block, and delete those of servers that were killed.

    On a full disk there are no files: then each worker counts alone and keeps its own values.
    """
    with ExitStack() as until_end:
        until_end.callback(shutil.rmtree, folder, ignore_errors=True)
        try:
            folder.mkdir(parents=True)
            until_end.enter_context(_lock(folder))
            _delete_abandoned(folder)
            for number, kind in product(range(workers), ("counter", "histogram")):
                # The names that `prometheus_client` gives them.
                with (folder / f"{kind}_{number}.db").open("wb") as file:
                    os.posix_fallocate(file.fileno(), 0, _FILE_BYTES)
            if workers > 1:
                (folder / _INDEX_VALUES).mkdir(mode=0o700)
        except OSError:
            shutil.rmtree(folder, ignore_errors=True)
        yield


def _delete_abandoned(folder: Path) -> None:
    """Delete the folders of servers that no longer run."""
    for other in folder.parent.iterdir():
        # A server that starts at this very moment has no lock yet: if it loses its folder, its workers count alone.
        with suppress(OSError):
            if other != folder:
                with _lock(other):
                    shutil.rmtree(other)


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """Lock a folder: the system ends the lock, however the process ends. Raises OSError if another process has it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)
