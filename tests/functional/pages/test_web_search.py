"""The search page, over HTTP."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.model.items.annotation import AnnotationKind
from kb.model.items.item import Item
from kb.model.people.group import Visibility
from kb.services.search.saved_searches import create_saved_search
from kb.site import create_app
from tests.checkers.recorded_queries import recorded_queries, selects
from tests.factories.items import a_group, a_reply, a_user, an_annotation, an_item
from tests.factories.library import a_library

CLAIRE, PAUL = a_user("claire", "Claire Aubert"), a_user("paul-roy", "Paul Roy")
LECTURES, ATELIER = a_group("lectures", "Lectures communes"), a_group("atelier", "Atelier")


def the_items() -> tuple[Item, ...]:
    return (
        an_item(
            "L'archive et le réseau",
            id="archive",
            group=LECTURES,
            order=1,
            author=CLAIRE,
            source="La Gazette",
            published="2014-11-01",
            language="fr",
            url="https://www.exemple.fr/archive",
            tags=["Mémoire", "réseau"],
            annotations=[
                an_annotation("Les archives ouvertes servent à tous.", id="h1"),
                an_annotation("Un réseau de correspondants.", id="h2", color="blue"),
                an_annotation("Une archive se lit lentement.", id="h3"),
                an_annotation("Toute archive ment un peu.", id="h4", author=PAUL),
                an_annotation(
                    None, id="c1", body="À relire.", author=PAUL, replies=[a_reply("Archive relue.", author=CLAIRE)]
                ),
            ],
        ),
        an_item(
            "Ouvrir les données",
            id="donnees",
            group=LECTURES,
            order=2,
            author=PAUL,
            source="La Gazette",
            published="2015-05",
            byline="Léa Blanc et Max Noir",
            language="fr",
            tags=["données"],
            annotations=[an_annotation("Manger ses propres données.", id="h5", kind=AnnotationKind.HIGHLIGHT)],
        ),
        an_item("Open archives", id="open", group=ATELIER, order=3, author=PAUL, language="en", tags=["réseau"]),
    )


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    library = a_library(*the_items(), groups=(LECTURES, ATELIER))
    with TestClient(create_app(library)) as client:
        yield client


class Links(HTMLParser):
    """Each link of a page, by its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self._href: str | None = None
        self._text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._href, self._text = dict(attrs).get("href"), ""

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._href is not None:
            self.found.setdefault(" ".join(self._text.split()), self._href)
            self._href = None


def text_of(page: str) -> str:
    return re.sub(r"[ \n]+", " ", re.sub(r"<[^>]+>", " ", page))


def test_a_search_says_how_many_it_found_and_which_of_them_are_shown(client: TestClient) -> None:
    page = client.get("/search", params={"q": "archive"}).text
    assert "<h1>2 signets pour «\u202farchive\u202f»</h1>" in page
    assert "1 – 2 sur 2" in page


@pytest.mark.parametrize("words", ["archive ", "zzzz "])
def test_a_long_query_is_short_in_the_heading_and_whole_in_the_field(client: TestClient, words: str) -> None:
    query = (words * 100).strip()
    page = client.get("/search", params={"q": query}).text
    (heading,) = re.findall("<h1[^>]*>(.*?)</h1>", page)
    assert f"«\u202f{words}" in heading
    assert "…" in heading
    assert len(heading) < 180
    assert f'value="{query}"' in page


def test_the_words_found_are_marked_whole_and_lead_to_their_passage(client: TestClient) -> None:
    page = client.get("/search", params={"q": "archive"}).text
    assert "Les <mark>archives</mark> ouvertes servent à tous." in page
    assert 'href="/items/archive?q=archive#a-h1"' in page


def test_three_passages_are_shown_and_the_others_are_one_link_away(client: TestClient) -> None:
    page = client.get("/search", params={"q": "archive", "author": "claire"}).text
    assert (
        page.count('"><a href="/items/archive?q=archive#a-') + page.count('<li><a href="/items/archive?q=archive#a-')
        == 3
    )
    assert Links(page).found["5 annotations"] == "/items/archive?q=archive"


@pytest.mark.parametrize("address", ["/search?q=barrage", "/search?kind=note", "/g/notes?q=barrage", "/search"])
@pytest.mark.parametrize("view", ["items", "passages"])
def test_a_note_is_shown_with_the_passage_that_matched(address: str, view: str) -> None:
    group = a_group("notes", "Notes")
    note = an_annotation("Un barrage.", id="n", kind=AnnotationKind.NOTE, body="À vérifier " + "mot " * 60)
    mark = "&" if "?" in address else "?"
    with TestClient(create_app(a_library(an_item("Crues", group=group, annotations=[note]), groups=(group,)))) as site:
        page = site.get(f"{address}{mark}view={view}").text
        both = site.get("/search?q=barrage+verifier").text
    (note_text,) = re.findall(r'<span class="by">Note\u202f: (À vérifier [^<]+)…</span>', page)
    assert 100 < len(note_text) <= 121
    # The other matches are shown by themselves, once.
    assert re.sub("</?mark>", "", both).count("À vérifier") == 1


def test_a_result_says_where_it_comes_from_and_when_in_french(client: TestClient) -> None:
    page_text = text_of(client.get("/search", params={"q": "correspondants"}).text)
    assert "La Gazette 1er novembre 2014 partagé par Claire Aubert (import)" in page_text
    assert "Lire Citer" in page_text


def test_a_facet_value_filters_and_its_chip_removes_the_filter(client: TestClient) -> None:
    everything = client.get("/search").text
    narrowed = client.get(Links(everything).found["Paul Roy (import) 2"].replace("?", "/search?")).text
    assert "<h1>2 signets</h1>" in narrowed
    assert "Partagé par\u202f: Paul Roy (import)" in text_of(narrowed)
    link = Links(narrowed).found["Paul Roy (import) 2 (retirer ce filtre)"]
    assert "<h1>3 signets</h1>" in client.get(link).text


def test_a_result_names_the_author_of_the_page_and_its_sharer(client: TestClient) -> None:
    page_text = client.get("/search", params={"q": "lea"}).text
    titles = [text_of(title).strip() for title in re.findall(r"<h3>(.*?)</h3>", page_text)]
    assert titles[titles.index("Auteur") + 1] == "Partagé par"
    assert "La Gazette Auteur\u202f: Léa Blanc et Max Noir mai 2015 partagé par Paul Roy" in text_of(page_text)
    assert "<mark>Léa</mark> Blanc" in page_text
    chosen = client.get("/search", params={"byline": "Léa Blanc et Max Noir", "author": PAUL.login}).text
    assert "Auteur\u202f: Léa Blanc et Max Noir" in text_of(chosen)
    assert "Partagé par\u202f: Paul Roy (import)" in text_of(chosen)
    item = client.get("/items/donnees", params={"q": "lea"}).text
    by_the_author = '<a href="/g/lectures?byline=L%C3%A9a+Blanc+et+Max+Noir"><mark>Léa</mark> Blanc et Max Noir</a>'
    assert f'<dt>Auteur</dt><dd dir="auto">{by_the_author}</dd>' in item
    passages = client.get("/search", params={"view": "passages", "author": PAUL.login}).text
    assert "<h3>Annoté par</h3>" in passages
    assert "Annoté par\u202f: Paul Roy" in text_of(passages)


def test_a_word_that_nothing_has_is_named(client: TestClient) -> None:
    assert "Dans aucun signet\u202f: <code>xylophone</code>" in client.get("/search?q=archive+xylophone").text
    assert "Dans aucun signet" not in client.get("/search?q=archive").text
    assert "Dans aucun signet" not in client.get("/search?q=xylophone").text


def test_quotation_marks_around_a_query_have_their_spaces(client: TestClient) -> None:
    sheet = re.findall('rel="stylesheet" href="(/static/kb.css[^"]*)"', client.get("/search").text)[0]
    style = client.get(sheet).text
    assert re.search(r'q:lang\(fr\)[^{}]*\{ *quotes: *"«\\202f" "\\202f»"', style)


def test_a_pasted_title_is_answered_without_its_quotation_marks_and_the_page_says_so(client: TestClient) -> None:
    q = 'Pourquoi "ouvrir des archives", encore une fois ?'
    page = client.get("/search", params={"q": q}).text
    sentence = "Résultats sans les guillemets\u202f:"
    assert f"{sentence} Pourquoi ouvrir des archives encore une fois \u202f; chercher plutôt\u202f: {q}" in unescape(
        text_of(page)
    ).replace("  ", " ")
    strict = client.get("/search" + Links(page).found[q]).text
    assert "Rien n’a été trouvé pour" in strict
    assert sentence not in strict
    assert "<entry>" not in client.get("/search.atom", params={"q": q, "match": "any"}).text


def test_every_value_of_every_facet_finds_as_many_as_it_says(client: TestClient) -> None:
    for start in ("/search", "/search?q=archive", "/search?view=passages", "/search?tag=réseau"):
        page = client.get(start).text
        for label, href in Links(page).found.items():
            counted = re.search(r" (\d+)$", label)
            if counted and href.startswith("?"):
                page_text = client.get("/search" + href).text
                assert f"<h1>{counted[1]} " in page_text, (start, label)


def test_a_tag_that_is_chosen_in_another_case_can_be_left(client: TestClient) -> None:
    page = client.get("/search", params={"tag": "mémoire", "q": "archive"}).text
    assert "<h1>1 signet pour" in page
    assert Links(page).found["Mémoire 1 (retirer ce filtre)"] == "?q=archive"


def test_a_value_that_is_chosen_stays_even_at_zero(client: TestClient) -> None:
    page = client.get("/search", params={"source": "Inconnue"}).text
    assert "Inconnue 0 (retirer ce filtre)" in Links(page).found


def test_the_bars_of_the_histogram_are_links_that_say_what_they_count(client: TestClient) -> None:
    page = client.get("/search").text
    assert "<title>novembre 2014\u202f: 1 résultat</title>" in page
    assert 'href="?from=2014-11&amp;to=2014-11"' in page
    assert "1 sans date" in page
    chosen = client.get("/search?from=2014-11&to=2014-11").text
    assert "<h1>1 signet</h1>" in chosen
    assert "novembre 2014\u202f: 1 résultat, retirer ce filtre" in chosen


def test_a_long_time_is_drawn_by_year_and_a_year_by_month_each_bar_counting_what_it_finds() -> None:
    dates = ("1998", "1998-03", "2004-05-06", "2004-05-07", "2012", "2013-01", None)
    items = (an_item(f"Titre {place}", group=LECTURES, order=place, published=date) for place, date in enumerate(dates))
    with TestClient(create_app(a_library(*items, groups=(LECTURES,)))) as long:
        page = long.get("/search").text
        bars = re.findall(r'<a href="(\?from[^"]+)"><title>([^<]+)</title>', page)
        assert [name for _, name in bars] == [
            "1998\u202f: 2 résultats",
            "2004\u202f: 2 résultats",
            "2012\u202f: 1 résultat",
            "2013\u202f: 1 résultat",
        ]
        for href, name in bars:
            total = name.split(": ")[1].split(" ")[0]
            assert f"<h1>{total} signet" in long.get("/search" + href.replace("&amp;", "&")).text
        year = long.get("/search?from=1998&to=1998").text
        assert "mars 1998\u202f: 2 résultats" in year
        assert "avril 1998\u202f: 1 résultat" in year


def test_passages_are_shown_with_the_item_they_stand_in(client: TestClient) -> None:
    page = client.get("/search", params={"q": "lentement", "view": "passages"}).text
    assert "<h1>1 passage pour" in page
    assert "Une archive se lit <mark>lentement</mark>." in page
    assert "L&#39;archive et le réseau" in page


def test_nothing_found_says_which_filter_hides_results_and_how_many(client: TestClient) -> None:
    page = client.get("/search", params={"q": "archive", "tag": "données", "language": "fr"}).text
    assert "Rien n’a été trouvé" in page
    assert "Sans «\u202fMot-clé\u202f: données\u202f» 1 résultat" in text_of(page)


def test_a_search_by_words_without_result_explains_what_to_type(client: TestClient) -> None:
    page = client.get("/search", params={"q": "zzzzzz"}).text
    assert "Vérifiez l’orthographe" in page


def test_a_page_number_past_the_last_links_back(client: TestClient) -> None:
    answer = client.get("/search", params={"q": "archive", "page": 99})
    assert answer.status_code == 200
    assert Links(answer.text).found["Aller à la dernière page, la page 1"] == "?q=archive"


def test_pages_are_numbered_and_keep_the_search(client: TestClient) -> None:
    page = client.get("/search", params={"per_page": 1, "page": 2}).text
    links = Links(page).found
    assert links["Page 3"] == "?page=3&per_page=1"
    assert links["Précédente"] == "?per_page=1"
    assert links["Suivante"] == "?page=3&per_page=1"
    assert "2 – 2 sur 3" in page


def test_ignored_parts_of_a_query_are_named(client: TestClient) -> None:
    page = client.get("/search", params={"q": "archive avant:hier"}).text
    assert "Cherché comme de simples mots" in page
    assert "avant:hier" in page


def test_the_form_keeps_the_filters_and_leaves_the_page(client: TestClient) -> None:
    page = client.get(
        "/search", params={"q": "archive", "tag": "réseau", "page": 2, "sort": "title", "from": "2014"}
    ).text
    assert '<input type="hidden" name="tag" value="réseau">' in page
    assert '<input type="hidden" name="sort" value="title">' in page
    assert 'name="page"' not in page
    assert re.search(r'name="from"[^>]*value="2014"', page)


def test_the_words_of_another_language_are_said_to_be_so(client: TestClient) -> None:
    page = client.get("/search").text
    assert 'href="/items/open" lang="en"' in page


def test_the_feeds_of_a_search_are_told_to_programs(client: TestClient) -> None:
    page = client.get("/search", params={"q": "archive", "tag": "réseau"}).text
    # Feed readers take every JSON alternate for a feed: the feed is the only one.
    assert re.findall(r'<link rel="alternate" type="application/(?:\w+\+)?json"[^>]* href="([^?"]+)', page) == [
        "/search.json"
    ]


def test_a_search_sends_few_queries_however_many_results_it_shows(client: TestClient) -> None:
    with recorded_queries() as counted:
        client.get("/search", params={"q": "archive"})
    assert 0 < len(selects(counted)) <= 12


def days_ago(days: int) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).isoformat()


@pytest.fixture
def week() -> Iterator[TestClient]:
    """Four pages about archives: three were added this week, and all are from another year."""
    library = a_library(
        *(
            an_item(
                f"Archive {days}", id=f"d{days}", order=days, group=LECTURES, published="2014-11", added=days_ago(days)
            )
            for days in (3, 1, 6, 8)
        ),
        an_item("Rien à voir", id="autre", group=LECTURES, order=9, added=days_ago(0)),
        groups=(LECTURES,),
    )
    create_saved_search(library, OPERATOR, "lectures", "Archives", "q=archive introuvable&from=2014&to=2014")
    with TestClient(create_app(library)) as client:
        yield client


def titles_of(page: str) -> list[str]:
    return re.findall(r'class="title"><a [^>]*>(.*?)</a>', page.replace("<mark>", "").replace("</mark>", ""))


@pytest.mark.parametrize(
    ("path", "label"),
    [("/", "Archives +3 cette semaine"), ("/saved", "3 nouveautés"), ("/g/lectures", "Archives +3 cette semaine")],
)
def test_the_number_of_new_results_opens_exactly_those_the_last_added_first(
    week: TestClient, path: str, label: str
) -> None:
    new = next(href for text, href in Links(week.get(path).text).found.items() if text.startswith(label))
    page = week.get(new).text
    assert titles_of(page) == ["Archive 1", "Archive 3", "Archive 6"]
    assert "Ajouté\u202f: depuis 7 jours" in text_of(page)
    assert "novembre 2014 ajouté le " in text_of(page)
    # The page of the saved search has the same link, and its chip links back.
    whole = week.get(new.partition("?")[0]).text
    assert titles_of(whole) == ["Archive 1", "Archive 3", "Archive 6", "Archive 8"]
    assert '<a href="?since=7d">3 nouveautés' in whole
    back = next(href for label, href in Links(page).found.items() if label.startswith("Ajouté :"))
    assert back in {new.partition("?")[0], "?"}
    # A feed follows the query, not the days.
    follow = Links(page).found["Suivre"]
    assert "since" not in parse_qs(urlsplit(follow).query)["feed"][0]
    assert "since" not in Links(week.get(follow).text).found["4 signets"]


def test_a_result_says_when_it_was_added_or_the_date_it_is_sorted_by(week: TestClient) -> None:
    for address in ("/g/lectures", "/search?q=archive", "/search?q=archive&date=added&from=2020", "/search?sort=title"):
        assert "novembre 2014 ajouté le " in text_of(week.get(address).text), address
    updated = text_of(week.get("/search?q=archive&sort=updated").text)
    assert "ajouté le " not in updated
    for sort, is_shown in (("popular", True), ("recent", False)):
        assert ("0 vue" in text_of(week.get(f"/search?q=archive&sort={sort}").text)) is is_shown


def test_the_last_days_are_chosen_beside_the_results_and_left_again(week: TestClient) -> None:
    links = Links(week.get("/search?q=archive").text).found
    assert titles_of(week.get("/search" + links["7 jours"]).text) == [
        "Archive 1",
        "Archive 3",
        "Archive 6",
    ]
    assert len(titles_of(week.get("/search" + links["30 jours"]).text)) == 4
    chosen = Links(week.get("/search" + links["7 jours"]).text).found
    back = next(href for label, href in chosen.items() if label.startswith("Ajouté : depuis 7 jours"))
    assert len(titles_of(week.get("/search" + back).text)) == 4
    assert "7 jours" not in chosen
    assert "30 jours" in chosen
    wrong = week.get("/search?since=hier")
    assert wrong.status_code == 400
    assert week.get("/api/v1/search?q=archive&since=7d").json()["total"] == 3


def proposals_of(page: str) -> dict[str, tuple[str, int]]:
    """The suggested searches of a page without results: address and number of results by label."""
    rows = re.findall(r'<li><a class="action-link" href="([^"]+)" dir="auto">([^<]+)</a> <b>(\d+) résultats?</b>', page)
    return {unescape(label).replace("\u202f", " "): (unescape(href), int(count)) for href, label, count in rows}


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"q": "réseau xylophonique", "match": "all"}, {"réseau"}),
        ({"q": '"réseau lentement"'}, {"réseau lentement", "réseau", "lentement"}),
        ({"q": "corresp", "sort": "recent"}, {"corresp*"}),
        ({"q": "étiquette:donnee"}, {"données"}),
        ({"q": "étiquette:reso"}, {"réseau"}),
        ({"q": "lentement étiquette:reso", "sort": "recent"}, {"réseau"}),
        ({"tag": "memoires"}, {"Mémoire", "Sans « Mot-clé : memoires »"}),
        ({"q": "étiquette:xyz"}, {"réseau", "données", "Mémoire"}),
        ({"q": "zzzzzz"}, {"réseau", "données", "Mémoire"}),
        ({"q": "lentement", "group": "atelier"}, {"Dans tous les groupes"}),
        (
            {"q": "archive", "tag": "données", "language": "fr"},
            {"Sans « Mot-clé : données »"},
        ),
    ],
)
def test_each_search_that_is_proposed_instead_finds_as_many_as_it_says(
    client: TestClient, params: dict[str, str], expected: set[str]
) -> None:
    page = client.get("/search", params=params).text
    proposed = proposals_of(page)
    assert set(proposed) == expected
    for href, count in proposed.values():
        other = client.get(href if href.startswith("/") else "/search" + href).text
        assert re.search(rf"<h1>{count} signets?\b", other), href


def test_a_page_without_results_has_one_title_and_says_what_was_searched(client: TestClient) -> None:
    page = client.get(
        "/search", params={"q": "lentement", "author": "paul-roy", "from": "2016", "group": "lectures"}
    ).text
    assert page.count("Rien n’a été trouvé") == 2, "in the title of the window, and in the heading"
    assert "<h2>" not in page[page.index('<div class="empty">') :].split("</div>")[0]
    searched = text_of(page).replace("\u202f", " ")
    assert (
        "Ce qui a été cherché : « lentement », Groupe : Lectures communes, Partagé par : Paul Roy (import),"
        " Depuis : 2016." in searched
    )
    assert "Tous les signets" in Links(page).found
    assert 'class="histogram"' not in page


def test_a_tag_that_no_item_has_is_named_where_none_is_like_it(client: TestClient) -> None:
    page = client.get("/search", params={"q": "étiquette:xyz"}).text
    assert "Aucun mot-clé ne ressemble à «\u202fxyz\u202f»" in page


def test_no_tag_of_a_closed_group_is_proposed() -> None:
    closed = a_group("cave", "Cave", visible=Visibility.MEMBERS)
    secret = an_item("Secret", id="secret", group=closed, tags=["réseaux secrets"])
    with TestClient(create_app(a_library(*the_items(), secret, groups=(LECTURES, ATELIER, closed)))) as client:
        for query in ("étiquette:reseaux", "étiquette:secre", "zzzzzz"):
            page = client.get("/search", params={"q": query}).text
            assert proposals_of(page)
            assert "secrets" not in page


def test_where_no_passage_has_a_word_the_items_that_have_it_are_proposed() -> None:
    item = an_item("Le salon", group=LECTURES, annotations=[an_annotation("Selon les élus.")])
    with TestClient(create_app(a_library(item, groups=(LECTURES,)))) as site:
        page = site.get("/search?q=salon&view=passages").text
    assert "Rien n’a été trouvé pour" in page
    assert '<a class="action-link" href="?q=salon" dir="auto">Signets</a> <b>1 résultat</b>' in page
