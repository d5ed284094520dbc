"""Files that members upload: saved, searched, downloaded by readers of the item, and refused with a reason."""

import hashlib
import json
import re
import sys
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.errors import Conflict
from kb.indexer import catch_up
from kb.model.items.item_fields import ItemFields
from kb.model.people.group import Role, Visibility
from kb.services.authentication.authentication import actor_of_user
from kb.services.core.library import Library
from kb.services.files.file_quotas import set_file_quota
from kb.services.files.file_upload import SentFile, upload_file
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import remove_member, set_role
from kb.services.item_actions.duplicates import merge_items
from kb.services.item_actions.move_and_copy import copy_item, move_item
from kb.settings import Settings
from kb.site import create_app
from tests.factories.documents import a_docx, a_locked_pdf, a_pdf, a_scanned_pdf, an_epub
from tests.factories.group import as_
from tests.factories.library import an_empty_library
from tests.support.browser_sessions import an_account, sign_in, token_of
from tests.support.save_forms import item_of

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
SCANNER = """import sys
sys.exit(int(sys.argv[1]) if len(sys.argv) > 1 else b"EICAR-STANDARD" in sys.stdin.buffer.read())
"""


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """“lectures” is read by its members: Claire owns it, Paul is a member, Sophie is a reader; Luc has no role in
    it.
    """
    with closing(an_empty_library(tmp_path)) as library:
        for login in ("claire", "paul", "sophie", "luc"):
            an_account(library, login, name=login.title())
        add_group(library, OPERATOR, "lectures", "Lectures", visible=Visibility.MEMBERS)
        for login, role in (("claire", Role.OWNER), ("paul", Role.MEMBER), ("sophie", Role.READER)):
            set_role(library, OPERATOR, "lectures", login, role)
        yield with_settings(library, rate_write=0)


def with_settings(library: Library, **settings: Any) -> Library:
    changed: Settings = replace(library.settings, **settings)
    return replace(library, settings=changed)


def browser(library: Library, login: str = "") -> TestClient:
    client = TestClient(create_app(library), follow_redirects=False)
    if login:
        sign_in(client, login)
    return client


def upload(client: TestClient, content: bytes, name: str = "rapport.pdf", **typed: str) -> Any:
    page = client.get("/keep/file").text
    once = re.search(r'name="once" value="([^"]*)"', page)
    fields = {
        "form_token": token_of(client, "/keep/file"),
        "group": "lectures",
        "once": once[1] if once else "",
        **typed,
    }
    return client.post("/keep/file", data=fields, files={"file": (name, content)})


def visible(page: str) -> str:
    return page.replace("\xa0", " ").replace("\u202f", " ")


def stored(library: Library) -> list[str]:
    return sorted(file.key for file in library.files.files())


def test_a_file_becomes_an_item_that_is_found_by_its_text(library: Library) -> None:
    paul = browser(library, "paul")
    answer = upload(paul, a_pdf(), "Délibération n° 7.pdf", tags="oiseaux, ville")
    item = item_of(library, answer)
    assert (item.title, item.byline, item.published) == ("Rapport sur les mouettes", "Marie", "2021-05-07")
    assert (item.tags, item.language) == (("oiseaux", "ville"), "fr")
    page = paul.get(answer.headers["location"]).text
    assert "Le fichier est déposé" in page
    assert "Annuler" in page
    assert f'href="/items/{item.id}/file"' in page
    assert "Délibération n° 7.pdf" in page
    assert "PDF" in page
    assert "1 page" in page
    catch_up(library)
    page_text = browser(library, "sophie").get("/search?q=quai").text
    assert "Dans le fichier" in page_text
    assert "<mark>quai</mark>" in page_text
    assert "Dans le fichier" in browser(library, "sophie").get(f"/items/{item.id}?q=quai").text
    assert stored(library) == [hashlib.sha256(a_pdf()).hexdigest()]


def test_typed_fields_win_over_those_of_the_file(library: Library) -> None:
    item = item_of(library, upload(browser(library, "paul"), a_docx(), "note.docx", title="À moi"))
    assert (item.title, item.byline) == ("À moi", "Anne Durand")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (a_scanned_pdf(), "Sans texte"),
        (a_locked_pdf(), "Protégé par un mot de passe"),
        (b"%PDF-1.4\nrien", "pas pu être lu"),
    ],
)
def test_a_file_without_text_is_kept_and_says_so(library: Library, content: bytes, words: str) -> None:
    paul = browser(library, "paul")
    item = item_of(library, upload(paul, content, "Plan_de_la_ville.pdf"))
    assert item.title == "Plan de la ville"
    assert words in paul.get(f"/items/{item.id}").text


def test_a_download_is_an_attachment_in_which_nothing_runs(library: Library) -> None:
    item = item_of(library, upload(browser(library, "paul"), a_pdf(), "dossier/Été – 2021.PDF"))
    answer = browser(library, "sophie").get(f"/items/{item.id}/file")
    assert answer.content == a_pdf()
    headers = answer.headers
    assert headers["content-type"] == "application/pdf"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert headers["cache-control"] == "private, no-store"
    named = re.fullmatch(r"attachment; filename=\"([\w.-]+)\"; filename\*=UTF-8''(\S+)", headers["content-disposition"])
    assert named
    assert (named[1], unquote(named[2])) == ("ete-2021.PDF", "Été – 2021.PDF")
    assert headers["content-length"] == str(len(a_pdf()))


def test_a_name_that_says_another_kind_gets_the_right_suffix(library: Library) -> None:
    item = item_of(library, upload(browser(library, "paul"), an_epub(), "facture.exe"))
    disposition = browser(library, "paul").get(f"/items/{item.id}/file").headers["content-disposition"]
    assert disposition.endswith("facture.exe.epub")


def test_a_file_is_downloaded_in_parts(library: Library) -> None:
    paul, content = browser(library, "paul"), a_pdf()
    address = f"/items/{item_of(library, upload(paul, content)).id}/file"
    size, etag = len(content), paul.get(address).headers["etag"]
    for range_header, first, last in (
        ("bytes=0-9", 0, 9),
        ("bytes=10-", 10, size - 1),
        ("bytes=-5", size - 5, size - 1),
        (f"bytes=3-{size * 2}", 3, size - 1),
        (f"bytes=-{size * 3}", 0, size - 1),
    ):
        answer = paul.get(address, headers={"Range": range_header, "If-Range": etag})
        assert answer.content == content[first : last + 1]
        if last - first + 1 < size:
            assert (answer.status_code, answer.headers["content-range"]) == (206, f"bytes {first}-{last}/{size}")
    for range_header in ("bytes=0-1,3-4", "octets=1-2", "bytes=5-2", "bytes=-", "bytes=x-y", "bytes=1"):
        answer = paul.get(address, headers={"Range": range_header})
        assert (answer.status_code, answer.content) == (200, content), range_header
    assert paul.get(address, headers={"Range": "bytes=0-3", "If-Range": '"autre"'}).status_code == 200
    for range_header in (f"bytes={size}-", "bytes=-0", f"bytes={'9' * 18}-"):
        beyond = paul.get(address, headers={"Range": range_header})
        assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{size}")
    head = paul.head(address)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(size))


def test_the_file_of_an_unreadable_item_is_not_revealed(library: Library) -> None:
    item = item_of(library, upload(browser(library, "paul"), a_pdf()))
    address = f"/items/{item.id}/file"
    for login in ("", "luc"):
        for method in (browser(library, login).get, browser(library, login).head):
            answer = method(address)
            assert answer.status_code == 404
            assert "etag" not in answer.headers or answer.headers["etag"] != f'"{stored(library)[0]}"'
    sophie = browser(library, "sophie")
    assert sophie.get(address).status_code == 200
    remove_member(library, OPERATOR, "lectures", "sophie")
    assert sophie.get(address).status_code == 404


def test_readers_strangers_and_visitors_upload_nothing(library: Library) -> None:
    for login, status in (("sophie", 403), ("luc", 404)):
        assert upload(browser(library, login), a_pdf()).status_code == status
    anonymous = browser(library).post("/keep/file", data={"group": "lectures"}, files={"file": ("a", a_pdf())})
    assert anonymous.status_code == 401
    assert stored(library) == []


def test_a_right_revoked_while_the_file_is_read_saves_nothing(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    def take_away(*_: object) -> None:
        set_role(library, OPERATOR, "lectures", "paul", Role.READER)

    monkeypatch.setattr("kb.services.files.file_upload.scan_for_viruses", take_away)
    assert upload(browser(library, "paul"), a_pdf()).status_code == 403
    with library.store.read() as reading:
        assert list(reading.item_files.contents()) == []


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        (b"", 400, "pas vide"),
        (b"MZ\x90\x00" + bytes(100), 400, "pas de ceux que l’on garde ici"),
        (EICAR, 400, "pas de ceux"),
        (a_pdf() + bytes(1_010_000), 400, "1 Mo au plus"),
    ],
)
def test_a_refused_file_is_explained_and_what_was_typed_stays(
    library: Library, content: bytes, status: int, words: str
) -> None:
    small = with_settings(library, file_size=1)
    answer = upload(browser(small, "paul"), content, tags="gardés", title="Mon titre")
    assert answer.status_code == status
    assert words in visible(answer.text)
    assert 'value="gardés"' in answer.text
    assert 'value="Mon titre"' in answer.text
    assert stored(library) == []


def test_a_file_far_over_the_limit_is_refused_before_it_is_read(library: Library) -> None:
    small = with_settings(library, file_size=1)
    answer = upload(browser(small, "paul"), a_pdf() + bytes(6_000_000))
    assert answer.status_code == 400
    assert "1 Mo au plus" in visible(answer.text)


def test_the_same_file_twice_leads_to_its_item_and_the_same_form_twice_is_one_item(library: Library) -> None:
    paul = browser(library, "paul")
    item = item_of(library, upload(paul, a_pdf(), once="jeton"))
    assert item_of(library, upload(paul, a_pdf(), once="jeton")).id == item.id
    again = upload(paul, a_pdf())
    assert (again.status_code, f'href="/items/{item.id}"' in again.text) == (409, True)
    with library.store.read() as reading:
        assert len(list(reading.item_files.contents())) == 1


def test_a_full_group_is_reported_and_an_administrator_raises_its_quota(library: Library) -> None:
    small, size = with_settings(library, group_files=1), 700_000
    paul = browser(small, "paul")
    item_of(library, upload(paul, a_pdf() + bytes(size)))
    full = upload(paul, a_pdf() + bytes(size - 1))
    assert full.status_code == 409
    assert "occupent 1 Mo sur les 1 Mo permis" in visible(full.text)
    assert re.search(r"occupent 7\d\d ko sur 1 Mo", visible(full.text))
    set_file_quota(small, OPERATOR, "lectures", 3)
    item_of(library, upload(paul, a_pdf() + bytes(size - 1)))
    set_file_quota(small, OPERATOR, "lectures", 0)
    item_of(library, upload(paul, a_pdf() + bytes(size - 2)))


def test_no_move_and_no_copy_brings_a_group_more_files_than_it_may_have(library: Library) -> None:
    small, size = with_settings(library, group_files=1), 700_000
    paul = browser(small, "paul")
    first = item_of(library, upload(paul, a_pdf() + bytes(size)))
    # Another file, so that there is no duplicate.
    item_of(library, upload(paul, a_pdf() + bytes(size - 1), group="~paul"))
    for act in (copy_item, move_item):
        with pytest.raises(Conflict, match="take 1 MB of the 1 MB"):
            act(small, as_(small, "paul"), first.id, "~paul", confirmed=True)
    set_file_quota(small, OPERATOR, "~paul", 2)
    copied = copy_item(small, as_(small, "paul"), first.id, "~paul", confirmed=True).item
    with library.store.read() as reading:
        assert reading.item_files.of_item(copied.id) is not None


SCANS = [("", 303, ""), ("2", 503, "antivirus ne fonctionne pas"), ("1", 400, "antivirus a trouvé")]


@pytest.mark.parametrize(("arguments", "status", "words"), SCANS)
def test_the_virus_scanner_decides_which_files_are_saved(
    library: Library, tmp_path: Path, arguments: str, status: int, words: str
) -> None:
    program = tmp_path / "antivirus.py"
    program.write_text(SCANNER)
    scanned = with_settings(library, scan_command=f"{sys.executable} {program} {arguments}")
    answer = upload(browser(scanned, "paul"), a_pdf())
    assert answer.status_code == status
    assert words in answer.text
    assert len(stored(library)) == (status == 303)


def test_a_virus_in_a_document_is_found_and_nothing_is_saved(library: Library, tmp_path: Path) -> None:
    program = tmp_path / "antivirus.py"
    program.write_text(SCANNER)
    scanned = with_settings(library, scan_command=f"{sys.executable} {program}")
    answer = upload(browser(scanned, "paul"), a_pdf() + EICAR)
    assert (answer.status_code, stored(library)) == (400, [])
    missing = with_settings(library, scan_command="/nulle/part --fdpass -")
    assert upload(browser(missing, "paul"), a_pdf()).status_code == 503


def test_a_full_disk_saves_nothing(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("kb.files.file_store.os.fsync", full)
    answer = upload(browser(library, "paul"), a_pdf())
    assert answer.status_code == 503
    with library.store.read() as reading:
        assert list(reading.item_files.contents()) == []
    assert [path for path in (library.settings.data / "files").rglob("*") if path.is_file()] == []


def test_the_form_stands_on_the_page_that_saves_an_address(library: Library) -> None:
    page = browser(library, "paul").get("/keep").text
    assert 'action="/keep/file"' in page
    assert 'accept=".pdf,application/pdf,.docx,' in page
    assert "50 Mo au plus" in visible(page)


def test_the_page_of_the_form_keeps_the_group(library: Library) -> None:
    paul = browser(library, "paul")
    assert 'href="/keep/file?group=lectures"' in paul.get("/keep?group=lectures").text
    assert '<option value="lectures" selected>' in paul.get("/keep/file?group=lectures").text


def test_a_browser_asks_for_the_group_before_it_sends_the_file(library: Library) -> None:
    form = browser(library, "paul").get("/keep/file").text
    assert '<select id="file-group" name="group" required>\n<option value="" selected>' in form


def test_an_item_without_a_file_has_none_to_download(library: Library) -> None:
    paul = browser(library, "paul")
    item = item_of(library, upload(paul, a_pdf()))
    with library.store.write() as writing:
        writing.item_files.drop([item.id])
    assert paul.get(f"/items/{item.id}/file").status_code == 404
    assert "Télécharger" not in paul.get(f"/items/{item.id}").text


def test_only_an_administrator_sets_what_the_files_of_a_group_take(library: Library) -> None:
    item_of(library, upload(browser(library, "paul"), a_pdf()))
    claire, page = browser(library, "claire"), "/g/lectures/settings"
    text = visible(claire.get(page).text)
    assert "sur 2 Go" in text
    assert 'name="quota"' not in text
    fields = {"form_token": token_of(claire, page), "act": "quota", "quota": "9"}
    assert claire.post(page, data=fields).status_code == 403
    an_account(library, "ada", name="Ada", administrator=True)
    ada = browser(library, "ada")
    cases = (("9", 303, "sur 9 Mo"), ("0", 303, "occupent"), ("", 303, "sur 2 Go"), ("x", 400, "entier"))
    for typed, status, words in cases:
        answer = ada.post(page, data={"form_token": token_of(ada, page), "act": "quota", "quota": typed})
        assert answer.status_code == status
        assert words in visible(answer.text if status == 400 else ada.get(page).text)
    assert "a fixé la place" in claire.get("/g/lectures/log").text


def test_two_uploads_of_one_file_at_once_are_one_item(library: Library) -> None:
    clients = [browser(library, login) for login in ("paul", "claire")] * 2
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda client: upload(client, a_pdf()), clients))
    assert sorted(answer.status_code for answer in answers) == [303, 409, 409, 409]
    assert len(stored(library)) == 1


def test_an_upload_that_breaks_off_leaves_nothing(library: Library) -> None:
    def broken() -> Iterator[bytes]:
        yield a_pdf()[:1000]
        raise RuntimeError("broken off")

    with library.store.read() as reading:
        account = reading.accounts.by_login("paul")
        assert account is not None
        actor = actor_of_user(reading, account.user.id)
    with pytest.raises(RuntimeError, match="broken off"):
        upload_file(library, actor, "lectures", SentFile("a.pdf", broken()), ItemFields())
    assert stored(library) == []
    assert [
        path.name for path in library.settings.data.iterdir() if path.is_file() and path.stat().st_size > 1000
    ] == []


def test_items_with_different_files_are_not_merged(library: Library) -> None:
    paul = browser(library, "paul")
    first, second, third = (item_of(library, upload(paul, content)) for content in (a_pdf(), a_docx(), an_epub()))
    with library.store.read() as reading:
        account = reading.accounts.by_login("claire")
        assert account is not None
        claire = actor_of_user(reading, account.user.id)
    with pytest.raises(Conflict, match="different files"):
        merge_items(library, claire, first.id, [second.id])
    with library.store.write() as writing:
        writing.item_files.drop([third.id])
    merge_items(library, claire, third.id, [second.id])
    assert browser(library, "claire").get(f"/items/{third.id}/file").content == a_docx()


def test_an_owner_takes_the_files_of_the_group_along(library: Library) -> None:
    item = item_of(library, upload(browser(library, "paul"), an_epub(), "../../livre.epub"))
    answer = browser(library, "claire").get("/g/lectures/export?format=archive")
    with zipfile.ZipFile(BytesIO(answer.content)) as archive:
        (described,) = map(json.loads, archive.read("files.jsonl").splitlines())
        assert (described["item"], described["name"]) == (item.id, "livre.epub")
        assert described["file"] == f"file/{item.id}.epub"
        assert archive.read(described["file"]) == an_epub()
    assert browser(library, "paul").get("/g/lectures/export?format=archive").status_code in {403, 404}


def test_a_page_saved_as_a_file_becomes_an_item_with_a_cleaned_copy(library: Library) -> None:
    html = "<!DOCTYPE html><html><head><title>Les grues</title></head><body><h1>Les grues</h1><p>%s</p>%s</body></html>"
    body = (html % ("Les grues cendrées passent au-dessus de la ville. " * 20, "<script>ran()</script>")).encode()
    paul = browser(library, "paul")
    item = item_of(library, upload(paul, body, "grues.html", once="une-page"))
    assert item_of(library, upload(paul, body, "grues.html", once="une-page")).id == item.id
    assert item.title == "Les grues"
    copy = browser(library, "sophie").get(f"/items/{item.id}/copy")
    assert copy.status_code == 200
    assert "ran()" not in copy.text
    catch_up(library)
    assert "Les grues" in browser(library, "sophie").get("/search?q=cendrées").text
    assert browser(library, "sophie").get(f"/items/{item.id}/file").status_code == 404
