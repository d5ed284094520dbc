"""Users who create groups and join them."""

from kb.access.actor import Actor
from kb.model.people.group import Group, JoinPolicy, Role, Visibility
from kb.services.core.library import Library
from kb.services.groups.group_settings import GroupSettings, create_group


def as_(library: Library, login: str) -> Actor:
    """The actor of a logged-in user, with their current memberships."""
    with library.store.read() as reading:
        account = reading.accounts.by_login(login)
        assert account is not None
        return Actor(account.user.id, reading.groups.memberships(account.user.id), login=login, name=account.user.name)


def a_shared(library: Library, join: JoinPolicy = JoinPolicy.OPEN, visible: Visibility = Visibility.EVERYONE) -> Group:
    """A group of which Claire is the owner."""
    return create_group(library, as_(library, "claire"), GroupSettings("Lectures", visible=visible, join=join))


def role(library: Library, login: str, group: Group) -> Role | None:
    return next(
        (membership.role for membership in as_(library, login).memberships if membership.group_id == group.id), None
    )


def log_of(library: Library, group: Group) -> list[str]:
    with library.store.read() as reading:
        return [entry.action for _, entry in reading.moderation.log_entries(group.id)][::-1]
