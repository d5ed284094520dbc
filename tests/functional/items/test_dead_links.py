"""The page of dead links, and the link status on the page of an item."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from kb.indexer import catch_up
from kb.model.web_pages.link_check import LinkCheck
from kb.model.web_pages.page_facts import FetchFailure
from kb.services.core.library import Library
from kb.store.database.clock import timestamp_in
from tests.factories.items import an_item
from tests.factories.library import add_items
from tests.factories.saved_search import LOGINS, a_library_of_lectures
from tests.support.browser_sessions import browsers_of, send

LIST = "/g/lectures/dead-links"
DEAD = "https://exemple.fr/morte?a=1&b=<2>"


@pytest.fixture
def library() -> Iterator[Library]:
    with a_library_of_lectures() as library:
        with library.store.read() as reading:
            group = reading.groups.by_slug("lectures")
            assert group is not None
        add_items(
            library, an_item("L’eau <b>vive</b>", id="deux", url=DEAD, group=group, language="fr", added="2016-01-01")
        )
        with library.store.write() as writing:
            since = "2026-03-03T09:00:00.000000Z"
            check = LinkCheck("deux", DEAD, since, timestamp_in(days=9), FetchFailure.GONE, since, 2)
            writing.link_checks.put(check)
            writing.page_texts.put("deux", "Une page d’autrefois, où il y avait des <script>moulins</script>.")
        catch_up(library)
        yield library


@pytest.fixture
def browsers(library: Library) -> dict[str, TestClient]:
    return browsers_of(library, LOGINS, follow_redirects=False)


def test_members_see_what_leads_nowhere_and_what_they_can_do(browsers: dict[str, TestClient]) -> None:
    page = browsers["paul"].get(LIST).text

    assert "1 adresse ne répond plus" in page
    assert "L’adresse ne répond plus depuis le 3 mars 2026." in page
    assert "L’eau &lt;b&gt;vive&lt;/b&gt;" in page
    assert 'href="https://web.archive.org/web/*/https://exemple.fr/morte?a=1&amp;b=%3C2%3E"' in page
    assert 'href="/items/deux/edit"' in page


def test_a_user_requests_a_link_check_and_sees_its_result(library: Library, browsers: dict[str, TestClient]) -> None:
    answer = send(browsers["paul"], LIST, id="deux")

    assert answer.headers["location"].startswith(LIST)
    assert "va être vérifiée" in browsers["paul"].get(answer.headers["location"]).text
    with library.store.read() as reading:
        requested = reading.link_checks.next_requested()
    assert requested is not None
    assert requested.item_id == "deux"


def test_a_missing_item_or_address_shows_an_error_beside_the_list(browsers: dict[str, TestClient]) -> None:
    for item_id in ("rien", "un"):
        answer = send(browsers["paul"], LIST, id=item_id)
        assert answer.status_code in (400, 409)
        assert 'role="alert"' in answer.text
        assert "1 adresse ne répond plus" in answer.text


@pytest.mark.parametrize("page", ["0", "2", "-1", "beaucoup", "999999999999"])
def test_any_page_that_is_asked_for_answers(browsers: dict[str, TestClient], page: str) -> None:
    assert browsers["paul"].get(LIST, params={"page": page}).status_code == 200


def test_all_readers_of_an_item_see_that_its_address_is_dead(browsers: dict[str, TestClient]) -> None:
    for login in ("", "luc", "paul"):
        page = browsers[login].get("/items/deux").text
        assert "L’adresse ne répond plus depuis le 3 mars 2026." in page
        assert (LIST in page) == (login == "paul")


def test_words_of_a_page_are_shown_where_they_were_found_and_run_nothing(browsers: dict[str, TestClient]) -> None:
    for address in ("/search?q=moulin", "/items/deux?q=moulin"):
        page = browsers[""].get(address).text
        assert "&lt;script&gt;<mark>moulins</mark>" in page
        assert "Dans la page elle-même" in page
    item = browsers[""].get("/api/v1/search?q=moulin").json()["items"][0]
    assert [match["field"] for match in item["matches"]] == ["page"]
    assert "<mark>moulins</mark>" in item["matches"][0]["html"]
