"""The pages of the site itself, and its OpenSearch description, over HTTP."""

from collections.abc import Iterator
from dataclasses import replace
from xml.etree.ElementTree import fromstring

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.services.admin.site_pages import SITE_PAGE_NAMES, save_site_page
from kb.services.core.library import Library
from kb.site import create_app
from tests.factories.library import an_empty_library

HOSTILE = """# <script>alert(1)</script> {{ 7*7 }} "'

<script>alert(2)</script>

[mot](javascript:alert(3)) ![x](https://ailleurs.fr/x.png) {{ 7*7 }} {site}
"""


@pytest.fixture
def library() -> Iterator[Library]:
    library = an_empty_library()
    yield library
    library.close()


@pytest.fixture
def client(library: Library) -> Iterator[TestClient]:
    with TestClient(create_app(library), raise_server_exceptions=False) as client:
        yield client


def foot(page: str) -> str:
    return page.partition('<footer class="footer">')[2]


@pytest.mark.parametrize("name", SITE_PAGE_NAMES)
def test_each_page_says_what_is_to_be_completed_and_how(client: TestClient, name: str) -> None:
    page = client.get(f"/{name}").text
    assert "<mark>[à compléter" in page
    assert f"<code>kb page set {name} {name}.md --lang fr</code>" in page
    assert "<mark>[to be completed" in client.get(f"/{name}?lang=en").text


@pytest.mark.parametrize(
    "address", ["/", "/search", "/rien", "/search?from=hier", "/accessibilite", "/search?q=" + "x" * 33_000]
)
def test_every_page_links_to_the_legal_pages(client: TestClient, address: str) -> None:
    end = foot(client.get(address).text)
    for name, title in zip(
        SITE_PAGE_NAMES, ("Mentions légales", "Données personnelles", "Accessibilité\u202f: non conforme"), strict=True
    ):
        assert f'<a href="/{name}">{title}</a>' in end


def test_the_foot_names_pages_as_their_texts_do(client: TestClient, library: Library) -> None:
    save_site_page(library, OPERATOR, "accessibilite", "fr", "# Accessibilité : {site} conforme\n\nTout.")
    assert '<a href="/accessibilite">Accessibilité : Florilège conforme</a>' in foot(client.get("/").text)
    # A title in another language than the page is marked so; links keep the chosen language.
    assert '<a href="/accessibilite?lang=en" lang="fr">Accessibilité : Florilège conforme</a>' in foot(
        client.get("/?lang=en").text
    )


def test_a_text_of_another_language_is_shown_as_such(client: TestClient, library: Library) -> None:
    save_site_page(library, OPERATOR, "accessibilite", "fr", "# Accessibilité\n\nTout.")
    page = client.get("/accessibilite?lang=en").text
    assert '<article class="prose" lang="fr">' in page
    assert "This page exists in French only." in page
    french = client.get("/accessibilite?lang=fr").text
    assert '<article class="prose">' in french
    assert "n’existe qu’en" not in french


def test_a_complete_text_says_its_day_and_no_command(client: TestClient, library: Library) -> None:
    save_site_page(library, OPERATOR, "accessibilite", "fr", "# Accessibilité\n\nTout.")
    page = client.get("/accessibilite").text
    assert '<p class="note">Texte du ' in page
    assert "kb page set" not in page
    save_site_page(library, OPERATOR, "accessibilite", "fr", "# Accessibilité\n\nTout [à compléter : le reste].")
    assert "kb page set" in client.get("/accessibilite").text


def test_hostile_text_is_shown_and_nothing_more(client: TestClient, library: Library) -> None:
    save_site_page(library, OPERATOR, "mentions-legales", "fr", HOSTILE)
    page = client.get("/mentions-legales").text
    assert "<h1>&lt;script&gt;alert(1)&lt;/script&gt; {{ 7*7 }} &#34;&#39;</h1>" in page
    assert "<p>&lt;script&gt;alert(2)&lt;/script&gt;</p>" in page
    assert "[mot](javascript:alert(3))" in page
    assert "<img" not in page
    assert "<script>alert" not in page


def test_pages_are_read_only(client: TestClient) -> None:
    assert client.post("/accessibilite", content=b"x").status_code == 405


def test_a_browser_finds_the_search_from_every_page(client: TestClient) -> None:
    link = '<link rel="search" type="application/opensearchdescription+xml" href="/opensearch.xml" title="Florilège">'
    for address in ("/", "/search", "/rien", "/accessibilite"):
        assert link in client.get(address).text
    answer = client.get("/opensearch.xml")
    assert answer.headers["content-type"] == "application/opensearchdescription+xml"
    assert "set-cookie" not in answer.headers
    templates = [url.get("template", "") for url in fromstring(answer.content) if url.tag.endswith("}Url")]
    for template in templates:
        search_address = template.replace("{searchTerms}", "%C3%A9t%C3%A9%20%26%20eau").removeprefix(
            "http://127.0.0.1:8000"
        )
        assert client.get(search_address).status_code == 200, template


def test_a_hostile_name_of_the_site_is_words(library: Library) -> None:
    name = '</ShortName> & "l’été" <b>'
    hostile = replace(library, settings=replace(library.settings, site_name=name))
    with TestClient(create_app(hostile)) as client:
        described = fromstring(client.get("/opensearch.xml").content)
        assert name in [element.text for element in described]
        assert "<b>" not in client.get("/mentions-legales").text
