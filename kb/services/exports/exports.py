"""Export items: which items of a group, a search, a list or a selection, and the items themselves, a batch at a time.

The ids are listed first, in order; then each batch is read in a snapshot of its own, with the rights of that moment. So
a slow download keeps no snapshot open, and a right that was taken away is gone for the rest of the file.
"""

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice

from kb.access.actor import Action, Actor
from kb.access.permissions import access_scope_of, is_allowed, require_permission
from kb.errors import Invalid, NotFound
from kb.formats.shared.export_format import ExportDetails
from kb.model.items.item import Item
from kb.model.people.group import Group
from kb.model.search_request import SearchRequest, View
from kb.services.authentication.authentication import current_actor
from kb.services.core.library import Library
from kb.services.core.readable_groups import readable_groups
from kb.services.core.site_identity import site_name
from kb.services.lists.lists import list_items
from kb.services.search.search_access import search_access, with_last_visit
from kb.translation import Translator

MOST_SELECTED = 300
"""Items of a selection: as many as an address can name."""
_BATCH = 5
"""Items in memory at a time: each may have thousands of annotations."""


@dataclass(frozen=True, slots=True)
class Export:
    """The items to export, by id, in order; `title` names them. `group` is their group, or that of their list."""

    title: str
    ids: Sequence[str]
    group: Group | None = None


def export_of_group(library: Library, actor: Actor, slug: str) -> Export:
    """All items of a group, in the order in which they were added. Raises NotFound."""
    with library.store.read() as reading:
        group = require_permission(actor, Action.EXPORT, reading.groups.by_slug(slug))
        return Export(group.name, reading.items.ids_of_group(group.id), group)


def export_of_search(library: Library, actor: Actor, request: SearchRequest) -> Export:
    """The items that the search page finds, in its order, without its pages, and the actor's own copies of them with
    private notes. Raises Invalid, Unavailable.

    The title is the query; for a search without a query, the tags and the names of the groups.
    """
    if request.view is View.PASSAGES:
        raise Invalid("An export holds items with all their passages: ask for it without “view=passages”.")
    request = with_last_visit(request, actor)
    readable, matchers = search_access(library, actor, request)
    names = (*request.tag, *(group.name for group in readable.groups if group.slug in request.group))
    result_ids = library.catalogue.search(request, readable, matchers).ordered_ids()
    return Export(request.q or ", ".join(names), result_ids)


def export_of_list(library: Library, actor: Actor, list_id: str) -> Export:
    """The items of a list, in its order, each once, also those of its passages. Raises NotFound."""
    item_list, group, ids = list_items(library, actor, list_id)
    return Export(item_list.name, ids, group)


def export_of_selection(library: Library, actor: Actor, ids: Iterable[str]) -> Export:
    """Chosen items, in the order given, each once, if the actor may read them. Raises Invalid for too many."""
    selected = tuple(islice(ids, MOST_SELECTED + 1))
    if len(selected) > MOST_SELECTED:
        raise Invalid("A selection holds at most %(limit)s items.", limit=MOST_SELECTED)
    with library.store.read() as reading:
        return Export("", reading.items.readable_ids(selected, readable_groups(reading, actor).scope))


def export_of_items(library: Library, actor: Actor, ids: Iterable[str]) -> Export:
    """Items, each once, in the order given. Raises NotFound for one that the actor may not read."""
    selected = tuple(dict.fromkeys(ids))
    with library.store.read() as reading:
        known = reading.items.readable_ids(selected, readable_groups(reading, actor).scope)
    if missing := [value for value in selected if value not in set(known)]:
        raise NotFound("There is no item “%(id)s”.", id=missing[0])
    return Export("", known)


def exported_items(library: Library, actor: Actor, ids: Iterable[str]) -> Generator[tuple[Item, Group], None, None]:
    """The items with these ids that the actor may export at that moment, in order; others are left out."""
    left = iter(ids)
    while batch := tuple(islice(left, _BATCH)):
        with library.store.read() as reading:
            now = current_actor(reading, replace(actor, memo=None))
            groups = {
                group.id: group
                for group in readable_groups(reading, now).groups
                if is_allowed(now, Action.EXPORT, group)
            }
            visible = reading.items.visible(batch, access_scope_of(now, groups.values()))
            items = reading.item_files.with_files(list(visible.values()))
        for item in items:
            if item.group_id in groups:
                yield item, groups[item.group_id]


def export_details(library: Library, title: str, translator: Translator) -> ExportDetails:
    """What the file says of itself; a file without a title has the name of the site."""
    with library.store.read() as reading:
        authority = reading.meta.get("authority") or ""
        site = site_name(reading, library.settings)
    now = datetime.now(UTC).replace(microsecond=0)
    return ExportDetails(title or site, site, library.settings.base_url, authority, now, translator)
