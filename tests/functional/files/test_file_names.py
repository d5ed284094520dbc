"""The names of files are exported in JSON Lines and the API, except those of files that a reader may not have."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.indexer import catch_up
from kb.model.items.item import Item
from kb.model.items.item_fields import ItemFields
from kb.model.people.account import TokenScope
from kb.model.people.group import Role, Visibility
from kb.services.accounts.api_tokens import NewToken, add_token
from kb.services.core.library import Library
from kb.services.files.file_quotas import set_file_quota
from kb.services.files.file_upload import SentFile, upload_file
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import set_role
from kb.site import create_app
from tests.factories.documents import a_pdf
from tests.factories.group import as_
from tests.factories.import_export import exported_lines, import_data, items_in, lines_of, warning_reasons
from tests.factories.library import an_empty_library
from tests.support.browser_sessions import an_account

NAME = "Délibération n° 7.pdf"
SHA256 = hashlib.sha256(a_pdf()).hexdigest()
AS_PAUL: dict[str, Any] = {"author_map": {"paul": "paul"}}
FILE = {"role": "file", "name": NAME, "media_type": "application/pdf", "size": len(a_pdf()), "sha256": SHA256}


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """Paul has uploaded a document to “lectures”, which its members read; Luc is a member of “quais” only."""
    with closing(an_empty_library(tmp_path)) as library:
        for login, slug in (("paul", "lectures"), ("luc", "quais")):
            an_account(library, login)
            add_group(library, OPERATOR, slug, slug.title(), visible=Visibility.MEMBERS)
            set_role(library, OPERATOR, slug, login, Role.MEMBER)
        upload_file(library, as_(library, "paul"), "lectures", SentFile(NAME, iter([a_pdf()])), ItemFields())
        catch_up(library)
        yield library


def record_of(library: Library) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(exported_lines(library, group_slug="lectures"))
    return record


def names_of(library: Library, item: Item) -> list[str]:
    with library.store.read() as reading:
        return [file.name for file in reading.item_files.of_items([item.id])]


def test_the_whole_item_and_its_line_describe_its_file(library: Library) -> None:
    assert record_of(library)["files"] == [FILE]
    token = add_token(library, OPERATOR, NewToken(TokenScope.READ), "paul")[1]
    client = TestClient(create_app(library), headers={"Authorization": f"Bearer {token}"})
    (listed,) = client.get("/api/v1/items", params={"group": "lectures"}).json()["items"]
    assert listed["files"] == [FILE]
    assert client.get(f"/api/v1/items/{listed['id']}").json() == listed


def test_a_name_comes_back_with_its_line(library: Library) -> None:
    before, (item,) = exported_lines(library), items_in(library)
    record = record_of(library)
    report = import_data(
        library, lines_of(record | {"files": [FILE | {"name": "C:\\Bureau\\Autre nom.pdf"}]}), **AS_PAUL
    )
    assert (names_of(library, item), warning_reasons(report)) == (["Autre nom.pdf"], [])
    import_data(library, before, **AS_PAUL)
    assert exported_lines(library) == before


def test_the_operator_gives_a_new_item_a_content_that_is_here(library: Library) -> None:
    record = record_of(library) | {"id": "copie", "group": "quais"}
    for _ in range(2):
        assert warning_reasons(import_data(library, lines_of(record))) == []
    (item,) = [item for item in items_in(library) if item.id == "copie"]
    assert names_of(library, item) == [NAME]
    catch_up(library)
    token = add_token(library, OPERATOR, NewToken(TokenScope.READ), "luc")[1]
    client = TestClient(create_app(library), headers={"Authorization": f"Bearer {token}"})
    assert client.get("/api/v1/search", params={"q": "mouettes crient"}).json()["total"] == 1


def test_the_quota_of_a_group_holds_for_contents_that_the_operator_gives(library: Library) -> None:
    large = a_pdf() + bytes(700_000)
    upload_file(library, as_(library, "paul"), "lectures", SentFile("Grand.pdf", iter([large])), ItemFields())
    file = FILE | {"sha256": hashlib.sha256(large).hexdigest(), "name": "Grand.pdf"}
    records = [{"title": f"Copie {number}", "group": "quais", "files": [file]} for number in range(2)]
    set_file_quota(library, OPERATOR, "quais", 1)
    assert warning_reasons(import_data(library, lines_of(*records))) == [
        "The file “Grand.pdf” was left out: it does not fit into what the files of the group may take."
    ]
    set_file_quota(library, OPERATOR, "quais", 2)
    assert warning_reasons(import_data(library, lines_of(*records))) == []
    copies = [item for item in items_in(library) if (item.title or "").startswith("Copie")]
    assert [names_of(library, item) for item in copies] == [["Grand.pdf"], ["Grand.pdf"]]


def test_a_library_without_the_content_reports_it(library: Library) -> None:
    with closing(an_empty_library()) as other:
        copy = FILE | {"role": "copy", "name": ""}
        report = import_data(other, lines_of(record_of(library) | {"files": [FILE, copy]}))
        assert warning_reasons(report) == [
            f"The file “{NAME}” was left out: a record holds its name, not its content.",
            "The copy of the page was left out: a record does not hold its content.",
        ]
        (item,) = items_in(other)
        assert names_of(other, item) == []


def test_a_member_gets_no_content_by_its_hash(library: Library) -> None:
    luc, names = as_(library, "luc"), []
    for number, sha256 in enumerate((SHA256, "0" * 64)):
        record = {"title": f"Rapport {number}", "group": "quais", "files": [FILE | {"sha256": sha256}]}
        names.append(warning_reasons(import_data(library, lines_of(record), luc, group_slug="quais")))
    assert names[0] == names[1] != []
    assert [names_of(library, item) for item in items_in(library) if item.title != "Rapport sur les mouettes"] == [
        [],
        [],
    ]


@pytest.mark.parametrize("file", [{}, {"role": "autre", "sha256": SHA256}, {"role": "file", "sha256": "x"}, "x"])
def test_a_file_that_is_none_is_refused_by_name(library: Library, file: object) -> None:
    report = import_data(library, lines_of({"title": "x", "group": "quais", "files": [file]}))
    assert "files[0]" in warning_reasons(report)[0]
