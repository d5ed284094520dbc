"""Eight programs change the same items at once, and no change may be lost: `python bench/storms/edit_storm.py`.

They save, change (with and without If-Match), annotate, reply, remove and restore, rename tags and undo, as four users,
by the API of a real server and in a separate process; now and then a worker or the background process is killed. At the
end every acknowledged change is stored, or was replaced by a later one (`edit_log.py`); the index and the store agree;
an export is imported unchanged. `--clients 8 --rounds 500 --kills 12 --seed N`.
"""

import argparse
import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from bench.harness import Base, Tally, children_of
from bench.storms.edit_log import Broken, Log
from bench.storms.edit_programs import GROUP, PEOPLE, Program, Server, World
from kb.access.actor import OPERATOR
from kb.model.items.item import Item
from kb.model.items.moderation import RemovalKind
from kb.model.people.account import TokenScope
from kb.model.people.group import Role
from kb.services.accounts.account_lifecycle import NewAccount, add_account
from kb.services.accounts.api_tokens import NewToken, add_token
from kb.services.core.library import Library
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import set_role
from kb.settings import default_settings_in
from kb.site import open_library


def add_group_and_tokens(library: Library, clients: int) -> list[str]:
    """A group with moderators, and the token of each program."""
    add_group(library, OPERATOR, GROUP, "Tempête")
    for number in range(PEOPLE):
        add_account(library, OPERATOR, NewAccount(f"personne-{number}"))
        set_role(library, OPERATOR, GROUP, f"personne-{number}", Role.MODERATOR)
    logins = [f"personne-{number % PEOPLE}" for number in range(clients)]
    return [add_token(library, OPERATOR, NewToken(TokenScope.WRITE), login)[1] for login in logins]


def killing(base: Base, world: World, tally: Tally, at: Iterable[int], rng: random.Random) -> None:
    """Kill a worker or the background process each time a number of rounds is over."""
    for number, rounds in enumerate(at, 1):
        while world.rounds < rounds:
            if world.rounds < 0:
                return
            time.sleep(0.02)
        role = "background" if number % 3 == 0 else "web"
        pids = [pid for pid, name in children_of(world.server.process.pid).items() if name == role]
        if pids:
            tally.kill(base, role, [rng.choice(pids)])


def at_the_end(library: Library, log: Log) -> tuple[int, int]:
    """Compare with the database; returns the numbers of present items and of items in the trash."""
    with library.store.read() as reading:
        present = reading.items.any_of(list(reading.items.ids()))
        group = reading.groups.by_slug(GROUP)
        assert group is not None
        binned: dict[str, Item] = {}
        parts: dict[str, set[str]] = {}
        for removal in reading.moderation.removals_of_group(group.id, RemovalKind.REMOVED, 10**6):
            content = reading.moderation.removed_content(removal)
            if content.item is not None:
                binned[removal.item_id] = content.item
            elif removal.annotation_id is not None:
                parts.setdefault(removal.item_id, set()).add(removal.annotation_id)
    ids_written = set(log.writes)
    if set(present) | set(binned) != ids_written:
        raise Broken(f"items that nobody kept: {(set(present) | set(binned)) - ids_written}")
    log.check(present, binned, parts)
    return len(present), len(binned)


def comes_back_equal(base: Base, folder: Path) -> None:
    """Check that an export is the same after an import into an empty database."""
    path = folder / "export.jsonl"
    path.write_text(base.call("export"), encoding="utf-8")
    other = Base(folder / "other")
    other.call("migrate")
    other.call("import", str(path))
    if other.call("export") != path.read_text(encoding="utf-8"):
        raise Broken("an export did not come back equal")


def storm(folder: Path, clients: int, rounds: int, kills: int, seed: int) -> str:
    base, tally = Base(folder / "data", is_forked=True), Tally()
    base.environment |= {"KB_RATE_WRITE": "0", "KB_RATE_READ": "0"}
    base.call("migrate")
    library = open_library(default_settings_in(base.folder))
    secrets = add_group_and_tokens(library, clients)
    world = World(Server(base), library)
    programs = [Program(place, world, secret, seed) for place, secret in enumerate(secrets)]
    threads = [threading.Thread(target=program.run, args=(rounds,)) for program in programs]
    at = [clients * rounds * number // (kills + 1) for number in range(1, kills + 1)]
    killer = threading.Thread(target=killing, args=(base, world, tally, at, random.Random(seed)))
    started = time.monotonic()
    for thread in (*threads, killer):
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.monotonic() - started
    world.rounds = -1 if any(program.failure for program in programs) else clients * rounds
    killer.join()
    world.server.process.terminate()
    world.server.process.wait()
    for program in programs:
        if program.failure is not None:
            raise program.failure
    log, counts = Log(), Counter[str]()
    for program in programs:
        log.join(program.log)
        counts.update(program.done)
    present, binned = at_the_end(library, log)
    library.close()
    checked = base.call("index", "check").strip()
    comes_back_equal(base, folder)
    summary = ", ".join(f"{name} {number}" for name, number in sorted(counts.items()))
    return (
        f"{clients} programs, {rounds} rounds each in {seconds:.0f} s: {summary}\n"
        f"{present} items are there, {binned} in the bin; {len(log.words)} annotations and replies were written\n"
        f"{tally.report()}\n{checked}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=500)
    parser.add_argument("--kills", type=int, default=12)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="storm-") as folder:
        try:
            print(storm(Path(folder), arguments.clients, arguments.rounds, arguments.kills, arguments.seed))
        except Broken as error:
            raise SystemExit(f"Broken: {error}") from None
        print("Nothing acknowledged was lost, and nobody wrote over what they had not read.")


if __name__ == "__main__":
    main()
