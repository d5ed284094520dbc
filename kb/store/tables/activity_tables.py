"""The tables of contributions to items other than annotations, and of the background work for them."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table

from kb.store.tables.table_columns import KeptText, Number, metadata

# Likes: `subject_id` is an item, an annotation or a reply of `item_id`.
likes = Table(
    "likes",
    metadata,
    Column("subject_id", KeptText, primary_key=True),
    Column("user_id", KeptText, ForeignKey("accounts.user_id"), primary_key=True),
    Column("item_id", KeptText, nullable=False),
    Column("created_at", KeptText, nullable=False),
    Index("likes_item", "item_id"),
    Index("likes_user", "user_id"),
    sqlite_with_rowid=False,
)

# How often the web page of an item was opened on a day, by administrators of the site and by all others. No reader is
# stored, and `item_id` is no foreign key, so that the counts of an item in the trash are still there after it.
daily_views = Table(
    "daily_views",
    metadata,
    Column("day", KeptText, primary_key=True),
    Column("item_id", KeptText, primary_key=True),
    Column("administrators", Boolean, primary_key=True),
    Column("count", Integer, nullable=False),
    Index("daily_views_item", "item_id"),
    sqlite_with_rowid=False,
)

# Reading lists: the items that a user means to read, or has read.
reading_list = Table(
    "reading_list",
    metadata,
    Column("user_id", KeptText, ForeignKey("accounts.user_id"), primary_key=True),
    Column("item_id", KeptText, primary_key=True),
    Column("added_at", KeptText, nullable=False),
    Column("read_at", KeptText),
    Index("reading_list_item", "item_id"),
    sqlite_with_rowid=False,
)

# Mentions of users: `annotation_id` is an annotation or a reply.
mentions = Table(
    "mentions",
    metadata,
    Column("annotation_id", KeptText, primary_key=True),
    Column("user_id", KeptText, ForeignKey("accounts.user_id"), primary_key=True),
    Column("item_id", KeptText, nullable=False),
    Column("by_id", KeptText, ForeignKey("users.id")),
    Column("at", KeptText, nullable=False),
    Column("seen_at", KeptText),
    Index("mentions_user", "user_id", "at"),
    Index("mentions_item", "item_id"),
    sqlite_with_rowid=False,
)

# The users who want an e-mail message when they are mentioned.
mention_letters = Table(
    "mention_letters",
    metadata,
    Column("user_id", KeptText, ForeignKey("accounts.user_id"), primary_key=True),
    sqlite_with_rowid=False,
)

# Pages to fetch. `facts` is the result (JSON), `failure` the reason of a failure; `item_id` is the item that waits.
# `next_at` is null when the fetch is over. One page of a `host` is fetched at a time.
fetches = Table(
    "fetches",
    metadata,
    Column("id", KeptText, primary_key=True),
    Column("address", KeptText, nullable=False),
    Column("host", KeptText, nullable=False),
    Column("user_id", KeptText, ForeignKey("accounts.user_id")),
    Column("item_id", KeptText),
    Column("state", KeptText, nullable=False),
    Column("failure", KeptText),
    Column("facts", KeptText),
    Column("tries", Integer, nullable=False),
    Column("next_at", KeptText),
    Column("created_at", KeptText, nullable=False),
    Index("fetches_next", "next_at"),
    Index("fetches_item", "item_id"),
    Index("fetches_user", "user_id"),
    sqlite_with_rowid=False,
)

# The readable text of the page of an item, as it was fetched.
page_texts = Table(
    "page_texts",
    metadata,
    Column("item_id", KeptText, primary_key=True),
    Column("text", KeptText, nullable=False),
    Column("fetched_at", KeptText, nullable=False),
)

# The files of items. `role` is file or copy, `sha256` names the content in the store of files. `item_id` is no
# foreign key, so that the files of an item in the trash are still there after it.
item_files = Table(
    "item_files",
    metadata,
    Column("item_id", KeptText, primary_key=True),
    Column("role", KeptText, primary_key=True),
    Column("sha256", KeptText, nullable=False),
    Column("size", Number, nullable=False),
    Column("media_type", KeptText, nullable=False),
    Column("name", KeptText, nullable=False),
    Column("pages", Integer),
    Column("text_state", KeptText, nullable=False),
    Column("added_at", KeptText, nullable=False),
    Column("added_by", KeptText),
    Index("item_files_sha256", "sha256"),
    sqlite_with_rowid=False,
)

# What the files of a group may take, in MB, where an administrator has changed it; 0 sets no limit.
file_quotas = Table(
    "file_quotas",
    metadata,
    Column("group_id", KeptText, ForeignKey("groups.id"), primary_key=True),
    Column("megabytes", Integer, nullable=False),
    sqlite_with_rowid=False,
)

# Link checks. `failing_since` is when the address first failed, `next_at` when it is checked again; `asked_at` is when
# a user requested a check.
link_checks = Table(
    "link_checks",
    metadata,
    Column("item_id", KeptText, primary_key=True),
    Column("address", KeptText, nullable=False),
    Column("checked_at", KeptText, nullable=False),
    Column("failure", KeptText),
    Column("failing_since", KeptText),
    Column("failures", Integer, nullable=False),
    Column("next_at", KeptText, nullable=False),
    Column("asked_at", KeptText),
    Index("link_checks_checked", "checked_at"),
    Index("link_checks_next", "next_at"),
    Index("link_checks_asked", "asked_at"),
    Index("link_checks_failing", "failing_since"),
    sqlite_with_rowid=False,
)

# Lists: items and passages in an order that a user chose, with words between. `private`: only the owner sees the list.
lists = Table(
    "lists",
    metadata,
    Column("id", KeptText, primary_key=True),
    Column("group_id", KeptText, ForeignKey("groups.id"), nullable=False),
    Column("user_id", KeptText, ForeignKey("users.id")),
    Column("name", KeptText, nullable=False),
    Column("description", KeptText),
    Column("private", Boolean, nullable=False),
    Column("version", Number, nullable=False),
    Column("created_at", KeptText, nullable=False),
    Column("changed_at", KeptText, nullable=False),
    Index("lists_group", "group_id"),
    Index("lists_user", "user_id"),
    sqlite_with_rowid=False,
)

# `kind` is item, passage, heading or text; an entry of a deleted item or passage stays, and shows nothing.
list_entries = Table(
    "list_entries",
    metadata,
    Column("list_id", KeptText, ForeignKey("lists.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("id", KeptText, nullable=False),
    Column("kind", KeptText, nullable=False),
    Column("item_id", KeptText),
    Column("annotation_id", KeptText),
    Column("words", KeptText),
    Column("added_at", KeptText),
    Index("list_entries_id", "id", unique=True),
    Index("list_entries_item", "item_id"),
    sqlite_with_rowid=False,
)

# Import jobs: the files that users upload, their settings, and their progress.
intakes = Table(
    "intakes",
    metadata,
    Column("id", KeptText, primary_key=True),
    Column("user_id", KeptText, ForeignKey("accounts.user_id"), nullable=False),
    Column("group_id", KeptText, ForeignKey("groups.id"), nullable=False),
    Column("name", KeptText, nullable=False),
    Column("format", KeptText, nullable=False),
    Column("state", KeptText, nullable=False),
    Column("done", Integer, nullable=False),
    Column("total", Integer),
    Column("mine", KeptText, nullable=False),
    Column("report", KeptText),
    Column("created_at", KeptText, nullable=False),
    Column("changed_at", KeptText, nullable=False),
    Index("intakes_user", "user_id"),
    Index("intakes_group", "group_id"),
    Index("intakes_state", "state"),
    sqlite_with_rowid=False,
)

# Undo records: the items before and after an action. Its user can undo it until `expires_at`.
undos = Table(
    "undos",
    metadata,
    Column("id", KeptText, primary_key=True),
    Column("user_id", KeptText, ForeignKey("accounts.user_id"), nullable=False),
    Column("body", KeptText, nullable=False),
    Column("expires_at", KeptText, nullable=False),
    Index("undos_user", "user_id"),
    Index("undos_expires", "expires_at"),
)

# Items that were merged into others, so that their old addresses redirect.
merged_items = Table(
    "merged_items",
    metadata,
    Column("item_id", KeptText, primary_key=True),
    Column("into_id", KeptText, nullable=False),
    Index("merged_items_into", "into_id"),
    sqlite_with_rowid=False,
)

# Answers to programs, for a program that repeats a request because it did not get the answer (`Idempotency-Key`).
answered = Table(
    "answered",
    metadata,
    Column("key", KeptText, primary_key=True),
    Column("user_id", KeptText, ForeignKey("accounts.user_id"), primary_key=True),
    Column("asked", KeptText, nullable=False),
    Column("status", Integer, nullable=False),
    Column("headers", KeptText, nullable=False),
    Column("body", KeptText, nullable=False),
    Column("created_at", KeptText, nullable=False),
    Index("answered_created", "created_at"),
    sqlite_with_rowid=False,
)

# What portals harvest (OAI-PMH): the items that everyone may read, and those that everyone could read once, which are
# `withdrawn`. An item that was never public has no row. `stamp` is when that became so, or when the item last changed.
# The group is no foreign key, and is not named `group_id`, because the row outlives the item and the group.
harvest_records = Table(
    "harvest_records",
    metadata,
    Column("item_id", KeptText, primary_key=True),
    Column("public_group_id", KeptText, nullable=False),
    Column("stamp", KeptText, nullable=False),
    Column("withdrawn", Boolean, nullable=False),
    Index("harvest_records_stamp", "stamp", "item_id"),
    Index("harvest_records_group", "public_group_id", "stamp", "item_id"),
    sqlite_with_rowid=False,
)
