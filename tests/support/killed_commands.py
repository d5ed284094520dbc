"""A command of `kb` that kills itself, as a power failure would, when it comes to a point of the program.

    python -m tests.support.killed_commands POINT ARGUMENT...

`POINT` is `module:function`, before the function is called, `module:function+`, after it has returned, or `backup`,
when SQLite has copied the first pages of a database.
"""

import importlib
import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from typing import Any

from kb.cli.main_command import main


def _die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class _KilledInBackup(sqlite3.Connection):
    def backup(self, target: sqlite3.Connection, **_: Any) -> None:  # type: ignore[override]
        super().backup(target, pages=20, progress=_die)


def _kill_at(point: str) -> None:
    if point == "backup":
        connect: Callable[..., sqlite3.Connection] = sqlite3.connect
        sqlite3.connect = lambda *arguments, **options: connect(  # type: ignore[assignment]
            *arguments, **{"factory": _KilledInBackup, **options}
        )
        return
    module_name, _, name = point.removesuffix("+").partition(":")
    module = importlib.import_module(module_name)
    function = getattr(module, name)

    def killed(*arguments: Any, **options: Any) -> Any:
        if point.endswith("+"):
            function(*arguments, **options)
        _die()

    setattr(module, name, killed)


if __name__ == "__main__":
    _kill_at(sys.argv[1])
    sys.argv[1:] = sys.argv[2:]
    main()
