"""Programs that follow `search_after` get each annotation once and in order, with equal or missing dates too."""

from contextlib import closing
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from kb.indexer import catch_up
from kb.model.items.item import Item
from kb.site import create_app
from tests.factories.items import a_group, a_reply, an_annotation, an_item
from tests.factories.library import add_items, an_empty_library

URL = "https://exemple.fr/fil"
ORDERS = [(sort, order) for sort in ("created", "updated") for order in ("asc", "desc")]
dates = st.sampled_from([None, None, "1925-01-01", "1969-12-31T23:59:59Z", "2024-05-01", "2024-05-01T00:00:00.000001Z",
                         "2024-05-01T02:00:00+02:00"])  # fmt: skip


@st.composite
def many_items(draw: st.DrawFn) -> list[Item]:
    """Items of the same page, with up to 24 annotations in all."""
    numbers = iter(range(100))
    return [
        an_item(
            f"Fil {number}", id=f"i{number}", order=number + 1, url=URL, added=draw(dates), updated=draw(dates),
            annotations=[
                an_annotation(f"Passage {place}", id=f"a{place}", added=draw(dates), updated=draw(dates),
                              replies=[a_reply(id=f"r{place}")] if place % 5 == 0 else [])
                for place in (next(numbers) for _ in range(draw(st.integers(0, 8))))
            ],
        )
        for number in range(draw(st.integers(1, 3)))
    ]  # fmt: skip


def followed(client: TestClient, most: int, **params: Any) -> list[dict[str, Any]]:
    rows_found: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    while True:
        page = client.get("/api/search", params=params | after).raise_for_status().json()
        assert page["total"] == most
        if not page["rows"]:
            return rows_found
        rows_found += page["rows"]
        assert len(rows_found) <= most
        after = {"search_after": page["rows"][-1][params["sort"]]}


@settings(max_examples=25)
@given(many_items(), st.integers(1, 5), st.sampled_from([{}, {"uri": URL}]))
def test_each_annotation_comes_once(items: list[Item], limit: int, more: dict[str, str]) -> None:
    with closing(an_empty_library()) as library:
        add_items(library, *items, groups=[a_group()])
        catch_up(library)
        client = TestClient(create_app(library))
        expected = sorted(annotation.id for item in items for annotation in item.annotations)
        for sort, order in ORDERS:
            rows = followed(client, len(expected), sort=sort, order=order, limit=limit, **more)
            assert sorted(row["id"] for row in rows) == expected, (sort, order)
            whole = client.get("/api/search", params={"sort": sort, "order": order, "limit": 200, **more}).json()
            assert [row["id"] for row in rows] == [row["id"] for row in whole["rows"]]
            if sort == "updated" and (dated := [row for row in rows if not row[sort].startswith("1970")]):
                moments = [datetime.fromisoformat(row[sort]) for row in dated]
                assert moments == sorted(moments, reverse=order == "desc")


def test_only_a_date_that_does_not_say_where_a_program_is_has_more_digits() -> None:
    added = ["2024-05-01", "2024-05-02", "2024-05-02", "2024-05-03", None, None]
    item = an_item("Fil", url=URL, annotations=[
        an_annotation(f"Passage {number}", id=f"a{number}", added=date) for number, date in enumerate(added)
    ], added="2024-04-01")  # fmt: skip
    with closing(an_empty_library()) as library:
        add_items(library, item, groups=[a_group()])
        catch_up(library)
        client = TestClient(create_app(library))

        def last(limit: int, **more: str) -> str:
            params = {"sort": "created", "limit": limit, "order": "asc"} | more
            return str(client.get("/api/search", params=params).json()["rows"][-1]["created"])

        assert [last(limit) for limit in range(1, 7)] == [
            "2024-05-01T00:00:00.000000+00:00",
            "2024-05-02T00:00:00.0000001000000001+00:00",
            "2024-05-02T00:00:00.000000+00:00",
            "2024-05-03T00:00:00.000000+00:00",
            "2024-04-01T00:00:00.0000002000000001+00:00",
            "2024-04-01T00:00:00.0000002000000002+00:00",
        ]
        # A date whose annotation is gone still marks where to continue.
        assert last(1, search_after="2024-05-02T12:00:00Z") == "2024-05-03T00:00:00.000000+00:00"
        assert last(1, search_after="2024-05-02T00:00:00.0000001000000009+00:00") == last(4)


@pytest.mark.parametrize(
    ("after", "code"),
    [("2024-05-01T00:00:00.0000001", 200), ("9" * 5_000, 400), ("2024-99-01T00:00:00.0000001000000001Z", 400),
     ("2024-05-01T00:00:00.0000001٠٠٠٠٠٠٠٠1Z", 200), ("2024-05-01T00:00:00.0000003000000001Z", 200)],
)  # fmt: skip
def test_other_texts_are_dates_or_refused(after: str, code: int) -> None:
    with closing(an_empty_library()) as library:
        answer = TestClient(create_app(library)).get("/api/search", params={"search_after": after})
        assert answer.status_code == code
