"""A full disk: reading continues, writing fails with a message, no acknowledged write is lost, and the server
recovers.
"""

import json
import random
import shutil
import urllib.error
import urllib.request
from dataclasses import replace
from types import SimpleNamespace

import pytest

from tests.conftest import Kb
from tests.functional.server.test_cli_serve import Server, children, get, until
from tests.support.small_disk import a_small_disk

pytestmark = pytest.mark.sqlite

FULL = "Le disque est plein\u202f: rien n’a été écrit. Faites de la place, puis recommencez.\n"
NO_ROOM = "Il n’y a plus de place sur le disque.\n"
PAGES = ("/", "/search?q=signet", "/g/veille", "/items/s1", "/api/v1/search?q=signet", "/healthz", "/readyz")


@pytest.fixture
def disk(tmp_path):
    folder = tmp_path / "disque"
    folder.mkdir()
    with a_small_disk(folder, 24) as disk:
        if isinstance(disk, str):
            pytest.skip(disk)
        yield disk


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """The data folder of 300 items, which tests copy."""
    kb = Kb(tmp_path_factory.mktemp("données"), tmp_path_factory.mktemp("flux"))
    assert kb("import", a_file(kb.streams, "s", 300)).code == 0
    return kb.folder


@pytest.fixture
def full(kb, disk, filled):
    """The command over a database of 300 items on a small disk, which this process may not see at the same place."""
    shutil.copytree(filled, disk.seen / "base")
    return replace(kb, folder=disk.place / "base", prefix=disk.prefix)


@pytest.fixture
def in_process(full, disk):
    """The same command, called in this process: it reads what the others have written."""
    return replace(full, folder=disk.seen / "base", prefix=())


def run(command, *arguments):
    """Call the command here, or start it where the small disk is."""
    if not command.prefix:
        return command(*arguments)
    process = command.start(*arguments)
    out, err = process.communicate(timeout=120)
    return SimpleNamespace(code=process.returncode, out=out, err=err)


def a_file(folder, start, number):
    """A file of some items, of about 2,500 characters each."""
    rng = random.Random(start)
    words = ["".join(rng.choices("aeioulmnrst", k=7)) for _ in range(2000)]
    path = folder / f"{start}.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for place in range(number):
            item = {
                "id": f"{start}{place}",
                "title": f"Signet {start}{place}",
                "url": f"https://exemple.fr/{start}{place}",
                "group": "veille",
                "description": " ".join(rng.choices(words, k=300)),
            }
            file.write(json.dumps(item) + "\n")
    return path


def status_of(address, path):
    """The status of a response; redirects are not followed."""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_args, **_options):
            return None

    try:
        # A browser's user agent: views of robots are not counted.
        request = urllib.request.Request(address + path, headers={"User-Agent": "Mozilla/5.0 Firefox/140.0"})
        with urllib.request.build_opener(Stay).open(request, timeout=60) as response:
            return response.status
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def ids_of(command):
    answer = command("export")
    assert answer.code == 0, answer.err
    return {json.loads(line)["id"] for line in answer.out.splitlines()}


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_an_import_that_fills_the_disk_reports_it_and_loses_no_confirmed_item(kb, disk, full, in_process):
    path = a_file(kb.streams, "n", 6_000)
    # This file will be deleted: the database and its index together need more than the disk that the database has
    # filled.
    (disk.seen / "lest-avance").write_bytes(bytes(12 << 20))
    with Server(full) as server:
        answer = run(full, "import", "--verbose", path)

        lines = [line for line in answer.err.splitlines() if "mis en sûreté" in line]
        assert (answer.code, answer.err.endswith(FULL)) == (1, True)
        assert answer.err.count("\n") == len(lines) + 1
        saved_count = int("".join(filter(str.isdigit, lines[-1])))
        assert 0 < saved_count < 6_000
        assert answer.out.startswith(f"Lus\u202f: {lines[-1].partition(' signets')[0]}\u202f;")
        expected_ids = {f"n{place}" for place in range(saved_count)} | {f"s{place}" for place in range(300)}
        assert ids_of(in_process) == expected_ids
        disk.fill()
        assert run(full, "import", path).code == 1
        assert ids_of(in_process) == expected_ids
        # The import and the index compete for the last space: the index lags, or had followed before.
        until(lambda: _behind(server) or _items_found(server) == len(expected_ids), 60)

        disk.make_room()
        until(lambda: not _behind(server), 120)
        assert _items_found(server) == len(expected_ids)

    assert set(server.errors.splitlines()) <= {"The index cannot follow: No space left on device"}
    assert in_process("index", "check").code == 0


def test_readers_go_on_while_the_disk_is_full_and_writing_goes_on_when_there_is_room(kb, disk, full, in_process):
    more = a_file(kb.streams, "n", 600)
    outside = kb.streams / "sauvegarde.zip"
    assert run(full, "backup", outside).code == 0
    with Server(full) as server:
        # Processes start concurrently: the site is ready once it answers.
        until(lambda: status_of(server.address, "/readyz") == 200)
        until(lambda: "background" in children(server.process.pid))
        background = children(server.process.pid)["background"]
        disk.fill()
        for _ in range(2):
            assert [status_of(server.address, path) for path in PAGES] == [200] * len(PAGES)
            assert [status_of(server.address, f"/items/s{place}/go") for place in range(5)] == [303] * 5

        for act in (("import", more), ("backup", disk.place / "sauvegarde.zip"), ("restore", "--replace", outside)):
            answer = run(full, *act)
            assert (answer.code, answer.err) in ((1, FULL), (1, NO_ROOM)), act
        assert names_in(disk.seen) == ["base", "lest", "lest-1", "lest-4096", "lest-512"]
        assert not [name for name in names_in(disk.seen / "base") if "draft" in name or "before" in name]
        assert [status_of(server.address, path) for path in PAGES] == [200] * len(PAGES)
        # There were never more items than these.
        assert json.loads(get(server.address, "/api/v1/search?q=signet"))["total"] == 300

        disk.make_room()
        assert run(full, "import", more).code == 0
        assert json.loads(get(server.address, "/api/v1/search?q=signet"))["total"] == 900
        assert children(server.process.pid)["background"] == background
        assert status_of(server.address, "/items/s7/go") == 303
        until(lambda: "<dt>Vues</dt>" in get(server.address, "/items/s7"))

    assert in_process("index", "check").code == 0
    assert len(ids_of(in_process)) == 900


def test_an_index_without_room_says_so_and_is_made_when_there_is_room(disk, full, in_process):
    shutil.rmtree(disk.seen / "base" / "index")
    disk.fill()
    with Server(full) as server:
        until(lambda: _behind(server))
        # There is no room until it has said so.
        assert server.process.stderr.readline() == "The index cannot follow: No space left on device\n"
        disk.make_room()
        until(lambda: not _behind(server), 120)
        assert _items_found(server) == 300

    assert set(server.errors.splitlines()) <= {"The index cannot follow: No space left on device"}
    assert in_process("index", "check").code == 0


def _items_found(server):
    return json.loads(get(server.address, "/api/v1/search?q=signet"))["total"]


def _behind(server):
    try:
        return json.loads(get(server.address, "/readyz"))["index"] == "behind"
    except urllib.error.HTTPError as error:
        # After a start, until the index has what the database held.
        with error:
            return json.load(error).get("index") == "behind"


def test_a_server_that_starts_on_a_full_disk_can_be_read(disk, full, in_process):
    assert names_in(disk.seen / "base") == ["background.lock", "index", "store.sqlite3", "store.sqlite3.lock"]
    disk.fill()
    assert run(full, "search", "signet", "--json").code == 0
    with Server(full) as server:
        assert [status_of(server.address, path) for path in PAGES] == [200] * len(PAGES)
        assert [status_of(server.address, f"/items/s{place}/go") for place in range(20)] == [303] * 20
        disk.make_room()
        assert status_of(server.address, "/items/s9/go") == 303
        until(lambda: "<dt>Vues</dt>" in get(server.address, "/items/s9"))

    assert "Views are not counted: The disk is full" in server.errors
    assert in_process("index", "check").code == 0


def test_a_database_on_a_full_disk_can_be_backed_up_elsewhere(kb, disk, full, in_process):
    disk.fill()

    assert run(full, "backup", kb.streams / "sauvegarde.zip").code == 0
    restored = replace(kb, folder=kb.streams / "ailleurs")
    assert restored("restore", kb.streams / "sauvegarde.zip").code == 0
    assert restored("export").out == in_process("export").out


@pytest.mark.parametrize("free_bytes", [0, 100_000, 400_000])
def test_a_backup_onto_a_disk_without_room_leaves_the_one_that_was_there(kb, disk, full, filled, free_bytes):
    base = replace(kb, folder=shutil.copytree(filled, kb.streams / "ici"))
    target = disk.seen / "sauvegarde.zip"
    assert base("backup", target).code == 0
    former = target.read_bytes()
    (disk.seen / "place").write_bytes(bytes(free_bytes))
    disk.fill()
    (disk.seen / "place").unlink()

    command = replace(base, prefix=disk.prefix)
    answer = run(command, "backup", disk.place / "sauvegarde.zip")

    assert (answer.code, answer.out) == (1, "")
    assert answer.err in (FULL, NO_ROOM)
    assert target.read_bytes() == former
    assert names_in(disk.seen) == ["base", "lest", "lest-1", "lest-4096", "lest-512", "sauvegarde.zip"]
