"""Notices: each kind, whom it reaches, and each right that takes it away again."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from html import unescape

import pytest

from kb.access.actor import OPERATOR
from kb.features.notices.notice_kinds import MailChoice, NoticeKind
from kb.features.notices.notices import (
    choose_mails,
    mark_all_seen,
    mark_seen,
    notice_page,
    waiting_count,
)
from kb.features.notices.records import MOST_BY_ONE, MOST_IN_BUNDLE, MOST_KEPT, STORE, NoticesReading
from kb.features.notices.tables import notices
from kb.model.items.item_fields import AnnotationFields, ItemFields, fields_of_item
from kb.model.people.group import JoinPolicy, Role, Visibility
from kb.services.accounts.account_deletion import AnnotationHandling, erase_person
from kb.services.admin.expired_data import purge_expired_data
from kb.services.annotations.annotations import change_annotation, move_annotation, write_annotation, write_reply
from kb.services.core.library import Library
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import join_group, set_role
from kb.services.item_actions.duplicates import merge_items
from kb.services.item_actions.move_and_copy import move_item
from kb.services.items.item_creation import save_item
from kb.services.items.item_edit import add_to_item, edit_item
from kb.services.moderation.moderation_actions import (
    delete_content_permanently,
    hide_content,
    remove_content,
    report_content,
    restore_content,
)
from kb.services.undo.undo import undo_action
from kb.store.database.clock import timestamp_in
from tests.checkers.read_notices import ReadNotice, notices_of
from tests.checkers.recorded_queries import recorded_queries
from tests.factories.import_export import bring_records
from tests.factories.moderation import a_moderated_library, actor_of, item_of, person
from tests.support.browser_sessions import browsers_of, send


@pytest.fixture
def library() -> Iterator[Library]:
    with a_moderated_library() as library:
        yield library


def reply(library: Library, login: str, part_id: str, text: str) -> str:
    return write_reply(library, actor_of(library, login), part_id, text, may_repeat=True).part_id


def comment(library: Library, login: str, text: str, item_id: str = "i1") -> str:
    return write_annotation(library, actor_of(library, login), item_id, AnnotationFields(body=text)).part_id


def change_title(library: Library, login: str, title: str) -> str | None:
    fields = replace(fields_of_item(item_of(library)), title=title)
    return edit_item(library, actor_of(library, login), "i1", fields).undo


def test_a_reply_reaches_whom_it_answers_and_nobody_else(library: Library) -> None:
    first = reply(library, "max", "a1", "Oui, un phare.")
    assert notices_of(library, "claire") == [("reply", "max", "Oui, un phare.")]
    reply(library, "olga", first, "Lequel ?")
    # It answers Max, in a thread that Claire began.
    assert notices_of(library, "max") == [("reply", "olga", "Lequel ?")]
    assert notices_of(library, "claire") == [("reply", "olga", "Lequel ?"), ("reply", "max", "Oui, un phare.")]
    assert notices_of(library, "olga") == notices_of(library, "rene") == []


def test_a_note_reaches_who_saved_the_item_once_it_has_words(library: Library) -> None:
    max_ = actor_of(library, "max")
    highlight = write_annotation(library, max_, "i1", AnnotationFields(quote="Un passage.")).part_id
    assert notices_of(library, "claire") == []
    change_annotation(library, max_, highlight, AnnotationFields(quote="Un passage.", body="Enfin une note."))
    change_annotation(library, max_, highlight, AnnotationFields(quote="Un passage.", body="Une note."))
    assert notices_of(library, "claire") == [("note", "max", "Une note.")]
    add_to_item(
        library, max_, "i1", ItemFields(title="Le port"), [AnnotationFields(quote="Autre.", body="Et une autre.")]
    )
    assert [notices_of(library, "claire")[0][2]] == ["Et une autre."]


def test_a_mention_reaches_the_named_user_once(library: Library) -> None:
    claire = actor_of(library, "claire")
    written = write_annotation(library, claire, "i1", AnnotationFields("Un passage.", "Qu’en dis-tu, @max ?"))
    reply(library, "claire", "a1", "@rene @claire @sam : à voir.")
    save_item(library, claire, "quais", ItemFields(title="La houle"), [AnnotationFields("Elle monte.", "@max")])
    assert [kind for kind, _, _ in notices_of(library, "max")] == ["mention", "mention"]
    assert notices_of(library, "rene") == [("mention", "claire", "@rene @claire @sam : à voir.")]
    assert notices_of(library, "claire") == notices_of(library, "sam") == []
    change_annotation(library, claire, written.part_id, AnnotationFields("Un passage.", "Et toi, @max ?"))
    assert len(notices_of(library, "max")) == 2
    change_annotation(library, claire, written.part_id, AnnotationFields("Un passage.", "Rien."))
    assert len(notices_of(library, "max")) == 1


def test_a_text_that_answers_and_names_a_user_is_one_notice(library: Library) -> None:
    reply(library, "max", "a1", "@claire, oui.")
    assert notices_of(library, "claire") == [("mention", "max", "@claire, oui.")]


def test_a_changed_title_reaches_who_saved_the_item(library: Library) -> None:
    change_title(library, "claire", "Le port")
    assert notices_of(library, "claire") == []
    undo = change_title(library, "max", "Le grand port")
    assert notices_of(library, "claire") == [("title", "max", "")]
    assert undo is not None
    undo_action(library, actor_of(library, "max"), undo)
    assert len(notices_of(library, "claire")) == 1


def test_hidden_content_is_told_to_its_author_with_the_reason_until_it_is_restored(library: Library) -> None:
    part_id = comment(library, "claire", "Une injure.")
    removal = hide_content(library, actor_of(library, "max"), "i1", part_id, "Il nomme un usager.")
    assert notices_of(library, "claire") == [("hidden", "max", "Une injure.")]
    pages = browsers_of(library, ["claire"])
    page = unescape(pages["claire"].get("/notices?lang=fr").text)
    assert "Max" in page
    assert "Il nomme un usager." in page
    # Who is no member is not told by whom.
    with library.store.write() as writing:
        writing.groups.drop_member(person(library, "claire").id, item_of(library).group_id)
    page = unescape(pages["claire"].get("/notices?lang=fr").text)
    assert "Il nomme un usager." in page
    assert "Max" not in page
    restore_content(library, actor_of(library, "max"), removal.id)
    assert notices_of(library, "claire") == []


def test_one_who_hides_or_removes_their_own_text_is_told_nothing(library: Library) -> None:
    hide_content(library, actor_of(library, "max"), "i1", "a2")
    remove_content(library, actor_of(library, "claire"), "i1", "a1")
    remove_content(library, actor_of(library, "max"), "i1", "a4")
    assert notices_of(library, "max") == notices_of(library, "claire") == []


def leave(library: Library, part_id: str) -> None:
    del part_id
    with library.store.write() as writing:
        writing.groups.drop_member(person(library, "claire").id, item_of(library).group_id)


def group_deleted(library: Library, part_id: str) -> None:
    del part_id
    with library.store.write() as writing:
        group = writing.groups.by_slug("quais")
        assert group is not None
        writing.groups.update(replace(group, deleted_at=timestamp_in()))


def part_hidden(library: Library, part_id: str) -> None:
    hide_content(library, actor_of(library, "olga"), "i1", part_id)


def part_removed(library: Library, part_id: str) -> None:
    remove_content(library, actor_of(library, "max"), "i1", part_id)


def thread_hidden(library: Library, part_id: str) -> None:
    del part_id
    hide_content(library, actor_of(library, "olga"), "i1", "a1")


def item_removed(library: Library, part_id: str) -> None:
    del part_id
    remove_content(library, actor_of(library, "olga"), "i1")


def item_moved(library: Library, part_id: str) -> None:
    del part_id
    add_group(library, OPERATOR, "atelier", "Atelier", visible=Visibility.MEMBERS)
    set_role(library, OPERATOR, "atelier", "olga", Role.OWNER)
    move_item(library, actor_of(library, "olga"), "i1", "atelier", confirmed=True)


@pytest.mark.parametrize(
    "takes_away", [leave, group_deleted, part_hidden, part_removed, thread_hidden, item_removed, item_moved]
)
def test_a_right_that_is_taken_away_takes_the_notice_away(takes_away: Callable[[Library, str], None]) -> None:
    with a_moderated_library(Visibility.MEMBERS) as library:
        part_id = reply(library, "max", "a1", "Oui, un phare.")
        assert len(notices_of(library, "claire")) == 1
        pages = browsers_of(library, ["claire"])
        assert "À voir" in pages["claire"].get("/?lang=fr").text
        takes_away(library, part_id)
        # Hiding the thread is told to Claire, who began it.
        assert [kind for kind, _, _ in notices_of(library, "claire")] in ([], ["hidden"])
        page = pages["claire"].get("/notices?lang=fr").text
        assert "Oui, un phare." not in page
        if takes_away is not thread_hidden:
            assert "À voir <b>" not in page
            assert "Oui, un phare." not in pages["claire"].get("/").text


def test_a_notice_comes_back_with_what_it_is_about(library: Library) -> None:
    part_id = reply(library, "max", "a1", "Oui, un phare.")
    removal = remove_content(library, actor_of(library, "max"), "i1", part_id)
    purge_expired_data(library)
    assert notices_of(library, "claire") == []
    restore_content(library, actor_of(library, "max"), removal.id)
    assert notices_of(library, "claire") == [("reply", "max", "Oui, un phare.")]


def test_a_notice_follows_what_is_moved_or_merged(library: Library) -> None:
    comment(library, "max", "Moved.")
    part_id = comment(library, "max", "Pour @claire.")
    move_annotation(library, actor_of(library, "max"), part_id, "i2")
    assert notice_page(library, actor_of(library, "claire")).notices[0].item.id == "i2"  # type: ignore[union-attr]
    change_title(library, "max", "Le grand port")
    merge_items(library, actor_of(library, "max"), "i2", ["i1"])
    ids = {notice.item.id for notice in notice_page(library, actor_of(library, "claire")).notices if notice.item}
    assert len(notices_of(library, "claire")) == 3
    assert len(ids) == 1


def test_what_is_deleted_permanently_leaves_no_row(library: Library) -> None:
    reply(library, "max", "a1", "Oui.")
    change_title(library, "max", "Le grand port")
    removal = remove_content(library, actor_of(library, "olga"), "i1")
    delete_content_permanently(library, actor_of(library, "olga"), removal.id)
    assert rows(library) == 0


def rows(library: Library) -> int:
    with library.store.read() as reading:
        return len(reading.connection.execute(notices.select()).all())


def test_a_hundred_replies_to_one_thread_are_one_notice(library: Library) -> None:
    for number in range(30):
        reply(library, "max", "a1", f"Réponse {number}.")
    assert len(notices_of(library, "claire")) == 1
    [notice] = notice_page(library, actor_of(library, "claire")).notices
    assert notice.count == rows(library) == MOST_IN_BUNDLE
    # The other replies are there if the last one goes.
    remove_content(library, actor_of(library, "max"), "i1", notice.row.part_id)
    assert len(notices_of(library, "claire")) == 1
    reply(library, "olga", "a1", "Une autre personne.")
    assert len(notices_of(library, "claire")) == 2


def test_one_person_cannot_push_out_the_notices_of_others(library: Library) -> None:
    reply(library, "olga", "a1", "Garde-moi.")
    claire, max_ = person(library, "claire"), person(library, "max")
    flood = [
        {
            "id": f"n{number}", "user_id": claire.id, "kind": "title", "bundle_id": f"n{number}", "thread_id": "x",
            "item_id": "i1", "part_id": "", "by_id": max_.id, "at": timestamp_in(seconds=number),
        }
        for number in range(MOST_KEPT + 10)
    ]  # fmt: skip
    with library.store.write() as writing:
        writing.connection.execute(notices.insert(), flood)
    change_title(library, "max", "Le grand port")
    kinds = [kind for kind, _, _ in first_notices_of(library)]
    assert "reply" in kinds
    assert rows(library) <= MOST_BY_ONE + 1


def first_notices_of(library: Library) -> list[ReadNotice]:
    found = notice_page(library, actor_of(library, "claire"), NoticeKind.REPLY)
    return [(notice.row.kind.value, "", "") for notice in found.notices]


def test_read_notices_go_after_a_while_and_unread_ones_stay(library: Library) -> None:
    reply(library, "max", "a1", "Vieille.")
    reply(library, "olga", "a1", "Vieille aussi.")
    with library.store.write() as writing:
        writing.connection.execute(notices.update().values(at=timestamp_in(days=-91)))
    mark_seen(
        library, actor_of(library, "claire"), notice_page(library, actor_of(library, "claire")).notices[0].row.bundle_id
    )
    purge_expired_data(library)
    assert rows(library) == 1


def test_notices_are_marked_as_read_where_they_are_read(library: Library) -> None:
    reply(library, "max", "a1", "Une réponse.")
    change_title(library, "max", "Le grand port")
    comment(library, "max", "@claire ?", "i2")
    pages = browsers_of(library, ["claire", "max"])
    pages["max"].get("/items/i1")
    pages["claire"].get("/items/i1", headers={"Sec-Purpose": "prefetch"})
    assert waiting_count(library, actor_of(library, "claire")) == 3
    assert "To see <b>1</b>" in pages["claire"].get("/items/i1?lang=en").text
    assert waiting_count(library, actor_of(library, "claire")) == 1
    pages["claire"].get("/items/i2/read")
    assert waiting_count(library, actor_of(library, "claire")) in {0, 1}
    mark_all_seen(library, actor_of(library, "claire"), timestamp_in(seconds=1))
    assert waiting_count(library, actor_of(library, "claire")) == 0
    assert len(notices_of(library, "claire")) == 3


def test_the_page_shows_texts_in_place_and_marks_them_as_read(library: Library) -> None:
    reply(library, "max", "a1", "Un <b>phare</b> ?")
    reply(library, "olga", "a1", "Oui.")
    change_title(library, "max", "Le <i>port</i>")
    pages = browsers_of(library, ["claire", ""])
    page = pages["claire"].get("/notices?lang=fr").text
    assert "À voir <b>3</b>" in page
    assert page.count('class="unread"') == 3
    assert "&lt;b&gt;phare" in page
    assert "<i>port" not in page
    assert "/items/i1/history" in page
    assert '<blockquote dir="auto">Un phare au bout du quai.' in page
    assert "/items/i1?lang=fr#a-" in page
    assert pages["claire"].get("/notices?show=unread&kind=reply").text.count('class="unread"') == 2
    home = pages["claire"].get("/?lang=fr").text
    assert "&lt;b&gt;phare" in home
    assert "/notices" in home
    newest = notice_page(library, actor_of(library, "claire")).newest
    reply(library, "max", "a4", "Après.")
    answer = send(pages["claire"], "/notices", act="all-seen", until=newest)
    assert answer.status_code == 303
    # What came after the page was shown stays unread.
    assert waiting_count(library, actor_of(library, "claire")) == 1
    [unread] = [notice for notice in notice_page(library, actor_of(library, "claire")).notices if notice.is_unread]
    send(pages["claire"], "/notices", act="seen", id=unread.row.bundle_id)
    assert 'class="unread"' not in pages["claire"].get("/notices").text
    assert pages[""].get("/notices", follow_redirects=False).status_code in {303, 401, 403}
    assert send(pages["claire"], "/notices/settings", "/notices", act="x").status_code == 400


def test_a_reply_is_liked_from_its_notice_and_the_page_stays_where_it_was(library: Library) -> None:
    part_id = reply(library, "max", "a1", "Oui, un phare.")
    browser = browsers_of(library, ["claire"])["claire"]
    page = browser.get("/notices?kind=reply").text
    assert f'formaction="/items/i1/like" name="like" value="like {part_id}" aria-pressed="false"' in page
    assert 'name="next" value="/notices?kind=reply#n-1"' in page
    assert '<li id="n-1"' in page
    assert f'href="/items/i1/reply?to={part_id}"' in page
    answer = send(browser, "/notices", "/items/i1/like", like=f"like {part_id}", next="/notices?kind=reply#n-1")
    assert answer.headers["location"] == "/notices?kind=reply#n-1"
    liked = browser.get("/notices").text
    assert f'value="unlike {part_id}" aria-pressed="true"' in liked
    assert 'class="unread"' not in liked, "who answers it has read it"
    outside = send(browser, "/notices", "/items/i1/like", like=f"unlike {part_id}", next="https://ailleurs.example/")
    assert outside.headers["location"] == "/"
    # Who may only read does not like, and does not answer.
    set_role(library, OPERATOR, "quais", "claire", Role.READER)
    assert "formaction" not in browser.get("/notices").text
    assert "/reply?to=" not in browser.get("/notices").text


def test_what_one_answers_by_a_like_leaves_the_other_notices_of_the_item_unread(library: Library) -> None:
    part_id = reply(library, "max", "a1", "Oui, un phare.")
    reply(library, "olga", "a1", "Non.")
    change_title(library, "max", "Le grand port")
    browser = browsers_of(library, ["claire"])["claire"]
    send(browser, "/notices", "/items/i1/like", like=f"like {part_id}", next="/notices")
    unread = [notice for notice in notice_page(library, actor_of(library, "claire")).notices if notice.is_unread]
    assert [notice.row.kind for notice in unread] == [NoticeKind.TITLE, NoticeKind.REPLY]
    send(browser, "/notices", "/items/i1/history", act="title", next="/notices")
    unread = [notice for notice in notice_page(library, actor_of(library, "claire")).notices if notice.is_unread]
    assert [notice.row.kind for notice in unread] == [NoticeKind.REPLY]


def test_the_page_asks_little_for_each_changed_title(library: Library) -> None:
    claire, max_ = actor_of(library, "claire"), actor_of(library, "max")
    browser, asked = browsers_of(library, ["claire"])["claire"], list[int]()
    for titles in (["un"], ["deux", "trois", "quatre", "cinq"]):
        for title in titles:
            item = save_item(library, claire, "quais", ItemFields(title=title)).item
            edit_item(library, max_, item.id, replace(fields_of_item(item), title="Autre"))
        browser.get("/notices")
        with recorded_queries() as queries:
            assert browser.get("/notices").text.count('value="title"') == len(titles) + len(asked)
        asked.append(len(queries))
    assert asked[1] - asked[0] <= 4 * 7


def test_a_notice_marked_as_read_leads_back_to_the_same_filter(library: Library) -> None:
    reply(library, "max", "a1", "Oui, un phare.")
    browser = browsers_of(library, ["claire"])["claire"]
    assert 'action="/notices?kind=reply"' in browser.get("/notices?kind=reply&done=kept").text
    answer = send(browser, "/notices?kind=reply", act="seen", id="a1")
    assert answer.headers["location"] == "/notices?kind=reply"


def test_nobody_marks_the_notices_of_others(library: Library) -> None:
    reply(library, "max", "a1", "Oui.")
    [notice] = notice_page(library, actor_of(library, "claire")).notices
    mark_seen(library, actor_of(library, "olga"), notice.row.bundle_id)
    mark_all_seen(library, actor_of(library, "olga"), timestamp_in(seconds=9))
    assert waiting_count(library, actor_of(library, "claire")) == 1


def test_decisions_come_first_and_are_made_on_the_page(library: Library) -> None:
    with library.store.write() as writing:
        group = writing.groups.by_slug("quais")
        assert group is not None
        writing.groups.update(replace(group, join=JoinPolicy.REQUEST))
    join_group(library, actor_of(library, "sam"), "quais", "Je reprends la veille.")
    report_content(library, actor_of(library, "claire"), "i1", "r1", "Hors sujet.")
    report_content(library, actor_of(library, "rene"), "i1", "r1")
    pages = browsers_of(library, ["max", "claire", "olga"])
    page = unescape(pages["max"].get("/notices?lang=fr").text)
    assert "À voir <b>2</b>" in page
    assert "Je reprends la veille." in page
    assert "Un texte de Max est signalé par 2 personnes" in page
    assert "Hors sujet." in page
    assert "À voir <b>" not in pages["claire"].get("/notices?lang=fr").text
    answer = send(pages["max"], "/g/quais/members", act="approve", login="sam", role="member", next="/notices")
    assert answer.headers["location"].startswith("/notices?done=")
    answer = send(pages["max"], "/g/quais/moderation", act="dismiss", id="i1", part="r1", next="/notices")
    assert answer.headers["location"].startswith("/notices?done=")
    assert "À voir <b>" not in pages["olga"].get("/notices?lang=fr").text
    answer = send(pages["max"], "/g/quais/members", act="decline", login="sam", next="//evil.example")
    assert "evil" not in answer.headers.get("location", "")


def test_a_report_about_a_deleted_account_says_so(library: Library) -> None:
    report_content(library, actor_of(library, "max"), "i1", "a1", "")
    erase_person(library, OPERATOR, "claire", AnnotationHandling.KEEP)
    assert (
        "Un texte d’un compte supprimé est signalé par 1" in browsers_of(library, ["olga"])["olga"].get("/notices").text
    )


def test_an_import_tells_nothing(library: Library) -> None:
    answers = [{"id": "r-new", "author": "max", "body": "Importée, @claire."}]
    parts = [{"id": "a-new", "kind": "comment", "author": "max", "body": "Importé, @claire.", "replies": answers}]
    bring_records(library, {"id": "i1", "title": "Un autre titre", "group": "quais", "annotations": parts})
    assert notices_of(library, "claire") == []


def test_a_page_asks_for_the_count_once_and_for_a_visitor_not_at_all(library: Library) -> None:
    pages = browsers_of(library, ["claire", "max"])
    for login, queries in (("", 0), ("claire", 1), ("max", 1)):
        pages[login].get("/aide")
        with recorded_queries() as asked:
            assert pages[login].get("/aide").status_code == 200
        assert sum("notices" in query for query in asked) == queries, login


def test_the_header_counts_up_to_a_bound(library: Library) -> None:
    claire = person(library, "claire")
    rows = [
        {
            "id": f"n{number}", "user_id": claire.id, "kind": "note", "bundle_id": f"n{number}", "thread_id": "i1",
            "item_id": "i1", "part_id": "a2", "at": timestamp_in(),
        }
        for number in range(120)
    ]  # fmt: skip
    with library.store.write() as writing:
        writing.connection.execute(notices.insert(), rows)
    page = browsers_of(library, ["claire"])["claire"].get("/notices?page=3&lang=en").text
    assert "To see <b>99+</b>" in page
    assert page.count('class="unread"') == 20


def test_a_backup_that_is_put_back_sends_no_mail_again(library: Library) -> None:
    choose_mails(library, actor_of(library, "claire"), {NoticeKind.REPLY: MailChoice.NOW})
    reply(library, "max", "a1", "Oui.")
    with library.store.write() as writing:
        STORE.restored(writing.connection)
        assert NoticesReading(writing.connection).waiting_for_mail(MailChoice.NOW, "2999") == []


def test_an_erased_person_leaves_no_notice_and_no_name(library: Library) -> None:
    reply(library, "max", "a1", "Oui.")
    reply(library, "claire", "a2", "Bien sûr.")
    erase_person(library, OPERATOR, "max", AnnotationHandling.KEEP)
    assert notices_of(library, "claire") == [("reply", "", "Oui.")]
    assert rows(library) == 1
