"""Concepts are edited in Chromium, with JavaScript and without: the page shows what is saved."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.formats.skos.writer import write_skos
from kb.model.vocabulary import Vocabulary
from kb.services.core.library import Library
from kb.services.vocabulary.vocabularies import group_vocabulary
from kb.site import create_app
from tests.browser.conftest import Opening, serving
from tests.browser.support.checked_pages import MEMBER, OWNER, TERM
from tests.browser.support.site import cookie_of, the_library
from tests.browser.test_accessibility import axe_problems
from tests.browser.test_html import errors_of
from tests.factories.vocabulary import a_concept, french
from tests.support.browser_sessions import token_of

pytestmark = pytest.mark.browser

VOCABULARY = "/g/lectures/vocabulary"
SCRIPTS = pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without"])


@pytest.fixture
def library() -> Iterator[Library]:
    """A library for these tests alone, because they change it."""
    library = the_library()
    yield library
    library.close()


@pytest.fixture
def own_site(library: Library) -> Iterator[str]:
    with contextmanager(serving)(library) as address:
        yield address


def vocabulary_of_lectures(library: Library) -> Vocabulary:
    return group_vocabulary(library, OPERATOR, "lectures")[1]


def save(page: Page) -> None:
    page.click("button[value=save]")


@SCRIPTS
def test_a_form_that_is_sent_as_it_came_changes_nothing(
    opening: Opening, library: Library, own_site: str, script: bool
) -> None:
    before = vocabulary_of_lectures(library)
    page = opening(f"{own_site}{VOCABULARY}/term?id={TERM}", by=OWNER, java_script_enabled=script)
    save(page)
    expect(page.locator("main")).to_contain_text("rien n’a changé")
    assert vocabulary_of_lectures(library) == before


@SCRIPTS
def test_a_term_is_made_of_a_tag_changed_removed_and_put_back(
    opening: Opening, library: Library, own_site: str, script: bool
) -> None:
    before = vocabulary_of_lectures(library)
    page = opening(own_site + VOCABULARY, by=OWNER, java_script_enabled=script)
    page.click("a:has-text('archives')")
    page.get_by_label("Synonymes, un par ligne").first.fill("fonds\nsérie")
    page.get_by_label("Termes plus larges, 1").fill("réseau")
    page.get_by_label("Voir aussi, 2").fill("personnel")
    save(page)
    expect(page.locator("h1")).to_have_text("Terme ajouté")
    (concept,) = (concept for concept in vocabulary_of_lectures(library).concepts if before.get(concept.uri) is None)
    assert concept.alternative == french("fonds", "série")
    assert (len(concept.broader), len(concept.related)) == (1, 1)
    page.click("text=Le modifier encore")
    page.get_by_label("Termes plus larges, 1").fill("")
    save(page)
    changed = vocabulary_of_lectures(library).get(concept.uri)
    assert changed is not None
    assert (changed.broader, changed.related) == ((), concept.related)
    page.click("button[value=undo]")
    assert vocabulary_of_lectures(library).get(concept.uri) == concept
    page.click("text=Le modifier encore")
    page.click("text=Supprimer ce terme")
    page.click("button.destructive")
    assert vocabulary_of_lectures(library) == before
    page.click("button[value=undo]")
    assert vocabulary_of_lectures(library).get(concept.uri) == concept


def test_two_editors_of_a_concept_see_both_versions(
    opening: Opening, library: Library, own_site: str, axe: str
) -> None:
    address = f"{own_site}{VOCABULARY}/term?id={TERM}"
    first, second = opening(address, by=OWNER), opening(address, by=OWNER, width=360)
    first.get_by_label("Définition").first.fill("De l’une.")
    save(first)
    second.get_by_label("Définition").first.fill("De l’autre.")
    save(second)
    expect(second.locator(".versions")).to_contain_text("De l’une.")
    expect(second.locator(".versions")).to_contain_text("De l’autre.")
    assert axe_problems(first, axe) == []
    assert axe_problems(second, axe) == []
    assert second.evaluate("document.documentElement.scrollWidth") <= 360
    save(second)
    concept = vocabulary_of_lectures(library).get(TERM)
    assert concept is not None
    assert concept.definition == french("De l’autre.")
    assert concept.broader


@SCRIPTS
def test_a_thesaurus_is_uploaded_previewed_and_imported(
    opening: Opening, library: Library, own_site: str, axe: str, tmp_path: Path, script: bool
) -> None:
    file = Vocabulary.of([a_concept("agents", "personnels"), a_concept("lecture", broader=["agents"])])
    path = tmp_path / "thésaurus.ttl"
    path.write_bytes(write_skos(file, "turtle"))
    page = opening(f"{own_site}{VOCABULARY}/import", by=OWNER, java_script_enabled=script, width=360)
    page.set_input_files("#file", path)
    page.click("button[value=preview]")
    expect(page.locator("h1")).to_have_text("Ce que ferait ce fichier")
    expect(page.locator(".facts")).to_contain_text("thésaurus.ttl – 2 concepts lus")
    if script:
        assert axe_problems(page, axe) == []
    page.get_by_label("Le mettre à la place du vocabulaire").check()
    page.click("button[value=apply]")
    expect(page.locator(".flash")).to_contain_text("Le thésaurus est importé")
    assert vocabulary_of_lectures(library) == file


def test_a_reader_of_the_vocabulary_sees_no_form_that_changes_it(opening: Opening, own_site: str) -> None:
    page = opening(own_site + VOCABULARY, by=MEMBER)
    assert page.locator("main form:not(.list-filter), main a[rel=nofollow], .actions").count() == 0
    assert page.locator("a:text-is('modifier')").count() == 0


def test_answers_of_forms_are_valid_html(library: Library, npm: Path, tmp_path: Path) -> None:
    term, removal = f"{VOCABULARY}/term", f"{VOCABULARY}/remove"
    with TestClient(create_app(library), headers=cookie_of(OWNER)) as client:
        token = {
            "form_token": token_of(client, term),
            "act": "save",
            "id": TERM,
            "lang-0": "fr",
            "preferred-0": "agents",
        }
        file = write_skos(Vocabulary.of([a_concept("agents", broader=["absent"])]), "turtle")
        answers = {
            "wrong": client.post(term, data={**token, "broader": "gens"}),
            "conflict": client.post(term, data={**token, "version": "x", "lang-1": "en", "preferred-1": "clerks"}),
            "done": client.post(term, data={**token, "id": "", "preferred-0": "neuf"}),
            "removal": client.post(removal, data={**token, "version": "x"}),
            "file": client.post(f"{VOCABULARY}/import", data={**token, "act": "preview"}, files={"file": ("a", file)}),
            "no file": client.post(f"{VOCABULARY}/import", data={**token, "act": "preview"}),
        }
    assert [answer.status_code for answer in answers.values()] == [400, 409, 200, 409, 200, 400]
    files = [tmp_path / f"{name}.html" for name in answers]
    for path, answer in zip(files, answers.values(), strict=True):
        path.write_bytes(answer.content)
    assert errors_of(npm, *files) == []
