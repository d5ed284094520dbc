"""The groups in which a user may save items."""

from dataclasses import replace

from kb.model.people.group import JoinPolicy, Visibility
from kb.services.items.item_creation import writable_groups
from tests.factories.group import a_shared, as_
from tests.support.browser_sessions import a_library_of


def test_an_administrator_saves_into_groups_of_others_after_their_own() -> None:
    with a_library_of("claire", "paul") as library:
        group = a_shared(library, JoinPolicy.INVITE, Visibility.MEMBERS)
        paul = as_(library, "paul")
        assert [group.slug for group in writable_groups(library, paul)] == ["~paul"]
        administrator = replace(paul, administrator=True)
        assert [group.slug for group in writable_groups(library, administrator)] == ["~paul", group.slug]
