"""Where a program saves."""

from kb.access.actor import Action, Actor
from kb.access.permissions import require_permission, require_signed_in_user
from kb.model.people.group import personal_slug
from kb.services.core.library import Library


def save_target(library: Library, actor: Actor, slug: str = "") -> str:
    """The slug of the group in which a program saves: the given one, that of its token, or the user's own library.

    Nothing is saved elsewhere if the user may no longer save in the group of the token. Raises LoginNeeded, NotFound,
    Forbidden, as for a group that is named.
    """
    require_signed_in_user(actor)
    return slug or default_library_slug(library, actor, Action.CONTRIBUTE)


def default_library_slug(library: Library, actor: Actor, action: Action) -> str:
    """The slug of the library of a token's group, in which its user must have the right to an action, or of the user's
    own library. Raises LoginNeeded, NotFound, Forbidden.
    """
    require_signed_in_user(actor, reading=True)
    if actor.default_group_id is None:
        return personal_slug(actor.login)
    with library.store.read() as reading:
        group = reading.groups.by_ids([actor.default_group_id]).get(actor.default_group_id)
        return require_permission(actor, action, group).slug
