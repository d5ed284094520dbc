"""An e-mail address that its account has not confirmed reserves nothing and reveals nothing."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from kb.access.actor import OPERATOR
from kb.errors import Conflict, FlorilegeError, Forbidden, LoginNeeded, NotFound
from kb.model.people.account import Account
from kb.model.people.group import Role
from kb.services.accounts.account_deletion import AnnotationHandling, delete_account
from kb.services.accounts.account_lifecycle import NewAccount, add_account
from kb.services.accounts.one_time_links import (
    create_account_from_link,
    first_administrator_link,
    one_time_link,
    send_password_reset_link,
)
from kb.services.accounts.own_account import change_email, confirm_email, email_of_link
from kb.services.admin.account_administration import change_account
from kb.services.authentication.authentication import sign_in
from kb.services.core.library import Library
from kb.services.email.messages import MAIL_A_DAY
from kb.services.groups.invitations import invite_by_email, invite_by_link
from kb.store import OutboxMessage
from kb.store.database.clock import timestamp_in
from tests.factories.group import a_shared, as_
from tests.factories.library import an_empty_library
from tests.support.browser_sessions import PASSWORD, an_account

VICTIM, CLIENT = "victime@exemple.fr", "192.0.2.1"


@pytest.fixture
def library() -> Iterator[Library]:
    with closing(an_empty_library()) as plain:
        settings = replace(plain.settings, mail_url="smtp://localhost", base_url="https://florilege.exemple.fr")
        library = replace(plain, settings=settings)
        for login in ("claire", "voleur"):
            an_account(library, login, email=f"{login}@exemple.fr")
        yield library


def waiting_messages(library: Library) -> list[OutboxMessage]:
    with library.store.read() as reading:
        return sorted(reading.outbox.due(timestamp_in(days=1), 1000), key=lambda message: message.created_at)


def secret_in(letter: OutboxMessage) -> str:
    return next(line for line in letter.body.splitlines() if "https://" in line).rpartition("/")[2]


def account(library: Library, login: str) -> Account:
    with library.store.read() as reading:
        account = reading.accounts.by_login(login)
        assert account is not None
        return account


def take(library: Library, email: str = VICTIM, login: str = "voleur") -> bool:
    """Type an address into the account form."""
    return change_email(library, as_(library, login), email, PASSWORD, CLIENT)


def test_an_address_that_another_account_typed_is_free_for_its_owner(library: Library) -> None:
    take(library)
    an_account(library, "victime")
    take(library, login="victime")
    secret = secret_in(waiting_messages(library)[-1])
    confirm_email(library, as_(library, "victime"), secret)
    assert (account(library, "victime").email, account(library, "victime").unverified_email) == (VICTIM, None)
    sign_in(library, VICTIM, PASSWORD, CLIENT, "")
    with pytest.raises(NotFound):
        confirm_email(library, as_(library, "victime"), secret)


@pytest.mark.parametrize("way", ["link", "administrator", "operator"])
def test_an_address_that_another_account_typed_blocks_no_other_way_to_use_it(library: Library, way: str) -> None:
    take(library)
    match way:
        case "link":
            group = a_shared(library)
            invite_by_email(library, as_(library, "claire"), group.slug, VICTIM, Role.READER)
            secret = secret_in(waiting_messages(library)[-1])
            create_account_from_link(library, secret, NewAccount("victime", email=VICTIM, password=PASSWORD), "")
        case "administrator":
            an_account(library, "victime")
            change_account(library, replace(as_(library, "claire"), administrator=True), "victime", "Victime", VICTIM)
        case _:
            add_account(library, OPERATOR, NewAccount("victime", email=VICTIM, password=PASSWORD))
    assert account(library, "victime").email == VICTIM
    assert account(library, "voleur").unverified_email == VICTIM


def test_typing_an_address_does_not_reveal_its_account(library: Library) -> None:
    """The answers, the messages and the log are the same as for an address that nobody has."""
    codes = []
    for email in ("claire@exemple.fr", "personne@exemple.fr"):
        is_sent = take(library, email)
        letter = waiting_messages(library)[-1]
        assert letter.recipient == email
        body = letter.body.replace(secret_in(letter), "SECRET").replace(email, "ADDRESS")
        codes.append((is_sent, letter.subject, body, account(library, "voleur").email))
    assert codes[0] == codes[1]
    group = a_shared(library)
    links = []
    for login, email in (("un", "claire@exemple.fr"), ("deux", "personne@exemple.fr")):
        _, secret = invite_by_link(library, as_(library, "claire"), group.slug, Role.READER)
        create_account_from_link(library, secret, NewAccount(login, email=email, password=PASSWORD), "")
        links.append(
            (
                account(library, login).email,
                waiting_messages(library)[-1].subject,
                waiting_messages(library)[-1].recipient == email,
            )
        )
    assert links[0] == links[1]
    assert links[0][0] is None


def test_an_unconfirmed_address_gives_no_login_and_no_link(library: Library) -> None:
    take(library)
    before = len(waiting_messages(library))
    send_password_reset_link(library, VICTIM, "fr")
    assert len(waiting_messages(library)) == before
    with pytest.raises(Forbidden):
        sign_in(library, VICTIM, PASSWORD, CLIENT, "")
    send_password_reset_link(library, "voleur", "fr")
    assert waiting_messages(library)[-1].recipient == "voleur@exemple.fr"


def test_only_the_account_that_typed_an_address_confirms_it(library: Library) -> None:
    take(library)
    secret = secret_in(waiting_messages(library)[-1])
    for act in (email_of_link, confirm_email):
        with pytest.raises(NotFound):
            act(library, as_(library, "claire"), secret)
        with pytest.raises(LoginNeeded):
            act(library, replace(as_(library, "claire"), user_id=None), secret)
    with pytest.raises(NotFound):
        create_account_from_link(library, secret, NewAccount("autre", password=PASSWORD), "")
    assert email_of_link(library, as_(library, "voleur"), secret) == VICTIM


def test_a_link_confirms_only_the_address_that_was_typed_last(library: Library) -> None:
    take(library)
    first = secret_in(waiting_messages(library)[-1])
    take(library, "autre@exemple.fr")
    second = secret_in(waiting_messages(library)[-1])
    with pytest.raises(NotFound):
        confirm_email(library, as_(library, "voleur"), first)
    take(library, "voleur@exemple.fr")
    assert account(library, "voleur").unverified_email is None
    with pytest.raises(NotFound):
        confirm_email(library, as_(library, "voleur"), second)


def test_an_address_is_confirmed_by_one_account_alone(library: Library) -> None:
    take(library, "claire@exemple.fr")
    with pytest.raises(Conflict):
        confirm_email(library, as_(library, "voleur"), secret_in(waiting_messages(library)[-1]))
    assert account(library, "claire").email == "claire@exemple.fr"


def test_an_inviter_who_sees_the_link_vouches_for_no_address(library: Library) -> None:
    """If no message was sent, the inviter has the link, and could create an account with another user's address."""
    silent = replace(library, settings=replace(library.settings, mail_url=""))
    group = a_shared(library)
    _, secret = invite_by_email(silent, as_(library, "claire"), group.slug, VICTIM, Role.READER)
    assert secret is not None
    create_account_from_link(silent, secret, NewAccount("complice", email=VICTIM, password=PASSWORD), "")
    assert (account(library, "complice").email, account(library, "complice").unverified_email) == (None, VICTIM)


def test_the_first_administrator_has_the_address_that_they_type() -> None:
    with closing(an_empty_library()) as library:
        secret = first_administrator_link(library)
        assert secret is not None
        create_account_from_link(
            library, secret, NewAccount("claire", email="claire@exemple.fr", password=PASSWORD), ""
        )
        assert account(library, "claire").email == "claire@exemple.fr"


def test_deleting_an_account_takes_nothing_from_the_owner_of_an_address_that_it_typed(library: Library) -> None:
    group = a_shared(library)
    invite_by_email(library, as_(library, "claire"), group.slug, VICTIM, Role.READER)
    invitation = waiting_messages(library)[-1]
    take(library)
    delete_account(library, as_(library, "voleur"), AnnotationHandling.REMOVED, alone=True, proof=PASSWORD)
    assert waiting_messages(library) == [invitation]
    assert one_time_link(library, secret_in(invitation)).invitation.email == VICTIM
    with library.store.read() as reading:
        assert [entry.detail for _, entry in reading.moderation.log_entries(group.id) if entry.action == "invited"] == [
            VICTIM
        ]


def test_an_account_has_few_messages_a_day_sent_to_addresses_that_it_typed(library: Library) -> None:
    group, claire = a_shared(library), as_(library, "claire")
    for number in range(3 * MAIL_A_DAY):
        try:
            if number % 4 == 0:
                take(library, f"x{number}@exemple.fr", "claire")
            else:
                invite_by_email(library, claire, group.slug, f"x{number}@exemple.fr", Role.READER)
        except FlorilegeError:
            continue
    assert MAIL_A_DAY - 1 <= len(waiting_messages(library)) <= MAIL_A_DAY


def test_a_stranger_gets_few_messages_from_all_accounts_together(library: Library) -> None:
    group = a_shared(library)
    for number in range(12):
        an_account(library, f"membre-{number}")
        take(library, login=f"membre-{number}")
    for _ in range(6):
        invite_by_email(library, as_(library, "claire"), group.slug, VICTIM, Role.READER)
    confirmations = [letter.subject for letter in waiting_messages(library) if "Confirm" in letter.subject]
    assert len(confirmations) == 8
    assert len(waiting_messages(library)) == 8 + 2


def test_repeated_requests_for_an_address_do_not_block_its_confirmation(library: Library) -> None:
    for _ in range(8):
        take(library)
    an_account(library, "victime")
    assert take(library, login="victime")
    confirm_email(library, as_(library, "victime"), secret_in(waiting_messages(library)[-1]))
    assert account(library, "victime").email == VICTIM


@pytest.mark.parametrize("way", ["confirmed", "removed", "administrator"])
def test_the_address_of_before_gets_a_message_when_it_is_changed(library: Library, way: str) -> None:
    match way:
        case "confirmed":
            take(library)
            confirm_email(library, as_(library, "voleur"), secret_in(waiting_messages(library)[-1]))
        case "removed":
            take(library, "")
        case _:
            change_account(library, replace(as_(library, "claire"), administrator=True), "voleur", "Voleur", VICTIM)
    last = waiting_messages(library)[-1]
    assert (last.recipient, "a été changée" in last.subject) == ("voleur@exemple.fr", True)


def test_first_confirmations_of_accounts_count_against_their_inviter(library: Library) -> None:
    group, claire = a_shared(library), as_(library, "claire")
    for number in range(MAIL_A_DAY + 5):
        _, secret = invite_by_link(library, claire, group.slug, Role.READER)
        email = f"x{number}@exemple.fr"
        create_account_from_link(library, secret, NewAccount(f"complice-{number}", email=email, password=PASSWORD), "")
    assert len(waiting_messages(library)) == MAIL_A_DAY
    assert account(library, f"complice-{MAIL_A_DAY}").unverified_email == f"x{MAIL_A_DAY}@exemple.fr"
