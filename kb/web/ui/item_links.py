"""Links to items and their annotations, and the breadcrumbs that lead to them."""

from dataclasses import dataclass

from kb.model.items.item import Item
from kb.model.people.group import Group
from kb.model.truncation import truncate
from kb.services.items.items import item_if_readable
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import safe_next
from kb.web.ui.display_text import Link, date_label, foreign_language, group_name, title_or_url

LONGEST_ROW_TITLE = 160
LONGEST_PAGE_TITLE = 80


@dataclass(frozen=True, slots=True)
class ItemLine:
    """One item; `about` gives its source and date, then other facts, as plain text if they have no address."""

    link: Link
    language: str | None
    about: tuple[Link, ...]


def item_link(
    context: RequestContext, item: Item, longest: int = LONGEST_ROW_TITLE, part_id: str | None = None
) -> Link:
    """The beginning of an item's title, linked to the item, or to the annotation or reply with this id."""
    return Link(truncate(title_or_url(item), longest), context.addresses.annotation(item, part_id))


def item_line(context: RequestContext, item: Item, *facts: Link) -> ItemLine:
    about = (Link(item.source or "", ""), Link(date_label(item, context.translator), ""), *facts)
    return ItemLine(
        item_link(context, item),
        foreign_language(item, context.translator),
        tuple(fact for fact in about if fact.label),
    )


def group_link(context: RequestContext, group: Group) -> Link:
    return Link(group_name(group, context.translator), context.addresses.group(group.slug))


def breadcrumb(context: RequestContext, *links: Link) -> tuple[Link, ...]:
    """The home page, then these pages."""
    return (Link(context.translator.gettext("Home"), context.addresses.home()), *links)


def item_breadcrumb(context: RequestContext, group: Group, item: Item) -> tuple[Link, ...]:
    """The breadcrumb of a page about an item."""
    return breadcrumb(context, group_link(context, group), item_link(context, item, LONGEST_PAGE_TITLE))


def address_to_return_to(context: RequestContext, address: str) -> str:
    """The page of this site that the form names in its field `back`, at the anchor of `address`; else the address."""
    back = context.form_value("back")
    if not back:
        return address
    anchor = address.partition("#")[2]
    return safe_next(back).partition("#")[0] + (f"#{anchor}" if anchor else "")


def address_of_ids(context: RequestContext, item_id: str, part_id: str | None) -> str:
    """The address of an annotation or a reply on the page of its item that holds it; of the item itself for None."""
    if part_id is None:
        return context.addresses.item(item_id)
    item = item_if_readable(context.library, context.actor, item_id)
    return context.addresses.annotation(item, part_id) if item else context.addresses.item(item_id, annotation=part_id)
