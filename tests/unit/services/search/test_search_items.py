import pytest

from kb.access.actor import ANONYMOUS
from kb.errors import NotFound
from kb.model.people.group import Visibility
from kb.model.search_request import SearchRequest, View
from kb.services.items.items import item_page
from kb.services.items.view_counts import count_view
from kb.services.search.search import run_search
from tests.factories.items import a_group, a_member, an_annotation, an_item
from tests.factories.library import a_library

FIREFOX = "Mozilla/5.0 Firefox/140.0"
SECRET = a_group("secret", visible=Visibility.MEMBERS)


def test_an_item_comes_with_its_group_and_the_words_marked_in_it() -> None:
    library = a_library(an_item("Les agents", id="un", language="fr", annotations=[an_annotation("L’agent", id="a")]))
    view = item_page(library, ANONYMOUS, "un", "agents")
    assert (view.item.id, view.group.slug) == ("un", "physique")
    assert [(match.field, match.annotation, match.pieces) for match in view.matches] == [
        ("title", None, (("Les ", False), ("agents", True))),
        ("highlight", "a", (("L’", False), ("agent", True))),
    ]
    assert item_page(library, ANONYMOUS, "un").matches == ()


def test_an_item_that_may_not_be_read_answers_like_one_that_does_not_exist() -> None:
    library = a_library(an_item(id="caché", group=SECRET), groups=(a_group(), SECRET))
    with pytest.raises(NotFound) as hidden:
        item_page(library, ANONYMOUS, "caché")
    with pytest.raises(NotFound) as absent:
        item_page(library, ANONYMOUS, "absent")
    assert str(hidden.value) == str(absent.value)
    with pytest.raises(NotFound):
        count_view(library, ANONYMOUS, "caché", "192.0.2.1", FIREFOX)
    assert item_page(library, a_member("claire", of=SECRET), "caché").item.id == "caché"


def test_a_view_is_counted_for_readers_of_the_item() -> None:
    library = a_library(an_item(id="un", views=4, url="https://exemple.fr"))
    assert count_view(library, ANONYMOUS, "un", "192.0.2.1", FIREFOX).url == "https://exemple.fr"
    assert item_page(library, ANONYMOUS, "un").item.views == 5


def test_a_search_marks_what_it_finds() -> None:
    annotation = an_annotation("des systèmes entre administrations", id="a")
    library = a_library(an_item("Le titre", language="fr", annotations=[annotation]))
    for view in View:
        (row,) = run_search(library, ANONYMOUS, SearchRequest(q="administration", view=view)).rows
        (match,) = row.matches
        assert (match.field, match.annotation) == ("highlight", "a")
        assert ("administrations", True) in match.pieces
    (row,) = run_search(library, ANONYMOUS, SearchRequest()).rows
    assert row.matches == ()
