"""Personal data export and account deletion in a browser."""

import json
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from io import BytesIO
from tempfile import TemporaryFile
from zipfile import ZipFile

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.formats.json_lines.reader import read_json_lines
from kb.indexer import catch_up
from kb.model.items.import_draft import ItemDraft
from kb.model.items.moderation import AuditLogEntry
from kb.model.people.account import TokenScope
from kb.model.people.group import Role
from kb.model.saved_search import SavedSearch
from kb.services.accounts.account_deletion import AnnotationHandling, erase_person
from kb.services.accounts.api_tokens import NewToken, add_token
from kb.services.accounts.personal_data_export import write_personal_data_of
from kb.services.core.library import Library
from kb.services.imports.import_export import export_items, import_items
from kb.site import create_app
from tests.factories.group import as_
from tests.factories.items import a_group, a_reply, a_user, an_annotation, an_item
from tests.factories.library import add_items, an_empty_library
from tests.support.browser_sessions import PASSWORD, an_account, send, sign_in

NOW = "2026-01-01T09:00:00.000000Z"
LECTURES = a_group("lectures")


@pytest.fixture
def library() -> Iterator[Library]:
    with closing(an_empty_library()) as library:
        an_account(library, "claire", administrator=True, email="claire@exemple.fr")
        luc = an_account(library, "luc", name="Luc Martin", email="luc@exemple.fr").user
        paul = a_user("paul", "Paul Roy")
        add_items(
            library,
            an_item("Le titre premier", id="his", group=LECTURES, order=1, author=luc, language="fr", annotations=[
                an_annotation("Un passage.", id="h-1", author=paul, body="Le mot de Paul."),
                an_annotation(None, id="c-1", author=luc, body="Le mot de Luc.", replies=[
                    a_reply("La réponse de Paul.", id="r-1", author=paul),
                ]),
            ]),
            an_item(
                "Le titre de Paul", id="other", group=LECTURES, order=2, author=paul, language="fr",
                description="La description de Paul.", tags=["mot de Paul"],
                annotations=[
                    an_annotation(None, id="c-2", author=paul, body="Le commentaire de Paul.", replies=[
                        a_reply("La réponse de Luc.", id="r-2", author=luc),
                    ]),
                    an_annotation(None, id="c-3", author=paul, body="Un autre mot de Paul."),
                ],
            ),
            an_item("Le titre seul", id="alone", group=LECTURES, order=4, author=luc, language="fr"),
            an_item("Le reste", id="rest", group=LECTURES, order=3, author=paul),
            groups=(LECTURES,),
        )  # fmt: skip
        with library.store.write() as writing:
            writing.groups.set_role(luc.id, LECTURES.id, Role.MEMBER)
            writing.moderation.log(AuditLogEntry(NOW, luc.id, "joined", LECTURES.id, luc.id, "mot"))
            writing.moderation.log(
                AuditLogEntry(NOW, as_(library, "claire").user_id, "role-set", LECTURES.id, luc.id, "Claire")
            )
            writing.moderation.log(AuditLogEntry(NOW, as_(library, "claire").user_id, "left", LECTURES.id, "u-paul"))
        catch_up(library)
        yield library


@pytest.fixture
def client(library: Library) -> TestClient:
    return TestClient(create_app(library))


def files_in_archive(content: bytes) -> dict[str, str]:
    with ZipFile(BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_the_personal_data_export_holds_all_of_ones_own_data_and_nothing_of_others(
    library: Library, client: TestClient
) -> None:
    sign_in(client, "luc")
    add_token(library, OPERATOR, NewToken(TokenScope.READ, "outil"), "luc")
    answer = send(client, "/account/data")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    assert answer.headers["content-disposition"] == 'attachment; filename="florilege-luc.zip"'
    assert answer.headers["cache-control"] == "no-store"
    files = files_in_archive(answer.content)
    assert files.keys() == {
        "LISEZ-MOI.txt", "README.txt", "account.json", "contributions.jsonl", "no-longer-readable.jsonl", "log.jsonl",
        "set-aside.jsonl",
    }  # fmt: skip
    assert "Luc Martin" in files["LISEZ-MOI.txt"]
    account = json.loads(files["account.json"])
    assert (account["login"], account["name"], account["account"]["email"]) == ("luc", "Luc Martin", "luc@exemple.fr")
    assert account["sessions"][0]["agent"] == "testclient"
    assert [token["scope"] for token in account["tokens"]] == ["read"]
    assert account["groups"] == [{"group": "lectures", "role": "member"}, {"group": "~luc", "role": "owner"}] or [
        {"group": "~luc", "role": "owner"},
        {"group": "lectures", "role": "member"},
    ]
    log = [json.loads(line) for line in files["log.jsonl"].splitlines()]
    assert [(line["act"], line["by"], line["detail"]) for line in log][:2] == [
        ("token-made", "others", None),
        ("role-set", "others", None),
    ]
    assert ("joined", "you", "mot") in [(line["act"], line["by"], line["detail"]) for line in log]
    everything = "".join(files.values())
    for foreign in ("Paul", "paul", "argon2", "Claire", "claire", "hash", a_user("paul").id, a_user("claire").id):
        assert foreign not in everything.replace("Le titre de Paul", ""), foreign


def test_a_personal_data_export_can_be_imported_again(library: Library, client: TestClient) -> None:
    sign_in(client, "luc")
    content = files_in_archive(send(client, "/account/data").content)["contributions.jsonl"].encode()
    drafts = list(read_json_lines([content]))
    assert {draft.id for draft in drafts if isinstance(draft, ItemDraft)} == {"his", "other", "alone"}
    before = [item for item, _ in export_items(library, OPERATOR)]
    import_items(library, OPERATOR, read_json_lines([content]))
    after = [item for item, _ in export_items(library, OPERATOR)]
    assert [item.annotations[0].body for item in after if item.annotations] == [
        item.annotations[0].body for item in before if item.annotations
    ]
    with closing(an_empty_library()) as other:
        report = import_items(other, OPERATOR, read_json_lines([content]))
        assert (report.added, report.skipped, report.warnings) == (3, 0, ())
        replies = [
            item.annotations[0].replies[0].body for item, _ in export_items(other, OPERATOR) if item.id == "other"
        ]
        assert replies == ["La réponse de Luc."]


def test_an_imported_author_has_data_too(library: Library) -> None:
    stream = BytesIO()
    write_personal_data_of(library, OPERATOR, "paul", stream)
    files = files_in_archive(stream.getvalue())
    account = json.loads(files["account.json"])
    assert account == {"login": "paul", "name": "Paul Roy", "account": None, "documents": []}
    assert "Le mot de Paul." in files["contributions.jsonl"]
    assert "Le mot de Luc." not in files["contributions.jsonl"]


def test_the_data_export_needs_our_form_and_its_link_expires(library: Library, client: TestClient) -> None:
    assert client.get("/account/data", follow_redirects=False).headers["location"].startswith("/login")
    sign_in(client, "luc")
    assert client.post("/account/data", data={"form_token": "faux"}).status_code == 403
    assert client.get("/account/data").headers["content-type"].startswith("text/html")
    answers = [send(client, "/account/data").status_code for _ in range(7)]
    assert answers == [200] * 6 + [429]


def test_an_account_is_deleted_and_the_browser_signed_out(library: Library, client: TestClient) -> None:
    sign_in(client, "luc")
    page = client.get("/account/delete").text
    assert "2 signets que vous avez partagé" in page
    assert "Lectures" in page
    response = send(client, "/account/delete", words="remove", proof=PASSWORD)
    assert (response.status_code, response.headers["location"]) == (303, "/?done=account-deleted")
    assert 'kb-session=""' in response.headers["set-cookie"]
    assert client.get("/account/delete", follow_redirects=False).status_code == 303
    assert "Luc Martin" not in client.get("/?done=account-deleted").text
    assert send(client, "/login", login="luc", password=PASSWORD).status_code == 403
    catch_up(library)
    for address in (
        "/",
        "/search?q=titre",
        "/g/lectures",
        "/g/lectures/members",
        "/items/his",
        "/search.atom",
        "/suggest?q=luc",
        "/api/v1/search?q=titre",
        "/api/v1/items",
        "/api/v1/items/his",
        "/g/lectures.json",
        "/suggest?q=auteur:l",
        "/search?view=passages",
        "/items/his/cite",
    ):
        answer = client.get(address)
        assert answer.status_code == 200
        assert "Luc" not in answer.text, address
    assert client.get("/g/~luc").status_code == 404


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"words": "keep", "proof": "une phrase tout autre"}, 403),
        ({"words": "keep", "proof": ""}, 403),
        ({"words": "keep"}, 403),
        ({"proof": PASSWORD}, 400),
        ({"words": "autre", "proof": PASSWORD}, 400),
        ({"words": "keep", "proof": "x" * 20_000}, 403),
    ],
)
def test_a_wrong_confirmation_deletes_nothing(
    library: Library, client: TestClient, fields: dict[str, str], status: int
) -> None:
    sign_in(client, "luc")
    answer = send(client, "/account/delete", alone="on", **fields)
    assert answer.status_code == status
    assert 'role="alert"' in answer.text
    assert "checked" in answer.text
    assert fields.get("proof", "?")[:30] not in answer.text or not fields.get("proof")
    sign_in(TestClient(create_app(library)), "luc")


def test_a_sole_owner_sees_which_groups_to_hand_over_first(library: Library, client: TestClient) -> None:
    with library.store.write() as writing:
        writing.groups.set_role(as_(library, "claire").user_id or "", LECTURES.id, Role.OWNER)
    sign_in(client, "claire")
    page = client.get("/account/delete").text
    assert "administre ce site" in page
    assert '<a href="/g/lectures/members">' in page
    assert 'name="proof"' not in page
    assert send(client, "/account/data", "/account/delete", words="keep", proof=PASSWORD).status_code == 409


def test_a_user_without_password_types_the_login(library: Library, client: TestClient) -> None:
    sign_in(client, "luc")
    with library.store.write() as writing:
        writing.accounts.set_password(as_(library, "luc").user_id or "", None)
    assert "Tapez votre identifiant" in client.get("/account/delete").text
    assert send(client, "/account/delete", words="keep", proof="claire").status_code == 403
    assert send(client, "/account/delete", words="keep", proof="luc").status_code == 303


def test_two_browsers_delete_the_same_account(library: Library, client: TestClient) -> None:
    other = TestClient(create_app(library))
    sign_in(client, "luc")
    sign_in(other, "luc")
    token = {"words": "keep", "proof": PASSWORD}
    page = other.get("/account/delete").text
    assert send(client, "/account/delete", **token).status_code == 303
    sent = {"form_token": page.split('name="form_token" value="')[1].split('"')[0], **token}
    answer = other.post("/account/delete", data=sent, follow_redirects=False)
    # The login form keeps what was chosen, and never a password.
    assert answer.status_code == 401
    assert PASSWORD not in answer.text


def test_a_user_erased_by_an_administrator_is_logged_out(library: Library, client: TestClient) -> None:
    sign_in(client, "luc")
    erase_person(library, OPERATOR, "luc", AnnotationHandling.KEEP)
    assert client.get("/account/data", follow_redirects=False).headers["location"].startswith("/login")


def test_many_texts_are_exported_in_little_memory(library: Library) -> None:
    with library.store.read() as reading:
        luc = reading.users.by_login("luc")
    every = [
        an_item(
            f"Titre {n}", id=f"m{n}", group=LECTURES, order=100 + n, author=luc,
            annotations=[
                an_annotation("Un passage. " * 20, id=f"m{n}-{k}", author=luc, body="Un mot.") for k in range(10)
            ],
        )
        for n in range(2_000)
    ]  # fmt: skip
    with library.store.write() as writing:
        writing.items.add(every)
    every.clear()
    with TemporaryFile() as file:
        tracemalloc.start()
        try:
            write_personal_data_of(library, OPERATOR, "luc", file)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        with ZipFile(file) as archive, archive.open("contributions.jsonl") as lines:
            assert sum(line.count(b"Un mot.") for line in lines) == 20_000
    assert peak < 8_000_000


def test_the_own_library_is_exported_whole_with_items_without_author(library: Library, client: TestClient) -> None:
    with library.store.write() as writing:
        own = writing.groups.by_slug("~luc")
        assert own is not None
        writing.saved_searches.add(SavedSearch.of("s-1", own.id, "Les agents", "q=agents", NOW))
    add_items(
        library,
        an_item("Un favori", id="bookmark", group=own, order=9, author=None, description="Gardé en 2019.", annotations=[
            an_annotation("Un passage sans auteur.", id="b-1", author=None),
            an_annotation(None, id="b-2", author=a_user("paul", "Paul Roy"), body="Le mot de Paul."),
        ]),
    )  # fmt: skip
    sign_in(client, "luc")
    assert "3 signets" in client.get("/account/data").text
    files = files_in_archive(send(client, "/account/data").content)
    bookmark = next(
        line for line in map(json.loads, files["contributions.jsonl"].splitlines()) if line["id"] == "bookmark"
    )
    assert (bookmark["title"], bookmark["description"]) == ("Un favori", "Gardé en 2019.")
    assert [annotation["quote"] for annotation in bookmark["annotations"]] == ["Un passage sans auteur."]
    assert json.loads(files["account.json"])["saved_searches"] == [
        {"name": "Les agents", "search": "/search?q=agents", "created_at": NOW}
    ]
    assert "Le mot de Paul." not in "".join(files.values())
