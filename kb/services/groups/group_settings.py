"""Group settings: create a group; change its name, its visibility and how users join it."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

from kb.access.actor import Action, Actor
from kb.access.permissions import require_permission, require_signed_in_user
from kb.errors import Conflict, Invalid
from kb.model.ids import new_id
from kb.model.people.group import (
    MOST_FORMER_SLUGS,
    Group,
    JoinPolicy,
    Role,
    Visibility,
    checked_group_description,
    checked_group_name,
)
from kb.model.people.name_skeletons import name_skeleton
from kb.model.slugs import SLUG_LENGTH, is_slug, slug_of
from kb.services.accounts.feed_keys import rename_group_in_feed_keys
from kb.services.core.audit_log import AuditEvent, write_audit_log
from kb.services.core.library import Library
from kb.services.core.readable_groups import readable_groups
from kb.services.email.messages import MessageWriter
from kb.services.groups.group_languages import checked_languages
from kb.store import WriteTransaction

_MOST_NUMBERED_SLUGS = 100
"""Groups of the same name whose slugs end in a number; those of further ones end in random digits."""


class GroupNameTaken(Conflict):
    """The actor reads another group of this name already: `group`."""

    def __init__(self, group: Group) -> None:
        super().__init__("A group has this name already: “%(name)s”. Choose another name.", name=group.name)
        self.group = group


@dataclass(frozen=True, slots=True)
class GroupSettings:
    """The settings of a group; `languages` as in `Group`. An empty `slug`: the present one, or one from the name."""

    name: str
    description: str = ""
    visible: Visibility = Visibility.EVERYONE
    join: JoinPolicy = JoinPolicy.INVITE
    feeds: bool = True
    languages: Sequence[str] = ()
    slug: str = ""


def create_group(library: Library, actor: Actor, settings: GroupSettings) -> Group:
    """Create a group with the actor as its owner. Raises LoginNeeded, Forbidden, Invalid; Conflict for a taken slug.

    A taken slug reveals that a group has it, or had it, and nothing else of the group.
    """
    user_id = require_signed_in_user(actor)
    group = _with_settings(Group(new_id(), _asked_slug(settings), ""), settings)
    with library.store.write() as writing:
        group = group if group.slug else replace(group, slug=_free_slug(writing, group.name))
        writing.groups.add(group)
        writing.groups.set_role(user_id, group.id, Role.OWNER)
        write_audit_log(writing, actor, AuditEvent.GROUP_ADDED, group_id=group.id, subject=group.id, detail=group.slug)
    return group


def require_new_group_name(library: Library, actor: Actor, name: str) -> None:
    """Raise GroupNameTaken if a group that the actor may read has the name, or one that looks like it: others stay
    unknown to them.

    Raises LoginNeeded, Forbidden, Invalid.
    """
    require_signed_in_user(actor)
    key = _compared_name(checked_group_name(name))
    with library.store.read() as reading:
        for group in readable_groups(reading, actor).groups:
            if _compared_name(group.name) == key and not group.is_personal:
                raise GroupNameTaken(group)


def _compared_name(name: str) -> str:
    return name_skeleton(name) or name.casefold()


def change_group(library: Library, actor: Actor, slug: str, settings: GroupSettings) -> Group:
    """Change the settings of a group. Raises NotFound, Forbidden, Invalid; Conflict for a slug that is taken.

    Its former slugs still lead to it, saved searches and feed keys follow. If the group becomes open, users with a
    request to join become members.
    """
    with library.store.write() as writing:
        permitted = require_permission(actor, Action.MANAGE, writing.groups.by_slug(slug))
        # A user's own library has no other members: there is nothing to set.
        before = require_permission(actor, Action.INVITE, permitted)
        after = _with_settings(_with_slug(before, _asked_slug(settings)), settings)
        if after != before:
            writing.groups.update(after)
            if after.slug != before.slug:
                writing.saved_searches.rename_group(before.slug, after.slug)
                writing.followed_searches.rename("group", before.slug, after.slug)
                rename_group_in_feed_keys(writing, before.slug, after.slug)
            names = ("slug", "name", "description", "visible", "join", "feeds", "languages")
            detail = " ".join(name for name in names if getattr(before, name) != getattr(after, name))
            write_audit_log(
                writing, actor, AuditEvent.GROUP_CHANGED, group_id=after.id, subject=after.id, detail=detail
            )
        if after.join is JoinPolicy.OPEN:
            for request in writing.invitations.requests_of(after.id):
                writing.groups.set_role(request.user.id, after.id, Role.MEMBER)
                writing.invitations.remove_request(request.user.id, after.id)
                write_audit_log(writing, actor, AuditEvent.APPROVED, group_id=after.id, subject=request.user.id)
                MessageWriter(library, writing).send_join_answer(after, request.user, let_in=True)
    return after


def is_new_slug(text: str) -> bool:
    """Whether a shared group can have this slug."""
    return is_slug(text) and "~" not in text


def check_join_policy(visible: Visibility, join: JoinPolicy) -> None:
    """Raise Invalid for a join policy that does not fit the visibility (an open group that users cannot find)."""
    if visible is Visibility.MEMBERS and join is not JoinPolicy.INVITE:
        raise Invalid("A group that only its members see is joined by invitation.")


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


def _asked_slug(settings: GroupSettings) -> str:
    """The slug that the user asks for; empty for none. Raises Invalid."""
    slug = settings.slug.strip()
    if slug and not is_new_slug(slug):
        raise Invalid("“%(slug)s” cannot be the address of a group: a-z, 0-9 and - only.", slug=slug[:100])
    return slug


def _with_slug(group: Group, slug: str) -> Group:
    """The group with another slug, and its own as a former one. Raises Conflict after too many changes."""
    if slug in {"", group.slug}:
        return group
    former = (*(former_slug for former_slug in group.former_slugs if former_slug != slug), group.slug)
    if len(former) > MOST_FORMER_SLUGS:
        raise Conflict("The address of a group can change %(count)s times at most.", count=MOST_FORMER_SLUGS)
    return replace(group, slug=slug, former_slugs=former)


def _free_slug(writing: WriteTransaction, name: str) -> str:
    """The slug of a name; with a number, from 2 on, if others have it or had it."""
    plain = slug_of(name)
    for number in range(1, _MOST_NUMBERED_SLUGS + 1):
        slug = plain if number == 1 else _with_end(plain, str(number))
        if writing.groups.by_slug(slug) is None:
            return slug
    return _with_end(plain, secrets.token_hex(4))


def _with_end(slug: str, end: str) -> str:
    return f"{slug[: SLUG_LENGTH - len(end) - 1].rstrip('-')}-{end}"
