"""The help of the site: every text in both languages, and example searches with the promised results."""

import re
from collections.abc import Iterator
from contextlib import closing
from html import unescape
from itertools import product
from urllib.parse import urlencode

import pytest
from babel.messages.pofile import read_po
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.model.people.group import Role, Visibility
from kb.model.people.user import IMPORT_MARK
from kb.package_data import help_dir, locale_dir
from kb.services.admin.help_texts import HELP_NAMES
from kb.services.core.library import Library
from kb.services.groups.membership import remove_member, set_role
from kb.site import create_app
from kb.translation import LANGUAGES
from tests.factories.items import a_group, an_item
from tests.factories.library import a_library, an_empty_library
from tests.support.browser_sessions import an_account, browsers_of
from tests.unit.test_texts import BARE, shape
from tests.unit.test_translation_catalogs import FAULTS

EXAMPLES = {"Lagazette.fr, 7 nov. 2014", "Lagazette.fr, 7 Nov 2014"}


@pytest.fixture
def client() -> Iterator[TestClient]:
    library = an_empty_library()
    with TestClient(create_app(library), raise_server_exceptions=False) as client:
        yield client
    library.close()


def test_only_an_administrator_reads_the_name_of_a_setting(client: TestClient) -> None:
    page = client.get("/aide/administrer").text
    assert "règle le serveur d’envoi. Sans lui" in page
    assert "KB_" not in page


def text(name: str, language: str) -> str:
    return (help_dir() / f"{name}.{language}.md").read_text(encoding="utf-8")


def test_each_text_is_there_in_each_language_and_no_other() -> None:
    assert {path.name for path in help_dir().iterdir()} == {
        f"{name}.{language}.md" for name, language in product(HELP_NAMES, LANGUAGES)
    }


@pytest.mark.parametrize("name", HELP_NAMES)
def test_both_languages_have_the_same_help_in_good_typography(name: str) -> None:
    french, english = text(name, "fr"), text(name, "en")
    assert shape(french) == shape(english)
    bare = BARE.sub("…", french)
    assert [(fault, fault_text) for fault, pattern in FAULTS.items() for fault_text in pattern.findall(bare)] == []


@pytest.mark.parametrize("name", HELP_NAMES)
def test_words_that_the_help_quotes_are_on_the_pages_of_the_site(name: str) -> None:
    """Links and buttons keep the names that the help quotes."""
    with (locale_dir() / "fr" / "LC_MESSAGES" / "kb.po").open("rb") as stream:
        messages = list(read_po(stream))
    for language, quoted in (("fr", "«\u202f(.+?)\u202f»"), ("en", "“(.+?)”")):
        translations = {message.string if language == "fr" else message.id for message in messages}
        assert set(re.findall(quoted, text(name, language))) <= translations | {"⋯", IMPORT_MARK.strip()} | EXAMPLES


def test_every_page_leads_to_the_help_and_the_help_to_each_text(client: TestClient) -> None:
    assert '<a href="/aide">Aide</a>' in client.get("/rien").text
    page = client.get("/aide?lang=en").text
    for name in HELP_NAMES:
        assert f'href="/aide/{name}?lang=en"' in page
        assert text(name, "en").partition("\n")[0][2:] in page


@pytest.mark.parametrize(("name", "language"), list(product(HELP_NAMES, LANGUAGES)))
def test_links_of_a_text_lead_to_pages(client: TestClient, name: str, language: str) -> None:
    page = client.get(f"/aide/{name}?lang={language}")
    assert page.status_code == 200
    article = page.text.partition("<article")[2].partition("</article>")[0]
    addresses = [unescape(address) for address in re.findall(r'href="([^"]+)"', article)]
    assert addresses
    assert not re.search(r"[{}]", article)
    for address in addresses:
        assert client.get(address).status_code == 200, address


def article_of(client: TestClient, language: str = "fr") -> str:
    page = client.get(f"/aide/recherche?lang={language}").text
    return page.partition("<article")[2].partition("</article>")[0]


def linked_queries(article: str) -> list[str]:
    return [unescape(query) for query in re.findall(r'href="/search\?(q=[^"]+)"', article)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_example_of_the_search_help_is_understood(client: TestClient, language: str) -> None:
    examples = [
        unescape(example)
        for example in re.findall(r"<tr>\s*<td>(?:<a[^>]*>)?<code>(.*?)</code>", article_of(client, language))
    ]
    assert len(examples) > 15
    for example in examples:
        assert client.get(f"/api/v1/search?{urlencode({'q': example})}").json()["understood"], example
    # An empty site has no results.
    assert linked_queries(article_of(client, language)) == []


READ = a_group("lectures", "Lectures")
SECRET = a_group("secret", "Réservé", visible=Visibility.MEMBERS)


@pytest.fixture
def filled() -> Iterator[Library]:
    facts = {
        "group": READ,
        "added": "2021-05-02",
        "url": "https://www.gazette.exemple.fr/1",
        "source": "La Gazette",
        "language": "fr",
    }
    items = [
        an_item("La médiation des bibliothèques rurales", tags=["lecture", "bibliothèques"], **facts),
        an_item("Un budget pour les rivières", tags=["budget", "petites rivières"], **facts),
        an_item("Le plan du licenciement", group=SECRET, tags=["licenciement", "plan social"], source="Confidentiel"),
    ]
    with closing(a_library(*items, groups=[READ, SECRET])) as library:
        an_account(library, "claire")
        set_role(library, OPERATOR, "secret", "claire", Role.MEMBER)
        yield library


@pytest.mark.parametrize("language", LANGUAGES)
def test_examples_of_the_search_help_find_something_on_this_site(filled: Library, language: str) -> None:
    client = TestClient(create_app(filled))
    examples = linked_queries(article_of(client, language))
    assert len(examples) > 8
    for example in examples:
        assert client.get(f"/api/v1/search?{example}".replace("&lang=en", "").replace("&lang=fr", "")).json()[
            "total"
        ], example
    assert any("source%3Agazette" in example for example in examples)
    assert any("gazette.exemple.fr" in example for example in examples)


def test_examples_have_no_word_of_a_group_that_the_reader_may_not_read_any_more(filled: Library) -> None:
    browser = browsers_of(filled, ["claire"])

    def has_example(login: str) -> bool:
        pages = article_of(browser[login]) + browser[login].get("/").text
        return "licenciement" in pages or "confidentiel" in pages.casefold()

    for _ in range(2):
        assert (has_example("claire"), has_example("")) == (True, False)
    remove_member(filled, OPERATOR, "secret", "claire")
    for _ in range(2):
        assert (has_example("claire"), has_example("")) == (False, False)


@pytest.mark.parametrize("address", ["/", "/search?q=zzzz", "/search?tag=rien"])
def test_the_results_page_links_to_the_search_help(client: TestClient, address: str) -> None:
    assert re.search(r'href="/aide(/recherche)?">Aide', client.get(address).text)


@pytest.mark.parametrize(("address", "topic"), [("/search?q=zzzz", "recherche"), ("/saved", "suivre")])
def test_an_empty_page_leads_to_its_help(client: TestClient, address: str, topic: str) -> None:
    page = client.get(address).text
    assert f'href="/aide/{topic}"' in page.partition('class="empty"')[2].partition("</div>")[0]
