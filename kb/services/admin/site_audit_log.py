"""The audit log of the whole site, for administrators. Actions in users' own libraries are left out."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial

from kb.access.actor import Actor
from kb.access.permissions import require_administrator
from kb.model.items.moderation import AuditLogEntry
from kb.model.people.group import Group
from kb.model.people.user import User
from kb.model.storable_text import is_storable
from kb.services.core.audit_log import AuditEvent
from kb.services.core.library import Library

LINES_PER_PAGE = 100
"""Entries on a page."""
_MOST_LINES_READ = 20
"""Pages of the log read for one page shown, if many entries are from users' own libraries."""


@dataclass(frozen=True, slots=True)
class SiteAuditLog:
    """`lines` with their numbers, the latest first. `people` and `groups` named in them, by id.

    `older` is the number before which the next page begins; None on the last page.
    """

    lines: tuple[tuple[int, AuditLogEntry], ...]
    people: Mapping[str, User]
    groups: Mapping[str, Group]
    older: int | None


def read_site_audit_log(
    library: Library,
    actor: Actor,
    before: int | None = None,
    *,
    login: str = "",
    events: Collection[AuditEvent] = (),
    limit: int = LINES_PER_PAGE,
) -> SiteAuditLog:
    """At most `limit` entries of the log, from the latest or before a number; only what the user `login` did, or these
    events.

    A login of nobody gives no entries. Raises Forbidden for a non-administrator.
    """
    require_administrator(actor)
    lines: list[tuple[int, AuditLogEntry]] = []
    groups: dict[str, Group] = {}
    with library.store.read() as reading:
        user = reading.users.by_logins([login]).get(login) if is_storable(login) else None
        if login and user is None:
            return SiteAuditLog((), {}, {}, None)
        entries = partial(reading.moderation.log_entries, user_id=user.id if user else None, events=events)
        start, older = before, None
        for _ in range(_MOST_LINES_READ):
            batch = entries(before=start, limit=limit)
            groups |= reading.groups.by_ids({entry.group_id for _, entry in batch if entry.group_id} - groups.keys())
            for number, entry in batch:
                group = groups.get(entry.group_id or "")
                if len(lines) < limit and not (group and group.is_personal):
                    lines.append((number, entry))
                    start = number
            if len(batch) < limit or len(lines) == limit:
                older = start if len(lines) == limit and entries(before=start, limit=1) else None
                break
            start = older = batch[-1][0]
        named = {id_ for _, entry in lines for id_ in (entry.user_id, entry.subject) if id_}
        people = reading.users.by_ids(named)
    return SiteAuditLog(
        tuple(lines), people, {id_: group for id_, group in groups.items() if not group.is_personal}, older
    )
