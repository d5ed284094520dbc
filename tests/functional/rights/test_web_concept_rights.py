"""The rights to edit a vocabulary in a browser, its suggestions, and large vocabularies."""

import re
from collections.abc import Iterator
from contextlib import closing
from html import unescape

import pytest
from starlette.testclient import TestClient

from kb.model.vocabulary import Vocabulary, uri_for
from kb.services.core.library import Library
from tests.factories.vocabulary import a_concept, a_vocabulary
from tests.support.browser_sessions import browsers_of, send, token_of
from tests.support.concept_forms import LOGINS, TERM, a_library_with_terms, stored_vocabulary, submit_form

NEW = {"act": "save", "lang-0": "fr"}
REMOTE = uri_for("télétravail")
REMOTE_PAGE = f"{TERM}?id={REMOTE}"


@pytest.fixture
def library() -> Iterator[Library]:
    with closing(a_library_with_terms()) as library:
        yield library


@pytest.fixture
def browser(library: Library) -> dict[str, TestClient]:
    return browsers_of(library, LOGINS, follow_redirects=False)


def test_the_vocabulary_is_changed_by_its_moderators_alone(library: Library, browser: dict[str, TestClient]) -> None:
    uri_page = f"/g/lectures/vocabulary/remove?id={REMOTE}"
    for login, status in (("paul", 200), ("luc", 403), ("sophie", 403)):
        page = browser[login].get("/g/lectures/vocabulary").text
        assert ("Ajouter un terme" in page, "modifier" in page) == (status == 200, status == 200)
        assert [browser[login].get(address).status_code for address in (TERM, uri_page)] == [status, status]
        if status != 200:
            data = {"form_token": token_of(browser[login], "/logout")}
            for address in (TERM, "/g/lectures/vocabulary/remove"):
                answer = browser[login].post(address, data={**data, "id": REMOTE, "act": "save", "preferred-0": "x"})
                assert answer.status_code == 403
    assert browser[""].get(TERM).headers["location"].startswith("/login")
    # The answer does not even reveal that the unreadable group exists.
    hidden = browser["paul"].get("/g/ailleurs/vocabulary/term")
    absent = browser["paul"].get("/g/aucun/vocabulary/term")
    assert hidden.status_code == absent.status_code == 404
    assert hidden.text.replace("ailleurs", "aucun") == absent.text
    assert stored_vocabulary(library) == a_vocabulary()


def test_a_term_of_another_group_is_no_term_of_this_one(library: Library, browser: dict[str, TestClient]) -> None:
    with library.store.write() as writing:
        group = writing.groups.by_slug("ailleurs")
        assert group is not None
        writing.vocabularies.set(group.id, Vocabulary.of([a_concept("secret")]))
    claire = browser["claire"]
    assert claire.get(f"{TERM}?id={uri_for('secret')}").status_code == 404
    assert submit_form(claire, claire.get(TERM).text, preferred_0="a", broader="secret").status_code == 400
    assert submit_form(claire, claire.get(TERM).text, preferred_0="a", broader=uri_for("secret")).status_code == 400


def test_a_form_without_our_token_is_refused(library: Library, browser: dict[str, TestClient]) -> None:
    claire = browser["claire"]
    assert claire.post(TERM, data={**NEW, "preferred-0": "x"}).status_code == 403
    assert send(claire, TERM, act="rien").status_code == 400
    assert (
        send(claire, TERM, act="save", id="pas une adresse", **{"lang-0": "fr", "preferred-0": "x"}).status_code == 400
    )
    large = send(claire, TERM, act="save", **{"lang-0": "fr", "preferred-0": "x", "definition-0": "x" * (2 << 20)})
    assert large.status_code == 413
    assert stored_vocabulary(library) == a_vocabulary()


def test_tags_that_are_no_terms_yet_are_proposed(library: Library, browser: dict[str, TestClient]) -> None:
    claire = browser["claire"]
    page = claire.get("/g/lectures/vocabulary").text
    assert f'href="{TERM}?label=bureau"' in page
    assert "label=TELETRAVAIL" not in page
    assert "label=bureau" not in browser["luc"].get("/g/lectures/vocabulary").text
    form = claire.get(f"{TERM}?label=bureau").text
    assert 'value="bureau"' in form
    assert submit_form(claire, form).status_code == 200
    assert "label=bureau" not in claire.get("/g/lectures/vocabulary").text


def test_a_great_vocabulary_is_read_by_pages(library: Library, browser: dict[str, TestClient]) -> None:
    concepts = [
        a_concept(f"{'abcdefghij'[number % 10]}erme {number}", broader=["aerme 0"] if number else [])
        for number in range(1000)
    ]
    with library.store.write() as writing:
        group = writing.groups.by_slug("lectures")
        assert group is not None
        writing.vocabularies.set(group.id, Vocabulary.of(concepts))
    claire = browser["claire"]
    texts_seen: list[str] = []
    for number in range(1, 11):
        page = claire.get(f"/g/lectures/vocabulary?page={number}").text
        texts_seen += re.findall(r'<li id="(c-[^"]+)"', page)
    assert len(texts_seen) == len(set(texts_seen)) == 1000
    page = claire.get("/g/lectures/vocabulary?page=10&lang=en").text
    (above,) = set(re.findall(r'href="([^"]*)" dir="auto">aerme 0<', page))
    target, _, anchor = unescape(above).partition("#")
    assert f'id="{anchor}"' in claire.get(target).text
    initials = re.search(r'<nav class="facts initials".*?</nav>', page, re.DOTALL)
    assert initials is not None
    links = re.findall(r'href="([^"]*)">([A-Z])<', initials[0])
    assert [letter for _, letter in links] == list("ABCDEFGHIJ")
    for href, letter in links:
        address, _, anchor = unescape(href).partition("#")
        assert f'<h2 id="{anchor}">{letter}</h2>' in claire.get(address).text
    narrowed = claire.get("/g/lectures/vocabulary?q=berme&page=99").text
    assert "100 concepts" in narrowed
    assert claire.get("/g/lectures/vocabulary?page=-1").status_code == 200
    # Too many to list all of them: those that match the typed text are suggested.
    assert "<datalist" not in claire.get(TERM).text
