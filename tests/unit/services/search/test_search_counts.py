"""Every displayed count is the total after selecting its value."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kb.access.actor import ANONYMOUS, Actor
from kb.model.items.annotation import Annotation, AnnotationKind
from kb.model.items.item import Item
from kb.model.people.group import Group, Visibility
from kb.model.search_request import DateKind, SearchRequest, View
from kb.services.core.library import Library
from kb.services.search.search import run_search
from tests.factories.items import a_group, a_member, a_user, an_annotation, an_item
from tests.factories.library import a_library

GROUPS = (a_group("physique"), a_group("histoire"), a_group("secret", visible=Visibility.MEMBERS))
PEOPLE = (a_user("claire"), a_user("sophie-point", "Sophie Point"), a_user("émile", "Émile"))
TAGS = ("rh", "Rh", "numérique", "open data", "œuvre")
SOURCES = (None, "Lagazette.fr", "LAGAZETTE.fr", "Cap'Com")
DATES = (None, "2014", "2014-11", "2014-11-30", "2014-12-01", "2015")
WORDS = ("agents", "données publiques", "l’énergie", "transformation")

people = st.one_of(st.none(), st.sampled_from(PEOPLE))
instants = st.sampled_from((None, "2014-11-07T09:12:00Z", "2014-12-01", "2015-01-01T00:30:00+01:00"))


@st.composite
def annotations(draw: st.DrawFn) -> Annotation:
    return an_annotation(
        draw(st.sampled_from(WORDS)),
        kind=draw(st.sampled_from(AnnotationKind)),
        author=draw(people),
        added=draw(instants),
    )


@st.composite
def items(draw: st.DrawFn) -> Item:
    return an_item(
        draw(st.sampled_from(WORDS)),
        group=draw(st.sampled_from(GROUPS)),
        tags=draw(st.lists(st.sampled_from(TAGS), max_size=3, unique_by=str.casefold)),
        annotations=draw(st.lists(annotations(), max_size=2)),
        author=draw(people),
        source=draw(st.sampled_from(SOURCES)),
        language=draw(st.sampled_from((None, "fr", "en"))),
        published=draw(st.sampled_from(DATES)),
        added=draw(instants),
    )


@st.composite
def requests(draw: st.DrawFn) -> SearchRequest:
    def some(*values: str) -> tuple[str, ...]:
        return tuple(draw(st.lists(st.sampled_from(values), max_size=2, unique=True)))

    first, last = draw(st.sampled_from([(None, None), ("2014-11", None), (None, "2014-11-30"), ("2014-12", "2015")]))
    return SearchRequest(
        q=draw(st.sampled_from(("", "", "agents", "l'énergie transformation"))),
        view=draw(st.sampled_from(View)),
        date=draw(st.sampled_from(DateKind)),
        tag=some("rh", "open data"),
        not_tag=some("œuvre"),
        author=some("claire", "sophie-point", "personne"),
        source=some("lagazette.fr"),
        language=some("fr"),
        kind=some("note", "comment"),
        group=some("physique", "secret", "absent"),
        date_from=first,
        date_to=last,
    )


def chosen(request: SearchRequest, name: str, value: str) -> SearchRequest:
    """The request with only this value under this name; tags are added to the others."""
    if name in ("date", "year"):
        return replace(request, date_from=value, date_to=value)
    if name == "tag":
        return request if value.casefold() in map(str.casefold, request.tag) else request.with_value("tag", value)
    values: Mapping[str, tuple[str, ...]] = {name: (value,)}
    return replace(request, **values)  # type: ignore[arg-type]


def narrowed_requests(library: Library, actor: Actor, request: SearchRequest) -> Iterator[tuple[SearchRequest, int]]:
    for name, values in run_search(library, actor, request).facets.items():
        for value in values:
            if value.value:
                yield chosen(request, name, value.value), value.count


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(items(), max_size=7), requests(), st.sampled_from((ANONYMOUS, a_member("claire", of=GROUPS[2]))))
def test_a_count_is_the_total_of_choosing_it(library_items: list[Item], request: SearchRequest, actor: Actor) -> None:
    library = a_library(*library_items, groups=GROUPS)
    for choice, count in narrowed_requests(library, actor, request):
        assert (choice, run_search(library, actor, choice).total) == (choice, count)
    library.close()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(items(), max_size=7), requests())
def test_the_undated_and_the_dated_make_up_all(library_items: list[Item], request: SearchRequest) -> None:
    library = a_library(*library_items, groups=GROUPS)
    anyhow = run_search(library, ANONYMOUS, replace(request, date_from=None, date_to=None))
    dated = run_search(library, ANONYMOUS, replace(request, date_from="0001", date_to="9999"))
    undated = {value.value: value.count for value in anyhow.facets["date"]}.get("", 0)
    assert dated.total + undated == anyhow.total
    library.close()


def test_groups_are_counted_without_the_one_that_was_chosen() -> None:
    groups: tuple[Group, ...] = GROUPS[:2]
    library = a_library(an_item(group=groups[0]), an_item(group=groups[1]), an_item(group=groups[1]), groups=groups)
    results = run_search(library, ANONYMOUS, SearchRequest(group=("physique",)))
    assert results.total == 1
    assert {value.value: value.count for value in results.facets["group"]} == {"histoire": 2, "physique": 1}
