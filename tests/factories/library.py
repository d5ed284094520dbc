"""A whole library for tests: an in-memory database, an in-memory index, and the items of the test."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import gettempdir

from kb.indexer import catch_up
from kb.model.items.item import Item
from kb.model.people.group import Group
from kb.model.people.user import User
from kb.search.index_fields import SCHEMA
from kb.search.index_search import Catalogue, open_catalogue
from kb.services.core.library import Library
from kb.settings import Settings, default_settings_in
from kb.site import open_store
from kb.store import Store, database_identity
from tests.factories.items import a_group
from tests.reference_engine import ReferenceEngine
from tests.reference_engine.engine import State
from tests.support.databases import filled_store, new_database_url

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


@contextmanager
def an_indexed_library(fill: Callable[[Store], None], settings: Settings) -> Iterator[Library]:
    """A library whose database a function of the module fills, all of it indexed; nothing is filled or indexed twice.

    It is closed at the end of the block.
    """
    with filled_store(fill) as store, closing(library_of_filled(store, fill, settings)) as library:
        yield library


def library_of_filled(store: Store, fill: Callable[[Store], None], settings: Settings) -> Library:
    """A library of a store that `filled_store` or `fill_again` has filled, all of it indexed."""
    with store.read() as reading:
        # A copy on a server has change numbers of its own.
        checkpoint = f"{reading.changes.newest()} {database_identity(reading.meta)}"
    return Library(store, Catalogue(ReferenceEngine(SCHEMA, replace(_indexed(fill), checkpoint=checkpoint))), settings)


@cache
def _indexed(fill: Callable[[Store], None]) -> State:
    """The index of a database that the function has filled."""
    engine = ReferenceEngine(SCHEMA)
    with filled_store(fill) as store:
        catch_up(Library(store, Catalogue(engine), default_settings_in(Path(gettempdir()))))
    return engine.state


def add_items(library: Library, *items: Item, groups: Iterable[Group] = ()) -> None:
    """Add items, with the users and groups that they need; nothing is indexed."""
    with library.store.write() as writing:
        for group in groups:
            writing.groups.add(group)
        people = {user.login: user for item in items for user in _people(item)}
        known_users = writing.users.by_logins(people)
        writing.users.add([user for login, user in people.items() if login not in known_users])
        # As they may be in a database from before a bound.
        writing.items.add(items, restored=True)


def _people(item: Item) -> Iterable[User]:
    yield from (sharer.user for sharer in item.sharers)
    yield from filter(None, (item.author, *(annotation.author for annotation in item.annotations)))
    for annotation in item.annotations:
        yield from filter(None, (reply.author for reply in annotation.replies))
