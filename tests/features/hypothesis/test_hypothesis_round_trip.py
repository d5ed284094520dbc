"""Every fact of an export of Hypothesis is returned by the API in its shape, and by JSON Lines."""

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.indexer import catch_up
from kb.services.core.library import Library
from kb.services.groups.group_views import add_group
from kb.site import create_app
from tests.factories.import_export import exported_lines, import_data, items_in
from tests.factories.library import an_empty_library

Row = dict[str, Any]
START = datetime(2020, 1, 1, tzinfo=UTC)
PAGES = {"https://exemple.fr/un": "Une page", "https://exemple.fr/deux?a=1": "« Deux » & trois"}
PEOPLE = {"anne": "Anne Été", "bruno": "Bruno", "c-d": "C. D."}
LEFT_OUT = {"moderation": {"flagCount": 2}, "mentions": [{"userid": "acct:anne@h"}]}
"""Fields of a row that are left out: the documentation gives the reason for the first, and the report names the
others.
"""

characters = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"))
words = st.text(characters, min_size=1, max_size=30).filter(str.strip)
tag_lists = st.lists(st.sampled_from(["eau", "crue du lac", "Été", "à, lire"]), unique=True, max_size=3)
numbers = st.integers(0, 10_000)
places = st.lists(
    st.one_of(
        st.fixed_dictionaries({"type": st.just("TextPositionSelector"), "start": numbers, "end": numbers}),
        st.fixed_dictionaries(
            {"type": st.just("RangeSelector"), "startContainer": st.just("/div[1]/p[2]"), "startOffset": numbers,
             "endContainer": words, "endOffset": numbers}
        ),
        st.fixed_dictionaries({"type": st.just("PageSelector"), "index": numbers, "label": words}),
        st.fixed_dictionaries({"type": st.just("MediaTimeSelector"), "start": st.floats(0, 1e6), "end": st.just(2.5)}),
    ),
    max_size=3,
    unique_by=lambda row: row["type"],
)  # fmt: skip


@st.composite
def a_row(draw: st.DrawFn, number: int, above: list[Row]) -> Row:
    """An annotation of a page, or a reply to one of the rows `above`."""
    parent = draw(st.none() | st.sampled_from(above)) if above else None
    page = parent["uri"] if parent else draw(st.sampled_from(sorted(PAGES)))
    created = START + timedelta(microseconds=draw(st.integers(0, 6)) * 10**11 + number)
    login = draw(st.sampled_from(sorted(PEOPLE)))
    quote = None if parent else draw(st.none() | words)
    around = {"prefix": draw(st.just("") | words), "suffix": draw(st.just("") | words)}
    selectors = [] if parent else draw(places)
    if quote is not None:
        selectors = [*selectors, {"type": "TextQuoteSelector", "exact": quote, **around}]
    return {
        "id": f"id_{number}-x",
        "created": created.isoformat(),
        "updated": (created + timedelta(seconds=draw(st.sampled_from([0, 0.25, 86_400.5])))).isoformat(),
        "user": f"acct:{login}@hypothes.is",
        "user_info": {"display_name": PEOPLE[login]},
        "uri": page,
        "text": draw(words) if quote is None else draw(st.just("") | words),
        "tags": draw(tag_lists),
        "group": draw(st.sampled_from(["__world__", "x9Ab"])),
        "permissions": {"read": ["group:__world__"]},
        "target": [{"source": page, **({"selector": selectors} if selectors else {})}],
        "document": {"title": [PAGES[page]]},
        "links": {"html": "https://hypothes.is/a/x"},
        "flagged": draw(st.booleans()),
        "hidden": draw(st.sampled_from([False, False, False, True])),
        **({"references": [*parent.get("references", []), parent["id"]]} if parent else {}),
        **{name: LEFT_OUT[name] for name in draw(st.sets(st.sampled_from(sorted(LEFT_OUT))))},
    }


@st.composite
def exports(draw: st.DrawFn) -> list[Row]:
    rows: list[Row] = []
    for number in range(draw(st.integers(1, 6))):
        # Replies to content that moderators hid are left out, because their parent is missing.
        rows.append(draw(a_row(number, [row for row in rows if not row["hidden"]])))
    return rows


def facts_of(row: Row) -> Row:
    """The facts of a row that must be returned, whichever service the row comes from."""
    selectors = row["target"][0].get("selector", [])
    return {
        **{name: row.get(name) for name in ("id", "uri", "text", "tags", "document", "user_info", "references")},
        **{name: datetime.fromisoformat(row[name]) for name in ("created", "updated")},
        "source": row["target"][0]["source"],
        "login": row["user"].removeprefix("acct:").partition("@")[0],
        "selectors": sorted(json.dumps(selector, sort_keys=True) for selector in selectors),
    }


def rows_of_api(client: TestClient) -> list[Row]:
    answer = client.get("/api/search", params={"limit": 200, "order": "asc"}).raise_for_status().json()
    assert answer["total"] == len(answer["rows"])
    return [*answer["rows"], *answer["replies"]]


def a_library() -> Library:
    library = an_empty_library()
    add_group(library, OPERATOR, "quais", "Quais")
    return library


@settings(max_examples=40)
@given(exports(), st.randoms(use_true_random=False))
def test_every_fact_survives_a_round_trip_and_nothing_is_doubled(rows: list[Row], random: Random) -> None:
    visible = sorted((facts_of(row) for row in rows if not row["hidden"]), key=lambda row: str(row["id"]))
    with closing(a_library()) as library, closing(a_library()) as other:
        for _ in range(2):
            random.shuffle(rows)
            report = import_data(library, json.dumps({"total": len(rows), "rows": rows}).encode(), group_slug="quais")
        reasons = [warning.why for warning in report.warnings]
        assert ("These fields were left out: mentions." in reasons) == any("mentions" in row for row in rows)
        assert reasons.count("Moderators of Hypothesis hid this annotation.") == sum(row["hidden"] for row in rows)
        out = exported_lines(library)
        import_data(other, out)
        assert exported_lines(other) == out
        for some_library in (library, other):
            catch_up(some_library)
            back = [facts_of(row) for row in rows_of_api(TestClient(create_app(some_library)))]
            assert sorted(back, key=lambda row: str(row["id"])) == visible
        assert {tag for item in items_in(library) for tag in item.tags} == {
            tag for row in visible for tag in row["tags"]
        }


@settings(max_examples=15)
@given(exports(), st.sampled_from(["created", "updated"]), st.sampled_from(["asc", "desc"]))
def test_a_program_that_follows_search_after_gets_each_annotation_once(rows: list[Row], sort: str, order: str) -> None:
    with closing(a_library()) as library:
        import_data(library, json.dumps(rows).encode(), group_slug="quais")
        catch_up(library)
        client, rows_found, after = TestClient(create_app(library)), list[Row](), dict[str, str]()
        params = {"limit": "2", "sort": sort, "order": order}
        while page := client.get("/api/search", params=params | after).raise_for_status().json()["rows"]:
            rows_found += page
            after = {"search_after": page[-1][sort]}
            assert len(rows_found) <= len(rows)
        dates = [datetime.fromisoformat(row[sort]) for row in rows_found]
        assert dates == sorted(dates, reverse=order == "desc")
        expected = [row["id"] for row in rows if not row["hidden"] and "references" not in row]
        assert sorted(row["id"] for row in rows_found) == sorted(expected)


def rows_of_group(library: Library, slug: str) -> dict[str, Row]:
    """The rows of a group by date; dates are unique in each export and serve as ids."""
    catch_up(library)
    answer = TestClient(create_app(library)).get("/api/search", params={"limit": 200, "group": slug}).json()
    rows: list[Row] = [*answer["rows"], *answer["replies"]]
    dates = {row["id"]: row["created"] for row in rows}
    assert len(dates) == len(set(dates.values())) == len(rows)
    for row in rows:
        row["id"], row["references"] = row["created"], [dates[reference] for reference in row.get("references", [])]
    return {row["id"]: row for row in rows}


@settings(max_examples=20)
@given(exports(), st.randoms(use_true_random=False))
def test_each_group_has_all_facts_once_and_gets_later_changes(rows: list[Row], random: Random) -> None:
    """Ids differ in the second group: an id is unique in the whole site."""
    with closing(a_library()) as library:
        add_group(library, OPERATOR, "ponts", "Ponts")

        def bring_both() -> dict[str, Row]:
            reports = []
            for slug in ("quais", "ponts"):
                random.shuffle(rows)
                import_data(library, json.dumps(rows).encode(), group_slug=slug)
                reports.append({date: facts_of(row) for date, row in rows_of_group(library, slug).items()})
            assert reports[0] == reports[1]
            return reports[0]

        first = bring_both()
        assert len(first) == sum(not row["hidden"] for row in rows)
        ids = {part.id for item in items_in(library) for part in item.parts}
        assert len(ids) == 2 * len(first)
        assert bring_both() == first
        for row in rows:
            row["text"] += " Relu."
            row["updated"] = "2030-01-01T00:00:00.000001+00:00"
        second = bring_both()
        assert {part.id for item in items_in(library) for part in item.parts} == ids
        assert second == {
            date: row | {"text": row["text"] + " Relu.", "updated": datetime.fromisoformat(rows[0]["updated"])}
            for date, row in first.items()
        }
