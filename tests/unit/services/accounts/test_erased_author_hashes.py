"""No import restores an erased user."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kb.access.actor import OPERATOR
from kb.formats.json_lines.reader import read_json_lines
from kb.formats.json_lines.writer import json_line_of
from kb.model.people.secret import secret_hash
from kb.services.accounts.account_deletion import AnnotationHandling, delete_account, erase_person
from kb.services.core.library import Library
from kb.services.imports.import_export import export_items, import_items
from kb.services.imports.import_report import ImportOptions
from tests.factories.account_deletion import (
    LOGIN,
    a_whole_library,
    base_of,
    delete_own_account,
    items_of,
    traces,
    traces_after_merge,
    words_of,
)
from tests.factories.group import as_
from tests.support.browser_sessions import PASSWORD, an_account


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with a_whole_library(tmp_path) as library:
        yield library


def test_an_import_does_not_restore_an_erased_person(library: Library) -> None:
    lines = [json_line_of(*row) for row in export_items(library, OPERATOR, "lectures")]
    file = "".join(lines).encode()
    delete_own_account(library)
    after = items_of(library)
    for _ in range(2):
        report = import_items(
            library, OPERATOR, read_json_lines([file]), ImportOptions(author_map={"claire": "claire"})
        )
        assert (report.updated, report.added, report.skipped) == (0, 0, 0)
        assert any("asked to be erased" in warning.why for warning in report.warnings)
    assert items_of(library) == after
    assert traces_after_merge(library) == []


def test_an_erased_author_stays_erased_under_another_name_in_a_file(library: Library) -> None:
    bring = '{"id": "%s", "title": "Un %s", "group": "lectures", "author": %s, "annotations": [%s]}'
    comment = '{"body": "Un mot.", "author": "Odilon Vachon", "replies": [{"body": "Réponse.", "author": "paul"}]}'
    first = bring % ("o1", "un", '"Odilon Vachon"', comment)
    import_items(library, OPERATOR, read_json_lines([first.encode()]))
    erase_person(library, OPERATOR, "odilon-vachon", AnnotationHandling.REMOVED)
    for number, author in enumerate(
        ('"ODILON VACHON"', '{"login": "odilon-vachon"}', '{"login": "ov", "name": "Odilon Vachon"}')
    ):
        import_items(
            library, OPERATOR, read_json_lines([(bring % (f"p{number}", f"p{number}", author, comment)).encode()])
        )
    traces_after_merge(library)
    assert traces(library, "odilon", "Vachon", "VACHON") == []
    items = items_of(library)
    for item_id in ("o1", "p0", "p1", "p2"):
        assert items[item_id]["author"] is None
        assert [word[4] for word in words_of(items[item_id])] == ["[…]"]
        assert words_of(items[item_id])[0][5][0][1] == "paul"
    line = '{"id": "q", "title": "Q", "group": "lectures", "author": "Odile Vachon"}'
    import_items(library, OPERATOR, read_json_lines([line.encode()]))
    assert items_of(library)["q"]["author"] == {"login": "odile-vachon", "name": "Odile Vachon"}


def test_the_login_can_be_taken_again_by_an_account(library: Library) -> None:
    delete_own_account(library)
    an_account(library, LOGIN)
    line = json.dumps({"id": "q", "title": "Q", "group": "lectures", "author": LOGIN})
    import_items(library, OPERATOR, read_json_lines([line.encode()]))
    assert items_of(library)["q"]["author"] is None


def test_the_kept_hashes_are_keyed(library: Library) -> None:
    delete_own_account(library)
    with closing(sqlite3.connect(base_of(library))) as connection:
        hashes = {row[0] for row in connection.execute("SELECT hash FROM erased_people")}
    assert len(hashes) == 3
    assert secret_hash(LOGIN) not in hashes


def test_an_account_that_took_the_name_of_an_author_makes_no_import_drop_their_words(library: Library) -> None:
    """Users choose the login and the name of their account: deleting it must not erase another author."""
    bring = '{"id": "o%d", "title": "Un %d", "group": "lectures", "annotations": [{"body": "Son mot.", "author": %s}]}'
    an_account(library, "odilon-vachon", name="Odilon Vachon")
    delete_account(library, as_(library, "odilon-vachon"), AnnotationHandling.REMOVED, alone=True, proof=PASSWORD)
    for number, author in enumerate(('"Odilon Vachon"', '{"name": "Odilon Vachon"}', '{"login": "odilon-vachon"}')):
        import_items(library, OPERATOR, read_json_lines([(bring % (number, number, author)).encode()]))
    items = items_of(library)
    assert [[word[2:5] for word in words_of(items[f"o{number}"])] for number in range(3)] == [
        [(None, None, "Son mot.")],
        [(None, None, "Son mot.")],
        [],
    ]


def test_an_account_with_the_name_of_an_erased_author_brings_none_of_their_words_back(library: Library) -> None:
    line = (
        b'{"id": "o", "title": "Un", "group": "lectures", "annotations": [{"body": "Son mot.", "author": "Odilon V"}]}'
    )
    import_items(library, OPERATOR, read_json_lines([line]))
    erase_person(library, OPERATOR, "odilon-v", AnnotationHandling.REMOVED)
    an_account(library, "odilon-v", name="Odilon V")
    delete_account(library, as_(library, "odilon-v"), AnnotationHandling.KEEP, alone=False, proof=PASSWORD)
    import_items(library, OPERATOR, read_json_lines([line]))
    assert words_of(items_of(library)["o"]) == []
