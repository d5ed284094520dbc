"""The clients of `failover.py`: they write, search, and record the responses."""

import http.client
import json
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from urllib.parse import quote

from bench.storms.failover_cluster import PORT, Node
from kb.access.actor import OPERATOR
from kb.errors import FlorilegeError
from kb.model.people.group import Role
from kb.services.core.library import Library
from kb.services.groups.membership import remove_member, set_role

PUBLIC, PRIVATE = "ouvert", "ferme"
PUBLIC_WORD, PRIVATE_WORD = "courgette", "huissier"
"""A word of all items, and a word of the items of the private group."""
_CONNECT, _WRITE, _READ = 2.0, 20.0, 10.0
"""Seconds after which a client tries the next machine."""


@dataclass
class Log:
    """The events of all clients together."""

    acknowledged: dict[str, str] = field(default_factory=dict)
    """The title of each item whose creation was acknowledged, and its id."""
    sent: set[str] = field(default_factory=set)
    writes: list[float] = field(default_factory=list)
    """The time of each acknowledgement."""
    reads: list[tuple[float, str]] = field(default_factory=list)
    """The time of each page of results, and its reader."""
    slowest: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    writing: dict[str, str] = field(default_factory=dict)
    """The machine to which each writer has sent a request without a response yet."""

    def count(self, event: str) -> None:
        with self.lock:
            self.counts[event] += 1

    def fail(self, kind: str, sentence: str) -> None:
        with self.lock:
            self.counts[kind] += 1
            self.broken.append(f"{kind}: {sentence}")


class Client(threading.Thread):
    """A thread that sends requests to one machine, and to another one if that does not respond."""

    def __init__(self, name: str, nodes: Sequence[Node], log: Log, token: str, seed: int) -> None:
        super().__init__(name=name, daemon=True)
        self.chance = random.Random(f"{seed} {name}")
        self.nodes, self.log, self.token = nodes, log, token
        self.place = self.chance.randrange(len(nodes))
        self.ending = threading.Event()

    @property
    def node(self) -> Node:
        return self.nodes[self.place]

    def move(self) -> None:
        self.place = (self.place + self.chance.randint(1, len(self.nodes) - 1)) % len(self.nodes)

    def ask(self, method: str, path: str, seconds: float, **more: Any) -> tuple[int, dict[str, str], Any] | None:
        """Status, headers and JSON; None without a response."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers |= more.get("headers", {})
        connection = http.client.HTTPConnection(self.node.address, PORT, timeout=_CONNECT)
        try:
            connection.connect()
            connection.sock.settimeout(seconds)
            connection.request(method, f"/api/v1{path}", more.get("body"), headers)
            answer = connection.getresponse()
            body = answer.read()
            named = {name.lower(): value for name, value in answer.headers.items()}
            return answer.status, named, json.loads(body) if body else None
        except (OSError, http.client.HTTPException, ValueError):
            return None
        finally:
            connection.close()

    def search(self, query: str) -> Any:
        """The results of the next machine that responds, or None when the load ends."""
        while not self.ending.is_set():
            started = time.monotonic()
            answer = self.ask("GET", f"/search?q={quote(query)}&sort=recent", _READ)
            seconds = time.monotonic() - started
            if answer is not None and answer[0] == 200:
                with self.log.lock:
                    self.log.slowest = max(self.log.slowest, seconds)
                return answer[2] | {"behind": "x-search-behind" in answer[1]}
            if answer is None:
                self.log.count("reads without an answer")
            else:
                self.log.count(f"reads answered {answer[0]}")
            self.move()
            self.ending.wait(0.05)
        return None


class Writer(Client):
    """Creates items, each with a key, and repeats a request until its result is known. Then it searches for the item,
    on any machine.
    """

    def run(self) -> None:
        number = 0
        while not self.ending.is_set():
            number += 1
            self._create(f"{self.name} {number}", number % 2 == 0)
            self.ending.wait(self.chance.uniform(0.02, 0.1))

    def _create(self, name: str, is_private: bool) -> None:
        word = "mot" + "".join(chr(ord("a") + int(digit)) for digit in name.replace("writer ", "").replace(" ", ""))
        title = f"{word} {PUBLIC_WORD} {PRIVATE_WORD if is_private else ''}".strip()
        sent = json.dumps({"group": PRIVATE if is_private else PUBLIC, "title": title})
        headers = {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
        self.log.sent.add(title)
        tries = 0
        while not self.ending.is_set():
            self.log.writing[self.name] = self.node.name
            answer = self.ask("POST", "/items", _WRITE, body=sent, headers=headers)
            self.log.writing.pop(self.name, None)
            tries += 1
            if answer is not None and answer[0] == 201:
                with self.log.lock:
                    self.log.acknowledged[title] = answer[2]["id"]
                    self.log.writes.append(time.monotonic())
                    self.log.counts["writes repeated"] += tries > 1
                self._search_own(word, answer[2]["id"])
                return
            if answer is None:
                self.log.count("writes without an answer")
            elif answer[0] == 503:
                self.log.count("writes answered 503")
                if "retry-after" not in answer[1]:
                    self.log.fail("wrong", f"503 without Retry-After from {self.node.name}")
            else:
                self.log.fail("wrong", f"{title} was answered {answer[0]} {answer[2]}")
            self.move()
            self.ending.wait(0.2)

    def _search_own(self, word: str, item_id: str) -> None:
        self.place = self.chance.randrange(len(self.nodes))
        match = self.search(word)
        if match is None or any(item["id"] == item_id for item in match["items"]):
            self.log.count("own writes searched")
        elif match.get("behind"):
            self.log.count("own writes that a page said it may lack")
        else:
            self.log.fail("stale", f"{word} was not found on {self.node.name}")


class Reader(Client):
    """Searches for words of all items, or of the private ones. Either `may_read` the private group, or must not see any
    of it.
    """

    def __init__(self, *arguments: Any, may_read: bool) -> None:
        super().__init__(*arguments)
        self.may_read = may_read

    def run(self) -> None:
        while not self.ending.is_set():
            self.look()
            self.ending.wait(self.chance.uniform(0.02, 0.1))

    def look(self) -> None:
        """One search."""
        # As behind a load balancer: clients in step would all wait for the same machine.
        self.place = self.chance.randrange(len(self.nodes))
        query = self.chance.choice((PUBLIC_WORD, PRIVATE_WORD))
        match = self.search(query)
        if match is not None:
            with self.log.lock:
                self.log.reads.append((time.monotonic(), self.name))
            if not self.may_read and (private_text := private_parts(match, query)):
                self.log.fail("seen", f"{self.name} on {self.node.name}: {private_text}")


class FormerMember(Reader):
    """Is added to the private group and removed again; once the removal is acknowledged, it must not see any of it."""

    def __init__(self, *arguments: Any, library: Library, login: str) -> None:
        super().__init__(*arguments, may_read=False)
        self.library, self.login = library, login

    def run(self) -> None:
        while not self.ending.is_set():
            self._surely(lambda: set_role(self.library, OPERATOR, PRIVATE, self.login, Role.READER))
            self.ending.wait(0.3)
            self._surely(lambda: remove_member(self.library, OPERATOR, PRIVATE, self.login))
            for _ in range(10):
                if not self.ending.is_set():
                    self.look()
            self.log.count("memberships ended")

    def _surely(self, act: Any) -> None:
        """Repeat an action until it is acknowledged, or has turned out to be done."""
        while not self.ending.is_set():
            try:
                act()
            except FlorilegeError as error:
                if type(error).__name__ == "NotFound":
                    return
                self.ending.wait(0.2)
            else:
                return


def private_parts(results: Any, query: str) -> str:
    """The private content on a results page; empty if there is none."""
    groups = [value["value"] for value in results["facets"]["group"]]
    titles = [item["title"] for item in results["items"] if PRIVATE_WORD in item["title"]]
    if PRIVATE in groups or titles:
        return f"groups {groups}, titles {titles[:2]}"
    return f"a total of {results['total']} for {query}" if query == PRIVATE_WORD and results["total"] else ""


def longest_gap(times: Sequence[float], start: float, end: float) -> float:
    """Seconds of the longest interval, between two times, without any of these events."""
    within = [start, *sorted(moment for moment in times if start <= moment <= end), end]
    return max(later - earlier for earlier, later in pairwise(within))
