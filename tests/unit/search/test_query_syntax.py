"""The field names that users may type: like the filters on pages, with spaces around the colon or in the name."""

import pytest

from index import Query
from kb.access.actor import AccessScope
from kb.model.search_request import SearchRequest
from kb.search.query_planning import plan_search
from kb.search.query_syntax import joined_fields
from tests.factories.items import a_group

GROUPS = (a_group("eau", "Eau et territoires"),)


def query_of(q: str) -> Query:
    searched = plan_search(SearchRequest(q=q), AccessScope(everything=True), GROUPS)
    assert searched.parsed is not None
    assert not searched.parsed.left_out
    return searched.plan.query


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("Mot-clé\u202f: agents", "mot-clé:agents"),
        ("mot clé : agents", "mot-clé:agents"),
        ("mots clés:agents", "mot-clé:agents"),
        ("étiquettes:agents", "mot-clé:agents"),
        ('Auteur\xa0: "Jeanne Morel"', 'auteur:"Jeanne Morel"'),
        ("auteur : « Jeanne Morel »", 'auteur:" Jeanne Morel "'),
        ("eau -auteur: morel", "eau -auteur:morel"),
        ("(auteur : morel OU auteur : roy)", "(auteur:morel OU auteur:roy)"),
        ("partagé par : claire", "partagé-par:claire"),
        ("shared by: claire", "partagé-par:claire"),
        ("annoté-par:claire", "partagé-par:claire"),
        ('Groupe : "Eau et territoires"', "groupe:eau"),
        ("notes:crue", "note:crue"),
        ("depuis:11/2014", "après:2014-11"),
    ],
)
def test_a_field_is_read_as_the_interface_writes_it(typed: str, expected: str) -> None:
    assert query_of(typed) == query_of(expected)


@pytest.mark.parametrize(
    "title",
    [
        "Droits d’auteur : le point",
        "sous-groupe : les élus",
        "Note : une matinée à l’accueil",
        "Source : le journal",
        '"groupe : eau"',
        "«\u202fgroupe\u202f: eau\u202f»",
        "auteur :",
    ],
)
def test_titles_and_quoted_parts_stay_words(title: str) -> None:
    assert joined_fields(title) == title
