"""The activity report: its readers, the readers of figures about persons, and the names in it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from kb.access.actor import ANONYMOUS, Actor
from kb.errors import Forbidden, LoginNeeded, NotFound
from kb.features.reports import activity_report
from kb.features.reports.activity_report import ActivityReport, ReportQuery, group_report, site_report
from kb.features.reports.records import Figures
from kb.model.people.group import Visibility
from kb.services.core.library import Library
from kb.services.moderation.moderation_actions import hide_content, remove_content
from tests.factories.items import an_item
from tests.factories.library import add_items
from tests.factories.moderation import a_moderated_library, actor_of, person

YEARS = ReportQuery(date(2014, 1, 1), date(2015, 12, 31))
ADMINISTRATOR = Actor(user_id="u-admin", administrator=True)


@pytest.fixture
def library() -> Iterator[Library]:
    with a_moderated_library() as library:
        yield library


def report(library: Library, login: str = "olga", query: ReportQuery = YEARS) -> ActivityReport:
    return group_report(library, actor_of(library, login), "quais", query)


def names(activity: ActivityReport) -> list[tuple[str, str]]:
    return [(person.value, person.label) for person in activity.people or ()]


def test_owners_see_persons_and_others_do_not(library: Library) -> None:
    assert names(report(library)) == [("claire", "Claire"), ("ancien", "Paul Ancien (import)")]
    for login in ("max", "claire"):
        impersonal = report(library, login)
        assert impersonal.people is None
        assert impersonal.people_tags == ()
        assert impersonal.total == report(library).total == Figures(saved=2, annotated=1, commented=1)
        with pytest.raises(Forbidden):
            report(library, login, replace(YEARS, login="claire"))
    assert report(library, query=replace(YEARS, login="claire")).total == Figures(1, 1, 1)


def test_a_report_is_for_members(library: Library) -> None:
    for login in ("rene", "sam"):
        with pytest.raises(Forbidden):
            report(library, login)
    with pytest.raises(LoginNeeded):
        group_report(library, ANONYMOUS, "quais", YEARS)


def test_a_secret_group_has_no_report_for_strangers() -> None:
    with a_moderated_library(Visibility.MEMBERS) as library:
        for actor in (actor_of(library, "sam"), ANONYMOUS):
            with pytest.raises(NotFound) as secret:
                group_report(library, actor, "quais", YEARS)
            with pytest.raises(NotFound) as absent:
                group_report(library, actor, "rien", YEARS)
            assert secret.value.message == absent.value.message


def test_the_report_of_the_site_is_for_administrators(library: Library) -> None:
    with library.store.read() as reading:
        own = reading.groups.by_slug("~claire")
    assert own is not None
    add_items(library, an_item(id="own", group=own, added="2014-03-01"))
    for login in ("olga", "claire"):
        with pytest.raises(Forbidden):
            site_report(library, actor_of(library, login), YEARS)
    activity = site_report(library, ADMINISTRATOR, YEARS)
    assert [(group.value, group.label, group.figures.saved) for group in activity.groups] == [("quais", "Quais", 2)]
    assert [choice.slug for choice in activity.choices] == ["quais"]
    assert site_report(library, ADMINISTRATOR, replace(YEARS, group="quais")).total == activity.total
    # A personal library, and a group that does not exist.
    for slug in ("~claire", "rien"):
        assert site_report(library, ADMINISTRATOR, replace(YEARS, group=slug)).total == Figures()


def test_hidden_and_removed_content_is_not_counted(library: Library) -> None:
    hide_content(library, actor_of(library, "max"), "i1", "a4")
    assert report(library).total == Figures(saved=2, annotated=1)
    remove_content(library, actor_of(library, "max"), "i1")
    assert report(library).total == Figures(saved=1)
    assert report(library).tags == ()


def test_an_erased_person_has_no_name(library: Library) -> None:
    with library.store.write() as writing:
        claire = person(library, "claire")
        writing.contributions.attribute(claire.id, None)
        writing.erasure.person(claire, None)
    activity = report(library)
    assert names(activity) == [("ancien", "Paul Ancien (import)"), ("", "")]
    assert "Claire" not in repr(activity)
    assert "claire" not in repr(activity)


def test_the_spellings_of_one_tag_are_one_row(library: Library) -> None:
    group = report(library).choices[0]
    add_items(library, *(an_item(id=f"t{n}", group=group, tags=["PORT"], added="2014-05-02") for n in range(3)))
    rows = {tag.value: tag.figures.saved for tag in report(library).tags}
    assert rows == {"PORT": 4, "Quai": 1, "": 1}
    assert report(library, query=replace(YEARS, tag="Port")).total.saved == 4


def test_rare_spellings_count_however_many_tags_there_are(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activity_report, "FEW_ROWS", 5)
    group = report(library).choices[0]
    many = [an_item(id=f"m{n}", group=group, tags=[f"t{n % 9}"], added="2014-05-02") for n in range(18)]
    rare = [
        an_item(id=f"x{n}", group=group, tags=[tag], added="2014-05-02") for n, tag in enumerate(("Zoo", "ZOO", "zoo"))
    ]
    add_items(library, *many, *rare)
    tags = report(library).tags
    assert (tags[0].value, tags[0].figures.saved) == ("ZOO", 3)
    assert [row.value for row in tags[1:]] == ["t0", "t1", "t2", "t3", "t4", ""]


@pytest.mark.parametrize("filters", [{"login": "personne"}, {"tag": "rien"}, {"source": "rien"}, {"source": "a\0b"}])
def test_a_filter_without_matches_gives_an_empty_report(library: Library, filters: dict[str, str]) -> None:
    activity = report(library, query=replace(YEARS, **filters))  # type: ignore[arg-type]
    assert (activity.total, activity.periods, activity.people) == (Figures(), (), ())


def test_openings_are_known_since_a_day(library: Library) -> None:
    assert report(library).views_since is None
    with library.store.write() as writing:
        writing.daily_views.count("i2", "2015-06-01", administrators=False)
    activity = report(library)
    assert (activity.views_since, activity.total.opened) == ("2015-06-01", 1)
    assert [(item.value, item.label) for item in activity.items] == [("i2", "La criée")]
    # The report does not say who opened it.
    assert sum(person.figures.opened for person in activity.people or ()) == 0


def test_an_archived_group_has_a_report_and_a_deleted_one_has_none(library: Library) -> None:
    total, group = report(library).total, report(library).choices[0]
    for archived_at, deleted_at in (("2026-01-01T00:00:00Z", None), (None, "2026-01-01T00:00:00Z")):
        with library.store.write() as writing:
            writing.groups.update(replace(group, archived_at=archived_at, deleted_at=deleted_at))
        if archived_at:
            assert (report(library).total, len(names(report(library)))) == (total, 2)
            assert site_report(library, ADMINISTRATOR, YEARS).total == total
        else:
            with pytest.raises(NotFound):
                report(library)
            nothing = site_report(library, ADMINISTRATOR, YEARS)
            assert (nothing.total, nothing.choices) == (Figures(), ())
