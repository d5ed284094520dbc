"""Choices in forms: roles, visibility of a group, ways to join it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import assert_never

from kb.model.items.item_list import ItemList
from kb.model.people.group import Group, JoinPolicy, Role, Visibility
from kb.translation import Translator


@dataclass(frozen=True, slots=True)
class FormOption:
    """One value of a field; `hint` explains it."""

    value: str
    label: str
    hint: str = ""
    chosen: bool = False


def language_choices(codes: Iterable[str], chosen: str, undecided: str, words: Translator) -> tuple[FormOption, ...]:
    """Languages to choose from, after the choice of none."""
    named = (FormOption(code, words.language_name(code), chosen=code == chosen) for code in codes)
    return (FormOption("", undecided, chosen=not chosen), *named)


def role_name(role: Role, words: Translator) -> str:
    return _role_name_and_rights(role, words)[0]


def role_choices(roles: Iterable[Role], chosen: Role, words: Translator) -> tuple[FormOption, ...]:
    """Roles to choose from, each with its rights."""
    return tuple(FormOption(role.key, *_role_name_and_rights(role, words), role is chosen) for role in roles)


def _role_name_and_rights(role: Role, words: Translator) -> tuple[str, str]:
    match role:
        case Role.READER:
            return words.say("reader"), words.say("reads all, and changes nothing")
        case Role.MEMBER:
            return words.say("member"), words.say("adds items, passages and comments too")
        case Role.MODERATOR:
            return words.say("moderator"), words.say("invites, hides and restores, keeps the vocabulary too")
        case Role.OWNER:
            return words.say("owner"), words.say("changes the settings and the roles too")
        case _:
            assert_never(role)


def visibility_name(visible: Visibility, words: Translator) -> str:
    match visible:
        case Visibility.EVERYONE:
            return words.say("everyone")
        case Visibility.SIGNED_IN:
            return words.say("users who are logged in")
        case Visibility.MEMBERS:
            return words.say("its members alone")


def readers_sentence(group: Group, words: Translator) -> str:
    """Who reads a group, as a part of a sentence about it."""
    if group.is_personal and group.visible is Visibility.MEMBERS:
        return words.say("read by you alone")
    match group.visible:
        case Visibility.EVERYONE:
            return words.say("read by everybody")
        case Visibility.SIGNED_IN:
            return words.say("read by everybody with an account")
        case Visibility.MEMBERS:
            return words.say("read by its members")
        case _:
            assert_never(group.visible)


def whole_readers_sentence(group: Group, words: Translator) -> str:
    """Who reads a group, as a sentence."""
    if group.is_personal and group.visible is Visibility.MEMBERS:
        return words.say("Nobody but you reads this library.")
    return words.say("This group is %(readers)s.", readers=readers_sentence(group, words))


def group_option(group: Group, name: str, words: Translator, *, chosen: bool) -> FormOption:
    """A group to save in, with its readers."""
    return FormOption(group.slug, f"{name} – {readers_sentence(group, words)}", chosen=chosen)


def list_options(lists: Iterable[tuple[ItemList, Group]], words: Translator, *, chosen: str) -> tuple[FormOption, ...]:
    """Lists to choose from, each with its group."""
    return tuple(
        FormOption(
            item_list.id,
            item_list.name,
            words.say("only you see it") if item_list.private else group.name,
            item_list.id == chosen,
        )
        for item_list, group in lists
    )


def visibility_choices(chosen: str, words: Translator) -> tuple[FormOption, ...]:
    hints = {
        Visibility.EVERYONE: words.say("even without an account; search engines too"),
        Visibility.SIGNED_IN: words.say("everybody who has an account on this site"),
        Visibility.MEMBERS: words.say("others do not see that it exists"),
    }
    return tuple(
        FormOption(visibility.value, visibility_name(visibility, words), hints[visibility], visibility.value == chosen)
        for visibility in Visibility
    )


def joining_choices(chosen: str, words: Translator) -> tuple[FormOption, ...]:
    """The choices of join policy."""
    names = {
        JoinPolicy.OPEN: (words.say("at once"), words.say("every user who sees the group can join it")),
        JoinPolicy.REQUEST: (words.say("on request"), words.say("a moderator answers each one")),
        JoinPolicy.INVITE: (words.say("by invitation"), words.say("a moderator sends a link, or invites an account")),
    }
    return tuple(FormOption(policy.value, *names[policy], policy.value == chosen) for policy in JoinPolicy)
