import pytest

from kb.access.actor import ANONYMOUS, OPERATOR
from kb.model.people.group import Visibility
from kb.model.search_request import SearchRequest, Sort, View
from kb.services.search.result_types import SearchResults
from kb.services.search.search import run_search
from tests.factories.items import a_group, a_member, a_user, an_annotation, an_item
from tests.factories.library import a_library, add_items

GAVIOLIG, SOPHIE = a_user("gaviolig", "gaviolig"), a_user("sophie-point", "Sophie Point")
SECRET = a_group("secret", "Réservé", visible=Visibility.MEMBERS)


def ids(results: SearchResults) -> list[str]:
    return [row.item.id for row in results.rows]


def facet(results: SearchResults, name: str) -> list[tuple[str, str, int, bool]]:
    return [(value.value, value.label, value.count, value.selected) for value in results.facets[name]]


def test_everything_is_listed_the_most_recent_first_and_undated_items_last_as_imported() -> None:
    library = a_library(
        an_item(id="sans-date", order=1),
        an_item(id="ancien", order=2, added="2014-09-01"),
        an_item(id="récent", order=3, added="2014-11-07T09:12:00Z"),
        an_item(id="sans-date-2", order=4),
    )
    assert ids(run_search(library, ANONYMOUS, SearchRequest())) == ["récent", "ancien", "sans-date", "sans-date-2"]
    oldest = run_search(library, ANONYMOUS, SearchRequest(sort=Sort.OLDEST))
    assert ids(oldest) == ["ancien", "récent", "sans-date", "sans-date-2"]


def test_other_orders() -> None:
    library = a_library(
        an_item("Élan", id="a", order=1, views=2, added="2014", updated="2020-01-01"),
        an_item("eau", id="b", order=2, views=9, added="2019-01-01"),
        an_item("Zèbre", id="c", order=3, views=2, added="2015-01-01"),
    )
    assert ids(run_search(library, ANONYMOUS, SearchRequest(sort=Sort.TITLE))) == ["b", "a", "c"]
    assert ids(run_search(library, ANONYMOUS, SearchRequest(sort=Sort.POPULAR))) == ["b", "c", "a"]
    assert ids(run_search(library, ANONYMOUS, SearchRequest(sort=Sort.UPDATED))) == ["a", "b", "c"]


def test_pages_follow_each_other_and_one_past_the_last_is_empty() -> None:
    library = a_library(*(an_item(id=f"i{number}", order=number) for number in range(1, 8)))
    first = run_search(library, ANONYMOUS, SearchRequest(per_page=3))
    last = run_search(library, ANONYMOUS, SearchRequest(per_page=3, page=3))
    past = run_search(library, ANONYMOUS, SearchRequest(per_page=3, page=10**9))
    assert (ids(first), first.range, first.total) == (["i1", "i2", "i3"], (1, 3), 7)
    assert (ids(last), last.range) == (["i7"], (7, 7))
    assert (ids(past), past.range, past.total) == ([], None, 7)


def test_unreadable_items_are_neither_found_nor_counted_nor_named() -> None:
    library = a_library(
        an_item(id="vu", author=GAVIOLIG, tags=["rh"], source="Cap'Com", byline="Léa Roux"),
        an_item(
            id="caché", group=SECRET, author=SOPHIE, tags=["marées"], source="Interne", byline="Max", language="fr"
        ),
        groups=(a_group(), SECRET),
    )
    for actor in (ANONYMOUS, a_member("paul", of=a_group())):
        results = run_search(library, actor, SearchRequest())
        assert ids(results) == ["vu"]
        assert {name: [value.value for value in values] for name, values in results.facets.items()} == {
            "tag": ["rh"], "byline": ["Léa Roux"], "author": ["gaviolig"], "source": ["Cap'Com"], "language": [],
            "kind": [],
            "group": ["physique"], "date": [""], "year": [],
        }  # fmt: skip
    assert run_search(library, a_member("claire", of=SECRET), SearchRequest()).total == 2
    assert run_search(library, OPERATOR, SearchRequest()).total == 2


def test_a_secret_group_and_its_people_answer_like_those_that_do_not_exist() -> None:
    library = a_library(an_item(id="caché", group=SECRET, author=SOPHIE), groups=(a_group(), SECRET))
    secret = run_search(library, ANONYMOUS, SearchRequest(group=("secret",), author=("sophie-point",)))
    absent = run_search(library, ANONYMOUS, SearchRequest(group=("absent",), author=("personne",)))
    assert facet(secret, "group") == [("secret", "secret", 0, True)]
    assert facet(absent, "group") == [("absent", "absent", 0, True)]
    assert facet(secret, "author") == [("sophie-point", "sophie-point", 0, True)]
    assert facet(absent, "author") == [("personne", "personne", 0, True)]


def test_a_lagging_index_never_shows_unreadable_content() -> None:
    library = a_library(an_item(id="a"), an_item(id="b", annotations=[an_annotation(id="p")]))
    with library.store.write() as writing:
        writing.items.remove(["a"])
        writing.groups.update(a_group(visible=Visibility.MEMBERS))
    assert ids(run_search(library, a_member("claire"), SearchRequest())) == ["b"]
    assert ids(run_search(library, ANONYMOUS, SearchRequest())) == []
    assert run_search(library, ANONYMOUS, SearchRequest(view=View.PASSAGES)).rows == ()


def test_a_chosen_sharer_who_shared_nothing_found_is_named_if_something_of_theirs_may_be_read() -> None:
    library = a_library(
        an_item(id="a", author=SOPHIE, tags=["rh"]),
        an_item(id="b", author=GAVIOLIG, tags=["eau"]),
        an_item(id="caché", group=SECRET, author=a_user("zoe", "Zoé Cachée")),
        groups=(a_group(), SECRET),
    )
    request = SearchRequest(tag=("eau",), author=("sophie-point", "zoe", "personne"))
    results = run_search(library, ANONYMOUS, request)
    assert results.total == 0
    assert {value[:2] for value in facet(results, "author") if value[3]} == {
        ("sophie-point", "Sophie Point"), ("zoe", "zoe"), ("personne", "personne"),
    }  # fmt: skip
    member = run_search(library, a_member("claire", of=SECRET), request)
    assert ("zoe", "Zoé Cachée", 0, True) in facet(member, "author")


def test_labels_are_names_and_order_the_values_that_have_one_count() -> None:
    library = a_library(
        an_item(author=a_user("z", "Émile")),
        an_item(author=a_user("a", "zoé")),
        an_item(author=a_user("m", "Eve")),
        an_item(author=a_user("b", "Benoît")),
        an_item(author=a_user("b", "Benoît")),
    )
    results = run_search(library, ANONYMOUS, SearchRequest())
    assert facet(results, "author") == [
        ("b", "Benoît", 2, False), ("z", "Émile", 1, False), ("m", "Eve", 1, False), ("a", "zoé", 1, False),
    ]  # fmt: skip
    assert facet(results, "group") == [("physique", "Physique", 5, False)]


def test_authors_are_limited_by_name_and_the_chosen_one_stays() -> None:
    library = a_library(*(an_item(author=a_user(login, name)) for login, name in zip("abcd", "ZYXW", strict=True)))
    results = run_search(library, ANONYMOUS, SearchRequest(facet_limit=2, author=("a",)))
    assert facet(results, "author") == [("d", "W", 1, False), ("c", "X", 1, False), ("a", "Z", 1, True)]


def test_authors_are_counted_and_filtered_separately_from_sharers() -> None:
    library = a_library(
        an_item(id="a", byline="Sophie Point", author=GAVIOLIG),
        an_item(id="b", byline="SOPHIE POINT", author=SOPHIE),
        an_item(id="c", byline="Sophie Point", author=SOPHIE),
        an_item(id="d", byline="Léa Roux", author=SOPHIE),
        an_item(id="e", author=SOPHIE),
    )
    results = run_search(library, ANONYMOUS, SearchRequest(byline=("sophie point",)))
    assert set(ids(results)) == {"a", "b", "c"}
    # Other authors are counted without this filter; items without an author are not counted.
    assert facet(results, "byline") == [("Sophie Point", "Sophie Point", 3, True), ("Léa Roux", "Léa Roux", 1, False)]
    assert facet(results, "author") == [
        ("sophie-point", "Sophie Point", 2, False),
        ("gaviolig", "gaviolig", 1, False),
    ]


def test_a_chosen_value_is_shown_even_at_nothing() -> None:
    library = a_library(an_item(tags=["rh"], language="fr", source="Cap'Com", author=SOPHIE))
    request = SearchRequest(tag=("absent",), source=("Nulle part",), language=("de",), kind=("note",))
    results = run_search(library, ANONYMOUS, request)
    assert results.total == 0
    assert facet(results, "tag") == [("absent", "absent", 0, True)]
    assert ("Nulle part", "Nulle part", 0, True) in facet(results, "source")
    assert ("de", "de", 0, True) in facet(results, "language")
    assert ("note", "note", 0, True) in facet(results, "kind")


def test_tags_and_sources_are_chosen_whatever_their_case_and_shown_as_most_write_them() -> None:
    library = a_library(
        an_item(tags=["Numérique"], source="LaGazette.fr"),
        an_item(tags=["numérique"], source="Lagazette.fr"),
        an_item(tags=["numérique"], source="Lagazette.fr"),
    )
    results = run_search(library, ANONYMOUS, SearchRequest(tag=("NUMÉRIQUE",), source=("lagazette.FR",)))
    assert results.total == 3
    assert facet(results, "tag") == [("numérique", "numérique", 3, True)]
    assert facet(results, "source") == [("Lagazette.fr", "Lagazette.fr", 3, True)]


def test_a_site_holds_the_sites_below_it() -> None:
    library = a_library(
        an_item(id="a", url="https://www.exemple.fr/1"),
        an_item(id="b", url="https://blog.exemple.fr/2"),
        an_item(id="c", url="https://contrexemple.fr/3"),
        an_item(id="d", url=None),
    )
    assert sorted(ids(run_search(library, ANONYMOUS, SearchRequest(site=("exemple.fr",))))) == ["a", "b"]
    assert ids(run_search(library, ANONYMOUS, SearchRequest(site=("www.blog.exemple.fr",)))) == ["b"]
    assert ids(run_search(library, ANONYMOUS, SearchRequest(site=("[",)))) == []


def test_dates_match_periods_that_they_overlap_and_missing_dates_never_match() -> None:
    library = a_library(
        an_item(id="année", published="2014"),
        an_item(id="mois", published="2014-11"),
        an_item(id="jour", added="2014-11-30T23:59:59Z"),
        an_item(id="rien"),
    )
    november = run_search(library, ANONYMOUS, SearchRequest(date_from="2014-11", date_to="2014-11"))
    assert sorted(ids(november)) == ["année", "jour", "mois"]
    assert sorted(ids(run_search(library, ANONYMOUS, SearchRequest(date_to="2014-10-31")))) == ["année"]
    assert ids(run_search(library, ANONYMOUS, SearchRequest(date_from="2015"))) == []
    months = {value.value: (value.count, value.selected) for value in november.facets["date"]}
    assert months["2014-11"] == (3, True)
    assert months["2014-10"] == (1, False)
    assert months[""] == (1, False)
    assert list(months) == sorted(months, key=lambda month: month or "9")


def test_passages_have_their_own_author_and_come_with_their_item() -> None:
    item = an_item(
        id="i",
        author=GAVIOLIG,
        annotations=[an_annotation(id="a", author=SOPHIE), an_annotation(None, id="b", body="Lagazette.fr")],
    )
    library = a_library(item)
    results = run_search(library, ANONYMOUS, SearchRequest(view=View.PASSAGES))
    assert [(row.annotation and row.annotation.id, row.item.id) for row in results.rows] == [("a", "i"), ("b", "i")]
    assert facet(results, "author") == [("sophie-point", "Sophie Point", 1, False)]
    assert run_search(library, ANONYMOUS, SearchRequest(view=View.PASSAGES, author=("gaviolig",))).total == 0
    assert run_search(library, ANONYMOUS, SearchRequest(author=("gaviolig",))).total == 1


def test_a_new_change_is_not_found_before_it_is_indexed_and_harms_nothing() -> None:
    library = a_library(an_item(id="a"))
    add_items(library, an_item(id="b"))
    assert ids(run_search(library, ANONYMOUS, SearchRequest())) == ["a"]


@pytest.mark.parametrize("view", View)
def test_an_empty_library_answers(view: View) -> None:
    results = run_search(a_library(), ANONYMOUS, SearchRequest(view=view))
    assert (results.total, results.rows, results.range, results.suggestion) == (0, (), None, None)
    assert all(values == () for values in results.facets.values())


def test_a_chosen_group_keeps_its_count_beyond_the_cut() -> None:
    groups = [a_group(slug) for slug in ("algèbre", "botanique", "chimie")]
    library = a_library(*(an_item(group=group) for group in [*groups, *groups[:2]]), groups=groups)
    results = run_search(library, ANONYMOUS, SearchRequest(facet_limit=1, group=("chimie",)))
    assert facet(results, "group") == [("algèbre", "Algèbre", 2, False), ("chimie", "Chimie", 1, True)]
