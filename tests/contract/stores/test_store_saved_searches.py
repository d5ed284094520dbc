"""Saved searches, written site pages, and when a library last changed."""

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.errors import Conflict, Invalid
from kb.model.items.moderation import AuditLogEntry
from kb.model.people.group import Role, Visibility
from kb.model.saved_search import SavedSearch, checked_search_name, saved_request
from kb.model.search_request import SearchRequest
from kb.store import Store
from kb.store.database.clock import timestamp_now
from tests.factories.items import a_base, a_group, an_item, rolled_back

HISTOIRE, PHYSIQUE = a_group("histoire").id, a_group("physique").id


@pytest.fixture
def store() -> Iterator[Store]:
    opened = a_base()
    yield opened
    opened.close()


def a_saved_search(name: str = "L'énergie", parameters: str = "q=%C3%A9nergie&tag=eau", id_: str = "s1") -> SavedSearch:
    return SavedSearch.of(id_, PHYSIQUE, name, parameters, "2026-01-02T03:04:05Z")


def test_a_saved_search_is_read_back_as_it_was_written(store: Store) -> None:
    saved = a_saved_search()
    with store.write() as writing:
        writing.saved_searches.add(saved)
    with store.read() as reading:
        assert reading.saved_searches.by_id("s1") == saved
        assert reading.saved_searches.of_groups([PHYSIQUE, HISTOIRE]) == (saved,)
        assert reading.saved_searches.of_groups([HISTOIRE]) == ()
        assert saved.request == SearchRequest(q="énergie", tag=("eau",))


def test_a_saved_search_gets_another_name_and_stays_the_same(store: Store) -> None:
    with store.write() as writing:
        writing.saved_searches.add(a_saved_search())
        writing.saved_searches.add(a_saved_search("Eau", id_="s2"))
        before = writing.groups.changed_at([PHYSIQUE])
        writing.saved_searches.rename(replace(a_saved_search(), name="Énergies"))
        with pytest.raises(Conflict):
            writing.saved_searches.rename(replace(a_saved_search(), name="Eau"))
        writing.saved_searches.rename(a_saved_search("Rien", id_="s9"))
        assert (before or "") < (writing.groups.changed_at([PHYSIQUE]) or "")
    with store.read() as reading:
        assert reading.saved_searches.by_id("s1") == a_saved_search("Énergies")
        assert reading.saved_searches.by_id("s9") is None


def test_the_last_action_on_a_subject_is_that_of_its_group(store: Store) -> None:
    with store.write() as writing:
        for group, act in ((PHYSIQUE, "search-saved"), (PHYSIQUE, "search-removed"), (HISTOIRE, "search-saved")):
            writing.moderation.log(AuditLogEntry(timestamp_now(), None, act, group, "s1"))
        last = writing.moderation.last_log_entry(PHYSIQUE, "s1")
        assert last is not None
        assert (last.action, last.subject) == ("search-removed", "s1")
        for subject in ("s2", "", "\ud800", "\0"):
            assert writing.moderation.last_log_entry(PHYSIQUE, subject) is None


def test_a_group_has_one_search_of_a_name(store: Store) -> None:
    with store.write() as writing:
        writing.saved_searches.add(a_saved_search())
        with pytest.raises(Conflict):
            writing.saved_searches.add(a_saved_search(id_="s2"))
        writing.saved_searches.remove(a_saved_search())
        writing.saved_searches.add(a_saved_search(id_="s2"))
        assert [saved.id for saved in writing.saved_searches.of_groups([PHYSIQUE])] == ["s2"]


@pytest.mark.parametrize("parameters", ["q=%ff", "from=hier", "page=0", "&".join(f"tag={n}" for n in range(401))])
def test_parameters_that_spell_no_search_are_refused(parameters: str) -> None:
    with pytest.raises(Invalid):
        saved_request(parameters)


@pytest.mark.parametrize("name", ["", "  ", "a\x07b", "n" * 201])
def test_a_search_that_cannot_be_named_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        checked_search_name(name)


def test_a_name_keeps_the_spaces_that_its_writer_bound() -> None:
    assert checked_search_name(" Accessibilité\u202f:  suivre\n") == "Accessibilité\u202f: suivre"


@given(st.text(max_size=50), st.lists(st.text(max_size=20), max_size=3))
def test_a_search_is_never_rewritten(q: str, tags: list[str]) -> None:
    request = SearchRequest.from_params([("q", q), *(("tag", tag) for tag in tags)])
    saved = SavedSearch("s", "g", "n", request, "2026-01-02T03:04:05Z")
    assert saved_request(saved.parameters) == request


def test_a_written_page_takes_the_place_of_the_former(store: Store) -> None:
    with store.write() as writing:
        writing.site_pages.set("accessibilite", "fr", "un")
        writing.site_pages.set("accessibilite", "fr", "deux")
        page_text = writing.site_pages.get("accessibilite", "fr")
        assert page_text is not None
        assert page_text.body == "deux"
        assert writing.site_pages.get("accessibilite", "en") is None
        writing.site_pages.clear("accessibilite", "fr")
        assert writing.site_pages.get("accessibilite", "fr") is None


def test_the_starts_of_written_pages_are_given_by_name_and_language(store: Store) -> None:
    with store.write() as writing:
        writing.site_pages.set("mentions-legales", "fr", "œuvre")
        writing.site_pages.set("accessibilite", "fr", "à lire")
        writing.site_pages.set("accessibilite", "en", "to read")
    with store.read() as reading:
        assert [(start.name, start.language, start.body) for start in reading.site_pages.starts(2)] == [
            ("accessibilite", "en", "to"),
            ("accessibilite", "fr", "à "),
            ("mentions-legales", "fr", "œu"),
        ]


def test_each_change_of_a_library_moves_its_instant_and_no_other(store: Store) -> None:
    def instants() -> tuple[str | None, str | None]:
        with store.read() as reading:
            return reading.groups.changed_at([PHYSIQUE]), reading.groups.changed_at([HISTOIRE])

    actions = [
        lambda writing: writing.items.add([an_item(id="un")]),
        lambda writing: writing.items.update([an_item("Autre", id="un", order=number)]),
        lambda writing: writing.saved_searches.add(a_saved_search()),
        lambda writing: writing.saved_searches.remove(a_saved_search()),
        lambda writing: writing.items.remove(["un"]),
    ]
    number = 0
    for act in actions:
        before = instants()
        with store.write() as writing:
            number = next((item.order for item in writing.items.any_of(["un"]).values()), 0)
            act(writing)
        after = instants()
        assert str(after[0]) > str(before[0])
        assert after[1] == before[1]
    with store.read() as reading:
        assert reading.groups.changed_at([PHYSIQUE, HISTOIRE]) == max(filter(None, instants()))
        assert reading.groups.changed_at([]) is None


def test_an_item_that_leaves_a_group_changes_both(store: Store) -> None:
    with store.write() as writing:
        writing.items.add([an_item(id="un", order=1)])
        before = writing.groups.changed_at([PHYSIQUE]), writing.groups.changed_at([HISTOIRE])
        writing.items.update([an_item(id="un", order=1, group=HISTOIRE)])
        after = writing.groups.changed_at([PHYSIQUE]), writing.groups.changed_at([HISTOIRE])
        assert str(after[0]) > str(before[0])
        assert str(after[1]) > str(before[1])


def test_a_library_changed_when_others_can_see_it_and_not_before(store: Store) -> None:
    with store.read() as reading:
        untouched = reading.groups.changed_at([HISTOIRE])
    with store.write() as writing:
        writing.items.add([an_item()])
        written = writing.groups.changed_at([PHYSIQUE])
        time.sleep(0.01)
        last_moment = timestamp_now()
    with store.read() as reading:
        assert str(written) < last_moment < str(reading.groups.changed_at([PHYSIQUE]))
        assert reading.groups.changed_at([HISTOIRE]) == untouched


@pytest.mark.parametrize(
    ("before", "after", "is_seen"),
    [
        (Visibility.EVERYONE, Visibility.MEMBERS, True),
        (Visibility.MEMBERS, Visibility.EVERYONE, True),
        (Visibility.MEMBERS, Visibility.SIGNED_IN, False),
    ],
)
def test_a_group_that_leaves_what_everyone_reads_changes_it(
    store: Store, before: Visibility, after: Visibility, is_seen: bool
) -> None:
    secret = a_group("secret", visible=before)
    with store.write() as writing:
        writing.groups.add(secret)
        was = writing.groups.changed_at([HISTOIRE])
    with store.write() as writing:
        writing.groups.update(replace(secret, visible=after))
    with store.read() as reading:
        assert (str(reading.groups.changed_at([HISTOIRE])) > str(was)) is is_seen


def test_an_item_says_when_it_changed_and_views_are_no_change(store: Store) -> None:
    def changed() -> str | None:
        with store.read() as reading:
            return next(iter(reading.items.any_of(["un"]).values())).changed_at

    with store.write() as writing:
        writing.items.add([an_item(id="un", order=1, added="2014-11-07T09:12:00Z")])
    assert changed() == "2014-11-07T09:12:00Z"
    with store.write() as writing:
        writing.items.count_view("un")
    assert changed() == "2014-11-07T09:12:00Z"
    with store.write() as writing:
        writing.items.update([an_item("Autre", id="un", order=1)])
    assert str(changed()) > "2026"


def test_members_come_with_their_roles_the_highest_first(store: Store) -> None:
    with rolled_back(store) as writing:
        people = writing.users.by_logins(["claire", "sophie"])
        writing.groups.set_role(people["claire"].id, PHYSIQUE, Role.READER)
        writing.groups.set_role(people["sophie"].id, PHYSIQUE, Role.OWNER)
        assert [(user.login, role) for user, role in writing.groups.members(PHYSIQUE)] == [
            ("sophie", Role.OWNER),
            ("claire", Role.READER),
        ]
        assert writing.groups.members(HISTOIRE) == ()
