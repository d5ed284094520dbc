"""Conditional requests for feeds that have not changed: how many a worker answers in a second of processor time.

    python bench/pages/conditional_feeds.py [REQUESTS]

It starts a server with one worker over a new library of 200 items, and reads the processor time of the worker, and of
all its processes.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import closing, suppress
from pathlib import Path
from urllib.request import urlopen

from kb.access.actor import OPERATOR
from kb.indexer import catch_up
from kb.model.people.group import Visibility
from kb.services.groups.group_views import add_group
from kb.settings import default_settings_in
from kb.site import migrate, open_library
from tests.factories.items import an_item
from tests.factories.library import add_items

FEEDS = ("/g/physique.atom", "/search.atom?q=eau", "/g/physique/tag/eau.json")
TICKS = os.sysconf("SC_CLK_TCK")


def fill(data: Path) -> None:
    settings = default_settings_in(data)
    migrate(settings.store_url)
    with closing(open_library(settings)) as library:
        group = add_group(library, OPERATOR, "physique", "Physique", visible=Visibility.EVERYONE)
        items = [
            an_item(f"L'eau {number}", id=f"i{number}", order=number, group=group, tags=["eau"])
            for number in range(200)
        ]
        add_items(library, *items)
        catch_up(library)


def processor_seconds(parent: int) -> dict[int, float]:
    """The processor time of a process and of its children, by their ids."""
    seconds = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(stat.parent.name) == parent or int(fields[1]) == parent:
                seconds[int(stat.parent.name)] = (int(fields[11]) + int(fields[12])) / TICKS
    return seconds


def answers(port: int, address: str, tag: str, count: int) -> int:
    """How many of so many conditional requests over one connection get 304."""
    request = f"GET {address} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nIf-None-Match: {tag}\r\n\r\n".encode()
    unchanged = 0
    with socket.create_connection(("127.0.0.1", port)) as connection, connection.makefile("rb") as reader:
        for _ in range(count):
            connection.sendall(request)
            unchanged += b" 304 " in reader.readline()
            while reader.readline() != b"\r\n":
                pass
    return unchanged


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 3000
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder))
        with closing(socket.create_server(("127.0.0.1", 0))) as listening:
            port = listening.getsockname()[1]
        command = [sys.executable, "-m", "kb", "--data", folder, "serve", "--port", str(port), "--workers", "1"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
            try:
                for _ in range(100):
                    with suppress(OSError), urlopen(f"http://127.0.0.1:{port}/readyz"):
                        break
                    time.sleep(0.2)
                for address in FEEDS:
                    with urlopen(f"http://127.0.0.1:{port}{address}") as answer:
                        tag = answer.headers["ETag"]
                    answers(port, address, tag, 200)
                    before, began = processor_seconds(server.pid), time.monotonic()
                    unchanged = answers(port, address, tag, count)
                    after, elapsed = processor_seconds(server.pid), time.monotonic() - began
                    spent = {process: seconds - before.get(process, 0.0) for process, seconds in after.items()}
                    # The others wait: only the worker answers.
                    worker = max(spent.values())
                    print(f"{address}: {unchanged} of {count} unchanged, {count / elapsed:.0f} a second,")
                    print(
                        f"  {count / worker:.0f} in a second of the worker ({1000 * worker / count:.2f} ms each), "
                        f"{count / sum(spent.values()):.0f} of all processes"
                    )
            finally:
                server.terminate()


if __name__ == "__main__":
    main()
