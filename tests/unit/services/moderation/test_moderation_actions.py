"""Content is reported, hidden, removed and restored exactly, and each action requires its right."""

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest

from kb.access.actor import OPERATOR
from kb.errors import Conflict, Forbidden, Invalid, LoginNeeded, NotFound, RateLimited
from kb.model.items.item import Item
from kb.model.items.moderation import Removal, RemovalKind, Report
from kb.model.people.group import Visibility
from kb.services.core.library import Library
from kb.services.items.items import item_page
from kb.services.moderation.moderation_actions import (
    delete_content_permanently,
    dismiss_reports,
    hide_content,
    remove_content,
    report_content,
    restore_content,
)
from kb.services.trash.content_removal import LONGEST_REASON
from kb.store.database.clock import timestamp_in
from tests.factories.group import log_of
from tests.factories.import_export import bring_records, exported_lines, items_in
from tests.factories.moderation import a_moderated_library, actor_of, annotations_of, item_of


@pytest.fixture
def library() -> Iterator[Library]:
    with a_moderated_library() as library:
        yield library


def flags(library: Library) -> tuple[Report, ...]:
    with library.store.read() as reading:
        group = reading.groups.by_slug("quais")
        assert group is not None
        return reading.moderation.reports_of(group.id)


def all_removals(library: Library) -> tuple[Removal, ...]:
    with library.store.read() as reading:
        group = reading.groups.by_slug("quais")
        assert group is not None
        return tuple(
            removal for kind in RemovalKind for removal in reading.moderation.removals_of_group(group.id, kind)
        )


def log(library: Library) -> list[str]:
    with library.store.read() as reading:
        group = reading.groups.by_slug("quais")
        assert group is not None
        return log_of(library, group)


def test_each_reader_reports_an_item_once(library: Library) -> None:
    for login in ("sam", "rene", "rene"):
        report_content(library, actor_of(library, login), "i1", "a2", " Hors sujet ")
    report_content(library, actor_of(library, "rene"), "i1", "r1")
    report_content(library, actor_of(library, "rene"), "i1")
    assert [(flag.annotation_id, flag.reason) for flag in flags(library)] == [
        ("a2", "Hors sujet"),
        ("a2", "Hors sujet"),
        ("r1", ""),
        (None, ""),
    ]
    assert log(library).count("flagged") == 4
    with pytest.raises(LoginNeeded):
        report_content(library, actor_of(library, ""), "i1")
    for part in ("rien", ""):
        with pytest.raises(NotFound):
            report_content(library, actor_of(library, "rene"), "i1", part)
    with pytest.raises(NotFound):
        report_content(library, actor_of(library, "rene"), "rien")


def test_a_long_reason_is_truncated_and_an_unstorable_one_refused(library: Library) -> None:
    report_content(library, actor_of(library, "rene"), "i1", None, "x" * 50_000)
    assert len(flags(library)[0].reason) == LONGEST_REASON
    for reason in ("a\0b", "\ud800"):
        with pytest.raises(Invalid):
            report_content(library, actor_of(library, "sam"), "i1", None, reason)
        with pytest.raises(Invalid):
            hide_content(library, actor_of(library, "max"), "i1", None, reason)
    assert items_in(library)[0].id == "i1"


def test_reports_without_end_are_slowed_down(library: Library) -> None:
    for _ in range(30):
        report_content(library, actor_of(library, "sam"), "i1")
    with pytest.raises(RateLimited):
        report_content(library, actor_of(library, "sam"), "i1")
    report_content(library, actor_of(library, "rene"), "i1")


def test_a_closed_group_reveals_nothing_to_outsiders() -> None:
    with a_moderated_library(Visibility.MEMBERS) as library:
        hidden = hide_content(library, actor_of(library, "max"), "i1", "a1")
        for login in ("", "sam"):
            for item_id in ("i1", "rien"):
                with pytest.raises(NotFound, match="This item does not exist"):
                    report_content(library, actor_of(library, login), item_id)
                with pytest.raises(NotFound, match="This item does not exist"):
                    hide_content(library, actor_of(library, login), item_id)
                with pytest.raises(NotFound, match="This item does not exist"):
                    remove_content(library, actor_of(library, login), item_id)
            refusal = pytest.raises(NotFound, match="This was restored") if login else pytest.raises(LoginNeeded)
            for aside_id in (hidden.id, "rien", "\0"):
                for act in (restore_content, delete_content_permanently):
                    with refusal:
                        act(library, actor_of(library, login), aside_id)


def test_an_own_library_has_no_moderators(library: Library) -> None:
    bring_records(library, {"id": "own", "title": "À moi", "group": "~sam"})
    with pytest.raises(Forbidden):
        report_content(library, actor_of(library, "sam"), "own")
    with pytest.raises(Forbidden):
        hide_content(library, actor_of(library, "sam"), "own")
    restore_content(library, actor_of(library, "sam"), remove_content(library, actor_of(library, "sam"), "own").id)
    delete_content_permanently(
        library, actor_of(library, "sam"), remove_content(library, actor_of(library, "sam"), "own").id
    )
    assert "own" not in [item.id for item in items_in(library)]


def test_only_moderators_hide_content(library: Library) -> None:
    for login in ("sam", "rene", "claire"):
        with pytest.raises(Forbidden):
            hide_content(library, actor_of(library, login), "i1", "a3")
    with pytest.raises(LoginNeeded):
        hide_content(library, actor_of(library, ""), "i1", "a3")
    with pytest.raises(Forbidden):
        hide_content(library, replace(actor_of(library, "max"), read_only=True), "i1", "a3")
    report_content(library, actor_of(library, "sam"), "i1", "a3", "Faux")
    report_content(library, actor_of(library, "sam"), "i1", "a4", "Faux")
    hidden = hide_content(library, actor_of(library, "max"), "i1", "a3", "Erreur")
    assert annotations_of(library) == ["a1", "a2", "a4"]
    assert (hidden.kind, hidden.reason, hidden.expires_at) == (RemovalKind.HIDDEN, "Erreur", None)
    assert [flag.annotation_id for flag in flags(library)] == ["a4"]
    assert log(library)[-1] == "hidden"


def test_a_report_is_dismissed(library: Library) -> None:
    for login in ("sam", "rene"):
        report_content(library, actor_of(library, login), "i1", "a3")
        report_content(library, actor_of(library, login), "i1")
    with pytest.raises(Forbidden):
        dismiss_reports(library, actor_of(library, "claire"), "quais", "i1")
    dismiss_reports(library, actor_of(library, "max"), "quais", "i1")
    dismiss_reports(library, actor_of(library, "max"), "quais", "i1")
    assert {flag.annotation_id for flag in flags(library)} == {"a3"}
    dismiss_reports(library, actor_of(library, "max"), "quais", "i1", "a3")
    assert flags(library) == ()
    assert log(library).count("dismissed") == 2
    with pytest.raises(NotFound):
        dismiss_reports(library, actor_of(library, "max"), "quais", "i1", "rien")
    with pytest.raises(NotFound):
        dismiss_reports(library, actor_of(library, "sam"), "~sam", "i1")


def test_members_remove_what_is_theirs_alone(library: Library) -> None:
    claire = actor_of(library, "claire")
    for part in ("a2", "a3", "r1"):
        with pytest.raises(Forbidden):
            remove_content(library, claire, "i1", part)
    for login in ("sam", "rene"):
        with pytest.raises(Forbidden):
            remove_content(library, actor_of(library, login), "i1", "a1")
    with pytest.raises(Conflict):
        remove_content(library, claire, "i1")
    for part in ("a1", "r0", "a4"):
        removed = remove_content(library, claire, "i1", part)
        assert removed.kind is RemovalKind.REMOVED
        assert timestamp_in(days=29) < str(removed.expires_at) < timestamp_in(days=31)
    assert annotations_of(library) == ["a2", "a3"]
    assert [reply.id for reply in item_of(library).annotations[0].replies] == ["r1", "r2", "r3"]


def test_members_take_back_what_they_removed_and_nothing_else(library: Library) -> None:
    before = exported_lines(library)
    claire = actor_of(library, "claire")
    own, hidden, other = (
        remove_content(library, claire, "i1", "a1"),
        hide_content(library, actor_of(library, "max"), "i1", "a4"),
        remove_content(library, actor_of(library, "max"), "i1", "r0"),
    )
    # Whoever may not see it learns nothing of its existence.
    for act in (restore_content, delete_content_permanently):
        for id_ in (hidden.id, other.id, "rien"):
            with pytest.raises(NotFound, match="This was restored"):
                act(library, claire, id_)
        for id_ in (own.id, "rien"):
            for login in ("sam", "rene"):
                with pytest.raises(NotFound, match="This was restored"):
                    act(library, actor_of(library, login), id_)
            with pytest.raises(LoginNeeded):
                act(library, actor_of(library, ""), id_)
    restore_content(library, claire, own.id)
    with pytest.raises(NotFound):
        restore_content(library, claire, own.id)
    restore_content(library, actor_of(library, "max"), hidden.id)
    restore_content(library, actor_of(library, "olga"), other.id)
    assert exported_lines(library) == before
    assert log(library).count("restored") == 3


def test_a_whole_item_comes_back_to_the_byte(library: Library) -> None:
    before, whole = exported_lines(library), item_of(library)
    with library.store.read() as reading:
        changed_at = reading.items.any_of(["i1"])["i1"].changed_at
    last = hide_content(library, actor_of(library, "max"), "i2")
    removed = remove_content(library, actor_of(library, "max"), "i1")
    assert items_in(library) == []
    with pytest.raises(NotFound):
        item_page(library, OPERATOR, "i1")
    # No other item takes its order number in the meantime.
    bring_records(library, {"id": "i3", "title": "Le bac"})
    restore_content(library, actor_of(library, "max"), removed.id)
    restore_content(library, actor_of(library, "max"), last.id)
    restore_again = item_of(library)
    assert restore_again == whole
    assert restore_again.language_decided
    with library.store.read() as reading:
        assert reading.items.any_of(["i1"])["i1"].changed_at == changed_at
    assert exported_lines(library).startswith(before)
    assert all_removals(library) == ()


@pytest.mark.parametrize("seed", range(12))
def test_parts_come_back_to_their_places_in_whatever_order(library: Library, seed: int) -> None:
    rng = random.Random(seed)
    before = exported_lines(library)
    parts = ["a1", "a2", "a3", "a4", "r0", "r1", "r2", "r3"]
    out: dict[str, Removal] = {}
    for _ in range(60):
        part = rng.choice(parts)
        try:
            if part in out:
                restore_content(library, actor_of(library, "max"), out[part].id)
                del out[part]
            else:
                out[part] = rng.choice((hide_content, remove_content))(library, actor_of(library, "max"), "i1", part)
        except (Conflict, NotFound):
            # A reply whose passage is hidden cannot be reached either.
            assert part.startswith("r")
    for part in sorted(out):
        restore_content(library, actor_of(library, "max"), out[part].id)
    assert exported_lines(library) == before


def test_parts_of_removed_content_are_restored_only_after_it(library: Library) -> None:
    before = exported_lines(library)
    max_ = actor_of(library, "max")
    reply = hide_content(library, max_, "i1", "r2")
    passage = hide_content(library, max_, "i1", "a2")
    with pytest.raises(Conflict, match="What this answers"):
        restore_content(library, max_, reply.id)
    whole = remove_content(library, max_, "i1")
    for removal in (reply, passage):
        with pytest.raises(Conflict, match="restore the item first"):
            restore_content(library, max_, removal.id)
    for removal in (whole, passage, reply):
        restore_content(library, max_, removal.id)
    assert exported_lines(library) == before


def test_an_owner_deletes_permanently_with_dependent_content(library: Library) -> None:
    max_, olga = actor_of(library, "max"), actor_of(library, "olga")
    reply = hide_content(library, max_, "i1", "r2")
    other = hide_content(library, max_, "i1", "a4")
    passage = remove_content(library, max_, "i1", "a2")
    with pytest.raises(Forbidden):
        delete_content_permanently(library, max_, passage.id)
    delete_content_permanently(library, olga, passage.id)
    assert {removal.id for removal in all_removals(library)} == {other.id}
    with pytest.raises(NotFound):
        restore_content(library, olga, reply.id)
    delete_content_permanently(library, olga, remove_content(library, max_, "i1").id)
    assert all_removals(library) == ()
    assert log(library).count("purged") == 2
    # Permanently deleted content can be imported again.
    assert bring_records(library, {"id": "i1", "title": "Le port"}).added == 1


def test_the_operator_and_an_administrator_may_moderate_too(library: Library) -> None:
    restore_content(library, OPERATOR, hide_content(library, OPERATOR, "i1").id)
    chief = replace(actor_of(library, "sam"), administrator=True)
    restore_content(library, chief, hide_content(library, chief, "i1").id)


def test_a_great_item_comes_back_whole(library: Library) -> None:
    many = [{"id": f"m{n}", "quote": f"Passage {n}."} for n in range(1500)]
    bring_records(library, {"id": "grand", "title": "Grand", "annotations": many})
    before = exported_lines(library)
    max_ = actor_of(library, "max")
    out = [hide_content(library, max_, "grand", f"m{n}") for n in (700, 701, 699, 0, 1499, 702)]
    for removal in out:
        restore_content(library, max_, removal.id)
    assert exported_lines(library) == before


def test_the_views_and_the_tags_are_kept(library: Library) -> None:
    item: Item = item_of(library)
    restore_content(library, OPERATOR, remove_content(library, OPERATOR, "i1").id)
    assert (item_of(library).views, item_of(library).tags) == (item.views, item.tags) == (7, ("port", "Quai"))
