"""Importing a thesaurus in a browser: upload, preview, import; and hostile files."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.formats.skos.sandbox import _SLOTS, LARGEST_UPLOADED_SKOS
from kb.formats.skos.writer import write_skos
from kb.model.people.group import Role
from kb.model.vocabulary import Vocabulary
from kb.services.core.library import Library
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import set_role
from kb.services.vocabulary.vocabularies import NewConcept, add_concept, group_vocabulary
from kb.site import create_app
from tests.factories.group import log_of
from tests.factories.vocabulary import a_concept, a_vocabulary
from tests.support.browser_sessions import a_library_of, sign_in, token_of

PAGE = "/g/lectures/vocabulary/import"
FILE = Vocabulary.of([a_concept("télétravail", "distanciel"), a_concept("horaires"), a_concept("bureau")])


@pytest.fixture
def library() -> Iterator[Library]:
    with a_library_of("claire", "luc") as library:
        for slug in ("lectures", "vide"):
            add_group(library, OPERATOR, slug)
            set_role(library, OPERATOR, slug, "claire", Role.MODERATOR)
            set_role(library, OPERATOR, slug, "luc", Role.MEMBER)
        with library.store.write() as writing:
            group = writing.groups.by_slug("lectures")
            assert group is not None
            writing.vocabularies.set(group.id, a_vocabulary())
        yield library


@pytest.fixture
def claire(library: Library) -> TestClient:
    client = TestClient(create_app(library), follow_redirects=False)
    sign_in(client, "claire")
    return client


def vocabulary_of(library: Library, slug: str = "lectures") -> Vocabulary:
    return group_vocabulary(library, OPERATOR, slug)[1]


def upload(client: TestClient, content: bytes, page: str = PAGE, name: str = "thésaurus.ttl", token: str = "") -> Any:
    data = {"form_token": token or token_of(client, page), "act": "preview"}
    return client.post(page, data=data, files={"file": (name, content)})


def apply(client: TestClient, preview: str, way: str = "", page: str = PAGE, **changed: str) -> Any:
    fields = {
        name: unescape(value) for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', preview)
    }
    return client.post(page, data={**fields, "way": way, "act": "apply", **changed})


@pytest.mark.parametrize("form", ["turtle", "rdf-xml", "json-ld"])
def test_a_file_is_shown_then_added(library: Library, claire: TestClient, form: str) -> None:
    preview = upload(claire, write_skos(FILE, form))
    assert preview.status_code == 200
    text = re.sub(r"\s+", " ", preview.text)
    assert "thésaurus.ttl" in text
    assert "2 nouveaux, 1 modifié, 0 inchangé, 0 retiré" in text
    assert "2 nouveaux, 1 modifié, 0 inchangé, 3 retirés" in text
    assert vocabulary_of(library) == a_vocabulary()
    response = apply(claire, preview.text, "added")
    assert response.status_code == 303
    assert "Le thésaurus est importé" in claire.get(response.headers["location"]).text
    assert len(vocabulary_of(library).concepts) == 6
    group = group_vocabulary(library, OPERATOR, "lectures")[0]
    assert log_of(library, group) == ["group-added", "role-set", "role-set", "vocabulary-imported"]


def test_an_import_can_replace_the_vocabulary(library: Library, claire: TestClient) -> None:
    preview = upload(claire, write_skos(FILE, "turtle"))
    before = claire.get("/g/lectures/vocabulary.ttl").content
    assert "/g/lectures/vocabulary.ttl" in preview.text
    assert apply(claire, preview.text, "instead").status_code == 303
    assert vocabulary_of(library) == FILE
    # The earlier export restores everything.
    assert apply(claire, upload(claire, before).text, "instead").status_code == 303
    assert vocabulary_of(library) == a_vocabulary()


def test_where_there_is_none_yet_nothing_is_asked(library: Library, claire: TestClient) -> None:
    page = "/g/vide/vocabulary/import"
    preview = upload(claire, write_skos(FILE, "turtle"), page)
    assert 'type="radio"' not in preview.text
    assert apply(claire, preview.text, page=page).status_code == 303
    assert vocabulary_of(library, "vide") == FILE


def test_a_change_after_the_preview_shows_it_again(library: Library, claire: TestClient) -> None:
    preview = upload(claire, write_skos(FILE, "turtle"))
    add_concept(library, OPERATOR, "lectures", NewConcept("horaires", ""))
    again = apply(claire, preview.text, "instead")
    assert again.status_code == 409
    assert "Le vocabulaire a changé entre-temps" in again.text
    assert len(vocabulary_of(library).concepts) == 5
    assert apply(claire, again.text, "instead").status_code == 303
    assert vocabulary_of(library) == FILE


def test_warnings_are_shown_as_text(claire: TestClient) -> None:
    data = (
        b"@prefix s: <http://www.w3.org/2004/02/skos/core#> .\n<a:b> a s:Concept; "
        b's:prefLabel "<script>alert(1)</script>"@fr, "y"@fr; s:broader <a:absent> .'
    )
    preview = upload(claire, data, name="<script>alert(2)</script>.ttl")
    assert "Ce qu’il faut savoir de ce fichier" in preview.text
    assert "<script>alert" not in preview.text
    assert "&lt;script&gt;alert(2)" in preview.text


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "Choisissez un fichier"),
        (b" \n", "Choisissez un fichier"),
        (b"\n\n<a:b> <c:d> .", "line 3"),
        (b"%PDF-1.7\n\x00\xff", "ne peut pas être lu"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', "DOCTYPE"),
        (b'{"@context": "http://127.0.0.1:9/c"}', "rien n’est téléchargé"),
        (b"<a:b> <c:d> <e:f> .", "aucun concept"),
        (b"x" * (LARGEST_UPLOADED_SKOS + 1), "trop grand"),
    ],
)
def test_an_unreadable_file_is_reported(library: Library, claire: TestClient, content: bytes, reason: str) -> None:
    answer = upload(claire, content)
    assert answer.status_code == 400
    assert reason in answer.text
    assert vocabulary_of(library) == a_vocabulary()


def test_a_form_without_a_file_or_with_another_pack_is_refused(library: Library, claire: TestClient) -> None:
    token = token_of(claire, PAGE)
    data = {"form_token": token, "act": "preview"}
    assert claire.post(PAGE, data=data).status_code == 400
    assert claire.post(PAGE, data=data, files={"other": ("a", b"x")}).status_code == 400
    preview = upload(claire, write_skos(FILE, "turtle")).text
    # A zip bomb, a truncated archive, and a file that is no archive.
    from base64 import urlsafe_b64encode
    from zlib import compress

    bomb = urlsafe_b64encode(compress(b"\0" * (64 << 20))).decode()
    for packed in (bomb, bomb[: len(bomb) // 2], "é", "", "AAAA"):
        assert apply(claire, preview, "instead", packed=packed).status_code == 400
    assert claire.post(PAGE, data=data, files={"file": ("a", b"x" * (13 << 20))}).status_code == 413
    assert vocabulary_of(library) == a_vocabulary()


def test_the_file_of_a_user_without_the_right_is_not_read(library: Library, claire: TestClient) -> None:
    luc = TestClient(create_app(library), follow_redirects=False)
    sign_in(luc, "luc")
    token = token_of(luc, "/logout")
    assert luc.get(PAGE).status_code == 403
    # An unreadable file: its preview is refused.
    assert upload(luc, b"<", token=token).status_code == 403
    assert upload(luc, b"<", "/g/aucun/vocabulary/import", token=token).status_code == 404
    nobody = TestClient(create_app(library), follow_redirects=False)
    answer = upload(nobody, b"<", token=token_of(nobody, "/login"))
    assert answer.status_code in (303, 401) or answer.headers["location"].startswith("/login")
    assert upload(claire, write_skos(FILE, "turtle"), token="0" * 64).status_code == 403
    assert vocabulary_of(library) == a_vocabulary()


def test_45_files_sent_while_others_are_read_are_refused_at_once(claire: TestClient) -> None:
    token, content = token_of(claire, PAGE), write_skos(FILE, "turtle")
    with _SLOTS.slot("luc"), _SLOTS.slot("anne"), _SLOTS.slot("paul", is_small=True):
        # One after the other: each would wait for half a minute, or for ever.
        answers = [upload(claire, content, token=token) for _ in range(45)]
        assert claire.get("/g/lectures/vocabulary").status_code == 200
    assert {(answer.status_code, answer.headers["retry-after"]) for answer in answers} == {(503, "30")}
    assert "Un autre fichier est en cours de lecture" in answers[0].text
    assert upload(claire, content, token=token).status_code == 200
