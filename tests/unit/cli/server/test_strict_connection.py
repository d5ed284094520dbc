"""Requests that two readers may end at different places are refused, whatever the pieces in which they come."""

import h11
import pytest

from kb.cli.server.strict_connection import StrictConnection

FINE = (
    b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\na\nb",
    b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length:\t0 \r\n\r\n",
    b"POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n\na\n\r\n0\r\nb: c\r\n\r\n",
)
CHUNKED = b"POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
AMBIGUOUS_HEADS = {
    "a folded field": b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "a field folded by a tab": b"Transfer-Encoding:\r\n\tchunked\r\n\r\n0\r\n\r\n",
    "a bare line feed": b"X: a\nY: b\r\n\r\n",
    "an empty line of a line feed": b"X: a\r\n\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n",
    "line feeds alone": b"X: a\n\n",
    "a bare carriage return": b"X: a\rY: b\r\n\r\n",
    "two lengths in a field": b"Content-Length: 0, 0\r\n\r\n",
    "one length twice": b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
    "lengths that disagree": b"Content-Length: 0\r\ncontent-length: 5\r\n\r\nabcde",
    "a length with a sign": b"Content-Length: +5\r\n\r\nabcde",
    "an empty length": b"Content-Length:\r\n\r\n",
    "a space before the colon": b"Content-Length : 0\r\n\r\n",
}
AMBIGUOUS_TRAILERS = (b"0\r\n\n", b"0\r\nb: c\n\r\n", b"0\r\nb: c\n\n", b"3\nabc\r\n0\r\n\r\n")


def read(connection: StrictConnection, pieces: list[bytes]) -> list[object]:
    """The events that the pieces make."""
    events: list[object] = []
    for piece in pieces:
        connection.receive_data(piece)
        while (event := connection.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
            events.append(event)
    return events


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize("request_", FINE)
def test_usual_requests_are_read_one_after_the_other(request_: bytes, size: int) -> None:
    connection = StrictConnection(h11.SERVER)
    for _ in range(2):
        events = read(connection, pieces(request_, size))
        assert isinstance(events[-1], h11.EndOfMessage)
        connection.send(h11.Response(status_code=204, headers=[]))
        connection.send(h11.EndOfMessage())
        connection.start_next_cycle()


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize("fields", AMBIGUOUS_HEADS.values(), ids=AMBIGUOUS_HEADS)
def test_an_ambiguous_head_is_refused_and_can_be_answered(fields: bytes, size: int) -> None:
    connection = StrictConnection(h11.SERVER)
    with pytest.raises(h11.RemoteProtocolError):
        read(connection, pieces(b"POST /a HTTP/1.1\r\nHost: a\r\n" + fields, size))
    assert connection.send(h11.Response(status_code=400, headers=[])).startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize("body", AMBIGUOUS_TRAILERS)
def test_the_end_of_a_chunked_body_is_read_strictly(body: bytes, size: int) -> None:
    with pytest.raises(h11.RemoteProtocolError):
        read(StrictConnection(h11.SERVER), pieces(CHUNKED + body + b"\r\n\r\n", size))


def test_a_head_behind_another_request_is_examined_too() -> None:
    connection = StrictConnection(h11.SERVER)
    read(connection, [FINE[0] + b"GET /b HTTP/1.1\r\nHost: a\nX: b\r\n\r\n"])
    connection.send(h11.Response(status_code=204, headers=[]))
    connection.send(h11.EndOfMessage())
    connection.start_next_cycle()
    with pytest.raises(h11.RemoteProtocolError):
        connection.next_event()
