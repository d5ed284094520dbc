"""Another spelling of a query with few results."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from kb.access.actor import ANONYMOUS, Actor
from kb.model.people.group import Group, Visibility
from kb.model.search_request import SearchRequest, Sort, View
from kb.services.core.library import Library
from kb.services.search.search import run_search
from tests.factories.items import a_group, a_member, an_annotation, an_item
from tests.factories.library import a_library

PHYSICS, HISTORY = a_group("physique"), a_group("histoire")
CLOSED = a_group("cave", visible=Visibility.MEMBERS)
READABLE = (
    *(an_item(f"Le télétravail des agents, n° {number}", group=PHYSICS) for number in range(12)),
    *(an_item(f"Territoires et Bourgogne {number}", group=PHYSICS, tags=["eau"]) for number in range(5)),
    an_item("Une dématérialisation", group=HISTORY, annotations=[an_annotation("Des agnets, une fois.")]),
    an_item("Dématérialisation 2, le numérique", group=HISTORY),
    an_item("Dématérialisation 3", group=HISTORY, annotations=[an_annotation("Demain, la dématérialisation.")]),
)
SECRET = (
    *(an_item(f"Aargents, targents, télétravaux {number}", group=CLOSED) for number in range(30)),
    an_item("Les agentts du territorie au télétravial : secretissime", group=CLOSED),
)


@pytest.fixture(scope="module")
def library() -> Iterator[Library]:
    opened = a_library(*READABLE, *SECRET, groups=(PHYSICS, HISTORY, CLOSED))
    yield opened
    opened.close()


def proposed(library: Library, q: str, actor: Actor = ANONYMOUS, **rest: object) -> str | None:
    return run_search(library, actor, SearchRequest(q=q, **rest)).suggestion  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("teletravial", "télétravail"),
        ("le Télétravial", "le télétravail"),
        ("agents au télétravial", "agents au télétravail"),
        ("agenst télétravial", "agents télétravail"),
        ("bourgongne", "Bourgogne"),
        ("numerik", "numérique"),
        ("dematterialiation", "dématérialisation"),
        ("l'agentt", "l'agents"),
        ('"des agentts"', '"des agents"'),
        ("titre:télétravial", "titre:télétravail"),
        ("télétravial ET (agents OU territoires)", "télétravail ET (agents OU territoires)"),
        ("télétravial -bourgongne", "télétravail -bourgongne"),
    ],
)
def test_an_unknown_word_is_replaced_by_its_neighbour_as_it_is_written(library: Library, q: str, expected: str) -> None:
    assert proposed(library, q) == expected


@pytest.mark.parametrize(
    "q",
    [
        "",
        "agents",
        "télétravail",
        "Bourgogne",
        "zzzzzzzzz",
        "vitamine",
        "agt",
        "tag:télétravial",
        "télétravia*",
        "agenst~",
    ],
)
def test_nothing_is_proposed_for_what_is_known_or_has_no_neighbour(library: Library, q: str) -> None:
    assert proposed(library, q) is None


def test_a_rare_word_is_replaced_only_where_little_is_found(library: Library) -> None:
    assert proposed(library, "agnets") == "agents"
    assert proposed(library, "agnets télétravail") is None


def test_another_spelling_finds_more_with_the_same_filters(library: Library) -> None:
    assert proposed(library, "télétravial", tag=("eau",)) is None
    assert proposed(library, "télétravial", group=("histoire",)) is None
    assert proposed(library, "télétravial", group=("physique",)) == "télétravail"
    assert proposed(library, "territoires télétravial") == "territoires télétravail"
    assert proposed(library, "territoires télétravial", tag=("eau",)) is None
    assert proposed(library, "dématérialisatoin", view=View.PASSAGES) == "dématérialisation"


def test_nothing_is_proposed_after_the_first_page(library: Library) -> None:
    assert proposed(library, "télétravial", sort=Sort.RECENT) == "télétravail"
    assert proposed(library, "télétravial", sort=Sort.RECENT, page=2) is None
    assert proposed(library, "agnets", page=2) is None


def test_unreadable_items_change_no_spelling_correction(library: Library) -> None:
    alone = a_library(*READABLE, groups=(PHYSICS, HISTORY, CLOSED))
    for q in ("agentts", "télétravial", "secretisime", "targent", "territorie", "teletravau", "aargent"):
        assert proposed(library, q) == proposed(alone, q)
    assert proposed(library, "secretisime") is None
    assert proposed(library, "secretisime", a_member(of=CLOSED)) == "secretissime"
    alone.close()


@pytest.mark.parametrize(("holder", "is_replaced"), [(PHYSICS, False), (CLOSED, True)])
def test_a_word_of_a_readable_item_is_not_replaced_among_passages(holder: Group, is_replaced: bool) -> None:
    said = an_item("Avis", group=PHYSICS, annotations=[an_annotation("La ville, selon ses élus.")])
    with closing(a_library(said, an_item("Le salon", group=holder), groups=(PHYSICS, CLOSED))) as library:
        request = SearchRequest(q="ville salon", view=View.PASSAGES)
        assert (run_search(library, ANONYMOUS, request).interpretation is not None) == is_replaced
