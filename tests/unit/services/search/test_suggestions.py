"""Suggestions while a user types."""

from collections.abc import Iterator

import pytest

from kb.access.actor import ANONYMOUS, OPERATOR
from kb.model.people.group import Visibility
from kb.model.search_request import SearchRequest
from kb.services.core.library import Library
from kb.services.search.suggestions import MOST_SUGGESTIONS, Suggestion, SuggestionKind, search_suggestions
from tests.factories.items import a_group, a_member, a_user, an_annotation, an_item
from tests.factories.library import a_library

PHYSICS, HISTORY = a_group("physique"), a_group("histoire")
CLOSED = a_group("cave", visible=Visibility.MEMBERS)
CD63 = a_user("documentation-cd63", "Documentation CD63")
SECRET = an_item(
    "Énergétique secrète", group=CLOSED, tags=["énergie noire"], source="Énergies", author=a_user("enzo"), views=9
)
READABLE = (
    an_item(
        "L'énergie des territoires",
        id="territoires",
        group=PHYSICS,
        tags=["Énergie", "transition énergétique"],
        source="Lagazette.fr",
        author=CD63,
        annotations=[an_annotation("Les énergies et l’énergie à Énerville, pour l'enfance.")],
    ),
    an_item(
        "Énergie et matière",
        id="matiere",
        group=PHYSICS,
        tags=["énergie"],
        source="Énergie plus",
        author=CD63,
        views=3,
        language="fr",
    ),
    an_item(
        "Le télétravail des agents", group=HISTORY, tags=["fonction publique"], author=a_user("enrico", "Enrico F.")
    ),
    an_item("Télétravail : que disent les ENTREPRISES d'ici", group=HISTORY, tags=["Fonction publique"], language="fr"),
)


@pytest.fixture(scope="module")
def library() -> Iterator[Library]:
    opened = a_library(*READABLE, SECRET, groups=(PHYSICS, HISTORY, CLOSED))
    yield opened
    opened.close()


def labels(suggestions: tuple[Suggestion, ...], kind: SuggestionKind) -> list[tuple[str, int]]:
    return [(suggestion.label, suggestion.count) for suggestion in suggestions if suggestion.kind is kind]


def test_the_last_word_is_completed_in_every_kind(library: Library) -> None:
    suggestions = search_suggestions(library, ANONYMOUS, "les ENER")
    assert labels(suggestions, SuggestionKind.WORD) == [("énergie", 2), ("énergétique", 1), ("Énerville", 1)]
    assert labels(suggestions, SuggestionKind.TAG) == [("Énergie", 2), ("transition énergétique", 1)]
    assert labels(suggestions, SuggestionKind.SOURCE) == [("Énergie plus", 1)]
    assert labels(suggestions, SuggestionKind.TITLE) == [("Énergie et matière", 1), ("L'énergie des territoires", 1)]
    assert [suggestion.item_id for suggestion in suggestions if suggestion.kind is SuggestionKind.TITLE] == [
        "matiere",
        "territoires",
    ]
    assert suggestions == tuple(sorted(suggestions, key=lambda suggestion: list(SuggestionKind).index(suggestion.kind)))
    assert len(suggestions) <= MOST_SUGGESTIONS


def test_a_suggestion_says_what_the_text_becomes(library: Library) -> None:
    (tag,) = (
        suggestion
        for suggestion in search_suggestions(library, ANONYMOUS, "eau fonction pub")
        if suggestion.kind is SuggestionKind.TAG
    )
    label, query = "Fonction publique", 'eau mot-clé:"Fonction publique"'
    assert tag == Suggestion(SuggestionKind.TAG, label, label, 2, query, before="eau")
    (word,) = search_suggestions(library, ANONYMOUS, "agents du télét")[:1]
    assert (word.kind, word.label, word.query) == (SuggestionKind.WORD, "télétravail", "agents du télétravail")


def test_words_are_shown_as_they_are_written(library: Library) -> None:
    assert labels(search_suggestions(library, ANONYMOUS, "telet"), SuggestionKind.WORD) == [("télétravail", 2)]
    assert labels(search_suggestions(library, ANONYMOUS, "enervi"), SuggestionKind.WORD) == [("Énerville", 1)]
    assert labels(search_suggestions(library, ANONYMOUS, "entre"), SuggestionKind.WORD) == [("ENTREPRISES", 1)]
    assert labels(search_suggestions(library, ANONYMOUS, "l'enf"), SuggestionKind.WORD) == [("enfance", 1)]


def test_words_that_say_nothing_are_not_proposed(library: Library) -> None:
    assert labels(search_suggestions(library, ANONYMOUS, "le"), SuggestionKind.WORD) == []
    assert labels(search_suggestions(library, ANONYMOUS, "qu"), SuggestionKind.WORD) == []


def test_typed_words_are_not_suggested(library: Library) -> None:
    assert labels(search_suggestions(library, ANONYMOUS, "télétravail"), SuggestionKind.WORD) == []
    assert labels(search_suggestions(library, ANONYMOUS, "teletravail"), SuggestionKind.WORD) == [("télétravail", 2)]


def test_authors_are_found_by_a_word_of_their_name_or_by_their_login(library: Library) -> None:
    def authors(text: str) -> list[tuple[str, str, str]]:
        suggestions = search_suggestions(library, ANONYMOUS, text)
        return [
            (suggestion.label, suggestion.value, suggestion.query)
            for suggestion in suggestions
            if suggestion.kind is SuggestionKind.AUTHOR
        ]

    cd63 = ("Documentation CD63 (import)", "documentation-cd63", "partagé-par:documentation-cd63")
    assert authors("cd6") == authors("documentation c") == authors("documentation-cd") == [cd63]
    assert authors("auteur:cd") == authors("partagé-par:cd") == [cd63]
    assert authors('eau auteur:"documentation cd') == [(*cd63[:2], "eau partagé-par:documentation-cd63")]
    assert authors("tag:cd") == authors("c63") == []


def test_suggestions_include_page_authors_and_sharers() -> None:
    library = a_library(an_item("La crue", byline="Élodie Château", author=a_user("elodie-b", "Élodie Brun")))

    def proposed(text: str) -> list[tuple[SuggestionKind, str, str]]:
        suggestions = search_suggestions(library, ANONYMOUS, text)
        return [
            (suggestion.kind, suggestion.label, suggestion.query)
            for suggestion in suggestions
            if suggestion.kind is not SuggestionKind.WORD
        ]

    wrote = (SuggestionKind.BYLINE, "Élodie Château", 'auteur:"Élodie Château"')
    shared = (SuggestionKind.AUTHOR, "Élodie Brun (import)", "partagé-par:elodie-b")
    assert proposed("elodie") == proposed("auteur:elod") == [wrote, shared]
    assert proposed("chat") == [wrote]
    assert proposed("shared-by:elod") == [shared]
    library.close()


def test_after_a_field_only_its_values_are_proposed(library: Library) -> None:
    assert {suggestion.kind for suggestion in search_suggestions(library, ANONYMOUS, "mot-clé:éner")} == {
        SuggestionKind.TAG
    }
    assert {suggestion.kind for suggestion in search_suggestions(library, ANONYMOUS, "source:e")} == {
        SuggestionKind.SOURCE
    }
    assert {suggestion.kind for suggestion in search_suggestions(library, ANONYMOUS, "titre:éner")} == {
        SuggestionKind.WORD
    }
    assert search_suggestions(library, ANONYMOUS, "langue:f") == ()


def test_an_empty_text_gives_the_tags_used_most_and_a_last_space_nothing(library: Library) -> None:
    used = [("Énergie", 2), ("Fonction publique", 2), ("transition énergétique", 1)]
    assert labels(search_suggestions(library, ANONYMOUS, " "), SuggestionKind.TAG) == used
    assert labels(search_suggestions(library, ANONYMOUS, "étiquette:"), SuggestionKind.TAG) == used
    assert search_suggestions(library, ANONYMOUS, "énergie ") == ()


def test_only_the_groups_asked_for_are_looked_into(library: Library) -> None:
    assert labels(
        search_suggestions(library, ANONYMOUS, "", SearchRequest(group=("histoire",))), SuggestionKind.TAG
    ) == [("Fonction publique", 2)]
    assert search_suggestions(library, ANONYMOUS, "éner", SearchRequest(group=("histoire",))) == ()
    assert search_suggestions(library, ANONYMOUS, "éner", SearchRequest(group=("cave",))) == ()
    assert search_suggestions(library, ANONYMOUS, "éner", SearchRequest(group=("nulle-part",))) == ()


@pytest.mark.parametrize("text", ["", "é", "éner", "en", "secr", "énergie n", "auteur:en", "source:éner", "l'énergé"])
def test_unreadable_items_change_no_suggestion(text: str) -> None:
    alone, both = (a_library(*items, groups=(PHYSICS, HISTORY, CLOSED)) for items in (READABLE, (*READABLE, SECRET)))
    assert search_suggestions(both, ANONYMOUS, text) == search_suggestions(alone, ANONYMOUS, text)
    assert search_suggestions(both, a_member("claire", of=HISTORY), text) == search_suggestions(alone, ANONYMOUS, text)
    alone.close()
    both.close()


def test_members_of_a_closed_group_get_its_suggestions(library: Library) -> None:
    for actor in (a_member(of=CLOSED), OPERATOR):
        assert labels(search_suggestions(library, actor, "énergétique s"), SuggestionKind.TITLE) == [
            ("Énergétique secrète", 1)
        ]
        assert labels(search_suggestions(library, actor, "enz"), SuggestionKind.AUTHOR) == [("Enzo (import)", 1)]


def test_every_kind_of_suggestion_gets_a_place() -> None:
    words = "abandon abaque abbaye abcès abeille abricot absence".split()
    library = a_library(
        *(
            an_item(word, tags=[f"ab{word}", f"abc {word}"], source=f"Ab {word}", author=a_user(f"ab-{word}"))
            for word in words
        )
    )
    suggestions = search_suggestions(library, ANONYMOUS, "ab")
    assert [len(labels(suggestions, kind)) for kind in SuggestionKind] == [5, 3, 0, 1, 1, 0]
    library.close()
