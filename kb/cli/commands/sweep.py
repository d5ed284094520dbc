"""`kb sweep`: delete expired data now, as the background process does each hour."""

import click

from kb.cli.console import CommandSession
from kb.services.admin.expired_data import purge_expired_data


@click.command("sweep")
@click.pass_obj
def sweep_command(session: CommandSession) -> None:
    """Delete expired data: trash, audit log, sessions, invitations. A running server does this each hour."""
    with session.library() as library:
        swept = purge_expired_data(library)
    session.report(
        "Deleted: %(bin)s items from the trash, %(log)s lines of the audit log, %(credentials)s sessions and tokens.",
        bin=swept.bin,
        log=swept.log,
        credentials=swept.credentials,
    )
