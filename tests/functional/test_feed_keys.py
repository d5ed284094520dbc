"""Private feeds: a key opens one feed for one person, and nothing else for anybody."""

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from html import unescape
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.indexer import catch_up
from kb.library.accounts import close_account
from kb.library.opening import Library
from kb.model.group import Role, Visibility
from kb.model.saved_search import SavedSearch
from kb.web.app import create_app
from tests.factories import a_group, an_item
from tests.group_factories import as_
from tests.library_factories import an_empty_library, keep
from tests.signing_in import an_account, send, sign_in

PAGE = "/account/feeds"
OPEN = a_group("ouvert", "Groupe ouvert")
CLOSED = a_group("cave", "La cave", visible=Visibility.MEMBERS)
CIRCLE = a_group("cercle", "Le cercle", visible=Visibility.SIGNED_IN)
FEEDS = (
    "/g/cave.atom",
    "/g/cave.rss?q=quetsche",
    "/g/cave.json?tag=eau&tag=agents",
    "/g/cave/tag/a%2Fb.atom",
    "/g/cave/tag/agents.rss?format=json",
    "/g/cercle.atom",
    "/search.atom?q=quetsche",
    "/search.json?group=cave&view=passages",
    "/saved/s-cave.atom",
)


@pytest.fixture
def library() -> Iterator[Library]:
    with closing(an_empty_library()) as library:
        items = [
            an_item(
                f"Quetsche {group.slug}",
                id=f"i-{group.slug}",
                group=group,
                order=place,
                tags=["eau", "agents", "a/b", "agents.rss"],
                added=f"2015-01-0{place + 1}T09:00:00Z",
            )
            for place, group in enumerate((OPEN, CLOSED, CIRCLE))
        ]
        keep(library, *items, groups=(OPEN, CLOSED, CIRCLE))
        for login in ("claire", "paul"):
            an_account(library, login, name=login.title())
        with library.store.write() as writing:
            for login in ("claire", "paul"):
                writing.groups.set_role(as_(library, login).user_id or "", CLOSED.id, Role.READER)
            writing.saved_searches.add(
                SavedSearch.of("s-cave", CLOSED.id, "Veille", "q=quetsche", "2015-02-03T09:00:00Z")
            )
        catch_up(library)
        yield library


@pytest.fixture
def claire(library: Library) -> TestClient:
    return a_browser(library, "claire")


@pytest.fixture
def reader(library: Library) -> TestClient:
    """A feed reader: it is nobody, and keeps no cookie."""
    return TestClient(create_app(library), follow_redirects=False)


def a_browser(library: Library, login: str) -> TestClient:
    client = TestClient(create_app(library))
    sign_in(client, login)
    return client


def made(client: TestClient, address: str) -> str:
    """The whole address of a new private feed, without the site's own."""
    answer = send(client, "/account", PAGE, act="make", feed=address)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    found = re.search(r'class="secret">http://127.0.0.1:8000([^<]+)<', answer.text)
    assert found is not None
    return unescape(found[1])


def key_of(address: str) -> str:
    return address.rpartition("key=")[2]


def key_ids(library: Library, login: str = "claire") -> list[str]:
    with library.store.read() as reading:
        return [one.id for one in reading.credentials.feed_keys_of(as_(library, login).user_id or "")]


@pytest.mark.parametrize("address", FEEDS)
def test_a_key_opens_what_its_person_reads(
    library: Library, reader: TestClient, claire: TestClient, address: str
) -> None:
    private = made(claire, address)
    plain = reader.get(address)
    answer = reader.get(private)
    assert answer.status_code == 200
    assert "Quetsche cave" in answer.text or "passages" in address or "cercle" in address
    assert plain.status_code == 404 or "Quetsche cave" not in plain.text
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["x-robots-tag"] == "noindex"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in answer.headers
    assert reader.get(private, headers={"if-none-match": answer.headers["etag"]}).status_code == 304
    assert key_of(private) not in claire.get(PAGE).text


def test_the_key_is_in_the_address_of_the_feed_itself_and_nowhere_else(reader: TestClient, claire: TestClient) -> None:
    for form in ("atom", "rss", "json"):
        private = made(claire, f"/g/cave.{form}?per_page=1&q=quetsche")
        text = unescape(reader.get(private).text)
        assert f"http://127.0.0.1:8000{private}" in text
        assert text.count(key_of(private)) == 1
        assert "page=2" not in text


@pytest.mark.parametrize("slug", ["cave", "cercle"])
@pytest.mark.parametrize("part", ["", "?q=quetsche", "/tag/eau", "?view=passages"])
def test_pages_of_a_closed_group_lead_to_its_private_feeds(claire: TestClient, slug: str, part: str) -> None:
    page = claire.get(f"/g/{slug}{part}").text
    assert 'rel="alternate"' not in page
    assert ".opml" not in page
    links = [unescape(one) for one in re.findall(r'href="(/account/feeds\?[^"]+)"', page)]
    assert len(links) == 3
    for link in links:
        form = claire.get(link)
        address = re.search(r'name="feed" value="([^"]+)"', form.text)
        assert address is not None
        assert claire.get(made(claire, unescape(address[1]))).status_code == 200


def test_pages_that_everybody_reads_lead_to_feeds_that_everybody_reads(library: Library, claire: TestClient) -> None:
    nobody = TestClient(create_app(library))
    for client, page in (
        (nobody, "/search"),
        (nobody, "/g/ouvert"),
        (claire, "/g/ouvert"),
        (claire, "/search?group=ouvert"),
    ):
        text = client.get(page).text
        assert 'rel="alternate"' in text, page
        assert PAGE not in text, page
    for page in ("/search", "/search?group=cave", "/search?group=ouvert&group=cercle", "/saved", "/saved/s-cave"):
        text = claire.get(page).text
        assert 'rel="alternate"' not in text, page
        assert PAGE in text, page


def test_a_group_that_one_may_not_read_leads_where_one_that_is_not_there_does(library: Library) -> None:
    an_account(library, "marie")
    marie = a_browser(library, "marie")
    there, not_there = (marie.get(f"/search?group={slug}").text for slug in ("cave", "nulle"))
    assert there.replace("cave", "nulle") == not_there
    for address in ("/g/{}.atom", "/g/{}/tag/eau.atom", "/saved/s-{}.atom"):
        answers = [send(marie, "/account", PAGE, act="make", feed=address.format(slug)) for slug in ("cave", "nulle")]
        pages = [marie.get(PAGE, params={"feed": address.format(slug)}) for slug in ("cave", "nulle")]
        for one, other in (answers, pages):
            assert one.status_code == other.status_code == 404
            bare = [re.sub(r"cave|nulle", "", quote(page.text)) for page in (one, other)]
            assert bare[0] == bare[1]
    assert key_ids(library, "marie") == []


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
    key = key_of(made(claire, "/g/cave.json?tag=eau&tag=agents"))
    answer = reader.get(f"{other}{'&' if '?' in other else '?'}key={key}")
    assert answer.status_code == 404
    assert "Quetsche" not in answer.text


def test_an_address_is_the_same_however_it_is_written(reader: TestClient, claire: TestClient) -> None:
    key = key_of(made(claire, "/g/cave.json?tag=agents&lang=en&tag=eau"))
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
    key = key_of(made(claire, "/g/cave.atom"))
    assert reader.get(f"/g/cave.atom?{end.format(key=key)}").status_code == 404
    wrong = reader.get("/g/cave.atom?key=rien")
    assert wrong.text.replace("cave", "nulle") == reader.get("/g/nulle.atom?key=rien").text


def test_a_wrong_key_is_told_where_everybody_reads_too(reader: TestClient) -> None:
    assert reader.get("/search.atom?key=rien").status_code == 404


def test_a_key_opens_no_page_and_no_interface(reader: TestClient, claire: TestClient) -> None:
    key = key_of(made(claire, "/g/cave.atom"))
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


def test_a_key_that_is_taken_back_opens_nothing_at_once(
    library: Library, reader: TestClient, claire: TestClient
) -> None:
    private, other = made(claire, "/g/cave.atom"), made(claire, "/g/cave.atom")
    tag = reader.get(private).headers["etag"]
    assert "dernier usage le" in claire.get(PAGE).text
    with library.store.read() as reading:
        used = [one.id for one in reading.credentials.feed_keys_of(as_(library, "claire").user_id or "") if one.seen_at]
    assert send(claire, PAGE, act="revoke", id=used[0]).status_code == 303
    assert reader.get(private, headers={"if-none-match": tag}).status_code == 404
    assert reader.get(other).status_code == 200


def test_a_key_ends_with_the_membership_the_account_or_the_feeds(
    library: Library, reader: TestClient, claire: TestClient
) -> None:
    private, search = made(claire, "/g/cave.atom"), made(claire, "/search.atom")
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


def test_the_key_speaks_for_its_person_whoever_is_signed_in(library: Library, claire: TestClient) -> None:
    private = made(claire, "/search.atom?q=quetsche")
    an_account(library, "marie")
    marie = a_browser(library, "marie")
    assert "Quetsche cave" not in marie.get("/search.atom?q=quetsche").text
    assert "Quetsche cave" in marie.get(private).text
    assert "Quetsche cave" not in marie.get("/search.atom?q=quetsche").text


def test_somebody_elses_key_stays(library: Library, reader: TestClient, claire: TestClient) -> None:
    private = made(claire, "/g/cave.atom")
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
def test_what_is_no_feed_gets_no_key(library: Library, claire: TestClient, address: str) -> None:
    assert send(claire, "/account", PAGE, act="make", feed=address).status_code == 404
    if address:
        assert claire.get(PAGE, params={"feed": address}).status_code == 404
    assert key_ids(library) == []


def test_a_feed_that_spells_no_search_gets_no_key(library: Library, claire: TestClient) -> None:
    assert send(claire, "/account", PAGE, act="make", feed="/g/cave.atom?from=hier").status_code == 400
    assert claire.get(PAGE, params={"feed": "/g/cave.atom?from=hier"}).status_code == 400
    assert key_ids(library) == []


def test_there_are_so_many_keys_and_no_more(claire: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kb.library.feed_keys.MOST_KEYS", 2)
    for _ in range(2):
        made(claire, "/g/cave.atom")
    answer = send(claire, PAGE, act="make", feed="/g/cave.atom")
    assert (answer.status_code, "déjà 2 flux privés" in answer.text) == (409, True)
