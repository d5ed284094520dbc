"""Generated hostile imports of members: no field exceeds its limit, and the content of other users is unchanged."""

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from kb.access.actor import OPERATOR
from kb.model.items.item import Item
from kb.services.core.library import Library
from kb.services.imports.import_export import export_items
from kb.services.imports.record_bounds import MEMBER_BOUNDS
from tests.factories.import_export import import_data
from tests.factories.moderation import a_moderated_library, actor_of, person

RECORDS = 1_500
_SHAPES = (" ", "\u00a0", "\u3000", "(", "[", '"', "«", "-", ".", "0", "\u0301", "a.", "<b>", "\U0001f600", "é,", "\n")
_IDS = ("i1", "i2", "a1", "a2", "a3", "a4", "r0", "r1", "r2", "r3", "new", "x" * 65, "", "../..")
_NAMES = ("Claire", "Max", "Olga", "max", "ancien", "Paul Ancien", "M\u00e0x", "Quelqu'un")


@pytest.fixture
def library() -> Iterator[Library]:
    with a_moderated_library() as library:
        yield library


class Attacker:
    """Creates records, the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def text(self) -> str:
        length = self.random.choice((0, 1, 20, 400, 3_000, 60_000))
        return (self.random.choice(_SHAPES) * length)[:length] + self.random.choice(("", "fin", "Claire"))

    def author(self) -> object:
        name, login = self.random.choice(_NAMES), self.random.choice(_NAMES)
        return self.random.choice((None, name, {"login": login, "name": name}, {"name": self.text()}))

    def part(self) -> dict[str, Any]:
        return {"id": self.random.choice(_IDS), "author": self.author(), "body": self.text()} | self.date("added")

    def date(self, name: str) -> dict[str, Any]:
        return {name: self.random.choice((None, "1999-01-01", "2999-01-01", "2014-11-07T09:12:00Z", "demain"))}

    def annotation(self) -> dict[str, Any]:
        replies = [self.part() for _ in range(self.random.randrange(3))]
        kind = self.random.choice(("highlight", "note", "comment", None))
        return self.part() | {"kind": kind, "quote": self.text(), "color": self.text()[:60], "replies": replies}

    def record(self) -> dict[str, Any]:
        record: dict[str, Any] = {
            "id": self.random.choice(_IDS), "title": self.random.choice(("Un titre", self.text())),
            "url": self.random.choice((None, "https://exemple.fr/port", f"https://{self.text()[:9_000]}")),
            "author": self.author(), "views": self.random.choice((0, 10**9, -1)),
            "sharers": [{"author": self.author()} for _ in range(self.random.randrange(2))],
            "tags": [self.text()[:300] for _ in range(self.random.choice((0, 2, 130)))],
            "annotations": [self.annotation() for _ in range(self.random.randrange(3))],
        }  # fmt: skip
        for name in ("description", "byline", "source", "group"):
            record[name] = self.random.choice((None, self.text()))
        record |= self.date("added") | self.date("updated") | self.date("published")
        # Most of them have only one hostile part.
        names = self.random.sample(sorted(record), self.random.randrange(2, 6))
        return {"title": "Un titre"} | {name: record[name] for name in names}


def words_of_others(item: Item, own: str) -> dict[str, tuple[object, ...]]:
    parts = {part.id: part for annotation in item.annotations for part in (annotation, *annotation.replies)}
    return {
        id_: (part.author, part.added, part.body, getattr(part, "quote", None), getattr(part, "color", None))
        for id_, part in parts.items()
        if part.author is None or part.author.login != own
    }


def items_by_id(library: Library) -> dict[str, Item]:
    return {item.id: item for item, _ in export_items(library, OPERATOR)}


def test_hostile_imports_change_no_words_of_others_and_keep_all_bounds(library: Library) -> None:
    before, people = items_by_id(library), {login: person(library, login) for login in ("max", "olga", "sam")}
    attacker = Attacker(16)
    lines = "\n".join(json.dumps(attacker.record(), ensure_ascii=False) for _ in range(RECORDS))
    report = import_data(
        library, lines.encode(), actor_of(library, "claire"), group_slug="quais", author_map={"Claire": "claire"}
    )
    assert report.read == RECORDS
    assert report.added > 20
    assert report.skipped > 50
    after = items_by_id(library)
    for item_id, was in before.items():
        now = after[item_id]
        assert (now.author, now.added, now.views, now.sharers) == (was.author, was.added, was.views, was.sharers)
        texts = words_of_others(was, "claire")
        assert texts.items() <= words_of_others(now, "claire").items()
    for item in after.values():
        assert len(item.title or "") <= MEMBER_BOUNDS.title
        assert len(item.url or "") <= MEMBER_BOUNDS.address
        assert len(item.description or "") <= MEMBER_BOUNDS.description
        assert len(item.tags) <= MEMBER_BOUNDS.tags
        assert all(len(tag) <= MEMBER_BOUNDS.tag for tag in item.tags)
        assert (item.added or "") < "2999"
        if item.id not in before:
            names = {item.author, *(annotation.author for annotation in item.annotations)} - {None}
            assert names.isdisjoint(people.values())
