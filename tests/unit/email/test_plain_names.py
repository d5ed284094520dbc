"""Mail programs make no link of a name in an e-mail message."""

import re

import pytest

from kb.email.plain_names import LONGEST_NAME, plain_lines, plain_name

# Texts of which mail programs make links: a scheme, `www.`, a name with a dot and letters after it, an e-mail address.
LINK = re.compile(r"(?i)[a-z][a-z0-9+-]*://|www\.\S|\w\.\w|\w@\w|\b(?:mailto|tel|data|javascript):\S")
HOSTILE = (
    "http://voleur.example/connexion",
    "Votre banque : https://voleur.example",
    "hTTps://voleur.example",
    "www.voleur.example",
    "voleur.example/connexion",
    "v\N{FULLWIDTH FULL STOP}example",
    "voleur\N{IDEOGRAPHIC FULL STOP}example",
    "mailto:voleur@example.com",
    "tel:+33123456789",
    "voleur@example.com",
    "1.2.3.4",
    "vol\N{SOFT HYPHEN}eur.example",
    "voleur\N{ZERO WIDTH SPACE}.\N{ZERO WIDTH SPACE}example",
    "\N{RIGHT-TO-LEFT OVERRIDE}elpmaxe.ruelov",
    "http:\\\\voleur.example",
    "//voleur.example",
    "ht://tp://voleur.example",
    "a\r\nBcc: voleur@example.com",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_mail_program_makes_a_link_of_a_name(text: str) -> None:
    for shape in (text, f"« {text} »", f"Club {text}.", text * 3):
        name = plain_name(shape)
        assert not LINK.search(name), name
        assert name.isprintable()
        assert len(name) <= LONGEST_NAME
        assert "example" in name or "elpmaxe" in name or "1" in name


@pytest.mark.parametrize("text", ["Club de lecture", "Revue : l’été", "Émile Zola", "R&D", "Équipe n° 2", "日本"])
def test_an_ordinary_name_stays_as_it_is(text: str) -> None:
    assert plain_name(text) == text


def test_a_name_is_cut_and_a_message_keeps_its_lines() -> None:
    assert len(plain_name("é" * 10_000_000)) == LONGEST_NAME
    assert plain_lines("Bonjour.\n\nMon site : https://exemple.fr/a\n") == [
        "Bonjour.",
        "Mon site : https exemple. fr/ a",
    ]
    assert sum(map(len, plain_lines("a.b\n" * 1_000_000))) < 3_000
