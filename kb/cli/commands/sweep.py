"""`kb sweep`: delete expired data now, as the background process does each hour."""

import click

from kb.cli.console import CommandSession
from kb.services.admin.expired_data import purge_expired_data
from kb.services.core.library import open_library


@click.command("sweep")
@click.pass_obj
def sweep_command(session: CommandSession) -> None:
    """Delete expired data: trash, audit log, sessions, invitations. A running server does this each hour."""
    library = open_library(session.settings)
    try:
        swept = purge_expired_data(library)
    finally:
        library.close()
    session.tell(
        "Deleted: %(bin)s items from the trash, %(log)s lines of the audit log, %(credentials)s sessions and tokens.",
        bin=swept.bin,
        log=swept.log,
        credentials=swept.credentials,
    )
