"""What stands around every page: the identity of the site, its pages in the footer, and what waits for the user."""

from dataclasses import dataclass

from kb.access.actor import Actor
from kb.model.items.item_list import ItemList, ListEntry
from kb.services.admin.site_pages import SitePage, default_site_titles, site_titles
from kb.services.core.library import Library
from kb.services.core.site_identity import SiteIdentity, shown_identity
from kb.services.lists.list_additions import latest_additions
from kb.settings import Settings


@dataclass(frozen=True, slots=True)
class FrameFacts:
    """`additions` are the list to which the user's last action added entries, and these."""

    identity: SiteIdentity
    pages: tuple[SitePage, ...]
    additions: tuple[ItemList, tuple[ListEntry, ...]] | None = None


def frame_facts(library: Library, actor: Actor, language: str, undo_id: str = "") -> FrameFacts:
    """The facts for a reader with this language, in one transaction. `undo_id` undoes the last action, if it added
    entries to a list.
    """
    with library.store.read() as reading:
        return FrameFacts(
            shown_identity(reading, library.settings),
            site_titles(reading, language),
            latest_additions(reading, actor, undo_id) if undo_id else None,
        )


def frame_facts_of_settings(settings: Settings, language: str) -> FrameFacts:
    """The facts for a page that reports a failure of the database, which is not queried again."""
    return FrameFacts(SiteIdentity(settings.site_name), default_site_titles(language))
