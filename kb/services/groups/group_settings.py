"""Group settings: create a group; change its name, its visibility and how users join it."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

from kb.access.actor import Action, Actor
from kb.access.permissions import require_permission, require_signed_in_user
from kb.errors import Invalid
from kb.model.ids import new_id
from kb.model.people.group import Group, JoinPolicy, Role, Visibility, checked_group_description, checked_group_name
from kb.model.slugs import SLUG_LENGTH, is_slug, slug_of
from kb.services.core.audit_log import AuditEvent, write_audit_log
from kb.services.core.library import Library
from kb.services.email.messages import MessageWriter
from kb.services.groups.group_languages import checked_languages
from kb.store import WriteTransaction

_SLUG_CHARACTERS = "abcdefghijkmnpqrstuvwxyz23456789"
"""The alphabet of the random end of a slug, without characters that look alike."""
_SLUG_SUFFIX_LENGTH = 5


@dataclass(frozen=True, slots=True)
class GroupSettings:
    """The settings of a group; `languages` as in `Group`."""

    name: str
    description: str = ""
    visible: Visibility = Visibility.EVERYONE
    join: JoinPolicy = JoinPolicy.INVITE
    feeds: bool = True
    languages: Sequence[str] = ()


def create_group(library: Library, actor: Actor, settings: GroupSettings, slug: str = "") -> Group:
    """Create a group with the actor as its owner. Raises LoginNeeded, Forbidden, Invalid.

    The end of its slug is random, because the refusal of a used slug would reveal a group that the actor may not know
    of. Only administrators, who may read every group, set the whole `slug`: then Conflict for one in use.
    """
    user_id = require_signed_in_user(actor)
    asked = slug.strip() if actor.administrator else ""
    if asked and not is_new_slug(asked):
        raise Invalid("“%(slug)s” cannot be the address of a group: a-z, 0-9 and - only.", slug=asked[:100])
    plain = Group(new_id(), asked or _random_slug(settings.name), "")
    group = _with_settings(plain, settings)
    with library.store.write() as writing:
        writing.groups.add(group)
        writing.groups.set_role(user_id, group.id, Role.OWNER)
        write_audit_log(writing, actor, AuditEvent.GROUP_ADDED, group_id=group.id, subject=group.id, detail=group.slug)
    return group


def managed_group(library: Library, actor: Actor, slug: str) -> Group:
    """A group whose settings the actor may change. Raises NotFound, Forbidden."""
    with library.store.read() as reading:
        return _require_manageable_group(actor, reading.groups.by_slug(slug))


def change_group(library: Library, actor: Actor, slug: str, settings: GroupSettings) -> Group:
    """Change the settings of a group, except its slug. Raises NotFound, Forbidden, Invalid.

    If the group becomes open, users with a request to join become members.
    """
    with library.store.write() as writing:
        before = _require_manageable_group(actor, writing.groups.by_slug(slug))
        after = _with_settings(before, settings)
        if after != before:
            writing.groups.update(after)
            names = ("name", "description", "visible", "join", "feeds", "languages")
            detail = " ".join(name for name in names if getattr(before, name) != getattr(after, name))
            write_audit_log(
                writing, actor, AuditEvent.GROUP_CHANGED, group_id=after.id, subject=after.id, detail=detail
            )
        if after.join is JoinPolicy.OPEN:
            _admit_requesters(library, writing, actor, after)
    return after


def is_new_slug(text: str) -> bool:
    """Whether a shared group can have this slug."""
    return is_slug(text) and "~" not in text


def check_join_policy(visible: Visibility, join: JoinPolicy) -> None:
    """Raise Invalid for a join policy that does not fit the visibility (an open group that users cannot find)."""
    if visible is Visibility.MEMBERS and join is not JoinPolicy.INVITE:
        raise Invalid("A group that only its members see is joined by invitation.")


def _require_manageable_group(actor: Actor, group: Group | None) -> Group:
    found = require_permission(actor, Action.MANAGE, group)
    # A user's own library has no other members: there is nothing to set.
    return require_permission(actor, Action.INVITE, found)


def _with_settings(group: Group, settings: GroupSettings) -> Group:
    check_join_policy(settings.visible, settings.join)
    return replace(
        group,
        name=checked_group_name(settings.name),
        description=checked_group_description(settings.description),
        visible=settings.visible,
        join=settings.join,
        feeds=settings.feeds,
        languages=checked_languages(settings.languages),
    )


def _admit_requesters(library: Library, writing: WriteTransaction, actor: Actor, group: Group) -> None:
    for asked in writing.invitations.requests_of(group.id):
        writing.groups.set_role(asked.user.id, group.id, Role.MEMBER)
        writing.invitations.remove_request(asked.user.id, group.id)
        write_audit_log(writing, actor, AuditEvent.APPROVED, group_id=group.id, subject=asked.user.id)
        MessageWriter(library, writing).send_join_answer(group, asked.user, let_in=True)


def _random_slug(name: str) -> str:
    checked_group_name(name)
    end = "".join(secrets.choice(_SLUG_CHARACTERS) for _ in range(_SLUG_SUFFIX_LENGTH))
    return f"{slug_of(name)[: SLUG_LENGTH - _SLUG_SUFFIX_LENGTH - 1].strip('-')}-{end}".lstrip("-")
