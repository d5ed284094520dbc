"""Any response of a server gives a page or a failure."""

import gzip
import socket
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.fetcher.connections import WebAccess
from kb.fetcher.http_request import DecompressedBody, content_encoding
from kb.fetcher.redirects import FetchedResponse, check_presence, fetch_response
from kb.model.web_pages.page_facts import FetchFailed, FetchFailure, PageKind

F = FetchFailure
PUBLIC = "93.184.215.14"


def fetched_from(answer: bytes) -> FetchedResponse | FetchFailure:
    """The result of fetching a prepared response."""
    ends: list[socket.socket] = []

    def connect(_address: str, _port: int, _seconds: float) -> socket.socket:
        client_end, server_end = socket.socketpair()
        server_end.sendall(answer)
        server_end.shutdown(socket.SHUT_WR)
        ends.append(server_end)
        return client_end

    try:
        return fetch_response(
            "http://gazette.example/une.html", WebAccess("test", lambda *_: (PUBLIC,), connect), seconds=60
        )
    except FetchFailed as failed:
        return failed.failure
    finally:
        for end in ends:
            end.close()


lines = st.sampled_from(
    [
        "Content-Type: text/html; charset=utf-8",
        "Content-Type: text/html, text/html",
        "Content-Type: html",
        'Content-Type: \t;;charset="',
        "Content-Type: application/pdf",
        "Content-Type: image/png",
        "Content-Type: text/html; charset*=utf-8'fr'%ff; name*0=a; name*1*=%",
        "Content-Encoding: gzip",
        "Content-Encoding: deflate",
        "Content-Length: 3",
        "Content-Length: 03",
        "Content-Length: ",
        "Transfer-Encoding: chunked",
        "Transfer-Encoding: gzip, chunked",
        "Content-Disposition: attachment; filename*=utf-8''%ff%fe%00",
        "Content-Disposition: ;;=filename*0*=x''%",
        "Content-Language: fr-FR, en",
        "Location: //[",
        "Location: http://gazette.example/une.html",
        "Location: \xe9\xff",
        "Connection: close",
        "Upgrade: h2c",
        "X: " + "y" * 3000,
        ": z",
        "sans deux-points",
    ]
)
heads = st.builds(
    lambda status, headers, end: f"HTTP/1.1 {status} OK\r\n{end.join(headers)}{end}{end}".encode("latin-1"),
    st.sampled_from([100, 101, 103, 200, 204, 206, 299, 301, 302, 304, 401, 404, 408, 429, 500, 599, 999, "abc", ""]),
    st.lists(lines, max_size=5),
    st.sampled_from(["\r\n", "\n"]),
)
bodies = st.one_of(
    st.binary(max_size=200),
    st.binary(max_size=200).map(gzip.compress),
    st.binary(max_size=200).map(zlib.compress),
    st.sampled_from([b"3\r\nabc\r\n0\r\n\r\n", b"%PDF-1.4", b"<!DOCTYPE html>", b"f" * 30, b"-1\r\n"]),
)


@settings(max_examples=400)
@given(st.lists(heads | bodies, min_size=1, max_size=4).map(b"".join) | st.binary(max_size=300))
def test_any_answer_is_a_page_or_a_failure(answer: bytes) -> None:
    assert isinstance(fetched_from(answer), FetchedResponse | FetchFailure)


KINDS = {
    b'Content-Type: TEXT/HTML;Charset="ISO-8859-1"': (PageKind.HTML, "iso-8859-1"),
    b"Content-Type: text/html; charset=utf-8, text/html": (PageKind.HTML, "utf-8"),
    b"Content-Type: application/xhtml+xml": (PageKind.HTML, ""),
    b"Content-Type: text/plain": (PageKind.TEXT, ""),
    b"Content-Type: text/markdown; charset=utf-8": (PageKind.TEXT, "utf-8"),
    b"Content-Type: html": (PageKind.HTML, ""),
    b"X: y": (PageKind.HTML, ""),
    b"Content-Type: application/pdf": (PageKind.HTML, ""),
    b"Content-Type: application/zip": (PageKind.OTHER, ""),
}


@pytest.mark.parametrize(("header", "expected"), KINDS.items())
def test_a_page_is_what_its_server_calls_it_or_what_it_looks_like(
    header: bytes, expected: tuple[PageKind, str]
) -> None:
    response = fetched_from(b"HTTP/1.1 200 OK\r\n%s\r\n\r\n\n <!DOCTYPE html><p>Bonjour" % header)
    assert isinstance(response, FetchedResponse)
    assert (response.kind, response.charset) == expected
    assert bool(response.body) is (expected[0] != PageKind.OTHER)


STATUSES = {
    204: F.UNREADABLE,
    304: F.BROKEN,
    400: F.FORBIDDEN,
    401: F.FORBIDDEN,
    403: F.FORBIDDEN,
    404: F.GONE,
    408: F.TIMEOUT,
    410: F.GONE,
    429: F.TOO_OFTEN,
    451: F.FORBIDDEN,
    500: F.SERVER,
    503: F.SERVER,
    999: F.FORBIDDEN,
}


@pytest.mark.parametrize(("status", "failure"), STATUSES.items())
def test_each_http_status_is_mapped_to_a_failure(status: int, failure: FetchFailure) -> None:
    assert fetched_from(b"HTTP/1.1 %d Non\r\n\r\n" % status) == failure


def body_of(pieces: list[bytes], encoding: str, most: int = 1000) -> bytes:
    body = DecompressedBody(encoding, most)
    for piece in pieces:
        body.add(piece)
    return bytes(body.data)


RAW = zlib.compressobj(wbits=-15)
PACKED = {
    "gzip": gzip.compress(b"Bonjour"),
    "deflate": zlib.compress(b"Bonjour"),
    "deflate without its header": RAW.compress(b"Bonjour") + RAW.flush(),
    "gzip in two members": gzip.compress(b"Bon") + gzip.compress(b"jour"),
    "gzip with something after it": gzip.compress(b"Bonjour") + b"rien",
    "gzip in many empty members": gzip.compress(b"Bonjour") + gzip.compress(b"") * 1000,
}


@pytest.mark.parametrize("name", PACKED)
def test_a_compressed_body_is_the_same_however_it_is_cut(name: str) -> None:
    packed, encoding = PACKED[name], name.split(maxsplit=1)[0]
    assert body_of([packed], encoding) == b"Bonjour"
    assert body_of([packed[at : at + 1] for at in range(len(packed))], encoding) == b"Bonjour"


def test_a_body_has_as_many_bytes_as_are_wanted_and_no_more() -> None:
    for encoding, packed in (("", bytes(1000)), ("gzip", gzip.compress(bytes(1000)))):
        assert len(body_of([packed], encoding, most=1000)) == 1000
        with pytest.raises(FetchFailed) as failed:
            body_of([packed], encoding, most=999)
        assert failed.value.failure == F.TOO_LARGE


def test_at_most_one_content_encoding_is_decoded() -> None:
    assert [content_encoding(header) for header in ("", "identity", " GZIP ", "x-gzip", "deflate, identity")] == [
        "",
        "",
        "gzip",
        "gzip",
        "deflate",
    ]
    for header in ("gzip, gzip", "br", "gzip, deflate", "zstd", "\xff"):
        with pytest.raises(FetchFailed):
            content_encoding(header)


def test_an_unreachable_server_is_not_requested_twice() -> None:
    requests = []

    def nobody(address: str, _port: int, _seconds: float) -> socket.socket:
        requests.append(address)
        raise ConnectionRefusedError

    presence = check_presence("http://gazette.example/", WebAccess("test", lambda *_: (PUBLIC,), nobody))
    assert (presence.failure, requests) == (F.UNREACHABLE, [PUBLIC])
