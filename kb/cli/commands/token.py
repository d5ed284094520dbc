"""`kb token`: the API tokens of accounts."""

import click

from kb.access.actor import OPERATOR
from kb.cli.console import CommandSession, json_option, print_line
from kb.errors import translatable
from kb.model.people.account import TokenScope
from kb.services.accounts.api_tokens import MOST_DAYS, NewToken, add_token, all_tokens, revoke_token


@click.group()
def token() -> None:
    """Manage the API tokens of accounts: add, list, revoke."""


@token.command("add")
@click.argument("login")
@click.option(
    "--scope", type=click.Choice([scope.value for scope in TokenScope]), default=TokenScope.READ.value,
    show_default=True,
    help="The rights of the token: read only, or all rights of the user.",
)  # fmt: skip
@click.option("--name", metavar="NAME", default="", help="The purpose of the token [its scope].")
@click.option("--days", type=click.IntRange(1, MOST_DAYS), help="How many days the token is valid [for ever].")
@click.option(
    "--group", metavar="SLUG", default="", help="The group in which it saves by default [the user's own library]."
)
@click.pass_obj
def add_token_command(
    session: CommandSession, login: str, *, scope: str, name: str, days: int | None, group: str
) -> None:
    """Create an API token for a user and print it: it cannot be shown again."""
    with session.library() as library:
        _, secret = add_token(library, OPERATOR, NewToken(TokenScope(scope), name, days, group), login)
    print_line(secret)


@token.command("list")
@click.argument("login", required=False)
@json_option("the list")
@click.pass_obj
def list_tokens_command(session: CommandSession, login: str | None, as_json: bool) -> None:
    """List the tokens of one account or of all: id, login, name, scope, last use."""
    with session.library() as library:
        tokens = all_tokens(library, OPERATOR, login)
    never = session.translator.gettext("never used")
    session.print_list(
        [(account.user.login, token) for account, token in tokens],
        as_json=as_json,
        shape=lambda row: {
            "id": row[1].id,
            "login": row[0],
            "name": row[1].name,
            "scope": row[1].scope.value,
            "created": row[1].created_at,
            "seen": row[1].seen_at,
            "expires": row[1].expires_at,
        },
        columns=lambda row: (row[1].id, row[0], row[1].name, row[1].scope.value, row[1].seen_at or never),
        empty=translatable("There is no token yet: “kb token add” creates one."),
    )


@token.command("revoke")
@click.argument("token_id", metavar="ID")
@click.pass_obj
def revoke_command(session: CommandSession, token_id: str) -> None:
    """Revoke a token at once."""
    with session.library() as library:
        revoke_token(library, OPERATOR, token_id)
    session.report("The token is revoked.")
