"""The site as a whole, for administrators: counts, pending work, and the list of groups."""

from dataclasses import dataclass

from kb.access.actor import Actor
from kb.access.permissions import require_administrator
from kb.model.people.group import Role
from kb.services.core.library import Library
from kb.services.core.pagination import PaginatedRows, matching_rows, paginate
from kb.services.email.outbox import can_send_email
from kb.services.groups.group_views import GroupView, group_views
from kb.services.groups.invitations import pending_site_invitations


@dataclass(frozen=True, slots=True)
class SiteOverview:
    """Counts. `unsent_messages` wait, the oldest from `oldest_message_at`; `failed_messages` of the last 30 days were
    not delivered, or perhaps not, and are not tried again; `sends_email`: the site has a mail server.

    `refused` items cannot be indexed; `imported` authors have no account; `removed_features` have tables, and are not
    installed.
    """

    accounts: int
    administrators: int
    groups: int
    imported: int
    invitations: int
    unsent_messages: int
    oldest_message_at: str | None
    failed_messages: int
    sends_email: bool
    refused: int
    removed_features: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SharedGroupView:
    """A group with its counts: its number of members, and whether one of them is an owner."""

    view: GroupView
    members: int
    has_owner: bool


def overview_of_site(library: Library, actor: Actor) -> SiteOverview:
    """The current state of the site. Raises Forbidden unless the actor is an administrator."""
    require_administrator(actor)
    invitations = len(pending_site_invitations(library, actor))
    with library.store.read() as reading:
        unsent, since = reading.outbox.waiting()
        return SiteOverview(
            accounts=len(reading.accounts.all()),
            administrators=reading.accounts.administrators(),
            groups=sum(not group.is_personal and group.deleted_at is None for group in reading.groups.all()),
            imported=len(reading.contributions.imported()),
            invitations=invitations,
            unsent_messages=unsent,
            oldest_message_at=since,
            failed_messages=reading.outbox.failures()[0],
            sends_email=can_send_email(library.settings),
            refused=len(reading.index_failures.all()),
            removed_features=library.store.removed_features(reading),
        )


def find_shared_groups(library: Library, actor: Actor, q: str, page: int) -> PaginatedRows[SharedGroupView]:
    """The shared groups whose name or address contains each word, by name. Raises Forbidden, Unavailable."""
    require_administrator(actor)
    with library.store.read() as reading:
        sizes = reading.groups.sizes()
    shared = [view for view in group_views(library, actor) if not view.group.is_personal]
    views = matching_rows(shared, q, lambda view: f"{view.group.slug} {view.group.name}")
    rows = []
    for view in views:
        members, highest = sizes.get(view.group.id, (0, Role.READER))
        rows.append(SharedGroupView(view, members, highest is Role.OWNER))
    return paginate(rows, page)
