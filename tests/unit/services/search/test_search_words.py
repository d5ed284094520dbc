"""Queries as users type them, and the items that they find."""

import pytest

from kb.access.actor import ANONYMOUS
from kb.model.people.group import Visibility
from kb.model.search_request import MATCH_ANY, SearchRequest, Sort, View
from kb.search.index_search import IgnoredPart, IgnoredReason
from kb.services.core.library import Library
from kb.services.search.search import run_search
from tests.factories.items import a_group, a_reply, a_user, an_annotation, an_item
from tests.factories.library import a_library

SECRET = a_group("secret", "Réservé", visible=Visibility.MEMBERS)
GAVIOLIG, SOPHIE = a_user("gaviolig", "gaviolig"), a_user("sophie-point", "Sophie Point")


@pytest.fixture(scope="module")
def library() -> Library:
    return a_library(
        an_item(
            "Services publics numériques",
            id="cadres",
            group=a_group("usages", "USAGES NUMERIQUES 63"),
            author=GAVIOLIG,
            url="https://www.lagazette.fr/1",
            tags=["agents", "Modernisation de l'État"],
            source="Lagazette.fr",
            byline="Élodie Château et Paul Roux",
            language="fr",
            published="2014-11-07",
            annotations=[
                an_annotation("interopérabilité des systèmes entre administrations"),
                an_annotation(None, body="- Lagazette.fr, 7 nov 2014", replies=[a_reply("Voir aussi la Transfo")]),
            ],
        ),
        an_item(
            "Le démarreur bienveillant",
            id="transfo",
            group=a_group("usages"),
            author=SOPHIE,
            description="Permettre aux élus de clarifier une idée",
            tags=["numérique"],
            language="fr",
            published="2014-10",
            annotations=[an_annotation("un cadre de bienveillance", body="L’agent, enfin !")],
        ),
        an_item(
            "How to design services",
            id="design",
            group=a_group("usages"),
            language="en",
            added="2015-05-04",
            byline="Ann Gaviolig",
        ),
        an_item("Les agents secrets", id="caché", group=SECRET, language="fr", author=a_user("x", "Sophie Cachée")),
        groups=(a_group("usages", "USAGES NUMERIQUES 63"), SECRET),
    )


def found_ids(library: Library, q: str, **fields: object) -> set[str]:
    results = run_search(library, ANONYMOUS, SearchRequest(q=q, **fields))  # type: ignore[arg-type]
    assert results.total == len(results.rows)
    return {row.item.id for row in results.rows}


@pytest.mark.parametrize(
    ("q", "ids"),
    [
        ("l'agent", {"cadres", "transfo"}),
        ("AGENTS", {"cadres", "transfo"}),
        ("numerique", {"cadres", "transfo"}),
        ("administration", {"cadres"}),
        ("elu", {"transfo"}),
        ("designing service", {"cadres", "design"}),
        ('"systèmes entre administrations"', {"cadres"}),
        ('"administrations entre systèmes"', set()),
        ("agents -bienveillant", {"cadres"}),
        ("agents SAUF bienveillant", {"cadres"}),
        ("agents ET élus", {"transfo"}),
        ("élus OU design", {"transfo", "design"}),
        ("interop*", {"cadres"}),
        ("bienveilant~", {"transfo"}),
        ("titre:bienveillant", {"transfo"}),
        ("title:services", {"cadres", "design"}),
        ("description:idée", {"transfo"}),
        ("surlignage:systèmes", {"cadres"}),
        ("note:agent", {"transfo"}),
        ("commentaire:lagazette", {"cadres"}),
        ("réponse:transfo", {"cadres"}),
        ("source:lagazette.fr", {"cadres"}),
        ("étiquette:agents", {"cadres"}),
        ("etiquette:NUMERIQUE", {"transfo"}),
        ('tag:"modernisation de l\'état"', {"cadres"}),
        ("auteur:sophie-point", {"transfo"}),
        ("auteur:Sophie", {"transfo"}),
        ('author:"sophie point"', {"transfo"}),
        ("auteur:gaviolig", {"cadres", "design"}),
        ("auteur:elodie-château", {"cadres"}),
        ("auteur:elodie-roux", set()),
        ("auteur:sophie-martin", set()),
        ("auteur:château", {"cadres"}),
        ('author:"elodie chateau"', {"cadres"}),
        ("auteur:chât*", {"cadres"}),
        ("auteur:cachée", set()),
        ("partagé-par:sophie", {"transfo"}),
        ("partagé-par:gaviolig", {"cadres"}),
        ("partagé-par:château", set()),
        ("PARTAGEPAR:sophie-point", {"transfo"}),
        ('shared-by:"sophie point"', {"transfo"}),
        ("sharedby:sophie", {"transfo"}),
        ("château", {"cadres"}),
        ('"Paul Roux"', {"cadres"}),
        ("mot-clé:agents", {"cadres"}),
        ("mots-clés:numerique", {"transfo"}),
        ("motcle:agents", {"cadres"}),
        ("MOTS-CLES:agents", {"cadres"}),
        ("tags:agents", {"cadres"}),
        ("annotation:note", {"transfo"}),
        ("groupe:usages titre:services", {"cadres", "design"}),
        ('groupe:"usages numériques 63" élus', {"transfo"}),
        ("site:lagazette.fr", {"cadres"}),
        ("site:www.lagazette.fr", {"cadres"}),
        ("langue:anglais", {"design"}),
        ("lang:en", {"design"}),
        ("type:note", {"transfo"}),
        ("kind:comment", {"cadres"}),
        ("a:surlignage", {"cadres"}),
        ("has:highlight", {"cadres"}),
        ("avant:2014-11-07", {"transfo"}),
        ("after:2014-11-07", {"cadres", "design"}),
        ("après:2014-11", {"cadres", "design"}),
        ("date:2014-11", {"cadres"}),
        ("date:2014", {"cadres", "transfo"}),
    ],
)
def test_the_query_language_finds(library: Library, q: str, ids: set[str]) -> None:
    assert found_ids(library, q) == ids


def test_a_group_that_may_not_be_read_answers_like_one_that_does_not_exist(library: Library) -> None:
    secret = run_search(library, ANONYMOUS, SearchRequest(q="groupe:secret"))
    absent = run_search(library, ANONYMOUS, SearchRequest(q="groupe:absent"))
    assert secret.left_out == (IgnoredPart(IgnoredReason.SENSE, "groupe:secret"),)
    assert absent.left_out == (IgnoredPart(IgnoredReason.SENSE, "groupe:absent"),)
    assert (secret.total, absent.total) == (0, 0)


def test_lists_by_date_need_all_the_words_unless_any_is_asked_for(library: Library) -> None:
    assert found_ids(library, "agents élus") == {"cadres", "transfo"}
    assert found_ids(library, "agents élus", sort=Sort.RECENT) == {"transfo"}
    assert found_ids(library, "agents élus", sort=Sort.RECENT, match=MATCH_ANY) == {"cadres", "transfo"}


def test_a_passage_is_found_by_the_page_author_and_its_own_author(library: Library) -> None:
    assert found_ids(library, "auteur:château", view=View.PASSAGES, per_page=2) == {"cadres"}
    assert found_ids(library, "château", view=View.PASSAGES) == set()
    assert found_ids(library, "", view=View.PASSAGES, byline=("élodie château et paul roux",), per_page=2) == {"cadres"}


def test_passages_are_found_by_their_own_words(library: Library) -> None:
    results = run_search(library, ANONYMOUS, SearchRequest(q="agent", view=View.PASSAGES))
    assert [(row.item.id, row.annotation and row.annotation.body) for row in results.rows] == [
        ("transfo", "L’agent, enfin !")
    ]
    assert found_ids(library, "transfo", view=View.PASSAGES) == {"cadres"}
    assert found_ids(library, "titre:numériques", view=View.PASSAGES, per_page=2) == {"cadres"}


@pytest.mark.parametrize(
    "q", ["(" * 2000, '"' * 1999, "a AND " * 300, "-" * 2000, "*" * 2000, "tag:" * 500, "~ OU", "🙂"]
)
def test_any_typed_query_gives_an_answer(library: Library, q: str) -> None:
    for view in View:
        run_search(library, ANONYMOUS, SearchRequest(q=q, view=view))


def test_scores_are_given_where_relevance_orders(library: Library) -> None:
    ranked = run_search(library, ANONYMOUS, SearchRequest(q="agents élus"))
    scores = [row.score for row in ranked.rows]
    assert all(score is not None and score > 0 for score in scores)
    assert scores == sorted(scores, reverse=True)
    assert all(row.score is None for row in run_search(library, ANONYMOUS, SearchRequest()).rows)
