"""A mail server of Debian (exim), on its own port and in its own folder; it stores what it accepts in a maildir."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL

from tests.support.mail_server import a_free_port

EXIM = "/usr/sbin/exim4"
IS_MISSING = not Path(EXIM).exists()
NOBODY = 65534
"""The user who receives mail when the tests run as root: exim delivers to no file as root."""
_CONFIGURATION = """
primary_hostname = poste.exemple.fr
spool_directory = {folder}/spool
log_file_path = {folder}/log/%slog
pid_file_path = {folder}/exim.pid
local_interfaces = <; [127.0.0.1]:{port}
tls_advertise_hosts = :
exim_user = {user}
exim_group = {group}
deliver_drop_privilege = true
keep_environment =
log_selector = +received_recipients
acl_smtp_rcpt = recipient
acl_smtp_data = text
begin acl
recipient:
  deny local_parts = ^refus
       message = no such user
  accept
text:
  accept
begin routers
all:
  driver = accept
  transport = maildir
begin transports
maildir:
  driver = appendfile
  maildir_format = true
  directory = {folder}/mail
  create_directory = true
  delivery_date_add = false
  envelope_to_add = true
  user = {user}
  group = {group}
begin retry
* * F,1d,1s
"""


@dataclass
class Exim:
    """The server. What it has accepted is in its spool until it is in the maildir, also if it is killed."""

    folder: Path
    port: int
    user: int
    group: int
    process: "subprocess.Popen[bytes] | None" = field(default=None)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """What it writes of each message: `<=` when it is accepted, `=>` when it is in the maildir."""
        path = self.folder / "log" / "mainlog"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    @property
    def mail(self) -> list[bytes]:
        """The messages of the maildir."""
        return [path.read_bytes() for path in sorted((self.folder / "mail" / "new").glob("*"))]

    @property
    def waiting(self) -> int:
        """Messages that were accepted and are not in the maildir yet."""
        return len(list((self.folder / "spool" / "input").rglob("*-H")))

    def start(self) -> None:
        """Start, and wait until it listens. It looks for mail that waits each second."""
        command = [EXIM, "-C", str(self._configuration), "-bdf", "-q1s"]
        as_user = {"user": self.user, "group": self.group, "extra_groups": []} if os.getuid() == 0 else {}
        with (self.folder / "out").open("ab") as out:
            self.process = subprocess.Popen(command, stdout=out, stderr=out, cwd=self.folder, **as_user)
        while True:
            assert self.process.poll() is None, (self.folder / "out").read_text("utf-8", "replace")
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return
            time.sleep(0.01)

    def kill(self) -> None:
        """Kill all its processes at once: those that listen, receive and deliver."""
        while pids := self._pids():
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, SIGKILL)
            if self.process is not None:
                self.process.wait()

    @property
    def _configuration(self) -> Path:
        return self.folder / "exim.conf"

    def _pids(self) -> list[int]:
        """Its processes: all name its configuration, which no other process does."""
        found, ours = [], os.fsencode(self._configuration)
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                words = path.read_bytes().split(b"\0")
                if ours in words and words[0].endswith(b"exim4"):
                    found.append(int(path.parent.name))
        return found


@contextmanager
def an_exim() -> Iterator[Exim]:
    """A running server; its folder is deleted afterwards."""
    user, group = (NOBODY, NOBODY) if os.getuid() == 0 else (os.getuid(), os.getgid())
    # Folders of pytest are closed to other users.
    with tempfile.TemporaryDirectory(prefix="florilege-exim-") as name:
        server = Exim(Path(name), a_free_port(), user, group)
        server.folder.chmod(0o755)
        for part in ("spool", "log", "mail"):
            (server.folder / part).mkdir()
            shutil.chown(server.folder / part, user, group)
        text = _CONFIGURATION.format(folder=name, port=server.port, user=user, group=group)
        (server.folder / "exim.conf").write_text(text, "utf-8")
        server.start()
        try:
            yield server
        finally:
            server.kill()
