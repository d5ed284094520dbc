"""Valid e-mail addresses; folding never makes two users' addresses equal."""

import pytest

from kb.errors import Invalid
from kb.model.people.account import checked_email


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        (" Claire@Exemple.FR ", "claire@exemple.fr"),
        ("zoé@exemple.fr", "zoé@exemple.fr"),
        ("zoe\N{COMBINING ACUTE ACCENT}@exemple.fr", "zoé@exemple.fr"),
        ("ÉMILE@Écoles.example", "émile@écoles.example"),
        ("a" * 242 + "@exemple.fr", "a" * 242 + "@exemple.fr"),
    ],
)
def test_an_address_is_folded(text: str, folded: str) -> None:
    assert checked_email(text) == folded


@pytest.mark.parametrize(
    "text",
    [
        "x@stra\N{LATIN SMALL LETTER SHARP S}e.example",
        "mi\N{KELVIN SIGN}e@exemple.fr",
        "x@\N{LATIN SMALL LIGATURE FI}lle.example",
        "x@exemple\N{FULLWIDTH FULL STOP}fr.example",
        "\N{FULLWIDTH LATIN SMALL LETTER A}@exemple.fr",
        "x\N{GREEK SMALL LETTER FINAL SIGMA}@exemple.fr",
        "x\N{ZERO WIDTH JOINER}@exemple.fr",
        "a" * 255 + "@exemple.fr",
        "@" * 10_000_000,
        "é" * 10_000_000 + "@exemple.fr",
    ],
)
def test_no_address_becomes_that_of_another_person(text: str) -> None:
    with pytest.raises(Invalid):
        checked_email(text)
