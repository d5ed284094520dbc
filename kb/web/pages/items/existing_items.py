"""Items that the user may read and that have the address of the page to be saved."""

from dataclasses import dataclass

from kb.access.actor import Action
from kb.model.people.group import Group
from kb.model.web_pages.page_fetch import Fetch
from kb.services.groups.group_views import allowed_actions
from kb.services.items.item_creation import readable_items_with_url
from kb.services.items.items import ItemView
from kb.web.http.context import RequestContext
from kb.web.ui.display_text import Link, group_name
from kb.web.ui.item_links import item_link

_MOST_EXISTING = 5
"""Items of the same address that are shown."""
_LONGEST_TITLE = 120


@dataclass(frozen=True, slots=True)
class ExistingItem:
    """An item that has the address already, in `group`; `id` if the user may add to it, `here`: in the selected
    group.
    """

    link: Link
    group: str
    id: str
    here: bool


def existing_items(
    context: RequestContext, url: str, group: Group | None, fetch: Fetch | None
) -> tuple[ExistingItem, ...]:
    """The items of the typed address or of an address that the page gives."""
    slug = group.slug if group else ""
    urls: list[str | None] = [url]
    if fetch is not None and fetch.facts is not None:
        urls += [fetch.facts.url, fetch.facts.canonical_url]
    views: dict[str, ItemView] = {}
    for address in dict.fromkeys(filter(None, urls)):
        views |= {
            view.item.id: view
            for view in readable_items_with_url(context.library, context.actor, slug, address, _MOST_EXISTING)
        }
    return tuple(
        ExistingItem(
            item_link(context, view.item, _LONGEST_TITLE),
            group_name(view.group, context.translator) if view.group.slug.startswith("~") else view.group.name,
            view.item.id if Action.CONTRIBUTE in allowed_actions(context.actor, view.group) else "",
            view.group.slug == slug,
        )
        for view in list(views.values())[:_MOST_EXISTING]
    )
