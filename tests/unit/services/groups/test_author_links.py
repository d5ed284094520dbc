"""The contributions of an imported author in a group are reassigned to an account."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from kb.access.actor import OPERATOR, Actor
from kb.errors import Conflict, Forbidden, NotFound
from kb.indexer import catch_up
from kb.model.people.group import Role
from kb.model.search_request import SearchRequest
from kb.services.core.library import Library
from kb.services.groups.author_links import (
    claim_author,
    decline_claim,
    group_author_link_preview,
    link_author_in_group,
)
from kb.services.groups.membership import set_role
from kb.services.search.search import run_search
from tests.factories.items import a_group, a_reply, a_user, an_annotation, an_item
from tests.factories.library import a_library
from tests.support.browser_sessions import an_account

DOC, CD63 = a_user("doc", "Documentation"), a_user("cd63", "CD63")
LECTURES, AUTRE = a_group("lectures"), a_group("autre")


@pytest.fixture
def library() -> Iterator[Library]:
    with closing(
        a_library(
            an_item("Un", id="i-1", group=LECTURES, author=DOC, annotations=[an_annotation(id="a-1", author=DOC)]),
            an_item("Deux", id="i-2", group=LECTURES, author=CD63, annotations=[
                an_annotation(None, id="a-2", body="Oui.", author=CD63, replies=[a_reply(id="r-2", author=DOC)]),
            ]),
            an_item("Trois", id="i-3", group=AUTRE, author=DOC),
            groups=(LECTURES, AUTRE),
        )
    ) as library:  # fmt: skip
        for login, role in (("claire", Role.OWNER), ("paul", Role.MODERATOR), ("sophie", Role.READER)):
            an_account(library, login)
            set_role(library, OPERATOR, "lectures", login, role)
        an_account(library, "luc")
        yield library


def as_(library: Library, login: str) -> Actor:
    with library.store.read() as reading:
        account = reading.accounts.by_login(login)
        assert account is not None
        return Actor(account.user.id, reading.groups.memberships(account.user.id))


def authors(library: Library) -> dict[str, int]:
    catch_up(library)
    return {facet.value: facet.count for facet in run_search(library, OPERATOR, SearchRequest()).facets["author"]}


def test_contributions_of_an_author_in_the_group_go_to_the_member_and_the_rest_stays(library: Library) -> None:
    would = group_author_link_preview(library, as_(library, "claire"), "lectures", "doc", "sophie")
    assert (would.contribution.shared, would.contribution.annotated) == (1, 2)
    link_author_in_group(library, as_(library, "claire"), "lectures", "doc", "sophie")
    assert authors(library) == {"cd63": 1, "doc": 1, "sophie": 1}
    with library.store.read() as reading:
        (first, second) = (reading.items.any_of(["i-1", "i-2"])[id_] for id_ in ("i-1", "i-2"))
        assert first.annotations[0].author == first.author != DOC
        assert second.annotations[0].replies[0].author == first.author


def test_an_author_without_contributions_is_deleted(library: Library) -> None:
    link_author_in_group(library, as_(library, "claire"), "lectures", "cd63", "claire")
    with library.store.read() as reading:
        assert reading.users.by_login("cd63") is None
    with pytest.raises(NotFound):
        link_author_in_group(library, as_(library, "claire"), "lectures", "cd63", "claire")


def test_only_an_owner_attributes_and_only_to_a_member(library: Library) -> None:
    for login in ("paul", "sophie", "luc"):
        with pytest.raises(Forbidden):
            link_author_in_group(library, as_(library, login), "lectures", "doc", login)
    with pytest.raises(Conflict):
        link_author_in_group(library, as_(library, "claire"), "lectures", "doc", "luc")
    with pytest.raises(NotFound):
        link_author_in_group(library, as_(library, "claire"), "lectures", "doc", "cd63")
    assert authors(library) == {"doc": 2, "cd63": 1}


def test_a_member_says_so_and_an_owner_answers(library: Library) -> None:
    claim_author(library, as_(library, "sophie"), "lectures", "doc")
    claim_author(library, as_(library, "sophie"), "lectures", "doc")
    claim_author(library, as_(library, "paul"), "lectures", "doc")
    with pytest.raises(Forbidden):
        claim_author(library, as_(library, "luc"), "lectures", "doc")
    with pytest.raises(Forbidden):
        decline_claim(library, as_(library, "paul"), "lectures", "doc", "sophie")
    decline_claim(library, as_(library, "claire"), "lectures", "doc", "paul")
    with library.store.read() as reading:
        assert [claim.user.login for claim in reading.invitations.claims_of(LECTURES.id)] == ["sophie"]
    link_author_in_group(library, as_(library, "claire"), "lectures", "doc", "sophie")
    with library.store.read() as reading:
        assert reading.invitations.claims_of(LECTURES.id) == ()


def test_content_of_a_user_with_an_account_is_not_reassigned(library: Library) -> None:
    link_author_in_group(library, as_(library, "claire"), "lectures", "doc", "sophie")
    with pytest.raises(Conflict):
        link_author_in_group(library, as_(library, "claire"), "lectures", "sophie", "claire")
    with pytest.raises(Conflict):
        claim_author(library, as_(library, "paul"), "lectures", "sophie")
