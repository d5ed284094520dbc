"""Stored addresses are compared in the canonical form of the present rules, in databases of earlier versions too."""

from pathlib import Path

import pytest
from sqlalchemy import update

from kb.model.items.item import Item, Sharing
from kb.model.web_pages.canonical_address import canonical_url
from kb.site import migrate, open_store
from kb.store import Store
from kb.store.tables.item_tables import items
from kb.store.tables.site_tables import meta
from tests.factories.items import a_base, a_group, a_user, an_item

URL = "https://m.exemple.fr/eau?b=2&a=1&utm_source=lettre"


def an_older_base(path: Path, *saved_item: Item) -> str:
    """A database whose addresses have the canonical form of earlier rules."""
    url = f"sqlite:///{path / 'store.sqlite'}"
    store = a_base(url=url)
    with store.write() as writing:
        writing.items.add(saved_item)
        writing.items.connection.execute(update(items).values(canonical_url="https://m.exemple.fr/eau?b=2&a=1"))
        writing.items.connection.execute(update(meta).where(meta.c.key == "addresses").values(value="1"))
    store.close()
    return url


def found_by(url: str, address: str) -> list[str]:
    store = open_store(url)
    with store.read() as reading:
        items_found = reading.items.at_address(address, [a_group().id], 5)
    store.close()
    return [item.id for item in items_found]


def test_the_migration_compares_addresses_again(tmp_path: Path) -> None:
    url = an_older_base(tmp_path, an_item(id="un", url=URL))
    canonical = canonical_url(URL) or ""
    assert found_by(url, canonical) == []
    migrate(url)
    assert found_by(url, canonical) == ["un"]
    migrate(url)
    assert found_by(url, canonical) == ["un"]


def test_the_address_that_a_page_gives_is_looked_up_after_saved_addresses(store: Store) -> None:
    shared = an_item(id="lie", order=1, url="https://exemple.fr/autre", linked_url="https://exemple.fr/eau")
    saved_item = an_item(id="garde", order=2, url="https://exemple.fr/eau")
    with store.write() as writing:
        writing.items.add([shared, saved_item])
    with store.read() as reading:
        items_found = reading.items.at_address("https://exemple.fr/eau", [a_group().id], 5)
        assert [item.id for item in items_found] == ["garde", "lie"]
        assert [len(duplicate) for duplicate in reading.item_merges.duplicates(a_group().id, 0, 10)] == [2]


def test_an_item_is_stored_with_its_other_sharers(store: Store) -> None:
    item = an_item(author=a_user("claire"), sharers=(Sharing(a_user("sophie"), "2015-01-01"),))
    with store.write() as writing:
        writing.items.add([item])
    with store.read() as reading:
        assert reading.items.any_of([item.id])[item.id] == item


def test_an_item_that_both_users_shared_is_reassigned_once(store: Store) -> None:
    claire, sophie = a_user("claire"), a_user("sophie")
    item = an_item(id="un", author=claire, sharers=(Sharing(sophie),))
    other = an_item(id="deux", sharers=(Sharing(claire), Sharing(sophie)))
    with store.write() as writing:
        writing.items.add([item, other])
        writing.contributions.attribute(sophie.id, claire.id)
    with store.read() as reading:
        assert [item.sharers for item in reading.items.any_of(["un", "deux"]).values()] == [(), (Sharing(claire),)]


@pytest.fixture
def store() -> Store:
    return a_base()
