"""`kb token`: the API tokens of accounts."""

import click

from kb.access.actor import OPERATOR
from kb.cli.console import CommandSession, print_json, print_line
from kb.model.people.account import TokenScope
from kb.services.accounts.api_tokens import MOST_DAYS, NewToken, add_token, all_tokens, revoke_token
from kb.services.core.library import open_library


@click.group()
def token() -> None:
    """Manage the API tokens of accounts: add, list, revoke."""


@token.command("add")
@click.argument("login")
@click.option(
    "--scope", type=click.Choice([one.value for one in TokenScope]), default=TokenScope.READ.value, show_default=True,
    help="The rights of the token: read only, or all rights of the user.",
)  # fmt: skip
@click.option("--name", metavar="NAME", default="", help="The purpose of the token [its scope].")
@click.option("--days", type=click.IntRange(1, MOST_DAYS), help="How many days the token is valid [for ever].")
@click.pass_obj
def add_token_command(session: CommandSession, login: str, scope: str, name: str, days: int | None) -> None:
    """Create an API token for a user and print it: it cannot be shown again."""
    library = open_library(session.settings)
    try:
        _, secret = add_token(library, OPERATOR, NewToken(TokenScope(scope), name, days), login)
    finally:
        library.close()
    print_line(secret)


@token.command("list")
@click.argument("login", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
@click.pass_obj
def list_tokens_command(session: CommandSession, login: str | None, as_json: bool) -> None:
    """List the tokens of one account or of all: id, login, name, scope, last use."""
    library = open_library(session.settings)
    try:
        found = all_tokens(library, OPERATOR, login)
    finally:
        library.close()
    if as_json:
        print_json(
            [
                {
                    "id": one.id,
                    "login": account.user.login,
                    "name": one.name,
                    "scope": one.scope.value,
                    "created": one.created_at,
                    "seen": one.seen_at,
                    "expires": one.expires_at,
                }
                for account, one in found
            ]
        )
        return
    for account, one in found:
        seen = one.seen_at or session.words.say("never used")
        print_line("\t".join((one.id, account.user.login, one.name, one.scope.value, seen)))
    if not found:
        session.tell("There is no token yet: “kb token add” creates one.")


@token.command("revoke")
@click.argument("token_id", metavar="ID")
@click.pass_obj
def revoke_command(session: CommandSession, token_id: str) -> None:
    """Revoke a token at once."""
    library = open_library(session.settings)
    try:
        revoke_token(library, OPERATOR, token_id)
    finally:
        library.close()
    session.tell("The token is revoked.")
