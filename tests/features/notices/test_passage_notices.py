"""Notices about marked passages whose words have changed in their page."""

from collections.abc import Iterator
from html import unescape

import pytest

from kb.access.actor import OPERATOR
from kb.features.notices.new_notices import NoticeRow
from kb.features.notices.notice_kinds import NoticeKind
from kb.features.notices.notices import notice_page, waiting_count
from kb.features.notices.records import MOST_BY_ONE, MOST_IN_BUNDLE, Notices
from kb.features.reading.anchor_task import anchor_waiting
from kb.model.items.item_fields import AnnotationFields
from kb.model.people.group import Role, Visibility
from kb.services.annotations.annotations import write_annotation, write_reply
from kb.services.core.library import Library
from kb.services.groups.membership import leave_group, set_role
from tests.checkers.read_notices import notices_of
from tests.factories.moderation import a_moderated_library, actor_of
from tests.support.browser_sessions import browsers_of


@pytest.fixture
def library() -> Iterator[Library]:
    with a_moderated_library() as library:
        yield library


PAGE = "Un phare au bout du quai.\nUn chalut bleu, amarré depuis mardi, attend la marée.\nUn treuil."


def page_becomes(library: Library, text: str) -> None:
    with library.store.write() as writing:
        writing.page_texts.put("i1", text)
    anchor_waiting(library)


def test_who_marked_a_passage_has_one_notice_when_its_words_change_in_the_page(library: Library) -> None:
    page_becomes(library, PAGE)
    assert notices_of(library, "claire") == notices_of(library, "max") == []
    # The passage of Claire is gone, that of Max stays; nothing else is told, and no person did it.
    without = PAGE.partition("\n")[2]
    for text in (without, without, f"{without}\nUne ligne de plus."):
        page_becomes(library, text)
        assert (notices_of(library, "claire"), notices_of(library, "max")) == ([("passage", "", "")], [])
    shown = unescape(browsers_of(library, ["claire"])["claire"].get("/notices?lang=fr").text)
    assert "Dans la page, le texte sous votre passage a changé ou n’y figure plus" in shown
    assert "Un phare au bout du quai." in shown
    assert "/items/i1/reply" not in shown
    browsers_of(library, ["claire"])["claire"].get("/items/i1/read")
    assert waiting_count(library, actor_of(library, "claire")) == 0
    page_becomes(library, PAGE)
    page_becomes(library, without)
    assert [kind for kind, _, _ in notices_of(library, "claire")] == ["passage", "passage"]


def test_the_passages_of_one_page_are_one_notice_and_cannot_push_out_the_others(library: Library) -> None:
    write_reply(library, actor_of(library, "max"), "a1", "Une réponse.", may_repeat=True)
    lines = [f"Le quai numéro {number} reste ouvert aux promeneurs." for number in range(15)]
    page_becomes(library, "\n".join(lines))
    for line in lines:
        write_annotation(library, actor_of(library, "claire"), "i1", AnnotationFields(quote=line))
    anchor_waiting(library)
    page_becomes(library, "Tout autre chose.")
    (row,) = (one for one in notice_page(library, actor_of(library, "claire")).notices if one.row.kind == "passage")
    assert row.count == MOST_IN_BUNDLE
    with library.store.write() as writing:
        claire = actor_of(library, "claire").user_id or ""
        store = Notices(writing.connection)
        store.add(
            NoticeRow(claire, NoticeKind.PASSAGE, f"page {number}", "i1", "a1", None)
            for number in range(MOST_BY_ONE + 20)
        )
    counts = notice_page(library, actor_of(library, "claire")).counts
    assert counts == {NoticeKind.REPLY: 1, NoticeKind.PASSAGE: MOST_BY_ONE}


def test_a_passage_of_a_group_that_its_author_may_not_read_any_more_has_no_notice() -> None:
    with a_moderated_library(Visibility.MEMBERS) as library:
        page_becomes(library, PAGE)
        leave_group(library, actor_of(library, "claire"), "quais")
        page_becomes(library, "Tout autre chose.")
        assert notices_of(library, "claire") == []
        set_role(library, OPERATOR, "quais", "claire", Role.MEMBER)
        assert notices_of(library, "claire") == [("passage", "", "")]
