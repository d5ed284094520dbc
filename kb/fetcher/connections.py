"""Connect to another host: resolve its name once, check the addresses, and connect to one of them.

A name may resolve to other addresses a moment later. The connection therefore goes to the address that was checked;
the name is never resolved again.
"""

import errno
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import BoundedSemaphore, Thread

from kb.fetcher.public_addresses import is_public
from kb.fetcher.url_targets import UrlTarget
from kb.model.web_pages.page_facts import FetchFailed, FetchFailure

_CONNECT_TIMEOUT = 5.0  # seconds for each address of a name
_LOOKUP_TIMEOUT = 8.0  # seconds
_IDLE_TIMEOUT = 8.0  # seconds between two pieces
_MOST_TRIED = 4
_LOOKUP_SLOTS = BoundedSemaphore(16)
"""A name look-up cannot be interrupted: an abandoned one goes on in its thread, and there are so many at most."""
_NO_HOST_ERRORS = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})
_LOOPBACK_ADDRESS = "127.0.0.1"


Resolver = Callable[[str, float], tuple[str, ...]]
"""A function from a host and seconds to numeric addresses. Raises FetchFailed: NO_HOST, DNS or TIMEOUT."""
Connector = Callable[[str, int, float], socket.socket]
"""A function that connects to a numeric address and port, within seconds. Raises OSError."""


@dataclass(frozen=True, slots=True)
class FetchDeadline:
    """The deadline of a fetch, by the monotonic clock."""

    until: float

    @classmethod
    def after(cls, seconds: float) -> "FetchDeadline":
        """The deadline in so many seconds."""
        return cls(time.monotonic() + seconds)

    def left(self, most: float = _IDLE_TIMEOUT) -> float:
        """The seconds that the next step may take. Raises FetchFailed if none are left."""
        remaining = self.until - time.monotonic()
        if remaining <= 0:
            raise FetchFailed(FetchFailure.TIMEOUT, "in all")
        return min(remaining, most)


@dataclass(frozen=True, slots=True)
class WebProxy:
    """A proxy to the web; `authorization` is the value of its header, if it needs one."""

    host: str
    port: int
    authorization: str = ""


def resolve_host(host: str, seconds: float) -> tuple[str, ...]:
    """The addresses of a host by the system's resolver, without the domains that it would append."""
    if not _LOOKUP_SLOTS.acquire(blocking=False):
        raise FetchFailed(FetchFailure.DNS, "too many names are being looked up")
    answers: SimpleQueue[tuple[str, ...] | OSError | UnicodeError] = SimpleQueue()
    Thread(target=_resolve_host_in_thread, args=(host, answers.put), daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except Empty:
        raise FetchFailed(FetchFailure.DNS, "no answer") from None
    match answer:
        case UnicodeError():
            raise FetchFailed(FetchFailure.ADDRESS, "no name of a host")
        case OSError():
            named = answer.errno not in _NO_HOST_ERRORS
            raise FetchFailed(FetchFailure.DNS if named else FetchFailure.NO_HOST, str(answer))
        case _:
            return answer


def _resolve_host_in_thread(host: str, answer: Callable[[tuple[str, ...] | OSError | UnicodeError], None]) -> None:
    try:
        records = socket.getaddrinfo(f"{host}.", None, type=socket.SOCK_STREAM)
        answer(tuple(dict.fromkeys(str(name[0]) for *_, name in records)))
    except (OSError, UnicodeError) as error:
        answer(error)
    finally:
        _LOOKUP_SLOTS.release()


def open_connection(address: str, port: int, seconds: float) -> socket.socket:
    """Connect to a numeric address, or to a proxy by its name."""
    return socket.create_connection((address, port), timeout=seconds)


@dataclass(frozen=True, slots=True)
class WebAccess:
    """The way to the web from this machine; `loopback` permits requests to this machine itself."""

    agent: str
    resolver: Resolver = resolve_host
    connector: Connector = open_connection
    proxy: WebProxy | None = None
    loopback: bool = False

    def to(self, target: UrlTarget, deadline: FetchDeadline) -> socket.socket:
        """A connection to a target, without TLS. Raises FetchFailed."""
        failure = FetchFailed(FetchFailure.UNREACHABLE, "no address")
        for address in self.addresses(target, deadline)[:_MOST_TRIED]:
            try:
                return self.connector(address, target.port, deadline.left(_CONNECT_TIMEOUT))
            except TimeoutError as error:
                failure = FetchFailed(FetchFailure.TIMEOUT, repr(error))
            except OSError as error:
                name = errno.errorcode.get(error.errno or 0, "")
                failure = FetchFailed(FetchFailure.UNREACHABLE, f"{type(error).__name__} {name}")
        raise failure

    def addresses(self, target: UrlTarget, deadline: FetchDeadline) -> tuple[str, ...]:
        """The addresses of a target. Raises FetchFailed, REFUSED if a single one of them is not public."""
        if target.is_ip_address:
            return (target.host,)
        if target.names_loopback:
            return (_LOOPBACK_ADDRESS,)
        addresses = self.resolver(target.host, deadline.left(_LOOKUP_TIMEOUT))
        inner = [address for address in addresses if not is_public(address)]
        if inner:
            raise FetchFailed(FetchFailure.REFUSED, f"{target.host} is {inner[0]}")
        return addresses

    def connect_to_proxy(self, proxy: WebProxy, target: UrlTarget, deadline: FetchDeadline) -> socket.socket:
        """A connection to the proxy, for a target that is public as far as this machine knows."""
        try:
            self.addresses(target, deadline)
        except FetchFailed as failed:
            # In many networks only the proxy can resolve outside names.
            if failed.failure not in (FetchFailure.NO_HOST, FetchFailure.DNS):
                raise
        try:
            return self.connector(proxy.host, proxy.port, deadline.left(_CONNECT_TIMEOUT))
        except OSError as error:
            raise FetchFailed(FetchFailure.UNREACHABLE, f"the proxy: {type(error).__name__}") from None


def start_tls(connection: socket.socket, host: str, deadline: FetchDeadline) -> ssl.SSLSocket:
    """Start TLS on the connection, with a certificate that is valid for the host. Raises FetchFailed."""
    connection.settimeout(deadline.left())
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    try:
        return context.wrap_socket(connection, server_hostname=host)
    except ssl.SSLCertVerificationError as error:
        raise FetchFailed(FetchFailure.CERTIFICATE, error.verify_message) from None
    except TimeoutError:
        raise FetchFailed(FetchFailure.TIMEOUT, "TLS") from None
    except (OSError, ValueError) as error:
        raise FetchFailed(FetchFailure.UNREACHABLE, f"TLS: {error}") from None
