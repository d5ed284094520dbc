"""Users, groups and roles are read back unchanged."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from kb.errors import Conflict, NotFound
from kb.model.people.account import Account
from kb.model.people.group import Membership, Role, Visibility
from kb.store import OutboxMessage, Store
from tests.factories.items import a_base, a_group, a_user, an_annotation, an_item


@pytest.fixture
def store() -> Iterator[Store]:
    opened = a_base()
    yield opened
    opened.close()


def test_people_are_found_by_login_and_a_used_login_adds_no_person(store: Store) -> None:
    with store.write() as writing:
        with pytest.raises(Conflict):
            writing.users.add([a_user("luc"), a_user("claire", id="u-autre")])
        writing.users.add([])
        assert writing.users.by_login("luc") is None
        writing.users.add([a_user("Claire", "Émilie")])
        assert writing.users.by_login("Claire") == a_user("Claire", "Émilie")
        assert writing.users.by_logins(["sophie", "claire", "absent"]) == {
            "sophie": a_user("sophie"),
            "claire": a_user("claire"),
        }
        assert writing.users.by_ids(["u-sophie", "u-absent"]) == {"u-sophie": a_user("sophie")}
        assert writing.users.has_account("u-claire") is False


def test_groups_are_added_changed_and_found(store: Store) -> None:
    physics = a_group("physique")
    renamed = a_group("phys", "Physique & chimie", id=physics.id, description="", visible=Visibility.SIGNED_IN)
    with store.write() as writing:
        with pytest.raises(Conflict):
            writing.groups.add(a_group("physique", id="g-autre"))
        with pytest.raises(Conflict):
            writing.groups.update(a_group("histoire", id=physics.id))
        with pytest.raises(NotFound):
            writing.groups.update(a_group("absent"))
        writing.groups.update(renamed)
    with store.read() as reading:
        assert reading.groups.all() == (a_group("histoire"), renamed)
        assert reading.groups.by_slug("phys") == renamed
        assert reading.groups.by_slug("physique") is None
        assert reading.groups.by_ids([physics.id, "g-absent"]) == {physics.id: renamed}


def test_a_group_keeps_its_languages_in_their_order(store: Store) -> None:
    physics = replace(a_group("physique"), languages=("fr", "de", "en"))
    with store.write() as writing:
        writing.groups.update(physics)
    with store.read() as reading:
        assert reading.groups.by_slug("physique") == physics
        assert reading.groups.by_slug("histoire") == a_group("histoire")


def test_a_role_is_given_and_changed(store: Store) -> None:
    with store.write() as writing:
        writing.groups.set_role("u-claire", "g-physique", Role.READER)
        writing.groups.set_role("u-claire", "g-physique", Role.OWNER)
        writing.groups.set_role("u-claire", "g-histoire", Role.MEMBER)
    with store.read() as reading:
        assert reading.groups.memberships("u-claire") == (
            Membership("u-claire", "g-histoire", Role.MEMBER),
            Membership("u-claire", "g-physique", Role.OWNER),
        )
        assert reading.groups.memberships("u-sophie") == ()


def test_groups_are_counted_with_their_highest_role(store: Store) -> None:
    physics, history = a_group("physique"), a_group("histoire")
    with store.write() as writing:
        before = writing.groups.sizes()
        writing.groups.add(a_group("vide"))
        for login, role in (("claire", Role.READER), ("sophie", Role.MODERATOR)):
            writing.groups.set_role(a_user(login).id, physics.id, role)
        writing.groups.set_role(a_user("claire").id, history.id, Role.OWNER)
        after = writing.groups.sizes()
    assert (after[physics.id], after[history.id]) == ((2, Role.MODERATOR), (1, Role.OWNER))
    assert a_group("vide").id not in after
    assert before.keys() <= after.keys()


def test_contributions_of_people_without_an_account_are_counted_by_group(store: Store) -> None:
    physics, own = a_group("physique"), a_group("~claire", visible=Visibility.MEMBERS)
    claire, sophie = a_user("claire"), a_user("sophie")
    with store.write() as writing:
        writing.groups.add(own)
        writing.accounts.add(Account(claire, None, False, False, "2026-01-01T00:00:00Z"))
        writing.items.add(
            [
                an_item("A", id="a", group=physics, order=1, author=sophie, annotations=[
                    an_annotation("p", id="p", author=sophie), an_annotation("q", id="q", author=claire),
                ]),
                an_item("B", id="b", group=own, order=2, author=sophie),
                an_item("C", id="c", group=physics, order=3, author=claire),
            ]
        )  # fmt: skip
    with store.read() as reading:
        assert [
            (contributor.user, contributor.shared, contributor.annotated)
            for contributor in reading.contributions.imported()
        ] == [(sophie, 1, 1)]
        assert reading.contributions.of_person(sophie.id) == {physics.id: (1, 1), own.id: (1, 0)}
        assert reading.contributions.of_person(claire.id) == {physics.id: (1, 1)}
        assert reading.contributions.of_person("absent") == {}


def test_queued_email_messages_are_counted(store: Store) -> None:
    with store.write() as writing:
        assert writing.outbox.waiting() == (0, None)
        for day in ("02", "01", "03"):
            at = f"2026-01-{day}T00:00:00Z"
            writing.outbox.add(OutboxMessage(day, "a@exemple.fr", "", "", at, at))
        assert writing.outbox.waiting() == (3, "2026-01-01T00:00:00Z")
