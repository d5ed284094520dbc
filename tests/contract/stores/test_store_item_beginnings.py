"""Listings read the beginning of an item with many or long texts, and count the rest."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from kb.access.actor import AccessScope
from kb.model.items.annotation import Annotation
from kb.model.items.item import Item
from kb.model.items.item_budget import LISTED_CHARACTERS, LISTED_PARTS
from kb.store import Store
from tests.factories.items import a_base, a_group, a_reply, a_user, an_annotation, an_item

EVERYTHING = AccessScope(everything=True)
CLAIRE = a_user("claire")


def a_comment(number: int) -> Annotation:
    return an_annotation(None, id=f"c{number}", body=f"Commentaire {number}.", author=CLAIRE)


ORDINARY = an_item(
    id="ordinaire", tags=["eau", "crue"], author=CLAIRE,
    annotations=[an_annotation("Un passage.", replies=[a_reply("oui", author=CLAIRE)]), a_comment(10_000)],
)  # fmt: skip
MANY = an_item(id="beaucoup", annotations=[a_comment(n) for n in range(LISTED_PARTS + 50)])
REPLIES = an_item(
    id="réponses",
    annotations=[
        an_annotation("Premier.", id="premier", replies=[a_reply(f"r{n}", id=f"r{n}") for n in range(500)]),
        an_annotation("Second.", id="second", replies=[a_reply(f"s{n}", id=f"s{n}") for n in range(500)]),
        an_annotation("Troisième.", id="troisième"),
    ],
)
LONG = an_item(id="long", annotations=[an_annotation("é" * 30_000, id=f"l{n}", body="à" * 1_000) for n in range(5)])
BARE = an_item(id="nu")
EXACT = an_item(id="juste", annotations=[an_annotation(id=f"j{n}") for n in range(LISTED_PARTS)])


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    opened = a_base()
    with opened.write() as writing:
        writing.items.add([ORDINARY, MANY, REPLIES, LONG, BARE, EXACT])
    yield opened
    opened.close()


def beginning(store: Store, item: Item) -> Item:
    with store.read() as reading:
        return reading.items.beginnings([item.id], EVERYTHING)[item.id]


@pytest.mark.parametrize("item", [ORDINARY, BARE, EXACT], ids=lambda item: item.id)
def test_an_ordinary_item_is_whole(store: Store, item: Item) -> None:
    read = beginning(store, item)
    assert read == item
    assert read.annotations_in_all == len(item.annotations)


def test_of_many_annotations_the_first_are_read_and_all_counted(store: Store) -> None:
    read = beginning(store, MANY)
    assert read.annotations == MANY.annotations[:LISTED_PARTS]
    assert read.annotations_in_all == LISTED_PARTS + 50


def test_replies_count_as_parts(store: Store) -> None:
    read = beginning(store, REPLIES)
    (first,) = read.annotations
    assert first.replies == REPLIES.annotations[0].replies[: LISTED_PARTS - 1]
    assert read.annotations_in_all == 3


def test_long_texts_end_with_the_one_that_is_too_much(store: Store) -> None:
    assert 31_000 < LISTED_CHARACTERS < 62_000
    read = beginning(store, LONG)
    assert read.annotations == LONG.annotations[:2]
    assert read.annotations_in_all == 5


def test_an_annotation_far_behind_is_read_with_its_first_replies(store: Store) -> None:
    with store.read() as reading:
        read = reading.items.listed_annotations(["second", "c240", "troisième", "rien"])
    second = REPLIES.annotations[1]
    assert read["second"] == replace(second, replies=second.replies[:LISTED_PARTS])
    assert read["c240"] == MANY.annotations[240]
    assert read["troisième"] == REPLIES.annotations[2]
    assert "rien" not in read


def test_a_reply_far_behind_is_read_with_its_annotation(store: Store) -> None:
    with store.read() as reading:
        read = reading.items.listed_annotations(["s499", "r450"])
    assert [(read[id_].id, [reply.id for reply in read[id_].replies]) for id_ in ("s499", "r450")] == [
        ("second", ["s499"]),
        ("premier", ["r450"]),
    ]


def test_items_come_in_the_order_asked_and_only_readable_ones(store: Store) -> None:
    ids = [MANY.id, "rien", BARE.id, ORDINARY.id]
    with store.read() as reading:
        assert list(reading.items.beginnings(ids, EVERYTHING)) == [MANY.id, BARE.id, ORDINARY.id]
        assert not reading.items.beginnings(ids, AccessScope())
        assert not reading.items.beginnings(ids, AccessScope(frozenset([a_group("histoire").id])))
        scope = AccessScope(frozenset([a_group().id]))
        assert list(reading.items.beginnings(ids, scope)) == [MANY.id, BARE.id, ORDINARY.id]


def test_a_beginning_is_never_written(store: Store) -> None:
    read = beginning(store, MANY)
    with pytest.raises(ValueError, match="beaucoup"), store.write() as writing:
        writing.items.update([read])
    with store.read() as reading:
        assert reading.items.any_of([MANY.id])[MANY.id] == MANY
