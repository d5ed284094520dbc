"""Bulk actions: permitted items change, the others stay unchanged, and one undo reverses all."""

from collections.abc import Iterator

import pytest

import kb.services.item_actions.bulk_actions as bulk
from kb.access.actor import ANONYMOUS, OPERATOR, Actor
from kb.errors import Forbidden, Invalid, LoginNeeded
from kb.indexer import catch_up
from kb.model.people.group import Group, JoinPolicy, Role, Visibility
from kb.model.search_request import SearchRequest
from kb.services.core.library import Library
from kb.services.groups.membership import set_role
from kb.services.item_actions.bulk_actions import bulk_targets, tag_items, trash_items
from kb.services.moderation.moderation_actions import delete_content_permanently
from kb.services.moderation.moderation_views import group_trash
from kb.services.trash.content_removal import with_free_ids
from kb.services.undo.undo import undo_action
from tests.checkers.recorded_queries import executed_statements, recorded_queries, selects
from tests.factories.group import a_shared, as_
from tests.factories.items import an_annotation, an_item
from tests.factories.library import add_items, an_empty_library
from tests.support.browser_sessions import an_account


@pytest.fixture
def library() -> Iterator[Library]:
    library = an_empty_library()
    for login in ("claire", "paul", "luc"):
        an_account(library, login)
    yield library
    library.close()


@pytest.fixture
def group(library: Library) -> Group:
    group, closed = a_shared(library), a_shared(library, JoinPolicy.INVITE, Visibility.MEMBERS)
    set_role(library, OPERATOR, group.slug, "paul", Role.MEMBER)
    with library.store.read() as reading:
        paul = reading.users.by_login("paul")
    add_items(
        library,
        an_item("Les agents", id="un", group=group, tags=["eau", "Agents"], author=paul),
        an_item("Les agents de Claire", id="deux", group=group, annotations=[an_annotation("des agents", id="p")]),
        an_item("Secret : agents", id="trois", group=closed, tags=["agents"]),
    )
    catch_up(library)
    return group


def claire(library: Library) -> Actor:
    return as_(library, "claire")


def tags_of(library: Library) -> dict[str, tuple[str, ...]]:
    with library.store.read() as reading:
        return {id_: tags for id_, (_, tags) in reading.tag_assignments.tags_of(["un", "deux", "trois"]).items()}


def test_all_results_are_those_of_the_search_and_of_groups_where_one_contributes(
    library: Library, group: Group
) -> None:
    agents = SearchRequest(q="agents")
    assert bulk_targets(library, claire(library), agents).mine == ("deux", "trois", "un")
    assert bulk_targets(library, as_(library, "paul"), agents).mine == ("deux", "un")
    targets = bulk_targets(library, as_(library, "luc"), agents)
    assert (targets.mine, targets.others) == ((), 2)
    passages = SearchRequest.from_params([("q", "agents"), ("view", "passages")])
    assert bulk_targets(library, claire(library), passages).mine == ("deux",)
    assert bulk_targets(library, as_(library, "luc"), agents, ["trois", "un", "rien"]) == bulk.BulkTargets((), 1)
    with pytest.raises(LoginNeeded):
        bulk_targets(library, ANONYMOUS, agents)


def test_tags_are_added_and_removed_and_undone(library: Library, group: Group) -> None:
    before = tags_of(library)
    result = tag_items(library, claire(library), ["un", "deux", "trois", "rien"], ["rh", "EAU"], ["AGENTS"])
    assert (result.changed, result.unchanged, result.left) == (3, 0, 0)
    assert tags_of(library) == {"un": ("eau", "rh"), "deux": ("rh", "EAU"), "trois": ("rh", "EAU")}
    again = tag_items(library, claire(library), ["un"], ["rh"], ["agents"])
    assert (again.changed, again.unchanged, again.undo) == (0, 1, None)
    assert result.undo is not None
    undo_action(library, claire(library), result.undo)
    assert tags_of(library) == before


def test_items_without_permission_stay_and_hidden_ones_are_not_reported(library: Library, group: Group) -> None:
    before = tags_of(library)
    result = tag_items(library, as_(library, "luc"), ["un", "trois"], ["rh"], [])
    assert result == bulk.BulkResult(0, 0, 0, (), None)
    assert tags_of(library) == before
    for act in (lambda: tag_items(library, ANONYMOUS, ["un"], ["x"], []), lambda: trash_items(library, ANONYMOUS, [])):
        with pytest.raises(LoginNeeded):
            act()


def test_an_item_that_would_have_too_many_tags_is_named_and_left(library: Library, group: Group) -> None:
    full = [f"t{number}" for number in range(100)]
    tag_items(library, claire(library), ["deux"], full, [])
    result = tag_items(library, claire(library), ["un", "deux"], ["de trop"], [])
    assert (result.changed, result.left) == (1, 1)
    assert [(item.item_id, item.title) for item in result.named] == [("deux", "Les agents de Claire")]


def test_tags_must_be_some_and_items_not_too_many(library: Library, group: Group) -> None:
    for add, ids in (([], ["un"]), ([" ", ""], ["un"]), (["x" * 201], ["un"]), (["x"], map(str, range(20_001)))):
        with pytest.raises(Invalid):
            tag_items(library, claire(library), list(ids), add, [])


def test_members_move_their_own_items_to_the_trash(library: Library, group: Group) -> None:
    result = trash_items(library, as_(library, "paul"), ["un", "deux", "trois"])
    assert (result.changed, result.left) == (1, 1)
    (unchanged,) = result.named
    assert (unchanged.item_id, type(unchanged.why)) == ("deux", Forbidden)
    assert [entry.removal.item_id for entry in group_trash(library, claire(library), group.slug).removed] == ["un"]
    assert result.undo is not None
    assert undo_action(library, as_(library, "paul"), result.undo).done == 1
    assert tags_of(library)["un"] == ("eau", "Agents")
    assert group_trash(library, claire(library), group.slug).removed == ()


def test_moving_to_the_trash_and_back_sends_a_fixed_number_of_statements(library: Library, group: Group) -> None:
    def statements(name: str, count: int) -> list[int]:
        ids = [f"{name}{number}" for number in range(count)]
        add_items(
            library,
            *(
                an_item(
                    f"Page {id_}", id=id_, group=group, order=number, annotations=[an_annotation("mot", id=f"p{id_}")]
                )
                for number, id_ in enumerate(ids, 100 * len(name))
            ),
        )
        with executed_statements() as trashing, recorded_queries() as trashing_queries:
            result = trash_items(library, claire(library), ids)
        assert result.changed == count
        with executed_statements() as restoring, recorded_queries() as restoring_queries:
            assert undo_action(library, claire(library), result.undo or "").done == count
        queries = selects(trashing_queries), selects(restoring_queries)
        return [*map(len, (trashing, restoring, *queries))]

    assert statements("a", 3) == statements("bb", 40)


def test_of_two_restored_items_with_one_annotation_id_the_first_keeps_it(library: Library) -> None:
    items = [an_item(id=id_, annotations=[an_annotation("mot", id="p")]) for id_ in ("un", "deux")]
    with library.store.read() as reading:
        restored = with_free_ids(reading, items)
    assert restored[0] == items[0]
    assert restored[1].annotations[0].id != "p"


def test_undo_does_not_restore_permanently_deleted_items(
    library: Library, group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "TRASH_BATCH_SIZE", 1)
    result = trash_items(library, claire(library), ["un", "deux"])
    for entry in group_trash(library, claire(library), group.slug).removed:
        if entry.removal.item_id == "un":
            delete_content_permanently(library, claire(library), entry.removal.id)
    assert result.undo is not None
    undone = undo_action(library, claire(library), result.undo)
    assert (undone.done, undone.not_undone) == (1, 1)
    assert set(tags_of(library)) == {"deux", "trois"}
