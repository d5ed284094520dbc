"""`kb group`: groups, their members and their languages."""

import click

from kb.access.actor import OPERATOR
from kb.cli.console import CommandMisused, CommandSession, json_option, print_error, print_line
from kb.cli.progress import progress_bar
from kb.errors import translatable
from kb.model.people.group import Group, GroupState, JoinPolicy, Role, Visibility, role_named
from kb.services.core.library import Library
from kb.services.core.readable_groups import readable_groups
from kb.services.files.file_quotas import MEGABYTE, quota_of_group, set_file_quota
from kb.services.groups.group_languages import (
    effective_languages,
    language_settings_of_group,
    redetect_languages,
    set_group_languages,
)
from kb.services.groups.group_states import archive_group, delete_group, restore_group
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import remove_member, set_role
from kb.whole_numbers import parse_whole_number


@click.group()
def group() -> None:
    """Manage groups: add, list, archive and delete them, set their members and their languages."""


@group.command("add")
@click.argument("slug")
@click.option("--name", metavar="NAME", help="The displayed name [the slug].")
@click.option(
    "--visible", type=click.Choice([str(visibility) for visibility in Visibility]), default=str(Visibility.EVERYONE),
    show_default=True, help="The readers of the group.",
)  # fmt: skip
@click.option(
    "--join", type=click.Choice([str(policy) for policy in JoinPolicy]), default=str(JoinPolicy.INVITE),
    show_default=True,
    help="How users become members.",
)  # fmt: skip
@click.option("--languages", metavar="LIST", help="The languages of its items, such as fr,en [those of the site].")
@click.pass_obj
def add_group_command(
    session: CommandSession, slug: str, *, name: str | None, visible: str, join: str, languages: str | None
) -> None:
    """Add a group. Its address is /g/SLUG."""
    session.create_data_folder()
    with session.library() as library:
        selected = _parse_languages(languages) if languages is not None else ()
        made = add_group(
            library, OPERATOR, slug, name, visible=Visibility(visible), join=JoinPolicy(join), languages=selected
        )
    print_line(f"{session.settings.base_url}/g/{made.slug}")


@group.command("member")
@click.argument("slug")
@click.argument("login")
@click.option(
    "--role",
    type=click.Choice([role.key for role in Role]),
    help="The new role of the user, who need not be a member yet.",
)
@click.option("--remove", is_flag=True, help="End the membership of the user.")
@click.pass_obj
def member_command(session: CommandSession, slug: str, login: str, role: str | None, remove: bool) -> None:
    """Make a user a member of a group, change their role, or end their membership."""
    if (role is None) is not remove:
        raise CommandMisused("Give either --role or --remove.")
    with session.library() as library:
        if role is None:
            remove_member(library, OPERATOR, slug, login)
        else:
            set_role(library, OPERATOR, slug, login, role_named(role))
    if role is None:
        session.report("“%(login)s” is no longer a member of “%(group)s”.", login=login, group=slug)
    else:
        # The key of a role is its English name.
        name = session.translator.gettext(role)
        session.report("“%(login)s” now has the role “%(role)s” in “%(group)s”.", login=login, role=name, group=slug)


@group.command("files")
@click.argument("slug")
@click.option("--quota", metavar="MB", help="What they may take: a number of MB, 0 for no limit, or default.")
@click.pass_obj
def files_command(session: CommandSession, slug: str, quota: str | None) -> None:
    """Show what the files of a group take, or set what they may take."""
    with session.library() as library:
        if quota is not None:
            set_file_quota(library, OPERATOR, slug, _parse_quota(quota))
        file_quota = quota_of_group(library, OPERATOR, slug)
    translator, used = session.translator, round(file_quota.used / MEGABYTE, 1)
    if file_quota.most is None:
        print_line(
            translator.gettext("The files of “%(group)s” take %(used)s MB; there is no limit.", group=slug, used=used)
        )
    else:
        most = file_quota.most // MEGABYTE
        message = "The files of “%(group)s” take %(used)s MB of %(most)s MB."
        print_line(translator.gettext(message, group=slug, used=used, most=most))


def _parse_quota(text: str) -> int | None:
    if text == "default":
        return None
    quota = parse_whole_number(text, None)
    if quota is None:
        raise CommandMisused("Give a whole number of MB, 0 for no limit, or default.")
    return quota


@group.command("archive")
@click.argument("slug")
@click.pass_obj
def archive_command(session: CommandSession, slug: str) -> None:
    """Archive a group: it is read, and no longer changed."""
    with session.library() as library:
        archive_group(library, OPERATOR, slug)
    session.report("“%(group)s” is archived.", group=slug)


@group.command("unarchive")
@click.argument("slug")
@click.pass_obj
def unarchive_command(session: CommandSession, slug: str) -> None:
    """Open an archived group again."""
    with session.library() as library:
        archive_group(library, OPERATOR, slug, archived=False)
    session.report("“%(group)s” is no longer archived.", group=slug)


@group.command("delete")
@click.argument("slug")
@click.pass_obj
def delete_command(session: CommandSession, slug: str) -> None:
    """Delete a group: it can be restored for 30 days, and is then deleted permanently."""
    with session.library() as library:
        delete_group(library, OPERATOR, slug)
    session.report("“%(group)s” is deleted: “kb group restore %(group)s” brings it back.", group=slug)


@group.command("restore")
@click.argument("slug")
@click.pass_obj
def restore_command(session: CommandSession, slug: str) -> None:
    """Restore a deleted group as it was."""
    with session.library() as library:
        restore_group(library, OPERATOR, slug)
    session.report("“%(group)s” is back.", group=slug)


@group.command("list")
@json_option("the list")
@click.pass_obj
def list_groups_command(session: CommandSession, as_json: bool) -> None:
    """List all groups: slug, name, readers, languages, join policy, whether they have feeds, and their state."""
    with session.library() as library, library.store.read() as reading:
        groups = (*readable_groups(reading, OPERATOR).groups, *reading.groups.deleted())
    session.print_list(
        [(group, effective_languages(group, session.settings)) for group in groups],
        as_json=as_json,
        shape=lambda row: _shape(*row),
        columns=lambda row: _columns(*row),
        empty=translatable("There is no group yet: “kb group add” adds one."),
    )


@group.command("languages")
@click.argument("slug")
@click.argument("languages", metavar="[LIST]", required=False)
@click.option("--reset", is_flag=True, help="Use the languages of the site again.")
@click.option("--decide-again", is_flag=True, help="Detect again the language of items without a given language.")
@click.pass_obj
def languages_command(
    session: CommandSession, slug: str, languages: str | None, reset: bool, decide_again: bool
) -> None:
    """Print the languages of a group, or set them: LIST such as fr,en, the expected one first."""
    if reset and languages is not None:
        raise CommandMisused("Give either a list of languages or --reset.")
    with session.library() as library:
        if reset or languages is not None:
            selected = set_group_languages(library, OPERATOR, slug, () if reset else _parse_languages(languages or ""))
        else:
            selected = language_settings_of_group(library, OPERATOR, slug)
        print_line(",".join(selected.languages))
        if decide_again:
            _detect_languages_again(session, library, slug)
        elif selected.decided and (reset or languages is not None):
            print_error(
                session.translator.ngettext(
                    "The language of %(count)s item was detected earlier: --decide-again detects it again.",
                    "The languages of %(count)s items were detected earlier: --decide-again detects them again.",
                    selected.decided,
                )
            )


def _columns(group: Group, languages: tuple[str, ...]) -> tuple[str, ...]:
    feeds = "feeds" if group.feeds else "no-feeds"
    # Scripts read the columns of before: only a group that is not active has another one.
    state = () if group.state is GroupState.ACTIVE else (group.state.value,)
    return group.slug, group.name, group.visible.value, ",".join(languages), group.join.value, feeds, *state


def _shape(group: Group, languages: tuple[str, ...]) -> dict[str, object]:
    return {
        "slug": group.slug,
        "name": group.name,
        "visible": group.visible.value,
        "join": group.join.value,
        "feeds": group.feeds,
        "languages": languages,
        "own_languages": bool(group.languages),
        "state": group.state.value,
    }


def _parse_languages(languages: str) -> tuple[str, ...]:
    """The languages of a list. Raises CommandMisused for one that is empty."""
    codes = tuple(part for part in languages.lower().replace(",", " ").split() if part)
    if not codes:
        raise CommandMisused("Write the list of languages as fr,en, with the expected language first.")
    return codes


def _detect_languages_again(session: CommandSession, library: Library, slug: str) -> None:
    with progress_bar(session.translator.gettext("Detecting languages")) as progress:
        again = redetect_languages(library, OPERATOR, slug, progress)
    message = "Detected languages: items with a new language: %(changed)s of %(read)s."
    session.report(message, changed=again.changed, read=again.read)
    if again.changed:
        session.index_changes(library)
