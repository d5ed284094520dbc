"""The home page, an item, its outgoing link, static files and health, over HTTP."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from kb.access.actor import ANONYMOUS
from kb.indexer import catch_up
from kb.model.people.group import Visibility
from kb.package_data import static_dir
from kb.services.core.library import Library
from kb.services.items.items import item_page
from kb.site import create_app
from tests.factories.items import a_group, a_reply, a_user, an_annotation, an_item
from tests.factories.library import a_library, an_empty_library

CLAIRE, PAUL = a_user("claire", "Claire Aubert"), a_user("paul-roy", "Paul Roy")
LECTURES = a_group("lectures", "Lectures communes")
SECRET = a_group("secret", "Réservé", visible=Visibility.MEMBERS)
LONG = (
    "La réussite passe par un changement de posture par rapport à l’image traditionnelle de l’administration : les "
    "agents « souhaitent ainsi inscrire leur action dans une démarche de management agile, réactive et moins "
    "hiérarchisée, qui favorisera leur participation » et, partout, celle des habitants."
)
HOSTILE = "</title><script>alert(1)</script>\" onmouseover='x' \u202e{{ 7919*7907 }} &amp; œuvre"


@pytest.fixture(scope="module")
def library() -> Library:
    return a_library(
        an_item(
            "L'archive et le réseau",
            id="archive",
            group=LECTURES,
            author=CLAIRE,
            byline="Jeanne Roux",
            source="La Gazette",
            published="2014-10",
            added="2014-11-01T09:00:00Z",
            description="Ce que l’on garde,\net pourquoi.",
            language="fr",
            url="https://www.exemple.fr/archive?a=1&b=2",
            tags=["mémoire vive"],
            annotations=[
                an_annotation("Les archives ouvertes servent à tous.", id="h1", color="green"),
                an_annotation("À tous ?", id="n1", body="Vraiment à tous.", author=PAUL, added="2014-12-01"),
                an_annotation(
                    None,
                    id="c1",
                    body="À relire.",
                    author=PAUL,
                    replies=[a_reply("Archive relue.", id="r1", author=CLAIRE, added="2015-01-01")],
                ),
            ],
        ),
        an_item("Sans adresse", id="sans", group=LECTURES),
        an_item("Piège", id="piege", group=LECTURES, url="javascript:alert(1)"),
        an_item(
            HOSTILE,
            id="hostile",
            group=LECTURES,
            tags=[HOSTILE],
            source=HOSTILE,
            author=a_user("x", HOSTILE),
            language='fr" onload="x',
            annotations=[an_annotation(HOSTILE, id="hh", color='red" style="x')],
        ),
        an_item("Introuvable", id="cache", group=SECRET, url="https://secret.exemple.fr/"),
        groups=(LECTURES, SECRET),
    )


@pytest.fixture(scope="module")
def client(library: Library) -> Iterator[TestClient]:
    with TestClient(create_app(library), follow_redirects=False) as client:
        yield client


def test_the_home_page_shows_readable_groups_and_the_latest_items(client: TestClient) -> None:
    page = client.get("/").text
    assert 'href="/g/lectures"' in page
    assert "4 signets" in page
    assert "Derniers arrivés" in page
    assert "Réservé" not in page


def test_an_empty_library_leads_a_visitor_to_the_login_and_shows_no_commands() -> None:
    page = TestClient(create_app(an_empty_library())).get("/").text
    assert "Il n’y a encore rien ici" in page
    assert 'href="/login"' in page.partition("<main")[2]
    assert "<code>" not in page


def test_an_item_shows_all_that_people_added_with_anchors(client: TestClient) -> None:
    page = client.get("/items/archive").text
    for anchor in ("a-h1", "a-n1", "a-c1", "a-r1"):
        assert f'id="{anchor}"' in page
    assert '<li class="green" id="a-h1">' in page
    for words in (
        "Vraiment à tous.",
        "Archive relue.",
        "Jeanne Roux",
        "octobre 2014",
        "1er novembre 2014",
        "mémoire vive",
    ):
        assert words in page
    assert "Paul Roy (import), 1er décembre 2014" in page
    assert "Claire Aubert (import), 1er janvier 2015" in page


def test_an_item_marks_the_words_of_the_search_that_led_to_it(client: TestClient) -> None:
    page = client.get("/items/archive", params={"q": "archive"}).text
    assert "L&#39;<mark>archive</mark> et le réseau" in page
    assert "Les <mark>archives</mark> ouvertes servent à tous." in page
    assert "<mark>Archive</mark> relue." in page
    assert 'href="/search?q=archive"' in page


def test_the_way_out_counts_a_view_and_leads_to_the_page(client: TestClient, library: Library) -> None:
    before = item_page(library, ANONYMOUS, "archive").item.views
    answer = client.get("/items/archive/go")
    assert (answer.status_code, answer.headers["location"]) == (303, "https://www.exemple.fr/archive?a=1&b=2")
    assert client.head("/items/archive/go").headers["location"] == "https://www.exemple.fr/archive?a=1&b=2"
    assert item_page(library, ANONYMOUS, "archive").item.views == before + 1


@pytest.mark.parametrize("item_id", ["sans", "piege"])
def test_an_item_without_a_web_address_keeps_its_reader(client: TestClient, item_id: str) -> None:
    assert client.get(f"/items/{item_id}/go").headers["location"] == f"/items/{item_id}"
    assert "/go" not in client.get(f"/items/{item_id}").text


@pytest.mark.parametrize(
    "path", ["/items/cache", "/items/cache/go", "/items/rien", "/items/rien/go", "/items/%00", "/rien"]
)
def test_unreadable_addresses_answer_like_missing_ones(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "Cette page n’existe pas" in answer.text
    assert "Introuvable" not in answer.text


def test_unreadable_content_answers_as_missing_content(client: TestClient) -> None:
    assert client.get("/items/cache").text.replace("cache", "rien") == client.get("/items/rien").text
    assert client.get("/search?group=secret").text.replace("secret", "aucun") == client.get("/search?group=aucun").text


@pytest.mark.parametrize(
    "path", ["/", "/search", "/search?q=oeuvre", "/search?view=passages", "/items/hostile?q=oeuvre"]
)
def test_hostile_texts_are_shown_and_never_executed(client: TestClient, path: str) -> None:
    page = client.get(path).text
    assert "<script>alert" not in page
    assert " onmouseover='" not in page
    assert 'onload="x' not in page
    assert 'style="' not in page
    assert str(7919 * 7907) not in page
    assert "&lt;script&gt;alert(1)" in page or path == "/"


def test_each_language_has_its_pages_and_the_choice_is_kept_by_links_then_by_a_cookie(library: Library) -> None:
    with TestClient(create_app(library)) as client:
        assert '<html lang="fr">' in client.get("/", headers={"accept-language": "en"}).text
        first = client.get("/?lang=en")
        assert '<html lang="en">' in first.text
        assert 'href="/g/lectures?lang=en"' in first.text
        assert first.headers["set-cookie"].startswith("kb-lang=en;")
        second = client.get("/")
        assert '<html lang="en">' in second.text
        assert "lang=en" not in second.text.replace('<html lang="en">', "")
        assert "There is nothing at this address" in client.get("/nothing").text
        assert '<html lang="fr">' in client.get("/?lang=fr").text


def test_a_browser_that_prefers_another_language_is_offered_it(client: TestClient) -> None:
    page = client.get("/search?q=archive", headers={"accept-language": "en-GB,en;q=0.9"}).text
    assert '<a href="/search?q=archive&amp;lang=en" hreflang="en">This page is also available in English.</a>' in page
    assert "also available" not in client.get("/", headers={"accept-language": "fr,en;q=0.5"}).text


def test_static_files_are_kept_for_ever_under_their_version_and_asked_for_again_elsewhere(client: TestClient) -> None:
    page = client.get("/").text
    address = page.split('rel="stylesheet" href="')[1].split('"')[0]
    versioned = client.get(address)
    assert "immutable" in versioned.headers["cache-control"]
    bare = client.get("/static/kb.css")
    assert bare.headers["cache-control"] == "no-cache"
    again = client.get("/static/kb.css", headers={"if-none-match": bare.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = client.get("/static/kb.css", headers={"if-none-match": '"x"'})
    assert other.status_code == 200


@pytest.mark.parametrize("name", ["rien.css", "..%2f..%2fpyproject.toml", "%2e%2e/app.py", "kb.css%00"])
def test_no_other_file_is_ever_served(client: TestClient, name: str) -> None:
    assert client.get(f"/static/{name}").status_code == 404


def test_the_service_says_whether_it_lives_and_whether_it_can_answer(library: Library, client: TestClient) -> None:
    # A test before may have counted a view, and the site is ready once all is indexed.
    catch_up(library)
    assert client.get("/healthz").text == "ok\n"
    # No number: the counts include groups that the caller may not know of.
    ready = client.get("/readyz").json()
    assert ready["status"] == "ready"
    assert ready["index"] in {"current", "behind"}
    assert ready.keys() == {"status", "index", "background", "tasks"}


def test_weights_are_kept(client: TestClient) -> None:
    weights = {
        name: len(client.get(f"/static/{name}", headers={"accept-encoding": "identity"}).content)
        for name in ("kb.css", "kb.js", "suggestions.js", "citations.js", "drafts.js", "lists.js")
    }
    assert min(weights.values()) > 0
    assert weights["kb.css"] <= 20 * 1024
    assert sum(weights.values()) - weights["kb.css"] <= 25 * 1024
    selecting = client.get("/static/selection.js", headers={"accept-encoding": "identity"}).content
    assert 0 < sum(weights.values()) - weights["kb.css"] - weights["lists.js"] + len(selecting) <= 25 * 1024


def test_the_style_sheet_is_served_without_its_comments(client: TestClient) -> None:
    source = (static_dir() / "kb.css").read_bytes()
    served = client.get("/static/kb.css").content
    assert b"/*" in source
    assert b"/*" not in served
    assert len(served) < len(source) * 0.95


def test_scripts_are_served_without_their_lines_of_comment(client: TestClient) -> None:
    source = (static_dir() / "drafts.js").read_text(encoding="utf-8")
    served = client.get("/static/drafts.js").text
    assert served.splitlines() == [line for line in source.splitlines() if not line.lstrip().startswith("//")]
    assert len(served) < len(source)


def test_a_full_page_of_results_is_light(client: TestClient) -> None:
    many = tuple(
        an_item(
            f"Service public numérique numéro {number} : les cadres de la fonction publique",
            id=f"plein{number:011}",
            group=LECTURES,
            order=number,
            author=CLAIRE,
            source="La Gazette des communes",
            published=f"2014-{number % 12 + 1:02}",
            url=f"https://www.exemple.fr/{number}",
            tags=[f"mot clé {number % 30}", "réseau"],
            annotations=[an_annotation(LONG, id=f"p{number:07}-{n:08}") for n in range(number % 5)],
        )
        for number in range(40)
    )
    with TestClient(create_app(a_library(*many, groups=(LECTURES,)))) as full:
        plain = full.get("/search", headers={"accept-encoding": "identity"})
        packed = full.get("/search?q=service+agents", headers={"accept-encoding": "gzip"})
        weight = int(packed.headers["content-length"])
        for line in packed.text.splitlines():
            for mark in ('rel="stylesheet" href="', '<script src="', 'type="image/svg+xml" href="'):
                if mark in line:
                    weight += int(full.get(line.split(mark)[1].split('"')[0]).headers["content-length"])
    assert len(plain.content) <= 40 * 1024
    assert weight <= 100 * 1024
