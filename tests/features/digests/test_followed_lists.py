"""Lists are followed like searches: on the site, by e-mail, without an account, and in a feed reader."""

import re
from dataclasses import replace
from html import unescape

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.errors import Forbidden, NotFound
from kb.features.digests.digest_schedule import Rhythm
from kb.features.digests.follows import (
    FollowWish,
    counted_follows,
    follow_listing,
    mark_all_seen,
    new_items,
    own_follows,
    shared_follows,
)
from kb.features.digests.records import personal_follow_data
from kb.features.digests.subscribers import preferences
from kb.model.items.item_list import ItemList, ListEntryKind
from kb.model.people.group import JoinPolicy, Visibility
from kb.services.core.library import Library
from kb.services.followed_searches.matching import bring_up_to_date
from kb.services.groups.group_settings import GroupSettings, change_group
from kb.services.lists.list_arrangement import remove_list_entries
from kb.services.lists.lists import add_list_entry, change_list, create_list, move_list_entry, remove_list
from kb.services.moderation.moderation_actions import hide_content
from kb.services.undo.undo import undo_action
from kb.site import create_app
from tests.factories.moderation import actor_of, item_of
from tests.features.digests.conftest import SITE, Mailing, text_of
from tests.features.digests.test_subscribers import ask, confirm
from tests.support.browser_sessions import browsers_of, send

PLAIN = "http://testserver"
PASSAGE = "La houle entre dans le port."


@pytest.fixture
def port(mailing: Mailing) -> ItemList:
    """A list of the group that everyone may read, which has an item."""
    claire = actor_of(mailing.library, "claire")
    port = create_list(mailing.library, claire, "quais", "Le port & la houle")
    add(mailing, port, "i1")
    return port


def browser_of(library: Library, login: str) -> TestClient:
    """A browser in which a user is logged in; it speaks http."""
    settings = replace(library.settings, base_url=PLAIN)
    return browsers_of(replace(library, settings=settings), [login])[login]


def add(mailing: Mailing, port: ItemList, item_id: str, annotation_id: str | None = None) -> str:
    """Add an item or a passage of it to a list; returns the id that undoes it."""
    kind = ListEntryKind.PASSAGE if annotation_id else ListEntryKind.ITEM
    claire = actor_of(mailing.library, "claire")
    added = add_list_entry(mailing.library, claire, port.id, kind, item_id=item_id, annotation_id=annotation_id)
    bring_up_to_date(mailing.library)
    assert added.undo is not None
    return added.undo


def follow(library: Library, login: str, port: ItemList, **wish: str) -> str:
    """Let a user follow a list; returns the id of the follow."""
    params = [("list", port.id)]
    return follow_listing(library, actor_of(library, login), params, FollowWish(port.name, **wish)).id  # type: ignore[arg-type]


def new(library: Library, login: str) -> list[str]:
    """What is new for a user in what they follow first; all counts agree with it."""
    actor = actor_of(library, login)
    view, *_ = own_follows(library, actor)
    found = new_items(library, actor, view.follow.id)
    assert counted_follows(library, actor)[0].new == view.new == found.total == len(found.hits)
    return sorted(hit.item.title or "" for hit in found.hits)


def test_a_list_is_followed_from_its_page_and_its_new_entries_are_counted(mailing: Mailing, port: ItemList) -> None:
    library = mailing.library
    zoe = browser_of(library, "zoe")
    link = re.search(r'href="(/follow\?feed=[^"]+)"', zoe.get(f"/lists/{port.id}").text)
    assert link is not None
    page = zoe.get(unescape(link[1])).text
    assert 'value="Le port &amp; la houle"' in page
    assert f'name="parameters" value="list={port.id}"' in page
    answer = send(
        zoe, unescape(link[1]), "/following", act="follow", parameters=f"list={port.id}", name="La houle", counted="on"
    )
    assert answer.status_code == 303
    assert f'<a href="/lists/{port.id}" dir="auto">La houle</a>' in zoe.get("/following").text
    assert f'href="/lists/{port.id}"' in zoe.get("/").text
    assert new(library, "zoe") == []
    crane = mailing.save("La grue")
    mailing.save("Le phare")
    assert new(library, "zoe") == []
    add(mailing, port, crane)
    assert new(library, "zoe") == ["La grue"]
    news = re.search(r'href="(/following/[^"]+)"', zoe.get("/").text)
    assert news is not None
    shown = zoe.get(news[1]).text
    assert "La grue" in shown
    assert "Le phare" not in shown
    mark_all_seen(library, actor_of(library, "zoe"), 10**9)
    assert new(library, "zoe") == []


def test_a_passage_of_an_item_that_the_list_has_is_new_and_an_undo_is_not(mailing: Mailing, port: ItemList) -> None:
    library = mailing.library
    follow(library, "zoe", port)
    title = item_of(library).title or ""
    add(mailing, port, "i1", "a1")
    assert new(library, "zoe") == [title]
    mark_all_seen(library, actor_of(library, "zoe"), 10**9)
    claire = actor_of(library, "claire")
    with library.store.read() as reading:
        item_list = reading.lists.by_id(port.id)
    assert item_list is not None
    move_list_entry(library, claire, port.id, item_list.entries[0].id, 5)
    removed = remove_list_entries(library, claire, port.id, [entry.id for entry in item_list.entries])
    bring_up_to_date(library)
    assert new(library, "zoe") == []
    undo_action(library, claire, removed.undo or "")
    bring_up_to_date(library)
    assert new(library, "zoe") == []
    undo = add(mailing, port, mailing.save("La grue"))
    assert new(library, "zoe") == ["La grue"]
    undo_action(library, claire, undo)
    bring_up_to_date(library)
    assert new(library, "zoe") == []


def test_a_digest_tells_the_new_entries_of_a_list_with_their_passages(mailing: Mailing, port: ItemList) -> None:
    mailing.follow(f"list={port.id}", title="La houle")
    swell = mailing.save("La tempête", PASSAGE)
    with mailing.library.store.read() as reading:
        (passage,) = reading.items.any_of([swell])[swell].annotations
    assert mailing.send() == []
    add(mailing, port, swell, passage.id)
    mailing.pass_time(days=1)
    (letter,) = mailing.send()
    text = text_of(letter)
    assert f"{SITE}/lists/{port.id}" in text
    assert f"{SITE}/items/{swell}" in text
    assert PASSAGE in text
    mailing.pass_time(days=1)
    assert mailing.send() == []


def test_of_a_list_only_what_its_reader_may_read_is_new(mailing: Mailing, port: ItemList) -> None:
    library, claire = mailing.library, actor_of(mailing.library, "claire")
    mailing.follow(f"list={port.id}")
    follow(library, "zoe", port)
    crane = mailing.save("La grue")
    add(mailing, port, crane)
    hide_content(library, OPERATOR, crane)
    bring_up_to_date(library)
    assert new(library, "zoe") == []
    assert mailing.send() == []
    add(mailing, port, mailing.save("Le phare"))
    change_list(library, claire, port.id, port.name, "", private=True, version=port.version)
    assert new(library, "zoe") == []
    mailing.pass_time(days=1)
    assert mailing.send() == []
    (view,) = own_follows(library, actor_of(library, "zoe"))
    assert not view.is_shown
    assert counted_follows(library, actor_of(library, "zoe"))[0].parameters is None
    page = browser_of(library, "zoe").get("/following").text
    assert port.id not in page
    with library.store.read() as reading:
        (told,) = personal_follow_data(reading.connection, view.follow.user_id)
    assert told["parameters"] is None
    with pytest.raises(NotFound):
        follow(library, "max", port)
    mailing.close_group()
    change_list(library, claire, port.id, port.name, "", private=False, version=port.version)
    assert new(library, "zoe") == []


def test_what_was_private_when_a_digest_was_due_is_told_when_it_may_be_read(mailing: Mailing, port: ItemList) -> None:
    library, claire = mailing.library, actor_of(mailing.library, "claire")
    follow(library, "zoe", port)
    add(mailing, port, mailing.save("Le phare"))
    change_list(library, claire, port.id, port.name, "", private=True, version=port.version)
    assert new(library, "zoe") == []
    change_list(library, claire, port.id, port.name, "", private=False, version=port.version)
    assert new(library, "zoe") == ["Le phare"]


def test_a_deleted_list_tells_nothing_and_goes_on_when_it_is_restored(mailing: Mailing, port: ItemList) -> None:
    library, claire = mailing.library, actor_of(mailing.library, "claire")
    follow(library, "zoe", port)
    add(mailing, port, mailing.save("La grue"))
    _, undo = remove_list(library, claire, port.id)
    bring_up_to_date(library)
    assert new(library, "zoe") == []
    zoe = browser_of(library, "zoe")
    assert zoe.get("/following").status_code == 200
    undo_action(library, claire, undo or "")
    bring_up_to_date(library)
    assert new(library, "zoe") == ["La grue"]


def test_to_stop_following_a_list_is_undone(mailing: Mailing, port: ItemList) -> None:
    library = mailing.library
    zoe = browser_of(library, "zoe")
    followed = follow(library, "zoe", port)
    page = send(zoe, "/following", act="remove", id=followed).text
    flash = page[page.index('<form class="flash"') :].partition("</form>")[0]
    fields = {name: unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', flash)}
    assert fields["parameters"] == f"list={port.id}"
    assert own_follows(library, actor_of(library, "zoe")) == ()
    zoe.post("/following", data={**fields, "act": "follow"})
    assert [view.search.list_id for view in own_follows(library, actor_of(library, "zoe"))] == [port.id]


def test_a_list_is_shown_to_the_members_of_its_group(mailing: Mailing, port: ItemList) -> None:
    library = mailing.library
    with pytest.raises((Forbidden, NotFound)):
        follow(library, "zoe", port, group="quais")
    follow(library, "max", port, group="quais")
    (shared,) = shared_follows(library, actor_of(library, "claire"))
    assert shared.search.list_id == port.id
    browser = browser_of(library, "olga")
    assert f'href="/lists/{port.id}"' in browser.get("/following").text
    claire = actor_of(library, "claire")
    change_list(library, claire, port.id, port.name, "", private=True, version=port.version)
    assert shared_follows(library, actor_of(library, "olga")) == ()
    assert port.id not in browser.get("/following").text


def test_a_stranger_follows_a_public_list_by_e_mail(mailing: Mailing, port: ItemList) -> None:
    library = mailing.library
    client = TestClient(create_app(library), follow_redirects=False, base_url=SITE)
    assert f'href="/subscribe?list={port.id}"' in client.get(f"/follow?feed=/lists/{port.id}.atom").text
    assert "Le port &amp; la houle" in client.get(f"/subscribe?list={port.id}").text
    ask(client, params=f"list={port.id}")
    path = confirm(mailing, client)
    assert f'href="/lists/{port.id}"' in client.get(path).text
    add(mailing, port, mailing.save("La grue"))
    mailing.pass_time(days=7)
    (letter,) = mailing.send()
    assert "La grue" in text_of(letter)
    add(mailing, port, mailing.save("Le phare"))
    claire = actor_of(library, "claire")
    change_list(library, claire, port.id, port.name, "", private=True, version=port.version)
    mailing.pass_time(days=7)
    assert mailing.send() == []
    assert [one.search for one in preferences(library, path.rpartition("/")[2]).followed] == [None]
    for list_id in (port.id, "inconnue"):
        assert client.get(f"/follow?feed=/lists/{list_id}.atom").status_code == 404
        assert client.get(f"/subscribe?list={list_id}").status_code == 404
        answer = send(client, "/subscribe?q=vague", "/subscribe", email="a@exemple.org", list=list_id)
        assert answer.status_code == 404


def test_a_list_of_a_group_without_feeds_is_followed_on_the_site(mailing: Mailing, port: ItemList) -> None:
    library = mailing.library
    settings = GroupSettings("Quais", visible=Visibility.EVERYONE, join=JoinPolicy.INVITE, feeds=False)
    change_group(library, OPERATOR, "quais", settings)
    zoe = browser_of(library, "zoe")
    assert "/follow?feed=" in zoe.get(f"/lists/{port.id}").text
    assert 'name="parameters"' in zoe.get(f"/follow?feed=/lists/{port.id}.atom").text
    assert zoe.get(f"/lists/{port.id}.atom").status_code == 404
    visitor = TestClient(create_app(library), base_url=SITE)
    assert "/follow?feed=" not in visitor.get(f"/lists/{port.id}").text
    assert visitor.get(f"/subscribe?list={port.id}").status_code == 404
    follow(library, "zoe", port)
    assert "following.opml" not in zoe.get("/following").text


def test_the_file_of_feeds_has_those_of_lists(mailing: Mailing, port: ItemList) -> None:
    library = mailing.library
    follow(library, "zoe", port)
    zoe = browser_of(library, "zoe")
    assert f'xmlUrl="{PLAIN}/lists/{port.id}.atom"' in zoe.get("/following.opml").text
    own = create_list(library, actor_of(library, "claire"), "quais", "À moi", private=True)
    add(mailing, own, "i1")
    follow(library, "claire", own)
    claire = browser_of(library, "claire")
    assert own.id not in claire.get("/following.opml").text
    file = send(claire, "/following", act="feeds").text
    address = re.search(rf"/lists/{own.id}\.atom\?key=[^\"]+", file)
    assert address is not None
    reader = TestClient(create_app(library), base_url=SITE)
    assert "<entry" in reader.get(unescape(address[0])).text
    assert reader.get(f"/lists/{own.id}.atom").status_code == 404


def test_a_group_or_a_person_with_another_name_changes_no_followed_list(mailing: Mailing, port: ItemList) -> None:
    library = mailing.library
    search_id = mailing.follow(f"list={port.id}", Rhythm.WEEKLY)
    with library.store.write() as writing:
        for parameter in ("group", "author"):
            writing.followed_searches.rename(parameter, port.id[:2], "autre")
            writing.followed_searches.rename(parameter, "list", "autre")
        known = writing.followed_searches.by_id(search_id)
    assert known is not None
    assert known.list_id == port.id
    with pytest.raises(ValueError, match="not a search"):
        assert known.request
