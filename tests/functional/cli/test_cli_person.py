"""`kb person`, run by the operator."""

import json
from contextlib import suppress
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.conftest import Kb
from tests.functional.server.test_cli_serve import Server, get, until

LINES = "".join(
    json.dumps(record) + "\n"
    for record in (
        {
            "id": "i1",
            "title": "Les agents",
            "group": "veille",
            "author": "Odilon Vachon",
            "annotations": [
                {"id": "a1", "body": "Son mot.", "author": "Odilon Vachon"},
                {"id": "a2", "body": "Un mot de Paul.", "author": "Paul"},
            ],
        },
        {"id": "i2", "title": "Les agents seuls", "group": "veille", "author": "Odilon Vachon"},
        {"id": "i3", "title": "Les agents de Paul", "group": "veille", "author": "Paul"},
    )
)


@pytest.fixture
def filled_kb(kb: Kb) -> Kb:
    assert kb("import", "-", stdin=LINES).code == 0
    return kb


def test_the_data_of_an_imported_author_is_written_whole_or_not_at_all(filled_kb: Kb) -> None:
    target = filled_kb.folder / "odilon.zip"
    assert filled_kb("person", "data", "odilon-vachon", "-o", target).code == 0
    with ZipFile(target) as archive:
        lines = archive.read("contributions.jsonl").decode().splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["i1", "i2"]
    assert "Paul" not in "".join(lines)
    missing = filled_kb("person", "data", "personne", "-o", filled_kb.folder / "rien.zip")
    assert (missing.code, len(missing.err.splitlines())) == (1, 1)
    assert not (filled_kb.folder / "rien.zip").exists()


@pytest.mark.parametrize(
    ("options", "words", "items"),
    [
        ((), ["Un mot de Paul."], ["i1", "i2", "i3"]),
        (("--keep-annotations",), ["Son mot.", "Un mot de Paul."], ["i1", "i2", "i3"]),
        (("--remove-items", "--yes"), ["Un mot de Paul."], ["i1", "i3"]),
    ],
)
def test_an_erased_person_is_not_found_any_more(
    filled_kb: Kb, options: tuple[str, ...], words: list[str], items: list[str]
) -> None:
    assert filled_kb("search", "--author", "odilon-vachon", "--json", "agents").json["total"] == 2
    assert filled_kb("person", "forget", "odilon-vachon", *options).code == 0
    assert filled_kb("search", "--author", "odilon-vachon", "--json", "agents").json["total"] == 0
    exported = filled_kb("export").out
    assert "Vachon" not in exported
    records = [json.loads(line) for line in exported.splitlines()]
    assert [record["id"] for record in records] == items
    assert [word["body"] for word in records[0]["annotations"]] == words
    assert records[0]["author"] is None
    assert filled_kb("index", "check").code == 0
    files_with_name = [
        path for path in filled_kb.folder.rglob("*") if path.is_file() and b"vachon" in path.read_bytes().lower()
    ]
    assert files_with_name == []
    again = filled_kb("import", "-", stdin=LINES)
    assert "oubliée" in again.err
    assert "Vachon" not in filled_kb("export").out
    assert filled_kb("person", "forget", "odilon-vachon").code == 1


def test_an_account_can_be_erased_but_not_the_last_administrator(filled_kb: Kb) -> None:
    for login, more in (("claire", ("--admin",)), ("luc", ())):
        assert filled_kb("user", "add", login, *more, "--password-stdin", stdin="une phrase assez longue").code == 0
    assert filled_kb("person", "forget", "luc").code == 0
    assert filled_kb("user", "list").out.startswith("claire\t")
    assert "luc" not in filled_kb("user", "list").out
    last = filled_kb("person", "forget", "claire")
    assert (last.code, "administrat" in last.err) == (1, True)


def test_a_server_that_runs_cleanses_the_files(filled_kb: Kb) -> None:
    def holding() -> list[str]:
        return [path.name for path in filled_kb.folder.rglob("*") if b"vachon" in content(path).lower()]

    def content(path: Path) -> bytes:
        # The server deletes files at the same time.
        with suppress(FileNotFoundError):
            return path.read_bytes() if path.is_file() else b""
        return b""

    with Server(filled_kb) as server:
        assert "Vachon" in get(server.address, "/items/i1")
        assert filled_kb("person", "forget", "odilon-vachon").code == 0
        assert "Vachon" not in get(server.address, "/items/i1") + get(server.address, "/search?q=agents")
        until(lambda: not holding())
    assert server.errors == ""
