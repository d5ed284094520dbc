"""A systemd of its own, with its own processes, mounts and control groups, over a copy-on-write view of this machine.

It runs units as a server does, and changes nothing here: its writes are in memory, and are lost at its end. It uses
this machine's network. It needs root and Linux with overlayfs and control groups version 2.
"""

import os
import signal
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_SYSTEMD = "/lib/systemd/systemd"
_NAMESPACES = ("--pid", "--mount", "--cgroup", "--uts", "--ipc")
_BOOT = """
set -eu
place=$1 checkout=$2 packages=$3 environment=$4 python=$5
mount --make-rprivate /
mount -t tmpfs tmpfs "$place"
mkdir "$place/changes" "$place/work" "$place/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$place/changes,workdir=$place/work" "$place/root"
cd "$place/root"
mount -t proc proc proc
mount --rbind /dev dev
mount -t sysfs sysfs sys
mount -t cgroup2 none sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mkdir -p opt/florilege opt/checkout opt/packages etc/systemd/system
mount --rbind "$checkout" opt/checkout
mount --rbind "$packages" opt/packages
mount --rbind "$environment" opt/florilege
printf '[Unit]\\nDefaultDependencies=no\\n' >etc/systemd/system/alone.target
mkdir before
pivot_root . before
umount -l /before
export container=other
exec /lib/systemd/systemd --system --unit=alone.target --log-target=null --show-status=no
"""


class Machine:
    """A context manager; `run` runs a shell script in it, as root. Raises `Refused` with the reason if it cannot
    start.
    """

    class Refused(Exception):
        pass

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._init = 0

    def __enter__(self) -> "Machine":
        if os.getuid() != 0:
            raise self.Refused("only root can start a systemd of its own")
        if not Path(_SYSTEMD).exists():
            raise self.Refused("systemd is not installed")
        if sys.base_prefix.startswith(("/root", "/home", "/tmp")):
            raise self.Refused(f"services do not see {sys.base_prefix}, where Python is")
        environment = self._environment()
        (self._folder / "place").mkdir()
        paths = [self._folder / "place", ROOT, sysconfig.get_path("purelib"), environment, sys.base_prefix]
        log = self._folder / "log"
        with log.open("wb") as written:
            self._process = subprocess.Popen(
                ["unshare", *_NAMESPACES, "--fork", "--kill-child", "sh", "-c", _BOOT, "sh", *map(str, paths)],
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=written,
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self._process.poll() is None:
            self._init = self._init or self._first_process()
            if self._init and self.run("systemctl is-system-running", check=False).stdout.strip() in {
                "running",
                "degraded",
            }:
                return self
            time.sleep(0.1)
        self.__exit__()
        raise self.Refused(f"systemd does not start here: {log.read_text(errors='replace').strip()[-300:]}")

    def __exit__(self, *_: object) -> None:
        if self._init:
            os.kill(self._init, signal.SIGKILL)
        self._process.kill()
        self._process.wait()

    def _first_process(self) -> int:
        pid = self._process.pid
        child_pids = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return int(child_pids[0]) if child_pids else 0

    def _environment(self) -> Path:
        """The environment at /opt/florilege: the packages of this environment, and the modules of the checkout."""
        wheel_folder = self._folder / "florilege"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", wheel_folder], check=True)
        packages = next(wheel_folder.glob("lib/python*/site-packages"))
        (packages / "checkout.pth").write_text("/opt/checkout\n/opt/packages\n")
        kb = wheel_folder / "bin" / "kb"
        kb.write_text('#!/bin/sh\nexec /opt/florilege/bin/python -P -m kb "$@"\n')
        kb.chmod(0o755)
        return wheel_folder

    def run(self, script: str, *, check: bool = True, stdin: str = "") -> subprocess.CompletedProcess[str]:
        result = subprocess.run(
            ["nsenter", f"--target={self._init}", *_NAMESPACES, "sh", "-euc", script],
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            env={"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"},
            timeout=120,
            check=False,
        )
        assert not check or result.returncode == 0, result.stdout + result.stderr
        return result

    def write(self, path: str, text: str) -> None:
        self.run(f'mkdir -p "$(dirname {path})"; cat >{path}', stdin=text)
