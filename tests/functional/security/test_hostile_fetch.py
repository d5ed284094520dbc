"""Fetches of hostile sites fail with a message, within bounded time and memory."""

import gzip
import zlib
from collections.abc import Iterator
from functools import cache

import pytest

from kb.fetcher.connections import WebAccess
from kb.fetcher.redirects import check_presence, fetch_response
from kb.model.web_pages.page_facts import FetchFailed, FetchFailure
from kb.translation import Translator
from tests.fixtures.hostile_addresses import REFUSED
from tests.fixtures.hostile_site import (
    HEAD,
    Hostile,
    Responder,
    a_hostile_site,
    measured_cost,
    respond_endlessly,
    respond_with,
    respond_with_nothing,
)
from tests.support.fake_internet import FakeInternet

F = FetchFailure
GAZETTE, PUBLIC = "gazette.example", "93.184.215.14"
WAYS = WebAccess("Florilege/test", loopback=True)
SECONDS, MANY = 0.8, 20.0
"""Timeouts: for sites that never finish, and for all others, however slow the machine is."""
MERCY = 10.0
"""Seconds of delay that a busy machine may add."""
MEMORY = 64 << 20
ZEROS = bytes(1 << 20)


@cache
def bomb(wbits: int, megabytes: int = 40) -> bytes:
    packing = zlib.compressobj(1, wbits=wbits)
    return b"".join(packing.compress(ZEROS) for _ in range(megabytes)) + packing.flush()


def respond_with_body(body: bytes, *headers: bytes) -> Responder:
    lines = b"".join(header + b"\r\n" for header in headers)
    return respond_with(HEAD + lines + b"Content-Length: %d\r\n\r\n" % len(body) + body)


def chunked(*pieces: bytes) -> tuple[bytes, bytes]:
    return HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"".join(pieces)


HOSTILE: dict[str, tuple[Responder, FetchFailure]] = {
    "says nothing": (respond_with_nothing, F.TIMEOUT),
    "hangs up": (respond_with(b""), F.BROKEN),
    "drips its head": (respond_endlessly(b"HTTP/1.1 200 OK\r\nX: ", b"x", 0.02), F.TIMEOUT),
    "drips its headers": (respond_endlessly(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", 0.02), F.TIMEOUT),
    "drips its body": (respond_endlessly(HEAD + b"\r\n", b"x", 0.02), F.TIMEOUT),
    "drips its chunks": (respond_endlessly(*chunked(b"1\r\nx\r\n"), 0.02), F.TIMEOUT),
    "drips compressed nothing": (respond_endlessly(HEAD + b"Content-Encoding: gzip\r\n\r\n", b"", 0.02), F.TIMEOUT),
    "has no end of body": (respond_endlessly(HEAD + b"\r\n", ZEROS), F.TOO_LARGE),
    "has no end of chunks": (respond_endlessly(*chunked(b"100000\r\n", ZEROS, b"\r\n")), F.TOO_LARGE),
    "has chunks of one byte": (respond_endlessly(*chunked(b"1\r\nx\r\n" * 10_000)), F.TIMEOUT),
    "has chunks with long remarks": (respond_endlessly(*chunked(b"1;" + b"x" * 60_000 + b"\r\nx\r\n")), F.TOO_LARGE),
    "has a chunk size without end": (respond_endlessly(*chunked(b"f" * 1000)), F.BROKEN),
    "has no end of a header": (respond_endlessly(HEAD + b"X: ", b"x" * 1000), F.BROKEN),
    "has no end of headers": (respond_endlessly(HEAD, b"X: y\r\n" * 1000), F.BROKEN),
    "has 100,000 headers": (respond_with(HEAD + b"X: y\r\n" * 100_000 + b"\r\n"), F.BROKEN),
    "announces without end": (respond_endlessly(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 10), F.BROKEN),
    "switches to something else": (
        respond_with(b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
        F.BROKEN,
    ),
    "speaks of mail": (respond_with(b"220 courriel.example ESMTP\r\n"), F.BROKEN),
    "speaks of keys": (respond_with(b"SSH-2.0-OpenSSH_9.2\r\n"), F.BROKEN),
    "has a status that is not there": (respond_with(b"HTTP/1.1 777 Non\r\nContent-Length: 0\r\n\r\n"), F.FORBIDDEN),
    "says a length that is no number": (respond_with(HEAD + b"Content-Length: beaucoup\r\n\r\nx"), F.BROKEN),
    "says a length below zero": (respond_with(HEAD + b"Content-Length: -1\r\n\r\nx"), F.BROKEN),
    "says two lengths": (respond_with(HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx"), F.BROKEN),
    "says a length of twenty digits": (
        respond_with(HEAD + b"Content-Length: 99999999999999999999\r\n\r\nx"),
        F.TOO_LARGE,
    ),
    "says a length of a thousand digits": (
        respond_with(HEAD + b"Content-Length: " + b"9" * 1000 + b"\r\n\r\nx"),
        F.BROKEN,
    ),
    "says that it is too large": (respond_with(HEAD + b"Content-Length: 10485761\r\n\r\n"), F.TOO_LARGE),
    "says more than it sends": (respond_with(HEAD + b"Content-Length: 1000\r\n\r\nx"), F.BROKEN),
    "splits its lines": (respond_with(b"HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n"), F.BROKEN),
    "is a gzip bomb": (respond_with_body(bomb(31), b"Content-Encoding: gzip"), F.TOO_LARGE),
    "is a deflate bomb": (respond_with_body(bomb(-15), b"Content-Encoding: deflate"), F.TOO_LARGE),
    "is a zlib bomb": (respond_with_body(bomb(15), b"Content-Encoding: deflate"), F.TOO_LARGE),
    "is many bombs": (respond_with_body(gzip.compress(ZEROS) * 50, b"Content-Encoding: gzip"), F.TOO_LARGE),
    "is a bomb in a bomb": (respond_with_body(gzip.compress(bomb(31)), b"Content-Encoding: gzip, gzip"), F.BROKEN),
    "is a bomb in two headers": (
        respond_with_body(gzip.compress(bomb(31)), b"Content-Encoding: gzip", b"Content-Encoding: gzip"),
        F.BROKEN,
    ),
    "is compressed as nobody asked": (respond_with_body(b"x", b"Content-Encoding: br"), F.BROKEN),
    "is not compressed as it says": (respond_with_body(b"<p>Bonjour", b"Content-Encoding: gzip"), F.BROKEN),
    "is a PDF without end": (
        respond_endlessly(b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\n\r\n%PDF-1.4\n", ZEROS),
        F.TOO_LARGE,
    ),
    "leads to nowhere": (respond_with(b"HTTP/1.1 302 Found\r\n\r\n"), F.BROKEN),
    "leads to itself": (respond_with(b"HTTP/1.1 302 Found\r\nLocation: ?\r\n\r\n"), F.REDIRECTS),
    "leads to a file": (respond_with(b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n"), F.ADDRESS),
    "leads to a name and a password": (
        respond_with(b"HTTP/1.1 302 Found\r\nLocation: http://a:b@gazette.example/\r\n\r\n"),
        F.ADDRESS,
    ),
    "leads to an address without end": (
        respond_with(b"HTTP/1.1 302 Found\r\nLocation: /" + b"a" * 60_000 + b"\r\n\r\n"),
        F.ADDRESS,
    ),
    "leads to bytes": (respond_with(b"HTTP/1.1 302 Found\r\nLocation: http://\xff\xfe/\r\n\r\n"), F.ADDRESS),
}


def further(path: str) -> Responder:
    """One redirect of ten thousand."""
    return respond_with(b"HTTP/1.1 302 Found\r\nLocation: /%d\r\nContent-Length: 0\r\n\r\n" % (int(path[1:]) + 1))


@pytest.fixture(scope="module")
def site() -> Iterator[Hostile]:
    ways = {f"/{number}": way for number, (way, _) in enumerate(HOSTILE.values())}
    # A page for each hostile address, which redirects to it.
    away = {
        f"/away-{number}": respond_with(b"HTTP/1.1 301 Moved\r\nLocation: %s\r\n\r\n" % address.encode())
        for number, address in enumerate(REFUSED)
    }
    with a_hostile_site({**ways, **away}) as site:
        yield site


@pytest.mark.parametrize("number", range(len(HOSTILE)), ids=list(HOSTILE))
def test_a_hostile_response_fails_in_time(site: Hostile, number: int) -> None:
    expected = list(HOSTILE.values())[number][1]
    with measured_cost() as cost, pytest.raises(FetchFailed) as failed:
        fetch_response(site.address(f"/{number}"), WAYS, seconds=SECONDS if expected is F.TIMEOUT else MANY)
    assert (failed.value.failure, failed.value.message) == (expected, expected.message)
    assert cost.seconds < SECONDS + MERCY
    assert cost.memory < MEMORY


@pytest.mark.parametrize("number", range(len(HOSTILE)), ids=list(HOSTILE))
def test_a_hostile_response_to_a_link_check_ends_in_time(site: Hostile, number: int) -> None:
    with measured_cost() as cost:
        check_presence(site.address(f"/{number}"), WAYS, seconds=0.3)
    assert cost.seconds < MERCY
    assert cost.memory < MEMORY


@pytest.mark.parametrize("number", range(len(REFUSED)), ids=REFUSED)
def test_a_public_site_leads_to_nothing_that_is_not(site: Hostile, number: int) -> None:
    internet = FakeInternet({GAZETTE: [(PUBLIC,)]}, site.port)
    with pytest.raises(FetchFailed) as failed:
        fetch_response(f"http://{GAZETTE}/away-{number}", internet.ways())
    assert failed.value.failure in (F.REFUSED, F.ADDRESS)
    assert internet.connected == [(PUBLIC, 80)]


def test_ten_thousand_redirections_are_not_followed() -> None:
    with a_hostile_site(further) as site, measured_cost() as cost, pytest.raises(FetchFailed) as failed:
        fetch_response(site.address("/0"), WAYS)
    assert failed.value.failure == F.REDIRECTS
    assert len(site.asked) == 11
    assert cost.seconds < MERCY


def test_each_failure_is_a_sentence_in_french() -> None:
    french = Translator("fr")
    sentences = {french.sentence(FetchFailed(failure)) for failure in FetchFailure}
    assert len(sentences) == len(FetchFailure)
    assert not sentences & {failure.message for failure in FetchFailure}
