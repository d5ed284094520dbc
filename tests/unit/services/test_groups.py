"""Groups with the figures of their libraries and their contributors."""

from collections.abc import Iterator

import pytest

from kb.access.actor import ANONYMOUS, OPERATOR
from kb.errors import NotFound
from kb.model.people.group import Role, Visibility
from kb.services.core.library import Library
from kb.services.groups.group_views import Contributor, GroupView, contributors, group_view, group_views
from tests.factories.items import a_group, a_member, a_reply, a_user, an_annotation, an_item
from tests.factories.library import a_library

CLAIRE, SOPHIE, EMILE = a_user("claire", "Claire"), a_user("sophie", "Sophie"), a_user("emile", "Émile")
LUC = a_user("luc")
PHYSICS = a_group("physique", "Sciences physiques")
ECOLOGY = a_group("ecologie", "Écologie")
CLOSED = a_group("cave", "Cave", visible=Visibility.MEMBERS)
EMPTY = a_group("zoologie", "Zoologie")


@pytest.fixture(scope="module")
def library() -> Iterator[Library]:
    opened = a_library(
        an_item(group=PHYSICS, author=CLAIRE, added="2014-11-07T09:12:00Z", annotations=[
            an_annotation(author=SOPHIE, added="2015-02-01", replies=[a_reply(author=CLAIRE, added="2016-01-01")]),
            an_annotation(author=CLAIRE, added="2014-11-08"),
        ]),
        an_item(group=PHYSICS, author=SOPHIE, annotations=[an_annotation(None, body="Sans auteur.")]),
        an_item(group=ECOLOGY),
        an_item(group=CLOSED, author=SOPHIE, annotations=[an_annotation(author=SOPHIE)]),
        groups=(PHYSICS, ECOLOGY, CLOSED, EMPTY),
    )  # fmt: skip
    with opened.store.write() as writing:
        writing.users.add([EMILE, LUC])
        writing.groups.set_role(LUC.id, PHYSICS.id, Role.READER)
        writing.groups.set_role(EMILE.id, PHYSICS.id, Role.OWNER)
        writing.groups.set_role(SOPHIE.id, PHYSICS.id, Role.MEMBER)
    yield opened
    opened.close()


def test_groups_that_may_be_read_are_given_with_their_counts_by_folded_name(library: Library) -> None:
    readable = (GroupView(ECOLOGY, 1, 0), GroupView(PHYSICS, 2, 3), GroupView(EMPTY, 0, 0))
    assert group_views(library, ANONYMOUS) == readable
    assert group_views(library, a_member("sophie", Role.READER, of=CLOSED)) == (
        GroupView(CLOSED, 1, 1, Role.READER),
        *readable,
    )
    assert group_view(library, OPERATOR, "cave") == GroupView(CLOSED, 1, 1)
    assert group_view(library, OPERATOR, "physique") == GroupView(PHYSICS, 2, 3)


def test_a_group_that_may_not_be_read_is_like_one_that_does_not_exist(library: Library) -> None:
    for act in (group_view, contributors):
        with pytest.raises(NotFound) as closed:
            act(library, ANONYMOUS, "cave")
        with pytest.raises(NotFound) as absent:
            act(library, ANONYMOUS, "nulle-part")
        assert str(closed.value) == str(absent.value)


def test_the_most_active_come_first_and_members_who_did_nothing_last(library: Library) -> None:
    assert contributors(library, a_member("luc", Role.READER, of=PHYSICS), "physique") == (
        Contributor(CLAIRE, None, 1, 2, "2016-01-01", imported=True),
        Contributor(SOPHIE, Role.MEMBER, 1, 1, "2015-02-01", imported=True),
        Contributor(EMILE, Role.OWNER, 0, 0, None),
        Contributor(LUC, Role.READER, 0, 0, None),
    )


def test_members_of_a_group_are_shown_to_members_and_moderators_to_everyone(library: Library) -> None:
    for stranger in (ANONYMOUS, a_member("marie", Role.OWNER, of=ECOLOGY)):
        rows = [(contributor.user, contributor.role) for contributor in contributors(library, stranger, "physique")]
        assert rows == [(CLAIRE, None), (SOPHIE, None), (EMILE, Role.OWNER)]


def test_a_group_without_authors_has_no_contributors(library: Library) -> None:
    assert contributors(library, ANONYMOUS, "ecologie") == ()
