"""The reading view shows the kept text of an item, or says why there is none."""

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from html import unescape

import pytest
from starlette.testclient import TestClient

from kb.indexer import catch_up
from kb.model.items.item_file import FileKind, FileRole, ItemFile, TextState
from kb.model.people.group import Role, Visibility
from kb.model.web_pages.page_facts import FetchFailure
from kb.model.web_pages.page_fetch import Fetch, FetchState
from kb.model.web_pages.text_layout import TextLayout
from kb.services.core.library import Library
from tests.factories.items import a_group, a_user, an_annotation, an_item
from tests.factories.library import a_library
from tests.support.browser_sessions import an_account, browsers_of

LECTURES, CERCLE = a_group("lectures"), a_group("cercle", visible=Visibility.MEMBERS)
TEXT = "Le guichet unique ouvre.\n\nDeux <b>agents</b> & un « conseiller ».\n  Une ligne décalée"
REPEATED = {name: f"{heading}\nDébut.\nSuite\nFin." for name, heading in (
    ("double", "Le guichet  UNIQUE"), ("cite", "Le guichet unique"), ("autre", "Le guichet")
)}  # fmt: skip
DAY = "2026-12-01T09:00:00.000000Z"


@pytest.fixture(scope="module")
def library() -> Iterator[Library]:
    items = [
        an_item(f"Titre {name}", id=name, url=f"https://exemple.fr/{name}", group=group, source="La Gazette")
        for name, group in (("lu", LECTURES), ("secret", CERCLE), ("rien", LECTURES), ("rate", LECTURES))
    ]
    mark = an_annotation("Le guichet unique", id="m1", author=a_user("claire", "Claire Aubert"))
    items.append(an_item("Marqué", id="marque", group=LECTURES, annotations=[mark], author=a_user("claire")))
    items += [
        an_item("Le guichet unique – La Gazette", id="double", group=LECTURES),
        an_item("Le guichet unique", id="cite", group=LECTURES, annotations=[replace(mark, id="m2")]),
        an_item("Le guichet unique", id="autre", group=LECTURES),
    ]
    items += [an_item(f"Fichier {state}", id=state, url=None, group=LECTURES) for state in TextState]
    items.append(an_item("Sans page", id="nue", url=None, group=LECTURES))
    with closing(a_library(*items, groups=(LECTURES, CERCLE))) as filled:
        for login in ("claire", "zoe"):
            an_account(filled, login)
        with filled.store.write() as writing:
            claire = writing.users.by_logins(["claire"])["claire"]
            for group in (LECTURES, CERCLE):
                writing.groups.set_role(claire.id, group.id, Role.MEMBER)
            writing.page_texts.put("lu", TEXT)
            writing.page_texts.put("marque", TEXT)
            writing.page_texts.put("secret", "Le texte du cercle.")
            for name, text in REPEATED.items():
                writing.page_texts.put(name, text, TextLayout("1p2p"))
            address = "https://exemple.fr/rate"
            failed = Fetch("f", address, FetchState.FAILED, DAY, FetchFailure.TOO_LARGE, item_id="rate")
            writing.page_fetches.add(failed)
            for state in TextState:
                writing.item_files.put(a_file(state))
        catch_up(filled)
        yield filled


def a_file(state: TextState) -> ItemFile:
    return ItemFile(state, FileRole.FILE, "a" * 64, 1000, FileKind.PDF.media_type, "a.pdf", 2, state, DAY)


@pytest.fixture(scope="module")
def browsers(library: Library) -> dict[str, TestClient]:
    return browsers_of(library, ["claire", "zoe"])


def test_each_line_is_a_paragraph_with_its_position_and_stays_text(browsers: dict[str, TestClient]) -> None:
    page = browsers["zoe"].get("/items/lu/read").text
    blocks = re.findall(r'<p id="b(\d+)" data-start="(\d+)">(.*?)</p>', page)
    assert [number for number, _, _ in blocks] == ["1", "3", "4"]
    for _, start, content in blocks:
        text = unescape(content)
        assert TEXT[int(start) : int(start) + len(text)] == text
    assert "<b>agents" not in page
    assert "La Gazette" in page
    assert 'href="/items/lu/go"' in page


def test_a_title_that_the_text_repeats_is_shown_once(browsers: dict[str, TestClient]) -> None:
    page = browsers["zoe"].get("/items/double/read").text
    assert re.findall(r'<h(\d) id="b(\d)"', page) == [("2", "3")]
    assert 'id="b2" data-start="19"' in page


@pytest.mark.parametrize("address", ["/items/cite/read", "/items/autre/read", "/items/double/read?q=guichet"])
def test_a_title_in_the_text_is_shown_if_it_is_marked_or_another_one(
    browsers: dict[str, TestClient], address: str
) -> None:
    page = browsers["zoe"].get(address).text
    assert re.findall(r'<h(\d) id="b(\d)"', page) == [("2", "1"), ("3", "3")]


def test_who_may_not_read_the_item_does_not_learn_that_it_exists(browsers: dict[str, TestClient]) -> None:
    assert "Le texte du cercle." in browsers["claire"].get("/items/secret/read").text
    hidden, none = (browsers["zoe"].get(f"/items/{name}/read") for name in ("secret", "aucun"))
    assert hidden.status_code == none.status_code == 404
    assert hidden.text.replace("secret", "aucun") == none.text


@pytest.mark.parametrize(
    ("name", "why", "advice"),
    [
        ("rien", "n’a pas encore été lu", "SingleFile"),
        ("rate", "n’a pas pu être lue", "SingleFile"),
        ("nue", "ni page sur le web ni fichier", ""),
        (TextState.NONE, "numérisées", "OCR"),
        (TextState.LOCKED, "mot de passe", "sans mot de passe"),
        (TextState.UNREADABLE, "abîmé", "intact"),
    ],
)
def test_without_a_text_the_page_says_why_and_what_to_do(
    browsers: dict[str, TestClient], name: str, why: str, advice: str
) -> None:
    own, other = (browsers[login].get(f"/items/{name}/read?lang=fr") for login in ("claire", "zoe"))
    assert own.status_code == other.status_code == 200
    assert why in own.text
    assert why in other.text
    assert advice in own.text
    assert not advice or advice not in other.text


def test_the_sheet_has_an_address_of_its_version_which_is_kept_for_ever(browsers: dict[str, TestClient]) -> None:
    page = browsers["zoe"].get("/items/lu/read").text
    (address,) = re.findall(r'href="(/static/reading/reading\.css\?v=\w+)"', page)
    answer = browsers["zoe"].get(address)
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]
    assert browsers["zoe"].get("/static/reading/../kb.css").status_code in {200, 404}
    assert browsers["zoe"].get("/static/reading/kb.css").status_code == 404


def test_the_first_mark_is_explained_and_each_mark_names_who_made_it(browsers: dict[str, TestClient]) -> None:
    how = "Sélectionnez des mots du texte"
    assert how in browsers["claire"].get("/items/lu/read?lang=fr").text
    # Nobody can mark without an account, or where there is no text.
    assert how not in browsers[""].get("/items/lu/read?lang=fr").text
    assert how not in browsers["claire"].get("/items/rien/read?lang=fr").text
    marked = browsers["claire"].get("/items/marque/read?lang=fr").text
    assert how not in marked
    assert re.search(r'<p class="by">.*Claire', marked)


def test_the_page_of_an_item_leads_to_marking_in_its_text(browsers: dict[str, TestClient]) -> None:
    read, unread = (browsers["claire"].get(f"/items/{name}?lang=fr").text for name in ("lu", "rien"))
    assert '<a href="/items/lu/read">Surligner des passages dans le texte</a>' in read
    assert '<details class="add-form"><summary>Ajouter un passage' in read
    assert "Surligner des passages" not in unread
    assert '<details class="add-form" open><summary>Ajouter un passage' in unread
    assert "Surligner des passages" not in browsers[""].get("/items/lu?lang=fr").text
