"""Read untrusted input in a subprocess with limited time and memory and without network.

Some files of a few megabytes cost a parser minutes, or gigabytes. A site that parsed them in its web processes would
block all requests meanwhile.

A file is at fault only where the subprocess or its limits say so: `run_reader` gives the statuses. Whatever else ends
it, such as a library that is not installed, is a fault of ours.
"""

import faulthandler
import logging
import os
import resource
import signal
import subprocess
import sys
import sysconfig
import traceback
import zoneinfo
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import IO, BinaryIO

from kb.errors import Unavailable
from kb.sandbox.linux_restrictions import refuse_processes_and_sockets, restrict_file_access

_log = logging.getLogger(__name__)

UNREADABLE = 4
"""Status of a subprocess whose parser raised an error on the file."""
_TOO_LARGE = 5
"""Status of a subprocess that got no more memory."""
_OWN_STATUSES = range(3, 10)
"""Statuses that our modules give on purpose. Python ends with 1 or 2 for its own reasons."""
_NOT_FLUSHED = 120
"""Status of a Python that cannot write the rest of its output when it ends: it got no memory."""
_LIMIT_STATUSES = frozenset({_TOO_LARGE, _NOT_FLUSHED, -signal.SIGXCPU, -signal.SIGABRT})
"""After the limits: libraries that get no memory abort."""
_KEPT_ERRORS = 2_000
"""Bytes of the standard error of a subprocess that are kept of its beginning, and as many of its end."""
_LONGEST_REASON = 300
_DRAIN_SECONDS = 5.0
_ROOT = Path(__file__).resolve().parents[2]
"""The folder of our packages."""
_OUR_FAULTS = (ImportError, NameError, PermissionError)
"""Errors that no file causes. The sandbox raises PermissionError."""

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


class SubprocessFailed(Unavailable):
    """A subprocess ended for a reason of its own: the fault is ours, and the file may be read another time.

    `why` is the last line of what it said, `output` what it had written; `crashed`: a signal ended it.
    """

    def __init__(self, module: str, status: int | None, errors: str, output: bytes = b"") -> None:
        super().__init__(
            "This could not be read because of a fault of the site, which its administrators see. What you sent is not"
            " at fault: send it again later."
        )
        self.module = module
        self.output = output
        self.crashed = status is not None and status < 0
        self.why = errors.strip().rpartition("\n")[2][:_LONGEST_REASON] or f"status {status}"


class SubprocessStopped(Exception):
    """A sandboxed subprocess ended before it had written all, because of its limits of time or memory, or because its
    parser raised an error.
    """


def run_in_sandbox(module: str, data: bytes, *, seconds: int, memory: int) -> tuple[int | None, bytes]:
    """Run one of our modules on bytes; return its exit status and its output. The status is None after its limits.

    `apply_resource_limits` limits it to so many seconds of CPU time, twice as many in all, and so many bytes of memory.
    Raises SubprocessFailed.
    """
    with _subprocess(module, (), subprocess.PIPE, seconds=seconds, memory=memory) as (process, errors):
        try:
            output, _ = process.communicate(data, timeout=2 * seconds)
        except subprocess.TimeoutExpired as late:
            return None, late.stdout or b""
        return _status_of(module, process.returncode, errors, output), output


def lines_from_subprocess(
    module: str, source: BinaryIO, arguments: Sequence[str] = (), *, seconds: int, memory: int
) -> Generator[bytes, None, None]:
    """The lines that one of our modules writes about a file, each as soon as it is written.

    The module reads the file as its standard input, within so many seconds of CPU time and so many bytes of memory, by
    `apply_resource_limits`. It pauses while the caller does not ask for the next line, so that no more than one pipe is
    held in memory. Raises SubprocessStopped, SubprocessFailed.
    """
    with _subprocess(module, arguments, source, seconds=seconds, memory=memory) as (process, errors):
        # Always there, because it was requested.
        yield from process.stdout or ()
        if _status_of(module, process.wait(), errors) != 0:
            raise SubprocessStopped(module)


class _ErrorOutput:
    """The beginning and the end of what a subprocess writes to its standard error."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._head, self._tail = b"", b""
        self._thread = Thread(target=self._read, args=(stream,), daemon=True)
        self._thread.start()

    def _read(self, stream: IO[bytes]) -> None:
        with stream:
            while piece := os.read(stream.fileno(), 1 << 16):
                room = _KEPT_ERRORS - len(self._head)
                self._head += piece[:room]
                self._tail = (self._tail + piece[room:])[-_KEPT_ERRORS:]

    def text(self) -> str:
        """All of it, once the subprocess has ended."""
        self._thread.join(_DRAIN_SECONDS)
        return (self._head + self._tail).decode(errors="replace")


@contextmanager
def _subprocess(
    module: str, arguments: Sequence[str], source: BinaryIO | int, *, seconds: int, memory: int
) -> Iterator[tuple[subprocess.Popen[bytes], _ErrorOutput]]:
    """A subprocess that runs one of our modules, which ends with the block. Raises SubprocessFailed."""
    command = [sys.executable, "-P", "-m", module, str(seconds), str(memory), *arguments]
    environment = {name: value for name, value in os.environ.items() if name in _KEPT_VARIABLES}
    try:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own module
            command, stdin=source, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
        )
    except OSError as error:
        raise _failure(module, None, f"{type(error).__name__}: {error.strerror}") from error
    with process:
        # Read here, so that the process does not wait for a reader; `communicate` must not read it too.
        stream, process.stderr = process.stderr, None
        assert stream is not None  # noqa: S101 - it was requested
        try:
            yield process, _ErrorOutput(stream)
        finally:
            process.kill()


def _status_of(module: str, status: int, errors: _ErrorOutput, output: bytes = b"") -> int | None:
    """The status that a module gave, None after its limits. Raises SubprocessFailed, which is logged."""
    if status in _LIMIT_STATUSES:
        return None
    if status == 0 or status in _OWN_STATUSES:
        return status
    raise _failure(module, status, errors.text(), output)


def _failure(module: str, status: int | None, errors: str, output: bytes = b"") -> SubprocessFailed:
    failed = SubprocessFailed(module, status, errors, output)
    # `errors` holds nothing of the file: see `run_reader`.
    _log.error("The subprocess %s failed with status %s:\n%s", module, status, errors, extra={"failed": failed})
    return failed


def run_reader(
    read: Callable[[], int | None],
    *,
    most_written: int = 0,
    readable: Iterable[Path] = (),
    allows_threads: bool = False,
    input_is_ours: bool = False,
) -> int:
    """Run the main function of a subprocess in the sandbox (`enter_sandbox`), after `apply_resource_limits`; return the
    exit status: what it returned, or why it did not end. `input_is_ours`: no error is the fault of what it reads.

    What libraries write to standard error is dropped, because it may hold words of the file. A fault of ours, or a
    crash, is written there without any.
    """
    errors = os.dup(2)
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    faulthandler.enable(errors)
    enter_sandbox(most_written, readable=readable, allows_threads=allows_threads)
    try:
        return _status_of_reader(read, errors, input_is_ours=input_is_ours)
    except MemoryError:
        # At once: what a usual end does needs memory too, and without it the status would be another one.
        os._exit(_TOO_LARGE)


def _status_of_reader(read: Callable[[], int | None], errors: int, *, input_is_ours: bool) -> int:
    try:
        return read() or 0
    except MemoryError:
        raise
    except BaseException as error:  # noqa: BLE001 - parsers raise whatever they meet, those in Rust even BaseException
        if not (input_is_ours or _is_ours(error)):
            return UNREADABLE
        os.write(errors, "".join([*traceback.format_tb(error.__traceback__), _description(error)]).encode())
        return 1


def _is_ours(error: BaseException) -> bool:
    """Whether an error is a fault of this program, and not of the file: its kind says so, or our own code raised it."""
    if isinstance(error, _OUR_FAULTS):
        return True
    if isinstance(error, RecursionError) or error.__traceback__ is None:
        return False
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    return Path(frame.f_code.co_filename).is_relative_to(_ROOT / "kb")


def _description(error: BaseException) -> str:
    message = f": {error}" if isinstance(error, _OUR_FAULTS) else ""
    return f"{type(error).__name__}{message}"


def apply_resource_limits(arguments: list[str]) -> None:
    """Limit this process to the seconds and bytes of its arguments, at a lower priority, without core dumps."""
    os.nice(_LESS_URGENT)
    seconds, memory = map(int, arguments[:2])
    # The signal of the first limit tells it from a kill by others, such as a system without memory.
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def enter_sandbox(most_written: int = 0, *, readable: Iterable[Path] = (), allows_threads: bool = False) -> None:
    """From now on this process cannot use the network, start another process or write a file, and can read only the
    files of Python and of its libraries, and those in the `readable` folders: anything else raises PermissionError.

    A file that it has open for writing can grow to `most_written` bytes. `allows_threads`: it can start threads, which
    are restricted like it.

    Python enforces it, and so does Linux where it has Landlock and seccomp. The process must have one thread.
    """
    folders = (*_libraries(), *(folder.resolve() for folder in readable))
    _lower(resource.RLIMIT_FSIZE, most_written)
    _lower(resource.RLIMIT_NOFILE, _MOST_FILES)
    if not allows_threads:
        # Linux counts threads as processes.
        _lower(resource.RLIMIT_NPROC, 0)
    restrict_file_access((*folders, *_OF_THE_SYSTEM))
    refuse_processes_and_sockets(allows_threads=allows_threads)
    # ctypes is imported already (kb.sandbox.linux_restrictions): another import loads no library.
    sys.addaudithook(_refusal(tuple(f"{folder}{os.sep}" for folder in folders)))


def _lower(limit: int, most: int) -> None:
    _, hard = resource.getrlimit(limit)
    bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(limit, (bound, bound))


def _libraries() -> tuple[Path, ...]:
    """The folders of Python, of the installed packages, of our own modules and of time zones.

    Not the folder that holds our packages, nor the environment: the data may lie there.
    """
    installed = [Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    imported = [Path(entry) for entry in sys.path if entry and Path(entry).resolve() != _ROOT]
    ours = [_ROOT / "kb", _ROOT / "index"]
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
