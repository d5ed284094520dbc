"""Corrections of hidden texts: who may write them, what moderators decide, and what stays hidden meanwhile."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from html import unescape

import pytest

from kb.access.actor import OPERATOR
from kb.errors import FlorilegeError, Forbidden, Invalid, LoginNeeded, NotFound
from kb.features.notices.notices import notice_page, waiting_count
from kb.model.items.item_fields import AnnotationFields
from kb.model.items.moderation import Removal
from kb.model.people.group import Group, Role
from kb.services.accounts.account_deletion import AnnotationHandling, erase_person
from kb.services.annotations.annotations import write_annotation, write_reply
from kb.services.core.library import Library
from kb.services.groups.group_states import archive_group
from kb.services.groups.membership import set_role
from kb.services.moderation.hidden_corrections import correct_hidden_text, hidden_text, refuse_correction
from kb.services.moderation.moderation_actions import (
    delete_content_permanently,
    hide_content,
    remove_content,
    restore_content,
)
from kb.services.moderation.moderation_views import group_audit_log, pending_report_count
from tests.factories.moderation import a_moderated_library, actor_of, annotations_of, item_of
from tests.support.browser_sessions import browsers_of, send

CORRECTED = "Un usager a tort. <b>"


@pytest.fixture
def library() -> Iterator[Library]:
    with a_moderated_library() as library:
        yield library


def hidden_comment(library: Library) -> Removal:
    """A comment by Claire that Max has hidden."""
    words = AnnotationFields(body="Une injure.")
    part_id = write_annotation(library, actor_of(library, "claire"), "i1", words).part_id
    return hide_content(library, actor_of(library, "max"), "i1", part_id, "Il nomme un usager.")


def correct(library: Library, removal: Removal, login: str = "claire", text: str = CORRECTED) -> None:
    correct_hidden_text(library, actor_of(library, login), removal.id, text)


def kinds(library: Library, login: str) -> list[str]:
    return [notice.row.kind.value for notice in notice_page(library, actor_of(library, login)).notices]


def pending(library: Library) -> int:
    return pending_report_count(library, actor_of(library, "max"), item_group(library))


def item_group(library: Library) -> Group:
    with library.store.read() as reading:
        group = reading.groups.by_slug("quais")
        assert group is not None
        return group


def test_an_author_corrects_a_hidden_comment_and_a_moderator_shows_it(library: Library) -> None:
    removal = hidden_comment(library)
    pages = browsers_of(library, ["claire", "olga"])
    notices = unescape(pages["claire"].get("/notices?lang=fr").text)
    path = f"/notices/correct/{removal.id}"
    assert f'href="{path}' in notices
    form = unescape(pages["claire"].get(f"{path}?lang=fr").text)
    assert "Une injure." in form
    assert "Il nomme un usager." in form
    assert send(pages["claire"], path, text=CORRECTED).status_code == 303
    notices = unescape(pages["claire"].get("/notices?lang=fr").text)
    assert "Les modérateurs ont votre correction." in notices
    assert notice_page(library, actor_of(library, "claire")).unread == 0
    assert removal.annotation_id not in annotations_of(library), "it is hidden still"
    assert (
        waiting_count(library, actor_of(library, "olga"))
        == notice_page(library, actor_of(library, "olga")).decisions.total
        == pending(library)
        == 1
    )
    for address in ("/notices?lang=fr", "/g/quais/moderation?lang=fr"):
        page = pages["olga"].get(address).text
        assert "Un usager a tort. &lt;b&gt;" in page
        assert "Rétablir le texte corrigé" in page
    assert "Une injure." in pages["olga"].get("/g/quais/moderation").text
    answer = send(pages["olga"], "/g/quais/moderation", act="restore", id=removal.id, next="/notices")
    assert answer.headers["location"].startswith("/notices?done=restored")
    shown = next(part for part in item_of(library).annotations if part.id == removal.annotation_id)
    assert (shown.body, shown.author.login if shown.author else "") == (CORRECTED, "claire")
    assert shown.updated is not None
    assert kinds(library, "claire") == ["shown"]
    page = unescape(pages["claire"].get("/notices?lang=fr").text)
    assert "tel que vous l’avez corrigé" in page
    assert "Olga" in page
    assert waiting_count(library, actor_of(library, "olga")) == pending(library) == 0
    assert pages["claire"].get(path).status_code == 404
    log = [(line.action, line.user_id) for line in group_audit_log(library, OPERATOR, "quais").lines]
    authors = {login: actor_of(library, login).user_id for login in ("claire", "olga", "max")}
    assert log[:3] == [("restored", authors["olga"]), ("corrected", authors["claire"]), ("hidden", authors["max"])]
    log_page = unescape(pages["olga"].get("/g/quais/log?lang=fr").text)
    assert "Claire a proposé une correction" in log_page


def test_a_reply_is_corrected_in_its_place(library: Library) -> None:
    reply_id = write_reply(library, actor_of(library, "claire"), "a1", "Une injure.").part_id
    after = write_reply(library, actor_of(library, "max"), "a1", "Allons.").part_id
    removal = hide_content(library, actor_of(library, "max"), "i1", reply_id)
    correct(library, removal)
    restore_content(library, actor_of(library, "max"), removal.id)
    replies = item_of(library).annotations[0].replies
    assert [(reply.id, reply.body) for reply in replies] == [(reply_id, CORRECTED), (after, "Allons.")]


def test_moderators_leave_it_hidden_and_the_author_has_a_notice_and_may_try_again(library: Library) -> None:
    removal = hidden_comment(library)
    correct(library, removal)
    correct(library, removal, text="Encore autrement.")
    assert pending(library) == 1, "another correction replaces the first"
    pages = browsers_of(library, ["claire", "olga"])
    answer = send(pages["olga"], "/g/quais/moderation", act="refuse", id=removal.id)
    assert answer.headers["location"].endswith("done=correction-refused")
    assert pending(library) == 0
    assert set(kinds(library, "claire")) == {"hidden"}
    page = unescape(pages["claire"].get("/notices?lang=fr").text)
    assert "l’ont laissé masqué malgré votre correction" in page
    assert "Encore autrement." in pages["claire"].get(f"/notices/correct/{removal.id}").text
    with pytest.raises(NotFound):
        refuse_correction(library, actor_of(library, "max"), "quais", removal.id)
    correct(library, removal, text="Une troisième fois.")
    assert pending(library) == 1
    refuse_correction(library, actor_of(library, "max"), "quais", removal.id)
    restore_content(library, actor_of(library, "max"), removal.id)
    shown = next(part for part in item_of(library).annotations if part.id == removal.annotation_id)
    assert shown.body == "Une injure.", "what was refused is not shown"


def no_member(library: Library, removal: Removal) -> None:
    del removal
    set_role(library, OPERATOR, "quais", "claire", Role.READER)


def archived(library: Library, removal: Removal) -> None:
    del removal
    archive_group(library, OPERATOR, "quais")


def whole_item_hidden(library: Library, removal: Removal) -> None:
    hide_content(library, actor_of(library, "max"), removal.item_id)


def restored(library: Library, removal: Removal) -> None:
    restore_content(library, actor_of(library, "max"), removal.id)


def deleted(library: Library, removal: Removal) -> None:
    delete_content_permanently(library, actor_of(library, "olga"), removal.id)


@pytest.mark.parametrize(
    ("change", "error"),
    [(no_member, Forbidden), (archived, FlorilegeError), (whole_item_hidden, NotFound), (restored, NotFound),
     (deleted, NotFound)],
)  # fmt: skip
def test_the_right_to_correct_is_asked_at_use(
    library: Library, change: Callable[[Library, Removal], None], error: type[FlorilegeError]
) -> None:
    removal = hidden_comment(library)
    correct(library, removal)
    change(library, removal)
    with pytest.raises(error):
        correct(library, removal, text="Trop tard.")
    page = unescape(browsers_of(library, ["claire"])["claire"].get("/notices").text)
    assert f"/notices/correct/{removal.id}" not in page


@pytest.mark.parametrize("login", ["max", "olga", "rene", "sam"])
def test_nobody_but_its_author_corrects_a_text(library: Library, login: str) -> None:
    removal = hidden_comment(library)
    with pytest.raises(NotFound) as there:
        hidden_text(library, actor_of(library, login), removal.id)
    with pytest.raises(NotFound) as absent:
        hidden_text(library, actor_of(library, login), "rien")
    assert str(there.value) == str(absent.value)
    with pytest.raises(NotFound):
        correct(library, removal, login)
    with pytest.raises(LoginNeeded):
        hidden_text(library, actor_of(library, ""), removal.id)
    if login != "olga":
        correct(library, removal)
        with pytest.raises(Forbidden) if login != "max" else pytest.raises(NotFound):
            refuse_correction(library, actor_of(library, login), "quais", removal.id if login != "max" else "rien")


def test_what_has_no_words_of_its_author_is_not_corrected(library: Library) -> None:
    passage = hide_content(library, actor_of(library, "max"), "i1", "a1")
    removed = remove_content(library, actor_of(library, "claire"), "i1", "a4")
    item = hide_content(library, actor_of(library, "max"), "i1")
    for removal in (passage, removed, item):
        with pytest.raises(NotFound):
            hidden_text(library, actor_of(library, "claire"), removal.id)


@pytest.mark.parametrize("text", ["", " \n ", "Une injure.", " Une injure.\n", "x" * 50_001])
def test_a_correction_changes_something_and_is_bounded(library: Library, text: str) -> None:
    removal = hidden_comment(library)
    with pytest.raises(Invalid):
        correct(library, removal, text=text)
    assert pending(library) == 0
    page = browsers_of(library, ["claire"])["claire"]
    answer = send(page, f"/notices/correct/{removal.id}", text=text)
    assert answer.status_code == 400
    assert "form-error" in answer.text


def test_a_correction_is_among_the_data_of_its_author_and_goes_with_them(library: Library) -> None:
    removal = hidden_comment(library)
    correct(library, removal)
    erase_person(library, OPERATOR, "claire", AnnotationHandling.REMOVED)
    assert pending(library) == 0
    with library.store.read() as reading:
        assert reading.moderation.removal(removal.id) is None
        assert reading.moderation.reports_of(removal.group_id) == ()


def test_a_correction_may_stay_when_its_author_goes(library: Library) -> None:
    removal = hidden_comment(library)
    correct(library, removal)
    erase_person(library, OPERATOR, "claire", AnnotationHandling.KEEP)
    page = unescape(browsers_of(library, ["olga"])["olga"].get("/notices?lang=fr").text)
    assert "Un texte masqué d’un compte supprimé a été corrigé" in page
    restore_content(library, actor_of(library, "max"), removal.id)
    shown = next(part for part in item_of(library).annotations if part.id == removal.annotation_id)
    assert (shown.body, shown.author) == (CORRECTED, None)


def test_a_hidden_text_without_a_correction_is_restored_as_it_was(library: Library) -> None:
    before = item_of(library)
    removal = hide_content(library, actor_of(library, "max"), "i1", "a4")
    restore_content(library, actor_of(library, "max"), removal.id)
    assert replace(item_of(library), updated=None).annotations == replace(before, updated=None).annotations
    assert kinds(library, "claire") == []
