"""Erasing an account whose name is a common word changes no text of others."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from kb.access.actor import OPERATOR
from kb.model.items.moderation import AuditLogEntry
from kb.model.people.account import FeedKey
from kb.model.people.group import Role
from kb.model.people.secret import secret_hash
from kb.model.saved_search import SavedSearch
from kb.services.accounts.account_deletion import AnnotationHandling, delete_account, erase_person
from kb.services.accounts.own_account import change_name
from kb.services.core.library import Library
from kb.services.groups.author_links import claim_author, decline_claim, link_author_in_group
from kb.services.groups.membership import set_role
from kb.store import OutboxMessage
from tests.factories.group import as_
from tests.factories.items import a_group, a_user, an_item
from tests.factories.library import a_library
from tests.support.browser_sessions import PASSWORD, an_account

NOW, LATER = "2026-01-01T09:00:00.000000Z", "2999-01-01T09:00:00.000000Z"
LECTURES, AUTRE = a_group("lectures"), a_group("autre")
DOC, CD63 = a_user("doc", "Odilon Vachon"), a_user("cd63", "Paris")
LINES = (
    AuditLogEntry(NOW, None, "hidden", LECTURES.id, "i-1", "item La moderator de Paris"),
    AuditLogEntry(NOW, None, "role-set", LECTURES.id, "u-doc", "moderator"),
    AuditLogEntry(NOW, None, "tag-renamed", LECTURES.id, "paris", "paris → moderator"),
    AuditLogEntry(NOW, None, "search-saved", LECTURES.id, "s-1", "moderator"),
    AuditLogEntry(NOW, None, "invited", LECTURES.id, None, "moderator@paris.example"),
    AuditLogEntry(NOW, None, "attributed", LECTURES.id, "u-x", "Paris", "u-y"),
)
LETTER = OutboxMessage("l", "a@exemple.fr", "moderator, Paris", "Le moderator vous écrit de Paris.", NOW, NOW)


@pytest.fixture
def library() -> Iterator[Library]:
    items = [
        an_item("Un", id="i-1", group=LECTURES, author=DOC),
        an_item("Deux", id="i-2", group=AUTRE, author=DOC),
        an_item("Trois", id="i-3", group=AUTRE, author=CD63),
    ]
    with closing(a_library(*items, groups=(LECTURES, AUTRE))) as library:
        an_account(library, "claire", administrator=True)
        set_role(library, OPERATOR, "lectures", "claire", Role.OWNER)
        yield library


def lines_of(library: Library) -> list[AuditLogEntry]:
    with library.store.read() as reading:
        return [act for _, act in reading.moderation.log_entries(LECTURES.id, limit=1000)][::-1]


@pytest.mark.parametrize(("login", "name"), [("moderator", "moderator"), ("paris", "Paris"), ("item", "item")])
def test_a_name_that_is_a_word_of_the_log_leaves_the_log_as_it_is(library: Library, login: str, name: str) -> None:
    an_account(library, login, name=name)
    with library.store.write() as writing:
        for line in LINES:
            writing.moderation.log(line)
        writing.outbox.add(LETTER)
    before = lines_of(library)
    delete_account(library, as_(library, login), AnnotationHandling.REMOVED, alone=True, proof=PASSWORD)
    assert lines_of(library) == before
    with library.store.read() as reading:
        assert reading.outbox.due(LATER) == (LETTER,)


def test_no_line_of_the_log_is_removed_by_taking_the_name_in_it(library: Library) -> None:
    claire = as_(library, "claire")
    link_author_in_group(library, claire, "lectures", "doc", "claire")
    an_account(library, "voleur")
    change_name(library, as_(library, "voleur"), "Odilon Vachon")
    delete_account(library, as_(library, "voleur"), AnnotationHandling.REMOVED, alone=True, proof=PASSWORD)
    assert lines_of(library)[-1].detail == "Odilon Vachon"
    erase_person(library, OPERATOR, "doc", AnnotationHandling.KEEP)
    assert lines_of(library)[-1].detail == "[…]"


def test_a_declined_request_holds_ids_alone(library: Library) -> None:
    claim_author(library, as_(library, "claire"), "lectures", "doc")
    decline_claim(library, as_(library, "claire"), "lectures", "doc", "claire")
    line = lines_of(library)[-1]
    assert (line.action, line.detail, line.person_id) == ("declined", None, DOC.id)
    erase_person(library, OPERATOR, "doc", AnnotationHandling.KEEP)
    assert lines_of(library)[-1].person_id == ""


@pytest.mark.parametrize("query", ["q=auteur%3Aparis", "q=author%3A%22paris%22"])
def test_a_search_for_a_word_is_kept_where_the_person_never_was(library: Library, query: str) -> None:
    searches = [SavedSearch.of(f"s-{group.slug}", group.id, "Suivi", query, NOW) for group in (LECTURES, AUTRE)]
    with library.store.write() as writing:
        for search in searches:
            writing.saved_searches.add(search)
    an_account(library, "paris", name="Paris")
    set_role(library, OPERATOR, "autre", "paris", Role.MEMBER)
    delete_account(library, as_(library, "paris"), AnnotationHandling.KEEP, alone=False, proof=PASSWORD)
    with library.store.read() as reading:
        searches_left = reading.saved_searches.of_groups([LECTURES.id, AUTRE.id])
    assert [search.id for search in searches_left] == ["s-lectures"]


def test_an_account_that_takes_the_login_of_an_author_takes_no_search_or_feed_for_them(library: Library) -> None:
    """A search for items shared by Odilon Vachon stays valid when such an account is created and deleted."""
    search = SavedSearch.of("s", LECTURES.id, "Suivi", "q=eau&author=doc&author=cd63", NOW)
    claire = as_(library, "claire").user_id or ""
    with library.store.write() as writing:
        writing.saved_searches.add(search)
        writing.credentials.add_feed_key(FeedKey("k", claire, "/g/lectures.atom?author=doc", NOW), secret_hash("k"))
    an_account(library, "doc")
    with library.store.read() as reading:
        assert reading.users.by_ids([DOC.id])[DOC.id].login == "doc-2"
    delete_account(library, as_(library, "doc"), AnnotationHandling.KEEP, alone=False, proof=PASSWORD)
    with library.store.read() as reading:
        (search_left,) = reading.saved_searches.of_groups([LECTURES.id])
        assert set(search_left.request.author) == {"doc-2", "cd63"}
        assert [feed_key.id for feed_key in reading.credentials.feed_keys_of(claire)] == ["k"]
