"""Hostile texts and records for `hostile_texts.py`, the same ones for the same seed."""

import random

from tests.fixtures.hostile_shapes import general_shapes

EDGES = 0, 1, 40, 64, 100, 200, 253, 500, 1_000, 2_000, 8_000, 20_000, 50_000
"""The limits of fields: lengths of exactly a limit, and one more, are drawn often."""


class Texts:
    """Hostile texts, the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self._shapes = list(general_shapes().values())

    def __call__(self) -> str:
        """A text of one to three shapes; its length is small, at a limit, or any up to 100,000."""
        length = self.chance.choice((self.chance.randint(1, 60), self._edge(), int(10 ** self.chance.uniform(0, 5))))
        parts = self.chance.randint(1, 3)
        return "".join(self.chance.choice(self._shapes)(max(1, length // parts)) for _ in range(parts))[:length]

    def _edge(self) -> int:
        return self.chance.choice(EDGES) + self.chance.randint(-1, 1) + 1

    def address(self) -> str:
        """An address with a hostile text in one of its parts."""
        text = self()
        return self.chance.choice(
            (text, f"https://{text}/", f"https://a.fr/{text}", f"https://a.fr/?a={text}#{text[:50]}")
        )

    def record(self, others: list[tuple[str, str]]) -> dict[str, object]:
        """A record of an import: most of its texts are within their limits. One in five references content of another
        user by its id.
        """
        item_id, part_id = self.chance.choice(others) if self.chance.random() < 0.2 else ("", "")
        notes = [self._annotation() for _ in range(self.chance.choice((0, 0, 1, 2, 5)))]
        if part_id:
            notes.append({**self._annotation(), "id": part_id})
        record: dict[str, object] = {
            "title": self.fitting(2_000),
            "url": self.address() if self.chance.random() < 0.5 else f"https://a.fr/{self.chance.random()}",
            "tags": [self.fitting(200) for _ in range(self.chance.choice((0, 1, 3, 30)))],
            "annotations": notes,
            **({"id": item_id} if item_id else {}),
        }
        for name, bound in (("description", 20_000), ("byline", 500), ("source", 500)):
            if self.chance.random() < 0.3:
                record[name] = self.fitting(bound)
        for name in ("published", "added", "language", "author", self()[:60]):
            if self.chance.random() < 0.03:
                record[name] = self()
        return record

    def fitting(self, bound: int) -> str:
        """A text within a limit and storable, except for one in thirty."""
        text = self()
        if self.chance.random() < 0.03:
            return text
        return text[:bound].replace("\x00", "x").replace("\ud800", "x")

    def _annotation(self) -> dict[str, object]:
        replies = [{"body": self.fitting(50_000)} for _ in range(self.chance.choice((0, 0, 0, 2)))]
        return {"quote": self.fitting(50_000), "body": self.fitting(50_000), "replies": replies}
