"""A group's library, its tags and its contributors, over HTTP."""

import re
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.model.people.group import Visibility
from kb.services.search.saved_searches import create_saved_search
from kb.site import create_app
from tests.checkers.recorded_queries import recorded_queries, selects
from tests.factories.items import a_group, a_reply, a_user, an_annotation, an_item
from tests.factories.library import a_library

CLAIRE, PAUL = a_user("claire", "Claire Aubert"), a_user("paul-roy", "Paul Roy")
LECTURES = a_group("lectures", "Lectures communes", description="Ce que nous lisons <ensemble>.")
VIDE, SECRET = a_group("vide", "Groupe vide"), a_group("secret", "Réservé", visible=Visibility.MEMBERS)
ODD = ("a/b", "c#", "v1.rss", "..", "a/../b", "100 %", "🌊 eau", "<b>gras</b>", "a?b=1&c", "été", "x.html", "a+b", ".")


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    thread = an_annotation(
        None,
        id="c1",
        body="À relire.",
        author=PAUL,
        added="2014-12-01",
        replies=[a_reply("C’est relu.", id="r1", author=CLAIRE, added="2015-01-01")],
    )
    library = a_library(
        an_item(
            "L’archive et le réseau",
            id="archive",
            group=LECTURES,
            order=1,
            author=CLAIRE,
            url="https://www.exemple.fr/archive",
            tags=["agents", "réseau"],
            published="2014-11",
            annotations=[thread, *(an_annotation(f"Passage {number}.", id=f"h{number}") for number in range(18))],
        ),
        an_item("Les agents", id="agents", group=LECTURES, order=2, author=PAUL, tags=["agents", "réseau"]),
        *(
            an_item(f"Étrange {place}", id=f"odd{place}", group=LECTURES, order=10 + place, tags=[tag])
            for place, tag in enumerate(ODD)
        ),
        an_item(
            "Introuvable",
            id="cache",
            group=SECRET,
            order=99,
            tags=["agents", "caché"],
            author=a_user("zoe", "Zoé Secrète"),
        ),
        groups=(LECTURES, VIDE, SECRET),
    )
    create_saved_search(library, OPERATOR, "lectures", "Nos agents", "q=agents&tag=agents")
    with TestClient(create_app(library)) as client:
        yield client


def article(page: str, title: str) -> str:
    """The row of an item, by the start of its title."""
    return next(part for part in page.split('<article class="row">')[1:] if title in part).split("</article>")[0]


def test_another_tag_adds_to_the_tag_of_the_page(client: TestClient) -> None:
    page = client.get("/g/lectures/tag/agents").text
    assert '<span class="answer">2 signets</span>' in page
    assert 'href="?tag=r%C3%A9seau"' in page
    both = client.get("/g/lectures/tag/agents?tag=r%C3%A9seau&author=paul-roy").text
    assert '<span class="answer">1 signet</span>' in both
    assert "Mot-clé" in both.split('class="chips"')[1].split("</ul>")[0]


def test_a_library_filtered_by_one_tag_leads_to_the_page_of_the_tag(client: TestClient) -> None:
    link = '<a href="/g/lectures/tag/agents">Page de ce mot-clé</a>'
    assert link in client.get("/g/lectures?tag=agents").text
    for other in ("", "?tag=agents&tag=r%C3%A9seau", "?tag=agents&author=claire", "?tag=agents&q=archive"):
        assert "Page de ce mot-clé" not in client.get(f"/g/lectures{other}").text
    assert "Page de ce mot-clé" not in client.get("/g/lectures/tag/agents").text


def test_the_way_back_to_results_keeps_french_spaces_inside_the_quotes(client: TestClient) -> None:
    assert "Résultats pour «\u202fles agents\u202f»" in client.get("/items/archive?q=les+agents").text


def test_a_row_of_the_library_has_one_passage_and_the_number_of_annotations(client: TestClient) -> None:
    row = article(client.get("/g/lectures").text, "L’archive et le réseau")
    assert row.count('<li><a href="/items/archive#a-') == 1
    assert '<ul class="passages brief">' in row
    assert '<a class="count" href="/items/archive">19 annotations</a>' in row
    found = article(client.get("/g/lectures?q=passage").text, "L’archive et le réseau")
    assert found.count("<mark>Passage</mark>") == 3


def test_a_collapsed_section_is_bounded_and_links_to_the_item(client: TestClient) -> None:
    row = article(client.get("/g/lectures/tag/agents").text, "L’archive et le réseau")
    folded = row.split('<details class="collapsed">')[1].split("</details>")[0]
    assert "<summary>… 15 autres annotations</summary>" in folded
    assert folded.count("<blockquote") == 12
    assert '<a href="/items/archive">… 3 autres annotations</a>' in folded


def test_threads_are_indented_with_who_and_when(client: TestClient) -> None:
    row = article(client.get("/g/lectures/tag/agents").text, "L’archive et le réseau")
    assert "Paul Roy (import), 1er décembre 2014" in row
    replies = row.split('<ol class="replies"')[1].split("</ol>")[0]
    assert "C’est relu." in replies
    assert "Claire Aubert (import), 1er janvier 2015" in replies


def test_words_that_are_found_come_first_and_marked(client: TestClient) -> None:
    row = article(client.get("/g/lectures/tag/agents", params={"q": '"Passage 17"'}).text, "L’archive et le réseau")
    assert row.index("<mark>Passage 17</mark>") < row.index('<details class="collapsed">')
    assert "Passage 0." in row.split('<details class="collapsed">')[1]


def test_the_search_stays_in_the_library_and_can_leave_it(client: TestClient) -> None:
    for address in ("/g/lectures", "/g/lectures/tag/agents"):
        page = client.get(address, params={"q": "agents", "author": "claire"}).text
        form = page.split('<form class="ask"')[1].split("</form>")[0]
        assert f'action="{address}"' in form
        assert 'formaction="/search" aria-label="Chercher partout">Partout</button>' in form
        assert '<input type="hidden" name="author" value="claire">' in form
        assert 'name="group"' not in form
        assert 'name="tag"' not in form
        assert "Chercher dans Lectures communes" in form


def test_the_bare_library_says_what_it_is_and_which_searches_it_keeps(client: TestClient) -> None:
    page = client.get("/g/lectures").text
    assert "Ce que nous lisons &lt;ensemble&gt;." in page
    assert "Recherches enregistrées" in page
    assert re.search(r'href="/saved/[^"]+"><span>Nos agents</span></a>', page)
    assert 'href="/follow?feed=%2Fg%2Flectures.atom"' in page
    assert 'href="/g/lectures.opml"' in client.get("/follow?feed=/g/lectures.atom").text
    assert client.get("/g/lectures.opml").status_code == 200
    narrowed = client.get("/g/lectures?q=agents").text
    assert "Recherches enregistrées" not in narrowed
    assert "Ce que nous lisons" not in narrowed


@pytest.mark.parametrize("tag", ODD)
def test_every_tag_has_its_page_whatever_it_is(client: TestClient, tag: str) -> None:
    tags = client.get("/g/lectures/tags").text
    listed = re.findall(r'<li><a href="([^"]+)"><span dir="auto">([^<]*)</span>', tags)
    address = next(href.replace("&amp;", "&") for href, label in listed if label == _escaped(tag))
    page = client.get(address)
    assert page.status_code == 200, address
    assert '<span class="answer">1 signet</span>' in page.text
    assert f"Étrange {ODD.index(tag)}" in page.text
    assert _escaped(tag) in page.text
    assert "<b>gras</b>" not in page.text


def test_a_tag_that_ends_as_a_feed_has_a_page_and_feeds(client: TestClient) -> None:
    page = client.get("/g/lectures/tag/v1.rss?format=html").text
    assert "Étrange 2" in page
    assert 'href="/g/lectures/tag/v1.rss.atom"' in page or "format=atom" in page
    feed = client.get("/g/lectures/tag/v1.rss?format=rss")
    assert feed.headers["content-type"].startswith("application/rss+xml")
    assert client.get("/g/lectures/tag/agents.json").json()["items"]


def test_the_tags_are_there_by_name_and_by_number(client: TestClient) -> None:
    page = client.get("/g/lectures/tags").text
    cloud = page.split('class="cloud"')[1].split("</ul>")[0]
    names = re.findall(r'<span dir="auto">([^<]*)</span>', cloud)
    assert names.index("agents") < names.index("été") < names.index("réseau")
    assert 'class="t5" href="/g/lectures/tag/agents"' in cloud
    counts = [int(count) for count in re.findall(r"<b>(\d+)</b>", page.split('class="columns"')[1])]
    assert counts[0] == 2
    assert counts == sorted(counts, reverse=True)
    assert "caché" not in page


def test_the_tags_are_narrowed_without_a_script(client: TestClient) -> None:
    page = client.get("/g/lectures/tags", params={"q": "ETE"}).text
    assert re.findall(r'<span dir="auto">([^<]*)</span>', page) == ["été", "été"]
    none = client.get("/g/lectures/tags", params={"q": "zzz"}).text
    assert "Aucun mot-clé de ce groupe ne contient ces lettres" in none
    assert 'value="zzz"' in none


def test_contributors_lead_to_what_they_shared(client: TestClient) -> None:
    page = client.get("/g/lectures/members").text
    assert re.search(
        r'<a href="/g/lectures\?author=claire" dir="auto">Claire Aubert \(import\)</a></th>\s*'
        r'<td class="role">importé</td>\s*'
        r'<td [^>]*data-label="Signets">1</td>\s*<td [^>]*data-label="Annotations">1</td>\s*'
        r'<td data-label="Dernière activité">1er janvier 2015</td>',
        page,
    )
    assert "Zoé" not in page
    shared = client.get("/g/lectures?author=claire").text
    assert '<span class="answer">1 signet</span>' in shared


def test_a_member_who_only_annotated_links_to_the_annotations() -> None:
    item = an_item(group=LECTURES, author=CLAIRE, annotations=[an_annotation(None, body="Vu.", author=PAUL)])
    with TestClient(create_app(a_library(item, groups=(LECTURES,)))) as client:
        page = client.get("/g/lectures/members").text
        address = page.split(">Paul Roy (import)</a>")[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
        assert '<span class="answer">1 passage</span>' in client.get(address).text


@pytest.mark.parametrize(
    "part",
    ["", "/tags", "/members", "/vocabulary", "/vocabulary.ttl", "/tag/agents", "/tag/agents.atom", ".opml", ".rss"],
)
def test_a_group_that_may_not_be_read_is_not_there(client: TestClient, part: str) -> None:
    closed, unknown = client.get(f"/g/secret{part}"), client.get(f"/g/aucun{part}")
    assert closed.status_code == unknown.status_code == 404
    assert closed.text.replace("secret", "aucun") == unknown.text


@pytest.mark.parametrize("path", ["/g/", "/g/LECTURES", "/g/lectures/rien", "/g/lectures/tag/", "/g/%00", "/g/a.b"])
def test_other_addresses_do_not_exist(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_an_empty_group_explains_how_to_fill_it(client: TestClient) -> None:
    page = client.get("/g/vide").text
    assert "Ce groupe n’a encore rien gardé" in page
    assert "Les pages que ses membres garderont apparaîtront ici." in page
    # Readers of the page cannot use a command.
    assert "kb import" not in page
    assert "Aucun signet ne porte encore de mot-clé" in client.get("/g/vide/tags").text
    assert "Personne n’a encore rien partagé ici" in client.get("/g/vide/members").text


def test_an_unused_tag_leads_to_the_group(client: TestClient) -> None:
    page = client.get("/g/lectures/tag/rien").text
    assert "Aucun signet de ce groupe ne porte ce mot-clé" in page
    assert 'class="action-link" href="/g/lectures"' in page
    # The same message as for any tag that the user may not read.
    hidden = client.get("/g/lectures/tag/cach%C3%A9").text
    for spelt in ("cach%25C3%25A9", "cach%C3%A9", "caché"):
        hidden = hidden.replace(spelt, "rien")
    assert hidden == page


def test_an_invalid_parameter_is_reported(client: TestClient) -> None:
    assert client.get("/g/lectures?page=0").status_code == 400
    assert client.get("/g/lectures/tag/" + "x" * 600).status_code in (200, 400)


def test_a_group_shows_few_saved_searches_and_few_values_of_a_facet() -> None:
    """So that the first result stands after 35 links and buttons at most."""
    tags = [f"mot {number}" for number in range(9)]
    library = a_library(an_item(id="i1", group=LECTURES, tags=tags), groups=(LECTURES,))
    client = TestClient(create_app(library))

    def shown() -> list[str]:
        return re.findall(r'href="/saved[^"]*"><span>([^<]+)</span></a>', client.get("/g/lectures").text)

    for number in range(3):
        create_saved_search(library, OPERATOR, "lectures", f"Recherche {number}", "q=agents")
    assert len(shown()) == 3
    create_saved_search(library, OPERATOR, "lectures", "Recherche 3", "q=agents")
    assert len(shown()) == 3
    assert shown()[-1] == "Toutes les recherches enregistrées"
    facet = client.get("/g/lectures").text.split("voir plus")[0]
    assert sum(f"<span>{tag}</span>" in facet for tag in tags) == 5


def test_the_first_page_leads_to_the_groups_and_to_saved_searches(client: TestClient) -> None:
    page = client.get("/").text
    groups = page.split('class="groups"')[1].split("</ul>")[0]
    assert 'href="/g/lectures"' in groups
    assert "<span>15 signets</span> <span>19 annotations</span>" in groups
    assert "Ce que nous lisons &lt;ensemble&gt;." in groups
    assert "Réservé" not in page
    assert "Nos agents" in page


def test_an_item_links_back_to_the_listing_that_led_to_it(client: TestClient) -> None:
    headers = {"host": "testserver", "referer": "http://testserver/g/lectures/tag/agents?page=2"}
    page = client.get("/items/archive", headers=headers).text
    assert 'href="/g/lectures/tag/agents?page=2">← Retour à la liste' in page
    assert 'href="/g/lectures/tag/r%C3%A9seau"' in page
    trail = page.split('class="breadcrumb"')[1].split("</nav>")[0]
    assert re.findall(r'href="([^"]+)"', trail) == ["/", "/g/lectures"]


@pytest.mark.parametrize(
    "referer",
    ["", "https://ailleurs.example/g/lectures", "http://testserver/items/archive", "http://testserver//x", "http://["],
)
def test_an_item_leads_back_to_no_other_place(client: TestClient, referer: str) -> None:
    page = client.get("/items/archive", headers={"referer": referer}).text
    assert "Retour à la liste" not in page
    assert "ailleurs" not in page


def test_a_page_sends_few_queries_however_much_it_shows(client: TestClient) -> None:
    with recorded_queries() as counted:
        client.get("/g/lectures")
        whole = len(selects(counted))
        counted.clear()
        client.get("/g/lectures?per_page=1&page=2")
        select_count = len(selects(counted))
    assert 0 < select_count <= whole <= 24


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
