"""The page with the feeds of a listing or a list; each of these has one link to it."""

import re
from dataclasses import replace
from html import unescape
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from kb.indexer import catch_up
from kb.model.people.group import Role, Visibility
from kb.services.core.library import Library
from kb.services.lists.lists import create_list
from kb.site import create_app
from tests.factories.group import as_
from tests.feeds.private_feeds import CLOSED, OPEN, key_ids
from tests.support.browser_sessions import token_of

_FOLLOW = re.compile(r'<a(?: class="button-link")? href="(/follow\?feed=[^"]+)" rel="nofollow">Suivre')
_ADDRESS = re.compile(r'<input class="secret"[^>]* value="http://127\.0\.0\.1:8000([^"]+)">')


@pytest.fixture
def visitor(library: Library) -> TestClient:
    return TestClient(create_app(library), follow_redirects=False)


def follow_link(client: TestClient, page: str) -> str:
    """The only link of a listing to its feeds page."""
    links = _FOLLOW.findall(client.get(page).text)
    assert len(links) == 1, page
    return unescape(links[0])


@pytest.mark.parametrize(
    "page",
    [
        "/search",
        "/search?q=quetsche&sort=recent",
        "/search?author=claire",
        "/g/ouvert",
        "/g/ouvert?q=quetsche",
        "/g/ouvert/tag/a/b",
        "/g/ouvert/tag/agents.rss?format=html",
    ],
)
def test_a_page_has_one_link_to_the_addresses_of_its_feeds(visitor: TestClient, page: str) -> None:
    announced = re.findall(
        r'rel="alternate" type="application/[^"]+" title="[^"]+" href="([^"]+)"', visitor.get(page).text
    )
    answer = visitor.get(follow_link(visitor, page))
    assert answer.status_code == 200
    addresses = _ADDRESS.findall(answer.text)
    assert len(addresses) == 3
    assert addresses == announced
    for address in addresses:
        assert visitor.get(unescape(address)).status_code == 200
    assert "Un lecteur de flux est" in answer.text
    assert 'name="act"' not in answer.text
    assert '<button class="plain" type="button" hidden data-copied' in answer.text


def test_the_page_says_that_a_limit_of_days_is_left_out(visitor: TestClient) -> None:
    sentence = "la limite de jours de votre recherche n’y est pas"
    for page, is_said in (("/search?since=30d", True), ("/g/ouvert?since=30d&q=quetsche", True), ("/search", False)):
        assert (sentence in visitor.get(follow_link(visitor, page)).text) is is_said


def test_the_page_of_a_listing_leads_back_to_its_newest_items(visitor: TestClient) -> None:
    answer = visitor.get(follow_link(visitor, "/g/ouvert?q=quetsche&per_page=50"))
    back = re.search(r'<p class="about"><a href="([^"]+)">1 signet</a></p>', answer.text)
    assert "<h1>Suivre <bdi>«\u202fquetsche\u202f» – Groupe ouvert</bdi></h1>" in answer.text
    assert back is not None
    assert unescape(back[1]) == "/g/ouvert?q=quetsche&sort=recent"
    assert visitor.get(unescape(back[1])).status_code == 200
    assert 'href="/g/ouvert?q=quetsche&amp;match=all&amp;since=7d&amp;sort=recent"' in answer.text


def test_without_an_address_the_whole_site_is_followed(visitor: TestClient) -> None:
    answer = visitor.get("/follow")
    assert _ADDRESS.findall(answer.text)[0] == "/search.atom"
    assert "Tous les signets" in answer.text
    english = visitor.get("/follow?lang=en").text
    assert "A feed reader is a program" in english
    assert 'href="/search?sort=recent' not in english


@pytest.mark.parametrize("page", ["/g/cave", "/g/cercle", "/saved/s-cave", "/g/cave/tag/eau", "/search?group=cave"])
def test_a_non_public_listing_is_followed_by_a_private_feed(library: Library, claire: TestClient, page: str) -> None:
    link = follow_link(claire, page)
    answer = claire.get(link)
    options = re.findall(r'<option value="([^"]+)">(Atom|RSS|JSON Feed)</option>', answer.text)
    assert [name for _, name in options] == ["Atom", "RSS", "JSON Feed"]
    # A public search also has a feed without a key; a closed group does not.
    assert bool(_ADDRESS.findall(answer.text)) is page.startswith("/search")
    sent = {"form_token": token_of(claire, link), "act": "make", "feed": unescape(options[1][0])}
    assert claire.post("/account/feeds", data=sent).status_code == 200
    assert len(key_ids(library)) == 1
    again = claire.get(link).text
    assert "Vous en avez déjà un flux privé" in again
    assert "jamais utilisé" in again


NOT_EVERYONE = "Tout le monde ne peut pas lire ces contenus."


def test_only_what_not_everyone_reads_is_said_to_be_restricted(library: Library, claire: TestClient) -> None:
    assert NOT_EVERYONE in claire.get("/follow").text
    assert NOT_EVERYONE in claire.get("/follow?feed=/search.atom?q=cave").text
    # The reader's closed groups may still add items to it.
    public = claire.get("/follow?feed=/search.atom?q=ouvert").text
    assert NOT_EVERYONE not in public
    assert "Tout le monde peut lire aujourd’hui tous ces contenus." in public
    assert _ADDRESS.findall(public)[0] == "/search.atom?q=ouvert"
    # The simplest kind of feed that is enough comes first.
    assert public.index('id="feed-') < public.index('value="make"')
    restricted = claire.get("/follow?feed=/search.atom?q=cave").text
    assert restricted.index('value="make"') < restricted.index('id="feed-')
    with library.store.write() as writing:
        for group in writing.groups.all():
            if not group.is_personal:
                writing.groups.update(replace(group, visible=Visibility.EVERYONE))
    catch_up(library)
    page = claire.get("/follow").text
    assert NOT_EVERYONE not in page
    assert 'name="act" value="make"' not in page
    assert _ADDRESS.findall(page)[0] == "/search.atom"


def test_a_file_of_feeds_is_for_groups_that_everyone_reads(claire: TestClient, visitor: TestClient) -> None:
    assert 'href="/g/ouvert.opml"' in visitor.get("/follow?feed=/g/ouvert.atom").text
    assert 'href="/g/ouvert.opml"' in claire.get("/follow?feed=/g/ouvert/tag/eau.rss").text
    assert ".opml" not in claire.get("/follow?feed=/g/cave.atom").text
    # The saved searches of closed groups have no feed without a key.
    assert ".opml" not in visitor.get("/follow").text


def test_a_list_is_followed_where_its_feeds_are(library: Library, claire: TestClient, visitor: TestClient) -> None:
    with library.store.write() as writing:
        writing.groups.set_role(as_(library, "claire").user_id or "", OPEN.id, Role.MEMBER)
    new_list = create_list(library, as_(library, "claire"), OPEN.slug, "Bibliographie")
    answer = visitor.get(follow_link(visitor, f"/lists/{new_list.id}"))
    assert _ADDRESS.findall(answer.text)[0] == f"/lists/{new_list.id}.atom"
    assert "Bibliographie" in answer.text
    assert claire.get(f"/follow?feed=/lists/{new_list.id}.rss").status_code == 200


@pytest.mark.parametrize("address", ["/g/{}.atom", "/g/{}/tag/eau.atom", "/saved/s-{}.atom"])
def test_the_follow_page_of_an_unreadable_listing_answers_as_missing(visitor: TestClient, address: str) -> None:
    closed, absent = (visitor.get("/follow", params={"feed": address.format(slug)}) for slug in ("cave", "nulle"))
    assert closed.status_code == absent.status_code == 404
    bare = [re.sub(r"cave|nulle", "", quote(page.text)) for page in (closed, absent)]
    assert bare[0] == bare[1]


def test_a_search_of_an_unreadable_group_answers_like_a_missing_one(visitor: TestClient) -> None:
    closed, absent = (
        visitor.get("/follow", params={"feed": f"/search.atom?group={slug}"}) for slug in ("cave", "nulle")
    )
    assert closed.status_code == absent.status_code == 200
    assert closed.text.replace("cave", "nulle") == absent.text
    assert CLOSED.name not in closed.text


def test_a_group_without_feeds_says_so(library: Library, claire: TestClient) -> None:
    with library.store.write() as writing:
        group = writing.groups.by_slug("cave")
        assert group is not None
        writing.groups.update(replace(group, feeds=False))
    assert _FOLLOW.findall(claire.get("/g/cave").text), "it is followed on the site"
    answer = claire.get("/follow?feed=/g/cave.atom")
    assert answer.status_code == 200
    assert "Le groupe «\u202fLa cave\u202f» ne peut pas être suivi par flux" in answer.text
    assert "<h1>Suivre <bdi>La cave</bdi></h1>" in answer.text
    assert '<p class="about"><a href="/g/cave">' in answer.text
    assert 'value="make"' not in answer.text
    assert not _ADDRESS.findall(answer.text)
    assert "ont désactivé les flux" in claire.get("/follow?feed=/search.atom?group=cave").text


@pytest.mark.parametrize(
    ("feed", "status"),
    [
        ("//ailleurs.example/search.atom", 404),
        ("http://ailleurs.example/search.atom", 404),
        ("javascript:alert(1)", 404),
        ("/g/../search.atom", 404),
        ("/account", 404),
        ("/search", 404),
        ("/search.opml", 404),
        ("/search.atom?from=hier", 400),
        ("/search.atom?per_page=0", 400),
        ("/search.atom?q=" + "x" * 2_001, 400),
        ("/search.atom?" + "q=a&" * 1_500, 404),
        ("/search.atom?since=visit", 200),
        ("/search.atom?q=%3Cscript%3E%22%27", 200),
        ("/g/ouvert/tag/%00.atom", 200),
        ("\ud800", 400),
        ("/search.atom?key=inconnue", 200),
    ],
)
def test_any_address_gets_an_answer(visitor: TestClient, feed: str, status: int) -> None:
    answer = visitor.get("/follow?feed=" + quote(feed, errors="surrogatepass"))
    assert answer.status_code == status, answer.text[:2_000]
    assert "<script>" not in answer.text
    assert not any(
        "key=" in address_shown or "ailleurs" in address_shown for address_shown in _ADDRESS.findall(answer.text)
    )
    assert 'href="http://ailleurs' not in answer.text
    assert "javascript:" not in re.sub(r'href="/[^"]*"', "", answer.text)
