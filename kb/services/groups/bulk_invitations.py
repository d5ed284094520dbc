"""Many invitations at once, from a typed list of e-mail addresses and logins, with the outcome of each."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import Enum, auto

from kb.access.actor import Action, Actor
from kb.errors import Conflict, FlorilegeError, Invalid, NotFound, RateLimited
from kb.model.people.account import checked_email
from kb.model.people.group import Group, Role
from kb.model.people.user import User
from kb.services.core.library import Library
from kb.services.groups.invitations import (
    INVITATIONS_AT_ONCE,
    invite_account,
    invite_by_email,
    invite_to_site,
    pending_site_invitations,
)
from kb.services.groups.known_people import SeveralPeople, login_of_typed
from kb.services.groups.membership import require_shared_group, role_in_group
from kb.store.database.clock import timestamp_now

MOST_ADDRESSES = INVITATIONS_AT_ONCE
LONGEST_ADDRESS_LIST = 40_000
"""Characters of a typed list."""


class Outcome(Enum):
    """What became of one line. LINK: nothing was sent, the link is to be passed on. WAITS: invited earlier, without an
    answer yet. LATER: refused by a limit, may be sent again.
    """

    SENT = auto()
    LINK = auto()
    INVITED = auto()
    MEMBER = auto()
    WAITS = auto()
    BAD = auto()
    LATER = auto()


@dataclass(frozen=True, slots=True)
class TypedAddress:
    """One entry of a typed list: its line, from 1, or 0 for a person who was ticked; the text as typed; the address or
    login in it.
    """

    line: int
    text: str
    address: str


@dataclass(frozen=True, slots=True)
class InvitationResult:
    """`secret` is that of a LINK; `error` says why for BAD and LATER."""

    entry: TypedAddress
    outcome: Outcome
    secret: str = ""
    error: FlorilegeError | None = None


def typed_addresses(text: str) -> tuple[TypedAddress, ...]:
    """The entries of a list separated by new lines, commas or semicolons, each once; also as `Name <address>`.

    Raises Invalid for too long a list.
    """
    if len(text) > LONGEST_ADDRESS_LIST:
        raise Invalid("At most %(count)s addresses are read at once.", count=MOST_ADDRESSES)
    entries: dict[str, TypedAddress] = {}
    for line, typed in enumerate(text.splitlines(), start=1):
        name = ""
        parts = [part.strip() for part in typed.replace(";", ",").split(",")]
        for index, part in enumerate(parts):
            follows_name = any("<" in later for later in parts[index + 1 : index + 2])
            if not part or (follows_name and "@" not in part):
                # The first half of a name, as in `Aubert, Claire <claire@example.org>`.
                name = part and f"{part}, "
                continue
            address = part.rpartition("<")[2].partition(">")[0].strip() if "<" in part else part
            entry = TypedAddress(line, f"{name}{part}", address)
            entries.setdefault(address.casefold(), entry)
            name = ""
            if len(entries) > MOST_ADDRESSES:
                raise Invalid("At most %(count)s addresses are read at once.", count=MOST_ADDRESSES)
    return tuple(entries.values())


def invite_list_to_group(
    library: Library,
    actor: Actor,
    slug: str,
    entries: tuple[TypedAddress, ...],
    role: Role,
    *,
    known: Collection[User] = (),
) -> tuple[InvitationResult, ...]:
    """Invite each address by e-mail, or by a link if no message can be sent; and each login on its own pages.

    The name of a `known` person stands for their login. Only an administrator learns which addresses belong to members.
    Raises NotFound and Forbidden for the group.
    """
    with library.store.read() as reading:
        group = require_shared_group(actor, Action.INVITE, reading.groups.by_slug(slug))
        waiting = {
            invitation.email
            for invitation in reading.invitations.of_group(group.id)
            if invitation.expires_at > timestamp_now()
        }

    def invite(entry: TypedAddress) -> InvitationResult:
        if "@" not in entry.address:
            try:
                invite_account(library, actor, slug, login_of_typed(entry.address, known), role)
            except (NotFound, SeveralPeople) as error:
                return InvitationResult(entry, Outcome.BAD, error=error)
            except Conflict as error:
                return InvitationResult(entry, Outcome.MEMBER, error=error)
            return InvitationResult(entry, Outcome.INVITED)
        address = checked_email(entry.address)
        if address in waiting:
            return InvitationResult(entry, Outcome.WAITS)
        if actor.administrator and _is_member(library, address, group):
            return InvitationResult(entry, Outcome.MEMBER)
        try:
            _, secret = invite_by_email(library, actor, slug, entry.address, role)
        except RateLimited:
            # The day's messages are used up; a link is still possible.
            _, secret = invite_by_email(library, actor, slug, entry.address, role, may_send=False)
        return _result_of_secret(entry, secret)

    return _each(entries, invite)


def invite_list_to_site(
    library: Library, actor: Actor, entries: tuple[TypedAddress, ...]
) -> tuple[InvitationResult, ...]:
    """Invite each address to the site. Raises Forbidden unless the actor is an administrator."""
    waiting = {invitation.email for invitation, _ in pending_site_invitations(library, actor)}

    def invite(entry: TypedAddress) -> InvitationResult:
        address = checked_email(entry.address)
        if address in waiting:
            return InvitationResult(entry, Outcome.WAITS)
        try:
            return _result_of_secret(entry, invite_to_site(library, actor, address))
        except Conflict as error:
            return InvitationResult(entry, Outcome.MEMBER, error=error)

    return _each(entries, invite)


def _each(
    entries: tuple[TypedAddress, ...], invite: Callable[[TypedAddress], InvitationResult]
) -> tuple[InvitationResult, ...]:
    results = []
    for entry in entries:
        try:
            results.append(invite(entry))
        except Invalid as error:
            results.append(InvitationResult(entry, Outcome.BAD, error=error))
        except (Conflict, RateLimited) as error:
            results.append(InvitationResult(entry, Outcome.LATER, error=error))
    return tuple(results)


def _result_of_secret(entry: TypedAddress, secret: str | None) -> InvitationResult:
    return InvitationResult(entry, Outcome.SENT) if secret is None else InvitationResult(entry, Outcome.LINK, secret)


def _is_member(library: Library, address: str, group: Group) -> bool:
    with library.store.read() as reading:
        account = reading.accounts.by_email(address)
        return account is not None and role_in_group(reading, account.user.id, group.id) is not None
