"""Private feeds: a key opens one feed for one user, and nothing else."""

import re
from dataclasses import replace
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.model.people.group import Role
from kb.services.accounts.account_lifecycle import close_account
from kb.services.core.library import Library
from tests.factories.group import as_
from tests.feeds.private_feeds import CLOSED, PAGE, a_browser, create_private_feed, key_ids, key_of
from tests.support.browser_sessions import an_account, send

OTHERS = (
    "/g/cave.rss?tag=eau&tag=agents",
    "/g/cave.json?tag=eau",
    "/g/cave.json?tag=eau&tag=agents&page=2",
    "/g/cave.json?tag=eau&tag=agents&tag=agents",
    "/g/cave.json?tag=eau%26tag%3Dagents",
    "/g/cave.json?tag=eau&tag=agents&q=",
    "/g/cave.json",
    "/g/ouvert.json?tag=eau&tag=agents",
    "/g/cave/tag/eau.json?tag=agents",
    "/search.json?group=cave&tag=eau&tag=agents",
)


@pytest.mark.parametrize("other", OTHERS)
def test_a_key_opens_no_other_feed(reader: TestClient, claire: TestClient, other: str) -> None:
    key = key_of(create_private_feed(claire, "/g/cave.json?tag=eau&tag=agents"))
    answer = reader.get(f"{other}{'&' if '?' in other else '?'}key={key}")
    assert answer.status_code == 404
    assert "Quetsche" not in answer.text


def test_an_address_is_the_same_however_it_is_written(reader: TestClient, claire: TestClient) -> None:
    key = key_of(create_private_feed(claire, "/g/cave.json?tag=agents&lang=en&tag=eau"))
    for same in (
        f"/g/cave.json?key={key}&tag=eau&tag=agents",
        f"/g/%63ave.json?tag=%65au&tag=agents&key={key}",
        f"/g/cave.json?lang=fr&tag=agents&tag=eau&key={key}",
    ):
        assert reader.get(same).status_code == 200, same


@pytest.mark.parametrize(
    "end", ["key=", "key=rien", "key={key}x", "key={key}&key={key}", "key=rien&key={key}", "Key={key}"]
)
def test_a_key_that_is_none_opens_nothing(reader: TestClient, claire: TestClient, end: str) -> None:
    key = key_of(create_private_feed(claire, "/g/cave.atom"))
    assert reader.get(f"/g/cave.atom?{end.format(key=key)}").status_code == 404
    wrong = reader.get("/g/cave.atom?key=rien")
    assert wrong.text.replace("cave", "nulle") == reader.get("/g/nulle.atom?key=rien").text


def test_a_wrong_key_is_refused_for_public_groups_too(reader: TestClient) -> None:
    assert reader.get("/search.atom?key=rien").status_code == 404


def test_a_key_opens_no_page_and_no_interface(reader: TestClient, claire: TestClient) -> None:
    key = key_of(create_private_feed(claire, "/g/cave.atom"))
    for address in ("/g/cave", "/g/cave.opml", "/g/cave/tags", "/g/cave/tag/eau", "/items/i-cave", "/account", PAGE):
        assert reader.get(f"{address}?key={key}").status_code in {303, 404}, address
    assert "Quetsche cave" not in reader.get(f"/search?key={key}").text
    assert "cave" not in reader.get(f"/saved.opml?key={key}").text
    assert reader.get(f"/api/v1/items?key={key}").status_code == 400
    assert reader.get("/api/v1/me", headers={"authorization": f"Bearer {key}"}).status_code == 401
    reader.cookies.set("kb-session", key)
    assert reader.get("/g/cave").status_code == 404


def test_a_token_and_a_session_are_no_keys(reader: TestClient, claire: TestClient) -> None:
    answer = send(claire, "/account/tokens", act="make", name="Veille", scope="read", days="30")
    token = re.search(r'class="secret">([^<]+)<', answer.text)
    assert token is not None
    for secret in (token[1], claire.cookies["kb-session"]):
        assert reader.get(f"/g/cave.atom?key={secret}").status_code == 404


def test_a_revoked_key_opens_nothing_at_once(library: Library, reader: TestClient, claire: TestClient) -> None:
    private, other = create_private_feed(claire, "/g/cave.atom"), create_private_feed(claire, "/g/cave.atom")
    tag = reader.get(private).headers["etag"]
    assert "dernier usage le" in claire.get(PAGE).text
    with library.store.read() as reading:
        used = [key.id for key in reading.credentials.feed_keys_of(as_(library, "claire").user_id or "") if key.seen_at]
    assert send(claire, PAGE, act="revoke", id=used[0]).status_code == 303
    assert reader.get(private, headers={"if-none-match": tag}).status_code == 404
    assert reader.get(other).status_code == 200


def test_a_key_ends_with_the_membership_the_account_or_the_feeds(
    library: Library, reader: TestClient, claire: TestClient
) -> None:
    private, search = create_private_feed(claire, "/g/cave.atom"), create_private_feed(claire, "/search.atom")
    user_id = as_(library, "claire").user_id or ""
    with library.store.write() as writing:
        writing.groups.drop_member(user_id, CLOSED.id)
    lost = reader.get(private)
    assert (
        lost.status_code,
        "cave" in lost.text.replace("/g/cave.atom", "").replace(quote("/g/cave.atom", safe=""), ""),
    ) == (404, False)
    assert "Quetsche cave" not in reader.get(search).text
    assert "Quetsche cercle" in reader.get(search).text
    with library.store.write() as writing:
        writing.groups.set_role(user_id, CLOSED.id, Role.READER)
    assert reader.get(private).status_code == 200
    with library.store.write() as writing:
        writing.groups.update(replace(CLOSED, feeds=False))
    assert reader.get(private).status_code == 404
    assert send(claire, "/account", PAGE, act="make", feed="/g/cave.atom").status_code == 409
    assert "ne peut pas être suivi" in claire.get(PAGE, params={"feed": "/g/cave.atom"}).text
    with library.store.write() as writing:
        writing.groups.update(CLOSED)
    close_account(library, OPERATOR, "claire", closed=True)
    assert reader.get(private).status_code == 404
    assert reader.get(search).status_code == 404


def test_a_feed_key_gives_the_rights_of_its_user_in_any_session(library: Library, claire: TestClient) -> None:
    private = create_private_feed(claire, "/search.atom?q=quetsche")
    an_account(library, "marie")
    marie = a_browser(library, "marie")
    assert "Quetsche cave" not in marie.get("/search.atom?q=quetsche").text
    assert "Quetsche cave" in marie.get(private).text
    assert "Quetsche cave" not in marie.get("/search.atom?q=quetsche").text


def test_a_feed_key_of_another_user_stays(library: Library, reader: TestClient, claire: TestClient) -> None:
    private = create_private_feed(claire, "/g/cave.atom")
    paul = a_browser(library, "paul")
    for id_ in (key_ids(library)[0], "", "rien"):
        assert send(paul, "/account", PAGE, act="revoke", id=id_).status_code == 404
    assert reader.get(private).status_code == 200
    assert "cave.atom" not in paul.get(PAGE).text


@pytest.mark.parametrize(
    "address",
    ["", "rien", "/", "/g/cave", "/g/cave.opml", "/saved.opml", "/g/cave/tag/eau", "/g/cave/tag/eau.rss?format=html",
     "/items/i-cave", "//autre.fr/g/cave.atom", "https://autre.fr/g/cave.atom", "/g/cave.atom\x00", "/g/%ff.atom",
     "/g/cave.atom?q=%ff", "/g/ca/ve.atom", "/saved/rien.atom", "http://[/g/cave.atom", "/G/cave.atom",
     "/g/cave.atom?" + "&".join(["tag=a"] * 500)],
)  # fmt: skip
def test_an_address_that_is_no_feed_gets_no_key(library: Library, claire: TestClient, address: str) -> None:
    assert send(claire, "/account", PAGE, act="make", feed=address).status_code == 404
    if address:
        assert claire.get(PAGE, params={"feed": address}).status_code == 404
    assert key_ids(library) == []


def test_a_feed_that_spells_no_search_gets_no_key(library: Library, claire: TestClient) -> None:
    assert send(claire, "/account", PAGE, act="make", feed="/g/cave.atom?from=hier").status_code == 400
    assert claire.get(PAGE, params={"feed": "/g/cave.atom?from=hier"}).status_code == 400
    assert key_ids(library) == []


def test_the_number_of_feed_keys_is_bounded(claire: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kb.services.accounts.feed_keys.MOST_KEYS", 2)
    for _ in range(2):
        create_private_feed(claire, "/g/cave.atom")
    answer = send(claire, PAGE, act="make", feed="/g/cave.atom")
    assert (answer.status_code, "2 flux privés au plus" in answer.text) == (409, True)
