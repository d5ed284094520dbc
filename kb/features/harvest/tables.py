"""The table of what portals harvest (OAI-PMH)."""

from sqlalchemy import Boolean, Column, Index, Table

from kb.store.tables.table_columns import StorableText, metadata

# What portals harvest (OAI-PMH): the items that everyone may read, and those that everyone could read once, which are
# `withdrawn`. An item that was never public has no row. `stamp` is when that became so, or when the item last changed.
# The group is no foreign key, and is not named `group_id`, because the row outlives the item and the group.
harvest_records = Table(
    "harvest_records",
    metadata,
    Column("item_id", StorableText, primary_key=True),
    Column("public_group_id", StorableText, nullable=False),
    Column("stamp", StorableText, nullable=False),
    Column("withdrawn", Boolean, nullable=False),
    Index("harvest_records_stamp", "stamp", "item_id"),
    Index("harvest_records_group", "public_group_id", "stamp", "item_id"),
    sqlite_with_rowid=False,
)
