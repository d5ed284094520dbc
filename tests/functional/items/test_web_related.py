"""Links from a page to others: similar items, related tags, another spelling."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from kb.errors import Unavailable
from kb.model.people.group import Visibility
from kb.services.core.library import Library
from kb.services.items.items import ItemView
from kb.services.search.result_types import SearchResults
from kb.services.search.search import run_search
from kb.services.tags.tags import TagCount
from kb.site import create_app
from kb.web.pages.groups import group_library
from kb.web.pages.items import item
from kb.web.pages.listing import listing
from tests.factories.items import a_group, a_user, an_item
from tests.factories.library import a_library

LECTURES, ATELIER = a_group("lectures", "Lectures communes"), a_group("atelier", "Atelier du mardi")
SECRET = a_group("secret", "Réservé", visible=Visibility.MEMBERS)
WATER = ["eau", "nappes", "irrigation", "sécheresse"]
HOSTILE = "<b>agents & co</b>\" onclick='x'"


def tagged(item_id: str, title: str, group=LECTURES, **more):
    return an_item(title, id=item_id, group=group, tags=more.pop("tags", WATER), **more)


@pytest.fixture(scope="module")
def library() -> Library:
    return a_library(
        tagged("a", "Nappes et irrigation", url="https://a.exemple.fr/"),
        tagged("b", "Irrigation des nappes", ATELIER, source="La Gazette", published="2014-11-01", language="fr"),
        tagged("c", "Nappes secrètes et irrigation", SECRET),
        an_item("Tout autre chose", id="z", group=LECTURES, tags=["musique"], author=a_user("claire", "Claire")),
        *(tagged(f"sel-{number}", f"Marais {number}", tags=["eau", "sel"]) for number in range(4)),
        *(tagged(f"autre-{number}", f"Lecture {number}", tags=["livres"]) for number in range(6)),
        groups=(LECTURES, ATELIER, SECRET),
    )


@pytest.fixture
def client(library: Library) -> Iterator[TestClient]:
    with TestClient(create_app(library)) as client:
        yield client


def part(page: str, heading: str, end: str = "</section>") -> str:
    """The section under a heading; empty if it is missing."""
    return re.split(f"<h[23]>{heading}</h[23]>", page, maxsplit=1)[-1].partition(end)[0] if heading in page else ""


def test_an_item_names_its_like_with_where_they_are_from(client: TestClient) -> None:
    similar = part(client.get("/items/a").text, "Voir aussi")
    assert '<a href="/items/b" dir="auto">Irrigation des nappes</a>' in similar
    about = '<span>La Gazette</span> <span>1er novembre 2014</span> <a href="/g/atelier">Atelier du mardi</a>'
    assert about in similar
    assert similar.count('<li class="row">') == 1
    assert part(client.get("/items/a?lang=en").text, "See also").count("/items/b?lang=en") == 1


def test_a_title_of_another_language_says_so_and_a_long_one_is_cut(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tagged("long", "The water of all " + "rivers " * 30, language="en")
    monkeypatch.setattr(item, "similar_items", lambda *_: (ItemView(long, LECTURES),))
    similar = part(client.get("/items/a").text, "Voir aussi")
    assert '<a href="/items/long" dir="auto" lang="en">The water of all rivers' in similar
    assert "rivers\u00a0…</a>" in similar


def test_an_item_that_nothing_is_like_has_no_such_part(client: TestClient) -> None:
    page = client.get("/items/z").text
    assert "Tout autre chose" in page
    assert "Voir aussi" not in page


def test_an_item_is_still_there_when_the_index_is_not(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> tuple[ItemView, ...]:
        raise Unavailable("The index is damaged.")

    monkeypatch.setattr(item, "similar_items", fails)
    answer = client.get("/items/a")
    assert answer.status_code == 200
    assert "Voir aussi" not in answer.text


def test_related_tags_are_shown_with_their_links(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    requests = list[tuple[object, ...]]()

    def related(_library: object, _actor: object, *rest: object) -> tuple[TagCount, ...]:
        requests.append(rest)
        return (TagCount("nappes", 1234), TagCount(HOSTILE, 1))

    monkeypatch.setattr(group_library, "related_tags", related)
    near = part(client.get("/g/lectures/tag/eau").text, "Mots-clés liés", "</section>")
    assert requests == [("lectures", ("eau",), 8)]
    count = '<b>1\u202f234<span class="sr-only"> en commun</span></b>'
    assert f'<a href="/g/lectures/tag/nappes"><span>nappes</span> {count}</a>' in near
    assert "<b>agents" not in near
    assert near.count("<li>") == 2


def test_related_tags_are_only_shown_without_other_filters(client: TestClient) -> None:
    assert "Mots-clés liés" in client.get("/g/lectures/tag/eau").text
    for address in ("/g/lectures/tag/eau?q=nappes", "/g/lectures/tag/eau?tag=nappes", "/g/lectures", "/search?tag=eau"):
        assert "Mots-clés liés" not in client.get(address).text, address
    assert "Mots-clés liés" not in client.get("/g/lectures/tag/musique").text


def test_a_related_tag_links_to_its_page_and_a_facet_to_items_with_both_tags(client: TestClient) -> None:
    near = part(client.get("/g/lectures/tag/eau").text, "Mots-clés liés", "</section>")
    own = near.split('<a href="')[1].partition('"')[0]
    assert client.get(own).status_code == 200
    both = part(client.get("/g/lectures/tag/eau").text, "Mots-clés de ces signets", "</section>")
    page = client.get("/g/lectures/tag/eau" + both.split('<a href="?tag')[1].partition('"')[0].join(("?tag", ""))).text
    assert "Marais 3" in page
    assert 'class="chips"' in page


@pytest.mark.parametrize("address", ["/items/a", "/g/lectures/tag/eau", "/items/b", "/g/atelier/tag/eau"])
def test_unreadable_items_are_not_related(client: TestClient, address: str) -> None:
    page = client.get(address).text
    assert "secrètes" not in page
    assert "Réservé" not in page
    assert "/items/c" not in page


@pytest.fixture
def misspelt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every search gets a suggestion of another spelling."""

    def with_spelling(*arguments: object, **options: object) -> SearchResults:
        return replace(run_search(*arguments, **options), suggestion="irrigation <nappes>")  # type: ignore[arg-type]

    monkeypatch.setattr(listing, "run_search", with_spelling)


def test_another_spelling_stands_above_the_results_and_keeps_the_filters(client: TestClient, misspelt: None) -> None:
    page = client.get("/search?q=irigation+nappes&tag=eau&match=all&sort=title&page=2&per_page=10").text
    line = page.partition('<p class="note spelling">')[2].partition("</p>")[0]
    href = "?q=irrigation+%3Cnappes%3E&amp;match=all&amp;tag=eau&amp;sort=title&amp;per_page=10"
    assert line == (f'Essayez avec cette orthographe\u202f: <a href="{href}" dir="auto">irrigation &lt;nappes&gt;</a>')
    first = client.get("/search?q=nappes").text
    assert first.index("note spelling") < first.index('class="toolbar"')
    within = client.get("/g/lectures/tag/eau?q=titre:irigation").text
    assert 'href="?q=irrigation+%3Cnappes%3E" dir="auto">' in within


def test_a_page_without_another_spelling_says_nothing_of_it(client: TestClient) -> None:
    assert "note spelling" not in client.get("/search?q=irrigation").text
