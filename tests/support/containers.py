"""Podman with its own storage and namespaces: it leaves nothing on this machine, and needs no image registry.

Podman cannot start a container where Linux has both versions of control groups; here it sees only version 2, and cannot
limit memory or processes. Containers inherit the limits of this process that root may not raise.
"""

import os
import resource
import shutil
import subprocess
import time
from contextlib import suppress
from pathlib import Path

_TOOLS = ("podman", "crun", "mmdebstrap", "unshare", "nsenter")
_NAMESPACES = ("--pid", "--mount", "--cgroup", "--ipc")
_BOOT = """
set -eu
mount --make-rprivate /
mount -t proc proc /proc
umount --recursive /sys/fs/cgroup
mount -t cgroup2 none /sys/fs/cgroup
for place in /dev/shm /run/libpod /run/containers /run/crun; do mkdir -p $place; mount -t tmpfs tmpfs $place; done
exec sleep infinity
"""


class Podman:
    """A context manager; called with the arguments of a command. Raises `Refused` with the reason if Podman cannot
    run.
    """

    class Refused(Exception):
        pass

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._init = 0

    def __enter__(self) -> "Podman":
        missing = [name for name in _TOOLS if shutil.which(name) is None]
        if missing:
            raise self.Refused(f"{' '.join(missing)} not installed")
        if os.getuid() != 0:
            raise self.Refused("only root can start Podman with namespaces of its own")
        log = self._folder / "log"
        with log.open("wb") as written:
            self._process = subprocess.Popen(
                ["unshare", *_NAMESPACES, "--fork", "--kill-child", "sh", "-c", _BOOT],
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=written,
            )
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and self._process.poll() is None:
            with suppress(OSError):
                pid = self._process.pid
                children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
                if children and Path(f"/proc/{children[0]}/comm").read_text().strip() == "sleep":
                    self._init = int(children[0])
                    return self
            time.sleep(0.05)
        self.__exit__()
        raise self.Refused(f"Podman cannot run here: {log.read_text(errors='replace').strip()[-300:]}")

    def __exit__(self, *_: object) -> None:
        if self._init:
            self("rm", "--all", "--force", "--time", "0", check=False)
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self._folder / "storage", ignore_errors=True)

    def __call__(self, *arguments: str | Path, stdin: str = "", check: bool = True) -> subprocess.CompletedProcess[str]:
        places = ("--root", self._folder / "storage", "--runroot", self._folder / "run")
        own = (*places, "--storage-driver=overlay", "--cgroup-manager=cgroupfs")
        result = subprocess.run(
            ["nsenter", f"--target={self._init}", *_NAMESPACES, "podman", *own, *arguments],
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        assert not check or result.returncode == 0, result.stdout[-5000:] + result.stderr[-5000:]
        return result


def limits() -> tuple[str, ...]:
    """Options for the limits of a container: those of this process."""
    return tuple(
        part
        for name, which in (("nofile", resource.RLIMIT_NOFILE), ("nproc", resource.RLIMIT_NPROC))
        if (most := resource.getrlimit(which)[1]) != resource.RLIM_INFINITY
        for part in ("--ulimit", f"{name}={most}:{most}")
    )
