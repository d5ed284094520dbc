"""Parse an address into host, port and request target; refuse addresses that must never be requested."""

from dataclasses import dataclass
from ipaddress import ip_address

from ada_url import URL

from kb.fetcher.public_addresses import is_public
from kb.model.web_pages.page_facts import FetchFailed, FetchFailure

LONGEST_ADDRESS = 8_000
"""Characters; longer ones are refused by most servers."""
_LONGEST_HOST = 253
_PORTS = {"http": 80, "https": 443}
_ALLOWED_PORTS = frozenset({80, 443, 8080, 8443})
"""Ports where pages are: at others listen databases, mail servers and the like."""
_LOCALHOST = "localhost"
# Names that resolve only inside a network (RFC 6761, 6762, 7686, 8375, 9476, and by custom).
_INTERNAL_DOMAINS = frozenset(
    "localhost localdomain local internal intranet private corp home lan arpa test invalid onion alt".split()
)


@dataclass(frozen=True, slots=True)
class UrlTarget:
    """A parsed http(s) address, as browsers read it.

    `href` is the whole in ASCII, without fragment; `host` a lower-case ASCII name without a final dot, or a numeric
    address without brackets; `request_target` the path with the query. `names_loopback`: it is this machine.
    """

    href: str
    secure: bool
    host: str
    port: int
    request_target: str
    is_ip_address: bool
    names_loopback: bool = False

    @property
    def authority(self) -> str:
        """The host and, unless it is the default, the port, as in the header `Host`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS["https" if self.secure else "http"] else f"{host}:{self.port}"


def parse_url_target(address: str, *, base: str | None = None, loopback: bool = False) -> UrlTarget:
    """Parse an address, relative to a base if it is not complete. Raises FetchFailed: ADDRESS, or REFUSED.

    Names and numeric addresses are checked here; the addresses of a name are checked where it is resolved.
    """
    if len(address) > LONGEST_ADDRESS:
        raise FetchFailed(FetchFailure.ADDRESS, "too long")
    try:
        url = URL(address.strip(), base=base)
        port = int(url.port or _PORTS.get(url.protocol.removesuffix(":"), 0))
    except ValueError:
        raise FetchFailed(FetchFailure.ADDRESS, "no address") from None
    host = url.hostname.strip("[]").removesuffix(".")
    if url.protocol not in ("http:", "https:") or not host or url.username or url.password:
        raise FetchFailed(FetchFailure.ADDRESS, "another scheme, no host, or a password")
    is_number = _is_number(host)
    here = loopback and (host == _LOCALHOST or (is_number and is_public(host, loopback=True) and not is_public(host)))
    url.hash = ""
    if not here:
        _check_host_and_port(host, port, is_number=is_number)
    return UrlTarget(
        str(url.href).removesuffix("#"),
        secure=url.protocol == "https:",
        host=host,
        port=port,
        request_target=f"{url.pathname}{url.search}",
        is_ip_address=is_number,
        names_loopback=here,
    )


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _check_host_and_port(host: str, port: int, *, is_number: bool) -> None:
    if port not in _ALLOWED_PORTS:
        raise FetchFailed(FetchFailure.REFUSED, f"port {port}")
    if is_number:
        if not is_public(host):
            raise FetchFailed(FetchFailure.REFUSED, host)
        return
    labels = host.split(".")
    if len(labels) < 2 or labels[-1] in _INTERNAL_DOMAINS:
        raise FetchFailed(FetchFailure.REFUSED, host)
    if len(host) > _LONGEST_HOST or not all(0 < len(label) < 64 for label in labels):
        raise FetchFailed(FetchFailure.ADDRESS, "no name of a host")
