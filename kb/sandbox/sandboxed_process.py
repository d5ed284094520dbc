"""Read untrusted input in a subprocess with limited time and memory and without network.

Some files of a few megabytes cost a parser minutes, or gigabytes. A site that parsed them in its web processes would
block all requests meanwhile.
"""

import os
import resource
import subprocess
import sys
import sysconfig
import zoneinfo
from collections.abc import Callable, Generator, Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

from kb.sandbox.linux_restrictions import refuse_processes_and_sockets, restrict_file_access

_KEPT_VARIABLES = ("LANG", "LC_ALL", "PATH", "SYSTEMROOT", "TMPDIR", "VIRTUAL_ENV")
"""Of the environment; the settings of the site, which hold passwords, are not for such a process."""
_LESS_URGENT = 10
"""Added to the niceness of such a process."""

_MOST_FILES = 64
"""Files that such a process may have open at once: it imports modules, one at a time."""
_OF_THE_SYSTEM = tuple(
    map(Path, ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache", "/dev/urandom"))
)
"""Folders that C libraries may read too; they hold other libraries and no data."""
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_LISTING = frozenset({"os.listdir", "os.scandir"})
_FORBIDDEN = (
    # The network.
    *("socket.", "urllib.", "http.client.", "ftplib.", "smtplib.", "poplib.", "imaplib.", "nntplib.", "telnetlib."),
    # Other processes, and other code in this process.
    *("subprocess.", "os.exec", "os.system", "os.fork", "os.spawn", "os.posix_spawn", "os.startfile", "os.kill"),
    *("pty.", "ctypes.", "signal.pthread_kill"),
    # Changes to files and folders; opening a file to write is refused by its flags.
    *("os.chmod", "os.chown", "os.chflags", "os.lchmod", "os.link", "os.symlink", "os.mkdir", "os.rename"),
    *("os.remove", "os.rmdir", "os.truncate", "os.utime", "os.setxattr", "os.removexattr", "os.chdir", "os.fchdir"),
    *("shutil.", "tempfile.", "fcntl.", "sqlite3.", "mmap."),
)
"""How the events of Python begin that are refused (https://docs.python.org/3/library/audit_events.html)."""


def run_in_sandbox(module: str, data: bytes, *, seconds: int, memory: int) -> tuple[int | None, bytes]:
    """Run one of our modules on bytes; return its exit status and its output. The status is None if its time ran out.

    `apply_resource_limits` limits it to so many seconds of CPU time, twice as many in all, and so many bytes of memory.
    """
    command = [sys.executable, "-P", "-m", module, str(seconds), str(memory)]
    environment = {name: value for name, value in os.environ.items() if name in _KEPT_VARIABLES}
    try:
        run = subprocess.run(  # noqa: S603 - our own interpreter and our own module
            command, input=data, capture_output=True, timeout=2 * seconds, check=False, env=environment
        )
    except subprocess.TimeoutExpired as late:
        return None, late.stdout or b""
    return run.returncode, run.stdout


class SubprocessStopped(Exception):
    """A sandboxed subprocess ended before it had written all, in most cases because of its limits of time or memory."""


def lines_from_subprocess(
    module: str, source: BinaryIO, arguments: Sequence[str] = (), *, seconds: int, memory: int
) -> Generator[bytes, None, None]:
    """The lines that one of our modules writes about a file, each as soon as it is written.

    The module reads the file as its standard input, within so many seconds of CPU time and so many bytes of memory, by
    `apply_resource_limits`. It pauses while the caller does not ask for the next line, so that no more than one pipe is
    held in memory. Raises SubprocessStopped.
    """
    command = [sys.executable, "-P", "-m", module, str(seconds), str(memory), *arguments]
    environment = {name: value for name, value in os.environ.items() if name in _KEPT_VARIABLES}
    with subprocess.Popen(  # noqa: S603 - our own interpreter and our own module
        command, stdin=source, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    ) as process:
        try:
            # Always there, because it was requested.
            yield from process.stdout or ()
            if process.wait() != 0:
                raise SubprocessStopped(module)
        finally:
            process.kill()


def apply_resource_limits(arguments: list[str]) -> None:
    """Limit this process to the seconds and bytes of its arguments, at a lower priority, without core dumps."""
    os.nice(_LESS_URGENT)
    seconds, memory = map(int, arguments[:2])
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def enter_sandbox(most_written: int = 0, *, readable: Iterable[Path] = (), allows_threads: bool = False) -> None:
    """From now on this process cannot use the network, start another process or write a file, and can read only the
    files of Python and of its libraries, and those in the `readable` folders: anything else raises PermissionError.

    A file that it has open for writing can grow to `most_written` bytes. `allows_threads`: it can start threads, which
    are restricted like it.

    Python enforces it, and so does Linux where it has Landlock and seccomp. The process must have one thread.
    """
    places = (*_libraries(), *(folder.resolve() for folder in readable))
    _lower(resource.RLIMIT_FSIZE, most_written)
    _lower(resource.RLIMIT_NOFILE, _MOST_FILES)
    if not allows_threads:
        # Linux counts threads as processes.
        _lower(resource.RLIMIT_NPROC, 0)
    restrict_file_access((*places, *_OF_THE_SYSTEM))
    refuse_processes_and_sockets(allows_threads=allows_threads)
    # ctypes is imported already (kb.sandbox.linux_restrictions): another import loads no library.
    sys.addaudithook(_refusal(tuple(f"{place}{os.sep}" for place in places)))


def _lower(limit: int, most: int) -> None:
    _, hard = resource.getrlimit(limit)
    bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(limit, (bound, bound))


def _libraries() -> tuple[Path, ...]:
    """The folders of Python, of the installed packages, of our own modules and of time zones.

    Not the folder that holds our packages, nor the environment: the data may lie there.
    """
    installed = [Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    root = Path(__file__).resolve().parents[2]
    imported = [Path(entry) for entry in sys.path if entry and Path(entry).resolve() != root]
    ours = [root / "kb", root / "index"]
    zones = [Path(zone_folder) for zone_folder in zoneinfo.TZPATH]
    return tuple(dict.fromkeys(path.resolve() for path in (*installed, *imported, *ours, *zones)))


def _refusal(readable: tuple[str, ...]) -> Callable[[str, tuple[object, ...]], None]:
    """The audit hook that raises PermissionError for actions that a process with untrusted input must not take."""

    def refuse(event: str, arguments: tuple[object, ...]) -> None:
        if event.startswith(_FORBIDDEN):
            raise PermissionError(event)
        if event == "open":
            path, _, flags = arguments
            # A number is a file that is already open.
            if not isinstance(path, int) and (_writes(flags) or not _is_readable(path, readable)):
                raise PermissionError(event, path)
        elif event in _LISTING and not (isinstance(arguments[0], int) or _is_readable(arguments[0], readable)):
            raise PermissionError(event, arguments[0])

    return refuse


def _writes(flags: object) -> bool:
    return not isinstance(flags, int) or bool(flags & _WRITING)


def _is_readable(path: object, readable: tuple[str, ...]) -> bool:
    if not isinstance(path, str | bytes | os.PathLike):
        # The current folder of the process.
        return False
    return f"{os.path.realpath(os.fsdecode(path))}{os.sep}".startswith(readable)
