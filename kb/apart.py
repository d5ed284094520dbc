"""Work on what strangers sent, in a process of its own: with so much time, so much memory and no network.

Some files of a few megabytes cost a reader minutes, or gigabytes. A site that read them beside its pages would stand
still for everybody.
"""

import os
import resource
import subprocess
import sys
from collections.abc import Iterable

_KEPT = ("LANG", "LC_ALL", "PATH", "SYSTEMROOT", "TMPDIR", "VIRTUAL_ENV")
"""Of the environment; the settings of the site, which hold passwords, are not for such a process."""


def answer_apart(module: str, data: bytes, *, seconds: int, memory: int) -> tuple[int | None, bytes]:
    """How a module of ours ends that is given bytes, and what it says until then; None if it was stopped for its time.

    It may have so many seconds of computing, twice as many in all, and so many bytes of memory, by `confine`.
    """
    command = [sys.executable, "-P", "-m", module, str(seconds), str(memory)]
    environment = {name: value for name, value in os.environ.items() if name in _KEPT}
    try:
        run = subprocess.run(  # noqa: S603 - our own interpreter and our own module
            command, input=data, capture_output=True, timeout=2 * seconds, check=False, env=environment
        )
    except subprocess.TimeoutExpired as late:
        return None, late.stdout or b""
    return run.returncode, run.stdout


def confine(arguments: list[str]) -> None:
    """Hold this process to the seconds and the bytes that its arguments say, and write no image of its memory."""
    seconds, memory = map(int, arguments)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def shut_the_door() -> None:
    """From now on this process asks nothing of the network and starts no other: PermissionError."""
    sys.addaudithook(_without_network)


def _without_network(event: str, _: Iterable[object]) -> None:
    if event.startswith(("socket.", "urllib.", "subprocess.", "os.exec", "os.system", "os.fork", "os.spawn")):
        raise PermissionError(event)
