"""Kill, stop and cut one of three machines while clients write and search: `python bench/storms/failover.py`.

Each machine is a network namespace with a member of etcd, Patroni with PostgreSQL, and `kb serve`. The leader of
PostgreSQL is killed, stopped or cut off from the others, or a member of etcd is killed, or `kb serve` during a write.
Each is restored once others have taken over. No acknowledged write may be lost or executed twice, a search without the
user's own write must say so, no user may see private content without the right, and one machine must answer searches
all the time. `--negative-control` turns synchronous replication off, and must lose acknowledged writes: this proves
that losses are detected.

Needs root, and the Debian packages etcd-server, patroni and postgresql. `--events 20 --seed N --writers 4 --readers 4`.
"""

import argparse
import random
import time
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from signal import SIGCONT, SIGKILL, SIGSTOP

import psycopg

from bench.harness import check
from bench.storms.failover_clients import PRIVATE, PUBLIC, Client, FormerMember, Log, Reader, Writer, longest_gap
from bench.storms.failover_cluster import PORT, Cluster, Node, in_namespaces
from kb.access.actor import OPERATOR
from kb.model.people.account import TokenScope
from kb.model.people.group import Role, Visibility
from kb.services.accounts.account_lifecycle import NewAccount, add_account
from kb.services.accounts.api_tokens import NewToken, add_token
from kb.services.core.library import Library
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import set_role
from kb.settings import default_settings_in
from kb.site import open_library

EVENTS = ("leader killed", "leader cut", "kb killed", "leader stopped", "etcd killed")
CONTROL = {
    "synchronous_mode: true": "synchronous_mode: false",
    "synchronous_mode_strict: true": "synchronous_mode_strict: false",
    "synchronous_commit: remote_apply": "synchronous_commit: local",
    "maximum_lag_on_failover: 1048576": "maximum_lag_on_failover: 1048576000",
}
HELD = 1.5
"""Seconds for which a leader that will be killed cannot reach its standbys, so that they lack its last writes."""
AFTER = 2.0
"""Seconds of load after a machine has taken over, before the other one is restored."""


class Storm:
    """The machines, their clients, and the failures."""

    def __init__(self, cluster: Cluster, seed: int) -> None:
        self.cluster, self.seed = cluster, seed
        self.chance = random.Random(seed)
        self.log = Log()
        self.clients: list[Client] = []
        self.tokens: dict[str, str] = {}
        self.library: Library | None = None

    def add_people(self, url: str, writers: int) -> None:
        """Two groups, and the accounts and tokens of all clients."""
        settings = default_settings_in(self.cluster.nodes[0].folder.parent / "clients")
        self.library = library = open_library(replace(settings, store_url=url))
        add_group(library, OPERATOR, PUBLIC, visible=Visibility.EVERYONE)
        add_group(library, OPERATOR, PRIVATE, visible=Visibility.MEMBERS)
        roles = {f"writer {number}": Role.MEMBER for number in range(writers)} | {"member": Role.READER}
        for name in (*roles, "outsider", "former-member"):
            login = name.replace(" ", "-")
            add_account(library, OPERATOR, NewAccount(login))
            if name in roles:
                set_role(library, OPERATOR, PRIVATE, login, roles[name])
                set_role(library, OPERATOR, PUBLIC, login, roles[name])
            scope = TokenScope.WRITE if name in roles else TokenScope.READ
            self.tokens[name] = add_token(library, OPERATOR, NewToken(scope), login)[1]

    def start_clients(self, writers: int, readers: int) -> None:
        nodes = self.cluster.nodes
        for number in range(writers):
            name = f"writer {number}"
            self.clients.append(Writer(name, nodes, self.log, self.tokens[name], self.seed))
        kinds = (("public", "", False), ("member", self.tokens["member"], True))
        kinds += (("outsider", self.tokens["outsider"], False),)
        for number in range(readers - 1):
            kind, token, may_read = kinds[number % len(kinds)]
            self.clients.append(Reader(f"{kind} {number}", nodes, self.log, token, self.seed, may_read=may_read))
        assert self.library is not None
        token = self.tokens["former-member"]
        self.clients.append(
            FormerMember(
                "former member", nodes, self.log, token, self.seed, library=self.library, login="former-member"
            )
        )
        for client in self.clients:
            client.start()

    def events(self, count: int) -> None:
        """Each kind as often as the others, in a random order."""
        kinds = [EVENTS[number % len(EVENTS)] for number in range(count)]
        self.chance.shuffle(kinds)
        end = time.monotonic()
        for number, kind in enumerate(kinds, 1):
            started = end
            self.calm()
            victim = self.strike(kind)
            struck = time.monotonic()
            written = len(self.log.writes)
            enough = written + 20
            self.cluster.until(lambda enough=enough: len(self.log.writes) > enough, 120, "writes after the event")
            time.sleep(AFTER)
            self.heal(kind, victim)
            healed = time.monotonic()
            self.cluster.until(self.cluster.is_whole, 120, f"a whole cluster after “{kind}”")
            end = time.monotonic()
            writing = longest_gap(self.log.writes, started, end)
            print(
                f"{number:2} {kind} on {victim.name}: no write for {writing:.1f} s, no search for"
                f" {longest_gap([at for at, _ in self.log.reads], started, end):.1f} s; healed after"
                f" {healed - struck:.0f} s, whole after {end - healed:.0f} s",
                flush=True,
            )

    def calm(self) -> None:
        """Wait until all machines are healthy, and a random moment longer."""
        self.cluster.until(self.cluster.is_whole, 120, "a whole cluster")
        time.sleep(self.chance.uniform(1, 3))

    def strike(self, kind: str) -> Node:
        leader = self.cluster.leader()
        check(leader is not None, "there is no leader")
        assert leader is not None
        match kind:
            case "leader killed":
                leader.hold_replication()
                time.sleep(HELD)
                # Replication stays blocked: otherwise the kernel would still send the data of dead processes.
                leader.signal("patroni", SIGKILL)
                return leader
            case "leader stopped":
                leader.signal("patroni", SIGSTOP)
                return leader
            case "leader cut":
                leader.set_link("down")
                return leader
            case "etcd killed":
                victim = self.chance.choice(self.cluster.nodes)
                victim.signal("etcd", SIGKILL)
                return victim
            case _:
                return self.kill_writing_kb()

    def kill_writing_kb(self) -> Node:
        """Kill all processes of `kb serve` on a machine with a write that is not acknowledged yet."""
        end = time.monotonic() + 20
        victim = self.chance.choice(self.cluster.nodes)
        while victim.name not in list(self.log.writing.values()) and time.monotonic() < end:
            time.sleep(0.001)
        victim.signal("kb", SIGKILL)
        return victim

    def heal(self, kind: str, victim: Node) -> None:
        match kind:
            case "leader killed":
                victim.let_replicate()
                victim.start_patroni()
            case "leader stopped":
                victim.signal("patroni", SIGCONT)
            case "leader cut":
                victim.set_link("up")
            case "etcd killed":
                victim.start_etcd()
            case _:
                victim.start_kb()

    def stop_clients(self) -> None:
        for client in self.clients:
            client.ending.set()
        for client in self.clients:
            client.join(30)
            check(not client.is_alive(), f"{client.name} still waits for an answer")

    def compare(self) -> tuple[int, int]:
        """The number of acknowledged writes that are lost, and of writes executed twice, on the machine with the most
        of them.
        """
        self.cluster.until(self.cluster.is_whole, 120, "a whole cluster at the end")
        lost = doubled = 0
        for node in self.cluster.nodes:
            url = node.environment["KB_STORE_URL"].replace("+psycopg", "").partition("@")[0]
            titles: Counter[str] = Counter()
            self.cluster.until(lambda node=node, url=url: bool(_titles(url, node)), 30, f"PostgreSQL on {node.name}")
            titles.update(_titles(url, node))
            lost = max(lost, len(self.log.acknowledged.keys() - titles.keys()))
            doubled = max(doubled, sum(count > 1 for count in titles.values()))
            check(titles.keys() <= self.log.sent, "there are items that nobody sent")
        return lost, doubled

    def check_indexes(self) -> int:
        """The number of machines whose index differs from the database."""
        differing = 0
        for node in self.cluster.nodes:
            with suppress(SystemExit):
                self.cluster.until(
                    lambda node=node: (node.get("/readyz", PORT)[1] or {}).get("index") == "current", 30, "an index"
                )
            code, output = node.run_kb("index", "check")
            print(f"{node.name}: {output.strip().splitlines()[-1]}")
            differing += code != 0
        return differing


def _titles(url: str, node: Node) -> list[str]:
    with psycopg.connect(f"{url}@{node.address}/florilege") as connection:
        return [title for (title,) in connection.execute("SELECT title FROM items")]


def storm(folder: Path, events: int, writers: int, readers: int, seed: int, *, is_control: bool) -> bool:
    """Run the storm, print its figures, and return whether all checks passed."""
    cluster = Cluster(folder, CONTROL if is_control else {})
    try:
        return _storm(cluster, events, writers, readers, seed, is_control=is_control)
    finally:
        cluster.stop()


def _storm(cluster: Cluster, events: int, writers: int, readers: int, seed: int, *, is_control: bool) -> bool:
    run = Storm(cluster, seed)
    cluster.start(lambda url: run.add_people(url, writers))
    run.start_clients(writers, readers)
    started = time.monotonic()
    cluster.until(lambda: len(run.log.writes) > 20 and len(run.log.reads) > 20, 60, "a first write and search")
    began = time.monotonic()
    run.events(events)
    ended = time.monotonic()
    run.stop_clients()
    log = run.log
    lost, doubled = run.compare()
    differing = run.check_indexes()
    reads = [at for at, _ in log.reads]
    worst = max(
        longest_gap([at for at, name in log.reads if name == reader_name], began, ended)
        for reader_name in {name for _, name in log.reads} - {"former member"}
    )
    for sentence in log.broken[:20]:
        print(sentence)
    print(", ".join(f"{event}: {count}" for event, count in sorted(log.counts.items())))
    print(
        f"{events} events in {ended - started:.0f} s; {len(log.acknowledged)} acknowledged writes:"
        f" {lost} lost, {doubled} doubled;"
        f" {log.counts['stale']} searches stale; {log.counts['seen']} seen by who may not;"
        f" {len(reads)} searches, the slowest {log.slowest:.1f} s\n"
        f"longest time without a write {longest_gap(log.writes, began, ended):.1f} s, without a search"
        f" {longest_gap(reads, began, ended):.1f} s, of one reader {worst:.1f} s"
    )
    if is_control:
        return lost > 0
    return not (lost or doubled or log.broken or differing)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=20)
    parser.add_argument("--writers", type=int, default=4)
    parser.add_argument("--readers", type=int, default=4)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--negative-control", action="store_true")
    arguments = parser.parse_args()
    folder = in_namespaces()
    print(f"seed {arguments.seed}", flush=True)
    is_well = storm(
        folder,
        arguments.events,
        arguments.writers,
        arguments.readers,
        arguments.seed,
        is_control=arguments.negative_control,
    )
    if arguments.negative_control:
        check(is_well, "the control lost nothing, so the storm might not see a loss")
        print("Without synchronous replication acknowledged writes are lost, and the storm sees it.")
    else:
        check(is_well, "see above")
        print("Nothing acknowledged was lost or done twice, and searching never stopped.")


if __name__ == "__main__":
    main()
