"""The programs of `edit_storm.py`: each changes random content, and records the responses."""

import http.client
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bench.harness import Base
from bench.storms.edit_log import FIELDS, Broken, Log, Moved, Worded, Write, fields_of
from kb.access.actor import Actor
from kb.errors import FlorilegeError
from kb.model.items.item import Item
from kb.model.items.item_fields import fields_of_item as form_of
from kb.model.items.moderation import RemovalKind
from kb.services.authentication.authentication import actor_of_token
from kb.services.core.idempotency import in_one_transaction
from kb.services.core.library import Library
from kb.services.items.item_edit import edit_item
from kb.services.moderation.moderation_actions import restore_content
from kb.services.tags.tag_edit import rename_tags
from kb.services.undo.undo import undo_action

API, GROUP, PEOPLE, HOT = "/api/v1", "tempete", 4, 20
JSON = {"Content-Type": "application/json"}
Answer = tuple[int, dict[str, str], Any]


class Server:
    """`kb serve` with two workers, each of which may be killed."""

    def __init__(self, base: Base) -> None:
        self.process, self.port = base.serve("--workers", "2")
        # Its output would otherwise fill its pipe.
        threading.Thread(target=self.process.stderr.read, daemon=True).start()  # type: ignore[union-attr]

    def ask(self, method: str, path: str, sent: object, headers: dict[str, str]) -> Answer | None:
        """The response; None if there was none."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, API + path, None if sent is None else json.dumps(sent), headers)
            answer = connection.getresponse()
            body = answer.read()
            named = {name.lower(): value for name, value in answer.headers.items()}
            return answer.status, named, json.loads(body) if body else None
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()


@dataclass
class World:
    """The state that all programs share: items by id and annotations with their author, in order; completed rounds."""

    server: Server
    library: Library
    items: list[str] = field(default_factory=list)
    words: list[tuple[str, str, str]] = field(default_factory=list)
    rounds: int = 0


class Program:
    """One program, and its responses."""

    def __init__(self, number: int, world: World, secret: str, seed: int) -> None:
        self.name, self.login = f"p{number}", f"personne-{number % PEOPLE}"
        self.server, self.library, self.shared = world.server, world.library, world
        self.secret = secret
        self.chance = random.Random(seed * 1000 + number)
        self.log = Log()
        self.done: Counter[str] = Counter()
        self.tags: dict[str, str] = {}
        self.undos: list[tuple[str, str]] = []
        self.count = 0
        self.failure: BaseException | None = None

    def run(self, rounds: int) -> None:
        actions: list[tuple[int, Callable[[], object]]] = [
            (14, self.keep), (36, self.change), (14, self.annotate), (8, self.answer), (8, self.reword),
            (4, self.unsay), (4, self.remove), (4, self.restore), (5, self.edit_beside), (4, self.undo),
            (2, self.rename),
        ]  # fmt: skip
        weights, functions = zip(*actions, strict=True)
        try:
            self.keep()
            for _ in range(rounds):
                self.chance.choices(functions, weights)[0]()
                self.shared.rounds += 1
        except BaseException as error:  # noqa: BLE001 - told at the end
            self.failure = error

    def ask(self, method: str, path: str, sent: object = None, **headers: str) -> tuple[float, Answer | None, float]:
        started = time.monotonic()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.server.ask(method, path, sent, {"Authorization": f"Bearer {self.secret}", **JSON, **named})
        if answer is not None and answer[0] >= 500:
            raise Broken(f"{method} {path}: {answer}")
        self.done[f"{method} {answer[0] if answer else 'unheard'}"] += 1
        return started, answer, time.monotonic()

    def surely(self, path: str, sent: object) -> tuple[float, Answer, float]:
        """The response to a POST, repeated until there is one: the key prevents a second execution."""
        key, started = f'"{self.word("clef")}"', time.monotonic()
        while True:
            _, answer, ended = self.ask("POST", path, sent, Idempotency_Key=key)
            if answer is not None:
                return started, answer, ended
            time.sleep(0.1)

    def word(self, word_kind: str) -> str:
        """A unique word."""
        self.count += 1
        return f"{word_kind} {self.name} {self.count}"

    def hot(self) -> str:
        return self.chance.choice(self.shared.items[-HOT:])

    def keep(self) -> None:
        sent = {"group": GROUP, "title": self.word("titre"), "tags": [self.word("étiquette")]}
        if self.chance.random() < 0.5:
            sent["url"] = f"https://page.example/{self.word('page').replace(' ', '-')}"
        started, (status, headers, shape), ended = self.surely("/items", sent)
        _expect(status, 201)
        after = {name: shape[name] for name in FIELDS}
        self.log.writes[shape["id"]].append(Write(started, ended, True, _version(headers), sent, None, after))
        self.shared.items.append(shape["id"])

    def change(self) -> None:
        item_id = self.hot()
        sets: dict[str, Any] = {}
        for name in self.chance.sample(("title", "description", "byline", "source", "tags"), self.chance.randint(1, 3)):
            sets[name] = [self.word("étiquette"), "commune"] if name == "tags" else self.word(name)
        headers = {}
        if self.chance.random() < 0.7:
            if item_id not in self.tags or self.chance.random() < 0.7:
                self.look(item_id)
            if item_id in self.tags:
                headers["If_Match"] = self.tags[item_id]
        started, answer, ended = self.ask("PATCH", f"/items/{item_id}", sets, **headers)
        if answer is None:
            self.log.writes[item_id].append(Write(started, ended, None, sets=sets))
            return
        status, answer_headers, shape = answer
        if status == 412:
            self.log.refused.append((_version_of(headers["If_Match"]), _version(answer_headers)))
        elif _expect(status, 200, 404):
            matched = _version_of(headers["If_Match"]) if headers else None
            after = {name: shape[name] for name in FIELDS}
            self.log.writes[item_id].append(
                Write(started, ended, True, _version(answer_headers), sets, None, after, matched)
            )
            self.tags[item_id] = answer_headers["etag"]

    def look(self, item_id: str) -> None:
        started, answer, ended = self.ask("GET", f"/items/{item_id}")
        if answer is not None and _expect(answer[0], 200, 404):
            self.tags[item_id] = answer[1]["etag"]
            after = {name: answer[2][name] for name in FIELDS}
            self.log.writes[item_id].append(Write(started, ended, True, _version(answer[1]), after=after, look=True))

    def annotate(self) -> None:
        item_id, body = self.hot(), self.word("mot")
        sent = {"body": body, **({"quote": self.word("passage")} if self.chance.random() < 0.7 else {})}
        started, (status, _, shape), ended = self.surely(f"/items/{item_id}/annotations", sent)
        if _expect(status, 201, 404):
            self.log.words[shape["id"]].append(Worded(started, ended, True, item_id, None, body))
            self.shared.words.append((shape["id"], item_id, self.login))

    def answer(self) -> None:
        if not self.shared.words:
            return
        (annotation_id, item_id, _), body = self.chance.choice(self.shared.words[-HOT:]), self.word("réponse")
        started, (status, _, shape), ended = self.surely(f"/annotations/{annotation_id}/replies", {"body": body})
        if _expect(status, 201, 404):
            self.log.words[shape["id"]].append(Worded(started, ended, True, item_id, annotation_id, body))

    def reword(self) -> None:
        own_words = [word for word in self.shared.words[-3 * HOT :] if word[2] == self.login]
        if not own_words:
            return
        (annotation_id, item_id, _), body = self.chance.choice(own_words), self.word("mot")
        started, answer, ended = self.ask("PATCH", f"/annotations/{annotation_id}", {"body": body})
        if answer is None or _expect(answer[0], 200, 404):
            is_acknowledged = None if answer is None else True
            self.log.words[annotation_id].append(Worded(started, ended, is_acknowledged, item_id, None, body))

    def unsay(self) -> None:
        if not self.shared.words:
            return
        annotation_id, item_id, _ = self.chance.choice(self.shared.words[-HOT:])
        started, answer, ended = self.ask("DELETE", f"/annotations/{annotation_id}")
        if answer is None or _expect(answer[0], 204, 404):
            self.log.words[annotation_id].append(Worded(started, ended, None if answer is None else True, item_id))

    def remove(self) -> None:
        item_id = self.hot()
        started, answer, ended = self.ask("DELETE", f"/items/{item_id}")
        if answer is None or _expect(answer[0], 204, 404):
            self.log.moves[item_id].append(Moved(started, ended, None if answer is None else True))

    def restore(self) -> None:
        self.beside(self._restore)

    def edit_beside(self) -> None:
        self.beside(self._edit)

    def undo(self) -> None:
        if self.undos:
            self.beside(self._undo)

    def rename(self) -> None:
        self.beside(lambda library, actor: rename_tags(library, actor, GROUP, ["commune"], self.word("renommée")))

    def beside(self, act: Callable[[Library, Actor], object]) -> None:
        """Run an action in this process, and read all items before and after, in one transaction."""
        started = time.monotonic()
        try:
            with in_one_transaction(self.library) as library:
                actor = actor_of_token(library, self.secret)
                assert actor is not None
                before = _items(library)
                act(library, actor)
                after = _items(library)
        except FlorilegeError:
            self.done["beside refused"] += 1
            return
        ended = time.monotonic()
        self.done["beside done"] += 1
        for item_id, item in after.items():
            if item_id not in before:
                self.log.moves[item_id].append(Moved(started, ended, True, back=True))
            if item_id not in before or before[item_id].version != item.version:
                # A restored item is unchanged.
                stored_fields = fields_of(before[item_id]) if item_id in before else fields_of(item)
                write = Write(started, ended, True, item.version, before=stored_fields, after=fields_of(item))
                self.log.writes[item_id].append(write)

    def _restore(self, library: Library, actor: Actor) -> None:
        with library.store.read() as reading:
            group = reading.groups.by_slug(GROUP)
            assert group is not None
            asides = [
                removal
                for removal in reading.moderation.removals_of_group(group.id, RemovalKind.REMOVED)
                if removal.annotation_id is None
            ]
        if asides:
            restore_content(library, actor, self.chance.choice(asides).id)

    def _edit(self, library: Library, actor: Actor) -> None:
        item_id = self.hot()
        with library.store.read() as reading:
            item = reading.items.any_of([item_id]).get(item_id)
        if item is not None:
            form = form_of(item)
            edited = edit_item(
                library, actor, item_id, type(form)(url=form.url, title=self.word("titre"), tags=form.tags)
            )
            if edited.undo is not None:
                self.undos.append((edited.undo, item_id))

    def _undo(self, library: Library, actor: Actor) -> None:
        undo_action(library, actor, self.undos.pop(0)[0])


def _items(library: Library) -> dict[str, Item]:
    with library.store.read() as reading:
        return reading.items.any_of(list(reading.items.ids()))


def _expect(status: int, good: int, is_gone: int = 0) -> bool:
    """Whether the request was executed. Raises Broken for a status that means neither success nor a removed target."""
    if status not in (good, is_gone):
        raise Broken(f"{status} was answered, not {good}")
    return status == good


def _version(headers: dict[str, str]) -> int:
    return _version_of(headers["etag"])


def _version_of(tag: str) -> int:
    return int(tag.strip('"').partition(".")[0])
