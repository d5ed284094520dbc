"""WebSub: public feeds name the hub of the site, which is told when they change."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qs

import pytest
from starlette.testclient import TestClient

from kb.cli.server.hub_pings import ping_hub
from kb.indexer import catch_up
from kb.model.people.group import Visibility
from kb.model.saved_search import SavedSearch
from kb.model.web_pages.page_facts import FetchFailed, FetchFailure
from kb.services.core.library import Library
from kb.settings import Settings
from kb.site import create_app
from tests.factories.items import a_group, an_item
from tests.factories.library import a_library, add_items

HUB = "https://hub.exemple.fr/"
PUBLIC, SECRET = a_group("physique"), a_group("secret", visible=Visibility.MEMBERS)


@dataclass
class Hub:
    """A hub: it answers with `status`, or fails."""

    status: int | FetchFailure = 204
    topics: list[str] = field(default_factory=list)

    def __call__(self, address: str, body: bytes, _headers: Sequence[tuple[str, str]], _settings: Settings) -> int:
        assert address == HUB
        if isinstance(self.status, FetchFailure):
            raise FetchFailed(self.status)
        sent = parse_qs(body.decode(), strict_parsing=True)
        assert sent["hub.mode"] == ["publish"]
        self.topics += sent["hub.url"]
        return self.status


@pytest.fixture
def library() -> Iterator[Library]:
    library = a_library(an_item(id="un", order=1, group=PUBLIC, tags=["eau"]), groups=(PUBLIC, SECRET))
    with library.store.write() as writing:
        writing.saved_searches.add(SavedSearch.of("s1", PUBLIC.id, "L'eau", "tag=eau", "2026-01-02T03:04:05Z"))
    yield replace(library, settings=replace(library.settings, websub_hub=HUB))
    library.close()


@pytest.mark.parametrize("address", ["/g/physique.atom", "/search.rss", "/saved/s1.json", "/g/physique.json"])
def test_a_public_feed_names_the_hub_and_itself(library: Library, address: str) -> None:
    client = TestClient(create_app(library))
    answer = client.get(address)
    topic = library.settings.base_url + address
    assert answer.headers["Link"] == f'<{HUB}>; rel="hub", <{topic}>; rel="self"'
    assert HUB in answer.text
    assert client.get(address, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


@pytest.mark.parametrize("address", ["/g/physique.atom?tag=eau", "/search.atom?page=2", "/g/physique/tag/eau.atom"])
def test_a_feed_that_the_hub_is_not_told_names_none(library: Library, address: str) -> None:
    answer = TestClient(create_app(library)).get(address)
    assert answer.status_code == 200
    assert "Link" not in answer.headers
    assert HUB not in answer.text


def test_no_feed_names_a_hub_without_one(library: Library) -> None:
    app = create_app(replace(library, settings=replace(library.settings, websub_hub="")))
    assert "Link" not in TestClient(app).get("/g/physique.atom").headers


def test_the_hub_is_told_what_changed_and_nothing_of_private_groups(library: Library) -> None:
    hub = Hub()
    assert ping_hub(library, hub)
    assert hub.topics == []
    add_items(library, an_item(id="caché", order=2, group=SECRET))
    catch_up(library)
    assert ping_hub(library, hub)
    assert hub.topics == []
    add_items(library, an_item(id="deux", order=3, group=PUBLIC))
    catch_up(library)
    assert ping_hub(library, hub)
    paths = {topic.removeprefix(library.settings.base_url) for topic in hub.topics}
    forms = ("atom", "rss", "json")
    assert paths == {f"{feed}.{form}" for feed in ("/search", "/g/physique", "/saved/s1") for form in forms}
    hub.topics.clear()
    assert ping_hub(library, hub)
    assert hub.topics == []


@pytest.mark.parametrize("status", [FetchFailure.TIMEOUT, 500])
def test_a_hub_that_does_not_answer_is_told_later(library: Library, status: int | FetchFailure) -> None:
    hub = Hub()
    ping_hub(library, hub)
    add_items(library, an_item(id="deux", order=3, group=PUBLIC))
    catch_up(library)
    hub.status = status
    assert not ping_hub(library, hub)
    hub.status, hub.topics = 202, []
    assert ping_hub(library, hub)
    assert len(hub.topics) == 9
