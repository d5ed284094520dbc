"""Conditional requests for feeds: 304 when nothing changed, and never otherwise."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import feedparser
import pytest
from starlette.testclient import TestClient

import kb.store.database.clock
import kb.web.feeds.feed_pages
from kb.access.actor import OPERATOR
from kb.feeds.xml_writing import rfc822
from kb.indexer import catch_up, rebuild
from kb.model.dates import instant_of
from kb.model.items.item_fields import AnnotationFields
from kb.model.people.group import Visibility
from kb.model.saved_search import SavedSearch
from kb.services.admin.site_changes import IDENTITY, save_identity, undo_site_change
from kb.services.annotations.annotations import write_annotation
from kb.services.core.library import Library
from kb.site import create_app
from tests.checkers.recorded_queries import recorded_queries, selects
from tests.factories.items import a_group, an_annotation, an_item
from tests.factories.library import a_library, add_items
from tests.factories.moderation import a_moderated_library, actor_of

PHYSIQUE, HISTOIRE, SECRET = a_group("physique"), a_group("histoire"), a_group("secret", visible=Visibility.MEMBERS)
FEEDS = ("/search.atom", "/search.rss?q=énergie", "/g/physique.json", "/g/physique/tag/eau.atom", "/saved/s1.rss")
LISTS = ("/g/physique.opml", "/saved.opml")


@pytest.fixture
def library() -> Iterator[Library]:
    library = a_library(
        an_item(id="un", order=1, tags=["eau"], added="2014-11-07T09:12:00Z", annotations=[an_annotation(id="h1")]),
        an_item(id="deux", order=2, group=HISTOIRE),
        groups=(PHYSIQUE, HISTOIRE, SECRET),
    )
    with library.store.write() as writing:
        writing.saved_searches.add(SavedSearch.of("s1", PHYSIQUE.id, "L'eau", "tag=eau", "2026-01-02T03:04:05Z"))
    yield library
    library.close()


@pytest.fixture
def client(library: Library) -> Iterator[TestClient]:
    with TestClient(create_app(library)) as client:
        yield client


@dataclass
class Clock:
    """The clock of the database and of the site; the site answers one minute after each change."""

    ahead: timedelta = timedelta()

    def tick(self) -> None:
        """Move the clock by two minutes."""
        self.ahead += timedelta(minutes=2)

    def shown(self, after: timedelta) -> type[datetime]:
        clock = self

        class Shown(datetime):
            @classmethod
            def now(cls, tz=None):
                return datetime.now(tz) + clock.ahead + after

        return Shown


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(kb.store.database.clock, "datetime", clock.shown(timedelta()))
    monkeypatch.setattr(kb.web.feeds.feed_pages, "datetime", clock.shown(timedelta(minutes=1)))
    return clock


def statuses(client: TestClient, address: str, headers) -> dict[str, int]:
    """The status for each validator of an earlier response, sent alone."""
    return {
        "etag": client.get(address, headers={"If-None-Match": headers["etag"]}).status_code,
        "date": client.get(address, headers={"If-Modified-Since": headers["last-modified"]}).status_code,
    }


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("address", [*FEEDS, *LISTS])
def test_each_validator_alone_says_that_nothing_changed(client: TestClient, address: str) -> None:
    full = client.get(address)
    assert full.headers["cache-control"] == "public, no-cache"
    assert {"Accept-Encoding", "Cookie"} <= set(full.headers["vary"].split(", "))
    assert statuses(client, address, full.headers) == {"etag": 304, "date": 304}
    for headers in ({"If-None-Match": full.headers["etag"]}, {"If-Modified-Since": full.headers["last-modified"]}):
        for method in ("GET", "HEAD"):
            answer = client.request(method, address, headers=headers)
            assert (answer.status_code, answer.content) == (304, b"")
            names = ("cache-control", "vary", "last-modified")
            assert {name: answer.headers[name].split(", Accept")[0] for name in names} == {
                name: full.headers[name].split(", Accept")[0] for name in names
            }
            assert "content-type" not in answer.headers


@pytest.mark.parametrize("address", FEEDS)
def test_an_unchanged_feed_reads_little_more_than_the_rights_and_the_last_changes(
    client: TestClient, address: str
) -> None:
    tag = client.get(address).headers["etag"]
    with recorded_queries() as queries:
        assert client.get(address, headers={"If-None-Match": tag}).status_code == 304
    # A saved search is read with its group.
    assert len(selects(queries)) <= (9 if address.startswith("/saved/") else 5), queries


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("address", FEEDS)
def test_the_same_answer_compressed_or_not_has_one_weak_tag(client: TestClient, address: str) -> None:
    plain = client.get(address, headers={"Accept-Encoding": "identity"})
    small = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert small.headers["content-encoding"] == "gzip"
    assert small.content == plain.content
    assert small.headers["etag"] == plain.headers["etag"]
    assert plain.headers["etag"].startswith('W/"')


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("address", FEEDS)
@pytest.mark.parametrize("act", ["add", "edit", "comment", "remove"])
def test_every_change_is_a_new_answer_for_each_validator(
    client: TestClient, library: Library, clock: Clock, address: str, act: str
) -> None:
    before = client.get(address)
    clock.tick()
    with library.store.write() as writing:
        item = next(iter(writing.items.any_of(["un"]).values()))
        if act == "add":
            writing.items.add([an_item("Une autre énergie", order=9, tags=["eau"])])
        elif act == "edit":
            writing.items.update([replace(item, title="L'énergie et l'eau")])
        elif act == "comment":
            writing.items.update([replace(item, annotations=(*item.annotations, an_annotation("De plus.")))])
        else:
            writing.items.remove(["un"])
    catch_up(library)
    assert statuses(client, address, before.headers) == {"etag": 200, "date": 200}
    after = client.get(address)
    assert after.content != before.content
    assert parsedate_to_datetime(after.headers["last-modified"]) > parsedate_to_datetime(
        before.headers["last-modified"]
    )
    assert statuses(client, address, after.headers) == {"etag": 304, "date": 304}


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("address", LISTS)
def test_saving_or_removing_a_search_changes_the_list_of_feeds(
    client: TestClient, library: Library, clock: Clock, address: str
) -> None:
    new = SavedSearch.of("s2", PHYSIQUE.id, "Le feu", "tag=feu", "2026-01-02T03:04:05Z")
    answers = [client.get(address)]
    for act in ("add", "remove"):
        clock.tick()
        with library.store.write() as writing:
            getattr(writing.saved_searches, act)(new)
        assert statuses(client, address, answers[-1].headers) == {"etag": 200, "date": 200}
        answers.append(client.get(address))
    assert answers[0].content != answers[1].content
    assert answers[0].content == answers[2].content


@pytest.mark.usefixtures("clock")
def test_a_view_is_no_change(client: TestClient, library: Library) -> None:
    before = client.get("/g/physique.atom")
    client.get("/items/un/go", follow_redirects=False)
    catch_up(library)
    assert statuses(client, "/g/physique.atom", before.headers) == {"etag": 304, "date": 304}


@pytest.mark.usefixtures("clock")
def test_another_group_s_change_is_none_of_a_group_s_feed(client: TestClient, library: Library, clock: Clock) -> None:
    before = {address: client.get(address).headers for address in ("/g/physique.atom", "/search.atom?group=physique")}
    everything = client.get("/search.atom").headers
    clock.tick()
    with library.store.write() as writing:
        writing.items.add([an_item(order=9, group=HISTOIRE)])
    catch_up(library)
    for address, headers in before.items():
        assert statuses(client, address, headers) == {"etag": 304, "date": 304}
    assert statuses(client, "/search.atom", everything) == {"etag": 200, "date": 200}


@pytest.mark.usefixtures("clock")
def test_a_private_group_s_change_leaves_no_trace(client: TestClient, library: Library, clock: Clock) -> None:
    addresses = ("/search.atom", "/search.atom?group=secret", "/search.atom?group=inconnu", "/saved.opml")
    before = {address: client.get(address) for address in addresses}
    clock.tick()
    with library.store.write() as writing:
        writing.items.add([an_item(order=9, group=SECRET, title="L'énergie secrète")])
        writing.groups.update(replace(SECRET, name="Tout à fait secret"))
        writing.saved_searches.add(SavedSearch.of("s3", SECRET.id, "Secrets", "q=x", "2026-01-02T03:04:05Z"))
    catch_up(library)
    for address, answer in before.items():
        after = client.get(address)
        assert after.content == answer.content
        assert after.headers == answer.headers
    assert "last-modified" not in before["/search.atom?group=secret"].headers
    assert "last-modified" not in before["/search.atom?group=inconnu"].headers


@pytest.mark.usefixtures("clock")
def test_a_group_that_is_hidden_disappears_for_clients_that_only_store_dates(
    client: TestClient, library: Library, clock: Clock
) -> None:
    before = client.get("/search.atom?group=physique&group=histoire")
    assert ":item/deux<" in before.text
    clock.tick()
    with library.store.write() as writing:
        writing.groups.update(replace(HISTOIRE, visible=Visibility.MEMBERS))
    after = client.get(before.request.url, headers={"If-Modified-Since": before.headers["last-modified"]})
    assert after.status_code == 200
    assert ":item/deux<" not in after.text


@pytest.mark.usefixtures("clock")
@pytest.mark.usefixtures("clock")
def test_nothing_is_searched_for_a_client_that_has_the_present_state(
    client: TestClient, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched: list[object] = []
    run_search = kb.web.feeds.feed_pages.run_search

    def counted(*arguments, **options):
        searched.append(arguments)
        return run_search(*arguments, **options)

    monkeypatch.setattr(kb.web.feeds.feed_pages, "run_search", counted)
    for address in FEEDS:
        tag = client.get(address).headers["etag"]
        searched.clear()
        again = client.get(address, headers={"If-None-Match": f'"autre", {tag}'})
        assert (again.status_code, again.headers["etag"], searched) == (304, tag, [])
    # Another feed of the same state has other content.
    assert client.get(FEEDS[0], headers={"If-None-Match": tag}).status_code == 200
    tag = client.get("/search.atom?since=7d").headers["etag"]
    searched.clear()
    assert client.get("/search.atom?since=7d", headers={"If-None-Match": tag}).status_code == 304
    assert searched
    # A change that leaves the content as it is: the client gets the tag of the new state.
    add_items(library, an_item(id="ailleurs", order=9, group=PHYSIQUE))
    catch_up(library)
    tag = client.get("/g/physique/tag/eau.atom").headers["etag"]
    add_items(library, an_item(id="ailleurs2", order=10, group=PHYSIQUE))
    catch_up(library)
    again = client.get("/g/physique/tag/eau.atom", headers={"If-None-Match": tag})
    assert again.status_code == 304
    assert again.headers["etag"] != tag


def test_views_make_another_feed_of_the_most_viewed_items(client: TestClient, library: Library) -> None:
    before = client.get("/search.json?sort=popular")
    last = before.json()["items"][-1]["id"].rpartition("/")[2]
    for _ in range(8):
        with library.store.write() as writing:
            writing.items.count_view(last)
    catch_up(library)
    after = client.get("/search.json?sort=popular", headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert after.json()["items"][0]["id"].rpartition("/")[2] == last


def test_a_tag_wins_over_a_date(client: TestClient) -> None:
    full = client.get("/g/physique.atom").headers
    both = {"If-None-Match": '"autre"', "If-Modified-Since": full["last-modified"]}
    assert client.get("/g/physique.atom", headers=both).status_code == 200
    both = {"If-None-Match": full["etag"], "If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"}
    assert client.get("/g/physique.atom", headers=both).status_code == 304


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("header", ["*", 'W/"x", {}', '"x",{}', "{}, W/"])
def test_lists_of_tags_are_read_as_lists(client: TestClient, header: str) -> None:
    tag = client.get("/g/physique.atom").headers["etag"]
    status = client.get("/g/physique.atom", headers={"If-None-Match": header.format(tag)}).status_code
    assert status == (200 if header.endswith("W/") else 304)


@pytest.mark.parametrize("date", ["hier", "", "Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 01 Jan 2126 00:00:00 GMT", "\xff"])
def test_a_date_that_proves_nothing_gets_the_whole_feed(client: TestClient, date: str) -> None:
    answer = client.get("/g/physique.atom", headers={"If-Modified-Since": date.encode("latin-1")})
    assert answer.status_code == 200


def test_an_answer_of_the_very_second_of_a_change_is_never_taken_for_the_newest(
    client: TestClient, library: Library
) -> None:
    for number in range(5, 25):
        with library.store.write() as writing:
            writing.items.add([an_item(f"Énergie {number}", order=number)])
        catch_up(library)
        answer = client.get("/g/physique.atom?per_page=100")
        date = parsedate_to_datetime(answer.headers["last-modified"])
        assert date <= datetime.now(UTC)
        with library.store.write() as writing:
            writing.items.add([an_item(f"Encore {number}", order=number + 100)])
        catch_up(library)
        again = client.get("/g/physique.atom?per_page=100", headers={"If-Modified-Since": rfc822(date)})
        assert again.status_code == 200
        assert f"Encore {number}" in again.text
        time.sleep(0.06)


@pytest.mark.usefixtures("clock")
def test_a_lagging_index_is_waited_for_and_gives_no_validators(
    client: TestClient, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kb.web.feeds.feed_pages, "INDEX_WAIT", 0.1)
    add_items(library, an_item("Toute une énergie", id="trois", order=3))
    stale = client.get("/g/physique.atom")
    assert stale.status_code == 200
    assert ":item/trois<" not in stale.text
    catch_up(library)
    current = client.get("/g/physique.atom", headers={"If-None-Match": stale.headers["etag"]})
    assert current.status_code == 200
    assert ":item/trois<" in current.text
    again = client.get("/g/physique.atom", headers={"If-Modified-Since": stale.headers["last-modified"]})
    assert again.content == current.content
    assert statuses(client, "/g/physique.atom", current.headers) == {"etag": 304, "date": 304}


def test_bytes_and_dates_stay_the_same_after_an_index_rebuild(client: TestClient, library: Library) -> None:
    before = {address: client.get(address) for address in FEEDS}
    rebuild(library)
    for address, answer in before.items():
        after = client.get(address)
        assert after.content == answer.content
        assert after.headers["etag"] == answer.headers["etag"]


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("address", [*FEEDS, *LISTS])
def test_a_new_name_of_the_site_is_a_new_answer_for_each_validator(
    client: TestClient, library: Library, clock: Clock, address: str
) -> None:
    before = client.get(address)
    for is_undo in (False, True):
        clock.tick()
        if is_undo:
            undo_site_change(library, OPERATOR, IDENTITY)
        else:
            save_identity(library, OPERATOR, "Cercle de lecture", "")
        assert statuses(client, address, before.headers) == {"etag": 200, "date": 200}
        after = client.get(address)
        assert after.content != before.content
        assert statuses(client, address, after.headers) == {"etag": 304, "date": 304}
        before = after


def entries_of(client: TestClient, form: str) -> dict[str, tuple[str, str, str]]:
    """The id, the date of change and the content of the entries of a search, by title, as a feed reader has them."""
    body = client.get(f"/search.{form}?q=marée").content
    if form == "json":
        items = json.loads(body)["items"]
        return {item["title"]: (item["id"], item["date_modified"], item["content_html"]) for item in items}
    found = feedparser.parse(body)
    assert not found.bozo
    return {entry.title: (entry.id, entry.updated, entry.content[0].value) for entry in found.entries}


def unmarked(html: str) -> str:
    """A text without the marks of words that were found, which feedparser leaves out."""
    return html.replace("<mark>", "").replace("</mark>", "")


@pytest.mark.parametrize("form", ["atom", "rss", "json"])
def test_an_item_enters_a_feed_when_it_first_matches_and_is_updated_when_a_passage_joins(
    clock: Clock, form: str
) -> None:
    with a_moderated_library() as library, TestClient(create_app(library)) as client:
        assert entries_of(client, form) == {}
        seen = []
        for words in ("La marée monte.", "La grande marée de mars."):
            clock.tick()
            write_annotation(library, actor_of(library, "claire"), "i1", AnnotationFields(quote=words))
            catch_up(library)
            (entry,) = entries_of(client, form).values()
            seen.append(entry)
        (first_id, first_date, first_text), (second_id, second_date, second_text) = seen
        assert first_id == second_id
        assert instant_of(first_date) < instant_of(second_date)
        assert "La marée monte." in unmarked(first_text)
        assert "de mars" not in first_text
        assert "La grande marée de mars." in unmarked(second_text)
        # A change that is none of the entry leaves it as it was.
        write_annotation(library, actor_of(library, "max"), "i2", AnnotationFields(quote="Le phare."))
        catch_up(library)
        assert list(entries_of(client, form).values()) == [seen[1]]
