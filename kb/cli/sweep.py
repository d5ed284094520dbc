"""`kb sweep`: what the background process does each hour, at once."""

import click

from kb.cli.speaking import Session
from kb.library.opening import open_library
from kb.library.sweeping import sweep


@click.command("sweep")
@click.pass_obj
def sweep_command(session: Session) -> None:
    """Drop all whose time has come: the bin, the log, sessions, invitations. A server does it each hour."""
    library = open_library(session.settings)
    try:
        swept = sweep(library)
    finally:
        library.close()
    session.tell(
        "Dropped: %(bin)s from the bin, %(log)s lines of the log, %(credentials)s sessions and tokens.",
        bin=swept.bin,
        log=swept.log,
        credentials=swept.credentials,
    )
