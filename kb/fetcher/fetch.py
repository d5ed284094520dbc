"""The requests that the program makes to the web."""

from base64 import b64encode
from collections.abc import Sequence
from contextlib import closing
from urllib.parse import unquote, urlsplit

from kb import __version__
from kb.fetcher.connections import (
    Connector,
    FetchDeadline,
    Resolver,
    WebAccess,
    WebProxy,
    open_connection,
    resolve_host,
)
from kb.fetcher.http_request import HttpConnection
from kb.fetcher.page_facts_cleaning import page_facts_of
from kb.fetcher.redirects import check_presence, fetch_response
from kb.fetcher.url_targets import parse_url_target
from kb.model.web_pages.canonical_address import web_address
from kb.model.web_pages.page_facts import FetchFailed, FetchFailure, LinkPresence, PageFacts
from kb.settings import ALLOW, OFF, Settings, is_loopback

_PROXY_PORT = 3128
_POST_SECONDS = 10.0


def fetch(
    address: str, settings: Settings, *, resolver: Resolver = resolve_host, connector: Connector = open_connection
) -> PageFacts:
    """The facts of the page at an http(s) address. Raises FetchFailed.

    The request takes 20 seconds at most. A subprocess then reads the page, in 40 seconds at most.
    """
    return page_facts_of(fetch_response(address, _web_access(settings, resolver, connector)))


def check_link_presence(
    address: str, settings: Settings, *, resolver: Resolver = resolve_host, connector: Connector = open_connection
) -> LinkPresence:
    """Whether an address still works; takes at most 10 seconds, and does not read the page itself."""
    try:
        return check_presence(address, _web_access(settings, resolver, connector))
    except FetchFailed as failed:
        return LinkPresence(address, failed.status, failed.failure)


def post(
    address: str,
    body: bytes,
    headers: Sequence[tuple[str, str]],
    settings: Settings,
    *,
    resolver: Resolver = resolve_host,
    connector: Connector = open_connection,
) -> int:
    """Send a body to an http(s) address and return the status of the answer, which is not read further. Raises
    FetchFailed.

    It takes at most 10 seconds. No redirect is followed, because the body is only for this address.
    """
    access = _web_access(settings, resolver, connector)
    target = parse_url_target(address, loopback=access.loopback)
    with closing(HttpConnection(target, access, FetchDeadline.after(_POST_SECONDS))) as connection:
        return connection.post(body, headers)


def posted_host(address: str, settings: Settings) -> str:
    """The host of an address to which `post` may send; its name is not looked up yet. Raises FetchFailed."""
    return parse_url_target(address, loopback=_web_access(settings, resolve_host, open_connection).loopback).host


def _web_access(settings: Settings, resolver: Resolver, connector: Connector) -> WebAccess:
    if settings.fetch == OFF:
        raise FetchFailed(FetchFailure.OFF)
    return WebAccess(
        agent=f"Florilege/{__version__} (+{web_address(settings.base_url)})",
        resolver=resolver,
        connector=connector,
        proxy=_proxy_from_address(settings.fetch_proxy),
        # Checked again here, because settings can also be made without the check at start.
        loopback=settings.fetch_loopback == ALLOW and is_loopback(settings.base_url),
    )


def _proxy_from_address(address: str) -> WebProxy | None:
    if not address:
        return None
    parts = urlsplit(address)
    who = ""
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        who = f"Basic {b64encode(pair.encode()).decode()}"
    return WebProxy(parts.hostname or "", parts.port or _PROXY_PORT, who)
