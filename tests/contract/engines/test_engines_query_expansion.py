"""How both engines expand plain words when hits are sorted by relevance: only with terms of the accessible
documents.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kb.access.actor import ANONYMOUS, Actor
from kb.model.people.group import Visibility
from kb.model.search_request import SearchRequest, Sort
from kb.services.core.library import Library
from kb.services.search.result_types import SearchResults
from kb.services.search.search import result_count, run_search
from tests.factories.items import a_group, a_member, an_item
from tests.factories.library import a_library

OPEN, CLOSED = a_group("physique"), a_group("cave", visible=Visibility.MEMBERS)
READABLE = tuple(
    an_item(title, group=OPEN, id=key, language="fr")
    for key, title in {
        "train": "Le train de nuit",
        "eau": "La qualité de l'eau potable",
        "rives": "Potable, disait-on de l'eau des rives",
        "territoire": "Les agents territoriaux",
        "terroir": "Un terroir, des agents",
        "e-administration": "Vers l'e-administration",
        "porte": "Porte close, parole donnée",
        "parole": "Le porte-parole du conseil",
        "sigle": "La D.G.S. informe",
        "combien": "Combien de fois",
        "gare": "La mise en place du guichet",
    }.items()
)
SECRET = (
    *(an_item(f"Des agentes {number} et un zygomorphe", group=CLOSED, language="fr") for number in range(5)),
    an_item("Une miseenplace, un traindenuit, train denuit", group=CLOSED, language="fr"),
    an_item("The secrets of the agency", group=CLOSED, language="en"),
)
NEVER_WIDENED = (
    "agants ET nuit",
    "agants OU nuit",
    "agants SAUF nuit",
    "agants -nuit",
    '"agants"',
    '"agants" nuit',
    "titre:agants",
    "agants*",
    "combien OU nuit",
)


@pytest.fixture(scope="module", params=["memory", "whoosh"])
def library(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    opened = a_library(*READABLE, *SECRET, groups=(OPEN, CLOSED), index_url=url_of(request.param, tmp_path_factory))
    yield opened
    opened.close()


def url_of(engine: str, folders: pytest.TempPathFactory) -> str:
    return "memory:" if engine == "memory" else f"whoosh:{Path(folders.mktemp('index'))}"


def results_of(library: Library, q: str, actor: Actor = ANONYMOUS, **request_fields: Any) -> SearchResults:
    return run_search(library, actor, SearchRequest(q=q, **request_fields))


def ids(library: Library, q: str, actor: Actor = ANONYMOUS, **request_fields: Any) -> set[str]:
    return {row.item.id for row in results_of(library, q, actor, **request_fields).rows}


def test_a_word_that_nothing_holds_is_taken_for_its_neighbours(library: Library) -> None:
    results = results_of(library, "agants")
    assert {row.item.id for row in results.rows} == {"territoire", "terroir"}
    assert results.interpretation is not None
    assert (results.interpretation.query, results.interpretation.others, results.interpretation.literal) == (
        "agents",
        (),
        '"agants"',
    )
    assert results.suggestion == "agents"
    assert {piece for row in results.rows for match in row.matches for piece in match.pieces if piece[1]} == {
        ("agents", True)
    }


def test_several_neighbours_are_searched_and_said(library: Library) -> None:
    results = results_of(library, "la nuit des tives et rain")
    assert results.interpretation is not None
    assert results.interpretation.query == "la nuit des rives et train"
    assert {row.item.id for row in results.rows} == {"train", "rives"}


def test_a_word_that_is_known_is_taken_for_no_other(library: Library) -> None:
    assert results_of(library, "agents").interpretation is None
    assert ids(library, "rive") == {"rives"}
    assert results_of(library, "rive").interpretation is None


def test_short_words_and_figures_have_no_neighbours(library: Library) -> None:
    assert ids(library, "eua") == set()
    assert ids(library, "2014") == set()


@pytest.mark.parametrize("q", NEVER_WIDENED)
def test_a_query_with_operators_is_not_expanded(library: Library, q: str) -> None:
    results = results_of(library, q, match="any")
    assert results.interpretation is None
    literal = run_search(library, ANONYMOUS, SearchRequest(q=q, match="any").verbatim())
    assert [(row.item.id, row.score) for row in results.rows] == [(row.item.id, row.score) for row in literal.rows]
    assert "territoire" not in {row.item.id for row in results.rows}


@pytest.mark.parametrize(
    ("q", "missing"),
    [
        ("train xylophone", ("xylophone",)),
        ("train Xylophoné agents zzzzz", ("Xylophoné", "zzzzz")),
        ("train zygomorphe", ("zygomorphe",)),
        # These queries get other notices or none: a word is replaced, split, joined, inflected, or alone.
        ("train agants", ()),
        ("train eadministration", ()),
        ("train agentsterritoriaux", ()),
        ("train agente", ()),
        ("xylophone", ()),
        ("train SAUF xylophone", ()),
    ],
)
def test_words_that_nothing_has_are_named_beside_what_the_others_find(
    library: Library, q: str, missing: tuple[str, ...]
) -> None:
    assert results_of(library, q).missing == missing
    member = a_member("claire", of=CLOSED)
    assert "zygomorphe" not in results_of(library, q, member).missing


PASTED = 'La "qualité des rives", c’était quoi ?'


def test_a_pasted_title_is_searched_without_its_quotation_marks(library: Library) -> None:
    results = results_of(library, PASTED)
    plain = results_of(library, "La qualité des rives, c’était quoi ?")
    assert {row.item.id for row in results.rows} == {"eau", "rives"}
    assert [(row.item.id, row.score, row.matches) for row in results.rows] == [
        (row.item.id, row.score, row.matches) for row in plain.rows
    ]
    assert results.request.q == PASTED
    assert results.interpretation is not None
    assert results.interpretation.unquoted
    assert (results.interpretation.query, results.interpretation.literal) == (
        "La qualité des rives c’était quoi",
        '"qualité des rives"',
    )
    assert results.suggestion == results.interpretation.query
    assert result_count(library, ANONYMOUS, SearchRequest(q=PASTED)) == 2
    misspelt = results_of(library, 'Les "agants des rives", vues du train')
    assert misspelt.interpretation is not None
    assert (misspelt.interpretation.query, misspelt.interpretation.unquoted) == (
        "Les agents des rives vues du train",
        True,
    )


@pytest.mark.parametrize(
    "q",
    [
        '"qualité des rives"',
        '"qualité des rives" agents',
        'la "qualité des rives" ET agents potable',
        'la "qualité des rives" -nuit potable',
        'la "qualité des rives" titre:agents potable',
        'la "qualité des rives" agen* potable',
        'la "zygomorphe rare", introuvable traindenuit',
    ],
)
def test_other_queries_with_quotation_marks_are_not_expanded(library: Library, q: str) -> None:
    results = results_of(library, q)
    assert (results.total, results.interpretation) == (0, None)


def test_a_sentence_is_searched_without_its_quotation_marks_where_they_find_something_too(library: Library) -> None:
    results = results_of(library, 'L’eau "potable, disait-on", vraiment ?')
    assert results.interpretation is not None
    assert results.interpretation.unquoted
    assert results.total >= results_of(library, results.interpretation.literal or "").total > 0


def test_quotation_marks_hold_where_words_are_never_expanded(library: Library) -> None:
    for request_fields in ({"match": "all"}, {"sort": Sort.RECENT}, {"sort": Sort.RECENT, "match": "any"}):
        results = results_of(library, PASTED, **request_fields)
        assert (results.total, results.interpretation) == (0, None)
    results_read = run_search(library, ANONYMOUS, SearchRequest(q=PASTED).verbatim())
    assert (results_read.total, results_read.interpretation) == (0, None)


@pytest.mark.parametrize("sort", [sort for sort in Sort if sort is not Sort.RELEVANCE])
def test_lists_in_another_order_are_never_expanded(library: Library, sort: Sort) -> None:
    for match in (None, "any", "all"):
        results = results_of(library, "agants", sort=sort, match=match)
        assert (results.total, results.interpretation) == (0, None)


def test_all_words_are_needed_as_they_are_when_all_are_asked_for(library: Library) -> None:
    assert results_of(library, "agants territoriaux", match="all").total == 0


def test_saved_searches_and_feeds_are_never_expanded(library: Library) -> None:
    results = run_search(library, ANONYMOUS, SearchRequest(q="agants").verbatim())
    assert (results.total, results.interpretation) == (0, None)


def test_words_that_only_ask_are_left_out_of_questions_alone(library: Library) -> None:
    assert ids(library, "Combien de trains ?") == {"train"}
    assert ids(library, "Comment est-ce que le train part") == {"train"}
    assert ids(library, "combien") == {"combien"}
    assert ids(library, "combien OU train") == {"combien", "train"}
    assert ids(library, '"combien" fois') == {"combien"}


@pytest.mark.parametrize("q", ["e-administration", "e administration", "eadministration"])
def test_a_compound_is_found_in_one_word_in_two_and_with_a_dash(library: Library, q: str) -> None:
    assert [row.item.id for row in results_of(library, q).rows][:1] == ["e-administration"]


@pytest.mark.parametrize("q", ["porte-parole", "porte parole", "porteparole"])
def test_a_whole_compound_ranks_before_its_parts(library: Library, q: str) -> None:
    assert [row.item.id for row in results_of(library, q).rows][:1] == ["parole"]


@pytest.mark.parametrize("q", ["D.G.S.", "DGS", "dgs", "D G S"])
def test_an_acronym_is_found_with_and_without_its_dots(library: Library, q: str) -> None:
    assert ids(library, q) == {"sigle"}


def test_two_words_typed_as_one_are_parted_where_they_stand_side_by_side(library: Library) -> None:
    results = results_of(library, "agentsterritoriaux")
    assert [row.item.id for row in results.rows] == ["territoire"]
    assert results.interpretation is None
    assert ids(library, "agentsterroir") == set()


def test_words_side_by_side_count_for_more_and_find_nothing_else(library: Library) -> None:
    near, apart = results_of(library, "eau potable"), results_of(library, "eau OU potable")
    assert {row.item.id for row in near.rows} == {row.item.id for row in apart.rows} == {"eau", "rives"}
    assert near.facets == apart.facets
    assert near.total == apart.total
    scores = {row.item.id: row.score for row in near.rows}
    plain = {row.item.id: row.score for row in apart.rows}
    assert scores["eau"] > plain["eau"]  # type: ignore[operator]
    assert scores["rives"] == plain["rives"]
    marked = {piece for row in near.rows for match in row.matches for piece in match.pieces if piece[1]}
    assert marked == {("eau", True), ("potable", True), ("Potable", True)}


def test_filters_apply_and_words_that_they_exclude_are_not_reported(library: Library) -> None:
    results = results_of(library, "nuit agants", tag=("rien",))
    assert (results.total, results.interpretation) == (0, None)


def test_unreadable_documents_change_no_expansion(library: Library) -> None:
    url = "memory:"
    alone = a_library(*READABLE, groups=(OPEN, CLOSED), index_url=url)
    words = (
        "agante",
        "zygomorpe",
        "mise en place",
        "train denuit",
        "traindenuit",
        "agantes terroir",
        "secrets",
        "agency",
    )
    for q in (
        *words,
        *NEVER_WIDENED,
        "train zygomorphe",
        PASTED,
        'la "zygomorphe rare", introuvable traindenuit',
        "combien de trains",
        "eau potable",
    ):
        with_secret, without_secret = results_of(library, q), results_of(alone, q)
        assert (with_secret.total, with_secret.interpretation, with_secret.suggestion) == (
            without_secret.total,
            without_secret.interpretation,
            without_secret.suggestion,
        )
        assert with_secret.missing == without_secret.missing
        assert with_secret.facets == without_secret.facets
        assert [(row.item.id, row.matches) for row in with_secret.rows] == [
            (row.item.id, row.matches) for row in without_secret.rows
        ]
        assert [row.score for row in with_secret.rows] == pytest.approx([row.score for row in without_secret.rows])
    assert results_of(library, "zygomorpe").total == 0
    assert results_of(library, "zygomorpe", a_member(of=CLOSED)).total == 5
    alone.close()


def test_passages_have_a_vocabulary_of_their_own(library: Library) -> None:
    assert results_of(library, "agants", view="passages").total == 0
