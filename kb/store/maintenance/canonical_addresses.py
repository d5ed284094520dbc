"""The canonical form of addresses, stored beside them, and computed again after its rules have changed."""

import json

from sqlalchemy import Connection, bindparam, select, update

from kb.model.web_pages.address_equivalence import EDITION
from kb.model.web_pages.canonical_address import canonical_url
from kb.store.database.database import BATCH
from kb.store.meta import Meta
from kb.store.tables.item_tables import items
from kb.store.tables.moderation_tables import removed_content

_KEY = "addresses"
_KEPT = select(items.c.number, items.c.url, items.c.canonical_url, items.c.linked_url).order_by(items.c.number)
_REWRITE = update(items).where(items.c.number == bindparam("row"))


def refresh_canonical_addresses(connection: Connection) -> None:
    """Compute the canonical form of all addresses of a database by the present rules, unless it is up to date."""
    meta = Meta(connection)
    if meta.get(_KEY) == str(EDITION):
        return
    last = -1
    while rows := connection.execute(_KEPT.where(items.c.number > last).limit(BATCH)).all():
        last = rows[-1].number
        changed = [
            {"row": number, "canonical_url": canonical, "linked_url": canonical_url(linked)}
            for number, url, before, linked in rows
            if (canonical := canonical_url(url)) != before or canonical_url(linked) != linked
        ]
        if changed:
            connection.execute(_REWRITE, changed)
    whole = select(removed_content.c.id, removed_content.c.body).where(removed_content.c.canonical_url.is_not(None))
    for id_, body in connection.execute(whole).all():
        canonical = canonical_url(json.loads(body)["item"]["url"])
        connection.execute(update(removed_content).where(removed_content.c.id == id_).values(canonical_url=canonical))
    meta.set(_KEY, str(EDITION))
