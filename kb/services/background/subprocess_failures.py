"""The failures of sandboxed subprocesses that are a fault of ours, which administrators see.

They are in a small file in the data folder, for all processes of this machine.
"""

import fcntl
import json
import logging
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from kb.sandbox import sandboxed_process
from kb.store.database.clock import timestamp_in, timestamp_now

SHOWN_DAYS = 1.0
"""How long a failure is shown after the last one of its kind."""
_FILE, _LOCK = "subprocess-failures.json", "subprocess-failures.lock"


@dataclass(frozen=True, slots=True)
class SubprocessFailures:
    """The failures of one of our modules: how many since the first, and what the last one said."""

    module: str
    error: str
    first: str
    last: str
    count: int = 1


_FIELDS = {field.name for field in fields(SubprocessFailures)}


def record_failures_in(data: Path) -> None:
    """From now on, record each failure of a subprocess of this process in this data folder."""
    logging.getLogger(sandboxed_process.__name__).addHandler(_Recorder(data))


class _Recorder(logging.Handler):
    def __init__(self, data: Path) -> None:
        super().__init__()
        self._data = data

    def emit(self, record: logging.LogRecord) -> None:
        failed = getattr(record, "failed", None)
        if isinstance(failed, sandboxed_process.SubprocessFailed):
            # A full disk: the log has it.
            with suppress(OSError):
                _record(self._data, failed)


def recent_failures(data: Path) -> tuple[SubprocessFailures, ...]:
    """The failures of this machine that are not older than SHOWN_DAYS, by module."""
    try:
        read = json.loads((data / _FILE).read_text(encoding="utf-8"))
        known = [SubprocessFailures(**value) for value in read if value.keys() == _FIELDS]
    except (OSError, ValueError, TypeError, AttributeError):
        return ()
    return tuple(failures for failures in known if failures.last > timestamp_in(days=-SHOWN_DAYS))


def _record(data: Path, failed: sandboxed_process.SubprocessFailed) -> None:
    lock = os.open(data / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = {failures.module: failures for failures in recent_failures(data)}
        now, before = timestamp_now(), known.get(failed.module)
        first, count = (before.first, before.count + 1) if before else (now, 1)
        known[failed.module] = SubprocessFailures(failed.module, failed.why, first, now, count)
        unfinished = data / f"{_FILE}.new"
        unfinished.write_text(json.dumps([asdict(failures) for failures in known.values()]), encoding="utf-8")
        unfinished.replace(data / _FILE)
    finally:
        os.close(lock)
