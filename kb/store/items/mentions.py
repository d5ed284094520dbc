"""Mentions of users in texts, and the users who want an e-mail message about them."""

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, bindparam, delete, func, insert, select, update

from kb.model.people.mention import Mention
from kb.store.database.compiled_selects import run_compiled_select
from kb.store.database.database import in_savepoint, is_any_of
from kb.store.database.rows import Repository, ValueColumns
from kb.store.tables.activity_tables import mention_emails, mentions
from kb.store.tables.item_tables import annotations
from kb.store.tables.moderation_tables import removed_content

_SOME_UNREAD = (
    select(mentions.c.annotation_id)
    .where(mentions.c.user_id == bindparam("user"), mentions.c.seen_at.is_(None))
    .limit(bindparam("limit"))
)
_UNREAD = select(func.count()).select_from(_SOME_UNREAD.subquery())


class MentionsReading(Repository):
    """Mentions, in one transaction."""

    def unread(self, user_id: str, limit: int) -> int:
        """The number of unread mentions of a user, counted up to a limit, readable or not.

        Every page of a signed-in user asks for it, so it reads only the index.
        """
        ((count,),) = run_compiled_select(self.connection, _UNREAD, {"user": user_id, "limit": limit})
        return int(count)

    def of_user(self, user_id: str, limit: int | None = None) -> tuple[Mention, ...]:
        """The mentions of a user, unread ones first, then the latest."""
        order = (mentions.c.seen_at.is_not(None), mentions.c.at.desc(), mentions.c.annotation_id)
        return _MENTIONS.all(self.connection, _MENTIONS.select.where(_of(user_id)).order_by(*order).limit(limit))

    def in_part(self, annotation_id: str) -> tuple[Mention, ...]:
        """The mentions in one annotation or reply."""
        chosen = _MENTIONS.select.where(mentions.c.annotation_id == annotation_id)
        return _MENTIONS.all(self.connection, chosen.order_by(mentions.c.user_id))

    def wanting_email(self, user_ids: Iterable[str]) -> set[str]:
        """Of these users, those who want an e-mail message when they are mentioned."""
        chosen = select(mention_emails.c.user_id)
        return {user_id for (user_id,) in self._rows_with(chosen, mention_emails.c.user_id, user_ids)}


class Mentions(MentionsReading):
    """Mentions, in a write transaction."""

    def add(self, new: Sequence[Mention]) -> None:
        """Insert mentions; an existing one stays as it is."""
        self._insert_missing(mentions, *map(_MENTIONS.row, new))

    def drop(self, annotation_id: str, user_ids: Iterable[str]) -> None:
        """Delete the mentions of these users in a text."""
        here = mentions.c.annotation_id == annotation_id
        self._write(delete(mentions).where(here, is_any_of(mentions.c.user_id, user_ids)))

    def mark_read(self, user_id: str, annotation_ids: Iterable[str] | None, seen_at: str) -> None:
        """Mark these mentions of a user, or all of them, as read."""
        unseen = update(mentions).where(_of(user_id), mentions.c.seen_at.is_(None)).values(seen_at=seen_at)
        if annotation_ids is not None:
            unseen = unseen.where(is_any_of(mentions.c.annotation_id, annotation_ids))
        self._write(unseen)

    def set_wants_email(self, user_id: str, *, enabled: bool) -> None:
        """Set whether a user wants these messages."""
        with in_savepoint(self.connection):
            self.connection.execute(delete(mention_emails).where(mention_emails.c.user_id == user_id))
            if enabled:
                self.connection.execute(insert(mention_emails), [{"user_id": user_id}])

    def purge_orphans(self) -> None:
        """Delete mentions in things that were permanently deleted."""
        condition = mentions.c.annotation_id.not_in(select(annotations.c.id))
        may_come_back = mentions.c.item_id.in_(select(removed_content.c.item_id))
        self._write(delete(mentions).where(condition, ~may_come_back))


_MENTIONS = ValueColumns(mentions, Mention)


def _of(user_id: str) -> ColumnElement[bool]:
    return mentions.c.user_id == user_id
