"""`/api/v1`: items, annotations, groups, tags and saved searches that the caller may read."""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.model.people.group import Visibility
from kb.services.search.saved_searches import create_saved_search
from kb.site import create_app
from tests.factories.items import a_group, a_reply, a_user, an_annotation, an_item
from tests.factories.library import a_library

CLAIRE = a_user("claire", "Claire Aubert")
LECTURES = a_group("lectures", "Lectures communes", description="Ce que nous lisons.")
ARCHIVES = a_group("archives", "Archives")
SECRET = a_group("secret", "Réservé", visible=Visibility.MEMBERS)
FIVE = [an_annotation(f"Passage {n}", id=f"h{n}", author=CLAIRE, prefix="avant", color="yellow") for n in range(5)]
COMMENT = an_annotation(None, id="c", body="Bien vu.", replies=[a_reply("Merci.", id="r")])


@pytest.fixture(scope="module")
def saved() -> dict[str, str]:
    return {}


@pytest.fixture(scope="module")
def client(saved: dict[str, str]) -> Iterator[TestClient]:
    library = a_library(
        an_item("Les agents", id="un", group=LECTURES, order=1, author=CLAIRE, published="2014", tags=["agents", "eau"],
                annotations=[*FIVE, COMMENT]),
        an_item("Rivières", id="deux", group=LECTURES, order=2, tags=["Eau"], added="2015-01-01"),
        an_item("Autre", id="trois", group=ARCHIVES, order=3, tags=["eau", "réseau"]),
        an_item("Agents secrets", id="quatre", group=SECRET, order=4, tags=["agents", "secret"], author=CLAIRE,
                annotations=[an_annotation("Caché", id="cache")]),
        groups=(LECTURES, ARCHIVES, SECRET),
    )  # fmt: skip
    for slug in ("lectures", "secret"):
        saved[slug] = create_saved_search(
            library, OPERATOR, slug, f"Agents de {slug}", "q=agents&tag=eau&page=3"
        ).search.id
    with TestClient(create_app(library), follow_redirects=False) as client:
        yield client


def ask(client: TestClient, path: str, **params: object) -> Any:
    answer = client.get("/api/v1" + path, params=params)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    return answer.json()


def ids(answer: Any) -> list[str]:
    return [item["id"] for item in answer["items"]]


def test_items_are_listed_whole_as_a_search_finds_them(client: TestClient) -> None:
    page = ask(client, "/items")
    assert [page["total"], page["page"], page["per_page"], page["range"]] == [3, 1, 20, [1, 3]]
    assert ids(page) == ids(ask(client, "/search")) == ["deux", "un", "trois"]
    assert ids(ask(client, "/items", tag="EAU", group="lectures", sort="title")) == ["un", "deux"]
    assert ids(ask(client, "/items", q="agents")) == ["un"]
    beyond = ask(client, "/items", per_page=2, page=3)
    assert (beyond["total"], beyond["range"], beyond["items"]) == (3, None, [])
    whole = page["items"][1]
    assert (whole["annotations"]["total"], len(whole["annotations"]["items"])) == (6, 6)
    assert whole == ask(client, "/items/un")


def test_parameters_that_a_listing_does_not_use_change_nothing(client: TestClient) -> None:
    assert ask(client, "/items", view="passages", facet_limit=1) == ask(client, "/items", lang="en")
    assert ids(ask(client, "/items", author="claire", view="passages")) == ["un"]


def test_an_item_is_given_whole_with_the_address_of_its_page(client: TestClient) -> None:
    item = ask(client, "/items/un")
    item_found = ask(client, "/search", q="agents")["items"][0]
    assert item.pop("files") == []
    assert {**item, "annotations": 0, "permalink": 0} == {
        **{name: value for name, value in item_found.items() if name not in ("matches", "score")},
        "annotations": 0,
        "permalink": 0,
    }
    assert item["permalink"] == "http://127.0.0.1:8000/items/un"
    first, *_, last = item["annotations"]["items"]
    assert first == {
        "id": "h0", "kind": "highlight", "author": {"login": "claire", "name": "Claire Aubert"}, "added": None,
        "quote": "Passage 0", "body": None, "prefix": "avant", "suffix": None, "color": "yellow", "replies": [],
        "updated": None, "tags": None, "selectors": None,
    }  # fmt: skip
    assert last["replies"] == [
        {"id": "r", "author": None, "added": None, "body": "Merci.", "reply_to": None, "updated": None, "tags": None}
    ]
    assert ask(client, "/items/un/annotations") == item["annotations"]


def test_groups_are_listed_by_name_with_the_counts_of_their_searches(client: TestClient) -> None:
    groups = ask(client, "/groups")
    assert groups["total"] == 2
    assert [group["slug"] for group in groups["items"]] == ["archives", "lectures"]
    lectures = ask(client, "/groups/lectures")
    assert lectures == groups["items"][1] == {
        "slug": "lectures", "name": "Lectures communes", "description": "Ce que nous lisons.", "visible": "everyone",
        "join": "invite",
        "feeds": True,
        "role": None,
        "items": 2, "annotations": 6,
    }  # fmt: skip
    assert ask(client, "/search", group="lectures")["total"] == lectures["items"]
    assert ask(client, "/search", group="lectures", view="passages")["total"] == lectures["annotations"]


def test_tags_are_counted_narrowed_and_cut_into_pages(client: TestClient) -> None:
    tags = ask(client, "/tags")
    assert tags == {
        "total": 3, "page": 1, "per_page": 20, "range": [1, 3],
        "items": [{"tag": "eau", "count": 3}, {"tag": "agents", "count": 1}, {"tag": "réseau", "count": 1}],
    }  # fmt: skip
    assert tags == ask(client, "/tags", group="", q="")
    assert ask(client, "/tags", q="EAU")["items"] == [{"tag": "eau", "count": 3}, {"tag": "réseau", "count": 1}]
    assert ask(client, "/tags", group="archives", q="res")["items"] == [{"tag": "réseau", "count": 1}]
    second = ask(client, "/tags", per_page=2, page=2)
    assert (second["items"], second["range"]) == ([{"tag": "réseau", "count": 1}], [3, 3])
    assert ask(client, "/tags", page=9)["range"] is None


def test_saved_searches_say_what_they_ask(client: TestClient, saved: dict[str, str]) -> None:
    every = ask(client, "/saved-searches")
    search = ask(client, f"/saved-searches/{saved['lectures']}")
    assert every == ask(client, "/saved-searches", group="lectures") == {"total": 1, "items": [search]}
    assert (search["name"], search["parameters"]) == ("Agents de lectures", "q=agents&tag=eau")
    assert search["permalink"] == f"http://127.0.0.1:8000/saved/{saved['lectures']}"
    assert ids(client.get(f"/api/v1/items?{search['parameters']}").json()) == ["un"]


def test_unreadable_content_gets_the_same_error_as_missing_content(client: TestClient, saved: dict[str, str]) -> None:
    for closed, absent in (
        ("/items/quatre", "/items/absent"),
        ("/items/quatre/annotations", "/items/absent/annotations"),
        ("/groups/secret", "/groups/absent"),
        ("/tags?group=secret", "/tags?group=absent"),
        ("/saved-searches?group=secret", "/saved-searches?group=absent"),
        (f"/saved-searches/{saved['secret']}", "/saved-searches/absent"),
    ):
        refused, expected = client.get("/api/v1" + closed), client.get("/api/v1" + absent)
        assert (refused.status_code, expected.status_code) == (404, 404), closed
        assert (refused.content, dict(refused.headers)) == (expected.content, dict(expected.headers)), closed
    for path in ("/items", "/groups", "/tags", "/saved-searches", "/search"):
        body = client.get("/api/v1" + path).text
        assert not any(hidden in body for hidden in ("secret", "Réservé", "quatre", "Caché", saved["secret"])), path
    for path in ("/items?group=", "/search?group="):
        closed, absent = (client.get(f"/api/v1{path}{slug}").json() for slug in ("secret", "absent"))
        assert (closed["total"], closed["items"]) == (absent["total"], absent["items"]) == (0, [])


def test_two_groups_are_refused_where_only_one_is_possible(client: TestClient) -> None:
    for path in ("/tags", "/saved-searches"):
        assert ask(client, path, group=["lectures", "lectures", ""]) == ask(client, path, group="lectures")
        answer = client.get(f"/api/v1{path}?group=lectures&group=archives")
        assert (answer.status_code, "plusieurs fois" in answer.json()["detail"]) == (400, True)


@pytest.mark.parametrize(
    "path",
    ["/items", "/items/un", "/items/un/annotations", "/groups", "/groups/lectures", "/tags", "/saved-searches",
     "/openapi.json"],
)  # fmt: skip
def test_a_request_with_the_current_etag_gets_304(client: TestClient, path: str) -> None:
    first = client.get("/api/v1" + path)
    again = client.get("/api/v1" + path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert client.get("/api/v1" + path, headers={"If-None-Match": '"autre"'}).content == first.content


WRITTEN = frozenset({("/saved-searches", "POST"), ("/items", "POST"), ("/items/un", "PATCH"), ("/items/un", "DELETE")})


@pytest.mark.parametrize(
    "path", ["/search", "/items", "/items/un", "/groups", "/tags", "/saved-searches", "/openapi.json", "/rien"]
)
def test_anonymous_requests_can_only_read_and_head_answers_as_get(client: TestClient, path: str) -> None:
    whole, head = client.get("/api/v1" + path), client.head("/api/v1" + path)
    assert (head.status_code, head.content) == (whole.status_code, b"")
    assert head.headers["content-type"] == whole.headers["content-type"]
    for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
        answer = client.request(method, "/api/v1" + path)
        # The address also accepts writes, with a token.
        expected = 401 if (path, method) in WRITTEN else 404 if path == "/rien" else 405
        assert (answer.status_code, answer.json()["status"]) == (expected, expected), method


@pytest.mark.parametrize(
    "path",
    ["/items/%00", "/items/%FF", "/items/un%2Fdeux", "/items/..%2F..%2Fetc", "/items/" + "a" * 5000, "/items/un/",
     "/items/%F0%9F%92%A7", "/items/un%20", "/items/UN", "/items/''", "/groups/%7Eclaire", "/groups/LECTURES",
     "/groups/%ED%A0%80", "/saved-searches/%0A", "/items/un/annotations/", "/items//annotations", "/", ""],
)  # fmt: skip
def test_a_strange_address_is_no_address(client: TestClient, path: str) -> None:
    answer = client.get("/api/v1" + path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_spaces_and_leading_zeros_are_not_taken_where_a_form_is_described(client: TestClient) -> None:
    for query in ("page=01", "page=%201", "from=2014%20", "view=items%0A", "kind=%20note", "sort=%C2%A0title"):
        assert client.get(f"/api/v1/items?{query}").status_code == 400, query
    detail = client.get("/api/v1/search?view=items%20&lang=en").json()["detail"]
    assert detail == "“view” should be written without spaces, and without zeros before a number."


def test_many_values_are_read_up_to_a_hundred(client: TestClient) -> None:
    hundred = "&".join("group=lectures" for _ in range(100))
    assert client.get(f"/api/v1/items?{hundred}").json()["total"] == 2
    assert client.get(f"/api/v1/items?{hundred}&group=lectures").status_code == 400
    assert client.get("/api/v1/items?" + "&".join(f"tag={'é' * 500}" for _ in range(20))).status_code == 200
    assert client.get("/api/v1/items?q=" + "a" * 2001).status_code == 400
    assert client.get("/api/v1/items?q=" + "a" * 2000 + "%20").status_code == 400
    assert client.get("/api/v1/items?page=1000000000&per_page=100").json()["items"] == []
