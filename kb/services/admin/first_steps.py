"""What an administrator does first on a new site, and what waits for one later."""

from dataclasses import dataclass

from kb.access.actor import Actor
from kb.access.permissions import require_administrator
from kb.model.people.group import Group, Role
from kb.services.admin.site_pages import SITE_PAGE_NAMES, site_page
from kb.services.core.library import Library
from kb.services.core.site_identity import site_name
from kb.services.email.outbox import can_send_email
from kb.services.groups.invitations import pending_site_invitations
from kb.settings import Settings

STEPS = ("name", "group", "items", "people", "pages", "email")
"""Every step, in the order in which they are taken."""
_DISMISSED = "first_steps_dismissed"


@dataclass(frozen=True, slots=True)
class AdminTasks:
    """`requests` are groups with unanswered requests to join, each with their number; `ownerless` have no owner;
    `incomplete_pages` are names of site pages with placeholders in the language of the site;
    `undelivered_invitations` is the number of invitations to the site whose e-mail message failed.
    """

    requests: tuple[tuple[Group, int], ...]
    ownerless: tuple[Group, ...]
    incomplete_pages: tuple[str, ...]
    undelivered_invitations: int


def first_steps(library: Library, actor: Actor) -> dict[str, bool]:
    """Each step, and whether it is done; empty once all are done or an administrator has dismissed them. Raises
    Forbidden.
    """
    require_administrator(actor)
    with library.store.read() as reading:
        if reading.meta.get(_DISMISSED):
            return {}
        has_group = any(not group.is_personal for group in reading.groups.all())
        has_items = next(reading.items.ids(), None) is not None
        accounts = len(reading.accounts.all())
        is_named = site_name(reading, library.settings) != Settings.__dataclass_fields__["site_name"].default
    done = (
        is_named,
        has_group,
        has_items,
        accounts > 1 or bool(pending_site_invitations(library, actor)),
        not incomplete_site_pages(library),
        can_send_email(library.settings),
    )
    return {} if all(done) else dict(zip(STEPS, done, strict=True))


def dismiss_first_steps(library: Library, actor: Actor) -> None:
    """Show the first steps no more, to any administrator. Raises Forbidden."""
    require_administrator(actor)
    with library.store.write() as writing:
        writing.meta.set(_DISMISSED, "yes")


def admin_tasks(library: Library, actor: Actor) -> AdminTasks:
    """What waits for an administrator. Raises Forbidden."""
    require_administrator(actor)
    with library.store.read() as reading:
        groups = [group for group in reading.groups.all() if not group.is_personal and group.deleted_at is None]
        counts = reading.invitations.request_counts([group.id for group in groups])
        sizes = reading.groups.sizes()
        _, undelivered = reading.outbox.failures()
    return AdminTasks(
        requests=tuple((group, counts[group.id]) for group in groups if group.id in counts),
        ownerless=tuple(group for group in groups if sizes.get(group.id, (0, Role.READER))[1] is not Role.OWNER),
        incomplete_pages=incomplete_site_pages(library),
        undelivered_invitations=undelivered,
    )


def incomplete_site_pages(library: Library) -> tuple[str, ...]:
    """The names of the site pages that have placeholders, in the language of the site."""
    language = library.settings.language
    return tuple(name for name in SITE_PAGE_NAMES if site_page(library, name, language).placeholder_count)
