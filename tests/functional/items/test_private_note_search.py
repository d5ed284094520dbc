"""A private note lies in one's own library: a search shows it once, with its item or by its own words."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from kb.access.actor import Actor
from kb.indexer import catch_up
from kb.model.items.item_fields import AnnotationFields, ItemFields, fields_of_item
from kb.model.search_request import SearchRequest, View
from kb.services.annotations.private_notes import write_private_note
from kb.services.core.library import Library
from kb.services.exports.exports import export_of_search
from kb.services.item_actions.bulk_actions import selected_ids
from kb.services.item_actions.move_and_copy import copy_item
from kb.services.items.item_creation import save_item
from kb.services.items.item_edit import edit_item
from kb.services.search.search import result_count, run_search
from kb.web.app import create_app
from tests.factories.group import a_shared, as_
from tests.factories.library import an_empty_library
from tests.support.browser_sessions import an_account, sign_in

ADDRESS = "https://exemple.fr/crues"
TITLE, NOTE = "crues de la Marne", "hypothèse à vérifier"


@pytest.fixture
def library() -> Iterator[Library]:
    library = an_empty_library()
    for login in ("claire", "luc"):
        an_account(library, login)
    group, other = a_shared(library), a_shared(library)
    claire = as_(library, "claire")
    fields = ItemFields(url=ADDRESS, title="Les crues de la Marne", source="La Gazette")
    item = save_item(library, claire, group.slug, fields, [AnnotationFields("Le fleuve monte.")]).item
    write_private_note(library, claire, item.id, "Une hypothèse à vérifier.")
    copy_item(library, claire, item.id, other.slug)
    catch_up(library)
    yield library
    library.close()


def groups_found(library: Library, actor: Actor, request: SearchRequest) -> list[str]:
    """The groups of what is found, after a check that everything that counts or lists it agrees."""
    found = run_search(library, actor, request)
    assert found.total == result_count(library, actor, request) == len(found.rows)
    assert request.group or sum(value.count for value in found.facets["group"]) == found.total
    ids = [row.item.id for row in found.rows]
    assert list(selected_ids(library, actor, request, None)) == list(dict.fromkeys(ids))
    if request.view is View.ITEMS:
        # A file takes the notes of its reader along.
        assert set(export_of_search(library, actor, request).ids) >= set(ids)
    return sorted(row.group.slug for row in found.rows)


@pytest.mark.parametrize("q", ["", TITLE, "source:gazette", "Marne", f'"{TITLE}"'])
def test_an_item_with_a_private_note_is_found_once_in_each_group(library: Library, q: str) -> None:
    claire = as_(library, "claire")
    found = groups_found(library, claire, SearchRequest(q=q))
    assert len(found) == 2
    assert "~claire" not in found


@pytest.mark.parametrize("view", View)
def test_a_private_note_is_found_once_by_its_words(library: Library, view: View) -> None:
    assert groups_found(library, as_(library, "claire"), SearchRequest(q=NOTE, view=view)) == ["~claire"]
    assert groups_found(library, as_(library, "luc"), SearchRequest(q=NOTE, view=view)) == []


def test_ones_own_library_shows_it_always(library: Library) -> None:
    assert groups_found(library, as_(library, "claire"), SearchRequest(q=TITLE, group=("~claire",))) == ["~claire"]


def test_an_item_of_ones_own_library_with_a_tag_is_a_bookmark_of_its_own(library: Library) -> None:
    claire = as_(library, "claire")
    own = run_search(library, claire, SearchRequest(group=("~claire",))).rows[0].item
    edit_item(library, claire, own.id, replace(fields_of_item(own), tags=("eau",)))
    catch_up(library)
    assert "~claire" in groups_found(library, claire, SearchRequest(q=TITLE))


def test_the_page_shows_one_row_for_each_group(library: Library) -> None:
    with TestClient(create_app(library)) as client:
        sign_in(client, "claire")
        page = client.get(f"/search?q={TITLE}").text
        assert len(re.findall('<article class="row', page)) == 2
        assert "2\u202fsignets" in page or "2 signets" in page
