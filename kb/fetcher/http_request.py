"""Send one HTTP/1.1 request to another host, and read the head and body of the response within limits."""

import socket
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import h11

from kb.fetcher.connections import FetchDeadline, WebAccess, WebProxy, start_tls
from kb.fetcher.url_targets import UrlTarget
from kb.model.web_pages.page_facts import FetchFailed, FetchFailure

_PIECE = 64 * 1024
_LARGEST_HEAD = 64 * 1024
_MOST_INFORMATIONAL_RESPONSES = 10
"""How many answers may announce the one that counts."""
_BEGINNING = 1024
"""Bytes that show the kind of a body."""
_SLACK = 1 << 20
"""Bytes that may come beside those of a body: its chunks, its headers."""
_ACCEPT = "text/html,application/xhtml+xml,application/pdf;q=0.9,text/plain;q=0.8,*/*;q=0.5"
ENCODINGS = "gzip, deflate"
"""The encodings that we accept: all that can be decompressed piece by piece without another library."""
_EITHER = zlib.MAX_WBITS | 32
_RAW = -zlib.MAX_WBITS
_ZLIB = 8  # the compression method, in the low half of the first byte of a zlib header
_MOST_MEMBERS = 100


@dataclass(slots=True)
class DecompressedBody:
    """The bytes of a body, at most `most` of them; `encoding` is empty, gzip or deflate."""

    encoding: str
    most: int
    data: bytearray = field(default_factory=bytearray)
    _decompressor: "zlib._Decompress | None" = None
    _members: int = 0

    def add(self, piece: bytes) -> None:
        """Add the next piece. Raises FetchFailed: TOO_LARGE, or BROKEN for data in another compression."""
        if not self.encoding:
            self._keep(piece)
            return
        while piece and self._members < _MOST_MEMBERS:
            if self._decompressor is None:
                # Servers send deflate with or without the header of zlib.
                is_raw = self.encoding == "deflate" and piece[0] & 15 != _ZLIB
                self._decompressor = zlib.decompressobj(_RAW if is_raw else _EITHER)
                self._members += 1
            try:
                self._keep(self._decompressor.decompress(piece, self.most + 1 - len(self.data)))
            except zlib.error as error:
                # Some servers append other bytes; the data before them is good.
                if self._members > 1:
                    self._members = _MOST_MEMBERS
                    return
                raise FetchFailed(FetchFailure.BROKEN, str(error)) from None
            if not self._decompressor.eof:
                return
            piece = self._decompressor.unused_data
            self._decompressor = None

    def _keep(self, piece: bytes) -> None:
        self.data += piece
        if len(self.data) > self.most:
            raise FetchFailed(FetchFailure.TOO_LARGE, f"more than {self.most} bytes")


def content_encoding(header: str) -> str:
    """The one compression that a header names; empty for none. Raises FetchFailed for others, and for two at once."""
    names = [name for part in header.lower().split(",") if (name := part.strip()) not in ("", "identity")]
    match names:
        case []:
            return ""
        case ["gzip" | "x-gzip"]:
            return "gzip"
        case ["deflate"]:
            return "deflate"
        case _:
            raise FetchFailed(FetchFailure.BROKEN, f"encoded as {header[:50]}")


@dataclass(frozen=True, slots=True)
class ResponseHead:
    """The head of a response: its status, and its headers by lower-case name."""

    status: int
    headers: Mapping[str, str]


class _Exchange:
    """One request and its response on a socket; each step takes the time that is left, and each byte is counted."""

    def __init__(self, connection: socket.socket, deadline: FetchDeadline) -> None:
        self.connection, self._deadline, self._received = connection, deadline, 0
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LARGEST_HEAD)

    def response(self, request: h11.Request, body: bytes = b"") -> h11.Response:
        """Send a request, and return the head of the response. Raises FetchFailed."""
        try:
            sent = self._http.send(request) or b""
            sent += (self._http.send(h11.Data(body)) or b"") if body else b""
            sent += self._http.send(h11.EndOfMessage()) or b""
            self.connection.settimeout(self._deadline.left())
            self.connection.sendall(sent)
        except h11.LocalProtocolError as error:
            raise FetchFailed(FetchFailure.ADDRESS, str(error)) from None
        except TimeoutError:
            raise FetchFailed(FetchFailure.TIMEOUT, "sending") from None
        except OSError as error:
            raise FetchFailed(FetchFailure.BROKEN, type(error).__name__) from None
        for _ in range(_MOST_INFORMATIONAL_RESPONSES):
            event = self.next_event(_LARGEST_HEAD)
            if isinstance(event, h11.Response):
                return event
            if not isinstance(event, h11.InformationalResponse):
                break
        raise FetchFailed(FetchFailure.BROKEN, "no answer")

    def next_event(self, most: int) -> h11.Event:
        """The next event. `most`: how many raw bytes, with headers and compression, may have come by then."""
        while True:
            remaining = self._deadline.left()
            try:
                event = self._http.next_event()
                if isinstance(event, h11.Event):
                    return event
                if event is h11.PAUSED:
                    raise FetchFailed(FetchFailure.BROKEN, "more than one answer")
                self.connection.settimeout(remaining)
                data = self.connection.recv(_PIECE)
                self._http.receive_data(data)
            except h11.RemoteProtocolError as error:
                raise FetchFailed(FetchFailure.BROKEN, str(error)) from None
            except TimeoutError:
                raise FetchFailed(FetchFailure.TIMEOUT, "nothing came") from None
            except OSError as error:
                raise FetchFailed(FetchFailure.BROKEN, type(error).__name__) from None
            self._received += len(data)
            if self._received > most + _PIECE:
                raise FetchFailed(FetchFailure.TOO_LARGE, f"more than {most} bytes on the way")


class HttpConnection:
    """A connection for one request."""

    def __init__(self, target: UrlTarget, access: WebAccess, deadline: FetchDeadline) -> None:
        self._target, self._agent = target, access.agent
        proxy = access.proxy if not target.names_loopback else None
        connection = access.connect_to_proxy(proxy, target, deadline) if proxy else access.to(target, deadline)
        try:
            self._proxy = None if target.secure else proxy
            if target.secure and proxy:
                _open_tunnel(connection, proxy, target, access.agent, deadline)
            self._exchange = _Exchange(
                start_tls(connection, target.host, deadline) if target.secure else connection, deadline
            )
        except BaseException:
            connection.close()
            raise

    def close(self) -> None:
        """Close the connection."""
        self._exchange.connection.close()

    def head(self, method: str) -> ResponseHead:
        """Send the request, and return the head of the response. Raises FetchFailed."""
        headers = [
            ("Host", self._target.authority),
            ("User-Agent", self._agent),
            ("Accept", _ACCEPT),
            ("Accept-Language", "fr, en;q=0.5, *;q=0.3"),
            ("Accept-Encoding", ENCODINGS),
            ("Connection", "close"),
        ]
        if self._proxy and self._proxy.authorization:
            headers.append(("Proxy-Authorization", self._proxy.authorization))
        address = self._target.href if self._proxy else self._target.request_target
        response = self._exchange.response(h11.Request(method=method, target=address, headers=headers))
        joined: dict[str, str] = {}
        for raw, value in response.headers:
            # Headers of one name are joined by commas, as HTTP says.
            name, text = raw.decode("latin-1").lower(), value.decode("latin-1")
            joined[name] = f"{joined[name]}, {text}" if name in joined else text
        return ResponseHead(response.status_code, joined)

    def post(self, body: bytes, headers: Sequence[tuple[str, str]]) -> int:
        """Send a body with these headers, and return the status of the response. Raises FetchFailed."""
        own = [
            ("Host", self._target.authority),
            ("User-Agent", self._agent),
            ("Content-Length", str(len(body))),
            ("Connection", "close"),
        ]
        if self._proxy and self._proxy.authorization:
            own.append(("Proxy-Authorization", self._proxy.authorization))
        address = self._target.href if self._proxy else self._target.request_target
        request = h11.Request(method="POST", target=address, headers=[*own, *headers])
        return self._exchange.response(request, body).status_code

    def body(self, head: ResponseHead, most: int, is_enough: Callable[[bytes], bool]) -> bytes:
        """The decompressed body. Reading stops early if `is_enough` says so of the bytes read so far.

        Raises FetchFailed, TOO_LARGE for more than `most` bytes.
        """
        body = DecompressedBody(content_encoding(head.headers.get("content-encoding", "")), most)
        length = head.headers.get("content-length", "")
        if not body.encoding and length.isdecimal() and int(length[:19]) > most:
            raise FetchFailed(FetchFailure.TOO_LARGE, f"{length[:19]} bytes")
        while isinstance(event := self._exchange.next_event(most + _SLACK), h11.Data):
            body.add(bytes(event.data))
            if is_enough(bytes(body.data[:_BEGINNING])):
                break
        return bytes(body.data)


def _open_tunnel(
    connection: socket.socket, proxy: WebProxy, target: UrlTarget, agent: str, deadline: FetchDeadline
) -> None:
    """Have the proxy connect to a target by name: the proxy checks names, and may be the only one to resolve them."""
    host = f"[{target.host}]" if ":" in target.host else target.host
    address = f"{host}:{target.port}"
    headers = [("Host", address), ("User-Agent", agent)]
    if proxy.authorization:
        headers.append(("Proxy-Authorization", proxy.authorization))
    request = h11.Request(method="CONNECT", target=address, headers=headers)
    try:
        status = _Exchange(connection, deadline).response(request).status_code
    except FetchFailed as failed:
        raise FetchFailed(FetchFailure.UNREACHABLE, f"the proxy: {failed.why}") from None
    if not 200 <= status < 300:
        raise FetchFailed(FetchFailure.UNREACHABLE, f"the proxy answers {status}")
