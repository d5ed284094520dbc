"""A whole library for tests: an in-memory database, an in-memory index, and the items of the test."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import gettempdir

from kb.indexer import catch_up
from kb.model.items.item import Item
from kb.model.people.group import Group
from kb.model.people.user import User
from kb.search.index_fields import SCHEMA
from kb.search.index_search import Catalogue, open_catalogue
from kb.services.core.library import Library
from kb.settings import Settings
from kb.store import open_store
from tests.factories.items import a_group
from tests.reference_engine import ReferenceEngine
from tests.support.databases import new_database_url

MEMORY = "memory:"


def an_empty_library(data: Path | None = None, *, index_url: str = MEMORY) -> Library:
    """A library without items. `data` is the folder of its lock, which only some tests need."""
    settings = Settings(data or Path(gettempdir()), new_database_url(), index_url)
    return Library(open_store(settings.store_url), a_catalogue(settings.index_url), settings)


def a_catalogue(index_url: str = MEMORY) -> Catalogue:
    """The index at this address; `MEMORY` is the reference engine, which the product does not have."""
    return Catalogue(ReferenceEngine(SCHEMA)) if index_url == MEMORY else open_catalogue(index_url)


def a_library(*items: Item, groups: Sequence[Group] | None = None, index_url: str = MEMORY) -> Library:
    """A library with these items, all of them indexed."""
    library = an_empty_library(index_url=index_url)
    add_items(library, *items, groups=(a_group(),) if groups is None else groups)
    catch_up(library)
    return library


def add_items(library: Library, *items: Item, groups: Iterable[Group] = ()) -> None:
    """Add items, with the users and groups that they need; nothing is indexed."""
    with library.store.write() as writing:
        for group in groups:
            writing.groups.add(group)
        people = {user.login: user for item in items for user in _people(item)}
        known_users = writing.users.by_logins(people)
        writing.users.add([user for login, user in people.items() if login not in known_users])
        writing.items.add(items)


def _people(item: Item) -> Iterable[User]:
    yield from (sharer.user for sharer in item.sharers)
    yield from filter(None, (item.author, *(annotation.author for annotation in item.annotations)))
    for annotation in item.annotations:
        yield from filter(None, (reply.author for reply in annotation.replies))
