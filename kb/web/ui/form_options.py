"""Choices in forms: roles, visibility of a group, ways to join it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import assert_never

from kb.model.document_type import DocumentType
from kb.model.items.item_list import ItemList
from kb.model.people.group import Group, JoinPolicy, Role, Visibility
from kb.translation import Translator
from kb.web.ui.display_text import group_name


@dataclass(frozen=True, slots=True)
class FormOption:
    """One value of a field; `hint` explains it."""

    value: str
    label: str
    hint: str = ""
    selected: bool = False


def language_choices(
    codes: Iterable[str], selected: str, undecided: str, translator: Translator
) -> tuple[FormOption, ...]:
    """Languages to choose from, after the choice of none."""
    named = (FormOption(code, translator.language_name(code), selected=code == selected) for code in codes)
    return (FormOption("", undecided, selected=not selected), *named)


def document_type_name(value: str, translator: Translator) -> str:
    """The name of a type of document; of another value, which an import may have brought, the value."""
    known = DocumentType.of(value)
    return translator.gettext(known.label) if known else value or translator.gettext("web page")


def document_type_choices(selected: str, translator: Translator) -> tuple[FormOption, ...]:
    """The types of documents to choose from, after that of what has none."""
    return tuple(
        FormOption(value, document_type_name(value, translator), selected=value == selected)
        for value in ("", *DocumentType)
    )


def role_name(role: Role, translator: Translator) -> str:
    return _role_texts(role, translator)[0]


def role_choices(roles: Iterable[Role], selected: Role, translator: Translator) -> tuple[FormOption, ...]:
    """Roles to choose from, each with its rights."""
    return tuple(FormOption(role.key, *_role_texts(role, translator)[:2], role is selected) for role in roles)


def joined_sentence(role: Role, translator: Translator) -> str:
    """The message for a user who has just got a role in a group."""
    return _role_texts(role, translator)[2]


def _role_texts(role: Role, translator: Translator) -> tuple[str, str, str]:
    """The name of a role, its rights, and the message for a user who has just got it."""
    _ = translator.gettext
    match role:
        case Role.READER:
            return (
                _("reader"),
                _("reads all, and changes nothing"),
                _("You read this group now, without changing anything."),
            )
        case Role.MEMBER:
            return _("member"), _("adds items, passages and comments too"), _("You are a member of this group.")
        case Role.MODERATOR:
            return (
                _("moderator"),
                _("invites, hides and restores, keeps the vocabulary too"),
                _("You are a moderator of this group."),
            )
        case Role.OWNER:
            return _("owner"), _("changes the settings and the roles too"), _("You are an owner of this group.")
        case _:
            assert_never(role)


def visibility_name(visible: Visibility, translator: Translator) -> str:
    _ = translator.gettext
    match visible:
        case Visibility.EVERYONE:
            return _("everyone")
        case Visibility.SIGNED_IN:
            return _("users who are logged in")
        case Visibility.MEMBERS:
            return _("its members alone")


def readers_sentence(group: Group, translator: Translator) -> str:
    """Who reads a group, as a part of a sentence about it."""
    _ = translator.gettext
    if group.is_personal and group.visible is Visibility.MEMBERS:
        return _("read by you alone")
    match group.visible:
        case Visibility.EVERYONE:
            return _("read by everybody")
        case Visibility.SIGNED_IN:
            return _("read by everybody with an account")
        case Visibility.MEMBERS:
            return _("read by its members")
        case _:
            assert_never(group.visible)


def whole_readers_sentence(group: Group, translator: Translator) -> str:
    """Who reads a group, as a sentence."""
    if group.is_personal and group.visible is Visibility.MEMBERS:
        return translator.gettext("Nobody but you reads this library.")
    return translator.gettext("This group is %(readers)s.", readers=readers_sentence(group, translator))


def writable_group_options(
    groups: Sequence[Group], selected: Group | None, translator: Translator
) -> tuple[FormOption, ...]:
    """Groups to save in, each with its readers; first the choice of none, if none is selected."""
    return (
        *([FormOption("", translator.gettext("Choose a group"), selected=True)] if groups and selected is None else []),
        *(
            FormOption(
                group.slug,
                f"{group_name(group, translator)} – {readers_sentence(group, translator)}",
                selected=selected is not None and group.slug == selected.slug,
            )
            for group in groups
        ),
    )


def list_options(
    lists: Iterable[tuple[ItemList, Group]], translator: Translator, *, selected: str
) -> tuple[FormOption, ...]:
    """Lists to choose from, each with its group."""
    return tuple(
        FormOption(
            item_list.id,
            item_list.name,
            translator.gettext("only you see it") if item_list.private else group.name,
            item_list.id == selected,
        )
        for item_list, group in lists
    )


def visibility_choices(selected: str, translator: Translator) -> tuple[FormOption, ...]:
    _ = translator.gettext
    hints = {
        Visibility.EVERYONE: _("even without an account; search engines too"),
        Visibility.SIGNED_IN: _("everybody who has an account on this site"),
        Visibility.MEMBERS: _("others do not see that it exists"),
    }
    return tuple(
        FormOption(
            visibility.value, visibility_name(visibility, translator), hints[visibility], visibility.value == selected
        )
        for visibility in Visibility
    )


def joining_choices(selected: str, translator: Translator) -> tuple[FormOption, ...]:
    """The choices of join policy."""
    _ = translator.gettext
    names = {
        JoinPolicy.OPEN: (_("at once"), _("every user who sees the group can join it")),
        JoinPolicy.REQUEST: (_("on request"), _("a moderator answers each one")),
        JoinPolicy.INVITE: (_("by invitation"), _("a moderator sends a link, or invites an account")),
    }
    return tuple(FormOption(policy.value, *names[policy], policy.value == selected) for policy in JoinPolicy)
