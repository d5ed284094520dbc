"""HTTP/1.1 without its leniences, because a proxy may use others: a request whose head or body ends where another
reader may not see the end could carry a second request past the proxy.

h11 reads a bare line feed as a line end, joins folded lines, and takes equal lengths for one, as RFC 9112 (2.2, 5.2,
6.3) allows. It keeps none of this in its events, so the bytes are examined before it reads them.
"""

from typing import Any

import h11


class StrictConnection(h11.Connection):
    """A connection of h11 that raises RemoteProtocolError for such a request."""

    _searched = 0
    """Bytes of a head in which its end was looked for: a head that comes in small pieces is not searched anew for
    each.
    """

    def next_event(self) -> Any:
        """As h11 says."""
        state = self.their_state
        received = self.trailing_data[0] if state in {h11.IDLE, h11.SEND_BODY} else b""
        # Before h11 reads it: an answer to a request that it has read would have to suit its method.
        if state is h11.IDLE and (head := self._whole_head(received)) and _is_ambiguous(head):
            raise h11.RemoteProtocolError("ambiguous head")
        event = super().next_event()
        if isinstance(event, h11.EndOfMessage):
            # The last chunk with its trailers, which h11 reads at once.
            trailers = received[: len(received) - len(self.trailing_data[0])]
            if _has_bare_line_end(trailers):
                raise h11.RemoteProtocolError("ambiguous trailers")
        return event

    def _whole_head(self, received: bytes) -> bytes:
        """The head of a request, up to the first empty line as h11 reads it; empty if it is not whole."""
        ends = [at + len(blank) for blank in (b"\n\n", b"\n\r\n") if (at := received.find(blank, self._searched)) >= 0]
        self._searched = 0 if ends else max(0, len(received) - 2)
        return received[: min(ends, default=0)]


_SPACE = (b" ", b"\t")


def _is_ambiguous(head: bytes) -> bool:
    # Most heads have no length: each of these tests is one pass of the C library.
    if _has_bare_line_end(head) or head.startswith(_SPACE) or b"\r\n " in head or b"\r\n\t" in head:
        return True
    if b"content-length" not in head.lower():
        return False
    fields = [line.partition(b":") for line in head.split(b"\r\n")[1:]]
    lengths = [value.strip(b" \t") for name, _, value in fields if name.lower() == b"content-length"]
    return len(lengths) > 1 or not all(length.isdigit() for length in lengths)


def _has_bare_line_end(data: bytes) -> bool:
    return data.count(b"\n") != data.count(b"\r\n") or data.count(b"\r") != data.count(b"\r\n")
