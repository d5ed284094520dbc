"""The site as a whole, for administrators: counts, pending work, and the list of groups."""

import shutil
from dataclasses import dataclass

from kb.access.actor import Actor
from kb.access.permissions import require_administrator
from kb.model.people.group import Role
from kb.services.admin.last_backup import LastBackup, last_backup
from kb.services.core.library import Library
from kb.services.core.pagination import PaginatedRows, matching_rows, paginate
from kb.services.email.outbox import can_send_email
from kb.services.groups.group_views import GroupView, group_views
from kb.services.groups.invitations import pending_site_invitations
from kb.store.database.clock import timestamp_in, timestamp_now

MOST_UNDELIVERED = 50
_LEAST_FREE_SHARE, _LEAST_FREE_BYTES = 0.1, 5e9
"""A disk with less than both is almost full."""
_BACKUP_DAYS = 8
"""A backup is old when that of the week is missing."""


@dataclass(frozen=True, slots=True)
class DiskUsage:
    """Bytes of a disk."""

    used: int
    size: int

    @property
    def percent(self) -> int:
        return round(100 * self.used / self.size) if self.size else 100

    @property
    def is_almost_full(self) -> bool:
        return self.size - self.used < min(_LEAST_FREE_SHARE * self.size, _LEAST_FREE_BYTES)


@dataclass(frozen=True, slots=True)
class SiteOverview:
    """Counts. `unsent_messages` wait, the oldest from `oldest_message_at`; `failed_messages` of the last 30 days were
    not delivered, or perhaps not, and are not tried again; `sends_email`: the site has a mail server.

    `invitations` are those to the site, `group_invitations` those to groups. `undelivered` are addresses of messages
    that were not delivered, with the day, the latest first, at most MOST_UNDELIVERED. `backup` is the last one that is
    known; `disk` is that with the data folder.

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
    group_invitations: int
    undelivered: tuple[tuple[str, str], ...]
    backup: LastBackup | None
    is_backup_old: bool
    disk: DiskUsage | None


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
        backup = last_backup(reading)
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
            group_invitations=reading.invitations.count_to_groups(timestamp_now()),
            undelivered=reading.outbox.undelivered(MOST_UNDELIVERED),
            backup=backup,
            is_backup_old=backup is not None and backup.made < timestamp_in(days=-_BACKUP_DAYS),
            disk=_disk_usage(library),
        )


def _disk_usage(library: Library) -> DiskUsage | None:
    try:
        usage = shutil.disk_usage(library.settings.data)
    except OSError:
        return None
    # Without what is reserved for the system.
    return DiskUsage(usage.used, usage.used + usage.free)


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
