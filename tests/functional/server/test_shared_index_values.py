"""Workers of one server keep large values of the index only once for all of them."""

import json
from pathlib import Path

from tests.conftest import Kb
from tests.functional.server.test_cli_serve import Server, forked_workers, get, until

MANY = 1500
"""The number of items from which the list of all items is large enough to be shared."""


def workers_of(server: Server) -> list[Path]:
    """The /proc folders of the worker processes."""
    return [Path("/proc", str(pid)) for pid in forked_workers(server)]


def arenas_of(worker: Path) -> int:
    """The arenas beside the main one, in which the C library would keep the freed memory of each thread apart: it
    reserves 64 MiB for each.
    """
    words = [line.split() for line in (worker / "maps").read_text().splitlines()]
    reserved = [
        [int(end, 16) for end in place.split("-")] for place, mode, *more in words if mode == "---p" and len(more) == 3
    ]
    return sum(end - start > 1 << 24 for start, end in reserved)


def test_workers_map_the_same_values_and_the_server_deletes_them(kb: Kb, tmp_path: Path) -> None:
    items = (
        {"url": f"https://example.org/{number}", "title": f"Marée {number}", "group": "veille"}
        for number in range(MANY)
    )
    (tmp_path / "many.jsonl").write_text("".join(f"{json.dumps(item)}\n" for item in items))
    assert kb("import", tmp_path / "many.jsonl").code == 0
    with Server(kb, "serve", "--workers", "2") as server:

        def is_shared() -> bool:
            # A connection of its own, which any worker may accept.
            get(server.address, "/search?q=mar%C3%A9e")
            workers = workers_of(server)
            return len(workers) == 2 and all(".values" in (worker / "maps").read_text() for worker in workers)

        until(is_shared)
        assert [arenas_of(worker) for worker in workers_of(server)] == [0, 0]
        assert len(list(kb.folder.glob("servers/*/index-values/*.values"))) == 1
    assert list(kb.folder.glob("servers/*")) == []


def test_a_single_worker_keeps_its_own_values(kb: Kb) -> None:
    with Server(kb) as server:
        get(server.address, "/search?q=mar%C3%A9e")
        assert list(kb.folder.glob("servers/*/index-values")) == []
