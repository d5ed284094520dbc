"""The page of a tag contains everything that the page of the replaced system contains."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.formats.import_formats import read_drafts
from kb.indexer import catch_up
from kb.services.imports.import_export import import_items
from kb.services.imports.import_report import ImportOptions
from kb.site import create_app
from tests.factories.library import an_empty_library

PAGE = Path(__file__).resolve().parents[2] / "corpus" / "saved_pages" / "donnees-ouvertes.txt"
TAG = "/g/veille/tag/donn%C3%A9es%20ouvertes"


@pytest.fixture(scope="module")
def saved_page() -> Iterator[TestClient]:
    """The library that a saved page of the replaced system was imported into."""
    library = an_empty_library()
    with PAGE.open("rb") as stream:
        import_items(library, OPERATOR, read_drafts(stream), ImportOptions(group_slug="veille"))
    catch_up(library)
    with TestClient(create_app(library)) as client:
        yield client


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page[page.index("<main") :]))


def article(page: str, title: str) -> str:
    """The row of an item, by the start of its title."""
    return next(part for part in page.split('<article class="row">')[1:] if title in part).split("</article>")[0]


def test_the_page_of_a_tag_says_where_one_is(saved_page: TestClient) -> None:
    page = saved_page.get(TAG).text
    trail = page.split('class="breadcrumb"')[1].split("</nav>")[0]
    assert re.findall(r'href="([^"]+)"', trail) == ["/", "/g/veille", "/g/veille/tags"]
    assert "Veille Rivières &amp; Marais 43" in trail
    assert '<h1 dir="auto">données ouvertes</h1>' in page
    assert '<a class="skip" href="#main">' in page


def test_a_saved_page_offers_feeds_to_people_and_programs(saved_page: TestClient) -> None:
    page = saved_page.get(TAG).text
    link = re.search(r'href="(/follow\?[^"]+)" rel="nofollow">Suivre<', page)
    assert link is not None
    feeds = re.findall(r'type="url" readonly dir="ltr" value="http://[^/"]+([^"]+)"', saved_page.get(link[1]).text)
    assert feeds == [f"{TAG}.atom", f"{TAG}.rss", f"{TAG}.json"]
    for address in feeds:
        assert f'href="{address}"' in page.split("</head>")[0]
        assert saved_page.get(address).status_code == 200


def test_an_item_shows_who_shared_it_its_views_its_source_and_its_date(saved_page: TestClient) -> None:
    page = saved_page.get(TAG).text
    text = text_of("<main" + article(page, "Cartographier les zones humides"))
    assert "La Feuille du bassin 3 mars 2016 partagé par Marthe Vidal-Roche (import) 12 vues" in text
    assert "0 vue" in text_of("<main" + article(page, "Un atlas des sources"))
    said = '<span class="said">partagé par </span>'
    assert f'href="?author=marthe-vidal-roche">{said}Marthe Vidal-Roche (import)</a>' in page


def test_three_passages_then_a_section_with_the_others_then_the_comments(saved_page: TestClient) -> None:
    row = article(saved_page.get(TAG).text, "Cartographier les zones humides")
    before, fold = row.split('<details class="collapsed">')
    folded, after = fold.split("</details>")
    assert "<summary>… 2 autres annotations</summary>" in folded
    assert before.count("<blockquote") == 3
    assert folded.count("<blockquote") == 2
    assert "avec une carte papier et un crayon\N{NO-BREAK SPACE}: l’outil le plus sûr" in before
    assert "bénévoles (72\N{NO-BREAK SPACE}ans)." in before
    assert "La licence choisie permet à la commune voisine de reprendre le fichier tel quel." in folded
    assert "- La Feuille du bassin, 3 mars 2016" in after
    assert "<blockquote" not in after


def test_comments_are_whole_and_in_order(saved_page: TestClient) -> None:
    row = article(saved_page.get(TAG).text, "On ne compte pas les hérons")
    text = text_of("<main" + row)
    assert "La première : la méthode est simple, et elle tient sur une page." in text
    assert text.index("Le compteur s’arrête") < text.index("Deux remarques.") < text.index("apporte tes bottes")


def test_every_passage_has_a_link_of_its_own_that_leads_to_it(saved_page: TestClient) -> None:
    page = saved_page.get(TAG).text
    links = re.findall(r'href="(/items/[^"#?]+)#(a-[^"]+)"', page)
    assert len(links) == len(set(links)) == page.count("<blockquote") + page.count('class="body"')
    for item, anchor in links:
        assert f'id="{anchor}"' in saved_page.get(item).text


def test_a_saved_page_gives_the_range_the_total_and_the_number_of_sharers(saved_page: TestClient) -> None:
    page = saved_page.get(TAG).text
    assert re.search(r'class="range">1 – (\d) sur \1<', page)
    sizes = page.split('class="sizes"')[1].split("</nav>")[0]
    assert re.search(r'aria-current="true">20</a>', sizes)


def test_top_sharers_and_tags_narrow_a_saved_page(saved_page: TestClient) -> None:
    page = saved_page.get(TAG).text
    assert "<h3>Partagé par</h3>" in page
    assert "<h3>Mots-clés de ces signets</h3>" in page
    narrowed = saved_page.get(TAG, params={"author": "paul"}).text
    assert '<span class="answer">1 signet</span>' in narrowed
    assert f'<li><a class="clear" href="{TAG}">' in narrowed
    # The path fixes this filter, so it has no chip.
    assert "données ouvertes" not in narrowed.split('class="chips"')[1].split("</ul>")[0]
