"""Three machines of `failover.py`: network namespaces on one bridge, each with etcd, Patroni with PostgreSQL, and Kb.

`in_namespaces` starts the program again with its own processes, mounts and network. The kernel removes everything that
was started or created there when it ends, however it ends. The settings are those of `deploy/patroni`.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg

from bench.harness import KB, ROOT, check

NODES = 3
PORT = 8000
_SETTINGS = ROOT / "deploy" / "patroni"
_ENTERED = "KB_STORM_NAMESPACES"
_UNSHARE = ("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
_PROGRAMS = ("unshare", "nsenter", "ip", "setpriv", "etcd", "patroni")
_PASSWORDS = {"PASSWORD_OF_POSTGRES": "one", "PASSWORD_OF_REPLICATOR": "two", "PASSWORD_OF_REWIND": "three"}
_HELD = "100"
_PASSWORD = "four"


def missing() -> str:
    """The reason why such machines cannot be created here; empty if they can."""
    if os.getuid() != 0:
        return "only root makes network namespaces"
    if absent := [name for name in _PROGRAMS if shutil.which(name) is None]:
        return f"not installed: {', '.join(absent)} (Debian: etcd-server, patroni, iproute2, util-linux)"
    if not _programs_of_postgres():
        return "not installed: postgresql"
    script = (
        "mount -t tmpfs tmpfs /run/netns && ip link add to1 type veth peer name eth0 && ip link add lan type bridge"
    )
    Path("/run/netns").mkdir(exist_ok=True)
    tried = subprocess.run([*_UNSHARE, "sh", "-c", script], capture_output=True, text=True, check=False)
    return f"no network namespaces: {tried.stderr.strip()}" if tried.returncode else ""


def in_namespaces() -> Path:
    """Continue in new namespaces, with a bridge at 10.0.0.254; returns a folder there, which is removed with them.

    Ends the program with a message if that is not possible.
    """
    if not os.environ.get(_ENTERED):
        if missing_programs := missing():
            raise SystemExit(missing_programs)
        # The shell is process 1 there: it reaps orphans, such as PostgreSQL's.
        shell = ("sh", "-c", '"$@" & wait $!', "sh")
        os.environ[_ENTERED] = "1"
        os.execvp(_UNSHARE[0], [*_UNSHARE, *shell, sys.executable, *sys.orig_argv[1:]])
    _run("mount", "-t", "tmpfs", "tmpfs", "/run/netns")
    # In memory: only processes are killed, and the power does not fail.
    _run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/mnt")
    _run("ip", "link", "set", "lo", "up")
    _run("ip", "link", "add", "lan", "type", "bridge")
    _run("ip", "address", "add", "10.0.0.254/24", "dev", "lan")
    _run("ip", "link", "set", "lan", "up")
    return Path("/mnt")


class Node:
    """One machine. A killed process is started again by the method that started it first."""

    def __init__(self, number: int, folder: Path, settings: Mapping[str, str]) -> None:
        self.number, self.name, self.address = number, f"node{number}", f"10.0.0.{number}"
        self.folder = folder / self.name
        self.folder.mkdir()
        self._changes = {"THIS_NODE": self.name, "THIS_ADDRESS": self.address, **_PASSWORDS, **settings}
        self._changes |= {
            "/usr/lib/postgresql/17/bin": str(_programs_of_postgres()),
            "/var/lib/postgresql/17": str(self.folder),
            "/var/lib/postgresql": str(self.folder),
            "/var/run/postgresql": str(self.folder),
            "/var/lib/etcd": str(self.folder / "etcd"),
        }
        shutil.chown(self.folder, "postgres", "postgres")
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        _run("ip", "netns", "add", self.name)
        _run("ip", "link", "add", f"to{number}", "type", "veth", "peer", "name", "eth0", "netns", self.name)
        _run("ip", "link", "set", f"to{number}", "master", "lan", "up")
        self._ip("address", "add", f"{self.address}/24", "dev", "eth0")
        for device in ("lo", "eth0"):
            self._ip("link", "set", device, "up")

    def _ip(self, *arguments: str) -> None:
        _run("ip", "-n", self.name, *arguments)

    def _text(self, name: str) -> str:
        text = (_SETTINGS / name).read_text(encoding="utf-8")
        for before, after in self._changes.items():
            text = text.replace(before, after)
        return text

    def _start(self, name: str, *command: str, user: str = "", environment: Mapping[str, str]) -> None:
        user_options = ("setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups") if user else ()
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                ["nsenter", f"--net=/run/netns/{self.name}", *user_options, *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**_own_environment(), **environment},
                cwd=self.folder,
            )

    def start_etcd(self) -> None:
        pairs = re.findall(r"^(\w+)=(.+)$", self._text("etcd"), re.MULTILINE)
        # Two cores for all: a member that waits for a core is not dead.
        slow = {"ETCD_HEARTBEAT_INTERVAL": "200", "ETCD_ELECTION_TIMEOUT": "2000", "ETCD_LOG_LEVEL": "warn"}
        self._start("etcd", "etcd", environment={**dict(pairs), **slow})

    def start_patroni(self) -> None:
        path = self.folder / "patroni.yml"
        path.write_text(self._text("patroni.yml"), encoding="utf-8")
        self._start("patroni", "patroni", str(path), user="postgres", environment={"HOME": str(self.folder)})

    @property
    def environment(self) -> dict[str, str]:
        """The settings of Kb."""
        hosts = ",".join(f"10.0.0.{number}" for number in range(1, NODES + 1))
        return {
            "KB_DATA": str(self.folder / "kb"),
            "KB_STORE_URL": f"postgresql+psycopg://kb:{_PASSWORD}@{hosts}/florilege?target_session_attrs=read-write",
            "KB_LANGUAGE": "en",
            "KB_LINK_CHECK_DAYS": "0",
            "KB_FETCH": "off",
            "KB_RATE_READ": "0",
            "KB_RATE_WRITE": "0",
            "PYTHONPATH": str(ROOT),
        }

    def start_kb(self) -> None:
        self._start("kb", *KB, "serve", "--host", self.address, "--port", str(PORT), environment=self.environment)

    def run_kb(self, *arguments: str) -> tuple[int, str]:
        """The exit code and the output of a command of Kb on this machine."""
        ended = subprocess.run(
            ["nsenter", f"--net=/run/netns/{self.name}", *KB, *arguments],
            capture_output=True,
            text=True,
            check=False,
            env={**_own_environment(), **self.environment},
        )
        return ended.returncode, ended.stdout + ended.stderr

    def pids(self, name: str) -> list[int]:
        """A process and its descendants; for Patroni also PostgreSQL, which survives it."""
        first = [self.processes[name].pid]
        if name == "patroni":
            with suppress(OSError, ValueError, IndexError):
                first.append(int((self.folder / "florilege" / "postmaster.pid").read_text().split()[0]))
        return _with_descendants(first)

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to all processes of a program. They are stopped first, so that none sees the end of another
        one.
        """
        pids = self.pids(name)
        for each in (signal.SIGSTOP, number) if number == signal.SIGKILL else (number,):
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, each)
        if number == signal.SIGKILL:
            self.processes[name].wait()

    def set_link(self, state: str) -> None:
        """`down` cuts the machine off from all others and from the clients."""
        _run("ip", "link", "set", f"to{self.number}", state)

    def hold_replication(self) -> None:
        """Drop what PostgreSQL sends to its standbys from now on. Kb and etcd still reach this machine."""
        with self.superuser() as connection:
            standbys = connection.execute("SELECT host(client_addr), client_port FROM pg_stat_replication").fetchall()
        for address, port in standbys:
            rule = ("to", address, "ipproto", "tcp", "sport", "5432", "dport", str(port))
            self._ip("rule", "add", "pref", _HELD, *rule, "blackhole")

    def let_replicate(self) -> None:
        """Undo `hold_replication`."""
        while (
            subprocess.run(
                ["ip", "-n", self.name, "rule", "del", "pref", _HELD], capture_output=True, check=False
            ).returncode
            == 0
        ):
            pass

    def superuser(self) -> psycopg.Connection[Any]:
        """A connection to PostgreSQL on this machine."""
        password = _PASSWORDS["PASSWORD_OF_POSTGRES"]
        return psycopg.connect(
            f"host={self.address} user=postgres dbname=postgres password={password}", autocommit=True
        )

    def get(self, path: str, port: int) -> tuple[int, Any]:
        """Status and JSON of an address on this machine; (0, None) without a response in two seconds."""
        try:
            with urllib.request.urlopen(f"http://{self.address}:{port}{path}", timeout=2) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, None
        except (OSError, ValueError):
            return 0, None

    def log(self, name: str, lines: int = 15) -> str:
        path = self.folder / f"{name}.log"
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else ""


class Cluster:
    """The machines; `settings` are replacements in the files of `deploy/patroni`."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        self.nodes = [Node(number, folder, settings) for number in range(1, NODES + 1)]

    def start(self, accounts: Callable[[str], None]) -> None:
        """Start all programs. `accounts` is called with the address of the database before Kb serves it."""
        for node in self.nodes:
            node.start_etcd()
        for node in self.nodes:
            node.start_patroni()
        self.until(lambda: self.leader() is not None, 90, "a leader")
        leader = self.leader()
        assert leader is not None
        self._create_database(leader)
        self.until(self.is_whole, 90, "two standbys, one of them synchronous")
        code, output = leader.run_kb("migrate")
        check(code == 0, f"kb migrate: {output}")
        accounts(leader.environment["KB_STORE_URL"])
        for node in self.nodes:
            node.start_kb()
        self.until(self.is_whole, 60, "three machines that answer")

    def stop(self) -> None:
        """Kill everything."""
        for node in self.nodes:
            for name in node.processes:
                node.signal(name, signal.SIGKILL)

    def _create_database(self, leader: Node) -> None:
        with leader.superuser() as connection:
            connection.execute(f"CREATE ROLE kb LOGIN PASSWORD '{_PASSWORD}'")
            connection.execute("CREATE DATABASE florilege OWNER kb ENCODING 'UTF8' TEMPLATE template0")

    def members(self) -> list[dict[str, Any]]:
        """The members of the cluster in the view of most machines: that of the one with the newest leader."""
        views = [view["members"] for node in self.nodes if (view := node.get("/cluster", 8008)[1])]
        return max(views, key=lambda members: max(member.get("timeline") or 0 for member in members), default=[])

    def leader(self) -> Node | None:
        """The machine whose PostgreSQL is the leader by its own account."""
        answers = [node for node in self.nodes if node.get("/leader", 8008)[0] == 200]
        return answers[0] if len(answers) == 1 else None

    def is_whole(self) -> bool:
        """Whether there are a leader and two streaming standbys, one of them synchronous, and every running Kb is
        ready.
        """
        members = self.members()
        roles = [member["role"] for member in members]
        streaming = [member for member in members if member["role"] != "leader" and member.get("state") == "streaming"]
        serving = [node for node in self.nodes if "kb" in node.processes]
        return (
            self.leader() is not None
            and roles.count("leader") == 1
            and len(streaming) == NODES - 1
            and all(node.get("/readyz", PORT)[0] == 200 for node in serving)
        )

    def until(self, holds: Callable[[], bool], seconds: float, condition_name: str) -> None:
        """Wait for a condition; end the program with the logs if it does not become true."""
        end = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > end:
                logs = "\n".join(
                    f"--- {node.name} {name}\n{node.log(name)}" for node in self.nodes for name in node.processes
                )
                raise SystemExit(f"After {seconds:.0f} s there was not: {condition_name}\n{self.members()}\n{logs}")
            time.sleep(0.2)


def _run(*command: str) -> None:
    subprocess.run(command, check=True)


def _own_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("KB_", "PG", "ETCD", "PATRONI"))}


def _programs_of_postgres() -> Path | None:
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    return folders[-1] if folders else None


def _with_descendants(pids: list[int]) -> list[int]:
    parents: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parent = int(path.read_text(errors="replace").rpartition(") ")[2].split()[1])
            parents.setdefault(parent, []).append(int(path.parent.name))
    ports: list[int] = []
    waiting = list(pids)
    while waiting:
        pid = waiting.pop()
        if pid not in ports:
            ports.append(pid)
            waiting += parents.get(pid, [])
    return ports
