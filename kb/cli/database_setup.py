"""Prepare the database when `kb serve` starts. This module imports slowly, so the processes start before it does."""

from kb.access.actor import AccessScope
from kb.cli.console import CommandSession, print_error, print_line
from kb.errors import Unavailable
from kb.indexer import index_state
from kb.services.accounts.one_time_links import first_administrator_link
from kb.settings import Settings


def set_up_database(session: CommandSession, *, with_samples: bool) -> None:
    """Create the database or upgrade it to the newest schema; load the sample library into an empty one."""
    session.create_data_folder()
    if not with_samples:
        return
    with session.library() as library, library.store.read() as reading:
        is_empty = not reading.items.count(AccessScope(everything=True))
    if is_empty:
        # An import of items needs far more modules than the start of a site that has some.
        from kb.cli.sample_library import load_samples  # noqa: PLC0415

        load_samples(session)


def report_index(session: CommandSession) -> None:
    """Report an index that cannot be searched: the site starts all the same, and reports it too."""
    with session.library() as library:
        try:
            index_state(library)
        except Unavailable as error:
            print_error(session.translator.sentence(error))


def print_first_link(session: CommandSession, settings: Settings) -> None:
    """Print the link that makes the first administrator, as long as there is none."""
    with session.library() as library:
        secret = first_administrator_link(library)
    if secret is not None:
        address = f"{settings.base_url}/welcome/{secret}"
        print_line(
            session.translator.gettext(
                "One-time link to create the administrator account: %(address)s", address=address
            )
        )
