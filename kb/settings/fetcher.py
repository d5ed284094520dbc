"""Settings of fetching pages from other sites."""

from collections.abc import Callable, Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from kb.errors import Invalid

ON, OFF = "on", "off"
ALLOW, REFUSE = "allow", "refuse"
_LONGEST = 1000


def check_fetching(loopback: str, base_url: str) -> None:
    """Raise Invalid if pages of this machine would be fetched for users of other machines."""
    if loopback == ALLOW and not is_loopback(base_url):
        raise Invalid(
            "%(name)s=%(value)s is for tests: then %(other)s must be http, at an address of this machine.",
            name="KB_FETCH_LOOPBACK",
            value=ALLOW,
            other="KB_BASE_URL",
        )


def is_loopback(base_url: str) -> bool:
    """Whether the address of the site is reachable only from its own machine, without https."""
    parts = urlsplit(base_url)
    try:
        here = parts.hostname == "localhost" or ip_address(parts.hostname or "").is_loopback
    except ValueError:
        here = False
    return here and parts.scheme == "http"


def _switch(name: str, value: str) -> str:
    if value not in (ON, OFF):
        raise Invalid("%(name)s must be one of %(known)s.", name=name, known=f"{ON}, {OFF}")
    return value


def _loopback(name: str, value: str) -> str:
    if value not in (ALLOW, REFUSE):
        raise Invalid("%(name)s must be one of %(known)s.", name=name, known=f"{REFUSE}, {ALLOW}")
    return value


def _proxy(name: str, value: str) -> str:
    if not value:
        return value
    try:
        parts = urlsplit(value)
        good = parts.scheme == "http" and parts.hostname and parts.port != 0 and not parts.path.strip("/")
    except ValueError:
        good = False
    plain = value.isascii() and value.isprintable() and " " not in value and len(value) <= _LONGEST
    if not good or not plain or parts.query or parts.fragment:
        raise Invalid("%(name)s must name a proxy, such as http://proxy.example.org:3128.", name=name)
    return value.rstrip("/")


FETCHING_READERS: Mapping[str, Callable[[str, str], str]] = {
    "fetch": _switch,
    "fetch_loopback": _loopback,
    "fetch_proxy": _proxy,
}
