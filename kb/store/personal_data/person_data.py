"""All data that the database holds of one person, beside what the other repositories return for a person."""

from collections.abc import Iterator

from sqlalchemy import and_, exists, func, or_, select, true

from kb.model.items.moderation import AuditLogEntry, Removal, Report
from kb.store.database.rows import Repository, ValueColumns
from kb.store.groups.moderation import Moderation
from kb.store.people.invitations import AuthorClaim, Invitations
from kb.store.tables.account_tables import claims, join_requests
from kb.store.tables.item_tables import annotations, item_sharers, items
from kb.store.tables.moderation_tables import audit_log, removed_content, reports

_PAGE = 500
_LOG = ValueColumns(audit_log, AuditLogEntry)


class PersonData(Repository):
    """The data of users, in one transaction."""

    def counts(self, user_id: str, in_group: str | None = None) -> tuple[int, int, int]:
        """How many items a user shared, how many of them no other user annotated, how many texts the user wrote.

        Texts are annotations and replies. In one group, or in all.
        """
        here = true() if in_group is None else items.c.group_id == in_group
        shared = select(func.count()).select_from(items).where(items.c.author_id == user_id, here)
        words = (
            select(func.count())
            .select_from(annotations.join(items, items.c.number == annotations.c.item))
            .where(annotations.c.author_id == user_id, here)
        )
        every = (shared, shared.where(~_OTHERS_WORDS, ~_SHARED_TOO), words)
        shared_, alone_, words_ = (self._number(statement) for statement in every)
        return shared_, alone_, words_

    def items_in(self, group_id: str) -> int:
        """The number of items of a group."""
        counted = select(func.count()).select_from(items).where(items.c.group_id == group_id)
        return self._number(counted)

    def items_without_author_in(self, group_id: str) -> int:
        """The number of items of a group that name nobody as their sharer."""
        chosen = (
            select(func.count()).select_from(items).where(items.c.group_id == group_id, items.c.author_id.is_(None))
        )
        return self._number(chosen)

    def items_alone(self, user_id: str) -> list[str]:
        """The items that only this user shared and no other user annotated."""
        chosen = select(items.c.id).where(items.c.author_id == user_id, ~_OTHERS_WORDS, ~_SHARED_TOO)
        return list(self.connection.execute(chosen).scalars())

    def requests_of(self, user_id: str) -> tuple[tuple[str, str | None, str], ...]:
        """The join requests of a user: the group's id, the message, the date."""
        chosen = select(join_requests.c.group_id, join_requests.c.message, join_requests.c.created_at)
        rows = self.connection.execute(chosen.where(join_requests.c.user_id == user_id).order_by("group_id"))
        return tuple((group_id, message, created_at) for group_id, message, created_at in rows)

    def claims_of(self, user_id: str) -> tuple[AuthorClaim, ...]:
        """The imported authors whom a user claims to be."""
        chosen = select(claims.c.group_id).where(claims.c.user_id == user_id).distinct()
        group_ids = list(self.connection.execute(chosen.order_by(claims.c.group_id)).scalars())
        every = (claim for group_id in group_ids for claim in Invitations(self.connection).claims_of(group_id))
        return tuple(claim for claim in every if claim.user.id == user_id)

    def reports_by(self, user_id: str) -> tuple[Report, ...]:
        """The reports of a user, the oldest first."""
        chosen = select(reports.c.group_id).where(reports.c.user_id == user_id).distinct()
        group_ids = list(self.connection.execute(chosen.order_by(reports.c.group_id)).scalars())
        every = (report for group_id in group_ids for report in Moderation(self.connection).reports_of(group_id))
        return tuple(report for report in every if report.user_id == user_id)

    def log_entries_of(self, user_id: str) -> Iterator[AuditLogEntry]:
        """The log entries of actions by or on a user, the latest first; one page is in memory at a time."""
        mine = _LOG.select.add_columns(audit_log.c.number).where(
            or_(audit_log.c.user_id == user_id, audit_log.c.subject == user_id)
        )
        page = mine.order_by(audit_log.c.number.desc()).limit(_PAGE)
        rows = self.connection.execute(page).all()
        while rows:
            for *values, _ in rows:
                yield AuditLogEntry(*values)
            rows = self.connection.execute(page.where(audit_log.c.number < rows[-1].number)).all()

    def attributed_names(self, user_id: str) -> tuple[str, ...]:
        """The names of the imported authors whose contributions group owners attributed to this account."""
        named = select(audit_log.c.detail).where(audit_log.c.subject == user_id, audit_log.c.action == "attributed")
        rows = self.connection.execute(named.where(audit_log.c.detail.is_not(None)).distinct()).scalars()
        return tuple(sorted(rows))

    def removals_naming(self, user_id: str) -> Iterator[Removal]:
        """The removed content that may name a user, one after the other."""
        named = removed_content.c.body.contains(user_id, autoescape=True)
        ids = (
            self.connection.execute(select(removed_content.c.id).where(named).order_by(removed_content.c.at))
            .scalars()
            .all()
        )
        for removal_id in ids:
            removal = Moderation(self.connection).removal(removal_id)
            if removal is not None:
                yield removal


_SHARED_TOO = exists(select(item_sharers.c.item).where(item_sharers.c.item == items.c.number))
"""Somebody else has shared an item too."""
_OTHERS_WORDS = exists(
    select(annotations.c.id).where(
        and_(
            annotations.c.item == items.c.number,
            or_(annotations.c.author_id.is_(None), annotations.c.author_id != items.c.author_id),
        )
    )
)
"""A user other than the sharer, or an unknown author, has annotated the item."""
