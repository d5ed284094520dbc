"""Administration of other users' accounts: find, read and change them, and end their sessions."""

from dataclasses import dataclass, replace

from kb.access.actor import Actor
from kb.access.permissions import require_administrator, require_signed_in_user
from kb.errors import Conflict, NotFound
from kb.model.people.account import Account, LinkPurpose, checked_email, checked_person_name
from kb.model.people.group import Group, Role
from kb.search.index_search import label_sort_key
from kb.services.accounts.account_lifecycle import rename_user, required_account
from kb.services.core.audit_log import AuditEvent, write_audit_log
from kb.services.core.library import Library
from kb.services.core.pagination import PaginatedRows, matching_rows, paginate
from kb.services.email.messages import MessageWriter
from kb.store.database.clock import timestamp_now


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account as an administrator sees it: its shared groups, by name; counts of sessions and tokens.

    `seen_at` is when a session was last used; None without one. `has_identity`: the user can log in by
    OIDC. `has_other_administrator`: the site has another one.
    """

    account: Account
    groups: tuple[tuple[Group, Role], ...]
    sessions: int
    tokens: int
    seen_at: str | None
    has_identity: bool
    has_other_administrator: bool


def require_visible_administration(actor: Actor) -> None:
    """Raise LoginNeeded or, so that the page does not show that it exists, NotFound for a non-administrator."""
    if not actor.administrator:
        require_signed_in_user(actor, reading=True)
        raise NotFound("There is nothing at this address, or you may not read it.")
    require_administrator(actor)


def find_accounts(library: Library, actor: Actor, q: str, page: int) -> PaginatedRows[Account]:
    """The accounts whose login, name or address contains each word, by login. Raises Forbidden."""
    require_administrator(actor)
    with library.store.read() as reading:
        every = reading.accounts.all()

    def searched_text(account: Account) -> str:
        return f"{account.user.login} {account.user.name} {account.email or ''} {account.unverified_email or ''}"

    return paginate(matching_rows(every, q, searched_text), page)


def account_view(library: Library, actor: Actor, login: str) -> AccountView:
    """One account. Raises Forbidden unless the actor is an administrator; NotFound."""
    require_administrator(actor)
    now = timestamp_now()
    with library.store.read() as reading:
        account = required_account(reading, login)
        user_id = account.user.id
        roles = reading.groups.roles_of(user_id)
        shared = [group for group in reading.groups.by_ids(roles).values() if not group.is_personal]
        sessions = [session for session in reading.credentials.sessions_of(user_id) if session.expires_at > now]
        return AccountView(
            account,
            tuple((group, roles[group.id]) for group in sorted(shared, key=lambda group: label_sort_key(group.name))),
            len(sessions),
            len(reading.credentials.tokens_of(user_id)),
            max((session.seen_at for session in sessions), default=None),
            bool(reading.accounts.identities_of(user_id)),
            reading.accounts.administrators() > 1 or not account.administrator,
        )


def change_account(library: Library, actor: Actor, login: str, name: str, email: str) -> Account:
    """Change a user's name and e-mail address, or remove the address. The user's password links become invalid.

    Raises Forbidden unless the actor is an administrator; NotFound, Invalid, Conflict for an address in use.
    """
    require_administrator(actor)
    called, address = checked_person_name(name), checked_email(email) if email.strip() else None
    with library.store.write() as writing:
        before = required_account(writing, login)
        after = replace(before, user=replace(before.user, name=called), email=address)
        if address is not None:
            # An address that an administrator enters counts as verified.
            after = replace(after, unverified_email=None)
        changed = []
        if after.user != before.user:
            rename_user(writing, before, called)
            changed.append("name")
        if after.email != before.email:
            if address and writing.accounts.by_email(address) is not None:
                raise Conflict("Another account has this e-mail address.")
            writing.accounts.update(after)
            for purpose in (LinkPurpose.EMAIL, LinkPurpose.PASSWORD):
                writing.invitations.remove_for_purpose(purpose, after.user.id)
            changed.append("email")
            MessageWriter(library, writing).send_email_changed(before)
        if changed:
            write_audit_log(writing, actor, AuditEvent.ACCOUNT_CHANGED, subject=after.user.id, detail=" ".join(changed))
    return after


def end_sessions(library: Library, actor: Actor, login: str) -> int:
    """End all sessions of a user, and return their number. Raises Forbidden for a non-administrator; NotFound."""
    require_administrator(actor)
    with library.store.write() as writing:
        account = required_account(writing, login)
        ended = writing.credentials.revoke_sessions(account.user.id)
        if ended:
            write_audit_log(writing, actor, AuditEvent.SIGNED_OUT, subject=account.user.id)
    return ended
