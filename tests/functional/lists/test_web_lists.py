"""Lists in the browser: created, filled, ordered, changed by two users at once, and downloaded as a press review."""

import re
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from kb.errors import Conflict
from kb.indexer import catch_up
from kb.model.items.item import Item
from kb.model.items.item_fields import AnnotationFields, ItemFields
from kb.model.items.item_list import MOST_ENTRIES, ItemList, ListEntry, ListEntryKind
from kb.services.core.library import Library
from kb.services.items.item_creation import save_item
from kb.services.lists.list_arrangement import remove_list_entries
from kb.services.lists.lists import (
    ListChanged,
    add_list_entry,
    change_list,
    change_list_entry,
    create_list,
    list_view,
    move_list_entry,
    remove_list,
)
from kb.services.moderation.moderation_actions import remove_content, restore_content
from kb.services.undo.undo import undo_action
from kb.site import create_app
from tests.factories.group import a_shared, as_
from tests.support.browser_sessions import PASSWORD, send, sign_in

PASSAGES = [AnnotationFields(f"La Marne monte de {place} mètres.") for place in range(3)]


@pytest.fixture
def item(library: Library, slug: str) -> Item:
    fields = ItemFields(url="https://exemple.fr/crues", title="Les crues", source="La Gazette", published="2014-11-07")
    item = save_item(library, as_(library, "claire"), slug, fields, PASSAGES).item
    catch_up(library)
    return item


@pytest.fixture
def plan(library: Library, slug: str) -> ItemList:
    return create_list(library, as_(library, "claire"), slug, "Plan", "Pour le comité")


def words_of(library: Library, outline: ItemList, login: str = "claire") -> list[str]:
    page = list_view(library, as_(library, login), outline.id)
    return [entry.entry.text or (entry.annotation.quote if entry.annotation else "") or "" for entry in page.entries]


def test_a_list_is_made_filled_and_read_without_a_script(slug: str, item: Item, browser: dict[str, TestClient]) -> None:
    claire = browser["claire"]
    response = send(claire, f"/g/{slug}/lists", f"/g/{slug}/lists", name="Crues", description="Pour le comité")
    address = response.headers["location"].partition("?")[0]
    assert re.fullmatch(r"/lists/[\w-]+/edit", address)
    send(claire, address, address, act="heading", words="Ce qu’on lit")
    page_text = claire.get(address + "?q=marne").text
    assert page_text.count("La Marne monte de") >= 3
    part = item.annotations[1].id
    send(claire, address, address, act="add", item=item.id, annotation=part, q="marne")
    send(claire, address, address, act="text", words="Trois passages\n\nse rejoignent.")
    page = claire.get(address.removesuffix("/edit")).text
    assert '<h2 dir="auto">Ce qu’on lit</h2>' in page
    assert "La Marne monte de 1 mètres." in page
    assert '<p dir="auto">se rejoignent.</p>' in page
    assert browser[""].get(address.removesuffix("/edit")).status_code == 200
    assert browser[""].get(address).headers["location"].startswith("/login")


def test_the_name_of_a_new_list_is_not_called_optional_and_its_lack_is_said(
    item: Item, plan: ItemList, browser: dict[str, TestClient]
) -> None:
    address = f"/lists/add?item={item.id}"
    form = browser["claire"].get(address).text.split('class="sheet-form"')[1]
    assert form.count("(facultatif)") == 1  # The id of the comment.
    sent = {"item": item.id, "annotation": "", "list": "", "name": " "}
    refused = send(browser["claire"], address, "/lists/add", **sent)
    assert refused.status_code == 400
    assert "Choisissez une liste, ou nommez-en une nouvelle." in refused.text


def test_entries_move_and_what_was_done_is_undone(library: Library, slug: str, item: Item, plan: ItemList) -> None:
    claire = as_(library, "claire")
    for part in item.annotations:
        add_list_entry(library, claire, plan.id, ListEntryKind.PASSAGE, item_id=item.id, annotation_id=part.id)
    ids = [entry.entry.id for entry in list_view(library, claire, plan.id).entries]
    move_list_entry(library, claire, plan.id, ids[2], 0)
    assert [word[18] for word in words_of(library, plan)] == ["2", "0", "1"]
    move_list_entry(library, claire, plan.id, ids[2], 99)
    removal = remove_list_entries(library, claire, plan.id, [ids[0]])
    add_list_entry(library, as_(library, "paul"), plan.id, ListEntryKind.TEXT, words="De Paul")
    assert removal.undo is not None
    undo_action(library, claire, removal.undo)
    assert words_of(library, plan) == [f"La Marne monte de {place} mètres." for place in (0, 1, 2)] + ["De Paul"]
    _, id_ = remove_list(library, claire, plan.id)
    assert id_ is not None
    assert undo_action(library, claire, id_).list_ids == (plan.id,)
    assert len(words_of(library, plan)) == 4


def test_two_users_who_change_a_list_at_once_never_overwrite_each_other(
    library: Library, slug: str, plan: ItemList
) -> None:
    claire, paul = as_(library, "claire"), as_(library, "paul")
    added = add_list_entry(library, claire, plan.id, ListEntryKind.TEXT, words="Un début")
    assert added.entry_id is not None
    change_list_entry(library, paul, plan.id, added.entry_id, "Un début, par Paul", read="Un début")
    with pytest.raises(ListChanged):
        change_list_entry(library, claire, plan.id, added.entry_id, "Un début, par Claire", read="Un début")
    change_list(library, paul, plan.id, "Plan de Paul", "", private=True, version=added.item_list.version + 1)
    # A user who did not create the list cannot make it private.
    assert not list_view(library, paul, plan.id).item_list.private
    with pytest.raises(ListChanged):
        change_list(library, claire, plan.id, "Plan de Claire", "", private=False, version=plan.version)


def test_text_typed_over_another_users_change_is_kept_in_the_form(
    library: Library, plan: ItemList, browser: dict[str, TestClient]
) -> None:
    added = add_list_entry(library, as_(library, "paul"), plan.id, ListEntryKind.TEXT, words="De Paul")
    address = f"/lists/{plan.id}/edit"
    answer = send(
        browser["claire"], address, address, act="words", entry=added.entry_id or "", read="Rien", words="De Claire"
    )
    assert answer.status_code == 409
    assert "De Claire</textarea>" in answer.text
    assert '<p dir="auto">De Paul</p>' in answer.text


def test_the_entry_of_a_removed_item_is_empty_until_the_item_is_restored(
    library: Library, item: Item, plan: ItemList
) -> None:
    claire = as_(library, "claire")
    add_list_entry(library, claire, plan.id, ListEntryKind.ITEM, item_id=item.id)
    removal = remove_content(library, claire, item.id)
    assert [entry.is_there for entry in list_view(library, claire, plan.id).entries] == [False]
    restore_content(library, claire, removal.id)
    assert [entry.is_there for entry in list_view(library, claire, plan.id).entries] == [True]


def test_a_comment_in_a_list_names_its_author_and_a_passage_does_not(
    library: Library, slug: str, plan: ItemList, browser: dict[str, TestClient]
) -> None:
    claire = as_(library, "claire")
    parts = [AnnotationFields("La Marne monte."), AnnotationFields(body="À relire.")]
    item = save_item(library, claire, slug, ItemFields(url="https://exemple.fr/marne", title="La Marne"), parts).item
    for part in item.annotations:
        add_list_entry(library, claire, plan.id, ListEntryKind.PASSAGE, item_id=item.id, annotation_id=part.id)
    entries = browser[""].get(f"/lists/{plan.id}").text.split('<ol class="passages list-entries">')[1]
    name = item.annotations[1].author.name
    assert f"<bdi>{name}</bdi>\u202f: À relire." in entries
    assert entries.count(name) == 1


def test_a_private_list_is_there_for_its_maker_alone(
    library: Library, slug: str, item: Item, browser: dict[str, TestClient]
) -> None:
    own = create_list(library, as_(library, "claire"), slug, "À moi", private=True)
    assert browser["claire"].get(f"/lists/{own.id}").status_code == 200
    for path in ("", "/edit", "/review", "/review?format=md"):
        response = browser["paul"].get(f"/lists/{own.id}{path}")
        absent = browser["paul"].get(f"/lists/rien{path}")
        assert (response.status_code, absent.status_code) == (404, 404)
        assert response.text.replace(own.id, "rien") == absent.text
    assert "À moi" not in browser["paul"].get(f"/g/{slug}/lists").text


def test_a_list_refuses_bad_forms_and_holds_so_much(library: Library, slug: str, item: Item) -> None:
    other = a_shared(library)
    claire = as_(library, "claire")
    other_list = create_list(library, claire, other.slug, "Ailleurs")
    address = f"/lists/{other_list.id}/edit"
    with TestClient(create_app(library), follow_redirects=False) as client:
        sign_in(client, "claire", PASSWORD)
        for fields in (
            {"act": "heading", "words": " "},
            {"act": "text", "words": "x" * 20_001},
            {"act": "place", "entry": "rien", "place": "deux"},
            {"act": "autre"},
            {"act": "settings", "name": "", "version": "1"},
        ):
            assert send(client, address, address, **fields).status_code == 400, fields
        assert send(client, address, address, act="drop", entry="rien").status_code == 404
    entries = tuple(ListEntry(f"e-{place}", ListEntryKind.TEXT, text="x") for place in range(MOST_ENTRIES))
    with library.store.write() as writing:
        writing.lists.update(replace(other_list, entries=entries))
    with pytest.raises(Conflict):
        add_list_entry(library, claire, other_list.id, ListEntryKind.TEXT, words="Une de trop")
    own = create_list(library, claire, "~claire", "De partout")
    add_list_entry(library, claire, own.id, ListEntryKind.ITEM, item_id=item.id)
    assert list_view(library, claire, own.id).entries[0].item == item


@pytest.mark.parametrize(
    ("form", "media_type", "expected"),
    [
        ("html", "text/html", "<h2>"),
        ("md", "text/markdown", "\n## [Les crues](<https://exemple.fr/crues>)"),
        ("txt", "text/plain", "La Gazette, 7 novembre 2014"),
        ("eml", "message/rfc822", "X-Unsent: 1"),
    ],
)
def test_a_press_review_is_downloaded_in_four_formats(
    library: Library,
    item: Item,
    plan: ItemList,
    browser: dict[str, TestClient],
    form: str,
    media_type: str,
    expected: str,
) -> None:
    for part in item.annotations:
        add_list_entry(
            library, as_(library, "claire"), plan.id, ListEntryKind.PASSAGE, item_id=item.id, annotation_id=part.id
        )
    page = browser[""].get(f"/lists/{plan.id}/review").text
    assert "La Marne monte de 2 mètres." in page
    file = browser[""].get(f"/lists/{plan.id}/review.{form}")
    assert file.headers["content-type"].startswith(media_type)
    assert file.headers["content-disposition"].startswith(f'attachment; filename="plan.{form}"')
    assert expected in file.text
    assert "La Marne" in file.text
    searched = browser[""].get(f"/review?q=marnes&format={form}&title=Crues&quotes=1")
    assert searched.text.count("La Marne monte") == (2 if form == "eml" else 1)


def test_a_review_that_is_badly_asked_for_is_a_sentence(plan: ItemList, browser: dict[str, TestClient]) -> None:
    assert browser[""].get(f"/lists/{plan.id}/review?format=rtf").status_code == 400
    assert browser[""].get(f"/lists/{plan.id}/review.rtf").status_code == 404
    former = browser[""].get(f"/lists/{plan.id}/review?format=pdf")
    assert (former.status_code, former.headers["location"]) == (308, f"/lists/{plan.id}/review.pdf")
    assert browser[""].get("/review?order=rien").status_code == 400
    assert browser[""].get("/review?quotes=-1&longest=999999999999").status_code == 200
