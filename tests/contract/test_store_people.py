"""People, groups and roles come out of the store as they went in."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from kb.errors import Conflict, NotFound
from kb.model.group import Membership, Role, Visibility
from kb.store import Store
from tests.factories import a_base, a_group, a_user


@pytest.fixture
def store() -> Iterator[Store]:
    opened = a_base()
    yield opened
    opened.close()


def test_people_are_known_by_login_and_a_taken_login_adds_nobody(store: Store) -> None:
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
