"""Helpers for tests of backups."""

import json
from pathlib import Path

from tests.support.databases import is_on_server

LINES = "".join(
    json.dumps({"id": f"s{place}", "title": f"Signet {place}", "group": "veille", "tags": ["eau"]}) + "\n"
    for place in range(1, 4)
)


def data_files() -> list[str]:
    """The files of a library in its folder, with those of its database unless that is on a server."""
    return ["background.lock", "index", *([] if is_on_server() else ["store.sqlite3", "store.sqlite3.lock"])]


def files_of(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


_NEWER_TABLES = (
    *(
        "list_entries",
        "lists",
        "likes",
        "reading_list",
        "mentions",
        "mention_letters",
        "fetches",
        "page_texts",
        "item_files",
        "file_quotas",
        "imported_names",
        "link_checks",
        "daily_views",
        "harvest_records",
    ),
    *("intakes", "undos", "answered", "item_sharers", "merged_items"),
    *("claims", "join_requests", "invitations", "feed_keys", "tokens", "sessions", "sign_ins", "identities", "limits"),
    *("accounts", "flags", "set_aside", "acts", "letters", "views_seen", "forgotten"),
    *("concept_links", "concept_texts", "concepts", "vocabularies"),
)
BACK_TO_THE_FIRST_SCHEMA = (
    *(f"DROP TABLE {name}" for name in _NEWER_TABLES),
    "DROP TABLE saved_searches",
    "DROP TABLE pages",
    "DELETE FROM meta WHERE key = 'addresses'",
    "DROP INDEX items_linked",
    "DROP INDEX item_tags_tag",
    "DROP INDEX items_added",
    "DROP INDEX annotations_added",
    "ALTER TABLE items DROP COLUMN version",
    "ALTER TABLE items DROP COLUMN linked_url",
    "ALTER TABLE annotations DROP COLUMN reply_to",
    *(f"ALTER TABLE annotations DROP COLUMN {name}" for name in ("updated", "tags", "selectors")),
    "ALTER TABLE items DROP COLUMN pieces",
    "ALTER TABLE items DROP COLUMN changed_at",
    "ALTER TABLE groups DROP COLUMN changed_at",
    "ALTER TABLE items DROP COLUMN language_decided",
    "ALTER TABLE groups DROP COLUMN languages",
    "DROP INDEX groups_visible",
    "ALTER TABLE groups DROP COLUMN joining",
    "ALTER TABLE groups DROP COLUMN without_feeds",
    "ALTER TABLE groups DROP COLUMN former_slugs",
    "ALTER TABLE groups DROP COLUMN archived_at",
    "ALTER TABLE groups DROP COLUMN deleted_at",
    "UPDATE alembic_version SET version_num = '0001'",
)
"""The statements that turn a database of today into one of migration 0001."""
