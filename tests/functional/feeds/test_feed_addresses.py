"""Feeds over HTTP: their addresses, their titles, and what they must never contain."""

import json
from collections.abc import Iterator
from xml.etree import ElementTree as ET

import pytest
from starlette.testclient import TestClient

from kb.indexer import catch_up
from kb.services.core.library import Library
from kb.site import create_app
from tests.checkers.http_dates import next_second
from tests.factories.items import a_group, an_annotation, an_item
from tests.factories.library import a_library, add_items
from tests.feeds.feed_library import ATELIER, LECTURES, ODD_TAGS, a_shelf
from tests.feeds.feed_requests import entry, feed

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(scope="module")
def library() -> Iterator[Library]:
    library = a_shelf()
    yield library
    library.close()


@pytest.fixture(scope="module")
def client(library: Library) -> Iterator[TestClient]:
    with TestClient(create_app(library)) as client:
        yield client


@pytest.mark.parametrize("tag", ODD_TAGS)
def test_every_tag_has_its_feeds(client: TestClient, tag: str) -> None:
    page = client.get("/g/lectures", params={"tag": tag}) if tag == ".." else None
    path = (
        page.url.path if page else "/g/lectures/tag/" + tag.replace("%", "%25").replace("#", "%23").replace("?", "%3F")
    )
    json_feed = feed(client, path, format="json") if tag != ".." else feed(client, "/g/lectures.json", tag="..")
    assert any(entry_["id"].endswith(":item/hostile") for entry_ in json_feed["items"])
    again = client.get(json_feed["feed_url"].removeprefix("http://127.0.0.1:8000"))
    assert again.json() == json_feed


def test_pages_of_a_feed_lead_to_each_other(client: TestClient) -> None:
    def links(address: str) -> dict[str, str]:
        root = ET.fromstring(client.get(address).content)
        return {
            link.attrib["rel"]: link.attrib["href"].removeprefix("http://127.0.0.1:8000")
            for link in root.findall(f"{ATOM}link")
        }

    first = links("/g/atelier.atom?per_page=10&tag=agents&unknown=1")
    assert first == {
        "self": "/g/atelier.atom?tag=agents&per_page=10",
        "alternate": "/g/atelier?tag=agents&per_page=10",
        "first": "/g/atelier.atom?tag=agents&per_page=10",
        "next": "/g/atelier.atom?tag=agents&page=2&per_page=10",
        "last": "/g/atelier.atom?tag=agents&page=3&per_page=10",
    }
    last = links(first["last"])
    assert (last["previous"], last.get("next")) == (first["next"], None)
    beyond = links("/g/atelier.atom?per_page=10&tag=agents&page=99")
    assert beyond["previous"] == first["last"]
    assert links("/g/lectures/tag/formation.atom").keys() == {"self", "alternate"}


def test_the_page_of_a_feed_shows_the_same_in_the_same_order(client: TestClient) -> None:
    address = feed(client, "/search.json", q="agents formation", group="lectures")["home_page_url"]
    assert address == "http://127.0.0.1:8000/search?q=agents+formation&group=lectures&sort=recent"
    assert feed(client, "/g/lectures.json")["home_page_url"] == "http://127.0.0.1:8000/g/lectures"
    assert feed(client, "/saved/s-title.json", page="2")["home_page_url"] == "http://127.0.0.1:8000/saved/s-title"


def ids(client: TestClient, *addresses: str) -> set[str]:
    ids_found = set()
    for address in addresses:
        root = ET.fromstring(client.get(address).content)
        ids_found.add(root.findtext(f"{ATOM}id") or root.findtext(f"channel/{ATOM}id") or "")
    return ids_found


def test_a_feed_has_one_id_by_whichever_address(client: TestClient) -> None:
    same = ids(
        client,
        "/g/lectures/tag/agents.atom?q=x&tag=b&tag=a",
        "/g/lectures.rss?tag=a&tag=agents&tag=b&q=x&page=3&sort=recent&match=all",
        "/search.atom?tag=b&group=lectures&tag=agents&q=x&tag=a&per_page=7&lang=en",
    )
    assert len(same) == 1
    assert same.pop().endswith(",2026:feed/search?group=lectures&q=x&tag=a&tag=agents&tag=b")
    assert len(ids(client, "/search.atom?q=x", "/search.atom?q=x&sort=title", "/search.atom?q=x&match=any")) == 3
    assert ids(client, "/saved/s-any.atom").pop().endswith(":feed/saved/s-any")


def test_ids_do_not_depend_on_where_the_site_is_or_on_titles() -> None:
    library = a_library(an_item("Avant", id="un", order=1, url="https://exemple.fr/avant"))
    with TestClient(create_app(library)) as client:
        before = feed(client, "/search.json")["items"][0]
        with library.store.write() as writing:
            writing.items.update([an_item("Après", id="un", order=1, url="https://exemple.fr/apres")])
        catch_up(library)
        after = feed(client, "/search.json")["items"][0]
    assert before["id"] == after["id"]
    assert before["title"] != after["title"]
    with library.store.read() as reading:
        assert before["id"] == f"tag:{reading.meta.get('authority')},2026:item/un"


def test_the_bytes_are_the_same_for_every_reader_and_after_every_view(client: TestClient, library: Library) -> None:
    for address in ("/g/lectures.atom", "/search.rss?q=agents", "/saved/s-any.json", "/g/lectures.opml", "/saved.opml"):
        once = client.get(address)
        assert client.get("/items/thread/go", follow_redirects=False).status_code == 303
        catch_up(library)
        # Without the cookie, a page would set one.
        cookie = "kb-lang=en" if address.startswith("/g") else ""
        again = client.get(
            address,
            params={**dict(once.request.url.params), "lang": "en"},
            headers={"Accept-Language": "en", "Cookie": cookie, "Host": "ailleurs.example"},
        )
        assert again.content == once.content
        assert "set-cookie" not in again.headers
        assert again.headers["etag"] == once.headers["etag"]


def test_feeds_show_no_trace_of_unreadable_items(client: TestClient) -> None:
    for address in (
        "/search.json?q=agents&per_page=100",
        "/search.json?view=passages&q=secret",
        "/search.json?group=secret",
    ):
        assert "secret" not in json.dumps([entry_["id"] for entry_ in feed(client, address)["items"]])
    assert feed(client, "/search.json", group="secret")["items"] == []
    unknown, private = (client.get(f"/search.atom?group={slug}") for slug in ("inconnu", "secret"))
    assert private.text == unknown.text.replace("inconnu", "secret")
    assert "secret" not in client.get("/saved.opml").text.lower()


@pytest.mark.parametrize(
    "address",
    [
        "/g/secret.atom",
        "/g/secret.opml",
        "/g/secret/tag/agents.rss",
        "/g/inconnu.atom",
        "/g/inconnu.opml",
        "/g/lectures.xml",
        "/g/lectures.",
        "/search.ATOM",
        "/search.opml",
        "/search.",
        "/saved/inconnue.atom",
        "/saved/s-any.opml",
        "/saved/.atom",
    ],
)
def test_a_missing_feed_answers_the_usual_404_page(client: TestClient, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    if "/secret" in address:
        unknown = client.get(address.replace("/secret", "/inconnu"))
        assert answer.text == unknown.text.replace("inconnu", "secret")


@pytest.mark.parametrize(
    "parameters", ["page=0", "per_page=1000", "from=hier", "view=x", "sort=x", "q=" + "x" * 2_001, "q=%ff"]
)
def test_a_bad_parameter_says_what_was_expected(client: TestClient, parameters: str) -> None:
    answer = client.get(f"/search.atom?{parameters}")
    assert answer.status_code == 400
    assert answer.headers["cache-control"] == "no-store"


def test_a_list_of_feeds_holds_the_group_and_its_saved_searches(client: TestClient) -> None:
    root = ET.fromstring(client.get("/g/lectures.opml").content)
    folder = root.find("body/outline")
    assert folder is not None
    assert folder.attrib["text"] == LECTURES.name
    feeds = {
        outline.attrib["text"]: outline.attrib["xmlUrl"].removeprefix("http://127.0.0.1:8000") for outline in folder
    }
    assert feeds == {
        LECTURES.name: "/g/lectures.atom",
        "Veille s-any": "/saved/s-any.atom",
        "Veille s-empty": "/saved/s-empty.atom",
        "Veille s-passages": "/saved/s-passages.atom",
    }
    assert all(client.get(address).status_code == 200 for address in feeds.values())
    every = ET.fromstring(client.get("/saved.opml").content)
    assert [outline.attrib["text"] for outline in every.findall("body/outline")] == [ATELIER.name, LECTURES.name]
    assert len(list(every.iter("outline"))) == 2 + 4


def test_a_great_item_has_its_first_annotations_and_a_link_to_the_others() -> None:
    annotations = [an_annotation(f"Passage {number}", id=f"h-{number}") for number in range(250)]
    library = a_library(an_item(id="grand", annotations=annotations))
    with TestClient(create_app(library)) as client:
        html = entry(client, "item/grand", "/search.json", q="passage")["content_html"]
    assert html.count("<blockquote>") == 100
    assert "… 150 autres annotations</a>" in html


def test_a_head_request_says_what_a_get_would(client: TestClient) -> None:
    next_second()
    for address in ("/g/lectures.atom", "/g/lectures.opml"):
        full, head = client.get(address), client.head(address)
        assert head.content == b""
        assert head.headers == full.headers


def test_nothing_but_reading_is_done_at_a_feed(client: TestClient) -> None:
    assert client.post("/g/lectures.atom").status_code == 405


def test_a_new_group_has_an_empty_feed() -> None:
    library = a_library(groups=(a_group("neuf"),))
    add_items(library)
    with TestClient(create_app(library)) as client:
        assert feed(client, "/g/neuf.json")["items"] == []
        assert ET.fromstring(client.get("/g/neuf.atom").content).findtext(f"{ATOM}updated") == "1970-01-01T00:00:00Z"


@pytest.mark.parametrize("form", ["atom", "rss"])
def test_a_feed_that_is_opened_in_a_browser_says_what_it_is(form: str) -> None:
    with TestClient(create_app(a_library(groups=(a_group("neuf"),)))) as client:
        text = client.get(f"/g/neuf.{form}").text
    assert text.index("<!-- Ce fichier est un flux") < text.index("Neuf" if "Neuf" in text else "neuf")
