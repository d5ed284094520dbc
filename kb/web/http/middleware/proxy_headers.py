"""Headers in which a proxy names the client; only those from a configured proxy's address are trusted."""

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

from starlette.types import ASGIApp, Receive, Scope, Send

from kb.model.people.network_address import UNKNOWN, network_of
from kb.settings import networks_of

PROXY_LOGIN = "kb.named"
"""The key in a request's scope for the login that a proxy gives."""
REQUEST_ID = "kb.request-id"
"""The key in a request's scope for the id that a proxy has given the request."""
_REQUEST_ID = re.compile(rb"[A-Za-z0-9_-]{8,64}")
"""Such as a UUID, or 32 hexadecimal digits: it is copied into logs and answers."""
_LONGEST_LOGIN = 200
_MOST_HOPS = 100


class ProxyHeadersMiddleware:
    """Replaces the proxy's address by the client's, and stores the login and the request id that the proxy gives.

    `proxies` are networks; `login_header` is the header with a login, empty for none. From any other client, both
    headers are ignored, and the login header is removed before anything else reads it.
    """

    def __init__(self, app: ASGIApp, *, proxies: str, login_header: str) -> None:
        self._app = app
        self._networks = networks_of(proxies)
        # Almost all requests have one of few addresses.
        self._is_ours = lru_cache(maxsize=256)(self._is_in_networks)
        self._login_header = login_header.casefold().encode("ascii")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(self._forwarded_scope(scope) if scope["type"] == "http" else scope, receive, send)

    def _forwarded_scope(self, scope: Scope) -> Scope:
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        named = [value for name, value in headers if self._login_header and name == self._login_header]
        others = [pair for pair in headers if pair[0] != self._login_header] if named else headers
        forwarded = {**scope, "headers": others}
        forwarded.pop(PROXY_LOGIN, None)
        forwarded.pop(REQUEST_ID, None)
        if not self._is_ours(scope["client"][0] if scope["client"] else ""):
            return forwarded
        hops = [part for name, value in headers if name == b"x-forwarded-for" for part in value.split(b",")]
        forwarded["client"] = (self._client_address(scope["client"][0], hops[-_MOST_HOPS:]), 0)
        schemes = [value.strip() for name, value in headers if name == b"x-forwarded-proto"]
        if schemes and schemes[-1] in {b"http", b"https"}:
            forwarded["scheme"] = schemes[-1].decode("ascii")
        ids = [value for name, value in headers if name == b"x-request-id"]
        if len(ids) == 1 and _REQUEST_ID.fullmatch(ids[0]):
            forwarded[REQUEST_ID] = ids[0].decode("ascii")
        # Two headers: the proxy's, and one from the client that it failed to remove.
        if len(named) == 1:
            forwarded[PROXY_LOGIN] = named[0].decode("utf-8", "replace").strip()[:_LONGEST_LOGIN]
        return forwarded

    def _client_address(self, peer: str, hops: list[bytes]) -> str:
        """The last hop that is not a trusted proxy: earlier hops can be forged.

        UNKNOWN for a hop that is not an address, or that is this machine, which has no limits: a proxy that does not
        know its client, or repeats what the client claims, must not remove the limits.
        """
        client = peer
        for hop in reversed(hops):
            address = _address(hop.decode("latin-1"))
            if address is None:
                return UNKNOWN
            client = str(address)
            if not self._is_ours(client):
                break
        return client if network_of(client) else UNKNOWN

    def _is_in_networks(self, text: str) -> bool:
        address = _address(text)
        return address is not None and any(address in network for network in self._networks)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """The address of a hop; some proxies add a port."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
