"""The tables of the database."""

from kb.store.tables import (
    account_tables,
    activity_tables,
    file_tables,
    followed_search_tables,
    group_tables,
    item_tables,
    moderation_tables,
    site_tables,
    web_page_tables,
)
from kb.store.tables.table_columns import metadata

CORE_TABLES = tuple(metadata.sorted_tables)
"""The tables of the core, each after those to which it refers. Features add theirs to the same metadata later."""
