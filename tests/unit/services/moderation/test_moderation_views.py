"""The moderation pages of a group, and their readers."""

from collections.abc import Iterator

import pytest

from kb.errors import Forbidden, LoginNeeded, NotFound
from kb.model.items.moderation import Report
from kb.model.people.group import Visibility
from kb.services.core.library import Library
from kb.services.moderation.moderation_actions import dismiss_reports, hide_content, remove_content, report_content
from kb.services.moderation.moderation_views import (
    LINES_PER_PAGE,
    AllowedModerationActions,
    allowed_moderation_actions,
    group_audit_log,
    group_trash,
    moderation_queue,
    pending_report_count,
    removed_content,
)
from kb.services.trash.item_parts import all_item_parts
from tests.factories.import_export import bring_records
from tests.factories.moderation import a_moderated_library, actor_of, item_of


@pytest.fixture
def library() -> Iterator[Library]:
    with a_moderated_library() as library:
        yield library


def test_reports_on_the_same_content_are_listed_together(library: Library) -> None:
    for login, part in (("sam", "a3"), ("sam", None), ("rene", "a3"), ("claire", "r1")):
        report_content(library, actor_of(library, login), "i1", part, f"de {login}")
    queue = moderation_queue(library, actor_of(library, "max"), "quais")
    assert [
        (content.part_id, [(report.reason, user.name if user else None) for report, user in content.reports])
        for content in queue.reported
    ] == [
        ("a3", [("de sam", "Sam"), ("de rene", "Rene")]),
        (None, [("de sam", "Sam")]),
        ("r1", [("de claire", "Claire")]),
    ]
    assert not queue.may_delete_permanently
    assert moderation_queue(library, actor_of(library, "olga"), "quais").may_delete_permanently


def test_a_report_on_what_is_no_longer_there_is_not_shown(library: Library) -> None:
    report_content(library, actor_of(library, "sam"), "i1", "a3")
    with library.store.write() as writing:
        writing.items.remove(["i1"])
    assert moderation_queue(library, actor_of(library, "max"), "quais").reported == ()


@pytest.mark.parametrize("visible", Visibility)
def test_others_see_nothing(visible: Visibility) -> None:
    with a_moderated_library(visible) as library:
        removal = remove_content(library, actor_of(library, "max"), "i1", "a3")
        for login in ("", "sam", "rene", "claire"):
            actor = actor_of(library, login)
            for look in (moderation_queue, group_audit_log):
                with pytest.raises((NotFound, Forbidden, LoginNeeded)):
                    look(library, actor, "quais")
            with pytest.raises((NotFound, Forbidden, LoginNeeded)):
                removed_content(library, actor, "quais", removal.id)
        for login in ("", "sam", "rene"):
            with pytest.raises((NotFound, Forbidden, LoginNeeded)):
                group_trash(library, actor_of(library, login), "quais")
        with pytest.raises(NotFound):
            removed_content(library, actor_of(library, "sam"), "~sam", removal.id)
        assert group_trash(library, actor_of(library, "claire"), "quais").removed == ()


def test_the_trash_holds_removed_and_not_hidden_items(library: Library) -> None:
    hide_content(library, actor_of(library, "max"), "i1", "a3")
    remove_content(library, actor_of(library, "claire"), "i1", "a1")
    remove_content(library, actor_of(library, "max"), "i2")
    whole = group_trash(library, actor_of(library, "max"), "quais")
    assert [entry.removal.item_id for entry in whole.removed] == ["i2", "i1"]
    assert [entry.has_item for entry in whole.removed] == [False, True]
    own = group_trash(library, actor_of(library, "claire"), "quais")
    assert [(entry.removal.annotation_id, entry.by and entry.by.name) for entry in own.removed] == [("a1", "Claire")]
    assert (whole.whole, own.whole) == (True, False)


def test_the_log_is_read_page_by_page_without_a_gap(library: Library) -> None:
    max_ = actor_of(library, "max")
    bring_records(
        library, {"id": "g", "title": "G", "annotations": [{"id": f"m{n}", "quote": "q"} for n in range(120)]}
    )
    for n in range(120):
        hide_content(library, max_, "g", f"m{n}")
    subjects, page = list[str | None](), group_audit_log(library, max_, "quais")
    while True:
        assert len(page.lines) <= LINES_PER_PAGE
        subjects += [line.subject for line in page.lines]
        if page.older is None:
            break
        page = group_audit_log(library, max_, "quais", page.older)
    assert subjects[:120] == [f"m{n}" for n in reversed(range(120))]
    assert len(subjects) == 125


def test_the_possible_actions_on_each_content(library: Library) -> None:
    item, parts = item_of(library), all_item_parts(item_of(library))
    with library.store.read() as reading:
        group = reading.groups.by_ids([item.group_id])[item.group_id]

    def about(login: str, part: str | None) -> AllowedModerationActions:
        return allowed_moderation_actions(actor_of(library, login), group)(parts[part])

    assert not about("", None)
    assert about("sam", "a1") == about("rene", "a1") == AllowedModerationActions(report=True)
    assert about("claire", "a1") == about("claire", "r0") == AllowedModerationActions(remove=True)
    assert about("claire", "a2") == AllowedModerationActions(report=True)
    # Her own item, with annotations of others.
    assert not about("claire", None)
    assert about("max", None) == about("olga", "a1") == AllowedModerationActions(hide=True, remove=True)


def test_a_great_many_reports_are_shown_the_first_first(library: Library) -> None:
    many = [{"id": f"m{n}", "quote": f"Passage {n}."} for n in range(230)]
    bring_records(library, {"id": "grand", "title": "Grand", "annotations": many})
    with library.store.write() as writing:
        group = writing.groups.by_slug("quais")
        assert group is not None
        for n in range(230):
            writing.moderation.add_report(
                Report(f"f{n:03}", group.id, "grand", f"m{n}", None, "", f"2026-01-01T00:00:00.{n:06}Z")
            )
    max_ = actor_of(library, "max")
    assert pending_report_count(library, max_, group) == 230
    assert [content.part_id for content in moderation_queue(library, max_, "quais").reported] == [
        f"m{n}" for n in range(200)
    ]
    dismiss_reports(library, max_, "quais", "grand", "m0")
    assert moderation_queue(library, max_, "quais").reported[-1].part_id == "m200"
    assert pending_report_count(library, actor_of(library, "claire"), group) == 0
