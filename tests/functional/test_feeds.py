"""Feeds of listings, through the front door only: what is in them, what they are called, what they never say."""

import json
import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

import pytest
from starlette.testclient import TestClient

from kb.indexer import catch_up
from kb.library.opening import Library
from kb.web.app import create_app
from tests.factories import a_group, an_annotation, an_item
from tests.feeds.shelf import ATELIER, LECTURES, ODD_TAGS, a_shelf
from tests.library_factories import a_library, keep

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


def feed(client: TestClient, address: str, **parameters: str) -> dict:
    answer = client.get(address, params=parameters or None)
    assert answer.status_code == 200, answer.text
    return answer.json()


def entries(client: TestClient, address: str, **parameters: str) -> list[str]:
    """The ids of a feed, without what all begin with."""
    return [entry["id"].split(",2026:")[1] for entry in feed(client, address, **parameters)["items"]]


def entry(client: TestClient, id_: str, address: str = "/g/lectures.json", **parameters: str) -> dict:
    found = [one for one in feed(client, address, **parameters)["items"] if one["id"].endswith(f":{id_}")]
    assert len(found) == 1
    return found[0]


def test_an_entry_holds_what_was_kept_and_said_with_the_words_found_marked(client: TestClient) -> None:
    assert entry(client, "item/thread", "/search.json", q="agents")["content_html"] == (
        "<p>Sur la formation des <mark>agents</mark>.</p>\n"
        "<blockquote><p>Les <mark>agents</mark> se forment.</p></blockquote>\n"
        "<blockquote><p>Une formation longue.</p></blockquote>\n"
        "<p><b>Note, Paul &lt;Roy&gt;, 2 février 2026</b><br>À voir.<br>Encore.</p>\n"
        "<p><b>Commentaire, Paul &lt;Roy&gt;, 3 février 2026</b><br>Qui en parle ?</p>\n"
        "<ul>\n"
        "<li><p><b>Réponse, Claire Aubert, 4 février 2026</b><br>Les <mark>agents</mark>.</p></li>\n"
        "</ul>\n"
        "<p>La Gazette · 1er novembre 2014 · partagé par Claire Aubert · Lectures &amp; &lt;communes&gt; · "
        '<a href="https://exemple.fr/formation">lire sur exemple.fr</a></p>\n'
        '<p>Mots-clés\u202f: <a href="http://127.0.0.1:8000/g/lectures/tag/formation">formation</a>, '
        '<a href="http://127.0.0.1:8000/g/lectures/tag/agents"><mark>agents</mark></a></p>\n'
    )


def test_the_same_is_there_as_a_text_without_marks(client: TestClient) -> None:
    found = entry(client, "item/thread", "/search.json", q="agents")
    assert found["content_text"] == (
        "Sur la formation des agents.\n"
        "«\u202fLes agents se forment.\u202f»\n"
        "«\u202fUne formation longue.\u202f»\n"
        "Note, Paul <Roy>, 2 février 2026\u202f: À voir.\nEncore.\n"
        "Commentaire, Paul <Roy>, 3 février 2026\u202f: Qui en parle ?\n"
        "Réponse, Claire Aubert, 4 février 2026\u202f: Les agents.\n"
        "La Gazette · 1er novembre 2014 · partagé par Claire Aubert · Lectures & <communes>\n"
        "Mots-clés\u202f: formation, agents"
    )
    assert "<mark>" not in json.dumps({name: part for name, part in found.items() if name != "content_html"})


def test_an_entry_has_our_page_and_the_address_it_is_about(client: TestClient) -> None:
    found = entry(client, "item/thread")
    assert found["url"] == "http://127.0.0.1:8000/items/thread"
    assert found["external_url"] == "https://exemple.fr/formation"
    assert found["authors"] == [{"name": "Claire Aubert"}]
    assert found["tags"] == ["formation", "agents"]
    assert (found["date_published"], found["date_modified"]) == ("2026-02-01T09:00:00Z", "2026-02-01T09:00:00Z")
    # An address that is not of the web is nowhere to be followed.
    assert "external_url" not in entry(client, "item/hostile")
    assert "javascript:" not in entry(client, "item/hostile")["content_html"]


def test_what_people_wrote_is_text_in_html(client: TestClient) -> None:
    html = entry(client, "item/hostile", q="agents")["content_html"]
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert set(re.findall(r"<(/?\w+)", html)) <= {
        *("p", "/p", "b", "/b", "br", "blockquote", "/blockquote", "ul", "/ul", "li", "/li", "a", "/a", "mark", "/mark")
    }
    assert set(re.findall(r"\s(\w+)=\"", re.sub(r">[^<]*<", "><", html))) == {"href"}


def test_a_passage_is_an_entry_with_its_own_author_and_date(client: TestClient) -> None:
    found = entry(client, "annotation/n-thread", "/g/lectures.json", view="passages")
    assert found["title"] == "Une formation longue."
    assert found["url"] == "http://127.0.0.1:8000/items/thread#a-n-thread"
    assert found["authors"] == [{"name": "Paul <Roy>"}]
    assert found["date_published"] == "2026-02-02T00:00:00Z"
    assert '<a href="http://127.0.0.1:8000/items/thread">Formation</a>' in found["content_html"]
    assert "Les agents se forment" not in found["content_html"]
    # Nobody knows who marked it: not the one who shared the page.
    assert "authors" not in entry(client, "annotation/h-thread", "/g/lectures.json", view="passages", q="forment")


@pytest.mark.parametrize("number", range(1, 8))
def test_a_stored_date_however_precise_is_an_instant(client: TestClient, number: int) -> None:
    expected = [
        None,
        "2014-11-07T09:12:00Z",
        "2014-11-08T04:30:00Z",
        "2014-11-07T07:12:00Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T00:00:00Z",
        None,
        "2014-11-07T00:00:00Z",
    ][number]
    place = "lectures" if number % 3 == 0 else "atelier"
    found = entry(client, f"item/i-{number}", f"/g/{place}.json", per_page="100")
    assert found.get("date_published") == expected
    assert expected is None or found["date_modified"] == expected


def test_the_most_recent_come_first_and_an_order_that_is_asked_is_obeyed(client: TestClient) -> None:
    recent = [
        id_ for id_ in entries(client, "/g/lectures.json", per_page="100") if id_ in ("item/thread", "item/hostile")
    ]
    assert recent == ["item/thread", "item/hostile"]
    titles = [one["title"] for one in feed(client, "/g/atelier.json", sort="title", per_page="100")["items"]]
    assert titles[:2] == ["https://exemple.fr/\u202e?q= \"'<x>", "Les agents, n° 1"]


def test_a_search_feed_wants_all_the_words_unless_told(client: TestClient) -> None:
    assert entries(client, "/search.json", q="agents formation") == ["item/thread"]
    assert len(entries(client, "/search.json", q="agents formation", match="any", per_page="100")) > 40


def test_a_saved_search_finds_what_its_page_finds_the_most_recent_first(client: TestClient) -> None:
    on_the_page = set(
        re.findall(r'href="/items/([\w-]+)\?q=agents\+formation"', client.get("/saved/s-any?per_page=100").text)
    )
    followed = entries(client, "/saved/s-any.json", per_page="100")
    assert {id_.removeprefix("item/") for id_ in followed} == on_the_page
    assert len(followed) > 40
    assert followed.index("item/thread") < followed.index("item/i-1")
    assert entries(client, "/saved/s-title.json") == ["item/thread"]
    assert entries(client, "/saved/s-passages.json") == ["annotation/n-thread", "annotation/h-hostile"]
    assert feed(client, "/saved/s-empty.json")["items"] == []


def test_a_feed_says_what_it_follows(client: TestClient) -> None:
    def named(address: str, **parameters: str) -> tuple[str, str | None]:
        found = feed(client, address, **parameters)
        return found["title"], found.get("description")

    assert named("/search.json") == ("Florilège", None)
    assert named("/search.json", q="agents", tag="a/b") == (
        "«\u202fagents\u202f», Mot-clé\u202f: a/b – Florilège",
        None,
    )
    assert named("/g/lectures.json") == ("Lectures & <communes> – Florilège", "Ce que nous lisons.")
    assert named("/g/lectures.json", author="claire", view="passages")[0].startswith("Auteur\u202f: ")
    assert named("/g/atelier/tag/agents.json") == ("agents – Atelier – Florilège", None)
    assert named("/saved/s-any.json") == (
        "Veille s-any – Lectures & <communes> – Florilège",
        "«\u202fagents formation\u202f»",
    )


@pytest.mark.parametrize("tag", ODD_TAGS)
def test_every_tag_has_its_feeds(client: TestClient, tag: str) -> None:
    page = client.get("/g/lectures", params={"tag": tag}) if tag == ".." else None
    path = (
        page.url.path if page else "/g/lectures/tag/" + tag.replace("%", "%25").replace("#", "%23").replace("?", "%3F")
    )
    found = feed(client, path, format="json") if tag != ".." else feed(client, "/g/lectures.json", tag="..")
    assert any(one["id"].endswith(":item/hostile") for one in found["items"])
    again = client.get(found["feed_url"].removeprefix("http://127.0.0.1:8000"))
    assert again.json() == found


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
    found = set()
    for address in addresses:
        root = ET.fromstring(client.get(address).content)
        found.add(root.findtext(f"{ATOM}id") or root.findtext(f"channel/{ATOM}id") or "")
    return found


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
        # Without the cookie, a page would set it.
        cookie = "kb-lang=en" if address.startswith("/g") else ""
        again = client.get(
            address,
            params={**dict(once.request.url.params), "lang": "en"},
            headers={"Accept-Language": "en", "Cookie": cookie, "Host": "ailleurs.example"},
        )
        assert again.content == once.content
        assert "set-cookie" not in again.headers
        assert again.headers["etag"] == once.headers["etag"]


def test_what_one_may_not_read_leaves_no_trace(client: TestClient) -> None:
    for address in (
        "/search.json?q=agents&per_page=100",
        "/search.json?view=passages&q=secret",
        "/search.json?group=secret",
    ):
        assert "secret" not in json.dumps([one["id"] for one in feed(client, address)["items"]])
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
def test_what_is_not_there_is_the_usual_page(client: TestClient, address: str) -> None:
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
    feeds = {one.attrib["text"]: one.attrib["xmlUrl"].removeprefix("http://127.0.0.1:8000") for one in folder}
    assert feeds == {
        LECTURES.name: "/g/lectures.atom",
        "Veille s-any": "/saved/s-any.atom",
        "Veille s-empty": "/saved/s-empty.atom",
        "Veille s-passages": "/saved/s-passages.atom",
    }
    assert all(client.get(address).status_code == 200 for address in feeds.values())
    every = ET.fromstring(client.get("/saved.opml").content)
    assert [one.attrib["text"] for one in every.findall("body/outline")] == [ATELIER.name, LECTURES.name]
    assert len(list(every.iter("outline"))) == 2 + 4


def test_a_great_item_has_its_first_annotations_and_a_link_to_the_others() -> None:
    annotations = [an_annotation(f"Passage {number}", id=f"h-{number}") for number in range(250)]
    library = a_library(an_item(id="grand", annotations=annotations))
    with TestClient(create_app(library)) as client:
        html = entry(client, "item/grand", "/search.json", q="passage")["content_html"]
    assert html.count("<blockquote>") == 100
    assert "… 150 autres annotations</a>" in html


def test_a_head_request_says_what_a_get_would(client: TestClient) -> None:
    for address in ("/g/lectures.atom", "/g/lectures.opml"):
        full, head = client.get(address), client.head(address)
        assert head.content == b""
        assert head.headers == full.headers


def test_nothing_but_reading_is_done_at_a_feed(client: TestClient) -> None:
    assert client.post("/g/lectures.atom").status_code == 405


def test_a_new_group_has_an_empty_feed() -> None:
    library = a_library(groups=(a_group("neuf"),))
    keep(library)
    with TestClient(create_app(library)) as client:
        assert feed(client, "/g/neuf.json")["items"] == []
        assert ET.fromstring(client.get("/g/neuf.atom").content).findtext(f"{ATOM}updated") == "1970-01-01T00:00:00Z"
