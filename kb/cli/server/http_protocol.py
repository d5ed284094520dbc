"""The HTTP connections of a worker: uvicorn's, with a limit on their number and a deadline for each request head.

uvicorn closes a connection only if it is idle after an answer. A client that sends nothing, or one byte now and then,
or that does not read its answer, would keep its connection for ever.
"""

import asyncio
import time
from collections.abc import Callable
from email.utils import formatdate
from enum import Enum, auto
from functools import lru_cache
from http import HTTPStatus
from typing import Any, ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from kb.cli.server.connection_limits import LARGE_HEAD, MOST_REFUSED, ConnectionRegistry
from kb.cli.server.strict_connection import StrictConnection

LONGEST_HEAD = 10.0
"""Seconds in which the head of a request must have come whole, from the connection or from its first byte on."""
LONGEST_REST = 30.0
"""Seconds in which the rest of a body that nobody reads must have come, once its request was answered: a browser whose
connection is closed while it sends shows no answer."""
LONGEST_LAST_BODY = 1.0
"""Seconds in which a body must have come whole once the server is asked to stop."""
LONGEST_REFUSAL = 1.0
"""Seconds in which a connection that is refused can read so."""
STALL = 30.0
"""Seconds after which a connection that reads its answer more slowly than SLOWEST_READING is closed."""
SLOWEST_READING = 512
"""Bytes a second."""

_RAW_CHARACTERS = (
    "Letters with accents and other characters beyond ASCII must be percent-encoded in an address: %C3%A9 for e acute."
)


def _closing_response(status: HTTPStatus, text: str, *headers: str) -> bytes:
    lines = (
        f"HTTP/1.1 {status.value} {status.phrase}",
        "Content-Type: text/plain; charset=utf-8",
        f"Content-Length: {len(text)}",
        *headers,
        "Connection: close",
        "",
        text,
    )
    return "\r\n".join(lines).encode("ascii")


_TOO_MANY_CONNECTIONS = _closing_response(
    HTTPStatus.SERVICE_UNAVAILABLE, "Too many connections are open: please try again in a moment.\n", "Retry-After: 30"
)
_TOO_MANY_LARGE_HEADS = _closing_response(
    HTTPStatus.SERVICE_UNAVAILABLE, "Too many long addresses are asked for: please try again.\n", "Retry-After: 30"
)
_REQUEST_TIMED_OUT = _closing_response(HTTPStatus.REQUEST_TIMEOUT, "The request did not come in time.\n")


@lru_cache(maxsize=1)
def _date_of(second: int) -> bytes:
    return formatdate(second, usegmt=True).encode("ascii")


def bounded_protocol(connections: ConnectionRegistry) -> type[H11Protocol]:
    """The connection class of one server, for uvicorn."""

    class Bounded(_BoundedProtocol):
        registry = connections

    return Bounded


class _State(Enum):
    HEAD = auto()
    """The head of a request is awaited, before a deadline."""
    ANSWER = auto()
    """A request is answered; its body may still come, which the application bounds."""
    REST = auto()
    """The request was answered before its body arrived: the rest of the body is discarded, until a deadline."""
    IDLE = auto()
    """Nothing of a next request has come: uvicorn closes the connection after a few seconds."""
    REFUSED = auto()


class _BoundedProtocol(H11Protocol):
    registry: ClassVar[ConnectionRegistry]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.conn = StrictConnection(h11.SERVER, self.config.h11_max_incomplete_event_size or LARGE_HEAD)
        self._state = _State.HEAD
        self._deadline: asyncio.TimerHandle | None = None
        self._reading: asyncio.TimerHandle | None = None
        self._unsent = 0
        self._head_size = 0
        self._is_in_address, self._has_raw_characters = True, False
        self._is_counted_refusal = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self.registry.admit(self, self.client[0] if self.client else ""):
            self._expect_head()
        else:
            self._refuse(_TOO_MANY_CONNECTIONS)

    def connection_lost(self, exc: Exception | None) -> None:
        self.registry.drop(self)
        if self._is_counted_refusal:
            self._is_counted_refusal = False
            self.registry.refused -= 1
        self._set_deadline(0, None)
        self._watch_reading(is_paused=False)
        super().connection_lost(exc)

    def close_idle(self) -> None:
        """Close it at once, for a newer connection."""
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        if self._state is _State.REFUSED:
            return
        if self._state is _State.IDLE:
            self._expect_head()
        if self._state is _State.HEAD:
            self._head_size += len(data)
            if self._head_size > LARGE_HEAD and not self.registry.allow_large_head(self):
                self._refuse(_TOO_MANY_LARGE_HEADS)
                return
            if self._is_in_address:
                line, newline, _ = data.partition(b"\n")
                self._has_raw_characters |= not line.isascii()
                self._is_in_address = not newline
        super().data_received(data)

    def handle_events(self) -> None:
        self.server_state.default_headers = [(b"date", _date_of(int(time.time()))), *self.config.encoded_headers]
        before = self.cycle
        super().handle_events()
        if self.cycle is not before:
            self._state = _State.ANSWER
            self._set_deadline(0, None)
            self.registry.begin_request(self)
        elif self._state is _State.REST and not self._is_body_expected():
            self._expect_head()

    def send_400_response(self, msg: str) -> None:
        """Say what programs such as curl get wrong, instead of `msg`, for an address with letters as they are.

        It is not read as if it were encoded, because a proxy may have read it otherwise (RFC 9112, section 3.2).
        """
        is_answered = self.conn.our_state not in {h11.IDLE, h11.SEND_RESPONSE}
        if self.cycle is not None:
            # What the application still answers is not sent, and it receives no more of the body.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if is_answered:
            self.transport.close()
        else:
            text = _RAW_CHARACTERS if self._has_raw_characters else msg
            self._refuse(_closing_response(HTTPStatus.BAD_REQUEST, f"{text}\n"))

    def on_response_complete(self) -> None:
        # The part of the body that has arrived and that the application has not read.
        self.cycle.body = bytearray()
        self.registry.end_request(self)
        if self._is_body_expected():
            self._state = _State.REST
            self._set_deadline(LONGEST_REST, self.transport.abort)
        else:
            self._state = _State.IDLE
        super().on_response_complete()

    def shutdown(self) -> None:
        super().shutdown()
        # Wait for the current answer, but not for the rest of what the client sends.
        self.loop.call_later(LONGEST_LAST_BODY, self._give_up_body)

    def _give_up_body(self) -> None:
        if self._state is _State.ANSWER and self._is_body_expected():
            self.transport.abort()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch_reading(is_paused=True)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._watch_reading(is_paused=False)

    def _is_body_expected(self) -> bool:
        # The name in h11 for a client that has not sent its whole body.
        return str(self.conn.their_state) == "SEND_BODY"

    def _expect_head(self) -> None:
        self._state, self._head_size = _State.HEAD, 0
        self._is_in_address, self._has_raw_characters = True, False
        self._set_deadline(LONGEST_HEAD, self._miss_head)

    def _miss_head(self) -> None:
        # A browser that opened a connection in advance must not take this answer for that of its next request.
        if self._head_size:
            self._refuse(_REQUEST_TIMED_OUT)
        else:
            self.transport.abort()

    def _refuse(self, answer: bytes) -> None:
        """Send the refusal and close; without an answer if too many refusals are open or the connection closes."""
        self._state = _State.REFUSED
        self.registry.drop(self)
        if self.transport.is_closing() or self.registry.refused >= MOST_REFUSED:
            self.transport.abort()
            return
        self._is_counted_refusal = True
        self.registry.refused += 1
        self.transport.write(answer)
        self.transport.write_eof()
        self._set_deadline(LONGEST_REFUSAL, self.transport.abort)

    def _set_deadline(self, seconds: float, callback: Callable[[], None] | None) -> None:
        """Call `callback` after so many seconds, in place of the previous deadline."""
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self.loop.call_later(seconds, callback) if callback else None

    def _watch_reading(self, *, is_paused: bool) -> None:
        """While an answer waits for its reader, check at intervals how much of it was read."""
        if self._reading is not None:
            self._reading.cancel()
        self._reading = self.loop.call_later(STALL, self._check_reading) if is_paused else None
        self._unsent = self.transport.get_write_buffer_size() if is_paused else 0

    def _check_reading(self) -> None:
        if self._unsent - self.transport.get_write_buffer_size() < STALL * SLOWEST_READING:
            self.transport.abort()
        else:
            self._watch_reading(is_paused=True)
