"""Exports in the browser: the formats, the readable content of the files, and concurrent requests."""

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from io import BytesIO
from threading import Event
from zipfile import ZipFile

import httpx2 as httpx
import pytest
from starlette.testclient import TestClient

from kb.access.actor import ANONYMOUS, OPERATOR
from kb.formats.export_formats import EXPORT_FORMATS
from kb.indexer import catch_up
from kb.model.items.item_fields import AnnotationFields
from kb.model.items.item_list import ListEntryKind
from kb.model.people.group import Role, Visibility
from kb.services.annotations.private_notes import write_private_note
from kb.services.core.library import Library
from kb.services.exports import exports
from kb.services.exports.exports import exported_items
from kb.services.imports.import_job_runner import run_due_import_jobs
from kb.services.lists.lists import add_list_entry, create_list
from kb.services.search.saved_searches import create_saved_search
from kb.services.vocabulary.vocabularies import NewConcept, add_concept
from kb.site import create_app
from kb.web.http.files.streamed_files import MOST_FILES_OF_ONE
from kb.web.http.limits.request_rates import RateLimiter
from tests.factories.group import as_
from tests.factories.import_export import exported_lines
from tests.factories.import_jobs import send_file
from tests.factories.items import a_group, an_annotation, an_item
from tests.factories.library import add_items
from tests.support.browser_sessions import PASSWORD, a_library_of, an_account, sign_in
from tests.support.event_loop import run

OPEN = a_group("quais", "Les quais")
CLOSED = a_group("conseil", "Le conseil secret", visible=Visibility.MEMBERS)
SECRET = "clepsydre"


@pytest.fixture
def library() -> Iterator[Library]:
    with a_library_of("claire", "paul") as library:
        items = [
            an_item(
                f"Crue {number:02}",
                id=f"crue-{number:02}",
                group=OPEN,
                url=f"https://exemple.fr/{number}",
                tags=("eau",) if number % 2 else ("pont",),
                annotations=[an_annotation(f"La Marne monte de {number} mètres.")],
            )
            for number in range(60)
        ]
        secret = an_item(f"Crue {SECRET}", id="secret", group=CLOSED, annotations=[an_annotation(f"La {SECRET}.")])
        add_items(library, *items, secret, groups=(OPEN, CLOSED))
        join(library, CLOSED, "claire")
        catch_up(library)
        yield replace(library, settings=replace(library.settings, rate_read=0))


def join(library: Library, group, login: str, role: Role = Role.MEMBER) -> None:
    with library.store.write() as writing:
        writing.groups.set_role(writing.users.by_login(login).id, group.id, role)


@pytest.fixture
def visitor(library: Library) -> Iterator[TestClient]:
    with TestClient(create_app(library), follow_redirects=False) as client:
        yield client


@pytest.fixture
def claire(library: Library) -> Iterator[TestClient]:
    with TestClient(create_app(library), follow_redirects=False) as client:
        sign_in(client, "claire", PASSWORD)
        yield client


def ids_in(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [json.loads(line)["id"] for line in answer.text.splitlines()]


def test_each_page_leads_to_its_export(library: Library, visitor: TestClient) -> None:
    for page, export in (
        ("/search?q=marne&tag=eau&per_page=10&page=2", "/export?q=marne&tag=eau"),
        ("/search?q=marne&view=passages", "/export?q=marne"),
        ("/g/quais", "/g/quais/export"),
        ("/g/quais?sort=title&page=2", "/g/quais/export"),
        ("/g/quais/tag/eau", "/export?group=quais&tag=eau"),
        ("/g/quais?q=marne", "/export?q=marne&group=quais"),
    ):
        links = re.findall(r'href="([^"]*export[^"]*)"', visitor.get(page).text)
        assert [link.replace("&amp;", "&") for link in links] == [export], page
        assert visitor.get(export).status_code == 200


def test_a_page_says_what_each_format_is_for_and_how_many_items_there_are(visitor: TestClient) -> None:
    page = visitor.get("/export?q=marne&tag=eau").text
    assert "30\u202fsignets" in page or "30 signets" in page
    for form, export_format in EXPORT_FORMATS.items():
        assert f'href="?q=marne&amp;tag=eau&amp;format={form}"' in page, export_format.label
    assert "Pour Zotero, EndNote" in page
    assert "auteurs et dates. Il suffit de l’y importer." in page
    assert "kb import" not in page
    assert "For Zotero, EndNote" in visitor.get("/export?q=marne&lang=en").text
    assert "<script" not in re.sub(r"<head>.*</head>", "", page, flags=re.DOTALL)


def test_the_file_of_diigo_says_that_a_spreadsheet_may_compute_it(visitor: TestClient) -> None:
    choices = unescape(visitor.get("/g/quais/export").text).split("<dt>")
    (diigo,) = (choice for choice in choices if "Diigo (CSV)" in choice)
    assert "Pas pour un tableur" in diigo
    assert sum("Pas pour un tableur" in choice for choice in choices) == 1


@pytest.mark.parametrize("form", EXPORT_FORMATS)
def test_a_file_has_a_name_and_a_type(visitor: TestClient, form: str) -> None:
    answer = visitor.get(f"/g/quais/export?format={form}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(EXPORT_FORMATS[form].media_type.partition(";")[0])
    name = re.fullmatch(
        r'attachment; filename="([^"]+)"; filename\*=UTF-8\'\'(\S+)', answer.headers["content-disposition"]
    )
    assert name
    assert re.fullmatch(rf"les-quais[a-z-]*-\d{{4}}-\d\d-\d\d{re.escape(EXPORT_FORMATS[form].suffix)}", name[1])
    assert answer.headers["cache-control"] == "private, no-store"
    body = (
        answer.content
        if form != "markdown-folder"
        else b"".join(map(str.encode, ZipFile(BytesIO(answer.content)).namelist()))
    )
    assert all(f"Crue {number:02}".encode() in body for number in range(60))


def test_no_two_files_of_a_group_have_the_same_name(library: Library, claire: TestClient) -> None:
    join(library, OPEN, "claire", Role.OWNER)
    forms = (*EXPORT_FORMATS, "archive")
    named = [claire.head(f"/g/quais/export?format={form}").headers["content-disposition"] for form in forms]
    assert len(set(named)) == len(forms)
    assert re.search(r'"les-quais-archive-[\d-]+\.zip"', named[-1])
    assert re.search(r'"les-quais-markdown-folder-[\d-]+\.zip"', named[forms.index("markdown-folder")])


def test_a_head_request_has_the_headers_and_no_file(visitor: TestClient) -> None:
    answer = visitor.head("/g/quais/export?format=html")
    assert (answer.status_code, answer.content) == (200, b"")
    assert "attachment" in answer.headers["content-disposition"]


def test_a_search_is_exported_whole_and_in_its_order(visitor: TestClient) -> None:
    ids_exported = ids_in(visitor.get("/export?format=jsonl&group=quais&tag=eau&sort=title&per_page=5&page=3"))
    assert ids_exported == [f"crue-{number:02}" for number in range(1, 60, 2)]


def test_passages_are_not_exported_alone(visitor: TestClient) -> None:
    answer = visitor.get("/export?view=passages&format=ris")
    assert answer.status_code == 400
    assert "avec tous leurs passages" in answer.text


def test_an_unknown_format_is_refused_with_those_there_are(visitor: TestClient) -> None:
    for address in ("/export?format=docx", "/g/quais/export?format=docx"):
        answer = visitor.get(address)
        assert answer.status_code == 400
        assert "marcxml" in answer.text


def test_a_selection_is_exported_in_the_order_given(visitor: TestClient) -> None:
    address = "/export?format=jsonl&item=crue-05&item=secret&item=crue-02&item=nowhere&item=crue-05&item=%00"
    assert ids_in(visitor.get(address)) == ["crue-05", "crue-02"]
    assert "2 signets" in visitor.get(address.replace("format=jsonl&", "")).text.replace("\u202f", " ")
    many = "&".join(f"item={number}" for number in range(301))
    assert visitor.get(f"/export?{many}").status_code == 400


def test_a_list_is_exported_in_its_order_each_item_once(
    library: Library, visitor: TestClient, claire: TestClient
) -> None:
    join(library, OPEN, "claire")
    own_list = create_list(library, as_(library, "claire"), "quais", "Pour le comité")
    for item in ("crue-07", "crue-03", "crue-07"):
        add_list_entry(library, as_(library, "claire"), own_list.id, ListEntryKind.ITEM, item_id=item)
    page = visitor.get(f"/lists/{own_list.id}").text
    assert f'href="/lists/{own_list.id}/export"' in page
    answer = visitor.get(f"/lists/{own_list.id}/export?format=jsonl")
    assert ids_in(answer) == ["crue-07", "crue-03"]
    assert 'filename="pour-le-comite-' in answer.headers["content-disposition"]
    own = create_list(library, as_(library, "claire"), "quais", "À moi", private=True)
    assert visitor.get(f"/lists/{own.id}/export").status_code == 404
    assert claire.get(f"/lists/{own.id}/export").status_code == 200


@pytest.mark.parametrize("form", EXPORT_FORMATS)
def test_a_closed_group_leaves_no_trace(visitor: TestClient, claire: TestClient, form: str) -> None:
    for address in (
        "/export?q=crue&",
        "/export?",
        f"/export?q={SECRET}&",
        "/export?item=secret&",
        "/export?group=conseil&",
    ):
        body = content_of(visitor.get(f"{address}format={form}"), form)
        assert b"conseil" not in body, address
        if "q=clepsydre" not in address:
            assert SECRET.encode() not in body, address
    for end in ("", f"?format={form}"):
        closed, missing = visitor.get(f"/g/conseil/export{end}"), visitor.get(f"/g/nulle-part/export{end}")
        assert (closed.status_code, missing.status_code) == (404, 404)
    assert SECRET.encode() in content_of(claire.get(f"/g/conseil/export?format={form}"), form)


def content_of(answer: httpx.Response, form: str) -> bytes:
    assert answer.status_code == 200
    if form != "markdown-folder":
        return answer.content
    with ZipFile(BytesIO(answer.content)) as archive:
        return b"".join(name.encode() + archive.read(name) for name in archive.namelist())


def test_a_private_note_is_only_in_the_export_of_its_author(
    library: Library, visitor: TestClient, claire: TestClient
) -> None:
    write_private_note(library, as_(library, "claire"), "crue-01", AnnotationFields(body="Ma confidence."))
    catch_up(library)
    assert "Ma confidence." in claire.get("/export?format=jsonl").text
    assert "Ma confidence." not in claire.get("/g/quais/export?format=jsonl").text
    assert "Ma confidence." not in visitor.get("/export?format=jsonl").text
    administrator = an_account(library, "zoe", administrator=True)
    with TestClient(create_app(library)) as other:
        sign_in(other, administrator.user.login, PASSWORD)
        assert "Ma confidence." not in other.get("/export?format=jsonl").text
        assert other.get("/g/~claire/export").status_code == 404


def test_a_right_revoked_during_an_export_is_gone_for_the_rest_of_the_file(library: Library) -> None:
    public_items = [an_item(f"Avis {number}", id=f"avis-{number}", group=CLOSED) for number in range(50)]
    add_items(library, *public_items)
    rows = exported_items(library, as_(library, "claire"), [item.id for item in public_items])
    assert next(rows)[0].id == "avis-0"
    with library.store.write() as writing:
        writing.groups.drop_member(writing.users.by_login("claire").id, CLOSED.id)
    assert len(list(rows)) < exports._BATCH
    assert list(exported_items(library, ANONYMOUS, [item.id for item in public_items])) == []


def test_a_file_of_the_group_is_that_of_the_command(library: Library, visitor: TestClient) -> None:
    assert visitor.get("/g/quais/export?format=jsonl").content == exported_lines(library, OPERATOR, "quais")


def test_an_export_costs_as_much_as_several_pages(library: Library) -> None:
    app = create_app(library)
    app.state.rates = RateLimiter(11, clock=lambda: 0.0)
    browser = TestClient(app, client=("203.0.113.5", 1))
    answers = [browser.get("/export?format=csv").status_code for _ in range(3)]
    assert answers == [200, 200, 429]
    assert browser.get("/healthz").status_code == 200


def test_a_caller_has_few_files_open_and_others_get_theirs(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    app, release = create_app(library), Event()
    whole = exports.exported_items

    def waiting(*arguments):
        release.wait(60)
        yield from whole(*arguments)

    monkeypatch.setattr("kb.web.pages.exports.exports.exported_items", waiting)

    async def ask(client: str) -> httpx.Response:
        transport = httpx.ASGITransport(app, client=(client, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as browser:
            return await browser.get("/g/quais/export?format=jsonl")

    async def all_of_them() -> None:
        first = [asyncio.ensure_future(ask("203.0.113.5")) for _ in range(MOST_FILES_OF_ONE)]
        while (
            len(app.state.file_slots._slots_in_use) < 1
            or app.state.file_slots._slots_in_use.total() < MOST_FILES_OF_ONE
        ):
            await asyncio.sleep(0.01)
        refused = await ask("203.0.113.5")
        assert refused.status_code == 429
        assert "Vous téléchargez déjà 2 fichiers" in refused.text
        other = asyncio.ensure_future(ask("198.51.100.7"))
        release.set()
        for answer in (*(await asyncio.gather(*first)), await other):
            assert len(answer.text.splitlines()) == 60
        assert (await ask("203.0.113.5")).status_code == 200

    run(all_of_them())


def test_a_page_is_answered_while_a_file_is_made(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    app, began, release = create_app(library), Event(), Event()

    def waiting(*_arguments):
        began.set()
        release.wait(60)
        yield from ()

    monkeypatch.setattr("kb.web.pages.exports.exports.exported_items", waiting)

    async def ask(path: str) -> httpx.Response:
        transport = httpx.ASGITransport(app, client=("203.0.113.5", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as browser:
            return await browser.get(path)

    async def both() -> None:
        file = asyncio.ensure_future(ask("/g/quais/export?format=jsonl"))
        while not began.is_set():
            await asyncio.sleep(0.01)
        assert (await ask("/search?q=marne")).status_code == 200
        assert not file.done()
        release.set()
        assert (await file).status_code == 200

    run(both())


def test_all_results_of_a_saved_search_are_those_of_its_page(library: Library, claire: TestClient) -> None:
    """The words of the search are exact, in every address to which its page links."""
    saved = create_saved_search(library, OPERATOR, "quais", "Sept", "q=marme+07").search
    page = claire.get(f"/saved/{saved.id}?select=1").text
    assert set(re.findall(r"/items/([\w-]+)", page)) == {"crue-07"}
    bar = page.partition('id="selection"')[2].partition("</form>")[0]
    selected = {
        **dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', bar)), "q": "marme 07", "scope": "all",
    }  # fmt: skip
    (review,) = set(re.findall(r'href="(/review[^"]*)"', page))
    for answer in (claire.get(unescape(review)), claire.get("/review", params=selected)):
        assert re.findall(r'<h3 class="title" dir="auto"><a [^>]*>([^<]+)', answer.text) == ["Crue 07"]
    assert claire.get("/export", params={**selected, "format": "csv"}).text.count("\n") == 2
    assert "1 signet est choisi." in claire.get("/bulk", params={**selected, "act": "list"}).text


def test_the_archive_of_a_group_is_imported_into_another_one(library: Library, claire: TestClient) -> None:
    join(library, OPEN, "claire", Role.OWNER)
    create_saved_search(library, as_(library, "claire"), "quais", "Eau", "group=quais&tag=eau")
    archive = claire.get("/g/quais/export?format=archive").content
    address = send_file(claire, "~claire", archive, "quais.zip").headers["location"]
    run_due_import_jobs(library)
    page = claire.get(address).text
    number = len(exported_lines(library, OPERATOR, "quais").splitlines())
    assert f"{number} signets lus" in page
    assert f"{number} nouveaux signets" in page
    assert "0 signet laissé de côté" in page
    assert "Son vocabulaire est dans vocabulary.ttl" in page
    assert "aucun format que nous lisons" not in page


def test_an_owner_leaves_with_the_whole_group(library: Library, visitor: TestClient, claire: TestClient) -> None:
    join(library, OPEN, "claire", Role.OWNER)
    join(library, OPEN, "paul")
    owner, member = as_(library, "claire"), as_(library, "paul")
    plan = create_list(library, owner, "quais", "Plan")
    add_list_entry(library, owner, plan.id, ListEntryKind.ITEM, item_id="crue-07", words="À lire")
    create_list(library, member, "quais", "Carnet de Paul", private=True)
    create_saved_search(library, owner, "quais", "Eau", "group=quais&tag=eau")
    add_concept(library, owner, "quais", NewConcept("crue", "fr"))
    page = claire.get("/g/quais/export").text
    assert 'href="?format=archive"' in page
    with ZipFile(BytesIO(claire.get("/g/quais/export?format=archive").content)) as archive:
        assert archive.testzip() is None
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    assert files["items.jsonl"].encode() == exported_lines(library, OPERATOR, "quais")
    (listed,) = map(json.loads, files["lists.jsonl"].splitlines())
    assert (listed["name"], listed["entries"][0]["item"], listed["entries"][0]["words"]) == (
        "Plan",
        "crue-07",
        "À lire",
    )
    (saved,) = map(json.loads, files["saved-searches.jsonl"].splitlines())
    assert (saved["name"], saved["search"]) == ("Eau", "group=quais&tag=eau")
    assert '"crue"@fr' in files["vocabulary.ttl"]
    about = json.loads(files["group.json"])
    assert about["members"] == [
        {"login": "claire", "name": "claire", "role": "owner"},
        {"login": "paul", "name": "paul", "role": "member"},
    ]
    assert "Carnet de Paul" not in str(files)
    for readme, language in (("LISEZ-MOI.txt", "Le groupe"), ("README.txt", "The group")):
        assert files[readme].startswith(language)
        assert {name for name in files if name not in files[readme]} == {"LISEZ-MOI.txt", "README.txt"}
        assert {"file/", "copy/"} <= set(files[readme].splitlines())
    assert "format=archive" not in visitor.get("/g/quais/export").text
    assert visitor.get("/g/quais/export?format=archive").status_code in {303, 401, 403}
    assert visitor.get("/g/conseil/export?format=archive").status_code == 404
    with TestClient(create_app(library), follow_redirects=False) as other:
        sign_in(other, "paul", PASSWORD)
        assert other.get("/g/quais/export?format=archive").status_code == 403
        assert "format=archive" not in other.get("/g/quais/export").text
