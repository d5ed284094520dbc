"""Erase a person from the database, with a library that only this person used and everything that names them."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial
from typing import Any
from urllib.parse import quote, unquote

from sqlalchemy import Column, ColumnElement, Table, delete, or_, select, update

from kb.model.people.account import Account
from kb.model.people.user import User
from kb.store.database.database import batches, in_savepoint
from kb.store.database.rows import Repository
from kb.store.groups.moderation import Moderation
from kb.store.items.followed_searches import FollowedSearches
from kb.store.items.items import Items
from kb.store.items.lists import ItemLists
from kb.store.personal_data.erased_texts import GONE, names_login, without_author, without_person, without_value
from kb.store.personal_data.person_data import PersonData
from kb.store.tables.account_tables import accounts, feed_keys, invitations, oidc_logins, users
from kb.store.tables.activity_tables import daily_views, likes
from kb.store.tables.file_tables import item_files
from kb.store.tables.followed_search_tables import search_matches
from kb.store.tables.group_tables import (
    concept_links,
    concept_texts,
    concepts,
    groups,
    list_entries,
    lists,
    saved_searches,
)
from kb.store.tables.item_tables import annotations, items, undos
from kb.store.tables.moderation_tables import audit_log, removed_content, reports
from kb.store.tables.site_tables import idempotent_answers, outbox
from kb.store.tables.table_columns import metadata
from kb.store.tables.web_page_tables import link_checks, page_fetches, page_texts
from kb.store.transaction_events import ItemsErased, PersonErased, events_of

FORMER = ""
"""The user in log entries, as actor or as subject, after erasure."""
_WITH_EMAIL = ("invited", "invitation-revoked")
"""Log entries whose detail is the e-mail address of an invitation."""
_WITH_OWN_WORDS = ("token-made",)
"""Log entries whose detail is a text of the person whom they are about."""
_PARENTS = select(annotations.c.parent_id).where(annotations.c.parent_id.is_not(None))


class Erasure(Repository):
    """The erasure of people, in one transaction."""

    def words(self, user_id: str) -> None:
        """Delete the annotations and replies of a user, in removed content too.

        If other users have replied, the passage stays, without author and words. The caller must have the
        items indexed again.
        """
        condition = annotations.c.author_id == user_id
        with in_savepoint(self.connection):
            self._scrub_removed_content(user_id, words=True)
            self._drop_undos(user_id)
            self._drop_annotations(select(annotations.c.id).where(condition, annotations.c.parent_id.is_not(None)))
            self._drop_annotations(select(annotations.c.id).where(condition, annotations.c.id.not_in(_PARENTS)))
            has_quote = annotations.c.quote.is_not(None) & (annotations.c.quote != "")
            emptied = update(annotations).where(condition).values(author_id=None, tags=None)
            self.connection.execute(emptied.where(has_quote).values(body=None, kind="highlight"))
            self.connection.execute(emptied.where(~has_quote).values(body=GONE))

    def items_alone(self, user_id: str) -> None:
        """Delete the items that a user shared and no other user annotated."""
        self._drop_items(PersonData(self.connection).items_alone(user_id))

    def items_of_group(self, group_id: str, most: int) -> int:
        """Delete some items of a group, with what belongs to them; returns their number, 0 if none is left."""
        chosen = select(items.c.id).where(items.c.group_id == group_id).order_by(items.c.number).limit(most)
        with in_savepoint(self.connection):
            ids = list(self.connection.execute(chosen).scalars())
            self._drop_items(ids)
        return len(ids)

    def library(self, group_id: str) -> None:
        """Delete a group with all that is in it."""
        with in_savepoint(self.connection):
            chosen = select(items.c.id).where(items.c.group_id == group_id)
            self._drop_items(list(self.connection.execute(chosen).scalars()))
            numbers = select(concepts.c.number).where(concepts.c.group_id == group_id)
            for table in (concept_links, concept_texts):
                self.connection.execute(delete(table).where(table.c.concept.in_(numbers)))
            of_group = select(lists.c.id).where(lists.c.group_id == group_id)
            self.connection.execute(delete(list_entries).where(list_entries.c.list_id.in_(of_group)))
            for table in reversed(metadata.sorted_tables):
                if table is not groups and "group_id" in table.c:
                    self.connection.execute(delete(table).where(table.c.group_id == group_id))
            slug = self._text(select(groups.c.slug).where(groups.c.id == group_id))
            if slug is not None:
                self._scrub_group(slug)
            self.connection.execute(delete(groups).where(groups.c.id == group_id))

    def person(self, user: User, account: Account | None, group_ids: Collection[str] = ()) -> None:
        """Remove a user, with the account, from every table. What the user shared must have no author already.

        Log entries and messages are found by the id of the user, or if their whole value is the account's e-mail
        address: no text is searched for names, since any user may choose a name that others write. `group_ids` are the
        groups that the user belonged or contributed to.
        """
        email = account.email if account else None
        with in_savepoint(self.connection):
            self._scrub_removed_content(user.id, words=False)
            self._drop_undos(user.id)
            self._scrub_log(user.id, email)
            self._scrub_searches(user.login, group_ids, account.created_at if account else "")
            self._scrub_answers(user.login)
            for column in (reports.c.user_id, removed_content.c.user_id, item_files.c.added_by):
                self._set(column, user.id, None)
            own = list(
                self.connection.execute(select(lists.c.id).where(lists.c.user_id == user.id, lists.c.private)).scalars()
            )
            ItemLists(self.connection).remove(own)
            for table in (oidc_logins, page_fetches):
                self.connection.execute(delete(table).where(table.c.user_id == user.id))
            # A link gives the rights of its maker: without a maker it would give those of the operator.
            own_links = or_(invitations.c.user_id == user.id, invitations.c.made_by == user.id)
            self.connection.execute(delete(invitations).where(own_links))
            if email is not None:
                self.connection.execute(delete(invitations).where(invitations.c.email == email))
                self.connection.execute(delete(outbox).where(outbox.c.recipient == email))
            for reference in (outbox.c.recipient_id, outbox.c.about_id):
                self.connection.execute(delete(outbox).where(reference == user.id))
            for column in _to_people():
                if column.nullable:
                    self._set(column, user.id, None)
                else:
                    self.connection.execute(delete(column.table).where(column == user.id))
            self.connection.execute(delete(accounts).where(accounts.c.user_id == user.id))
            self.connection.execute(delete(users).where(users.c.id == user.id))
            events_of(self.connection).append(PersonErased(user.id))

    def _set(self, column: Column[Any], old: str, new: str | None) -> None:
        self.connection.execute(update(column.table).where(column == old).values({column: new}))

    def _drop_annotations(self, chosen: Any) -> None:
        ids = list(self.connection.execute(chosen).scalars())
        for batch in batches(ids):
            self.connection.execute(delete(reports).where(reports.c.annotation_id.in_(batch)))
            self.connection.execute(delete(annotations).where(annotations.c.id.in_(batch)))

    def _drop_items(self, ids: list[str]) -> None:
        Items(self.connection).remove(ids)
        for batch in batches(ids):
            self.connection.execute(delete(reports).where(reports.c.item_id.in_(batch)))
            for table in (
                removed_content,
                likes,
                page_texts,
                item_files,
                link_checks,
                page_fetches,
                daily_views,
                search_matches,
            ):
                self.connection.execute(delete(table).where(table.c.item_id.in_(batch)))
        events_of(self.connection).append(ItemsErased(tuple(ids)))

    def _scrub_removed_content(self, user_id: str, *, words: bool) -> None:
        for removal in PersonData(self.connection).removals_naming(user_id):
            body = without_person(removal.body, user_id, words=words)
            chosen = removed_content.c.id == removal.id
            if body is None:
                Moderation(self.connection).delete_removals([removal.id])
            else:
                self.connection.execute(update(removed_content).where(chosen).values(body=body))

    def _drop_undos(self, user_id: str) -> None:
        """Delete undo records that name the user, because an undo would bring the user back."""
        self.connection.execute(delete(undos).where(undos.c.body.contains(user_id, autoescape=True)))

    def _scrub_log(self, user_id: str, email: str | None) -> None:
        """Remove a user from the log: ids, the name that explains an id, and the account's address."""
        to_them = audit_log.c.subject == user_id
        own_words = to_them & audit_log.c.action.in_(_WITH_OWN_WORDS)
        self.connection.execute(update(audit_log).where(own_words).values(detail=None))
        # Content attributed to the user was published under another name of the user.
        for named in (audit_log.c.person_id == user_id, to_them & (audit_log.c.action == "attributed")):
            self.connection.execute(
                update(audit_log).where(named, audit_log.c.detail.is_not(None)).values(detail=GONE, person_id=FORMER)
            )
        if email is not None:
            invited = audit_log.c.action.in_(_WITH_EMAIL) & (audit_log.c.detail == email)
            self.connection.execute(update(audit_log).where(invited).values(detail=GONE))
        for column in (audit_log.c.user_id, audit_log.c.subject, audit_log.c.person_id):
            self._set(column, user_id, FORMER)

    def _scrub_searches(self, login: str, group_ids: Collection[str], since: str) -> None:
        """Remove an erased author from saved searches; delete searches without another author, and the author's feeds.

        The words of a search are free text: a login in them means the user only in the user's own groups. In another
        group, a search for `author:paris` is kept when an account “paris” is erased. A private feed made before `since`
        followed another author, who had the login earlier.
        """

        def without_feed(address: str) -> str | None:
            parameters = address.partition("?")[2]
            # Without the author, a key would open more than its owner asked for.
            return address if without_author(parameters, login) == parameters else None

        searches = saved_searches
        self._rewrite(searches, searches.c.id, searches.c.parameters, (login,), partial(without_author, login=login))
        FollowedSearches(self.connection).rewrite((login,), partial(without_author, login=login))
        words = partial(without_author, login=login, in_words=True)
        here = searches.c.group_id.in_(group_ids)
        self._rewrite(searches, searches.c.id, searches.c.parameters, (login,), words, here)
        newer = feed_keys.c.created_at >= since
        self._rewrite(feed_keys, feed_keys.c.id, feed_keys.c.address, (login,), without_feed, newer)

    def _scrub_group(self, slug: str) -> None:
        """Remove references to a deleted group: the slug of a personal library holds the user's login."""

        def without_feed(address: str) -> str | None:
            path, _, parameters = address.partition("?")
            first = re.split(r"[/.]", path.removeprefix("/g/"), maxsplit=1)[0]
            leads_there = path.startswith("/g/") and unquote(first) == slug
            return None if leads_there or without_value(parameters, "group", slug) != parameters else address

        searches = saved_searches
        without_group = partial(without_value, name="group", value=slug)
        self._rewrite(searches, searches.c.id, searches.c.parameters, (quote(slug), slug), without_group)
        FollowedSearches(self.connection).rewrite((quote(slug), slug), without_group)
        self._rewrite(feed_keys, feed_keys.c.id, feed_keys.c.address, (quote(slug), slug), without_feed)

    def _scrub_answers(self, login: str) -> None:
        """Delete answers to programs of other users about the user; they are stored for a day, to be repeated."""
        statement = select(idempotent_answers.c.user_id, idempotent_answers.c.key, idempotent_answers.c.body)
        naming = statement.where(idempotent_answers.c.body.contains(login, autoescape=True))
        for user_id, key, body in self.connection.execute(naming).all():
            if names_login(body, login):
                chosen = delete(idempotent_answers).where(
                    idempotent_answers.c.user_id == user_id, idempotent_answers.c.key == key
                )
                self.connection.execute(chosen)

    def _rewrite(
        self,
        table: Table,
        key: Column[Any],
        column: Column[Any],
        parts: Iterable[str],
        change: Callable[[str], str | None],
        *where: ColumnElement[bool],
    ) -> None:
        """Change the texts of a column that contain one of `parts`; if the result is None, the row is deleted."""
        holding = or_(*(column.contains(part, autoescape=True) for part in parts))
        for row_key, text in self.connection.execute(select(key, column).where(holding, *where)).all():
            after = change(text)
            if after is None:
                self.connection.execute(delete(table).where(key == row_key))
            elif after != text:
                self.connection.execute(update(table).where(key == row_key).values({column: after}))


def _to_people() -> Iterator[Column[Any]]:
    """Every column that refers to a user; columns that depend on others come first."""
    for table in reversed(metadata.sorted_tables):
        if table not in (users, accounts):
            for column in table.c:
                if any(key.column.table in (users, accounts) for key in column.foreign_keys):
                    yield column
