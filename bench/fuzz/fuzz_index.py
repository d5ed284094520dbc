"""An index with our own schema, built from the seeded corpus, for `bench/fuzz/fuzz.py`.

The corpus has 30,000 words. A real library of its size has ten times as many, most of which occur once. So each item
gets four words of its own, in Latin, Cyrillic, Greek, Arabic, Hebrew or Chinese letters.
"""

import random
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from bench.corpus import items
from kb.errors import Unavailable
from kb.model.items.annotation import Annotation, AnnotationKind
from kb.model.items.item import Item
from kb.model.people.group import Group
from kb.model.people.user import User
from kb.search.index_search import Catalogue, open_catalogue
from kb.search.index_updates import index_transaction

ALPHABETS = {
    "latin": "abcdefghijklmnopqrstuvwxyzéèàçœ",
    "cyrillic": "абвгдежзийклмнопрстуфхцчшщъыьэюя",
    "greek": "αβγδεζηθικλμνξοπρστυφχψωάέήίόύώ",
    "arabic": "ابتثجحخدذرزسشصضطظعغفقكلمنهويىءة",
    "hebrew": "אבגדהוזחטיכלמנסעפצקרשתםןףץ",
    "chinese": "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会",
}
GROUPS = 3
_OWN_WORDS = 4


def own_words(rng: random.Random) -> list[str]:
    """Words that hardly any other item has, half of them in Latin letters."""
    names = rng.choices(list(ALPHABETS), weights=(10, 3, 2, 2, 1, 2), k=_OWN_WORDS)
    return ["".join(rng.choices(ALPHABETS[name], k=rng.randint(3, 11))) for name in names]


def groups() -> tuple[Group, ...]:
    """The groups among which the items are divided."""
    return tuple(Group(f"g{place}", f"groupe-{place}", f"Groupe n° {place}") for place in range(GROUPS))


def some_items(number: int, seed: int) -> Iterator[Item]:
    """This many items; the same number and seed give the same items."""
    rng = random.Random(f"own words {seed}")
    for place, record in enumerate(items(number, seed)):
        yield _item(record, place, f"g{place % GROUPS}", " ".join(own_words(rng)))


def _item(record: dict[str, Any], place: int, group_id: str, words: str) -> Item:
    return Item(
        id=record["id"],
        group_id=group_id,
        order=place,
        url=record["url"],
        title=record["title"],
        description=f"{record['description']} {words}",
        author=_user(record["author"]),
        tags=tuple(record["tags"]),
        added=record["added"],
        published=record.get("published"),
        source=record.get("source"),
        language="fr",
        views=record.get("views", 0),
        annotations=tuple(map(_annotation, record["annotations"])),
    )


def _annotation(record: dict[str, Any]) -> Annotation:
    return Annotation(
        id=record["id"],
        kind=AnnotationKind(record["kind"]),
        author=_user(record["author"]),
        added=record["added"],
        quote=record.get("quote"),
        body=record.get("body"),
    )


def _user(record: dict[str, str]) -> User:
    return User(id=record["login"], login=record["login"], name=record["name"])


def open_or_build(folder: Path, number: int, seed: int) -> Catalogue:
    """The index in a folder, built if it is missing; its last fiftieth is written in many small commits."""
    catalogue = open_catalogue(f"whoosh:{folder / f'fuzz-{number}-{seed}'}")
    # An index of another version of the program is built again.
    with suppress(Unavailable):
        if catalogue.checkpoint().number == number:
            return catalogue
    started = time.perf_counter()
    late = max(number // 50, 1)
    every = some_items(number, seed)
    with index_transaction(catalogue, anew=True) as writing:
        for _, item in zip(range(number - late), every, strict=False):
            assert writing.put(item, None) is None
    for first in range(number - late, number, late // 3 + 1):
        with index_transaction(catalogue) as writing:
            for _, item in zip(range(min(late // 3 + 1, number - first)), every, strict=False):
                assert writing.put(item, None) is None
            writing.store_checkpoint("fuzz", number)
    print(f"The index of {number} items took {time.perf_counter() - started:.0f} s.")
    return catalogue
