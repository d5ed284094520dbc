"""The audit log says who edited an item and who undid an action, in the group and for administrators."""

import csv
import html
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.indexer import catch_up
from kb.model.items.item_fields import AnnotationFields, ItemFields, fields_of_item
from kb.model.people.group import Role
from kb.services.core.library import Library
from kb.services.groups.membership import set_role
from kb.services.item_actions.bulk_actions import tag_items
from kb.services.items.item_creation import save_item
from kb.services.items.item_edit import add_to_item, edit_item
from kb.services.undo.undo import undo_action
from kb.site import create_app
from tests.factories.group import a_shared, as_
from tests.factories.library import an_empty_library
from tests.support.browser_sessions import an_account, sign_in

LINE = re.compile(r"<bdi>(Claire[^<]*)</bdi>")


@pytest.fixture
def library() -> Iterator[Library]:
    with closing(an_empty_library()) as library:
        an_account(library, "claire", name="Claire Aubert", administrator=True)
        yield library


def lines(library: Library, page: str) -> list[str]:
    catch_up(library)
    with TestClient(create_app(library)) as client:
        sign_in(client, "claire")
        return [sentence.replace("\u202f", " ") for sentence in LINE.findall(client.get(page).text)]


def test_edits_and_undos_are_lines_of_the_log(library: Library) -> None:
    group = a_shared(library)
    set_role(library, OPERATOR, group.slug, "claire", Role.OWNER)
    claire = as_(library, "claire")
    item = save_item(library, claire, group.slug, ItemFields(title="Les crues")).item
    edited = edit_item(library, claire, item.id, ItemFields(title="Les crues", source="La Gazette"))
    add_to_item(library, claire, item.id, fields_of_item(edited.item), [AnnotationFields("Un passage.")])
    assert edited.undo
    undo_action(library, claire, edited.undo)
    expected = [
        "Claire Aubert a annulé sa propre action ; signets restaurés : 1.",
        "Claire Aubert a modifié le signet « Les crues ».",
    ]
    assert lines(library, f"/g/{group.slug}/log?what=content") == expected
    assert lines(library, "/admin/log?what=content") == expected


def test_an_undo_of_tags_is_one_line_with_the_number_of_items(library: Library) -> None:
    group = a_shared(library)
    set_role(library, OPERATOR, group.slug, "claire", Role.OWNER)
    claire = as_(library, "claire")
    ids = [save_item(library, claire, group.slug, ItemFields(title=f"Note {n}")).item.id for n in range(3)]
    result = tag_items(library, claire, ids, ["eau"], [])
    assert result.undo
    undo_action(library, claire, result.undo)
    assert lines(library, f"/g/{group.slug}/log?what=content") == [
        "Claire Aubert a annulé sa propre action ; signets restaurés : 3."
    ]


def test_edits_in_the_own_library_leave_no_audit_log_line(library: Library) -> None:
    claire = as_(library, "claire")
    item = save_item(library, claire, "~claire", ItemFields(title="Secret")).item
    edited = edit_item(library, claire, item.id, ItemFields(title="Secret", source="Journal intime"))
    assert edited.undo
    undo_action(library, claire, edited.undo)
    assert lines(library, "/g/~claire/log") == []
    assert not [line for line in lines(library, "/admin/log") if "Secret" in line or "annulé" in line]


def test_the_log_of_a_group_is_downloaded_as_a_table(library: Library) -> None:
    group = a_shared(library)
    an_account(library, "luc", name="=Luc()")
    set_role(library, OPERATOR, group.slug, "luc", Role.MEMBER)
    set_role(library, as_(library, "claire"), group.slug, "luc", Role.READER)
    with TestClient(create_app(library)) as client:
        sign_in(client, "claire")
        page = client.get(f"/g/{group.slug}/log?what=members").text
        (address,) = re.findall(r'<a href="([^"]+)"[^>]*>Télécharger en CSV', page)
        answer = client.get(html.unescape(address))
        assert answer.headers["content-type"].startswith("text/csv; charset=utf-8")
        rows = list(csv.reader(answer.content.decode("utf-8-sig").splitlines(), delimiter=";"))
        assert rows[0] == ["Heure (Europe/Paris)", "Heure (UTC)", "Par qui", "Événement", "Ce qui a été fait"]
        assert [row[3] for row in rows[1:]] == ["role-set", "role-set"]
        assert rows[1][2] == "Claire Aubert"
        assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", rows[1][1])
        shown_time, utc = map(datetime.fromisoformat, rows[1][:2])
        assert shown_time == utc.replace(tzinfo=UTC).astimezone(ZoneInfo("Europe/Paris")).replace(tzinfo=None)
        assert rows[1][4].replace("\u202f", " ") == "Claire Aubert a changé un rôle (=Luc()) : lecture."
        by_luc = client.get(f"/g/{group.slug}/log?format=csv&who=luc").content.decode("utf-8-sig")
        assert len(by_luc.splitlines()) == 1
    with TestClient(create_app(library)) as client:
        sign_in(client, "luc")
        assert client.get(f"/g/{group.slug}/log?format=csv").status_code == 403
