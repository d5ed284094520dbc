"""Page captures sent by a program: the right to send, the resulting item, the readers of the copy."""

import gzip
import logging
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.fetcher import captured_page
from kb.indexer import catch_up
from kb.model.items.item_file import FileRole
from kb.model.people.account import TokenScope
from kb.model.people.group import Role, Visibility
from kb.sandbox import sandboxed_process
from kb.services.accounts.api_tokens import NewToken, add_token
from kb.services.background.subprocess_failures import record_failures_in
from kb.services.captures.page_capture import LARGEST_CAPTURE
from kb.services.core.library import Library
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import remove_member, set_role
from kb.services.moderation.moderation_actions import remove_content
from kb.site import create_app
from kb.web.pages.items.page_copy import COPY_POLICY
from tests.factories.documents import a_pdf
from tests.factories.group import as_
from tests.factories.library import an_empty_library
from tests.support.broken_installations import ABSENT, python_without
from tests.support.browser_sessions import an_account, send, sign_in

CAPTURE = "/api/v1/capture"
URL = "https://gazette.example/agents?id=3"
ROLES = {"claire": Role.OWNER, "paul": Role.MEMBER, "sophie": Role.READER}
PAGE = """<!DOCTYPE html><html lang="fr"><head><meta charset="utf-8"><title>Les agents et le réseau</title>
<meta name="author" content="Jeanne Roy"><script>document.title = "agi"</script></head><body><article>
<h1>Les agents et le réseau</h1><p>Bonjour Claire, abonnée.</p><p>Les agents de médiation numérique seront formés
cet automne dans toutes les bibliothèques du département, a annoncé la présidente mardi devant l’assemblée.</p>
<p>Le texte réservé aux abonnés parle d’ornithorynques pendant plusieurs lignes, pour que l’on en retienne le mot.</p>
</article></body></html>"""
SINGLE_FILE = {"Accept": "multipart/form-data"}
"""The fields of SingleFile's form beside its token."""


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with closing(an_empty_library(tmp_path)) as library:
        add_group(library, OPERATOR, "lectures", "Lectures communes", visible=Visibility.MEMBERS)
        add_group(library, OPERATOR, "cave", "La cave", visible=Visibility.MEMBERS)
        for login in (*ROLES, "luc"):
            an_account(library, login, name=login.capitalize())
        for login, role in ROLES.items():
            set_role(library, OPERATOR, "lectures", login, role)
        yield library


@pytest.fixture
def client(library: Library) -> TestClient:
    return TestClient(create_app(library), follow_redirects=False)


def bearer(library: Library, login: str, scope: TokenScope = TokenScope.WRITE, group: str = "") -> dict[str, str]:
    _, secret = add_token(library, OPERATOR, NewToken(scope, group=group), login)
    return {"Authorization": f"Bearer {secret}", **SINGLE_FILE}


def capture(client: TestClient, headers: dict[str, str], page: str | bytes = PAGE, **fields: str) -> Any:
    data = {"url": URL, **fields}
    body = page.encode() if isinstance(page, str) else page
    files = {"file": ("SingleFile.html", body, "text/html")}
    return client.post(CAPTURE, data=data, files=files, headers=headers)


def copies(library: Library) -> list[str]:
    with library.store.read() as reading:
        return [key for key, _ in reading.item_files.contents()]


def test_a_page_becomes_an_item_of_the_tokens_group_with_its_copy(client: TestClient, library: Library) -> None:
    answer = capture(client, bearer(library, "paul", group="lectures"))
    assert answer.status_code == 201, answer.text
    item = answer.json()
    assert (item["url"], item["title"], item["byline"], item["language"]) == (
        URL, "Les agents et le réseau", "Jeanne Roy", "fr",
    )  # fmt: skip
    assert (item["group"]["slug"], item["author"]["login"]) == ("lectures", "paul")
    assert answer.headers["location"] == f"/api/v1/items/{item['id']}"
    assert client.get(answer.headers["location"], headers=bearer(library, "sophie")).json() == item
    # The site does not fetch the page: the program has sent it.
    with library.store.read() as reading:
        assert reading.page_fetches.of_item(item["id"]) is None
        assert "ornithorynques" in (reading.page_texts.of_item(item["id"]) or "")
    catch_up(library)
    results = client.get("/api/v1/search?q=ornithorynques", headers=bearer(library, "sophie")).json()
    assert [item["id"] for item in results["items"]] == [item["id"]]
    assert results["items"][0]["matches"][0]["field"] == "page"


def test_without_a_group_the_capture_goes_to_the_own_library(client: TestClient, library: Library) -> None:
    assert capture(client, bearer(library, "luc")).json()["group"]["slug"] == "~luc"
    assert capture(client, bearer(library, "paul"), group="lectures").json()["group"]["slug"] == "lectures"


def test_title_description_and_tags_can_be_given(client: TestClient, library: Library) -> None:
    sent = {"title": "Mon titre", "description": "À lire.", "tags": 'réseau, agents; "a, b"'}
    item = capture(client, bearer(library, "luc"), **sent).json()
    assert (item["title"], item["description"], item["tags"]) == ("Mon titre", "À lire.", ["réseau", "agents", "a, b"])


def test_the_copy_is_served_without_any_right(client: TestClient, library: Library) -> None:
    item = capture(client, bearer(library, "paul"), group="lectures").json()
    sign_in(client, "sophie")
    copy_page = client.get(f"/items/{item['id']}/copy")
    assert copy_page.status_code == 200
    assert copy_page.headers["content-security-policy"] == (
        "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline' data:; font-src data:"
    )
    assert copy_page.headers["x-content-type-options"] == "nosniff"
    assert copy_page.headers["content-type"] == "text/html; charset=utf-8"
    assert copy_page.headers["cache-control"] == "private, no-cache"
    assert copy_page.headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in copy_page.headers
    assert "ornithorynques" in copy_page.text
    assert "<script" not in copy_page.text
    assert "Bonjour Claire, abonnée." in copy_page.text
    plain = client.get(f"/items/{item['id']}/copy", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.text == copy_page.text
    again = client.get(f"/items/{item['id']}/copy", headers={"If-None-Match": copy_page.headers["etag"]})
    assert (again.status_code, again.content, again.headers["content-security-policy"]) == (304, b"", COPY_POLICY)


def test_no_cookie_comes_with_the_copy_even_in_another_language(client: TestClient, library: Library) -> None:
    item = capture(client, bearer(library, "luc")).json()
    sign_in(client, "luc")
    assert "set-cookie" not in client.get(f"/items/{item['id']}/copy?lang=en").headers


def test_an_unreadable_item_answers_the_same_404_as_a_missing_one(client: TestClient, library: Library) -> None:
    item = capture(client, bearer(library, "paul"), group="lectures").json()
    for login in ("", "luc"):
        client.cookies.clear()
        if login:
            sign_in(client, login)
        hidden, missing = client.get(f"/items/{item['id']}/copy"), client.get("/items/rien/copy")
        assert (hidden.status_code, missing.status_code) == (404, 404)
        assert hidden.text.replace(item["id"], "rien") == missing.text
        assert client.get(f"/items/{item['id']}/copy/delete").status_code in {303, 404}
    with_none = client.post("/api/v1/items", json={"group": "~luc", "url": "https://x.example/"},
                            headers=bearer(library, "luc")).json()  # fmt: skip
    assert client.get(f"/items/{with_none['id']}/copy").status_code == 404


def test_the_item_page_links_to_the_copy_and_names_its_maker(client: TestClient, library: Library) -> None:
    item = capture(client, bearer(library, "paul"), group="lectures").json()
    sign_in(client, "sophie")
    page = client.get(f"/items/{item['id']}").text
    assert "Copie de la page, telle que Paul l’a vue le " in page
    assert f'href="/items/{item["id"]}/copy"' in page
    # A reader changes nothing.
    assert "Supprimer cette copie" not in page
    assert "Copy of the page, as Paul saw it on " in client.get(f"/items/{item['id']}?lang=en").text


def test_a_page_that_is_there_gets_a_new_copy(client: TestClient, library: Library) -> None:
    first = capture(client, bearer(library, "paul"), group="lectures").json()
    headers = bearer(library, "claire", group="lectures")
    again = capture(client, headers, PAGE.replace("ornithorynques", "tatous"), tags="neuf")
    assert (again.status_code, again.json()["id"]) == (200, first["id"])
    assert again.headers["location"] == f"/api/v1/items/{first['id']}"
    # Nothing of the item is overwritten.
    assert (again.json()["title"], again.json()["tags"]) == (first["title"], ["neuf"])
    sign_in(client, "claire")
    copy_text = client.get(f"/items/{first['id']}/copy").text
    assert "tatous" in copy_text
    assert "ornithorynques" not in copy_text
    assert "telle que Claire l’a vue" in client.get(f"/items/{first['id']}").text
    assert "a remplacé la copie conservée" in client.get("/g/lectures/log").text
    with library.store.read() as reading:
        assert "tatous" in (reading.page_texts.of_item(first["id"]) or "")


def test_the_same_page_twice_is_no_change_of_the_copy(client: TestClient, library: Library) -> None:
    capture(client, bearer(library, "claire"), group="lectures")
    assert capture(client, bearer(library, "claire"), group="lectures").status_code == 200
    assert len(copies(library)) == 1
    sign_in(client, "claire")
    assert "a remplacé" not in client.get("/g/lectures/log").text


def test_an_editor_deletes_a_copy_with_its_text(client: TestClient, library: Library) -> None:
    item = capture(client, bearer(library, "paul"), group="lectures").json()
    sign_in(client, "sophie")
    assert client.get(f"/items/{item['id']}/copy/delete").status_code == 403
    client.cookies.clear()
    sign_in(client, "claire")
    assert "Copie de la page" in client.get(f"/items/{item['id']}/copy/delete").text
    response = send(client, f"/items/{item['id']}/copy/delete")
    assert response.status_code == 303
    assert "La copie conservée est supprimée" in client.get(response.headers["location"]).text
    assert client.get(f"/items/{item['id']}/copy").status_code == 404
    assert client.get(f"/items/{item['id']}/copy/delete").status_code == 404
    assert client.get(f"/items/{item['id']}").status_code == 200
    assert "a supprimé la copie conservée" in client.get("/g/lectures/log").text
    with library.store.read() as reading:
        assert reading.page_texts.of_item(item["id"]) is None


@pytest.mark.parametrize(
    ("login", "scope", "group", "status"),
    [
        ("paul", TokenScope.READ, "lectures", 403),
        ("sophie", TokenScope.WRITE, "lectures", 403),
        ("luc", TokenScope.WRITE, "lectures", 404),
        ("paul", TokenScope.WRITE, "rien", 404),
        ("paul", TokenScope.WRITE, "~claire", 404),
        ("paul", TokenScope.WRITE, "N’importe quoi", 404),
    ],
)
def test_a_page_is_saved_only_where_its_sender_may_save(
    client: TestClient, library: Library, login: str, scope: TokenScope, group: str, status: int
) -> None:
    assert capture(client, bearer(library, login, scope), group=group).status_code == status
    assert copies(library) == []
    assert list(library.files.files()) == []


def test_without_a_token_nothing_is_kept_even_in_a_browser_that_is_logged_in(
    client: TestClient, library: Library
) -> None:
    assert capture(client, {}).status_code == 401
    assert capture(client, {"Authorization": "Bearer faux"}).status_code == 401
    sign_in(client, "claire")
    assert capture(client, {}).status_code == 401
    assert client.get(CAPTURE).status_code == 405


def test_a_right_just_revoked_no_longer_counts(client: TestClient, library: Library) -> None:
    paul = bearer(library, "paul", group="lectures")
    item = capture(client, paul).json()
    sign_in(client, "paul")
    assert client.get(f"/items/{item['id']}/copy").status_code == 200
    remove_member(library, OPERATOR, "lectures", "paul")
    assert client.get(f"/items/{item['id']}/copy").status_code == 404
    assert capture(client, paul).status_code == 404
    assert capture(client, paul, group="~paul").status_code == 201


def test_a_right_revoked_while_the_page_is_read_no_longer_counts(
    client: TestClient, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = captured_page.extract_in_subprocess

    def slow(*arguments: Any, **more: Any) -> Any:
        remove_member(library, OPERATOR, "lectures", "paul")
        return read(*arguments, **more)

    monkeypatch.setattr(captured_page, "extract_in_subprocess", slow)
    assert capture(client, bearer(library, "paul", group="lectures")).status_code == 404
    assert copies(library) == []


def test_a_page_in_the_trash_is_not_restored_by_saving(client: TestClient, library: Library) -> None:
    item = capture(client, bearer(library, "paul"), group="lectures").json()
    remove_content(library, as_(library, "paul"), item["id"])
    assert capture(client, bearer(library, "paul"), group="lectures").status_code == 409
    sign_in(client, "paul")
    assert client.get(f"/items/{item['id']}/copy").status_code == 404


@pytest.mark.parametrize(
    ("page", "status"),
    [
        (b"PK\x03\x04<html>", 415),
        (b"\x89PNG\r\n\0\0<", 415),
        (b"Bonjour.", 415),
        (b"<", 201),
        (b"<p>\xff\xfe\x00\xe9", 415),
        ("<p>été</p>".encode("utf-16"), 201),
        (b"<div>" * 200_000, 400),
        (b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n\r\n--x\r\n\r\n<p>x\r\n--x--", 400),
    ],
)  # fmt: skip
def test_a_capture_that_is_no_page_is_refused_with_a_reason(
    client: TestClient, library: Library, page: bytes, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(captured_page, "_SECONDS", 2)
    answer = capture(client, bearer(library, "luc"), page)
    assert answer.status_code == status, answer.text
    if status != 201:
        assert answer.headers["content-type"] == "application/problem+json"
        assert len(answer.json()["detail"]) > 20
        assert copies(library) == []


def test_forms_that_are_none_are_refused_in_words(client: TestClient, library: Library) -> None:
    luc = bearer(library, "luc")
    page = {"file": ("a.html", PAGE, "text/html")}
    for body, status in (
        ({"json": {"url": URL}}, 415),
        ({"data": {"url": URL}}, 415),
        ({"files": page}, 400),
        ({"files": page, "data": {"url": " "}}, 400),
        ({"files": {"page": page["file"]}, "data": {"url": URL}}, 400),
        ({"files": [("file", page["file"]), ("file", page["file"])], "data": {"url": URL}}, 400),
        ({"files": {"file": ("a.html", b"", "text/html")}, "data": {"url": URL}}, 400),
        ({"files": page, "data": {"url": URL, "ids": "1"}}, 400),
        ({"files": page, "data": {"url": URL, "title": "a\0b"}}, 400),
        ({"files": page, "data": {"url": URL, "title": "x" * 100_000}}, 400),
        ({"content": b"--x\r\n", "headers": {"Content-Type": "multipart/form-data; boundary=x"}}, 400),
        ({"content": b"", "headers": {"Content-Type": "multipart/form-data"}}, 400),
    ):
        answer = client.post(CAPTURE, **{**body, "headers": {**luc, **body.get("headers", {})}})  # type: ignore[arg-type]
        assert answer.status_code == status, (body, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
    assert copies(library) == []


def test_a_page_that_is_too_large_is_refused(client: TestClient, library: Library) -> None:
    huge = b"<p>" + b"x" * (LARGEST_CAPTURE + 1)
    assert capture(client, bearer(library, "luc"), huge).status_code == 400
    assert capture(client, bearer(library, "luc"), huge + b"x" * (2 << 20)).status_code == 413
    assert capture(client, {}, huge).status_code in {401, 403, 413}
    assert copies(library) == []


def test_two_programs_that_send_one_page_at_once_make_one_item(client: TestClient, library: Library) -> None:
    headers = [bearer(library, login, group="lectures") for login in ("paul", "claire")]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda page: capture(client, page), headers))
    assert sorted(answer.status_code for answer in answers) == [200, 201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(copies(library)) == 1


def test_a_repeated_request_gets_its_first_answer(client: TestClient, library: Library) -> None:
    luc = bearer(library, "luc") | {"Idempotency-Key": "une-page"}
    first = capture(client, luc)
    again = capture(client, luc)
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert capture(client, luc, PAGE + "<p>autre").status_code == 422


def test_a_server_killed_between_the_file_and_the_item_leaves_nothing_that_is_seen(
    client: TestClient, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_given: object, **_more: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr("kb.services.captures.page_capture._copy_of", killed)
        with pytest.raises(RuntimeError):
            capture(client, bearer(library, "luc"))
    assert copies(library) == []
    assert len(list(library.files.files())) == 1
    assert capture(client, bearer(library, "luc")).status_code == 201


def test_a_file_deleted_meanwhile_is_stored_again(
    client: TestClient, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    def swept(*arguments: Any, **more: Any) -> Any:
        for file in list(library.files.files()):
            library.files.delete(file.key)
        return writable(*arguments, **more)

    from kb.services.captures import page_capture

    writable = page_capture.save_item
    monkeypatch.setattr(page_capture, "save_item", swept)
    item = capture(client, bearer(library, "luc")).json()
    with library.store.read() as reading:
        copy = reading.item_files.of_item(item["id"], FileRole.COPY)
    assert copy is not None
    assert b"ornithorynques" in gzip.decompress(library.files.get(copy.sha256))


def test_a_pdf_becomes_the_file_of_its_item(client: TestClient, library: Library) -> None:
    luc = bearer(library, "luc")
    first = capture(client, luc, a_pdf("Les ornithorynques du Rhône"), tags="faune")
    assert first.status_code == 201, first.text
    assert first.json()["tags"] == ["faune"]
    assert capture(client, luc, a_pdf("Les ornithorynques du Rhône")).status_code == 200
    with library.store.read() as reading:
        assert reading.item_files.of_item(first.json()["id"], FileRole.FILE) is not None
        assert reading.item_files.of_item(first.json()["id"], FileRole.COPY) is None
    assert capture(client, bearer(library, "sophie"), a_pdf("x"), group="lectures").status_code == 403


def test_a_copy_counts_in_the_quota_of_the_group(client: TestClient, library: Library) -> None:
    with library.store.write() as writing:
        group = writing.groups.by_slug("lectures")
        assert group is not None
        writing.item_files.set_quota(group.id, 1)
    noise = "".join(f"{number * 7919 % 999983:x}" for number in range(1, 600_000))
    headers = bearer(library, "paul", group="lectures")
    full = capture(client, headers, PAGE + f"<p>{noise}")
    assert full.status_code == 409
    assert "MB" in full.json()["detail"] or "Mo" in full.json()["detail"]
    assert copies(library) == []
    assert capture(client, headers).status_code == 201
    assert capture(client, headers).status_code == 200


def test_a_copy_whose_file_is_lost_is_a_404_and_the_item_stays(client: TestClient, library: Library) -> None:
    item = capture(client, bearer(library, "luc")).json()
    for file in list(library.files.files()):
        library.files.delete(file.key)
    sign_in(client, "luc")
    assert client.get(f"/items/{item['id']}/copy").status_code == 404
    assert client.get(f"/items/{item['id']}").status_code == 200


def test_an_erased_reader_is_no_longer_named(client: TestClient, library: Library) -> None:
    item = capture(client, bearer(library, "paul"), group="lectures").json()
    with library.store.write() as writing:
        copy = writing.item_files.of_item(item["id"], FileRole.COPY)
        assert copy is not None
        account = writing.accounts.by_login("paul")
        assert account is not None
        user = account.user
        writing.connection.exec_driver_sql("UPDATE items SET author_id = NULL")
        writing.erasure.person(user, account)
    with library.store.read() as reading:
        copies_left = reading.item_files.of_item(item["id"], FileRole.COPY)
    assert copies_left is not None
    assert copies_left.added_by is None
    sign_in(client, "claire")
    assert "telle qu’un lecteur l’a vue" in client.get(f"/items/{item['id']}").text


def test_a_small_page_is_read_while_two_large_ones_are(client: TestClient, library: Library) -> None:
    # Nothing is waited for: the two are read until the answer is there.
    with captured_page._SLOTS.slot("one"), captured_page._SLOTS.slot("another"):
        assert capture(client, bearer(library, "luc")).status_code == 201


def test_a_fault_of_the_site_is_told_to_the_sender_and_on_the_overview(
    client: TestClient, library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recorded_faults: None
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(sys, "executable", python_without("justext", tmp_path / "python"))
        answer = capture(client, bearer(library, "paul", group="lectures"))
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert "par la faute du site" in answer.json()["detail"]
    with library.store.read() as reading:
        assert not list(reading.items.ids())
    assert capture(client, bearer(library, "paul", group="lectures")).status_code == 201
    an_account(library, "root", administrator=True)
    sign_in(client, "root")
    overview = client.get("/admin").text
    assert "le site a échoué 1 fois par sa propre faute, avec des pages envoyées par un navigateur" in overview
    assert ABSENT in overview


@pytest.fixture
def recorded_faults(library: Library) -> Iterator[None]:
    logger = logging.getLogger(sandboxed_process.__name__)
    before = list(logger.handlers)
    record_failures_in(library.settings.data)
    yield
    logger.handlers = before
