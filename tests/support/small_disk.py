"""A small disk that a test fills, instead of the disk of the machine."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_SHARED = Path("/dev/shm")
_LARGEST = 1 << 28
"""Maximum bytes of an in-memory disk that a test fills: the size in containers, not that of a whole machine."""


@dataclass(frozen=True)
class Disk:
    """`place` is the disk's path for commands that start with `prefix`, `seen` its path for this process."""

    place: Path
    seen: Path
    prefix: tuple[str, ...] = ()

    def fill(self) -> None:
        """Leave no free space."""
        with (self.seen / "lest").open("ab", buffering=0) as ballast, suppress(OSError):
            while True:
                ballast.write(bytes(1 << 16))
        for size in (4096, 512, 1):
            with (self.seen / f"lest-{size}").open("ab", buffering=0) as ballast, suppress(OSError):
                while True:
                    ballast.write(bytes(size))

    def make_room(self) -> None:
        for ballast in self.seen.glob("lest*"):
            ballast.unlink()


@contextmanager
def a_small_disk(folder: Path, megabytes: int) -> Iterator[Disk | str]:
    """A disk in an existing, empty folder; or the reason why none can be created here.

    As root, it is mounted; else it is mounted in a new namespace, if the system allows that; else it is the small
    in-memory disk of containers.
    """
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    if mounted.returncode == 0:
        try:
            yield Disk(folder, folder)
        finally:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
        return
    with _mount_namespace(mount) as holder:
        if holder is not None:
            nsenter = ("nsenter", "--user", "--mount", "--preserve-credentials", "--target", str(holder.pid), "--")
            yield Disk(folder, Path(f"/proc/{holder.pid}/root{folder}"), nsenter)
            return
    if (sizes := _sizes()) is not None and sizes[0] <= _LARGEST and sizes[1] >= megabytes << 19:
        shared = _SHARED / f"florilege-{os.getpid()}"
        place = shared / "disque"
        place.mkdir(parents=True)
        try:
            (shared / "trop").write_bytes(bytes(max(sizes[1] - (megabytes << 20), 0)))
            yield Disk(place, place)
        finally:
            shutil.rmtree(shared)
        return
    yield (
        f"no small disk can be had here: mount says {mounted.stderr.strip()!r}, no namespace of one's own is allowed,"
        f" and {_SHARED} is not small; run the tests as root, or with --cap-add SYS_ADMIN"
    )


@contextmanager
def _mount_namespace(mount: list[str]) -> Iterator["subprocess.Popen[str] | None"]:
    """A process in a namespace with the mounted disk, until the end of the block."""
    script = '"$@" && echo ready && exec sleep 100000'
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh", *mount]
    try:
        holder = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    except OSError:
        yield None
        return
    assert holder.stdout is not None
    try:
        yield holder if holder.stdout.readline() == "ready\n" else None
    finally:
        holder.kill()
        holder.communicate()


def _sizes() -> tuple[int, int] | None:
    try:
        usage = shutil.disk_usage(_SHARED)
    except OSError:
        return None
    return usage.total, usage.free
