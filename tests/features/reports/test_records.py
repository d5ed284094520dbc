"""Activity figures: the events counted in a period, their dimensions, and the events left out."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from kb.features.reports.records import ActivityFilter, ActivityReading, Dimension, FeedSubscriptions, Figures
from kb.model.people.account import Account, FeedKey
from kb.model.saved_search import SavedSearch
from kb.model.search_request import SearchRequest
from kb.store import Store
from tests.factories.items import a_base, a_group, a_reply, a_user, an_annotation, an_item

CLAIRE, SOPHIE = a_user("claire"), a_user("sophie")
GROUP, OTHER, OWN = a_group("physique"), a_group("histoire"), a_group("~claire")
OCTOBER = ActivityFilter("2026-10-01", "2026-11-01", len("YYYY-MM-DD"), GROUP.id)
NOW = "2026-11-27T09:00:00.000000Z"


@pytest.fixture
def store() -> Iterator[Store]:
    opened = a_base(GROUP, OTHER, OWN)
    with opened.write() as writing:
        writing.items.add(
            [
                an_item(
                    id="i1", order=1, group=GROUP, author=CLAIRE, added="2026-10-01T00:00:00.000000Z",
                    source="Le Monde", tags=["Eau", "ville"],
                    annotations=[
                        an_annotation("Un", author=CLAIRE, added="2026-10-31T23:59:59.999999Z"),
                        an_annotation("Deux", body="Note", author=SOPHIE, added="2026-10-02T10:00:00+02:00"),
                        an_annotation(
                            None, body="Trois", author=SOPHIE, added="2026-11-01T00:00:00Z",
                            replies=[a_reply(author=CLAIRE, added="2026-10-05T08:00:00Z")],
                        ),
                        an_annotation("Sans date", author=CLAIRE),
                    ],
                ),
                an_item(id="i2", order=2, group=GROUP, added="2026-10-12", tags=["eau"]),
                an_item(id="i3", order=3, group=GROUP, author=CLAIRE, added="2026-09-30T23:59:59Z"),
                an_item(id="i4", order=4, group=OTHER, author=SOPHIE, added="2026-10-12T08:00:00Z"),
                an_item(id="i5", order=5, group=OWN, author=CLAIRE, added="2026-10-12T08:00:00Z"),
                an_item(id="i6", order=6, group=GROUP, author=CLAIRE),
            ]
        )  # fmt: skip
        for item_id, day, administrators, views in (
            ("i1", "2026-10-03", False, 4), ("i1", "2026-10-03", True, 2), ("i3", "2026-10-04", False, 7),
            ("i1", "2026-09-30", False, 50), ("i4", "2026-10-04", False, 90), ("rien", "2026-10-04", False, 1),
        ):  # fmt: skip
            for _ in range(views):
                writing.daily_views.count(item_id, day, administrators=administrators)
    yield opened
    opened.close()


def figures(store: Store, chosen: ActivityFilter, dimension: Dimension) -> dict[str | None, Figures]:
    with store.read() as reading:
        return dict(ActivityReading(reading.connection).figures(chosen)[dimension])


def total(store: Store, chosen: ActivityFilter) -> Figures:
    return figures(store, chosen, Dimension.TOTAL)[None]


def test_the_contributions_of_a_period_are_counted_in_their_group(store: Store) -> None:
    assert total(store, OCTOBER) == Figures(saved=2, annotated=2, commented=1, opened=13)
    assert total(store, replace(OCTOBER, group_id=OTHER.id)) == Figures(saved=1, opened=90)
    everywhere = replace(OCTOBER, group_id=None)
    assert total(store, everywhere) == Figures(3, 2, 1, 103)
    # Users' own libraries are in no report of the site.
    assert set(figures(store, everywhere, Dimension.GROUP)) == {GROUP.id, OTHER.id}


def test_a_period_without_contributions_has_no_values(store: Store) -> None:
    nothing = replace(OCTOBER, first="2020-01-01", end="2020-02-01")
    with store.read() as reading:
        figures = ActivityReading(reading.connection).figures(nothing)
    assert figures == {**dict.fromkeys(Dimension, ()), Dimension.TOTAL: ((None, Figures()),)}


def test_figures_are_counted_by_day_month_and_year(store: Store) -> None:
    by_day = figures(store, OCTOBER, Dimension.PERIOD)
    assert list(by_day) == sorted(by_day, key=str)
    assert by_day["2026-10-01"] == Figures(saved=1)
    assert by_day["2026-10-31"] == Figures(annotated=1)
    assert by_day["2026-10-03"] == Figures(opened=6)
    for precision, part in ((7, "2026-10"), (4, "2026")):
        assert figures(store, replace(OCTOBER, precision=precision), Dimension.PERIOD) == {part: Figures(2, 2, 1, 13)}


def test_figures_are_counted_by_person_tag_source_and_item(store: Store) -> None:
    people = figures(store, OCTOBER, Dimension.PERSON)
    assert people[CLAIRE.id] == Figures(saved=1, annotated=1, commented=1)
    assert people[SOPHIE.id] == Figures(annotated=1)
    assert people[None] == Figures(saved=1, opened=13)
    of_first = Figures(1, 2, 1, 6)
    assert list(figures(store, OCTOBER, Dimension.TAG).items()) == [
        (None, Figures(opened=7)),
        ("Eau", of_first),
        ("ville", of_first),
        ("eau", Figures(saved=1)),
    ]
    assert figures(store, OCTOBER, Dimension.SOURCE)["Le Monde"] == of_first
    with store.read() as reading:
        items = ActivityReading(reading.connection).figures(OCTOBER)[Dimension.ITEM]
        few = ActivityReading(reading.connection).figures(OCTOBER, [Dimension.SOURCE, Dimension.ITEM], 1)
        assert ActivityReading(reading.connection).titles(["i1", "rien"]) == {
            "i1": reading.items.any_of(["i1"])["i1"].title
        }
    assert items == (("i3", Figures(opened=7)), ("i1", of_first))
    # What has no value is not cut off.
    assert few[Dimension.SOURCE] == ((None, Figures(saved=1, opened=7)),)
    assert few[Dimension.ITEM] == items[:1]


def test_filters_choose_what_is_counted(store: Store) -> None:
    assert total(store, replace(OCTOBER, tags=["eau", "Eau"])) == Figures(2, 2, 1, 6)
    assert total(store, replace(OCTOBER, tags=["ville"])) == Figures(1, 2, 1, 6)
    assert total(store, replace(OCTOBER, source="Le Monde")) == Figures(1, 2, 1, 6)
    assert total(store, replace(OCTOBER, administrators=False)) == Figures(2, 2, 1, 11)
    # The store does not record who opened a page.
    assert total(store, replace(OCTOBER, author_id=CLAIRE.id)) == Figures(1, 1, 1, 0)


def test_a_deleted_item_is_counted_no_more(store: Store) -> None:
    with store.write() as writing:
        writing.items.remove(["i1"])
    assert total(store, OCTOBER) == Figures(saved=1, opened=7)


def test_the_openings_of_a_merged_item_are_those_of_the_other(store: Store) -> None:
    with store.write() as writing:
        writing.item_merges.move_references(["i3"], "i1", {})
        writing.daily_views.count("i3", "2026-10-03", administrators=True)
        writing.item_merges.move_references(["i3"], "i1", {})
    assert figures(store, OCTOBER, Dimension.ITEM) == {"i1": Figures(1, 2, 1, 14)}


def test_openings_are_purged_by_age_and_with_their_item(store: Store) -> None:
    with store.write() as writing:
        writing.daily_views.purge("2026-10-04")
    with store.read() as reading:
        assert reading.daily_views.first_day() == "2026-10-04"
        rows = reading.items.connection.exec_driver_sql("SELECT item_id, count FROM daily_views ORDER BY 1").all()
    assert [tuple(row) for row in rows] == [("i3", 7), ("i4", 90)]


def test_the_private_feeds_of_a_group_are_counted(store: Store) -> None:
    addresses = (
        "/g/physique.atom", "/g/physique/tag/eau.rss", "/search.atom?q=eau&group=physique", "/saved/s_1.atom",
        "/search.atom?group=physique-2", "/g/physique-2.atom", "/saved/sx1.atom", "/search.json?q=group%3Dphysique",
    )  # fmt: skip
    with store.write() as writing:
        for user in (CLAIRE, SOPHIE):
            writing.accounts.add(Account(user, None, False, False, NOW))
        writing.saved_searches.add(SavedSearch("s_1", GROUP.id, "Eau", SearchRequest(q="eau"), NOW))
        for place, address in enumerate(addresses):
            user, last_seen = (SOPHIE, None) if place % 2 else (CLAIRE, "2026-10-03T08:00:00Z")
            key = FeedKey(f"k{place}", user.id, address, NOW, last_seen)
            writing.credentials.add_feed_key(key, f"h{place}")
    with store.read() as reading:
        assert ActivityReading(reading.connection).feed_subscriptions(
            GROUP.id, GROUP.slug, "2026-10-01"
        ) == FeedSubscriptions(4, 2, 2)
        assert ActivityReading(reading.connection).feed_subscriptions(GROUP.id, GROUP.slug, "2026-10-04").read == 0
        assert ActivityReading(reading.connection).feed_subscriptions(None, "", "2026-10-01") == FeedSubscriptions(
            8, 2, 4
        )
