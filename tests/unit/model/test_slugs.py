"""Names as slugs for addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.model.slugs import is_login, is_slug, slug_of


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Documentation CD63", "documentation-cd63"),
        ("claire", "claire"),
        ("L'Œuvre d'été", "l-oeuvre-d-ete"),
        ("  Veille   Rivières & Marais 43  ", "veille-rivieres-marais-43"),
        ("Straße Ærø Łódź", "strasse-aero-lodz"),
        ("USAGES\xa0NUMÉRIQUES", "usages-numeriques"),
        ("A/B/C", "a-b-c"),
    ],
)
def test_a_name_gives_its_folded_form(name: str, slug: str) -> None:
    assert slug_of(name) == slug


def test_names_that_fold_to_nothing_have_different_slugs() -> None:
    assert slug_of("日本") != slug_of("中国")
    assert slug_of("日本") == slug_of("日本")


def test_long_names_with_the_same_beginning_have_different_slugs() -> None:
    first, other = slug_of("a" * 100), slug_of("a" * 101)
    assert first != other
    assert len(first) == len(other) == 64


@given(st.text())
def test_any_name_gives_a_login(name: str) -> None:
    assert is_login(slug_of(name))
    assert is_slug(slug_of(name))
