"""The legal pages of the site: the displayed text, and the right to write it."""

from collections.abc import Iterator

import pytest

from kb.access.actor import ANONYMOUS, OPERATOR, Actor
from kb.errors import Forbidden, Invalid, NotFound
from kb.services.admin.site_pages import (
    LONGEST_SITE_PAGE,
    SITE_PAGE_NAMES,
    SitePage,
    default_site_titles,
    reset_site_page,
    save_site_page,
    site_page,
    site_page_markdown,
    site_titles,
)
from kb.services.core.library import Library
from tests.factories.library import an_empty_library

NAME = "accessibilite"


@pytest.fixture
def library() -> Iterator[Library]:
    library = an_empty_library()
    yield library
    library.close()


def write(library: Library, text: str, language: str = "fr") -> None:
    save_site_page(library, OPERATOR, NAME, language, text)


def titles(library: Library, language: str) -> tuple[SitePage, ...]:
    with library.store.read() as reading:
        return site_titles(reading, language)


def test_the_program_brings_a_text_in_each_language(library: Library) -> None:
    assert site_page(library, NAME, "en").title == "Accessibility: not compliant"
    assert site_page(library, NAME, "en").changed_at is None
    assert titles(library, "fr") == default_site_titles("fr")


def test_the_administrators_text_takes_its_place(library: Library) -> None:
    write(library, "# Accessibilité : totale\n\nTout [à compléter : ou presque].\n")
    page = site_page(library, NAME, "fr")
    assert (page.title, page.text.strip(), page.placeholder_count) == (
        "Accessibilité : totale",
        "Tout [à compléter : ou presque].",
        1,
    )
    assert page.changed_at is not None
    assert titles(library, "fr")[SITE_PAGE_NAMES.index(NAME)].title == "Accessibilité : totale"


def test_readers_of_another_language_see_the_administrators_facts_first(library: Library) -> None:
    write(library, "# Accessibilité : totale\n\nTout.")
    page = site_page(library, NAME, "en")
    assert (page.language, page.text) == ("fr", "\nTout.")
    assert titles(library, "en")[SITE_PAGE_NAMES.index(NAME)].language == "fr"
    write(library, "# Accessibility: full\n\nAll.", "en")
    assert site_page(library, NAME, "en").language == "en"
    assert site_page(library, NAME, "fr").language == "fr"


def test_the_text_is_given_back_to_the_letter(library: Library) -> None:
    text = "\ufeff\r\n  # Titre #\r\n\r\nÀ la lettre. \u202e"
    write(library, text)
    assert site_page_markdown(library, NAME, "fr") == text
    assert site_page_markdown(library, NAME, "en").startswith("# Accessibility")


def test_a_site_page_can_return_to_the_default_text(library: Library) -> None:
    write(library, "# Autre\n\nTexte.")
    reset_site_page(library, OPERATOR, NAME, "fr")
    assert site_page(library, NAME, "fr").title == "Accessibilité\u202f: non conforme"
    reset_site_page(library, OPERATOR, NAME, "fr")


@pytest.mark.parametrize(
    ("text", "title", "rest"),
    [
        ("# Titre\n\nTexte", "Titre", "\nTexte"),
        ("\n\n# Titre ##\nTexte", "Titre", "Texte"),
        ("# C#\nTexte", "C#", "Texte"),
        ("Texte sans titre", "Accessibilité\u202f: non conforme", "Texte sans titre"),
        ("## Pas un titre", "Accessibilité\u202f: non conforme", "## Pas un titre"),
        ("#Pas un titre", "Accessibilité\u202f: non conforme", "#Pas un titre"),
        ("#  \nTexte", "Accessibilité\u202f: non conforme", "#  \nTexte"),
    ],
)
def test_the_first_line_is_the_title_when_it_is_a_heading(library: Library, text: str, title: str, rest: str) -> None:
    write(library, text)
    page = site_page(library, NAME, "fr")
    assert (page.title, page.text) == (title, rest)
    assert titles(library, "fr")[SITE_PAGE_NAMES.index(NAME)].title == title


def test_a_long_title_is_the_same_on_the_page_and_in_the_foot(library: Library) -> None:
    write(library, "# " + "mot " * 300 + "\nTexte")
    page = site_page(library, NAME, "fr")
    assert len(page.title) == 200
    assert titles(library, "fr")[SITE_PAGE_NAMES.index(NAME)].title == page.title


@pytest.mark.parametrize("text", ["", " \n\t", "# Titre seul\n\n", "é" * (LONGEST_SITE_PAGE + 1), "a\x00b", "a\ud800b"])
def test_an_invalid_site_page_is_refused(library: Library, text: str) -> None:
    with pytest.raises(Invalid):
        write(library, text)
    assert site_page(library, NAME, "fr").changed_at is None


def test_the_longest_text_is_kept(library: Library) -> None:
    write(library, "é" * LONGEST_SITE_PAGE)
    assert len(site_page(library, NAME, "fr").text) == LONGEST_SITE_PAGE


@pytest.mark.parametrize("actor", [ANONYMOUS, Actor(user_id="somebody")])
def test_only_the_operator_writes(library: Library, actor: Actor) -> None:
    with pytest.raises(Forbidden):
        save_site_page(library, actor, NAME, "fr", "# A\n\nB")
    with pytest.raises(Forbidden):
        reset_site_page(library, actor, NAME, "fr")


def test_a_page_that_the_site_does_not_have_is_not_found(library: Library) -> None:
    for act in (site_page, site_page_markdown):
        with pytest.raises(NotFound):
            act(library, "../kb", "fr")
    with pytest.raises(NotFound):
        save_site_page(library, OPERATOR, "rien", "fr", "# A\n\nB")
    with pytest.raises(NotFound):
        reset_site_page(library, OPERATOR, "rien", "fr")
