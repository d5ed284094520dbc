"""Merging several items into one: no content of any of them is lost."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace

import pytest

from kb.errors import FlorilegeError, Forbidden, Invalid, NotFound
from kb.indexer import catch_up
from kb.model.items.item import Item
from kb.model.items.item_fields import AnnotationFields
from kb.model.people.user import User
from kb.model.search_request import SearchRequest
from kb.services.annotations.annotations import write_annotation
from kb.services.annotations.likes import like, likes_of
from kb.services.core.library import Library
from kb.services.item_actions.duplicates import duplicates_of_group, merge_items, merged_into
from kb.services.items.reading_list import add_to_reading_list
from kb.services.search.search import run_search
from kb.services.undo.undo import undo_action
from tests.factories.group import as_, log_of
from tests.factories.import_export import exported_lines, import_data
from tests.factories.items import an_annotation, an_item
from tests.factories.library import add_items, an_empty_library
from tests.factories.saved_search import a_library_of_lectures

URL = "https://exemple.fr/eau"


@pytest.fixture
def library() -> Iterator[Library]:
    with a_library_of_lectures() as opened:
        yield opened


def saved_by(library: Library, login: str, title: str, **fields: object) -> Item:
    """Save an item of the group “lectures” as a user."""
    actor = as_(library, login)
    with library.store.read() as reading:
        group = reading.groups.by_slug("lectures")
    assert group is not None
    assert actor.user_id is not None
    item = an_item(title, group=group, url=URL, author=User(actor.user_id, login, login.title()), **fields)  # type: ignore[arg-type]
    add_items(library, item)
    return item


def items_of(library: Library, *ids: str) -> list[Item]:
    with library.store.read() as reading:
        return list(reading.items.any_of(ids).values())


def test_a_moderator_merges_and_the_old_address_leads_on(library: Library) -> None:
    first, other = (
        saved_by(library, "claire", "La crue"),
        saved_by(library, "paul", "La crue", annotations=[an_annotation()]),
    )
    merged = merge_items(library, as_(library, "claire"), first.id, [other.id])
    assert [item.id for item in items_of(library, first.id, other.id)] == [first.id]
    assert [sharing.user.login for sharing in items_of(library, first.id)[0].sharers] == ["paul"]
    assert items_of(library, first.id) == [merged.item]
    assert merged_into(library, as_(library, "luc"), other.id) == first.id
    assert log_of(library, merged.group)[-1] == "merged"


def test_undoing_gives_back_the_items_as_they_were(library: Library) -> None:
    first = saved_by(library, "claire", "La crue", tags=["eau"], annotations=[an_annotation("Elle monte.")])
    other = saved_by(
        library, "paul", "Paris", annotations=[an_annotation("Elle monte."), an_annotation("Elle descend.")]
    )
    claire = as_(library, "claire")
    merged = merge_items(library, claire, first.id, [other.id])
    undo_action(library, claire, merged.undo or "")
    assert items_of(library, first.id, other.id) == [first, other]
    with pytest.raises(NotFound):
        merged_into(library, claire, other.id)


def test_undo_keeps_later_additions(library: Library) -> None:
    first, other = (
        saved_by(library, "claire", "La crue"),
        saved_by(library, "paul", "La crue", annotations=[an_annotation()]),
    )
    claire = as_(library, "claire")
    merged = merge_items(library, claire, first.id, [other.id])
    write_annotation(library, as_(library, "paul"), first.id, AnnotationFields(body="Lu."))
    undo_action(library, claire, merged.undo or "")
    now, back = items_of(library, first.id, other.id)
    assert [annotation.body for annotation in now.annotations] == ["Lu."]
    assert back == other


def test_likes_and_reading_list_entries_follow_a_merge(library: Library) -> None:
    passage = an_annotation()
    first, other = saved_by(library, "claire", "La crue"), saved_by(library, "paul", "La crue", annotations=[passage])
    sophie = as_(library, "sophie")
    for subject in (other.id, passage.id):
        like(library, as_(library, "paul"), other.id, subject)
    add_to_reading_list(library, sophie, other.id)
    merge_items(library, as_(library, "claire"), first.id, [other.id])
    (item,) = items_of(library, first.id)
    assert set(likes_of(library, item)) == {first.id, passage.id}
    with library.store.read() as reading:
        assert [entry.item_id for entry in reading.reading_lists.all(sophie.user_id or "")] == [first.id]


@pytest.mark.parametrize(("login", "error"), [("sophie", Forbidden), ("luc", Forbidden), ("paul", Forbidden)])
def test_merging_an_item_needs_the_right_to_remove_it(library: Library, login: str, error: type[Exception]) -> None:
    first, other = saved_by(library, "claire", "La crue"), saved_by(library, "paul", "La crue")
    with pytest.raises(error):
        merge_items(library, as_(library, login), other.id, [first.id])
    assert items_of(library, first.id, other.id) == [first, other]


def test_a_member_merges_what_is_all_theirs(library: Library) -> None:
    first, other = saved_by(library, "paul", "La crue"), saved_by(library, "paul", "La crue")
    assert merge_items(library, as_(library, "paul"), first.id, [other.id, first.id, other.id]).others == 1


def test_an_item_is_not_merged_with_itself_or_a_missing_one(library: Library) -> None:
    first, claire = saved_by(library, "claire", "La crue"), as_(library, "claire")
    with pytest.raises(Invalid):
        merge_items(library, claire, first.id, [first.id])
    with pytest.raises(NotFound):
        merge_items(library, claire, first.id, ["nulle-part"])
    with pytest.raises(Invalid):
        merge_items(library, claire, first.id, [f"i{number}" for number in range(51)])


def test_the_second_of_two_concurrent_merges_is_refused(library: Library) -> None:
    first, other = saved_by(library, "claire", "La crue"), saved_by(library, "claire", "La crue")
    claire = as_(library, "claire")

    def merge(ids: tuple[str, str]) -> object:
        try:
            return merge_items(library, claire, ids[0], [ids[1]])
        except FlorilegeError as error:
            return type(error)

    with ThreadPoolExecutor(2) as threads:
        outcomes = list(threads.map(merge, [(first.id, other.id), (other.id, first.id)]))
    assert outcomes.count(NotFound) == 1
    assert len(items_of(library, first.id, other.id)) == 1


def test_old_addresses_lead_on_through_several_merges(library: Library) -> None:
    first, second, third = (saved_by(library, "claire", "La crue") for _ in range(3))
    claire = as_(library, "claire")
    merge_items(library, claire, second.id, [first.id])
    merge_items(library, claire, third.id, [second.id])
    assert merged_into(library, claire, first.id) == third.id


def test_duplicates_are_listed_by_address_and_by_canonical_link(library: Library) -> None:
    first, other = saved_by(library, "claire", "La crue"), saved_by(library, "paul", "Paris")
    with library.store.write() as writing:
        writing.items.update([replace(other, url="https://exemple.fr/autre", linked_url=URL)])
    page = duplicates_of_group(library, as_(library, "claire"), "lectures", 1)
    assert [[item.id for item in several] for several in page.sets] == [[first.id, other.id]]
    assert (page.total, page.mergeable) == (1, {0})
    assert duplicates_of_group(library, as_(library, "paul"), "lectures", 1).mergeable == frozenset()


def test_many_items_with_many_words_are_merged(library: Library) -> None:
    items = [
        saved_by(
            library,
            "claire",
            "La crue",
            annotations=[an_annotation(f"Ligne {place} de {number}.") for place in range(200)],
        )
        for number in range(20)
    ]
    merge_items(library, as_(library, "claire"), items[0].id, [item.id for item in items[1:]])
    assert len(items_of(library, items[0].id)[0].annotations) == 4_000


def test_an_item_is_found_by_each_who_shared_it(library: Library) -> None:
    first, other = saved_by(library, "claire", "La crue"), saved_by(library, "paul", "La crue")
    claire = as_(library, "claire")
    merge_items(library, claire, first.id, [other.id])
    catch_up(library)
    for login in ("claire", "paul"):
        results = run_search(library, claire, SearchRequest(group=("lectures",), author=(login,)))
        assert first.id in [row.item.id for row in results.rows]


def test_the_other_sharers_of_a_merged_item_survive_an_export(library: Library) -> None:
    first, other = saved_by(library, "claire", "La crue"), saved_by(library, "paul", "Paris", added="2015-01-01")
    merge_items(library, as_(library, "claire"), first.id, [other.id])
    with closing(an_empty_library()) as second, closing(an_empty_library()) as third:
        import_data(second, exported_lines(library))
        written = exported_lines(second)
        import_data(third, written)
        assert exported_lines(third) == written
    assert b'"sharers": [{"author": {"login": "paul", "name": "Paul"}, "added": "2015-01-01"}]' in written
