"""Account deletion: removed content, content that stays without a name, and no trace of the user."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from kb.access.actor import ANONYMOUS, OPERATOR
from kb.errors import Conflict, Forbidden, LoginNeeded, NotFound, RateLimited
from kb.formats.json_lines.writer import json_line_of
from kb.model.items.moderation import RemovalKind
from kb.model.people.group import Group, Role
from kb.model.search_request import SearchRequest
from kb.services.accounts.account_deletion import (
    AnnotationHandling,
    account_deletion_preview,
    delete_account,
    erase_person,
)
from kb.services.accounts.account_lifecycle import close_account
from kb.services.core.library import Library
from kb.services.groups.group_views import contributors
from kb.services.imports.import_export import export_items
from kb.services.search.search import run_search
from kb.services.search.suggestions import search_suggestions
from tests.factories.account_deletion import (
    CLOSED,
    EMAIL,
    LATER,
    LECTURES,
    LOGIN,
    NAME,
    a_whole_library,
    base_of,
    delete_own_account,
    items_of,
    traces,
    traces_after_merge,
    words_of,
    zephyrine,
)
from tests.factories.group import as_
from tests.factories.items import a_group
from tests.support.browser_sessions import PASSWORD, an_account


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with a_whole_library(tmp_path) as library:
        yield library


@pytest.mark.parametrize("words", AnnotationHandling)
@pytest.mark.parametrize("alone", [False, True])
def test_a_deleted_account_cannot_be_identified(library: Library, words: AnnotationHandling, alone: bool) -> None:
    needles = (LOGIN, NAME, EMAIL, "Quillard", "quillard", zephyrine(library).user_id or "")
    assert len(traces(library, *needles)) > 30
    delete_own_account(library, words, alone=alone)
    assert traces(library, *needles) == []
    connection = sqlite3.connect(base_of(library))
    with closing(connection):
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    with library.store.read() as reading:
        assert reading.moderation.log_entries()[0][1].action == "account-deleted"


def test_no_answer_names_a_deleted_user(library: Library) -> None:
    delete_own_account(library, AnnotationHandling.KEEP)
    for actor in (ANONYMOUS, as_(library, "claire"), OPERATOR):
        results = run_search(library, actor, SearchRequest.from_params([("q", "passage")]))
        results_shown = json.dumps([repr(results), repr(search_suggestions(library, actor, "zeph"))])
        results_shown += repr(contributors(library, actor, "lectures"))
        results_shown += "".join(json_line_of(*row) for row in export_items(library, actor))
        assert LOGIN not in results_shown
        assert "Quillard" not in results_shown
    assert not run_search(library, ANONYMOUS, SearchRequest.from_params([("author", LOGIN)])).total
    assert not run_search(library, ANONYMOUS, SearchRequest.from_params([("q", f"auteur:{LOGIN}")])).total


def test_kept_texts_have_no_author(library: Library) -> None:
    before = items_of(library)
    delete_own_account(library, AnnotationHandling.KEEP)
    after = items_of(library)
    assert after.keys() == before.keys() - {"own"}
    assert after["hers"]["author"] is None
    assert words_of(after["hers"]) == [("h-1", "highlight", None, "Un passage à elle.", None, [])]
    assert [word[:2] for word in words_of(after["shared"])] == [word[:2] for word in words_of(before["shared"])]
    assert words_of(after["shared"])[0][-1] == [("r-1", None), ("r-2", "paul")]
    assert after["his"]["author"] == {"login": "paul", "name": "Paul"}


def test_words_that_are_removed_leave_the_answers_of_others(library: Library) -> None:
    delete_own_account(library)
    after = items_of(library)
    assert words_of(after["hers"]) == []
    assert words_of(after["shared"]) == [
        ("h-2", "highlight", "paul", "Un passage de Paul.", None, [("r-2", "paul")]),
        ("n-1", "highlight", None, "Un passage noté.", None, [("r-3", "paul")]),
        ("c-1", "comment", None, None, "[…]", [("r-4", "claire")]),
    ]
    assert words_of(after["his"]) == []
    for word in ("Sa note", "Son commentaire", "Sa réponse.", "Elle se répond", "Un mot chez Paul"):
        lines = traces(library, word)
        assert [line for line in lines if "removed_content" not in line and not line.startswith("store.")] == []


def test_items_without_annotations_of_others_can_be_deleted_too(library: Library) -> None:
    delete_own_account(library, alone=True)
    assert items_of(library).keys() == {"shared", "his"}
    assert run_search(library, OPERATOR, SearchRequest.from_params([("q", "titre")])).total == 2
    with library.store.read() as reading:
        assert [flag.id for flag in reading.moderation.reports_of(LECTURES.id)] == ["f-1"]
        assert reading.moderation.reports_of(LECTURES.id)[0].user_id is None


def test_removed_content_of_an_erased_person_is_anonymous_or_deleted(library: Library) -> None:
    delete_own_account(library)
    with library.store.read() as reading:
        (removal,) = reading.moderation.removals_of_group(LECTURES.id, RemovalKind.REMOVED)
    item = json.loads(removal.body)["item"]
    assert removal.user_id is None
    assert item["author_id"] is None
    assert [(each["author_id"], each["body"]) for each in item["annotations"]] == [(None, "[…]")]
    assert item["annotations"][0]["replies"] == [{"id": "y", "author_id": "u-paul", "body": "Sa réponse."}]


def test_removed_content_keeps_its_texts_if_annotations_are_kept(library: Library) -> None:
    delete_own_account(library, AnnotationHandling.KEEP)
    with library.store.read() as reading:
        removals = reading.moderation.removals_of_group(LECTURES.id, RemovalKind.REMOVED)
    assert len(removals) == 3
    assert all("Ses mots" in removal.body for removal in removals)


def test_searches_and_keys_that_asked_for_them_alone_are_gone_and_others_stay(library: Library) -> None:
    delete_own_account(library)
    with library.store.read() as reading:
        parameters = {
            search.id: search.request.to_params() for search in reading.saved_searches.of_groups([LECTURES.id])
        }
        claire = reading.users.by_login("claire")
        assert claire is not None
        assert reading.credentials.feed_keys_of(claire.id) == ()
        assert [answer.key for answer in reading.idempotent_answers.of(claire.id)] == ["deux"]
    assert parameters.keys() == {"s-2", "s-4", "s-5"}
    assert ("author", "paul") in parameters["s-2"]


def test_messages_to_an_erased_person_or_about_them_are_not_sent(library: Library) -> None:
    delete_own_account(library)
    with library.store.read() as reading:
        assert [letter.id for letter in reading.outbox.due(LATER)] == ["l-4"]


def test_the_effects_of_a_deletion_are_previewed(library: Library) -> None:
    preview = account_deletion_preview(library, zephyrine(library))
    assert (preview.own_items, preview.shared, preview.alone, preview.words) == (1, 2, 1, 7)
    assert [group.slug for group in preview.groups] == ["clos", "lectures"]
    assert (preview.orphaned_groups, preview.groups_to_hand_over, preview.last) == ((), (), False)


def test_the_last_administrator_stays(library: Library) -> None:
    claire = replace(as_(library, "claire"), administrator=True)
    give_up(library, "claire", Role.MEMBER)
    assert account_deletion_preview(library, claire).last
    with pytest.raises(Conflict, match="administrator"):
        delete_account(library, claire, AnnotationHandling.KEEP, alone=False, proof=PASSWORD)
    with pytest.raises(Conflict, match="administrator"):
        erase_person(library, OPERATOR, "claire", AnnotationHandling.KEEP)


def give_up(library: Library, login: str, role: Role, groups: tuple[Group, ...] = (LECTURES, CLOSED)) -> None:
    with library.store.write() as writing:
        user = writing.users.by_login(login)
        assert user is not None
        for group in groups:
            writing.groups.set_role(user.id, group.id, role)


def test_a_sole_owner_hands_the_group_over_first(library: Library) -> None:
    give_up(library, LOGIN, Role.OWNER, (LECTURES,))
    give_up(library, "claire", Role.MEMBER, (LECTURES,))
    actor = zephyrine(library)
    assert [group.slug for group in account_deletion_preview(library, actor).groups_to_hand_over] == ["lectures"]
    with pytest.raises(Conflict, match="Lectures"):
        delete_account(library, actor, AnnotationHandling.KEEP, alone=False, proof=PASSWORD)
    assert traces(library, LOGIN)
    give_up(library, "claire", Role.OWNER, (LECTURES,))
    close_account(library, OPERATOR, LOGIN, closed=False)
    delete_own_account(library)


def test_a_second_owner_whose_account_is_closed_is_none(library: Library) -> None:
    give_up(library, LOGIN, Role.OWNER, (LECTURES,))
    an_account(library, "luc", administrator=True)
    give_up(library, "claire", Role.MEMBER, (LECTURES,))
    give_up(library, "luc", Role.OWNER, (LECTURES,))
    close_account(library, OPERATOR, "luc", closed=True)
    assert account_deletion_preview(library, zephyrine(library)).groups_to_hand_over


def test_a_group_without_other_members_is_left_to_the_administrators(library: Library) -> None:
    alone = a_group("seule")
    with library.store.write() as writing:
        writing.groups.add(alone)
        writing.groups.set_role(zephyrine(library).user_id or "", alone.id, Role.OWNER)
    assert [group.slug for group in account_deletion_preview(library, zephyrine(library)).orphaned_groups] == ["seule"]
    delete_own_account(library)
    with library.store.read() as reading:
        assert reading.groups.by_slug("seule") is not None


def test_a_wrong_password_deletes_nothing_and_is_not_tried_for_ever(library: Library) -> None:
    actor = zephyrine(library)
    for _ in range(5):
        with pytest.raises(Forbidden):
            delete_account(library, actor, AnnotationHandling.KEEP, alone=False, proof="une phrase tout autre")
    with pytest.raises(RateLimited):
        delete_account(library, actor, AnnotationHandling.KEEP, alone=False, proof=PASSWORD)
    assert traces(library, LOGIN)


def test_a_user_without_password_confirms_with_the_login(library: Library) -> None:
    actor = zephyrine(library)
    with library.store.write() as writing:
        writing.accounts.set_password(actor.user_id or "", None)
    with pytest.raises(Forbidden):
        delete_account(library, actor, AnnotationHandling.KEEP, alone=False, proof="claire")
    delete_account(library, actor, AnnotationHandling.KEEP, alone=False, proof=f" {LOGIN} ")
    assert not traces_after_merge(library)


def test_only_users_delete_their_account_and_only_administrators_erase_others(library: Library) -> None:
    with pytest.raises(LoginNeeded):
        account_deletion_preview(library, ANONYMOUS)
    with pytest.raises(Forbidden):
        account_deletion_preview(library, replace(zephyrine(library), read_only=True))
    for actor in (zephyrine(library), as_(library, "claire")):
        with pytest.raises(Forbidden):
            erase_person(library, actor, "paul", AnnotationHandling.KEEP)
    with pytest.raises(NotFound):
        erase_person(library, OPERATOR, "personne", AnnotationHandling.KEEP)


def test_old_rows_are_overwritten_once_no_snapshot_reads_them(library: Library) -> None:
    with library.store.read() as reading:
        assert reading.users.by_login(LOGIN) is not None
        delete_own_account(library)
        assert [trace for trace in traces(library, LOGIN) if not trace.startswith("store.")] == []
        assert reading.users.by_login(LOGIN) is not None
        assert not library.store.cut_log()
    assert traces_after_merge(library) == []
    assert library.store.cut_log()
