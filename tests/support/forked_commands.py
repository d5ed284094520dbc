"""Commands, and programs of tests, in processes that are forked from one which has imported the program: a second of
processor time for each.

They differ from `python -m kb` and `python -c` only in that: they have the environment, the folder and the files that
they are given, and nothing of what the tests change in their own process. `python -m tests.support.forked_commands FD`
is the process that forks them; it ends with the process of the tests.
"""

import atexit
import json
import os
import select
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_LONGEST = 150_000
_NUMBER = 8  # bytes of a process id, then of its status


class ForkedCommand(subprocess.Popen[str]):
    """As `Popen`, whose arguments are those of `kb`, or a program and its arguments, as after `python -c`. A process
    between both waits for it, and reports its status.
    """

    def __init__(self, arguments: list[str], *, program: str = "", **options: Any) -> None:
        self._program = program
        super().__init__(arguments, **options)

    def _execute_child(  # type: ignore[no-untyped-def,override]
        self, args, _executable, _preexec_fn, _close_fds, _pass_fds, cwd, env, _info, _flags, _shell, *rest
    ):
        reading, writing, out_reading, out_writing, err_reading, err_writing = rest[:6]
        self._status, status = os.pipe()
        request = {
            "program": self._program,
            "arguments": args,
            "folder": str(cwd or Path.cwd()),
            "variables": dict(env),
        }
        message = json.dumps(request).encode()
        files = [given if given != -1 else own for own, given in enumerate((reading, out_writing, err_writing))]
        socket.send_fds(_forking(), [message], [*files, status])
        os.close(status)
        self.pid = _number_from(self._status)
        self._child_created = True
        self._close_pipe_fds(reading, writing, out_reading, out_writing, err_reading, err_writing)

    def _try_wait(self, wait_flags):  # type: ignore[no-untyped-def]
        if wait_flags & os.WNOHANG and not select.select([self._status], [], [], 0)[0]:
            return 0, 0
        status = _number_from(self._status)
        os.close(self._status)
        return self.pid, status

    def _internal_poll(self, *_given, **_options):  # type: ignore[no-untyped-def]
        if self.returncode is None and self._waitpid_lock.acquire(blocking=False):
            try:
                if self.returncode is None and (ended := self._try_wait(os.WNOHANG))[0]:
                    self._handle_exitstatus(ended[1])
            finally:
                self._waitpid_lock.release()
        return self.returncode


def can_fork(variables: Mapping[str, str], options: Mapping[str, Any]) -> bool:
    """Whether a command with these variables and options of `Popen` can be forked: a new Python reads others itself."""
    known = {"stdin", "stdout", "stderr", "encoding", "cwd"}
    return all(name.startswith("KB_") for name in variables) and not options.keys() - known


def _number_from(descriptor: int) -> int:
    number = os.read(descriptor, _NUMBER)
    if len(number) < _NUMBER:
        raise ChildProcessError("the process that forks commands, or the one that waits for this one, has ended")
    return int.from_bytes(number, sys.byteorder)


@cache
def _forking() -> socket.socket:
    """The connection to the process that forks, which is started at its first use."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "tests.support.forked_commands", str(theirs.fileno())],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": "error,ignore::SyntaxWarning",
            "OPENBLAS_NUM_THREADS": "1",
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        pass_fds=[theirs.fileno()],
    )
    theirs.close()
    atexit.register(process.wait)
    atexit.register(ours.close)
    return ours


def _fork_commands(descriptor: int) -> str:
    """Fork a command for each message. Returns its program in each of them."""
    with socket.socket(fileno=descriptor) as requests:
        while True:
            message, files, _, _ = socket.recv_fds(requests, _LONGEST, 4)
            # Their times are added to those of this process.
            with suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            if not message:
                raise SystemExit
            if not os.fork():
                break
            for file in files:
                os.close(file)
    *standard, status = files
    command = os.fork()
    if command:
        os.write(status, command.to_bytes(_NUMBER, sys.byteorder))
        for file in standard:
            os.close(file)
        os.write(status, os.waitpid(command, 0)[1].to_bytes(_NUMBER, sys.byteorder))
        os._exit(0)
    for number, file in enumerate(standard):
        os.dup2(file, number)
    for file in files:
        os.close(file)
    request = json.loads(message)
    os.environ.clear()
    os.environ.update(request["variables"])
    os.chdir(request["folder"])
    sys.argv = ["kb", *request["arguments"]]
    sys.stdout.reconfigure(line_buffering=sys.stdout.isatty())  # type: ignore[union-attr]
    return str(request["program"])


if __name__ == "__main__":
    from kb.cli.command_list import COMMAND_SOURCES
    from kb.cli.main_command import main
    from kb.cli.server.child_main import import_work
    from kb.cli.server.fork_server import prepare_to_fork
    from kb.cli.server.worker_app import load_shared_values
    from kb.settings import default_settings_in

    for source in COMMAND_SOURCES.values():
        source.load()
    import_work(default_settings_in(Path("/")))
    load_shared_values(default_settings_in(Path("/")))
    prepare_to_fork()
    if program := _fork_commands(int(sys.argv[1])):
        exec(program, {"__name__": "__main__"})
    else:
        main()
