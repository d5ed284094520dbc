"""Tags of a group: renamed, merged, removed, with an undo of each."""

from collections.abc import Iterator

import pytest

from kb.access.actor import ANONYMOUS, OPERATOR, Actor
from kb.errors import Forbidden, Invalid, LoginNeeded, NotFound
from kb.indexer import catch_up
from kb.model.people.group import Group, Role
from kb.model.vocabulary import Vocabulary
from kb.services.core.library import Library
from kb.services.groups.membership import set_role
from kb.services.search.saved_searches import create_saved_search, readable_saved_search
from kb.services.tags import tag_edit
from kb.services.tags.tag_edit import delete_tags, new_name_of_tag, rename_tags, tag_rename_preview
from kb.services.undo.undo import undo_action
from tests.factories.group import a_shared, as_, log_of
from tests.factories.items import an_item
from tests.factories.library import add_items, an_empty_library
from tests.factories.vocabulary import a_concept
from tests.support.browser_sessions import an_account

HOSTILE = ("a/b?c#d", '"><script>alert(1)</script>', "🗺️ carte", "עברית\u202e", "x" * 200, "100 %", "l’été : « où »")


@pytest.fixture
def library() -> Iterator[Library]:
    library = an_empty_library()
    for login in ("claire", "paul", "luc"):
        an_account(library, login)
    yield library
    library.close()


@pytest.fixture
def group(library: Library) -> Group:
    group = a_shared(library)
    set_role(library, OPERATOR, group.slug, "paul", Role.MEMBER)
    add_items(
        library,
        an_item(id="un", group=group, tags=["eau", "Agents", "rh"]),
        an_item(id="deux", group=group, tags=["agents", "élus"]),
        an_item(id="trois", group=group, tags=["agents"]),
        an_item(id="quatre", group=group, tags=["Agent public", "AGENTS", "agents"]),
    )
    return group


def claire(library: Library) -> Actor:
    return as_(library, "claire")


def tags_of(library: Library) -> dict[str, tuple[str, ...]]:
    with library.store.read() as reading:
        return {id_: item.tags for id_, item in reading.items.any_of(["un", "deux", "trois", "quatre"]).items()}


def test_a_tag_is_renamed_in_place_in_any_case_and_restored_by_undo(library: Library, group: Group) -> None:
    before = tags_of(library)
    result = rename_tags(library, claire(library), group.slug, ["agents"], " fonction \n publique ")
    assert (result.items, result.name) == (4, "fonction publique")
    assert tags_of(library) == {
        "un": ("eau", "fonction publique", "rh"),
        "deux": ("fonction publique", "élus"),
        "trois": ("fonction publique",),
        "quatre": ("Agent public", "fonction publique"),
    }
    assert new_name_of_tag(library, claire(library), group.slug, "AGENTS") == "fonction publique"
    assert log_of(library, group)[-1] == "tag-renamed"
    assert result.undo is not None
    undone = undo_action(library, claire(library), result.undo)
    assert (undone.done, undone.not_undone) == (4, 0)
    assert tags_of(library) == before


def test_only_its_writing_changes_where_it_differs(library: Library, group: Group) -> None:
    result = rename_tags(library, claire(library), group.slug, ["AGENTS"], "agents")
    assert result.items == 2
    assert tags_of(library)["un"] == ("eau", "agents", "rh")
    assert tags_of(library)["quatre"] == ("Agent public", "agents")
    again = rename_tags(library, claire(library), group.slug, ["agents"], "agents")
    assert (again.items, again.undo) == (0, None)


def test_merged_tags_are_deduplicated_and_spelled_as_most_items_do(library: Library, group: Group) -> None:
    preview = tag_rename_preview(library, claire(library), group.slug, ["agent public", "élus"], "AGENTS")
    assert (preview.name, preview.items) == ("agents", 2)
    assert preview.there is not None
    assert (preview.there.count, preview.there.ways[0]) == (4, ("agents", 3))
    result = rename_tags(library, claire(library), group.slug, ["agent public", "élus"], "AGENTS")
    assert (result.items, result.name) == (2, "agents")
    assert tags_of(library)["deux"] == ("agents",)
    assert tags_of(library)["quatre"] == ("agents",)


def test_a_tag_is_removed_and_later_changes_stay(library: Library, group: Group) -> None:
    result = delete_tags(library, claire(library), group.slug, ["agents"])
    assert result.items == 4
    assert tags_of(library)["trois"] == ()
    with library.store.write() as writing:
        writing.tag_assignments.set_tags({"trois": ("crues",), "un": ("rh",)})
    assert result.undo is not None
    undo_action(library, claire(library), result.undo)
    assert tags_of(library)["trois"] == ("crues", "agents")
    assert tags_of(library)["un"] == ("rh", "Agents")


def test_a_large_action_runs_in_portions_and_is_undone_as_one(
    library: Library, group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tag_edit, "ITEMS_PER_TRANSACTION", 2)
    before = tags_of(library)
    result = rename_tags(library, claire(library), group.slug, ["agents"], "agent")
    assert result.items == 4
    assert result.undo is not None
    assert log_of(library, group).count("tag-renamed") == 1
    assert undo_action(library, claire(library), result.undo).done == 4
    assert tags_of(library) == before
    with pytest.raises(NotFound):
        undo_action(library, claire(library), result.undo)


def test_the_searches_of_the_group_follow_and_come_back(library: Library, group: Group) -> None:
    catch_up(library)
    q = "étiquette:agents OU étiquette:(Élus SAUF rh) OU mots-clés:agents agents"
    parameters = f"q={q}&group={group.slug}&tag=AGENTS&tag=eau&not_tag=agents"
    own_search = create_saved_search(library, claire(library), group.slug, "Agents", parameters).search
    wider_search = create_saved_search(library, claire(library), group.slug, "Partout", "tag=agents").search
    preview = tag_rename_preview(library, claire(library), group.slug, ["agents"], "fonction publique")
    assert ([search.name for search in preview.searches], [search.name for search in preview.left]) == (
        ["Agents"],
        ["Partout"],
    )
    result = rename_tags(library, claire(library), group.slug, ["agents"], "fonction publique")
    assert result.searches == 1
    request = readable_saved_search(library, claire(library), own_search.id).search.request
    assert (request.tag, request.not_tag) == (("fonction publique", "eau"), ("fonction publique",))
    assert 'etiquette:"fonction publique"' in request.q.replace("é", "e")
    assert 'mots-cles:"fonction publique"' in request.q
    assert request.q.endswith("agents")
    assert readable_saved_search(library, claire(library), wider_search.id).search.request.tag == ("agents",)
    assert result.undo is not None
    undo_action(library, claire(library), result.undo)
    assert readable_saved_search(library, claire(library), own_search.id).search.request == own_search.request


def test_the_vocabulary_says_which_tag_is_a_term(library: Library, group: Group) -> None:
    with library.store.write() as writing:
        writing.vocabularies.set(group.id, Vocabulary.of([a_concept("Agents", "Élus")]))
    preview = tag_rename_preview(library, claire(library), group.slug, ["agents", "rh"], "x")
    assert preview.terms == ("Agents",)
    assert [tag.label for tag in preview.tags] == ["agents", "rh"]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_kept_to_the_letter(library: Library, group: Group, name: str) -> None:
    rename_tags(library, claire(library), group.slug, ["rh"], name)
    assert tags_of(library)["un"] == ("eau", "Agents", name)
    assert rename_tags(library, claire(library), group.slug, [name], "rh").items == 1


def test_an_invalid_name_and_an_unknown_tag_are_refused(library: Library, group: Group) -> None:
    for name in ("", " \n", "x" * 201, "\x00"):
        with pytest.raises(Invalid):
            rename_tags(library, claire(library), group.slug, ["rh"], name)
    for tags in ([], [f"t{number}" for number in range(51)]):
        with pytest.raises(Invalid):
            rename_tags(library, claire(library), group.slug, tags, "x")
    for tags in (["zzz"], ["\ud800"], ["\x00"]):
        with pytest.raises(NotFound):
            rename_tags(library, claire(library), group.slug, tags, "x")
        with pytest.raises(NotFound):
            tag_rename_preview(library, claire(library), group.slug, tags, "x")


def test_only_moderators_put_the_tags_of_a_group_in_order(library: Library, group: Group) -> None:
    before = tags_of(library)
    for actor, refused in (
        (as_(library, "paul"), Forbidden),
        (as_(library, "luc"), Forbidden),
        (ANONYMOUS, LoginNeeded),
    ):
        with pytest.raises(refused):
            rename_tags(library, actor, group.slug, ["agents"], "x")
        with pytest.raises(refused):
            delete_tags(library, actor, group.slug, ["agents"])
        with pytest.raises(refused):
            tag_rename_preview(library, actor, group.slug, ["agents"])
    assert tags_of(library) == before


def test_the_user_moderates_the_own_library_without_notifications(library: Library) -> None:
    with library.store.read() as reading:
        own = reading.groups.by_slug("~paul")
    assert own is not None
    add_items(library, an_item(id="un", group=own, tags=["secret"]))
    rename_tags(library, as_(library, "paul"), "~paul", ["secret"], "caché")
    assert tags_of(library)["un"] == ("caché",)
    with library.store.read() as reading:
        (last,) = [entry for _, entry in reading.moderation.log_entries(own.id) if entry.action == "tag-renamed"]
    assert (last.subject, last.detail) == (None, None)
    with pytest.raises(NotFound):
        rename_tags(library, claire(library), "~paul", ["caché"], "x")


def test_other_groups_keep_their_tags(library: Library, group: Group) -> None:
    other = a_shared(library)
    add_items(library, an_item(id="cinq", group=other, tags=["agents"]))
    rename_tags(library, claire(library), group.slug, ["agents"], "x")
    with library.store.read() as reading:
        assert reading.tag_assignments.tags_of(["cinq"])["cinq"] == (other.id, ("agents",))
