"""The personal data export asks every table that names a person: a new one that it leaves out fails here."""

import re
from collections.abc import Iterable, Iterator
from io import BytesIO

from sqlalchemy import Column, ForeignKey, MetaData, Table, Text

from kb.model.people.group import Visibility
from kb.services.accounts.personal_data_export import write_own_personal_data
from kb.store.tables.table_columns import metadata
from tests.checkers.recorded_queries import recorded_queries
from tests.factories.group import as_
from tests.factories.moderation import a_moderated_library

PEOPLE = {"users.id", "accounts.user_id"}
OTHER_IDS = {
    "annotation_id", "bundle_id", "default_group_id", "group_id", "into_id", "invitation_id", "item_id", "list_id",
    "moved_to_id", "part_id", "public_group_id", "search_id", "subject_id", "thread_id", "webhook_id",
}  # fmt: skip
"""Names of columns with the id of something else than a person. Any other column `…_id` or `…by` names one."""
LEFT_OUT = {
    "audit_log.person_id": "an imported author whom an entry names: entries are found by their user and their subject",
    "claims.author_id": "an imported author whom another user claims to be: the claim is that user's",
    "item_history.part_author_id": "whose text another user changed: what the text says now is among the contributions",
    "notices.by_id": "what a user wrote or changed, which was told to others: it is among the contributions",
    "oidc_logins.user_id": "a login that has begun: it lasts for minutes",
    "outbox.about_id": "a message to another user",
    "outbox.recipient_id": "a message on its way: it says what the other tables say, and is deleted once it is sent",
    "removed_content.user_id": "who removed something: the log has the action, and its own words are told by content",
    "undos.user_id": "what an action changed, for the days in which it can be undone: the log has the action",
}
"""Columns by which the export looks nothing up, and why."""


def person_columns(tables: Iterable[Table]) -> Iterator[str]:
    """The columns that hold the id of a person, as `table.column`."""
    for table in tables:
        for column in table.columns:
            targets = {key.target_fullname for key in column.foreign_keys}
            is_named = not targets and column.name.endswith(("_id", "by")) and column.name not in OTHER_IDS
            if is_named or not targets.isdisjoint(PEOPLE):
                yield f"{table.name}.{column.name}"


def looked_up_columns(queries: Iterable[str]) -> set[str]:
    """The columns that statements compare with a value."""
    return {name for query in queries for name in re.findall(r"\b(\w+\.\w+) (?:=|IN) ", query)}


def test_the_export_looks_up_every_column_that_names_a_person() -> None:
    with a_moderated_library(Visibility.MEMBERS) as library:
        claire = as_(library, "claire")
        with recorded_queries() as queries:
            write_own_personal_data(library, claire, BytesIO())
    asked, every = looked_up_columns(queries), set(person_columns(metadata.sorted_tables))
    assert every - asked == set(LEFT_OUT)
    assert {"sessions.user_id", "item_files.added_by", "audit_log.user_id"} <= every & asked


def test_a_new_table_with_a_person_is_found() -> None:
    columns = (Column(name, Text) for name in ("follower_id", "item_id", "sent_by", "text"))
    new = Table("follows", MetaData(), *columns, Column("reader", Text, ForeignKey("accounts.user_id")))
    assert list(person_columns([new])) == ["follows.follower_id", "follows.sent_by", "follows.reader"]
