"""Followed searches: what is new is what running each search before and after shows.

`tests.factories.followed_searches` says how to run it longer.
"""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import pytest

from kb.access.actor import ANONYMOUS, OPERATOR, Actor
from kb.errors import Conflict, Invalid
from kb.indexer import catch_up, rebuild
from kb.model.followed_search import MOST_PARAMETER_CHARACTERS, FollowedSearch, followed_parameters
from kb.model.people.group import Membership, Role, Visibility
from kb.model.search_request import SearchRequest
from kb.search.percolator import ChangedItems, KnownPlans
from kb.services.core.library import Library
from kb.services.core.readable_groups import readable_groups
from kb.services.followed_searches import following, matching
from kb.services.followed_searches.following import follow, new_matches, position_of
from kb.services.followed_searches.matching import bring_up_to_date, purge_followed_searches
from kb.services.groups.group_settings import GroupSettings, change_group
from kb.services.groups.membership import set_role
from kb.services.tags.tag_edit import rename_tags
from kb.services.undo.undo import undo_action
from kb.store.items.followed_searches import FollowedSearches, SearchMatch
from tests.factories.followed_searches import (
    CHANGES,
    GROUPS,
    MANY,
    PEOPLE,
    SEARCHES,
    SEED,
    Expected,
    random_change,
    random_library,
    random_queries,
)
from tests.factories.items import a_group, an_annotation, an_item
from tests.factories.library import MEMORY, a_library, add_items, an_empty_library
from tests.factories.moderation import actor_of
from tests.support.browser_sessions import an_account

READERS = (
    ANONYMOUS,
    Actor(PEOPLE[0].id, tuple(Membership(PEOPLE[0].id, group.id, Role.MEMBER) for group in GROUPS[2:3])),
    Actor(PEOPLE[1].id, tuple(Membership(PEOPLE[1].id, group.id, Role.MEMBER) for group in GROUPS)),
)


@pytest.mark.timeout(24 * 3600)
def test_new_matches_are_those_of_running_each_search_before_and_after(tmp_path: Path) -> None:
    rng = Random(SEED)
    library = an_empty_library(index_url=f"whoosh:{tmp_path}" if CHANGES > MANY else MEMORY)
    random_library(rng, library, 16)
    catch_up(library)
    followed: dict[str, Expected] = {}
    polls: dict[tuple[str, int], tuple[int, int]] = {}
    told = 0
    waiting = random_queries(rng, SEARCHES)
    step = 0
    for number in range(CHANGES):
        kinds = {random_change(rng, library) for _ in range(rng.randint(1, 3))}
        assert kinds
        if waiting and (number < 5 or rng.random() < 0.3):
            # What changed before the search began, and is not matched yet, is not new.
            catch_up(library)
            for query in waiting[:6]:
                search_id = follow(library, query)
                if search_id in followed:
                    continue
                followed[search_id] = Expected.of(query)
                followed[search_id].run(library, step)
                with library.store.read() as reading:
                    position = position_of(reading)
                polls.update({(search_id, reader): (step, position) for reader in range(len(READERS))})
            del waiting[:6]
        if rng.random() < 0.5:
            continue
        step += 1
        if rng.random() < 0.1:
            library = replace(library, followed_plans=KnownPlans())
            rebuild(library)
        catch_up(library)
        bring_up_to_date(library)
        for expected in followed.values():
            expected.run(library, step)
        for (search_id, reader), (after, position) in polls.items():
            actor = READERS[reader]
            with library.store.read() as reading:
                readable = readable_groups(reading, actor).scope.group_ids
            new = new_matches(library, actor, search_id, position, 1000)
            ids = [match.item_id for match in new.matches]
            assert len(set(ids)) == len(ids) == new.total
            assert set(ids) == followed[search_id].new(readable, after, actor.user_id), (number, search_id, reader)
            if rng.random() < 0.3:
                polls[search_id, reader] = (step, new.through)
                told += len(ids)
    assert told > CHANGES / 2


@pytest.fixture
def library() -> Library:
    return a_library(an_item("Les agents", id="un"), groups=(a_group(), a_group("secret", visible=Visibility.MEMBERS)))


def new_ids(library: Library, search_id: str, after: int, actor: Actor = ANONYMOUS) -> list[str]:
    bring_up_to_date(library)
    return [match.item_id for match in new_matches(library, actor, search_id, after, 10).matches]


def position(library: Library) -> int:
    with library.store.read() as reading:
        return position_of(reading)


def change(library: Library, item_id: str, **fields: object) -> None:
    with library.store.write() as writing:
        item = writing.items.any_of([item_id])[item_id]
        writing.items.update([replace(item, **fields)])  # type: ignore[arg-type]


def test_an_item_enters_once_when_it_is_found_first(library: Library) -> None:
    search, after = follow(library, [("q", "agents")]), position(library)
    assert new_ids(library, search, after) == []
    change(library, "un", description="Encore les agents")
    add_items(library, an_item("Autre", id="deux"), an_item("Des agents", id="trois"))
    assert new_ids(library, search, after) == ["trois"]
    change(library, "deux", annotations=(an_annotation("un agent"),))
    assert new_ids(library, search, after) == ["deux", "trois"]
    then = new_matches(library, ANONYMOUS, search, after, 1)
    assert then.total == 2
    assert [match.item_id for match in then.matches] == ["deux"]
    change(library, "trois", title="Rien")
    assert new_ids(library, search, after) == ["deux"]
    change(library, "trois", title="Agents")
    change(library, "un", title="Rien")
    change(library, "un", title="Agents")
    assert new_ids(library, search, after) == ["trois", "deux"] or new_ids(library, search, after) == ["deux", "trois"]
    assert new_ids(library, search, then.through) == []


def test_an_item_that_moves_into_reach_is_new(library: Library) -> None:
    search, after = follow(library, [("q", "agents")]), position(library)
    add_items(library, an_item("Agents secrets", id="deux", group="g-secret"))
    assert new_ids(library, search, after) == []
    after = new_matches(library, ANONYMOUS, search, after, 1).through
    change(library, "deux", group_id="g-physique")
    assert new_ids(library, search, after) == ["deux"]
    both = Actor("u-claire", (Membership("u-claire", "g-secret", Role.MEMBER),))
    assert new_ids(library, search, after, both) == []


def test_a_failure_loses_nothing_and_tells_nothing_twice(library: Library) -> None:
    search, after = follow(library, [("q", "agents")]), position(library)
    add_items(library, an_item("Des agents", id="deux"))
    with patch.object(FollowedSearches, "set_position", side_effect=MemoryError), pytest.raises(MemoryError):
        bring_up_to_date(library)
    assert new_matches(library, ANONYMOUS, search, after, 10).total == 0
    assert new_ids(library, search, after) == ["deux"]
    assert bring_up_to_date(library) == bring_up_to_date(library) == position(library)


def test_searches_run_outside_of_the_transaction_also_those_that_begin_meanwhile(library: Library) -> None:
    search, after = follow(library, [("q", "agents")]), position(library)
    broken = follow(library, [("q", "illisible")])
    with library.store.write() as writing:
        writing.followed_searches.set_parameters(broken, "since=visit")
    add_items(library, an_item("Des agents", id="deux"))
    began, is_writing = list[str](), list[bool]()
    run, store = matching._found, matching._store

    def found(*args: Any) -> dict[str, set[str]]:
        assert not is_writing, "other writers wait"
        result = run(*args)
        if not began:
            began.append(follow(library, [("q", "des agents")]))
        return result

    def stored(*args: Any) -> None:
        is_writing.append(True)
        store(*args)
        is_writing.clear()

    with patch.object(matching, "_found", found), patch.object(matching, "_store", stored):
        assert bring_up_to_date(library) == position(library)
    assert new_ids(library, search, after) == ["deux"]
    assert [len(new_ids(library, one, after)) for one in began] == [1]


def test_a_search_with_many_wildcards_cannot_be_followed(library: Library) -> None:
    for words in ("un~ deux~ trois~", "un* deux* trois~", "*vail", "?gent"):
        with pytest.raises(Invalid, match="at most"):
            follow(library, [("q", words)])
    assert follow(library, [("q", "admin* agnets~ et bien d'autres mots")])


def test_misspelt_words_cost_little_whatever_changes(library: Library) -> None:
    rng = Random(7)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(rng.choices(letters, k=rng.randint(5, 9))) for _ in range(10_000)]
    index = ChangedItems.of([(an_item("Agents", id="un"), " ".join(words))])
    searches = [
        FollowedSearch(f"s{number}", f"q={words[number][1:]}~2+{words[-number][::-1]}~2", "2026")
        for number in range(20)
    ]
    plans = KnownPlans().of(searches, ())
    began = time.process_time()
    found = [index.found(plan) for plan in plans.values()]
    assert time.process_time() - began < 0.5
    assert len(found) == 20


def test_an_index_that_is_behind_makes_nothing_new_that_was_there(library: Library) -> None:
    add_items(library, an_item("Des agents", id="deux"))
    search, after = follow(library, [("q", "agents")]), position(library)
    assert new_ids(library, search, after) == []
    other, then = follow(library, [("tag", "eau")]), position(library)
    add_items(library, an_item("Des agents", id="trois", tags=["eau"]))
    assert new_ids(library, other, then) == new_ids(library, search, after) == ["trois"]


def test_two_addresses_of_one_search_are_one_search(library: Library) -> None:
    search = follow(
        library, [("q", " agents  territoriaux"), ("tag", "b"), ("tag", "a"), ("page", "3"), ("since", "7d")]
    )
    assert search == follow(library, [("tag", "a"), ("tag", "b"), ("q", "agents territoriaux"), ("per_page", "50")])
    assert search != follow(library, [("tag", "a"), ("tag", "b"), ("q", "agents territoriaux"), ("sort", "recent")])
    with pytest.raises(Invalid):
        follow(library, [("tag", f"{number} {'x' * 400}") for number in range(20)])


def test_a_search_that_somebody_follows_already_is_run_all_the_same(library: Library) -> None:
    with patch.object(following, "_found_now", wraps=following._found_now) as run:
        assert follow(library, [("q", "agents")]) == follow(library, [("q", "agents")])
    assert run.call_count == 2, "the time of the answer does not tell that it is followed"


def test_a_search_that_nobody_follows_is_deleted(library: Library) -> None:
    search, after = follow(library, [("q", "agents")]), position(library)
    add_items(library, an_item("Des agents", id="deux"))
    bring_up_to_date(library)
    for hours, total in ((0, 1), (2, 0)):
        with library.store.write() as writing:
            purge_followed_searches(writing, datetime.now(UTC) + timedelta(hours=hours))
        assert new_matches(library, ANONYMOUS, search, after, 10).total == total
    assert follow(library, [("q", "agents")]) != search


def test_a_full_site_forgets_first_what_nobody_follows(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "MOST_FOLLOWED", 1)
    first = follow(library, [("q", "agents")])
    with pytest.raises(Conflict):
        follow(library, [("q", "rues")])
    assert follow(library, [("q", "agents")]) == first, "who has just begun has the time to store it"
    monkeypatch.setattr(following, "_TIME_TO_STORE", timedelta(seconds=-1))
    assert follow(library, [("q", "rues")])
    assert follow(library, [("q", "agents")]) != first


def test_only_the_newest_matches_of_a_search_stay_new(library: Library) -> None:
    search, after = follow(library, [("q", "agents")]), position(library)
    add_items(library, *(an_item("Des agents", id=f"n{number}") for number in range(5)))
    bring_up_to_date(library)
    with library.store.write() as writing:
        writing.followed_searches.purge("2000", 2)
    assert new_ids(library, search, after) == ["n4", "n3"]


def test_forgetting_old_matches_costs_no_more_with_each_match_of_a_search(library: Library) -> None:
    search = follow(library, [("q", "agents")])
    count = 4_000
    with library.store.write() as writing:
        found = (
            SearchMatch(search, "un", f"g{number}", number, "2026", is_found=True) for number in range(1, count + 1)
        )
        writing.followed_searches.put([*found], [])
        began = time.process_time()
        writing.followed_searches.purge("2000", count - 100)
        seconds = time.process_time() - began
        kept = [match for match in writing.followed_searches.matches_of(["un"]) if match.number]
    assert min(match.number for match in kept) == 101
    assert len(kept) == count - 100
    assert seconds < 0.15


def test_parameters_follow_a_group_and_an_author_that_get_another_name(library: Library) -> None:
    search = follow(library, [("group", "physique"), ("author", "claire")])
    with library.store.write() as writing:
        writing.followed_searches.rename("group", "physique", "chimie")
        writing.followed_searches.rename("author", "claire", "claire-2")
        known = writing.followed_searches.by_id(search)
    assert known is not None
    expected = followed_parameters(SearchRequest.from_params([("group", "chimie"), ("author", "claire-2")]))
    assert known.parameters == expected
    assert follow(library, [("group", "chimie"), ("author", "claire-2")]) == search


def test_a_search_of_the_greatest_length_prevents_no_new_name(library: Library) -> None:
    change(library, "un", tags=("eau",))
    catch_up(library)
    params = [("group", "physique"), ("author", "claire"), ("tag", "eau")]
    tags = [("tag", f"{number}{'x' * 190}") for number in range(18)]
    rest = MOST_PARAMETER_CHARACTERS - len(followed_parameters(SearchRequest.from_params([*params, *tags])))
    search = follow(library, [*params, *tags, ("q", "x" * (rest - len("q=&")))])
    an_account(library, "max", name="Max")
    set_role(library, OPERATOR, "physique", "max", Role.OWNER)
    rename_tags(library, actor_of(library, "max"), "physique", ["eau"], "eau potable")
    change_group(library, OPERATOR, "physique", GroupSettings("Physique", slug="physique-et-chimie"))
    with library.store.write() as writing:
        writing.followed_searches.rename("author", "claire", "claire-2")
        known = writing.followed_searches.by_id(search)
    assert known is not None
    assert (known.request.group, known.request.author) == (("physique-et-chimie",), ("claire-2",))
    assert "eau potable" in known.request.tag


def test_a_search_follows_a_tag_of_its_group_that_gets_another_name_and_back(library: Library) -> None:
    change(library, "un", tags=("eau",))
    catch_up(library)
    params = [("group", "physique"), ("tag", "eau"), ("q", "agents")]
    search, elsewhere, after = follow(library, params), follow(library, [("tag", "eau")]), position(library)
    an_account(library, "claire", name="Claire")
    set_role(library, OPERATOR, "physique", "claire", Role.OWNER)
    claire = actor_of(library, "claire")
    undo = rename_tags(library, claire, "physique", ["eau"], "eau potable").undo
    assert undo is not None
    add_items(library, an_item("Des agents", id="deux", tags=["eau potable"]))
    assert new_ids(library, search, after) == ["deux"]
    assert new_ids(library, elsewhere, after) == []
    undo_action(library, claire, undo)
    add_items(library, an_item("Des agents", id="trois", tags=["eau"]))
    assert new_ids(library, search, after)[0] == "trois"
