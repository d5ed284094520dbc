"""The proxy hops of a request that are trusted."""

from typing import Any

import pytest

from kb.model.people.network_address import UNKNOWN, network_of
from kb.web.http.middleware.proxy_headers import PROXY_LOGIN, ProxyHeadersMiddleware
from tests.support.event_loop import run

OURS = "10.0.0.0/8 2001:db8::/32"


async def forwarded_scope(peer: str | None, headers: list[tuple[str, str]], proxies: str = OURS) -> dict[str, Any]:
    """The ASGI scope that the application behind the middleware receives."""
    scopes: list[Any] = []

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        scopes.append(scope)

    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
    scope = {"type": "http", "scheme": "http", "headers": raw, PROXY_LOGIN: "intrus"}
    scope["client"] = (peer, 4711) if peer else None
    await ProxyHeadersMiddleware(app, proxies=proxies, login_header="X-Remote-User")(scope, None, None)  # type: ignore[arg-type]
    return dict(scopes[0])


def client_of(peer: str, *forwarded: str) -> str:
    return str(run(forwarded_scope(peer, [("X-Forwarded-For", value) for value in forwarded]))["client"][0])


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.1", ("198.51.100.7",), "192.0.2.1"),
        ("10.0.0.1", (), "10.0.0.1"),
        ("10.0.0.1", ("198.51.100.7",), "198.51.100.7"),
        ("10.0.0.1", ("203.0.113.9, 198.51.100.7",), "198.51.100.7"),
        ("10.0.0.1", ("203.0.113.9", "198.51.100.7, 10.0.0.2"), "198.51.100.7"),
        ("10.0.0.1", ("10.0.0.3,10.0.0.2",), "10.0.0.3"),
        ("10.0.0.1", ("203.0.113.9, inconnu",), "unknown"),
        ("10.0.0.1", ("203.0.113.9, inconnu, 10.0.0.2",), "unknown"),
        ("10.0.0.1", ("unknown",), "unknown"),
        ("10.0.0.1", ("198.51.100.7, 127.0.0.1",), "unknown"),
        ("10.0.0.1", ("198.51.100.7, [::1]:80",), "unknown"),
        ("10.0.0.1", ("::ffff:127.0.0.1",), "unknown"),
        ("10.0.0.1", ("198.51.100.7:4711",), "198.51.100.7"),
        ("10.0.0.1", ("[2001:db9::7]:4711",), "2001:db9::7"),
        ("2001:db8::1", ('"[2001:db9::7]"',), "2001:db9::7"),
        ("::ffff:10.0.0.1", ("::ffff:198.51.100.7",), "198.51.100.7"),
        ("10.0.0.1", (",".join(["203.0.113.9"] * 5000) + ", 198.51.100.7",), "198.51.100.7"),
        ("10.0.0.1", ("",), "unknown"),
        ("testclient", ("198.51.100.7",), "testclient"),
    ],
)
def test_the_client_is_the_last_hop_that_is_no_trusted_proxy(
    peer: str, forwarded: tuple[str, ...], client: str
) -> None:
    assert client_of(peer, *forwarded) == client


@pytest.mark.parametrize("forwarded", [(), ("",), ("127.0.0.1",), ("::1", "127.0.0.1"), ("unknown",)])
def test_a_local_proxy_that_names_no_client_does_not_lift_the_limits(forwarded: tuple[str, ...]) -> None:
    headers = [("X-Forwarded-For", value) for value in forwarded]
    client = run(forwarded_scope("127.0.0.1", headers, proxies="127.0.0.1 ::1"))["client"][0]
    assert network_of(client) == client == UNKNOWN


@pytest.mark.parametrize(("peer", "scheme"), [("10.0.0.1", "https"), ("192.0.2.1", "http")])
def test_the_scheme_is_accepted_from_a_proxy_only(peer: str, scheme: str) -> None:
    assert run(forwarded_scope(peer, [("X-Forwarded-Proto", "https")]))["scheme"] == scheme


@pytest.mark.parametrize(
    ("peer", "headers", "named"),
    [
        ("10.0.0.1", ["claire"], "claire"),
        ("10.0.0.1", [" claire "], "claire"),
        ("10.0.0.1", ["claire", "paul"], ""),
        ("10.0.0.1", [], ""),
        ("192.0.2.1", ["claire"], ""),
        (None, ["claire"], ""),
    ],
)
def test_a_login_is_accepted_from_a_proxy_only_and_once(peer: str | None, headers: list[str], named: str) -> None:
    scope = run(forwarded_scope(peer, [("X-Remote-User", header) for header in headers] + [("X-Other", "a")]))
    assert scope.get(PROXY_LOGIN, "") == named
    assert scope["headers"] == [(b"x-other", b"a")]


def test_without_a_proxy_headers_are_ignored() -> None:
    headers = [("X-Forwarded-For", "198.51.100.7"), ("X-Remote-User", "claire")]
    scope = run(forwarded_scope("127.0.0.1", headers, proxies=""))
    assert (scope["client"][0], scope.get(PROXY_LOGIN, "")) == ("127.0.0.1", "")
