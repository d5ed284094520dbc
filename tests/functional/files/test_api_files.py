"""Files that programs upload by `POST /api/v1/items`: the same rights, limits and quota as in the browser."""

import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR, AccessScope
from kb.indexer import catch_up
from kb.model.people.account import TokenScope
from kb.model.people.group import Role, Visibility
from kb.services.accounts.api_tokens import NewToken, add_token
from kb.services.core.library import Library
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import remove_member, set_role
from kb.services.moderation.moderation_actions import remove_content
from kb.site import create_app
from tests.factories.documents import a_docx, a_locked_pdf, a_pdf, an_epub, an_odt
from tests.factories.group import as_
from tests.factories.library import an_empty_library
from tests.support.browser_sessions import an_account

ITEMS = "/api/v1/items"
HTML = (
    "<!DOCTYPE html><html><head><title>Les grues</title></head><body><h1>Les grues</h1><p>"
    + "Les grues cendrées passent au-dessus de la ville. " * 20
    + "</p><script>ran()</script></body></html>"
).encode()


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with closing(an_empty_library(tmp_path)) as library:
        add_group(library, OPERATOR, "lectures", "Lectures", visible=Visibility.MEMBERS)
        for login, role in (("claire", Role.OWNER), ("paul", Role.MEMBER), ("sophie", Role.READER), ("luc", None)):
            an_account(library, login, name=login.title())
            if role is not None:
                set_role(library, OPERATOR, "lectures", login, role)
        yield replace(library, settings=replace(library.settings, rate_write=0))


def send(
    library: Library,
    content: bytes = a_pdf(),
    *,
    login: str = "paul",
    name: str = "rapport.pdf",
    scope: TokenScope = TokenScope.WRITE,
    headers: dict[str, str] | None = None,
    lang: str = "",
    **fields: str | list[str],
) -> Any:
    _, token = add_token(library, OPERATOR, NewToken(scope), login)
    client = TestClient(create_app(library), raise_server_exceptions=False)
    sent_headers = {"Authorization": f"Bearer {token}", **(headers or {})}
    data = {"group": "lectures", **fields}
    return client.post(
        f"{ITEMS}?lang={lang}" if lang else ITEMS, data=data, files={"file": (name, content)}, headers=sent_headers
    )


def items(library: Library) -> int:
    with library.store.read() as reading:
        group = reading.groups.by_slug("lectures")
        assert group is not None
        return reading.items.count(AccessScope(frozenset({group.id})))


def stored(library: Library) -> int:
    return len(list(library.files.files()))


def test_a_file_becomes_an_item_with_what_it_says_of_itself(library: Library) -> None:
    answer = send(library, name="Délibération n° 7.pdf", tags=["oiseaux, ville", "été"], source="Mairie")
    assert answer.status_code == 201, answer.text
    item = answer.json()
    assert (item["title"], item["byline"], item["published"]) == ("Rapport sur les mouettes", "Marie", "2021-05-07")
    assert (item["tags"], item["source"], item["author"]["login"]) == (["oiseaux", "ville", "été"], "Mairie", "paul")
    assert answer.headers["location"] == f"{ITEMS}/{item['id']}"
    catch_up(library)
    client = TestClient(create_app(library))
    _, token = add_token(library, OPERATOR, NewToken(TokenScope.READ), "sophie")
    reader = {"Authorization": f"Bearer {token}"}
    results = client.get("/api/v1/search?q=quai", headers=reader).json()
    assert [item["id"] for item in results["items"]] == [item["id"]]
    assert client.get(answer.headers["location"], headers=reader).headers["etag"] == answer.headers["etag"]
    assert client.get(f"/items/{item['id']}/file", headers=reader).content == a_pdf()


@pytest.mark.parametrize("content", [a_docx(), an_odt(), an_epub(), a_locked_pdf()])
def test_each_kind_of_file_is_saved(library: Library, content: bytes) -> None:
    answer = send(library, content, name="essai.bin", title="Mon titre")
    assert answer.status_code == 201, answer.text
    assert answer.json()["title"] == "Mon titre"


def test_a_page_becomes_a_cleaned_copy(library: Library) -> None:
    answer = send(library, HTML, name="grues.html", url="https://exemple.fr/grues")
    assert answer.status_code == 201, answer.text
    assert (answer.json()["title"], answer.json()["url"]) == ("Les grues", "https://exemple.fr/grues")
    with library.store.read() as reading:
        assert reading.page_fetches.of_item(answer.json()["id"]) is None
        assert "cendrées" in (reading.page_texts.of_item(answer.json()["id"]) or "")


@pytest.mark.parametrize(
    ("login", "scope", "group", "status"),
    [
        ("sophie", TokenScope.WRITE, "lectures", 403),
        ("luc", TokenScope.WRITE, "lectures", 404),
        ("luc", TokenScope.WRITE, "rien", 404),
        ("paul", TokenScope.READ, "lectures", 403),
    ],
)
def test_a_user_who_may_not_save_uploads_nothing(
    library: Library, login: str, scope: TokenScope, group: str, status: int
) -> None:
    for content in (a_pdf(), HTML, b"MZ", b""):
        assert send(library, content, login=login, scope=scope, group=group).status_code == status
    assert (stored(library), items(library)) == (0, 0)


def test_a_session_of_a_browser_and_a_visitor_upload_nothing(library: Library) -> None:
    client = TestClient(create_app(library))
    for headers in ({}, {"Authorization": "Bearer rien"}):
        answer = client.post(ITEMS, data={"group": "lectures"}, files={"file": ("a.pdf", a_pdf())}, headers=headers)
        assert answer.status_code == 401
    assert stored(library) == 0


@pytest.mark.parametrize(
    ("content", "fields", "words"),
    [
        (b"", {}, "file"),
        (b"MZ\x90\x00" + bytes(100), {}, "none of the files"),
        (a_pdf() + bytes(1_010_000), {}, "1 MB"),
        (HTML + bytes(1_010_000), {}, "1 MB"),
        (a_pdf() + bytes(3_000_000), {}, "1 MB"),
        (a_pdf(), {"titre": "x"}, "titre"),
        (a_pdf(), {"title": "x" * 3_000}, "title"),
        (a_pdf(), {"published": "demain"}, "date"),
        (a_pdf(), {"group": ""}, None),
        (a_pdf(), {"tags": ["x"] * 60}, "form"),
    ],
)
def test_a_form_that_is_no_item_is_refused_in_words(
    library: Library, content: bytes, fields: dict[str, Any], words: str | None
) -> None:
    small = replace(library, settings=replace(library.settings, file_size=1))
    answer = send(small, content, lang="en", **fields)
    assert answer.status_code == (400 if words else 404), answer.text
    assert (words or "") in answer.json()["detail"]
    assert (stored(library), items(library)) == (0, 0)


def test_a_group_or_a_file_that_is_missing_is_named_and_no_other_body_is_read(library: Library) -> None:
    _, token = add_token(library, OPERATOR, NewToken(TokenScope.WRITE), "paul")
    client, headers = TestClient(create_app(library)), {"Authorization": f"Bearer {token}"}
    file = ("a.pdf", a_pdf())
    no_group = client.post(ITEMS, files={"file": file}, headers=headers)
    assert (no_group.status_code, "group" in no_group.json()["detail"]) == (400, True)
    for files in ([("piece", file)], [("file", file), ("file", file)]):
        answer = client.post(ITEMS, data={"group": "lectures"}, files=files, headers=headers)
        assert (answer.status_code, "file" in answer.json()["detail"]) == (400, True)
    typed = {**headers, "Content-Type": "application/pdf"}
    assert client.post(ITEMS, content=a_pdf(), headers=typed).status_code == 415
    broken = {**headers, "Content-Type": "multipart/form-data"}
    assert client.post(ITEMS, content=a_pdf(), headers=broken).status_code == 400
    # JSON requests have a limit of their own, whatever the maximum size of files.
    large = {**headers, "Content-Type": "application/json"}
    assert client.post(ITEMS, content=b" " * 2_000_000, headers=large).status_code == 413


@pytest.mark.parametrize("content", [a_pdf(), HTML])
def test_a_request_that_is_repeated_with_its_key_saves_one_item(library: Library, content: bytes) -> None:
    headers = {"Idempotency-Key": "essai-1"}
    first = send(library, content, headers=headers, title="Un titre")
    assert first.status_code == 201
    again = send(library, content, headers=headers, title="Un titre")
    assert (again.status_code, again.json(), again.headers["etag"]) == (201, first.json(), first.headers["etag"])
    assert items(library) == 1
    for other in ({"title": "Autre"}, {"content": a_docx(), "title": "Un titre"}, {"title": "Un titre", "name": "b"}):
        answer = send(library, **{"content": content, "headers": headers, **other})
        assert answer.status_code == 422, answer.text
    remove_content(library, as_(library, "claire"), first.json()["id"])
    assert send(library, content, headers=headers, title="Un titre").status_code == 404
    assert send(library, content, headers={"Idempotency-Key": 'pas "bon'}).status_code == 400


def test_a_file_or_an_address_that_the_group_has_is_named(library: Library) -> None:
    first = send(library, url="https://exemple.fr/rapport").json()["id"]
    for answer in (send(library), send(library, an_epub(), url="https://exemple.fr/rapport?utm_source=x")):
        assert (answer.status_code, answer.json()["item"]) == (409, first)
        assert answer.headers["location"] == f"{ITEMS}/{first}"
    assert items(library) == 1


def test_the_quota_and_the_virus_scanner_are_those_of_the_site(library: Library, tmp_path: Path) -> None:
    small = replace(library, settings=replace(library.settings, group_files=1))
    assert send(small, a_pdf() + bytes(700_000)).status_code == 201
    full = send(small, a_pdf() + bytes(700_001))
    assert (full.status_code, "item" in full.json()) == (409, False)
    program = tmp_path / "antivirus.py"
    program.write_text(
        "import sys\nsys.exit(int(sys.argv[1]) if sys.stdin.buffer.read(4) in {b'PK\\3\\4', b'<!DO'} else 9)"
    )
    for code, status in ((1, 400), (2, 503)):
        command = f"{sys.executable} {program} {code}"
        scanned = replace(library, settings=replace(library.settings, scan_command=command))
        for content in (an_epub(), HTML):
            assert send(scanned, content).status_code == status
    assert items(library) == 1


def test_a_right_or_a_token_that_ends_while_the_file_is_read_saves_nothing(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end(*_: object) -> None:
        remove_member(library, OPERATOR, "lectures", "paul")

    monkeypatch.setattr("kb.services.files.file_upload.scan_for_viruses", end)
    assert send(library).status_code == 404
    set_role(library, OPERATOR, "lectures", "paul", Role.MEMBER)

    def revoke(*_: object) -> None:
        with library.store.write() as writing:
            writing.credentials.revoke_token(as_(library, "paul").user_id or "")

    monkeypatch.setattr("kb.services.files.file_upload.scan_for_viruses", revoke)
    assert send(library).status_code == 401
    assert items(library) == 0
