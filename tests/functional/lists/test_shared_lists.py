"""A list over several groups: a user sees the entries of readable items only, and nothing of the others."""

from dataclasses import replace
from io import BytesIO
from zipfile import ZipFile

import pytest
from starlette.testclient import TestClient

from kb.errors import NotFound
from kb.indexer import catch_up
from kb.model.items.item import Item
from kb.model.items.item_fields import AnnotationFields, ItemFields
from kb.model.items.item_list import ItemList, ListEntryKind
from kb.model.people.group import JoinPolicy, Role, Visibility
from kb.services.accounts.personal_data_export import write_own_personal_data
from kb.services.core.library import Library
from kb.services.groups.membership import leave_group, set_role
from kb.services.items.item_creation import save_item
from kb.services.lists.lists import add_list_entry, change_list, create_list, list_view
from kb.services.undo.undo import undo_action
from tests.factories.group import a_shared, as_
from tests.support.browser_sessions import send

SECRET = "Quetsche"
"""A word of the closed group, in titles, passages and the notes of its entries."""


@pytest.fixture
def closed_item(library: Library) -> Item:
    closed = a_shared(library, JoinPolicy.INVITE, Visibility.MEMBERS)
    fields = ItemFields(url="https://exemple.fr/quetsche", title=f"{SECRET} un", source=f"{SECRET} source")
    passages = [AnnotationFields(f"{SECRET} passage.")]
    return save_item(library, as_(library, "claire"), closed.slug, fields, passages).item


@pytest.fixture
def shared(library: Library, slug: str, closed_item: Item) -> ItemList:
    """A list with a heading, an item of the open group, then an item and a passage of the closed group."""
    claire = as_(library, "claire")
    shared = create_list(library, claire, slug, "Partagée")
    add_list_entry(library, claire, shared.id, ListEntryKind.HEADING, words="Début")
    fields = ItemFields(url="https://exemple.fr/crues", title="Les crues")
    item = save_item(library, claire, slug, fields, []).item
    add_list_entry(library, claire, shared.id, ListEntryKind.ITEM, item_id=item.id)
    part = closed_item.annotations[0].id
    for kind, annotation in ((ListEntryKind.ITEM, None), (ListEntryKind.PASSAGE, part)):
        add_list_entry(
            library, claire, shared.id, kind, item_id=closed_item.id, annotation_id=annotation, words=f"{SECRET} dit."
        )
    add_list_entry(library, claire, shared.id, ListEntryKind.TEXT, words="Fin")
    catch_up(library)
    return shared


def test_each_entry_is_visible_to_readers_of_its_item(
    shared: ItemList, closed_item: Item, slug: str, browser: dict[str, TestClient]
) -> None:
    address = f"/lists/{shared.id}"
    pages = {
        "claire": (address, f"{address}/edit", f"{address}/review", "/lists", f"/g/{slug}/lists"),
        "paul": (address, f"{address}/edit", f"{address}/review", "/lists", f"/g/{slug}/lists"),
        "": (address, f"{address}/review", f"/g/{slug}/lists"),
    }
    for name, addresses in pages.items():
        texts = {page: browser[name].get(f"{page}?lang=fr") for page in addresses}
        assert {page: answer.status_code for page, answer in texts.items()} == dict.fromkeys(addresses, 200)
        for page, answer in texts.items():
            if name == "claire":
                assert SECRET in answer.text or page.endswith("lists"), page
                assert "5 entrées" in answer.text or page.endswith(("edit", "review")), page
            else:
                assert SECRET not in answer.text, (name, page)
                assert closed_item.id not in answer.text, (name, page)
                assert "3 entrées" in answer.text or page.endswith(("edit", "review")), (name, page)
                assert "n’est plus là" not in answer.text


def test_an_unreadable_entry_can_neither_be_changed_moved_nor_removed(
    library: Library, shared: ItemList, browser: dict[str, TestClient]
) -> None:
    with library.store.read() as reading:
        before = reading.lists.by_id(shared.id)
    assert before is not None
    hidden = before.entries[2].id
    address = f"/lists/{shared.id}/edit"
    for fields in (
        {"act": "drop", "entry": hidden},
        {"act": "words", "entry": hidden, "words": "Autre", "read": f"{SECRET} dit."},
        {"act": "place", "entry": hidden, "place": "1"},
        {"act": "up", "entry": hidden, "now": "3"},
    ):
        response = send(browser["paul"], address, address, **fields)
        absent = send(browser["paul"], address, address, **{**fields, "entry": "rien"})
        assert (response.status_code, absent.status_code) == (404, 404), fields
    with library.store.read() as reading:
        assert reading.lists.by_id(shared.id) == before


def test_positions_count_what_the_reader_sees(
    library: Library, shared: ItemList, browser: dict[str, TestClient]
) -> None:
    address = f"/lists/{shared.id}/edit"
    with library.store.read() as reading:
        before = reading.lists.by_id(shared.id)
    assert before is not None
    ids = [entry.id for entry in before.entries]
    # For Paul the list has three entries: its last one, moved up, stands between the two others.
    answer = send(browser["paul"], address, address, act="place", entry=ids[4], place="2")
    assert answer.status_code == 303
    with library.store.read() as reading:
        after = reading.lists.by_id(shared.id)
    assert after is not None
    assert [entry.id for entry in after.entries] == [ids[0], ids[4], *ids[1:4]]


def test_only_what_the_actor_may_read_can_be_added(
    library: Library, shared: ItemList, closed_item: Item, browser: dict[str, TestClient]
) -> None:
    address = f"/lists/{shared.id}/edit"
    response = send(browser["paul"], address, address, act="add", item=closed_item.id)
    absent = send(browser["paul"], address, address, act="add", item="rien")
    assert (response.status_code, absent.status_code) == (404, 404)


def test_the_data_of_the_maker_hold_no_words_about_what_they_may_no_longer_read(
    library: Library, shared: ItemList, closed_item: Item
) -> None:
    ours = as_(library, "claire")
    with library.store.read() as reading:
        closed = reading.groups.by_ids([closed_item.group_id])[closed_item.group_id]
    set_role(library, replace(ours, operator=True), closed.slug, "paul", Role.OWNER)
    leave_group(library, ours, closed.slug)
    stream = BytesIO()
    write_own_personal_data(library, as_(library, "claire"), stream)
    data = ZipFile(stream).read("account.json").decode()
    assert "Partagée" in data
    assert SECRET not in data


def _settings_of(item_list: ItemList, group: str) -> dict[str, str]:
    return {"act": "settings", "name": item_list.name, "version": str(item_list.version), "group": group}


def test_a_list_of_ones_own_library_moves_to_a_group_at_the_same_address(
    library: Library, slug: str, closed_item: Item, browser: dict[str, TestClient]
) -> None:
    claire = as_(library, "claire")
    own = create_list(library, claire, "~claire", "Mienne")
    add_list_entry(library, claire, own.id, ListEntryKind.HEADING, words="Début")
    add_list_entry(library, claire, own.id, ListEntryKind.ITEM, item_id=closed_item.id, words=f"{SECRET} dit.")
    address = f"/lists/{own.id}"
    assert browser["paul"].get(address).status_code == 404
    form = browser["claire"].get(f"{address}/edit?lang=fr").text.split("La liste elle-même")[1]
    assert '<option value="~claire" selected>Ma bibliothèque</option>' in form
    assert "Personne d’autre ne voit les listes de votre bibliothèque." in form
    assert 'name="private"' not in form
    assert f'<option value="{slug}">Lectures (lu par tout le monde)</option>' in form
    answer = send(browser["claire"], f"{address}/edit", f"{address}/edit", **_settings_of(own, slug))
    assert answer.status_code == 303
    assert "La liste est maintenant dans ce groupe." in browser["claire"].get(answer.headers["location"]).text
    for name in ("paul", ""):
        page = browser[name].get(address).text
        assert "Début" in page
        assert SECRET not in page
        assert closed_item.id not in page
    assert 'name="private"' in browser["claire"].get(f"{address}/edit").text
    # In a group it stays: it may hold words of others.
    assert '<select id="f-group" name="group">' not in browser["claire"].get(f"{address}/edit").text
    back = send(browser["claire"], f"{address}/edit", f"{address}/edit", **_settings_of(own, "~claire"))
    assert back.status_code == 403


@pytest.mark.parametrize("is_changed", [False, True])
def test_the_move_of_a_list_is_undone_unless_the_list_was_changed_since(
    library: Library, slug: str, is_changed: bool
) -> None:
    claire, paul = as_(library, "claire"), as_(library, "paul")
    own = create_list(library, claire, "~claire", "Mienne")
    moved = change_list(library, claire, own.id, "Mienne", "", private=False, version=1, slug=slug)
    if is_changed:
        add_list_entry(library, paul, own.id, ListEntryKind.TEXT, words="De Paul")
    assert undo_action(library, claire, moved.undo or "").done == (not is_changed)
    assert (slug in list_view(library, claire, own.id).group.slug) == is_changed
    if is_changed:
        assert list_view(library, paul, own.id).entries
    else:
        with pytest.raises(NotFound):
            list_view(library, paul, own.id)


def test_a_list_moves_only_where_its_owner_may_create_lists(library: Library, browser: dict[str, TestClient]) -> None:
    readable, closed = a_shared(library), a_shared(library, JoinPolicy.INVITE, Visibility.MEMBERS)
    own = create_list(library, as_(library, "paul"), "~paul", "De Paul")
    address = f"/lists/{own.id}/edit"
    form = browser["paul"].get(address).text
    assert readable.slug not in form
    answers = {
        group: send(browser["paul"], address, address, **_settings_of(own, group))
        for group in (readable.slug, closed.slug, "rien")
    }
    assert [answer.status_code for answer in answers.values()] == [403, 404, 404]
    assert closed.name not in answers[closed.slug].text
    assert list_view(library, as_(library, "paul"), own.id).group.is_personal
