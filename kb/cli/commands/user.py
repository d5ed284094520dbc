"""`kb user`: accounts."""

import sys

import click

from kb.access.actor import OPERATOR
from kb.cli.console import CommandMisused, CommandSession, json_option, print_line
from kb.errors import translatable
from kb.indexer import index_state
from kb.model.people.account import LONGEST_PASSWORD, Account
from kb.services.accounts.account_lifecycle import (
    NewAccount,
    add_account,
    all_accounts,
    close_account,
    set_administrator,
    set_password,
)
from kb.services.accounts.oidc_signup import account_identities, set_identity
from kb.services.accounts.one_time_links import create_password_link
from kb.services.core.library import Library
from kb.translation import Translator

_stdin = click.option("--password-stdin", is_flag=True, help="Read the password from the first line of standard input.")


@click.group()
def user() -> None:
    """Manage accounts: add, list, close, reopen, set passwords."""


@user.command("add")
@click.argument("login")
@click.option("--name", metavar="NAME", default="", help="The displayed name [the login].")
@click.option(
    "--email", metavar="ADDRESS", default="", help="The address for messages, such as links to set a new password."
)
@click.option("--admin", is_flag=True, help="Make the user an administrator of the site.")
@_stdin
@click.pass_obj
def add_user_command(
    session: CommandSession, /, login: str, name: str, email: str, *, admin: bool, password_stdin: bool
) -> None:
    """Add an account.

    Without --password-stdin, the command asks for a password on a terminal. Without a terminal, it prints a one-time
    link with which the user sets the password.
    """
    with_password = password_stdin or sys.stdin.isatty()
    password = _password(session, from_stdin=password_stdin) if with_password else None
    session.create_data_folder()
    with session.library() as library:
        before = index_state(library).newest
        account = add_account(library, OPERATOR, NewAccount(login, name, email, password), administrator=admin)
        if index_state(library).newest != before:
            # Items of the author of an import with this login now have another author.
            session.index_changes(library)
        if password is None:
            print_line(_link(session, library, account.user.login))
        else:
            print_line(account.user.login)


@user.command("list")
@json_option("the list")
@click.pass_obj
def list_users_command(session: CommandSession, as_json: bool) -> None:
    """List the accounts: login, name, e-mail address, and the states administrator, closed, no password."""
    with session.library() as library:
        every = all_accounts(library, OPERATOR)
    session.print_list(
        every,
        as_json=as_json,
        shape=_shape,
        columns=lambda account: (
            account.user.login,
            account.user.name,
            account.email or "",
            _states(session.translator, account),
        ),
        empty=translatable("There is no account yet: “kb user add” adds one."),
    )


@user.command("password")
@click.argument("login")
@_stdin
@click.pass_obj
def password_command(session: CommandSession, login: str, password_stdin: bool) -> None:
    """Set the password of a user, and end their sessions."""
    password = _password(session, from_stdin=password_stdin)
    with session.library() as library:
        set_password(library, OPERATOR, login, password)
    session.report("The password of “%(login)s” is set, and all their sessions are ended.", login=login)


@user.command("link")
@click.argument("login")
@click.pass_obj
def link_command(session: CommandSession, login: str) -> None:
    """Print a one-time link with which a user sets their password."""
    with session.library() as library:
        print_line(_link(session, library, login))


@user.command("close")
@click.argument("login")
@click.pass_obj
def close_command(session: CommandSession, login: str) -> None:
    """Close an account: the user can no longer log in, and their items stay."""
    with session.library() as library:
        close_account(library, OPERATOR, login, closed=True)
    session.report("“%(login)s” can no longer log in, and all their sessions are ended.", login=login)


@user.command("open")
@click.argument("login")
@click.pass_obj
def open_command(session: CommandSession, login: str) -> None:
    """Reopen a closed account."""
    with session.library() as library:
        close_account(library, OPERATOR, login, closed=False)
    session.report("“%(login)s” can log in again.", login=login)


@user.command("admin")
@click.argument("login")
@click.option("--no", "unmake", is_flag=True, help="Remove the administrator right.")
@click.pass_obj
def admin_command(session: CommandSession, login: str, unmake: bool) -> None:
    """Make a user an administrator of the site, or remove this right."""
    with session.library() as library:
        set_administrator(library, OPERATOR, login, administrator=not unmake)
    if unmake:
        session.report("“%(login)s” is no longer an administrator.", login=login)
    else:
        session.report("“%(login)s” is an administrator.", login=login)


@user.command("identity")
@click.argument("login")
@click.argument("subject", required=False)
@click.option("--remove", is_flag=True, help="Remove this identity from the account.")
@click.pass_obj
def identity_command(session: CommandSession, login: str, subject: str | None, remove: bool) -> None:
    """List the OpenID Connect identities of a user, or link a SUBJECT of the provider to the account."""
    if subject is None and remove:
        raise CommandMisused("--remove requires the subject to remove.")
    with session.library() as library:
        if subject is None:
            for identity in account_identities(library, OPERATOR, login):
                print_line("\t".join((identity.issuer, identity.subject, identity.created_at)))
            return
        set_identity(library, OPERATOR, login, subject, removed=remove)
    if remove:
        session.report("This identity can no longer log in as “%(login)s”.", login=login)
    else:
        session.report(
            "The identity “%(subject)s” of the provider can now log in as “%(login)s”.", subject=subject, login=login
        )


def _password(session: CommandSession, *, from_stdin: bool) -> str:
    """The password on standard input, or typed on a terminal. Raises CommandMisused if there is none."""
    if not from_stdin and not sys.stdin.isatty():
        raise CommandMisused("The command asks for the password on a terminal only; elsewhere, use --password-stdin.")
    if not from_stdin:
        text: str = click.prompt(
            session.translator.gettext("Password"), hide_input=True, confirmation_prompt=True, err=True
        )
        return text
    try:
        line = sys.stdin.buffer.readline(4 * LONGEST_PASSWORD + 2).decode()
    except UnicodeDecodeError:
        raise CommandMisused("The password on standard input is not UTF-8.") from None
    password = line.rstrip("\r\n")
    if not password:
        raise CommandMisused("There is no password on standard input.")
    return password


def _link(session: CommandSession, library: Library, login: str) -> str:
    return f"{session.settings.base_url}/reset/{create_password_link(library, OPERATOR, login)}"


def _states(translator: Translator, account: Account) -> str:
    _ = translator.gettext
    states = (
        _("administrator") if account.administrator else "",
        _("closed") if account.closed_at else "",
        "" if account.has_password else _("no password"),
    )
    return ", ".join(filter(None, states))


def _shape(account: Account) -> dict[str, object]:
    return {
        "login": account.user.login,
        "name": account.user.name,
        "email": account.email,
        "administrator": account.administrator,
        "has_password": account.has_password,
        "created": account.created_at,
        "closed": account.closed_at,
    }
