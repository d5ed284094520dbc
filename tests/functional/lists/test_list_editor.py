"""The list editor: tick and add, place, remove, move; and a list of 3,000 entries in small pages."""

import gzip
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from kb.indexer import catch_up
from kb.model.items.item import Item
from kb.model.items.item_fields import AnnotationFields, ItemFields
from kb.model.items.item_list import ItemList, ListEntry, ListEntryKind
from kb.services.core.library import Library
from kb.services.items.item_creation import save_item
from kb.services.lists.lists import create_list
from kb.services.undo.undo import undo_action
from kb.site import create_app
from tests.factories.group import a_shared, as_
from tests.factories.items import an_annotation, an_item
from tests.factories.library import add_items
from tests.support.browser_sessions import PASSWORD, send, sign_in

LARGEST_PAGE = 100_000
"""Maximum compressed bytes of a page of a long list."""


@pytest.fixture
def items(library: Library) -> list[Item]:
    slug = a_shared(library).slug
    saved = [
        save_item(
            library, as_(library, "claire"), slug, ItemFields(url=f"https://exemple.fr/{n}", title=f"Signet {n}"),
            [AnnotationFields(f"La Marne monte de {n} mètres.")],
        ).item
        for n in range(4)
    ]  # fmt: skip
    catch_up(library)
    return saved


@pytest.fixture
def plan(library: Library, items: list[Item]) -> ItemList:
    with library.store.read() as reading:
        group = reading.groups.by_ids([items[0].group_id])[items[0].group_id]
    return create_list(library, as_(library, "claire"), group.slug, "Plan")


@pytest.fixture
def claire(library: Library) -> Iterator[TestClient]:
    with TestClient(create_app(library), follow_redirects=False) as client:
        sign_in(client, "claire", PASSWORD)
        yield client


def entries_of(library: Library, plan: ItemList) -> list[ListEntry]:
    with library.store.read() as reading:
        list_now = reading.lists.by_id(plan.id)
    assert list_now is not None
    return list(list_now.entries)


def filled(library: Library, plan: ItemList, count: int) -> list[str]:
    """The list with this many headings, by their texts."""
    entries = tuple(ListEntry(f"e{n}", ListEntryKind.HEADING, text=f"Titre {n}") for n in range(count))
    with library.store.write() as writing:
        writing.lists.update(replace(plan, entries=entries))
    return [entry.id for entry in entries]


def ids_of(library: Library, plan: ItemList) -> list[str]:
    return [entry.id for entry in entries_of(library, plan)]


def test_ticked_results_are_added_at_once_and_marked_afterwards(
    library: Library, items: list[Item], plan: ItemList, claire: TestClient
) -> None:
    address = f"/lists/{plan.id}/edit"
    page = claire.get(f"{address}?q=marne&lang=fr").text
    assert page.count('name="add"') == 8
    assert "déjà dans la liste" not in page
    fields = [("act", "add"), ("add", items[2].id), ("add", f"{items[0].id} {items[0].annotations[0].id}")]
    token = re.search(r'name="form_token" value="([^"]+)"', page)
    assert token is not None
    answer = claire.post(
        address,
        data={"form_token": token[1], "act": "add", "state": "q=marne", "add": [value for _, value in fields[1:]]},
        headers={"sec-fetch-site": "same-origin"},
    )
    assert answer.status_code == 303
    assert "q=marne" in answer.headers["location"]
    added = entries_of(library, plan)
    assert [(entry.item_id, entry.annotation_id) for entry in added] == [
        (items[2].id, None),
        (items[0].id, items[0].annotations[0].id),
    ]
    assert claire.get(f"{address}?q=marne&lang=fr").text.count("déjà dans la liste") == 2
    undo = re.search(r"undo=([\w-]+)", answer.headers["location"])
    assert undo is not None
    undo_action(library, as_(library, "claire"), undo[1])
    assert entries_of(library, plan) == []


def test_the_search_filters_by_group_tag_and_dates_as_typed(plan: ItemList, claire: TestClient) -> None:
    address = f"/lists/{plan.id}/edit"
    lead = claire.get(f"{address}?q=marne&to=07/11/2024")
    assert lead.status_code == 302
    assert "to=2024-11-07" in lead.headers["location"]
    assert claire.get(lead.headers["location"]).text.count('name="add"') == 0
    wrong = claire.get(f"{address}?q=marne&to=hier")
    assert wrong.status_code == 200
    assert "form-error" in wrong.text
    assert claire.get(f"{address}?group=rien").text.count('name="add"') == 0


@pytest.mark.parametrize(
    ("fields", "order"),
    [
        ({"act": "up e2"}, [0, 2, 1, 3]),
        ({"act": "down e0"}, [1, 0, 2, 3]),
        ({"act": "up e0"}, [0, 1, 2, 3]),
        ({"act": "down e3"}, [0, 1, 2, 3]),
        ({"act": "put", "chosen": "e3", "after": "start"}, [3, 0, 1, 2]),
        ({"act": "put", "chosen": "e0", "after": "end"}, [1, 2, 3, 0]),
        ({"act": "put", "chosen": "e0", "after": "e2"}, [1, 2, 0, 3]),
        ({"act": "take", "chosen": "e1"}, [0, 2, 3]),
        ({"act": "drop e1"}, [0, 2, 3]),
    ],
)
def test_entries_are_inserted_moved_and_removed(
    library: Library, plan: ItemList, claire: TestClient, fields: dict[str, str], order: list[int]
) -> None:
    filled(library, plan, 4)
    address = f"/lists/{plan.id}/edit"
    assert send(claire, address, address, **fields).status_code == 303
    assert ids_of(library, plan) == [f"e{n}" for n in order]


@pytest.mark.parametrize(("after", "place"), [("", 4), ("end", 4), ("start", 0), ("e1", 2)])
@pytest.mark.parametrize("act", ["heading", "text"])
def test_words_are_written_where_they_belong(
    library: Library, plan: ItemList, claire: TestClient, act: str, after: str, place: int
) -> None:
    filled(library, plan, 4)
    address = f"/lists/{plan.id}/edit"
    assert '<select id="new-after" name="after">' in claire.get(address).text
    refused = send(claire, address, address, act=act, words="a" * 20_001, after=after).text
    assert ('<option value="e1" selected>' in refused) == (after == "e1")
    send(claire, address, address, act=act, words="Amont", after=after)
    assert [entry.text for entry in entries_of(library, plan)].index("Amont") == place


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"act": "put", "after": "e1"}, 400),
        ({"act": "text", "words": "Amont", "after": "rien"}, 404),
        ({"act": "put", "chosen": "e1", "after": "e1"}, 400),
        ({"act": "put", "chosen": "e1", "after": "rien"}, 404),
        ({"act": "put", "chosen": "rien", "after": "e1"}, 404),
        ({"act": "take"}, 400),
        ({"act": "add"}, 400),
        ({"act": "up rien"}, 404),
    ],
)
def test_a_form_that_means_nothing_changes_nothing(
    library: Library, plan: ItemList, claire: TestClient, fields: dict[str, str], status: int
) -> None:
    before = filled(library, plan, 4)
    address = f"/lists/{plan.id}/edit"
    assert send(claire, address, address, **fields).status_code == status
    assert ids_of(library, plan) == before


def test_a_list_of_3000_entries_has_small_pages(library: Library) -> None:
    group = a_shared(library)
    passages = [an_annotation(f"La Marne monte de {n} mètres, et la crue dure. " * 4, id=f"a{n}") for n in range(300)]
    add_items(
        library,
        *(
            an_item(f"Signet numéro {n}", id=f"i{n}", group=group, order=n, annotations=passages[n : n + 1])
            for n in range(300)
        ),
    )
    plan = create_list(library, as_(library, "claire"), group.slug, "Longue")
    kinds = ListEntryKind.ITEM, ListEntryKind.PASSAGE
    entries = tuple(
        ListEntry(f"e{n}", kinds[n % 2], f"i{n % 300}", f"a{n % 300}" if n % 2 else None, "Pourquoi le lire.")
        for n in range(3_000)
    )
    with library.store.write() as writing:
        writing.lists.update(replace(plan, entries=entries))
    catch_up(library)
    with TestClient(create_app(library), follow_redirects=False) as client:
        sign_in(client, "claire", PASSWORD)
        for address in (f"/lists/{plan.id}", f"/lists/{plan.id}?page=30", f"/lists/{plan.id}/edit",
                        f"/lists/{plan.id}/edit?entry=e2999&q=marne", "/lists"):  # fmt: skip
            page = client.get(address).content
            assert len(gzip.compress(page, 6)) <= LARGEST_PAGE, address
        assert 'id="e-e2999"' in client.get(f"/lists/{plan.id}/edit?entry=e2999").text
        assert 'id="e-e0"' not in client.get(f"/lists/{plan.id}/edit?entry=e2999").text
