"""`kb person`: what the base holds of somebody, with an account or without; and nothing any more."""

import sys
from contextlib import closing
from pathlib import Path

import click

from kb.access.actor import OPERATOR
from kb.cli.atomic_file import whole_file
from kb.cli.console import Session
from kb.cli.progress import bar
from kb.indexer import background_lock, cleanse, make_searchable, state
from kb.services.accounts.account_deletion import Leaving, Words, forget_person, leaving_of_person
from kb.services.accounts.personal_data_export import write_data_of
from kb.services.core.library import Library, open_library

_SLICE = 1.0  # seconds of work on the index between two looks whether it is done


@click.group()
def person() -> None:
    """Give somebody what the base holds of them, and forget them."""


@person.command("data")
@click.argument("login")
@click.option("-o", "--output", metavar="FILE", required=True, help="A ZIP, whole or not at all; - is standard output.")
@click.pass_obj
def data_command(session: Session, login: str, output: str) -> None:
    """Write all that the base holds of a person into a ZIP: account, log, contributions."""
    with closing(open_library(session.settings)) as library:
        if output == "-":
            write_data_of(library, OPERATOR, login, sys.stdout.buffer)
        else:
            with whole_file(Path(output)) as file:
                write_data_of(library, OPERATOR, login, file)


@person.command("forget")
@click.argument("login")
@click.option("--keep-annotations", is_flag=True, help="What they wrote stays, without a name.")
@click.option("--remove-items", is_flag=True, help="Remove what they shared and nobody else annotated.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def forget_command(session: Session, /, login: str, *, keep_annotations: bool, remove_items: bool, yes: bool) -> None:
    """Take a person out of the base: name, account, own library and, but with --keep-annotations, all they wrote.

    Items that they shared in groups stay without a name. Files that are imported later do not bring them back.
    """
    words = Words.KEPT if keep_annotations else Words.REMOVED
    with closing(open_library(session.settings)) as library:
        leaving = leaving_of_person(library, OPERATOR, login)
        if not yes and sys.stdin.isatty():
            click.confirm(_question(session, leaving), abort=True, err=True)
        forget_person(library, OPERATOR, login, words, alone=remove_items)
        _follow(session, library)
    session.tell("“%(login)s” is forgotten.", login=login)


def _question(session: Session, leaving: Leaving) -> str:
    return session.words.say(
        "Forget %(name)s: %(items)s items shared, %(words)s annotations and replies. This cannot be undone. Go on?",
        name=leaving.user.name,
        items=leaving.shared + leaving.own_items,
        words=leaving.words,
    )


def _follow(session: Session, library: Library) -> None:
    """Have the index and its files forget too; a server that indexes already does it."""
    with bar(session.words.say("Indexing")) as progress:
        make_searchable(library, state(library).newest, progress)
    with background_lock(library.settings.data) as mine:
        while mine and cleanse(library, _SLICE):
            pass
