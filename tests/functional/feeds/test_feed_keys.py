"""Private feeds: the feed that a key opens, and the pages that link to one."""

import re
from html import unescape
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from kb.services.core.library import Library
from kb.site import create_app
from tests.feeds.private_feeds import PAGE, a_browser, create_private_feed, key_ids, key_of
from tests.support.browser_sessions import an_account, send, token_of

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


def follow_address(page: str) -> str:
    """The first link of a page to the page that offers the listing's feeds."""
    match = re.search(r'href="(/follow\?[^"]+)"', page)
    assert match is not None
    return unescape(match[1])


@pytest.mark.parametrize("address", FEEDS)
def test_a_key_opens_what_its_person_reads(
    library: Library, reader: TestClient, claire: TestClient, address: str
) -> None:
    private = create_private_feed(claire, address)
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
        private = create_private_feed(claire, f"/g/cave.{form}?per_page=1&q=quetsche")
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
    links = [unescape(href) for href in re.findall(r'href="(/follow\?[^"]+)"', page)]
    assert len(links) == 1
    addresses = re.findall(r'<option value="(/g/[^"]+)"', claire.get(links[0]).text)
    assert len(addresses) == 3
    for address in addresses:
        assert claire.get(create_private_feed(claire, unescape(address))).status_code == 200


def test_public_pages_link_to_public_feeds(library: Library, claire: TestClient) -> None:
    nobody = TestClient(create_app(library))
    for client, page in (
        (nobody, "/search"),
        (nobody, "/g/ouvert"),
        (claire, "/g/ouvert"),
        (claire, "/search?group=ouvert"),
    ):
        text = client.get(page).text
        assert 'rel="alternate"' in text, page
        assert PAGE not in client.get(follow_address(text)).text, page
    for page in ("/search", "/search?group=cave", "/search?group=ouvert&group=cercle", "/saved", "/saved/s-cave"):
        text = claire.get(page).text
        assert 'rel="alternate"' not in text, page
        assert PAGE in claire.get(follow_address(text)).text, page


def test_an_unreadable_group_answers_like_a_missing_one(library: Library) -> None:
    an_account(library, "marie")
    marie = a_browser(library, "marie")
    # The form token is masked differently in each response.
    closed, not_there = (
        re.sub(r'name="form_token" value="\w+"', "", marie.get(f"/search?group={slug}").text)
        for slug in ("cave", "nulle")
    )
    assert closed.replace("cave", "nulle") == not_there
    for address in ("/g/{}.atom", "/g/{}/tag/eau.atom", "/saved/s-{}.atom"):
        answers = [send(marie, "/account", PAGE, act="make", feed=address.format(slug)) for slug in ("cave", "nulle")]
        pages = [marie.get(PAGE, params={"feed": address.format(slug)}) for slug in ("cave", "nulle")]
        for answer, other in (answers, pages):
            assert answer.status_code == other.status_code == 404
            bare = [re.sub(r"cave|nulle", "", quote(page.text)) for page in (answer, other)]
            assert bare[0] == bare[1]
    assert key_ids(library, "marie") == []


def test_the_form_of_a_feed_key_says_what_the_address_shows_without_it(claire: TestClient) -> None:
    sentence = "Sans clé, cette adresse montre ce que tout le monde peut lire."
    assert sentence in claire.get(PAGE, params={"feed": "/search.atom?q=quetsche"}).text
    assert sentence not in claire.get(PAGE, params={"feed": "/g/cave.atom"}).text


def test_a_private_feed_that_is_asked_for_twice_from_one_page_is_made_once(
    library: Library, claire: TestClient
) -> None:
    sent = {"form_token": token_of(claire, "/account"), "act": "make", "feed": "/g/cave.atom"}
    first, second = (claire.post(PAGE, data=sent, follow_redirects=False) for _ in range(2))
    assert first.status_code == 200
    assert 'class="secret"' in first.text
    assert second.headers["location"] == f"{PAGE}?done=made-before"
    assert len(key_ids(library)) == 1
    page_text = claire.get(second.headers["location"]).text
    assert "C’est déjà créé" in page_text
    assert "/g/cave.atom" in page_text
    assert key_of(create_private_feed(claire, "/g/cave.atom"))
    assert len(key_ids(library)) == 2
