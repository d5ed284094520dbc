"""What a group is: making one, changing what it is called, who sees it, how one joins it."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

from kb.access.actor import Action, Actor
from kb.access.permissions import require, require_person
from kb.errors import Invalid
from kb.model.ids import new_id
from kb.model.people.group import Group, Joining, Role, Visibility, checked_description, checked_group_name
from kb.model.slugs import SLUG_LENGTH, is_slug, slug_of
from kb.services.core.audit_log import Done, note
from kb.services.core.library import Library
from kb.services.email.messages import Telling
from kb.services.groups.group_languages import checked_languages
from kb.store import Writing

_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
"""Of the end of an address that is drawn: none that looks like another."""
_DRAWN = 5


@dataclass(frozen=True, slots=True)
class GroupSettings:
    """What can be said of a group; `languages` as `Group` has them."""

    name: str
    description: str = ""
    visible: Visibility = Visibility.EVERYONE
    join: Joining = Joining.INVITE
    feeds: bool = True
    languages: Sequence[str] = ()


def begin_group(library: Library, actor: Actor, settings: GroupSettings, slug: str = "") -> Group:
    """Make a group, of which whoever makes it is the owner. Raises SignInNeeded, Refused, Invalid.

    The end of its address is drawn: an address that is refused would tell of a group that nobody may know of. Only an
    administrator, who reads every group, says the whole `slug`: then Conflict for one that is taken.
    """
    user_id = require_person(actor)
    asked = slug.strip() if actor.administrator else ""
    if asked and not is_new_slug(asked):
        raise Invalid("“%(slug)s” cannot be the address of a group: a-z, 0-9 and - only.", slug=asked[:100])
    plain = Group(new_id(), asked or _drawn(settings.name), "")
    group = _with(plain, settings)
    with library.store.write() as writing:
        writing.groups.add(group)
        writing.groups.set_role(user_id, group.id, Role.OWNER)
        note(writing, actor, Done.GROUP_ADDED, group_id=group.id, subject=group.id, detail=group.slug)
    return group


def managed_group(library: Library, actor: Actor, slug: str) -> Group:
    """A group, for who may change what it is. Raises NotFound, Refused."""
    with library.store.read() as reading:
        return _managed(actor, reading.groups.by_slug(slug))


def change_group(library: Library, actor: Actor, slug: str, settings: GroupSettings) -> Group:
    """Change what a group is, but for its address. Raises NotFound, Refused, Invalid.

    Who asks to be let into a group that is open from now on is let in.
    """
    with library.store.write() as writing:
        before = _managed(actor, writing.groups.by_slug(slug))
        after = _with(before, settings)
        if after != before:
            writing.groups.update(after)
            note(
                writing, actor, Done.GROUP_CHANGED, group_id=after.id, subject=after.id, detail=_changed(before, after)
            )
        if after.join is Joining.OPEN:
            _let_in(library, writing, actor, after)
    return after


def is_new_slug(text: str) -> bool:
    """Whether a group that is shared can have this address."""
    return is_slug(text) and "~" not in text


def check_joining(visible: Visibility, join: Joining) -> None:
    """Raise Invalid for a way of joining that nobody could find."""
    if visible is Visibility.MEMBERS and join is not Joining.INVITE:
        raise Invalid("A group that only its members see is joined by invitation.")


def _managed(actor: Actor, group: Group | None) -> Group:
    found = require(actor, Action.MANAGE, group)
    # What is one's own is nobody else's: there is nothing to set there.
    return require(actor, Action.INVITE, found)


def _with(group: Group, settings: GroupSettings) -> Group:
    check_joining(settings.visible, settings.join)
    return replace(
        group,
        name=checked_group_name(settings.name),
        description=checked_description(settings.description),
        visible=settings.visible,
        join=settings.join,
        feeds=settings.feeds,
        languages=checked_languages(settings.languages),
    )


def _let_in(library: Library, writing: Writing, actor: Actor, group: Group) -> None:
    for asked in writing.invitations.requests_of(group.id):
        writing.groups.set_role(asked.user.id, group.id, Role.MEMBER)
        writing.invitations.settle(asked.user.id, group.id)
        note(writing, actor, Done.APPROVED, group_id=group.id, subject=asked.user.id)
        Telling(library, writing).answered(group, asked.user, let_in=True)


def _changed(before: Group, after: Group) -> str:
    """The names of what was changed, for the log."""
    names = ("name", "description", "visible", "join", "feeds", "languages")
    return " ".join(name for name in names if getattr(before, name) != getattr(after, name))


def _drawn(name: str) -> str:
    checked_group_name(name)
    end = "".join(secrets.choice(_LETTERS) for _ in range(_DRAWN))
    return f"{slug_of(name)[: SLUG_LENGTH - _DRAWN - 1].strip('-')}-{end}".lstrip("-")
