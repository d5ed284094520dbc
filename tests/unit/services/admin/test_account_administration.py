"""Only administrators manage accounts, imported authors and invitations."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from kb.access.actor import ANONYMOUS, OPERATOR, Actor
from kb.errors import Conflict, FlorilegeError, Forbidden, Invalid, LoginNeeded, NotFound
from kb.model.people.account import Account, Identity
from kb.model.people.group import JoinPolicy, Role, Visibility
from kb.services.accounts.account_lifecycle import close_account
from kb.services.accounts.one_time_links import account_of_password_link, create_password_link, one_time_link
from kb.services.admin.account_administration import (
    account_view,
    change_account,
    end_sessions,
    find_accounts,
    require_visible_administration,
)
from kb.services.admin.site_overview import find_shared_groups, overview_of_site
from kb.services.authentication.authentication import actor_of_session, sign_in
from kb.services.core.library import Library
from kb.services.groups.author_links import (
    claim_author,
    find_imported_authors,
    imported_author_view,
    link_author_on_site,
    site_author_link_preview,
)
from kb.services.groups.invitations import (
    MOST_PENDING_INVITATIONS,
    invite_to_site,
    pending_site_invitations,
    replace_invitation_link,
    revoke_invitation,
)
from kb.services.groups.membership import join_group
from kb.store import OutboxMessage
from kb.store.database.clock import timestamp_in
from tests.factories.group import a_shared, as_
from tests.factories.items import a_group, a_reply, a_user, an_annotation, an_item
from tests.factories.library import add_items, an_empty_library
from tests.support.browser_sessions import PASSWORD, an_account
from tests.support.cpu_time import cpu_seconds_at_most

IMPORTED = a_user("m-martin", "Monique Martin")


@pytest.fixture
def library() -> Iterator[Library]:
    with closing(an_empty_library()) as plain:
        library = replace(plain, settings=replace(plain.settings, mail_url="smtp://localhost"))
        an_account(library, "claire", name="Claire Aubert", email="claire@exemple.fr", administrator=True)
        an_account(library, "paul", name="Paul Évrard", email="paul@exemple.fr")
        yield library


def admin(library: Library, login: str = "claire") -> Actor:
    return replace(as_(library, login), administrator=True, name="Claire Aubert")


def log(library: Library) -> list[tuple[str, str | None]]:
    with library.store.read() as reading:
        return [(entry.action, entry.detail) for _, entry in reading.moderation.log_entries()][::-1]


def filled(library: Library) -> None:
    """Two groups and a personal library with contributions of an imported author."""
    groups = [a_group("lectures", "Lectures"), a_group("secret", "Secret", visible=Visibility.MEMBERS)]
    own = a_group("~paul")
    with library.store.read() as reading:
        own_group = reading.groups.by_slug("~paul")
    assert own_group is not None
    items = [
        an_item(f"Titre {group.slug}", id=f"i-{group.slug}", group=group, order=order, author=IMPORTED, annotations=[
            an_annotation("Passage", id=f"a-{group.slug}", author=IMPORTED,
                          replies=[a_reply("Oui.", id=f"r-{group.slug}", author=IMPORTED)]),
        ])
        for order, group in enumerate((*groups, own_group), 1)
    ]  # fmt: skip
    assert own.slug == own_group.slug
    add_items(library, *items, groups=groups)


@pytest.mark.parametrize("q", ["evrard", "ÉVRARD paul", "paul@", "  pau  "])
def test_accounts_are_found_by_what_is_known_of_them(library: Library, q: str) -> None:
    assert [row.user.login for row in find_accounts(library, admin(library), q, 1).rows] == ["paul"]


def test_ten_thousand_accounts_are_shown_a_page_at_a_time(library: Library) -> None:
    with library.store.write() as writing:
        people = [a_user(f"p-{number:05}", f"Personne {number}") for number in range(10_000)]
        writing.users.add(people)
        for user in people:
            writing.accounts.add(Account(user, None, False, False, "2026-01-01T00:00:00Z"))
    with cpu_seconds_at_most(5):
        accounts = find_accounts(library, admin(library), "", 200)
        narrowed = find_accounts(library, admin(library), "personne 9999", 1)
    assert (len(accounts.rows), accounts.total, accounts.page, accounts.last) == (50, 10_002, 200, 201)
    assert [row.user.login for row in narrowed.rows] == ["p-09999"]
    assert find_accounts(library, admin(library), "", 10**6).page == 201


def test_a_name_is_another_one_everywhere_and_in_the_own_library(library: Library) -> None:
    change_account(library, admin(library), "paul", " Paul Martin ", "Paul.Martin@Exemple.fr")
    with library.store.read() as reading:
        account, own = reading.accounts.by_login("paul"), reading.groups.by_slug("~paul")
    assert account is not None
    assert own is not None
    assert (account.user.name, account.email, own.name) == ("Paul Martin", "paul.martin@exemple.fr", "Paul Martin")
    assert log(library)[-1] == ("account-changed", "name email")
    change_account(library, admin(library), "paul", "Paul Martin", "paul.martin@exemple.fr")
    assert log(library).count(("account-changed", "name email")) == 1


def test_a_new_address_makes_links_sent_to_the_old_one_invalid(library: Library) -> None:
    secret = create_password_link(library, OPERATOR, "paul")
    change_account(library, admin(library), "paul", "Paul", "")
    with pytest.raises(NotFound):
        account_of_password_link(library, secret)


@pytest.mark.parametrize(
    ("name", "email", "error"),
    [("", "", Invalid), ("P\nM", "", Invalid), ("P" * 101, "", Invalid), ("Paul", "paul@", Invalid),
     ("Paul", "claire@exemple.fr", Conflict)],
)  # fmt: skip
def test_an_invalid_name_or_address_is_not_saved(
    library: Library, name: str, email: str, error: type[FlorilegeError]
) -> None:
    with pytest.raises(error):
        change_account(library, admin(library), "paul", name, email)
    assert account_view(library, admin(library), "paul").account.user.name == "Paul Évrard"


def test_a_user_is_logged_out_everywhere(library: Library) -> None:
    secrets = [sign_in(library, "paul", PASSWORD, "::1", "") for _ in range(2)]
    assert account_view(library, admin(library), "paul").sessions == 2
    assert end_sessions(library, admin(library), "paul") == 2
    assert [actor_of_session(library, secret) for secret in secrets] == [ANONYMOUS] * 2
    assert log(library)[-1] == ("signed-out", None)
    assert end_sessions(library, admin(library), "paul") == 0


def test_the_view_of_an_account_shows_its_identity(library: Library) -> None:
    paul = account_view(library, admin(library), "paul")
    assert not paul.has_identity
    with library.store.write() as writing:
        identity = Identity("https://qui.exemple.fr", "42", paul.account.user.id, "2026-01-01T00:00:00Z")
        writing.accounts.add_identity(identity)
    assert account_view(library, admin(library), "paul").has_identity


def test_an_own_library_is_in_no_list(library: Library) -> None:
    filled(library)
    group = a_shared(library, JoinPolicy.INVITE, Visibility.MEMBERS)
    view = account_view(library, admin(library), "claire")
    assert [(group.slug, role) for group, role in view.groups] == [(group.slug, Role.OWNER)]
    assert not view.has_other_administrator
    slugs = [row.view.group.slug for row in find_shared_groups(library, admin(library), "", 1).rows]
    assert slugs == ["lectures", group.slug, "secret"]
    rows = {row.view.group.slug: row for row in find_shared_groups(library, admin(library), "", 1).rows}
    assert (rows["secret"].members, rows["secret"].has_owner) == (0, False)
    assert (rows[group.slug].members, rows[group.slug].has_owner) == (1, True)


def test_everything_of_an_imported_author_is_given_to_an_account(library: Library) -> None:
    filled(library)
    (row,) = find_imported_authors(library, admin(library), "MARTIN", 1).rows
    assert (row.user, row.shared, row.annotated) == (IMPORTED, 2, 4)
    view, to = site_author_link_preview(library, admin(library), "m-martin", "paul")
    assert [(group.slug, *counts) for group, *counts in view.contributions] == [("lectures", 1, 2), ("secret", 1, 2)]
    assert to.login == "paul"
    link_author_on_site(library, admin(library), "m-martin", "Paul ")
    with library.store.read() as reading:
        items = reading.items.any_of(["i-lectures", "i-secret", "i-~paul"])
    assert {name: item.author and item.author.login for name, item in items.items()} == {
        "i-lectures": "paul",
        "i-secret": "paul",
        # An administrator may not read personal libraries.
        "i-~paul": "m-martin",
    }
    assert log(library)[-2:] == [("attributed", "Monique Martin")] * 2
    assert find_imported_authors(library, admin(library), "", 1).rows == ()
    with pytest.raises(NotFound):
        imported_author_view(library, admin(library), "m-martin")


def test_a_claim_is_answered_by_a_merge(library: Library) -> None:
    filled(library)
    group = a_shared(library)
    add_items(library, an_item("Autre", id="autre", group=group, order=9, author=IMPORTED))
    join_group(library, as_(library, "paul"), group.slug)
    claim_author(library, as_(library, "paul"), group.slug, "m-martin")
    link_author_on_site(library, admin(library), "m-martin", "paul")
    with library.store.read() as reading:
        assert reading.invitations.claims_of(group.id) == ()


def test_an_author_cannot_be_linked_to_an_invalid_account(library: Library) -> None:
    filled(library)
    for author, login in (("m-martin", "personne"), ("paul", "claire"), ("personne", "paul"), ("m-martin", "m-martin")):
        with pytest.raises(NotFound):
            link_author_on_site(library, admin(library), author, login)
    close_account(library, OPERATOR, "paul", closed=True)
    with pytest.raises(Conflict):
        link_author_on_site(library, admin(library), "m-martin", "paul")


def test_an_invitation_to_the_site_is_a_link_or_an_email_message(library: Library) -> None:
    secret = invite_to_site(library, admin(library))
    assert secret is not None
    assert one_time_link(library, secret).group is None
    assert invite_to_site(library, admin(library), "Zoe@Exemple.org") is None
    with library.store.read() as reading:
        (letter,) = reading.outbox.due(timestamp_in(days=1))
    assert isinstance(letter, OutboxMessage)
    assert letter.recipient == "zoe@exemple.org"
    assert "Claire Aubert vous propose un compte sur Florilège." in letter.body
    waiting = pending_site_invitations(library, admin(library))
    assert [(request.email, by and by.login) for request, by in waiting] == [
        ("zoe@exemple.org", "claire"),
        (None, "claire"),
    ]
    revoke_invitation(library, admin(library), None, waiting[1][0].id)
    with pytest.raises(NotFound):
        one_time_link(library, secret)
    with pytest.raises(NotFound):
        revoke_invitation(library, admin(library), None, waiting[1][0].id)


def test_a_user_with_an_account_is_not_invited(library: Library) -> None:
    with pytest.raises(Conflict):
        invite_to_site(library, admin(library), "PAUL@exemple.fr")


def test_invitations_are_bounded(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST_PENDING_INVITATIONS >= 100
    monkeypatch.setattr("kb.services.groups.invitations.MOST_PENDING_INVITATIONS", 2)
    invite_to_site(library, admin(library))
    invite_to_site(library, admin(library))
    with pytest.raises(Conflict):
        invite_to_site(library, admin(library))


def test_the_overview_counts_the_site(library: Library) -> None:
    filled(library)
    invite_to_site(library, admin(library), "zoe@exemple.org")
    now = overview_of_site(library, admin(library))
    assert (now.accounts, now.administrators, now.groups, now.imported, now.invitations) == (2, 1, 2, 1, 1)
    assert (now.unsent_messages, now.sends_email, now.refused) == (1, True, 0)
    assert now.oldest_message_at is not None


ACTS: dict[str, Callable[[Library, Actor], object]] = {
    "accounts": lambda library, actor: find_accounts(library, actor, "", 1),
    "account": lambda library, actor: account_view(library, actor, "paul"),
    "change": lambda library, actor: change_account(library, actor, "paul", "Autre", ""),
    "sign out": lambda library, actor: end_sessions(library, actor, "paul"),
    "authors": lambda library, actor: find_imported_authors(library, actor, "", 1),
    "author": lambda library, actor: imported_author_view(library, actor, "m-martin"),
    "merge of": lambda library, actor: site_author_link_preview(library, actor, "m-martin", "paul"),
    "merge": lambda library, actor: link_author_on_site(library, actor, "m-martin", "paul"),
    "invite": invite_to_site,
    "invitations": pending_site_invitations,
    "replace": lambda library, actor: replace_invitation_link(library, actor, None, "i"),
    "revoke": lambda library, actor: revoke_invitation(library, actor, None, "i"),
    "state": overview_of_site,
    "groups": lambda library, actor: find_shared_groups(library, actor, "", 1),
}


@pytest.mark.parametrize("act", ACTS)
def test_all_that_is_for_administrators(library: Library, act: str) -> None:
    filled(library)
    with pytest.raises(Forbidden):
        ACTS[act](library, as_(library, "paul"))
    with pytest.raises(LoginNeeded):
        ACTS[act](library, ANONYMOUS)
    with pytest.raises(Forbidden):
        ACTS[act](library, replace(admin(library), read_only=True))


def test_administration_answers_as_missing_to_others(library: Library) -> None:
    require_visible_administration(admin(library))
    with pytest.raises(NotFound):
        require_visible_administration(as_(library, "paul"))
    with pytest.raises(LoginNeeded):
        require_visible_administration(ANONYMOUS)
