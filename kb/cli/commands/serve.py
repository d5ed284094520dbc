"""`kb serve` and `kb demo`: the web server, its workers and its background process."""

import errno
import os
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import Any

import click

from kb.cli.console import CommandMisused, CommandSession, print_error, print_line
from kb.cli.server.fork_server import fork_with_pipe, prepare_to_fork
from kb.cli.server.process_supervisor import ChildProcess, ChildProcesses, child_environment, report_restart
from kb.cli.server.worker_shared_files import new_server_folder, server_files
from kb.errors import FlorilegeError
from kb.freed_memory import keep_freed_memory_together
from kb.settings import DEFAULT_BASE_URL, check_fetching, settings_environment

_BACKLOG = 256
_PATIENCE = 2.0  # seconds in which a server that was just stopped lets go of its address


def _listening_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that both commands share."""
    workers = click.option(
        "--workers",
        type=click.IntRange(1, 64),
        default=1,
        show_default=True,
        help="The number of web server processes.",
    )
    port = click.option(
        "--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="The port; 0 takes a free one."
    )
    host = click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
    return host(port(workers(command)))


@click.command()
@_listening_options
@click.pass_obj
def serve(session: CommandSession, host: str, port: int, workers: int) -> int:
    """Start the server of the site and the API, and keep the index up to date."""
    return _serve(session, host, port, workers)


@click.command()
@_listening_options
@click.option("--no-serve", is_flag=True, help="Load the sample library and do not start the server.")
@click.pass_obj
def demo(session: CommandSession, host: str, port: int, workers: int, no_serve: bool) -> int:
    """Load a sample library in French if the database is empty, then start the server."""
    if not no_serve:
        return _serve(session, host, port, workers, with_samples=True)
    from kb.cli.database_setup import set_up_database  # noqa: PLC0415

    set_up_database(session, with_samples=True)
    return 0


def _serve(session: CommandSession, host: str, port: int, workers: int, *, with_samples: bool = False) -> int:
    settings = session.settings
    with _bound(host, port) as site:
        address = _address_of(site)
        if settings.base_url == DEFAULT_BASE_URL:
            settings = replace(settings, base_url=address)
            check_fetching(settings.fetch_loopback, settings.base_url)
        descriptor, folder = site.fileno(), new_server_folder(settings)
        # The children have the environment of this process.
        os.environ.update(child_environment(settings_environment(settings)))
        keep_freed_memory_together()
        numbers = map(str, range(workers))
        # These import slowly, and numpy reads the environment at its import.
        from kb.cli import database_setup  # noqa: PLC0415
        from kb.cli.server import child_main  # noqa: PLC0415

        family = ChildProcesses(
            children=(
                ChildProcess("web", ("web", str(descriptor), str(folder), *numbers)),
                ChildProcess("background", ("background",)),
            ),
            start=lambda child: fork_with_pipe(partial(child_main.main, list(child.arguments)), family.close_pipes),
            on_restart=partial(report_restart, settings),
        )
        with ExitStack() as until_children_end, family:
            database_setup.set_up_database(session, with_samples=with_samples)
            until_children_end.enter_context(server_files(folder, workers))
            _listen(site, host, port)
            child_main.import_work(settings)
            prepare_to_fork()
            family.start_all()
            print_line(session.translator.gettext("Florilège is at %(address)s", address=address))
            database_setup.report_index(session)
            try:
                database_setup.print_first_link(session, settings)
            except FlorilegeError as error:
                # A full disk must not end a site that can be read; the next start prints a link.
                print_error(session.translator.sentence(error))
            return family.run()


def _bound(host: str, port: int) -> socket.socket:
    """A socket with this address. Raises CommandMisused for a foreign address, FlorilegeError for one in use."""
    try:
        kind, _, _, _, number = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except (OSError, UnicodeError):
        raise CommandMisused("Invalid --host %(host)s: it is not an address.", host=host) from None
    bound = socket.socket(kind, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            bound.bind(number)
        except OSError as error:
            if error.errno == errno.EADDRINUSE and time.monotonic() < deadline:
                time.sleep(0.1)
                continue
            bound.close()
            raise _listen_error(error, host, port) from None
        return bound


def _listen(bound: socket.socket, host: str, port: int) -> None:
    """Accept connections: not before, so that nobody waits for a long migration. Raises as `_bound` does."""
    try:
        bound.listen(_BACKLOG)
    except OSError as error:
        raise _listen_error(error, host, port) from None


def _listen_error(error: OSError, host: str, port: int) -> FlorilegeError:
    match error.errno:
        case errno.EADDRINUSE:
            return FlorilegeError(
                "Port %(port)s is in use by another program; use --port to choose another port.", port=str(port)
            )
        case errno.EACCES:
            return FlorilegeError(
                "Port %(port)s is reserved for the system administrator; use --port to choose another port.",
                port=str(port),
            )
        case _:
            return CommandMisused("Invalid --host %(host)s: it is not an address of this machine.", host=host)


def _address_of(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
