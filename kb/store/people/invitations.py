"""One-time links, requests to join, and claims of a user to what an imported author shared."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import bindparam, delete, func, select

from kb.model.people.account import Invitation, LinkPurpose
from kb.model.people.user import User
from kb.store.database.database import in_savepoint, is_any_of
from kb.store.database.rows import Repository, ValueColumns
from kb.store.tables.account_tables import claims, invitations, join_requests, users
from kb.store.tables.site_tables import outbox
from kb.store.transaction_events import JoinRequested, events_of

_ALL = ValueColumns(invitations, Invitation)
_REQUEST_COUNTS = (
    select(join_requests.c.group_id, func.count())
    .where(join_requests.c.group_id.in_(bindparam("groups", expanding=True)))
    .group_by(join_requests.c.group_id)
)
_claimant, _author = users.alias("claimant"), users.alias("author")


@dataclass(frozen=True, slots=True)
class JoinRequest:
    """A user who asks to join a group, and the user's message."""

    user: User
    group_id: str
    message: str | None
    created_at: str


@dataclass(frozen=True, slots=True)
class AuthorClaim:
    """A user's claim that what an imported author shared in a group is the user's own."""

    user: User
    author: User
    group_id: str
    created_at: str


class InvitationsReading(Repository):
    """Invitations, join requests and author claims, in one transaction."""

    def by_hash(self, hash_: str) -> Invitation | None:
        """The invitation of a secret, expired or not."""
        return _ALL.first(self.connection, _ALL.select.where(invitations.c.hash == hash_))

    def of_group(self, group_id: str) -> tuple[Invitation, ...]:
        """The unused invitations to a group, the latest first."""
        return _ALL.all(
            self.connection,
            _ALL.select.where(invitations.c.group_id == group_id).order_by(
                invitations.c.created_at.desc(), invitations.c.id
            ),
        )

    def addressed_to(self, user_id: str) -> tuple[Invitation, ...]:
        """The group invitations for a user who has an account, the latest first."""
        chosen = _ALL.select.where(invitations.c.user_id == user_id, invitations.c.purpose == LinkPurpose.ACCOUNT.value)
        return _ALL.all(self.connection, chosen.order_by(invitations.c.created_at.desc(), invitations.c.id))

    def made_by(self, user_id: str) -> tuple[Invitation, ...]:
        """The unused invitations that a user made, the oldest first."""
        chosen = _ALL.select.where(invitations.c.made_by == user_id)
        return _ALL.all(self.connection, chosen.order_by(invitations.c.created_at, invitations.c.id))

    def without_group(self, purpose: LinkPurpose) -> tuple[Invitation, ...]:
        """The invitations to the site that name no group, for one purpose, the latest first."""
        chosen = _ALL.select.where(invitations.c.group_id.is_(None), invitations.c.purpose == purpose.value)
        return _ALL.all(self.connection, chosen.order_by(invitations.c.created_at.desc(), invitations.c.id))

    def count_to_groups(self, now: str) -> int:
        """The number of unused invitations to groups that have not expired."""
        chosen = select(func.count()).select_from(invitations)
        return self._number(chosen.where(invitations.c.group_id.is_not(None), invitations.c.expires_at > now))

    def requests_of(self, group_id: str) -> tuple[JoinRequest, ...]:
        """The join requests of a group, the oldest first."""
        statement = select(
            users.c.id, users.c.login, users.c.name, join_requests.c.message, join_requests.c.created_at
        ).join(users, users.c.id == join_requests.c.user_id)
        rows = self.connection.execute(
            statement.where(join_requests.c.group_id == group_id).order_by(join_requests.c.created_at, users.c.login)
        )
        return tuple(JoinRequest(User(id_, login, name), group_id, *rest) for id_, login, name, *rest in rows)

    def request_counts(self, group_ids: Iterable[str]) -> dict[str, int]:
        """The number of join requests of each of these groups that has any."""
        return dict(self._rows_of(_REQUEST_COUNTS, group_ids, "groups"))

    def has_asked(self, user_id: str, group_id: str) -> bool:
        """Whether a user has asked to join a group."""
        mine = select(join_requests.c.user_id).where(
            join_requests.c.user_id == user_id, join_requests.c.group_id == group_id
        )
        return self.connection.execute(mine).first() is not None

    def claims_of(self, group_id: str) -> tuple[AuthorClaim, ...]:
        """The author claims of a group, the oldest first."""
        claimed = (
            select(
                _claimant.c.id, _claimant.c.login, _claimant.c.name,
                _author.c.id, _author.c.login, _author.c.name, claims.c.created_at,
            )
            .join_from(claims, _claimant, _claimant.c.id == claims.c.user_id)
            .join(_author, _author.c.id == claims.c.author_id)
        )  # fmt: skip
        rows = self.connection.execute(
            claimed.where(claims.c.group_id == group_id).order_by(claims.c.created_at, _claimant.c.login)
        )
        return tuple(
            AuthorClaim(
                User(id_, login, name), User(author_id, author_login, author_name, imported=True), group_id, created_at
            )
            for id_, login, name, author_id, author_login, author_name, created_at in rows
        )


class Invitations(InvitationsReading):
    """Invitations, in a write transaction."""

    def withdraw(self, user_id: str, group_id: str) -> None:
        """Delete the invitations of a user to a group, because the user joined or may not join."""
        self._write(delete(invitations).where(invitations.c.user_id == user_id, invitations.c.group_id == group_id))

    def add(self, invitation: Invitation, hash_: str) -> None:
        """Insert an invitation."""
        self._insert(invitations, {**_ALL.row(invitation), "hash": hash_})

    def remove(self, ids: Iterable[str]) -> None:
        """Delete invitations that were used or withdrawn, and the messages that bring them."""
        ids = tuple(ids)
        for column in (outbox.c.invitation_id, invitations.c.id):
            self._write(delete(column.table).where(is_any_of(column, ids)))

    def remove_for_purpose(self, purpose: LinkPurpose, user_id: str | None = None) -> None:
        """Delete the invitations for one purpose: all of them, or those of one user."""
        chosen = delete(invitations).where(invitations.c.purpose == purpose.value)
        if user_id is not None:
            chosen = chosen.where(invitations.c.user_id == user_id)
        self._write(chosen)

    def purge(self, now: str) -> None:
        """Delete the expired invitations."""
        self._write(delete(invitations).where(invitations.c.expires_at < now))

    def add_request(self, user_id: str, group_id: str, message: str | None, now: str) -> None:
        """Store a join request; a second one replaces the message."""
        row = {"user_id": user_id, "group_id": group_id, "message": message, "created_at": now}
        if not self.has_asked(user_id, group_id):
            events_of(self.connection).append(JoinRequested(group_id, user_id))
        self._replace(join_requests, row)

    def remove_request(self, user_id: str, group_id: str) -> None:
        """Delete a join request that was answered or withdrawn."""
        self._write(
            delete(join_requests).where(join_requests.c.user_id == user_id, join_requests.c.group_id == group_id)
        )

    def add_claim(self, user_id: str, author_id: str, group_id: str, now: str) -> None:
        """Store a claim, with the time of the last one."""
        row = {"user_id": user_id, "author_id": author_id, "group_id": group_id, "created_at": now}
        self._replace(claims, row)

    def remove_claim(self, user_id: str, author_id: str, group_id: str) -> None:
        """Delete a claim."""
        self._write(
            delete(claims).where(
                claims.c.user_id == user_id, claims.c.author_id == author_id, claims.c.group_id == group_id
            )
        )

    def erase_person(self, user_id: str) -> None:
        """Delete all requests of a user, and the links for the user."""
        with in_savepoint(self.connection):
            for table in (invitations, join_requests, claims):
                self.connection.execute(delete(table).where(table.c.user_id == user_id))
            self.connection.execute(delete(claims).where(claims.c.author_id == user_id))
