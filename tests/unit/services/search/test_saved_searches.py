"""Saved searches: readers, results and new results."""

from datetime import date

import pytest

from kb.access.actor import ANONYMOUS, OPERATOR, Actor
from kb.errors import Conflict, Forbidden, Invalid, NotFound
from kb.model.people.group import Role, Visibility
from kb.model.saved_search import SavedSearch
from kb.model.search_request import SearchRequest
from kb.services.core.library import Library
from kb.services.search.saved_searches import (
    create_saved_search,
    new_result_count,
    readable_saved_search,
    readable_saved_searches,
    remove_saved_search_by_name,
    rename_saved_search,
)
from tests.factories.items import a_group, a_member, an_annotation, an_item
from tests.factories.library import a_library

OPEN, SECRET = a_group("physique"), a_group("secret", visible=Visibility.MEMBERS)
TODAY = date(2026, 11, 24)


@pytest.fixture
def library() -> Library:
    days = (None, "2026-11-17T23:59:59Z", "2026-11-18", "2026-11-24T23:00:00Z", "2026-11-25", "2014")
    items = [an_item("Les agents", group=OPEN, added=day, published="2014-05") for day in days]
    marked = an_item("Autre", group=OPEN, added="2014-01-01", annotations=[an_annotation("agents", added="2026-11-20")])
    return a_library(*items, marked, an_item("Les agents", group=SECRET, added="2026-11-24"), groups=(OPEN, SECRET))


def names(library: Library, actor: Actor, group: str | None = None) -> list[str]:
    return [saved.search.name for saved in readable_saved_searches(library, actor, group)]


def new(library: Library, actor: Actor, parameters: str) -> int:
    return new_result_count(library, actor, SavedSearch.of("s", OPEN.id, "n", parameters, "2026"), TODAY)


def test_a_search_is_saved_as_given_and_found_by_its_readers(library: Library) -> None:
    saved = create_saved_search(
        library, OPERATOR, "physique", " Les  agents ", "?q=agents&group=physique&from=2014&page=3"
    )
    assert saved.search.name == "Les agents"
    assert saved.search.request == SearchRequest(q="agents", group=("physique",), date_from="2014")
    assert readable_saved_search(library, ANONYMOUS, saved.search.id) == saved
    create_saved_search(library, OPERATOR, "physique", "Écoles", "tag=école")
    create_saved_search(library, OPERATOR, "secret", "À nous", "q=agents")
    assert names(library, ANONYMOUS) == ["Écoles", "Les agents"]
    assert names(library, OPERATOR) == ["À nous", "Écoles", "Les agents"]
    assert names(library, OPERATOR, "secret") == ["À nous"]


def test_saved_searches_of_a_closed_group_answer_as_missing_to_others(library: Library) -> None:
    hidden = create_saved_search(library, OPERATOR, "secret", "À nous", "q=agents").search.id
    for act in (
        lambda: readable_saved_search(library, ANONYMOUS, hidden),
        lambda: readable_saved_search(library, ANONYMOUS, "rien"),
        lambda: remove_saved_search_by_name(library, ANONYMOUS, hidden),
        lambda: remove_saved_search_by_name(library, ANONYMOUS, "À nous"),
    ):
        with pytest.raises(NotFound, match="This saved search does not exist, or you may not read it"):
            act()
    with pytest.raises(NotFound):
        readable_saved_searches(library, ANONYMOUS, "secret")


def test_a_reader_saves_and_removes_nothing(library: Library) -> None:
    search = create_saved_search(library, OPERATOR, "physique", "Agents", "q=agents").search
    for actor in (ANONYMOUS, a_member(role=Role.READER)):
        with pytest.raises(Forbidden):
            create_saved_search(library, actor, "physique", "Autre", "q=autre")
        with pytest.raises(Forbidden):
            remove_saved_search_by_name(library, actor, search.id)
    assert remove_saved_search_by_name(library, a_member(role=Role.MEMBER), "Agents").search == search
    assert names(library, OPERATOR) == []


def test_a_name_is_given_once_and_the_same_search_again_is_the_same(library: Library) -> None:
    first = create_saved_search(library, OPERATOR, "physique", "Agents", "q=agents")
    assert create_saved_search(library, OPERATOR, "physique", "Agents", "q=agents&page=2") == first
    with pytest.raises(Conflict, match="name of another search"):
        create_saved_search(library, OPERATOR, "physique", "Agents", "q=agent")
    create_saved_search(library, OPERATOR, "secret", "Agents", "q=agents")
    with pytest.raises(Conflict, match="say which group"):
        remove_saved_search_by_name(library, OPERATOR, "Agents")
    assert remove_saved_search_by_name(library, OPERATOR, "Agents", "secret").group == SECRET


def test_a_name_that_differs_in_case_and_accents_alone_is_taken(library: Library) -> None:
    saved = create_saved_search(library, OPERATOR, "physique", "École des agents", "q=agents").search
    other = create_saved_search(library, OPERATOR, "physique", "Eau", "q=eau").search
    with pytest.raises(Conflict):
        create_saved_search(library, OPERATOR, "physique", "ecole des Agents", "q=école")
    with pytest.raises(Conflict):
        rename_saved_search(library, OPERATOR, other.id, "ÉCOLE DES AGENTS")
    assert rename_saved_search(library, OPERATOR, saved.id, "école des agents").search.name == "école des agents"


@pytest.mark.parametrize("parameters", ["", "quoi=agents", "q=agents&etiquette=eau", "q=%ff", "view=livres"])
def test_parameters_that_say_nothing_are_refused(library: Library, parameters: str) -> None:
    with pytest.raises(Invalid):
        create_saved_search(library, OPERATOR, "physique", "Nom", parameters)


def test_new_results_are_those_of_the_last_seven_days(library: Library) -> None:
    # A date in the future counts as new too: clocks differ, and nothing must be missed.
    assert new(library, ANONYMOUS, "q=agents") == 3
    assert new(library, OPERATOR, "q=agents") == 4
    assert new(library, ANONYMOUS, "q=agents&group=secret") == 0
    assert new(library, ANONYMOUS, "q=agents&view=passages") == 1
    assert new(library, ANONYMOUS, "q=rien") == 0


def test_new_results_are_counted_within_the_dates_of_the_search(library: Library) -> None:
    assert new(library, ANONYMOUS, "from=2014-05&to=2014-05") == 3
    assert new(library, ANONYMOUS, "from=2015") == 0
    assert new(library, ANONYMOUS, "from=2026-11-24&date=added") == 2
