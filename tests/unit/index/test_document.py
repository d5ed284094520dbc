"""The digest of a document depends on its content."""

from dataclasses import replace
from enum import StrEnum

import pytest

from index.document import Document

DOCUMENT = Document("a", {"title": ("Été", "x"), "views": (3,), "cited": ((1, 2),)}, "fr")


def test_a_digest_is_the_same_in_every_process_and_version_of_python() -> None:
    assert DOCUMENT.digest() == "b97875e54b9fa633"


def test_the_order_of_the_fields_says_nothing() -> None:
    turned = dict(reversed(DOCUMENT.values.items()))

    assert replace(DOCUMENT, values=turned).digest() == DOCUMENT.digest()


@pytest.mark.parametrize(
    "other",
    [
        replace(DOCUMENT, key="b"),
        replace(DOCUMENT, language=None),
        replace(DOCUMENT, language="en"),
        replace(DOCUMENT, values={**DOCUMENT.values, "title": ("Été", "y")}),
        replace(DOCUMENT, values={**DOCUMENT.values, "title": ("Étéx",)}),
        replace(DOCUMENT, values={**DOCUMENT.values, "title": ("x", "Été")}),
        replace(DOCUMENT, values={**DOCUMENT.values, "views": ("3",)}),
        replace(DOCUMENT, values={**DOCUMENT.values, "views": (4,)}),
        replace(DOCUMENT, values={**DOCUMENT.values, "cited": ((1, 3),)}),
        replace(DOCUMENT, values={**DOCUMENT.values, "tag": ("x",)}),
        replace(DOCUMENT, values={**DOCUMENT.values, "tag": ()}),
        replace(DOCUMENT, values={"titre": ("Été", "x"), "views": (3,), "cited": ((1, 2),)}),
    ],
    ids=str,
)
def test_any_change_is_seen(other: Document) -> None:
    assert other.digest() != DOCUMENT.digest()


def test_a_string_of_a_class_of_its_own_has_a_digest_as_well() -> None:
    class Colour(StrEnum):
        RED = "red"
        BLUE = "blue"

    red, blue = (Document("a", {"tag": (colour,)}).digest() for colour in Colour)

    assert red != blue


def test_halves_of_pairs_have_a_digest() -> None:
    assert Document("a", {"title": ("\ud800",)}).digest() != Document("a", {"title": ("\ud801",)}).digest()
