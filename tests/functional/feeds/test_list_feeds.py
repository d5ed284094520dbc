"""The feed of a list: readable entries, the last added first."""

import re
from collections.abc import Iterator
from dataclasses import replace

import feedparser
import pytest
from starlette.testclient import TestClient

from kb.feeds.feed_formats import FEED_FORMATS
from kb.model.items.item import Item
from kb.model.items.item_fields import AnnotationFields, ItemFields
from kb.model.items.item_list import ItemList, ListEntryKind
from kb.model.people.group import JoinPolicy, Visibility
from kb.services.core.library import Library
from kb.services.items.item_creation import save_item
from kb.services.lists.lists import add_list_entry, create_list, move_list_entry
from tests.factories.group import a_shared, as_
from tests.feeds.private_feeds import a_browser, create_private_feed
from tests.support.browser_sessions import a_library_of


@pytest.fixture
def library() -> Iterator[Library]:
    with a_library_of("claire", "paul") as library:
        yield library


def an_item_of(library: Library, slug: str, title: str) -> Item:
    fields = ItemFields(url=f"https://exemple.fr/{title}", title=title)
    return save_item(library, as_(library, "claire"), slug, fields, [AnnotationFields(f"Passage de {title}.")]).item


@pytest.fixture
def crues(library: Library) -> ItemList:
    """A public list with a heading, an item, a passage, and an item of a closed group."""
    open_group, closed = a_shared(library), a_shared(library, JoinPolicy.INVITE, Visibility.MEMBERS)
    claire = as_(library, "claire")
    crues = create_list(library, claire, open_group.slug, "Crues")
    first, second = an_item_of(library, open_group.slug, "Premier"), an_item_of(library, open_group.slug, "Second")
    secret = an_item_of(library, closed.slug, "Quetsche")
    add_list_entry(library, claire, crues.id, ListEntryKind.HEADING, words="Titre")
    add_list_entry(library, claire, crues.id, ListEntryKind.ITEM, item_id=first.id, words="À lire <vite>")
    part = second.annotations[0].id
    added = add_list_entry(
        library, claire, crues.id, ListEntryKind.PASSAGE, item_id=second.id, annotation_id=part, words="Et ceci"
    )
    add_list_entry(library, claire, crues.id, ListEntryKind.ITEM, item_id=secret.id)
    move_list_entry(library, claire, crues.id, added.entry_id or "", 0)
    return crues


@pytest.mark.parametrize("form", FEED_FORMATS)
def test_the_last_added_entry_comes_first_in_the_feed(reader: TestClient, crues: ItemList, form: str) -> None:
    answer = reader.get(f"/lists/{crues.id}.{form}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(FEED_FORMATS[form].media_type)
    assert answer.text.index("Passage de Second") < answer.text.index("Premier")
    assert "Quetsche" not in answer.text
    again = reader.get(f"/lists/{crues.id}.{form}", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


def test_an_entry_has_the_words_of_the_list_and_the_date_of_its_addition(reader: TestClient, crues: ItemList) -> None:
    feed = feedparser.parse(reader.get(f"/lists/{crues.id}.atom").content)
    assert feed.feed.title.startswith("Crues")
    assert [entry.id.rpartition("/")[0].rpartition(":")[2] for entry in feed.entries] == ["list-entry", "list-entry"]
    assert "Et ceci" in feed.entries[0].content[0].value
    assert "<vite>" not in feed.entries[1].content[0].value
    assert all(entry.published[:4] >= "2026" for entry in feed.entries)


def test_an_unreadable_list_answers_like_a_missing_one(library: Library, reader: TestClient) -> None:
    ours = a_shared(library)
    private = create_list(library, as_(library, "claire"), ours.slug, "À moi", private=True)
    for form in FEED_FORMATS:
        closed, absent = reader.get(f"/lists/{private.id}.{form}"), reader.get(f"/lists/rien.{form}")
        assert (closed.status_code, absent.status_code) == (404, 404)
        assert closed.text.replace(private.id, "rien") == absent.text
    assert reader.get(f"/lists/{private.id}.pdf").status_code == 404


def test_a_key_opens_the_feed_of_a_private_list(library: Library, reader: TestClient, crues: ItemList) -> None:
    claire = a_browser(library, "claire")
    own = create_list(library, as_(library, "claire"), "~claire", "À moi")
    page = claire.get(f"/lists/{own.id}").text
    assert f"/follow?feed=%2Flists%2F{own.id}.atom" in page
    assert f'<option value="/lists/{own.id}.rss">RSS' in claire.get(f"/follow?feed=/lists/{own.id}.atom").text
    private = create_private_feed(claire, f"/lists/{own.id}.atom")
    assert reader.get(private).status_code == 200
    # The key of another user or of another list is refused.
    assert reader.get(private.replace(own.id, crues.id)).status_code == 404
    assert a_browser(library, "paul").get(f"/account/feeds?feed=/lists/{own.id}.atom").status_code == 404
    whole = reader.get(create_private_feed(claire, f"/lists/{crues.id}.json")).json()
    assert whole["items"][0]["title"] == "Quetsche"


def test_the_page_of_an_open_list_names_its_feeds(reader: TestClient, library: Library) -> None:
    ours = a_shared(library)
    plain = create_list(library, as_(library, "claire"), ours.slug, "Ouverte")
    page = reader.get(f"/lists/{plain.id}").text
    assert re.search(rf'<link rel="alternate" type="application/atom\+xml"[^>]* href="/lists/{plain.id}\.atom"', page)


def test_a_group_without_feeds_has_none_of_its_lists(library: Library, reader: TestClient, crues: ItemList) -> None:
    with library.store.write() as writing:
        group = writing.groups.by_ids([crues.group_id])[crues.group_id]
        writing.groups.update(replace(group, feeds=False))
    assert reader.get(f"/lists/{crues.id}.atom").status_code == 404
    assert ".atom" not in reader.get(f"/lists/{crues.id}").text
