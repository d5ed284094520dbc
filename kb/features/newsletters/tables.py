"""The tables of newsletters, their issues, and those who receive them."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table

from kb.store.tables.table_columns import StorableText, metadata

# `last_number` is that of the issue sent last.
newsletters = Table(
    "newsletters",
    metadata,
    Column("id", StorableText, primary_key=True),
    Column("group_id", StorableText, nullable=False),
    Column("slug", StorableText, nullable=False),
    Column("name", StorableText, nullable=False),
    Column("description", StorableText, nullable=False),
    Column("accent", StorableText, nullable=False),
    Column("sender", StorableText, nullable=False),
    Column("postal", StorableText, nullable=False),
    Column("created_at", StorableText, nullable=False),
    Column("last_number", Integer, nullable=False),
    Index("newsletters_address", "group_id", "slug", unique=True),
)

# `item_list` is the id of the list that the issue is made from, `content` (JSON) what was sent, from the moment when
# the sending begins. `number` counts the sent issues of a newsletter.
newsletter_issues = Table(
    "newsletter_issues",
    metadata,
    Column("id", StorableText, primary_key=True),
    Column("group_id", StorableText, nullable=False),
    Column("newsletter", StorableText, nullable=False),
    Column("state", StorableText, nullable=False),
    Column("number", Integer),
    Column("subject", StorableText, nullable=False),
    Column("introduction", StorableText, nullable=False),
    Column("item_list", StorableText, nullable=False),
    Column("content", StorableText),
    Column("created_at", StorableText, nullable=False),
    Column("scheduled_at", StorableText),
    Column("sent_at", StorableText),
    Column("made_by", StorableText, ForeignKey("users.id")),
    Column("scheduled_by", StorableText, ForeignKey("users.id")),
    Column("version", Integer, nullable=False),
    Index("newsletter_issues_newsletter", "newsletter", "number"),
    Index("newsletter_issues_due", "state", "scheduled_at"),
    Index("newsletter_issues_made_by", "made_by"),
    Index("newsletter_issues_scheduled_by", "scheduled_by"),
)

# The items of which `content` has words, and their passages and comments (`part_id`, else empty), so that the words go
# with them.
newsletter_issue_items = Table(
    "newsletter_issue_items",
    metadata,
    Column("issue", StorableText, primary_key=True),
    Column("item_id", StorableText, primary_key=True),
    Column("part_id", StorableText, primary_key=True),
    Column("group_id", StorableText, nullable=False),
    Index("newsletter_issue_items_item", "item_id"),
)

# A user, or an e-mail address, for which a user vouches (`vouched_by`) or whose owner has confirmed it: `consent` is
# the sentence that they agreed to. `address_hash` stays when an address is deleted because its owner stopped the
# newsletter, so that nobody enters it again. `stop_key` is in the links of each message: all that it opens are the
# pages that confirm and stop them.
newsletter_subscribers = Table(
    "newsletter_subscribers",
    metadata,
    Column("id", StorableText, primary_key=True),
    Column("group_id", StorableText, nullable=False),
    Column("newsletter", StorableText, nullable=False),
    Column("user_id", StorableText, ForeignKey("users.id")),
    Column("email", StorableText),
    Column("address_hash", StorableText),
    Column("state", StorableText, nullable=False),
    Column("stop_key", StorableText, nullable=False, unique=True),
    Column("since", StorableText, nullable=False),
    Column("vouched_by", StorableText, ForeignKey("users.id")),
    Column("consent", StorableText, nullable=False),
    Index("newsletter_subscribers_user", "user_id", "newsletter", unique=True),
    Index("newsletter_subscribers_address", "newsletter", "address_hash", unique=True),
    Index("newsletter_subscribers_vouched_by", "vouched_by"),
)
IS_REFUSED = newsletter_subscribers.c.state == "refused"
Index(
    "newsletter_subscribers_refused",
    newsletter_subscribers.c.newsletter,
    sqlite_where=IS_REFUSED,
    postgresql_where=IS_REFUSED,
)

# `png` is the logo of a newsletter in base64, as the program has encoded it, `digest` its hash.
newsletter_logos = Table(
    "newsletter_logos",
    metadata,
    Column("newsletter", StorableText, primary_key=True),
    Column("group_id", StorableText, nullable=False),
    Column("digest", StorableText, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("png", StorableText, nullable=False),
)

# To whom an issue is sent, and what became of it.
newsletter_recipients = Table(
    "newsletter_recipients",
    metadata,
    Column("issue", StorableText, primary_key=True),
    Column("subscriber", StorableText, primary_key=True),
    Column("group_id", StorableText, nullable=False),
    Column("state", StorableText, nullable=False),
    Index("newsletter_recipients_state", "issue", "state"),
)
