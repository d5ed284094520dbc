"""`kb serve` and `kb demo`: the site, its workers and its one background process."""

import errno
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import click

from kb.cli.processes import Child, Family
from kb.cli.samples import load_samples
from kb.cli.speaking import Misused, Session, complain, say
from kb.errors import FlorilegeError, Unavailable
from kb.indexer import state
from kb.library.letting_in import first_link
from kb.library.opening import open_library
from kb.settings import DEFAULT_BASE_URL, Settings, check_fetching, environment_of
from kb.store import migrate

_BACKLOG = 256
_PATIENCE = 2.0  # seconds in which a server that was just stopped lets go of its address


def _place(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that both commands have."""
    workers = click.option(
        "--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes that answer."
    )
    port = click.option(
        "--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 takes a free one."
    )
    host = click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
    return host(port(workers(command)))


@click.command()
@_place
@click.pass_obj
def serve(session: Session, host: str, port: int, workers: int) -> int:
    """Serve the site and the API, and keep the index up to date."""
    return _serve(session, host, port, workers)


@click.command()
@_place
@click.option("--no-serve", is_flag=True, help="Only load the sample library.")
@click.pass_obj
def demo(session: Session, host: str, port: int, workers: int, no_serve: bool) -> int:
    """Load a sample library in French if there is nothing yet, then serve."""
    load_samples(session)
    return 0 if no_serve else _serve(session, host, port, workers)


def _serve(session: Session, host: str, port: int, workers: int) -> int:
    settings = session.settings
    settings.data.mkdir(parents=True, exist_ok=True)
    migrate(settings.store_url)
    _tell_of_index(session)
    with _listening(host, port) as listening:
        address = _address_of(listening)
        if settings.base_url == DEFAULT_BASE_URL:
            settings = replace(settings, base_url=address)
            check_fetching(settings.fetch_loopback, settings.base_url)
        say(session.words.say("Florilège is at %(address)s", address=address))
        _tell_of_first_link(session, settings)
        descriptor = listening.fileno()
        family = Family(
            children=(
                Child("background", ("background",)),
                *(Child("web", ("web", str(descriptor))) for _ in range(workers)),
            ),
            environment=environment_of(settings),
            sockets=(descriptor,),
            told=lambda name: session.tell("The process “%(name)s” ended; it is started again.", name=name),
        )
        return family.run()


def _tell_of_index(session: Session) -> None:
    """Say so when the index cannot be searched: the site is served, and says so too."""
    library = open_library(session.settings)
    try:
        state(library)
    except Unavailable as error:
        complain(session.words.sentence(error))
    finally:
        library.close()


def _tell_of_first_link(session: Session, settings: Settings) -> None:
    """Give the link that makes the first administrator, as long as there is none."""
    library = open_library(settings)
    try:
        secret = first_link(library)
    finally:
        library.close()
    if secret is not None:
        address = f"{settings.base_url}/welcome/{secret}"
        say(session.words.say("Become the administrator, by this link that works once: %(address)s", address=address))


def _listening(host: str, port: int) -> socket.socket:
    """A socket that listens. Raises Misused for an address that is not ours, FlorilegeError for one that is taken."""
    try:
        kind, _, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except (OSError, UnicodeError):
        raise Misused("--host cannot be %(host)s: it names no address.", host=host) from None
    listening = socket.socket(kind, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            listening.bind(place)
            listening.listen(_BACKLOG)
        except OSError as error:
            if error.errno == errno.EADDRINUSE and time.monotonic() < deadline:
                time.sleep(0.1)
                continue
            listening.close()
            raise _refusal(error, host, port) from None
        return listening


def _refusal(error: OSError, host: str, port: int) -> FlorilegeError:
    match error.errno:
        case errno.EADDRINUSE:
            return FlorilegeError(
                "Port %(port)s is taken by another program; --port chooses another one.", port=str(port)
            )
        case errno.EACCES:
            return FlorilegeError(
                "Port %(port)s is kept for the administrator; --port chooses another one.", port=str(port)
            )
        case _:
            return Misused("--host cannot be %(host)s: it is not an address of this machine.", host=host)


def _address_of(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
