"""`kb person`: export or erase the personal data of a person, with an account or without."""

import sys

import click

from kb.access.actor import OPERATOR
from kb.cli.console import CommandSession
from kb.cli.files import open_output, replace_option
from kb.indexer import hold_leader_lock, merge_dropped
from kb.services.accounts.account_deletion import (
    AccountDeletionPreview,
    AnnotationHandling,
    erase_person,
    person_deletion_preview,
)
from kb.services.accounts.personal_data_export import write_personal_data_of
from kb.services.core.library import Library

_SLICE = 1.0  # seconds of work on the index between two looks whether it is done


@click.group()
def person() -> None:
    """Export or erase the personal data of a person."""


@person.command("data")
@click.argument("login")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    required=True,
    help="The ZIP file to write, which appears only on success; - is standard output.",
)
@replace_option
@click.pass_obj
def data_command(session: CommandSession, login: str, output: str, *, replace: bool) -> None:
    """Export all data about a person from the database to a ZIP file: account, log, contributions."""
    with session.library() as library, open_output(output, replace=replace) as file:
        write_personal_data_of(library, OPERATOR, login, file)


@person.command("forget")
@click.argument("login")
@click.option("--keep-annotations", is_flag=True, help="Keep their annotations and replies, without a name.")
@click.option(
    "--remove-items", is_flag=True, help="Remove the items that they shared and that no other user annotated."
)
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@click.pass_obj
def forget_command(
    session: CommandSession, /, login: str, *, keep_annotations: bool, remove_items: bool, yes: bool
) -> None:
    """Erase a person from the database: name, account, own library and, without --keep-annotations, their annotations.

    The items that they shared in groups stay, without a name. A later import of a file does not bring them back.
    """
    words = AnnotationHandling.KEEP if keep_annotations else AnnotationHandling.REMOVED
    with session.library() as library:
        leaving = person_deletion_preview(library, OPERATOR, login)
        if not yes and sys.stdin.isatty():
            click.confirm(_question(session, leaving), abort=True, err=True)
        erase_person(library, OPERATOR, login, words, alone=remove_items)
        _update_index(session, library)
    session.report("“%(login)s” is erased.", login=login)


def _question(session: CommandSession, leaving: AccountDeletionPreview) -> str:
    translator = session.translator
    return translator.gettext(
        "Erase %(name)s: %(items)s, %(words)s. This cannot be undone. Continue?",
        name=leaving.user.name,
        items=translator.ngettext(
            "%(count)s shared item", "%(count)s shared items", leaving.shared + leaving.own_items
        ),
        words=translator.ngettext("%(count)s annotation or reply", "%(count)s annotations and replies", leaving.words),
    )


def _update_index(session: CommandSession, library: Library) -> None:
    """Remove the data from the index and its files, unless a running server does it."""
    session.index_changes(library)
    with hold_leader_lock(library.settings.data) as is_leader:
        while is_leader and merge_dropped(library, _SLICE):
            pass
