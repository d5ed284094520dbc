"""Import the bookmarks of a browser until all of them can be searched: `python bench/import_bookmarks.py`.

Prints the processor time of all processes, and the peak of their total memory: shared pages count once (Pss). Fails
beyond 120 s or 500 MB for 200,000 bookmarks.
"""

import argparse
import resource
import tempfile
import threading
import time
from collections.abc import Iterator
from html import escape
from pathlib import Path

from bench.corpus import items
from bench.harness import Base, check, children_of

SECONDS_FOR_EACH = 120 / 200_000
MOST_MEMORY = 500 * 10**6
_LOOK = 1.0
"""Seconds between two measurements of memory."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bookmarks-") as folder:
        file, base = Path(folder, "bookmarks.html"), Base(Path(folder, "base"))
        with file.open("w", encoding="utf-8") as out:
            out.writelines(bookmarks(arguments.items, arguments.seed))
        print(f"{arguments.items} bookmarks, {file.stat().st_size / 1e6:.0f} MB", flush=True)
        process = base.start("import", "--group", "favoris", str(file))
        memory, ended = _Memory(process.pid), threading.Event()
        watching = threading.Thread(target=memory.watch, args=(ended,))
        watching.start()
        started = time.monotonic()
        answer, _ = process.communicate()
        ended.set()
        watching.join()
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        worked = used.ru_utime + used.ru_stime
        print(answer.strip())
        print(f"{time.monotonic() - started:.1f} s, {worked:.1f} s of processor")
        print(f"{memory.most / 1e6:.0f} MB, {memory.anonymous / 1e6:.0f} MB of them without pages of files")
        check(process.returncode == 0, "the import failed")
        check(worked <= arguments.items * SECONDS_FOR_EACH, "too much processor time")
        check(memory.most <= MOST_MEMORY, "too much memory")


def bookmarks(number: int, seed: int) -> Iterator[str]:
    """A Netscape file: titles of 8 words, up to four tags, and a note of 15 words for every second one."""
    yield '<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">\n'
    yield "<TITLE>Bookmarks</TITLE>\n<H1>Bookmarks</H1>\n<DL><p>\n"
    for place, item in enumerate(items(number, seed)):
        tags = ",".join(item["tags"])  # type: ignore[arg-type]
        note = " ".join(f"{item['description']}".split()[:15]) if place % 2 else ""
        yield f'<DT><A HREF="{escape(str(item["url"]))}" ADD_DATE="{1_415_400_000 + place}" TAGS="{escape(tags)}">'
        yield f"{escape(str(item['title']))}</A>\n" + (f"<DD>{escape(note)}\n" if note else "")
    yield "</DL><p>\n"


class _Memory:
    """The peak memory of a process and its descendants."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.most = 0
        self.anonymous = 0
        """Without the pages of files, which the system can reclaim."""

    def watch(self, ended: threading.Event) -> None:
        while not ended.wait(_LOOK):
            pids, unread = [], [self.pid]
            while unread:
                pids.append(parent := unread.pop())
                unread.extend(children_of(parent))
            sizes = [_own_memory(pid) for pid in pids]
            self.most = max(self.most, sum(all_ for all_, _ in sizes))
            self.anonymous = max(self.anonymous, sum(own for _, own in sizes))


def _own_memory(pid: int) -> tuple[int, int]:
    """Bytes of all pages, and without pages of files; a page that several processes share counts as its share."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0, 0
    sizes = {name: int(rest.split()[0]) * 1024 for name, _, rest in (line.partition(":") for line in lines[1:])}
    return sizes.get("Pss", 0), sizes.get("Pss_Anon", 0)


if __name__ == "__main__":
    main()
