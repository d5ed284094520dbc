"""Crawlers and other sites get rules, the site map and link previews of public pages, and nothing else."""

import re
from collections.abc import Iterator
from urllib.robotparser import RobotFileParser
from xml.etree.ElementTree import fromstring

import pytest
from starlette.testclient import TestClient

from kb.model.people.group import Visibility
from kb.services.items import public_items
from kb.site import create_app
from tests.factories.items import a_group, an_annotation, an_item
from tests.factories.library import a_library

BASE = "http://127.0.0.1:8000"
PUBLIC = a_group("lectures", 'Lectures "communes" & <b>')
SIGNED_IN = a_group("interne", "Interne", visible=Visibility.SIGNED_IN)
SECRET = a_group("secret", "Réservé", visible=Visibility.MEMBERS)


@pytest.fixture
def client() -> Iterator[TestClient]:
    library = a_library(
        an_item(
            'Un titre "cité" & <b>',
            id="public-1",
            group=PUBLIC,
            added="2014-11-07T09:12:00Z",
            annotations=[an_annotation("Un  passage\nde la page.", id="h1")],
        ),
        an_item("Deux", id="public-2", group=PUBLIC, description="Ce que la page dit."),
        an_item("Trois", id="public-3", group=PUBLIC),
        an_item("Caché", id="interne-1", group=SIGNED_IN, description="Rien pour les autres."),
        an_item("Caché", id="secret-1", group=SECRET),
        groups=(PUBLIC, SIGNED_IN, SECRET),
    )
    with TestClient(create_app(library), raise_server_exceptions=False) as client:
        yield client
    library.close()


def addresses(client: TestClient, path: str) -> list[str]:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/xml")
    return [element.text or "" for element in fromstring(answer.content).iter() if element.tag.endswith("}loc")]


def test_robots_may_read_public_pages_and_nothing_endless_or_personal(client: TestClient) -> None:
    rules = client.get("/robots.txt")
    assert rules.headers["content-type"].startswith("text/plain")
    assert f"Sitemap: {BASE}/sitemap.xml" in rules.text
    parser = RobotFileParser()
    # Python's parser only supports prefixes of paths.
    parser.parse([line for line in rules.text.splitlines() if not re.search(r"[*$].|\$", line.partition(": ")[2])])
    for path in ("/", "/g/lectures", "/g/lectures/tag/eau", "/items/public-1", "/aide", "/mentions-legales"):
        assert parser.can_fetch("*", BASE + path), path
    for path in (
        "/search?q=a",
        "/search.atom",
        "/export",
        "/review?q=a",
        "/follow?feed=/g/lectures.atom",
        "/account/feeds",
        "/admin",
        "/login",
        "/api/v1/me",
    ):
        assert not parser.can_fetch("*", BASE + path), path
    for rule in ("/*?*key=", "/items/*?", "/g/*?"):
        assert f"Disallow: {rule}\n" in rules.text


def test_the_site_map_has_each_public_page_once_and_no_other(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(public_items, "PORTION", 2)
    parts = addresses(client, "/sitemap.xml")
    assert parts == [f"{BASE}/sitemap/{name}.xml" for name in ("groups", "1", "2")]
    pages = [page for part in parts for page in addresses(client, part.removeprefix(BASE))]
    assert len(pages) == len(set(pages))
    assert {page for page in pages if "/items/" in page} == {f"{BASE}/items/public-{n}" for n in (1, 2, 3)}
    assert [page for page in pages if "/g/" in page] == [f"{BASE}/g/lectures"]
    assert f"{BASE}/mentions-legales" in pages
    for page in pages:
        assert client.get(page.removeprefix(BASE)).status_code == 200, page
    assert "<lastmod>2014-11-07T09:12:00Z</lastmod>" in client.get("/sitemap/1.xml").text


@pytest.mark.parametrize("part", ["0", "3", "-1", "9999999", "²", "rien"])
def test_a_portion_that_is_not_there_is_not_found(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    monkeypatch.setattr(public_items, "PORTION", 2)
    assert client.get(f"/sitemap/{part}.xml").status_code == 404


def test_a_link_to_a_public_page_has_a_preview(client: TestClient) -> None:
    item = client.get("/items/public-1").text
    assert '<meta property="og:title" content="Un titre &#34;cité&#34; &amp; &lt;b&gt;">' in item
    assert '<meta property="og:description" content="Un passage de la page.">' in item
    assert f'<link rel="canonical" href="{BASE}/items/public-1">' in item
    assert '<meta property="og:site_name" content="Florilège">' in item
    assert "og:image" not in item
    group = client.get("/g/lectures").text
    assert '<meta property="og:title" content="Lectures &#34;communes&#34; &amp; &lt;b&gt;">' in group
    assert "og:title" not in client.get("/g/lectures?q=un").text
    for address in ("/items/interne-1", "/g/secret", "/search", "/"):
        assert "og:" not in client.get(address).text
