"""Upload a page that somebody saved as a file: it becomes an item with a kept copy, which is cleaned as any other."""

from dataclasses import replace

from kb.access.actor import Actor
from kb.model.items.item_fields import ItemFields
from kb.services.authentication.authentication import with_current_rights
from kb.services.captures.page_capture import keep_copy, read_page
from kb.services.core.idempotency import in_one_transaction
from kb.services.core.library import Library
from kb.services.files.file_reading import title_of_file_name
from kb.services.files.file_upload import SentFile, filled_fields, plain_file_name
from kb.services.items.item_creation import SavedItem, save_item


def upload_page(
    library: Library, actor: Actor, slug: str, sent: SentFile, fields: ItemFields, *, once: str = ""
) -> SavedItem:
    """Save an HTML file as an item; empty fields get what the page says of itself, the title else that of its name.

    Raises as `read_page` and `save_item` do; Conflict if the copy does not fit into the quota of the group.
    """
    named = replace(fields, title=fields.title or title_of_file_name(plain_file_name(sent.name)) or "HTML")
    page = read_page(library, actor, slug, named, b"".join(sent.pieces))
    given = filled_fields(fields, page.facts)
    with in_one_transaction(library) as within, within.store.write() as writing:
        now = with_current_rights(writing, actor)
        saved = save_item(within, now, slug, replace(given, title=given.title or named.title), once=once, has_page=True)
        # Without an undo the form was sent twice, and the item has its copy.
        if saved.undo is not None:
            keep_copy(within, now, saved.item.id, page)
    return saved
