"""The compatible APIs list the same items as `/api/v1` for the same query and the same token."""

import random
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from typing import Any

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.indexer import catch_up
from kb.model.people.account import TokenScope
from kb.model.people.group import JoinPolicy, Role, Visibility
from kb.services.accounts.api_tokens import NewToken, add_token
from kb.services.clients.numeric_ids import MOST_NUMBERED, NumericIds
from kb.services.core.library import Library
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import set_role
from kb.services.search.saved_searches import create_saved_search
from kb.site import create_app
from tests.factories.group import as_
from tests.factories.items import a_user, an_annotation, an_item
from tests.factories.library import add_items, an_empty_library
from tests.support.browser_sessions import an_account

WORDS = "agents eau rivière digue crue archives médiation données réseau accueil formation quai".split()
QUERIES = ("", "eau", "eau rivière", '"eau rivière"', "eau OU digue", "eau SAUF digue", "riv*", "eau (agents OU quai)",
           "titre:eau", "mot-clé:digue", "zzz", "eau ((")  # fmt: skip
ITEMS = 230


@pytest.fixture(scope="module")
def library() -> Iterator[Library]:
    drawn = random.Random(20)
    with closing(an_empty_library()) as library:
        groups = [
            add_group(library, OPERATOR, slug, slug.capitalize(), visible=visible, join=JoinPolicy.INVITE)
            for slug, visible in (("lectures", Visibility.EVERYONE), ("interne", Visibility.SIGNED_IN),
                                  ("secret", Visibility.MEMBERS), ("cave", Visibility.MEMBERS))
        ]  # fmt: skip
        an_account(library, "claire")
        set_role(library, OPERATOR, "secret", "claire", Role.MEMBER)
        people = [a_user("ana"), a_user("luc")]
        items = [
            an_item(" ".join(drawn.sample(WORDS, 3)), id=f"i{number}", order=number + 1, group=drawn.choice(groups),
                    tags=drawn.sample(WORDS, 2), url=f"https://exemple.fr/{number}", language="fr",
                    author=drawn.choice(people), views=drawn.randint(0, 9),
                    added=f"2024-{drawn.randint(1, 12):02}-{drawn.randint(1, 28):02}T{drawn.randint(0, 23):02}:00:00Z",
                    updated=drawn.choice([None, f"2025-{drawn.randint(1, 12):02}-11T10:00:00Z"]),
                    annotations=[an_annotation(" ".join(drawn.sample(WORDS, 4)), id=f"a{number}", author=people[0],
                                               added=f"2024-06-01T00:00:{number % 60:02}Z")])
            for number in range(ITEMS)
        ]  # fmt: skip
        add_items(library, *items)
        create_saved_search(library, as_(library, "claire"), "~claire", "Eau", "q=eau&tag=digue")
        catch_up(library)
        yield library


@pytest.fixture(scope="module")
def ask(library: Library) -> Any:
    client = TestClient(create_app(library), follow_redirects=False)
    secret = add_token(library, OPERATOR, NewToken(TokenScope.READ), "claire")[1]

    def send_request(address: str, **params: Any) -> Any:
        ways: dict[str, Any] = {"headers": {"Authorization": f"Bearer {secret}"}}
        if address.startswith("/diigo/"):
            ways = {"auth": ("claire", secret)}
        if address.startswith("/pinboard/"):
            params = {**params, "auth_token": f"claire:{secret}", "format": "json"}
        return client.get(address, params=params, **ways).raise_for_status().json()

    return send_request


def found_addresses(ask: Any, **params: Any) -> list[str]:
    """The addresses of all items that the API finds, in order."""
    first = ask("/api/v1/items", per_page=100, **params)
    pages = range(2, -(-first["total"] // 100) + 1)
    rows = [
        *first["items"],
        *(row for page in pages for row in ask("/api/v1/items", per_page=100, page=page, **params)["items"]),
    ]
    return [row["url"] for row in rows]


def listed(ask: Any, address: str, limit: int, **params: Any) -> list[str]:
    """The addresses of all items in linkding's listing, page by page."""
    urls: list[str] = []
    while True:
        page = ask(address, limit=limit, offset=len(urls), **params)
        urls += [row["url"] for row in page["results"]]
        assert (page["next"] is None) == (len(urls) == page["count"])
        if page["next"] is None:
            return urls


@pytest.mark.parametrize("q", QUERIES)
def test_linkding_finds_what_the_api_finds(ask: Any, q: str) -> None:
    for limit in (7, 100, 1_000):
        assert listed(ask, "/linkding/api/bookmarks/", limit, q=q) == found_addresses(ask, q=q, sort="recent"), limit
    for slug in ("lectures", "secret"):
        expected = found_addresses(ask, q=q, sort="recent", group=slug)
        assert listed(ask, f"/linkding/{slug}/api/bookmarks/", 50, q=q) == expected
        assert listed(ask, "/linkding/api/bookmarks/", 50, q=q, group=slug) == expected
    assert listed(ask, "/linkding/api/bookmarks/", 100, q=q, sort="title_asc") == found_addresses(
        ask, q=q, sort="title"
    )


def test_a_tag_is_found_as_linkding_writes_it(ask: Any) -> None:
    assert listed(ask, "/linkding/api/bookmarks/", 100, q="#digue") == found_addresses(ask, tag="digue", sort="recent")
    both = listed(ask, "/linkding/api/bookmarks/", 100, q="#digue #eau")
    assert both == found_addresses(ask, tag=["digue", "eau"], sort="recent")
    assert listed(ask, "/linkding/api/bookmarks/", 100, q='"#digue"') == found_addresses(
        ask, q='"#digue"', sort="recent"
    )


def test_items_newer_than_a_timestamp_exclude_that_timestamp(ask: Any) -> None:
    rows = [
        row
        for slug in ("lectures", "interne", "secret")
        for row in ask("/api/v1/items", per_page=100, group=slug)["items"]
    ]
    for since in ("2024-06-11T12:00:00Z", "2020-01-01T00:00:00Z", "2030-01-01T00:00:00Z", rows[0]["added"]):
        newer = {row["url"] for row in rows if row["added"] > since}
        assert set(listed(ask, "/linkding/api/bookmarks/", 60, added_since=since)) == newer
        changed = {row["url"] for row in rows if (row["updated"] or row["added"]) > since}
        assert set(listed(ask, "/linkding/api/bookmarks/", 60, modified_since=since)) == changed
    for slug in ("lectures", "secret"):
        own = {
            row["url"] for row in rows if row["group"]["slug"] == slug and "2024-03-01" < row["added"] < "2024-09-01"
        }
        posts = ask(f"/pinboard/{slug}/v1/posts/all", fromdt="2024-03-01T00:00:00Z", todt="2024-09-01T00:00:00Z")
        assert {post["href"] for post in posts} == own


def test_a_bundle_is_a_saved_search(ask: Any) -> None:
    (bundle,) = ask("/linkding/api/bundles/")["results"]
    assert (bundle["name"], bundle["search"], bundle["all_tags"]) == ("Eau", "eau", "digue")
    expected = found_addresses(ask, q="eau", tag="digue", sort="recent")
    assert expected
    assert listed(ask, "/linkding/api/bookmarks/", 100, bundle=bundle["id"]) == expected


def test_diigo_and_pinboard_find_what_the_api_finds(ask: Any) -> None:
    for sort, name in ((0, "recent"), (1, "updated"), (2, "popular")):
        pages = [
            ask("/diigo/api/v2/bookmarks", user="ana", count=100, start=start, sort=sort) for start in (0, 100, 200)
        ]
        assert [row["url"] for page in pages for row in page] == found_addresses(ask, author="ana", sort=name)
    rows = ask("/diigo/api/v2/bookmarks", user="ana", tags="eau,digue", count=100)
    assert [row["url"] for row in rows] == found_addresses(ask, author="ana", tag=["eau", "digue"], sort="recent")
    for slug in ("lectures", "secret"):
        assert [bookmark["href"] for bookmark in ask(f"/pinboard/{slug}/v1/posts/all")] == found_addresses(
            ask, group=slug, sort="recent"
        )
        tagged = ask(f"/pinboard/{slug}/v1/posts/all", tag="eau digue")
        assert [bookmark["href"] for bookmark in tagged] == found_addresses(
            ask, group=slug, tag=["eau", "digue"], sort="recent"
        )
        days = ask(f"/pinboard/{slug}/v1/posts/dates")["dates"]
        assert sum(map(int, days.values())) == len(found_addresses(ask, group=slug))
        tags = ask("/api/v1/tags", group=slug, per_page=100)["items"]
        assert ask(f"/pinboard/{slug}/v1/tags/get") == {tag["tag"]: tag["count"] for tag in tags}
    tags = ask("/api/v1/tags", per_page=100)["items"]
    assert {tag["name"] for tag in ask("/linkding/api/tags/")["results"]} == {tag["tag"] for tag in tags}


@pytest.mark.parametrize("q", [query for query in QUERIES if query])
def test_hypothesis_finds_what_the_api_finds(ask: Any, q: str) -> None:
    params = {"view": "passages", "match": "all", "sort": "recent", "per_page": 100}
    hits = ask("/api/v1/search", q=q, **params)
    rows = ask("/hypothesis/api/search", any=q, limit=200)
    assert rows["total"] == hits["total"]
    assert [row["id"] for row in rows["rows"]][:100] == [hit["annotation"]["id"] for hit in hits["items"]]


def test_a_number_leads_to_its_item_and_reveals_no_others() -> None:
    numbers = NumericIds(bytes(32))
    orders = [*range(500), MOST_NUMBERED - 1]
    numbers_made = [numbers.of_order(order) for order in orders]
    assert len(set(numbers_made)) == len(numbers_made)
    assert [numbers.order_of(number) for number in numbers_made] == orders
    assert all(0 <= number < 2**31 for number in numbers_made)
    # The numeric ids of consecutive items are as far apart as random numbers.
    gaps = sorted(abs(number - other) for number, other in pairwise(numbers_made))
    assert gaps[len(gaps) // 2] > MOST_NUMBERED / 8
    assert numbers.of_order(7) != NumericIds(bytes([1]) * 32).of_order(7)
    assert numbers.order_of(MOST_NUMBERED) is None
    assert numbers.order_of(-1) is None
    with pytest.raises(ValueError):
        numbers.of_order(MOST_NUMBERED)
