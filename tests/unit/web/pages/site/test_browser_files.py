"""The OpenSearch description, with which a browser adds the site as a search engine."""

from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

import pytest

from kb.settings import default_settings_in
from kb.web.pages.site.browser_files import LONGEST_SHORT_NAME, opensearch_description, truncate_name

HERE = "{http://a9.com/-/spec/opensearch/1.1/}"
SETTINGS = replace(default_settings_in(Path("/srv/kb")), base_url="https://lire.exemple.fr")


def described(**changes: str) -> Element:
    return fromstring(opensearch_description(replace(SETTINGS, **changes)))


def text(root: Element, name: str) -> str:
    element = root.find(HERE + name)
    assert element is not None
    return element.text or ""


def test_addresses_are_whole_and_ask_for_the_words() -> None:
    templates = {url.get("type"): url.get("template") for url in described().iter(HERE + "Url")}
    assert templates == {
        "text/html": "https://lire.exemple.fr/search?q={searchTerms}",
        "application/atom+xml": "https://lire.exemple.fr/search.atom?q={searchTerms}",
        "application/x-suggestions+json": "https://lire.exemple.fr/suggest?q={searchTerms}",
        "application/opensearchdescription+xml": "https://lire.exemple.fr/opensearch.xml",
    }
    assert text(described(), "Image").startswith("https://lire.exemple.fr/static/favicon.svg?v=")


def test_the_description_is_in_the_language_of_the_site() -> None:
    assert text(described(), "Language") == "fr"
    assert text(described(), "Description") == "Chercher dans les lectures que conserve Florilège."
    assert text(described(language="en"), "Description") == "Search the readings that Florilège keeps."


def test_hostile_names_are_words_and_nothing_else() -> None:
    name = '</ShortName><Url template="javascript:x"/> & ]]> {searchTerms} \u202e\''
    root = described(site_name=name)
    assert text(root, "LongName") == truncate_name(name, 48)
    assert text(root, "Description").count(name) == 1
    assert len(list(root.iter(HERE + "Url"))) == 4


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Florilège", "Florilège"),
        ("Seize caractères", "Seize caractères"),
        ("Bibliothèque départementale du Puy", "Bibliothèque"),
        ("Lectures communes de la mairie", "Lectures"),
        ("Veille, lectures et partages", "Veille, lectures"),
        ("La documentationdépartementale", "La documentatio…"),
        ("Anticonstitutionnellement", "Anticonstitutio…"),
    ],
)
def test_a_long_name_is_cut_between_words(name: str, short: str) -> None:
    assert truncate_name(name, LONGEST_SHORT_NAME) == short
    assert len(short) <= LONGEST_SHORT_NAME
