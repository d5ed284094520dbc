"""The tables of notices: what concerns a user, and by which mail the user wants to know it."""

from sqlalchemy import Column, ForeignKey, Index, Table

from kb.store.tables.table_columns import StorableText, metadata

# A row has no text: what it names is read with the rights of its reader when it is shown. `part_id` is the annotation
# or the reply that was written, empty for none. `thread_id` is the annotation that was answered, else the item; for
# HIDDEN the removed content. Rows of one user, kind, thread and author that follow each other are one notice
# (`bundle_id`, the id of the first). `group_id` is that of a request to join or of a report, whose rows last until
# their mail is written. `mail` is a MailChoice while the row waits for its mail, `message` the key of this mail in the
# outbox.
notices = Table(
    "notices",
    metadata,
    Column("id", StorableText, primary_key=True),
    Column("user_id", StorableText, ForeignKey("accounts.user_id"), nullable=False),
    Column("kind", StorableText, nullable=False),
    Column("bundle_id", StorableText, nullable=False),
    Column("thread_id", StorableText, nullable=False),
    Column("group_id", StorableText),
    Column("item_id", StorableText, nullable=False),
    Column("part_id", StorableText, nullable=False),
    Column("by_id", StorableText, ForeignKey("users.id")),
    Column("at", StorableText, nullable=False),
    Column("seen_at", StorableText),
    Column("mail", StorableText),
    Column("message", StorableText),
    sqlite_with_rowid=False,
)
IS_UNREAD = notices.c.seen_at.is_(None)
WAITS_FOR_MAIL = notices.c.mail.is_not(None)
IS_IN_MESSAGE = notices.c.message.is_not(None)
Index("notices_user", notices.c.user_id, notices.c.at)
Index("notices_unread", notices.c.user_id, sqlite_where=IS_UNREAD, postgresql_where=IS_UNREAD)
Index("notices_item", notices.c.item_id)
Index("notices_group", notices.c.group_id)
Index("notices_by", notices.c.by_id)
Index("notices_mail", notices.c.mail, notices.c.at, sqlite_where=WAITS_FOR_MAIL, postgresql_where=WAITS_FOR_MAIL)
Index("notices_message", notices.c.message, sqlite_where=IS_IN_MESSAGE, postgresql_where=IS_IN_MESSAGE)

# Where a user has chosen something else than `notice_kinds.DEFAULT_MAIL`.
notice_choices = Table(
    "notice_choices",
    metadata,
    Column("user_id", StorableText, ForeignKey("accounts.user_id"), primary_key=True),
    Column("kind", StorableText, primary_key=True),
    Column("mail", StorableText, nullable=False),
    sqlite_with_rowid=False,
)
