"""The site as a whole, for an administrator: how much there is, what waits, which groups there are."""

from dataclasses import dataclass

from kb.access.actor import Actor
from kb.access.permissions import require_administrator
from kb.model.people.group import Role
from kb.search.index_search import label_order
from kb.services.admin.site_invitations import site_invitations
from kb.services.core.library import Library
from kb.services.core.pagination import Portion, portion
from kb.services.email.outbox import can_write
from kb.services.groups.groups import GroupView, groups


@dataclass(frozen=True, slots=True)
class SiteState:
    """Counts. `letters` wait to be sent, the oldest since `letters_since`; `sends`: a mail server is set.

    `refused` items cannot be indexed; `imported` authors have no account.
    """

    accounts: int
    administrators: int
    groups: int
    imported: int
    invitations: int
    letters: int
    letters_since: str | None
    sends: bool
    refused: int


@dataclass(frozen=True, slots=True)
class SharedGroup:
    """A group with its counts: how many belong to it, and whether one of them is an owner."""

    view: GroupView
    members: int
    owned: bool


def site_state(library: Library, actor: Actor) -> SiteState:
    """The site at this moment. Raises Refused, but for an administrator."""
    require_administrator(actor)
    invitations = len(site_invitations(library, actor))
    with library.store.read() as reading:
        letters, since = reading.letters.waiting()
        return SiteState(
            accounts=len(reading.accounts.all()),
            administrators=reading.accounts.administrators(),
            groups=sum(not group.is_personal for group in reading.groups.all()),
            imported=len(reading.contributions.imported()),
            invitations=invitations,
            letters=letters,
            letters_since=since,
            sends=can_write(library.settings),
            refused=len(reading.rejects.all()),
        )


def find_groups(library: Library, actor: Actor, q: str, page: int) -> Portion[SharedGroup]:
    """The groups that people share whose name or address holds each word, by name. Raises Refused, Unavailable."""
    require_administrator(actor)
    wanted = label_order(q).split()
    with library.store.read() as reading:
        sizes = reading.groups.sizes()
    found = [
        view
        for view in groups(library, actor)
        if not view.group.is_personal
        and all(word in label_order(f"{view.group.slug} {view.group.name}") for word in wanted)
    ]
    rows = []
    for view in found:
        members, highest = sizes.get(view.group.id, (0, Role.READER))
        rows.append(SharedGroup(view, members, highest is Role.OWNER))
    return portion(rows, page)
