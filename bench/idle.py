"""Count how often an idle `kb serve` wakes: the voluntary context switches of all its processes and threads.

    python bench/idle.py [--seconds 30] [--workers 1] [--data FOLDER]

The base is empty unless FOLDER is given. A wake costs little on a free machine, and 1.4 to 8.5 ms on some virtual ones.
"""

import argparse
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

SETTLING_SECONDS = 10.0
"""Seconds after the start in which a server loads dictionaries and cleans up."""


def main() -> None:
    arguments = _arguments()
    with TemporaryDirectory() as folder:
        data = arguments.data or Path(folder)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = subprocess.Popen(
            [sys.executable, "-m", "kb", "serve", "--port", str(port), "--workers", str(arguments.workers)],
            env={**os.environ, "KB_DATA": str(data)},
        )
        try:
            _wait_until_ready(server, f"http://127.0.0.1:{port}/readyz")
            time.sleep(SETTLING_SECONDS)
            before = switches(server.pid)
            time.sleep(arguments.seconds)
            after = switches(server.pid)
        finally:
            server.terminate()
            server.wait()
    _report(after - before, arguments.seconds)


def switches(parent: int) -> Counter[tuple[str, str]]:
    """The voluntary context switches of a process and of its descendants, by process and thread."""
    counts: Counter[tuple[str, str]] = Counter()
    for process in _family(parent):
        name = _role(process)
        for thread in Path(f"/proc/{process}/task").iterdir():
            status = (thread / "status").read_text(encoding="utf-8").splitlines()
            values = dict(line.split(":\t", 1) for line in status if ":\t" in line)
            counts[name, values["Name"]] += int(values["voluntary_ctxt_switches"])
    return counts


def _family(parent: int) -> list[int]:
    """A process and its descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                fields = (entry / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            except OSError:
                continue  # it has ended
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    family = [parent]
    for process in family:
        family += children.get(process, [])
    return family


def _role(process: int) -> str:
    """`serve`, `web` or `background`."""
    name = Path(f"/proc/{process}/comm").read_text(encoding="utf-8").strip()
    return name.removeprefix("kb ") if name.startswith("kb ") else "serve"


def _wait_until_ready(server: subprocess.Popen[bytes], address: str) -> None:
    while True:
        if server.poll() is not None:
            raise SystemExit("The server ended.")
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.2)


def _report(counts: Counter[tuple[str, str]], seconds: float) -> None:
    for (process, thread), count in counts.most_common():
        if count:
            print(f"{process:<11} {thread:<16} {count / seconds:6.2f} wakes/s")
    print(f"all                          {counts.total() / seconds:6.2f} wakes/s")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30.0, help="how long the wakes are counted")
    parser.add_argument("--workers", type=int, default=1, help="processes that answer requests")
    parser.add_argument("--data", type=Path, help="a data folder instead of an empty one")
    return parser.parse_args()


if __name__ == "__main__":
    main()
