"""Names that look alike, and names that stand for those who run the site."""

import pytest

from kb.errors import Conflict, Invalid
from kb.model.people.account import checked_person_name
from kb.model.people.name_skeletons import is_reserved_name, name_skeleton, require_free_name


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Alice", "\u0410lice"),
        ("Root Admin", "Root  Admin"),
        ("Root Admin", "root\u00a0admin"),
        ("Claire", "Claire\u3164"),
        ("Claire", "Cla\u200bire"),
        ("Hélène", "HELENE"),
        ("Noël", "Noe\u0308l"),
        ("Ilan", "lIan"),
        ("Paul 0", "PAUL O"),
        ("modern", "modem"),
        ("Œdipe", "Oedipe"),
        ("\uff21dmin", "admin"),
    ],
)
def test_names_that_look_alike_have_one_skeleton(name: str, other: str) -> None:
    assert name_skeleton(name) == name_skeleton(other)


def test_other_names_have_other_skeletons() -> None:
    names = ["Claire", "Clara", "Paul 1", "Paul 2", "Ali", "Алина", "山田", "Jean Root", ""]
    assert len(set(map(name_skeleton, names))) == len(names)


@pytest.mark.parametrize(
    "name",
    [
        "admin", "Admin 2", "adm1n", "\u0430dmin", "ADMINISTRATEUR", "L’équipe Support", "Modératrice", "Root Admin",
        "R\u043eot", "Florilège", "owner", "site-admin", "Système\u3164",
    ],
)  # fmt: skip
def test_words_for_a_role_on_the_site_are_reserved(name: str) -> None:
    assert is_reserved_name(name)
    with pytest.raises(Conflict):
        require_free_name(name)


@pytest.mark.parametrize("name", ["Jean Root", "Claire", "Du Site", "admin-import", "Supporter", "De L", "2", "Ω"])
def test_other_names_are_free(name: str) -> None:
    require_free_name(name, ["Root Admin"])


def test_the_name_of_an_administrator_is_not_free() -> None:
    for name in ("Marie Durand", "Marie  DURAND", "M\u0430rie Durand"):
        with pytest.raises(Conflict):
            require_free_name(name, ["Paul", "Marie Durand"])


@pytest.mark.parametrize("name", ["Claire\u3164", "\u3164", "\u2800", "Cla\u1160ire"])
def test_a_name_has_no_characters_that_show_nothing(name: str) -> None:
    with pytest.raises(Invalid):
        checked_person_name(name)
