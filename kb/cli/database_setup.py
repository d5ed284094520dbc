"""Prepare the database when `kb serve` starts. This module imports slowly, so the processes start before it does."""

from kb.access.actor import AccessScope
from kb.cli.console import CommandSession, print_error, print_line
from kb.errors import Unavailable
from kb.indexer import index_state
from kb.services.accounts.one_time_links import first_administrator_link
from kb.services.core.library import open_library
from kb.settings import Settings
from kb.store import migrate, open_store


def set_up_database(session: CommandSession, *, with_samples: bool) -> None:
    """Create the database or upgrade it to the newest schema; load the sample library into an empty one."""
    settings = session.settings
    settings.data.mkdir(parents=True, exist_ok=True)
    migrate(settings.store_url)
    if with_samples and _is_empty(settings):
        # An import of items needs far more modules than the start of a site that has some.
        from kb.cli.sample_library import load_samples  # noqa: PLC0415

        load_samples(session)


def _is_empty(settings: Settings) -> bool:
    store = open_store(settings.store_url)
    try:
        with store.read() as reading:
            return not reading.items.count(AccessScope(everything=True))
    finally:
        store.close()


def report_index(session: CommandSession) -> None:
    """Report an index that cannot be searched: the site starts all the same, and reports it too."""
    library = open_library(session.settings)
    try:
        index_state(library)
    except Unavailable as error:
        print_error(session.words.sentence(error))
    finally:
        library.close()


def print_first_link(session: CommandSession, settings: Settings) -> None:
    """Print the link that makes the first administrator, as long as there is none."""
    library = open_library(settings)
    try:
        secret = first_administrator_link(library)
    finally:
        library.close()
    if secret is not None:
        address = f"{settings.base_url}/welcome/{secret}"
        print_line(session.words.say("One-time link to create the administrator account: %(address)s", address=address))
