"""Send one HTTP/1.1 request to another host, and read the head and body of the response within limits."""

import socket
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass

import h11

from kb.fetcher.connections import FetchDeadline, WebAccess, WebProxy, start_tls
from kb.fetcher.decompression import ENCODINGS, DecompressedBody, content_encoding
from kb.fetcher.fetch_errors import FetchFailed
from kb.fetcher.url_targets import UrlTarget
from kb.model.web_pages.page_facts import FetchFailure

_PIECE = 64 * 1024
_LARGEST_HEAD = 64 * 1024
_MOST_INFORMATIONAL_RESPONSES = 10
"""How many answers may announce the one that counts."""
_BEGINNING = 1024
"""Bytes that show the kind of a body."""
_SLACK = 1 << 20
"""Bytes that may come beside those of a body: its chunks, its headers."""
_ACCEPT = "text/html,application/xhtml+xml,application/pdf;q=0.9,text/plain;q=0.8,*/*;q=0.5"


@dataclass(frozen=True, slots=True)
class ResponseHead:
    """The head of a response: its status, and its headers by lower-case name."""

    status: int
    headers: Mapping[str, str]


class HttpConnection:
    """A connection for one request, closed at the end of its block."""

    def __init__(self, place: UrlTarget, access: WebAccess, deadline: FetchDeadline) -> None:
        self._place, self._access, self._deadline = place, access, deadline
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LARGEST_HEAD)
        self._came = 0
        proxy = access.proxy if not place.names_loopback else None
        line = access.connect_to_proxy(proxy, place, deadline) if proxy else access.to(place, deadline)
        try:
            self._proxy = None if place.secure else proxy
            if place.secure and proxy:
                _open_tunnel(line, proxy, place, access.agent, deadline)
            self._line: socket.socket = start_tls(line, place.host, deadline) if place.secure else line
        except BaseException:
            line.close()
            raise

    def close(self) -> None:
        """Close the connection."""
        self._line.close()

    def head(self, method: str) -> ResponseHead:
        """Send the request, and return the head of the response. Raises FetchFailed."""
        headers = [
            ("Host", self._place.authority),
            ("User-Agent", self._access.agent),
            ("Accept", _ACCEPT),
            ("Accept-Language", "fr, en;q=0.5, *;q=0.3"),
            ("Accept-Encoding", ENCODINGS),
            ("Connection", "close"),
        ]
        if self._proxy and self._proxy.authorization:
            headers.append(("Proxy-Authorization", self._proxy.authorization))
        target = self._place.href if self._proxy else self._place.target
        _send_request(
            self._line, self._http, h11.Request(method=method, target=target, headers=headers), self._deadline
        )
        for _ in range(_MOST_INFORMATIONAL_RESPONSES):
            event = self._next_event(_LARGEST_HEAD)
            if isinstance(event, h11.Response):
                return _response_head(event)
            if not isinstance(event, h11.InformationalResponse):
                break
        raise FetchFailed(FetchFailure.BROKEN, "no answer")

    def body(self, head: ResponseHead, most: int, is_enough: Callable[[bytes], bool]) -> bytes:
        """The decompressed body. Reading stops early if `is_enough` says so of the bytes read so far.

        Raises FetchFailed, TOO_LARGE for more than `most` bytes.
        """
        body = DecompressedBody(content_encoding(head.headers.get("content-encoding", "")), most)
        length = head.headers.get("content-length", "")
        if not body.encoding and length.isdecimal() and int(length[:19]) > most:
            raise FetchFailed(FetchFailure.TOO_LARGE, f"{length[:19]} bytes")
        while isinstance(event := self._next_event(most + _SLACK), h11.Data):
            body.add(bytes(event.data))
            if is_enough(bytes(body.data[:_BEGINNING])):
                break
        return bytes(body.data)

    def _next_event(self, most: int) -> h11.Event:
        """The next event. `most`: how many raw bytes, with headers and compression, may have come by then."""
        while True:
            left = self._deadline.left()
            try:
                event = self._http.next_event()
                if isinstance(event, h11.Event):
                    return event
                if event is h11.PAUSED:
                    raise FetchFailed(FetchFailure.BROKEN, "more than one answer")
                self._line.settimeout(left)
                data = self._line.recv(_PIECE)
                self._http.receive_data(data)
            except h11.RemoteProtocolError as error:
                raise FetchFailed(FetchFailure.BROKEN, str(error)) from None
            except TimeoutError:
                raise FetchFailed(FetchFailure.TIMEOUT, "nothing came") from None
            except OSError as error:
                raise FetchFailed(FetchFailure.BROKEN, type(error).__name__) from None
            self._came += len(data)
            if self._came > most + _PIECE:
                raise FetchFailed(FetchFailure.TOO_LARGE, f"more than {most} bytes on the way")


def http_connection_to(place: UrlTarget, access: WebAccess, deadline: FetchDeadline) -> closing[HttpConnection]:
    """A connection to a target, for one request."""
    return closing(HttpConnection(place, access, deadline))


def _send_request(line: socket.socket, http: h11.Connection, request: h11.Request, deadline: FetchDeadline) -> None:
    try:
        said = (http.send(request) or b"") + (http.send(h11.EndOfMessage()) or b"")
        line.settimeout(deadline.left())
        line.sendall(said)
    except h11.LocalProtocolError as error:
        raise FetchFailed(FetchFailure.ADDRESS, str(error)) from None
    except TimeoutError:
        raise FetchFailed(FetchFailure.TIMEOUT, "sending") from None
    except OSError as error:
        raise FetchFailed(FetchFailure.BROKEN, type(error).__name__) from None


def _response_head(response: h11.Response) -> ResponseHead:
    """Headers of one name are joined by commas, as HTTP says."""
    headers: dict[str, str] = {}
    for raw, value in response.headers:
        name, text = raw.decode("latin-1").lower(), value.decode("latin-1")
        headers[name] = f"{headers[name]}, {text}" if name in headers else text
    return ResponseHead(response.status_code, headers)


def _open_tunnel(line: socket.socket, proxy: WebProxy, place: UrlTarget, agent: str, deadline: FetchDeadline) -> None:
    """Have the proxy connect to a target by name: the proxy checks names, and may be the only one to resolve them."""
    http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LARGEST_HEAD)
    host = f"[{place.host}]" if ":" in place.host else place.host
    target = f"{host}:{place.port}"
    headers = [("Host", target), ("User-Agent", agent)]
    if proxy.authorization:
        headers.append(("Proxy-Authorization", proxy.authorization))
    _send_request(line, http, h11.Request(method="CONNECT", target=target, headers=headers), deadline)
    while True:
        try:
            event = http.next_event()
            if event is h11.NEED_DATA:
                line.settimeout(deadline.left())
                http.receive_data(line.recv(_PIECE))
                continue
        except (h11.RemoteProtocolError, OSError) as error:
            raise FetchFailed(FetchFailure.UNREACHABLE, f"the proxy: {type(error).__name__}") from None
        if isinstance(event, h11.InformationalResponse):
            continue
        if isinstance(event, h11.Response) and 200 <= event.status_code < 300:
            return
        status = event.status_code if isinstance(event, h11.Response) else "nothing"
        raise FetchFailed(FetchFailure.UNREACHABLE, f"the proxy answers {status}")
