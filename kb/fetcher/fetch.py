"""The two questions that the house asks of the web."""

from base64 import b64encode
from urllib.parse import unquote, urlsplit

from kb import __version__
from kb.fetcher.connections import Connector, Proxy, Resolver, Ways, connected, looked_up
from kb.fetcher.fetch_errors import FetchFailed
from kb.fetcher.redirects import fetched, looked_at
from kb.fetcher.response_facts import read_page
from kb.model.web_pages.address import web_address
from kb.model.web_pages.page_facts import FetchFailure, PageFacts, Presence
from kb.settings import Settings
from kb.settings.fetcher import ALLOW, OFF, is_loopback

_PROXY_PORT = 3128


def fetch(
    address: str, settings: Settings, *, resolver: Resolver = looked_up, connector: Connector = connected
) -> PageFacts:
    """What the page at an http(s) address says of itself. Raises FetchFailed.

    It takes 20 seconds at most to ask, and 40 to read what came, which a process of its own does.
    """
    return read_page(fetched(address, _ways(settings, resolver, connector)))


def is_there(
    address: str, settings: Settings, *, resolver: Resolver = looked_up, connector: Connector = connected
) -> Presence:
    """Whether an address still leads to something; at most 10 seconds, and nothing is read of the page itself."""
    try:
        return looked_at(address, _ways(settings, resolver, connector))
    except FetchFailed as failed:
        return Presence(address, failed.status, failed.failure)


def _ways(settings: Settings, resolver: Resolver, connector: Connector) -> Ways:
    if settings.fetch == OFF:
        raise FetchFailed(FetchFailure.OFF)
    return Ways(
        agent=f"Florilege/{__version__} (+{web_address(settings.base_url)})",
        resolver=resolver,
        connector=connector,
        proxy=_proxy_of(settings.fetch_proxy),
        # Asked again here: settings can be made otherwise than at start.
        loopback=settings.fetch_loopback == ALLOW and is_loopback(settings.base_url),
    )


def _proxy_of(address: str) -> Proxy | None:
    if not address:
        return None
    parts = urlsplit(address)
    who = ""
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        who = f"Basic {b64encode(pair.encode()).decode()}"
    return Proxy(parts.hostname or "", parts.port or _PROXY_PORT, who)
