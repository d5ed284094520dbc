"""The address to which the form of an annotation leads back, where the handler has the ids alone."""

from kb.web.http.context import RequestContext


def address_of_ids(context: RequestContext, item_id: str, part_id: str | None) -> str:
    """An annotation or a reply on the page of its item that holds it; the item itself for None."""
    if part_id is None:
        return context.addresses.item(item_id)
    with context.library.store.read() as reading:
        item = reading.items.any_of([item_id]).get(item_id)
    return context.addresses.annotation(item, part_id) if item else context.addresses.item(item_id, annotation=part_id)
