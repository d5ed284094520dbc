"""The test clients of this process get the answers that Starlette's own transport gives."""

from unittest.mock import patch

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.testclient import TestClient, _TestClientTransport
from starlette.types import Receive, Scope, Send

from tests.support.whole_answers import _in_parts


async def _site(scope: Scope, receive: Receive, send: Send) -> None:
    request = Request(scope, receive)
    body = await request.body()
    headers = {"x-query": request.url.query, "x-host": request.headers["host"], "x-server": str(scope["server"])}
    match request.url.path:
        case "/parts":
            await StreamingResponse(iter((b"one ", b"", b"two")), headers=headers)(scope, receive, send)
        case "/nothing":
            return
        case "/early":
            raise ValueError("early")
        case "/late":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"one", "more_body": True})
            raise ValueError("late")
        case "/away":
            await Response(status_code=303, headers={"location": "/é?a=1"})(scope, receive, send)
            assert await receive() == {"type": "http.disconnect"}
        case _:
            text = f"{scope['method']} {scope['path']} {scope['raw_path']} {body!r} {dict(request.headers)}"
            await PlainTextResponse(text, headers=headers)(scope, receive, send)


def _outcome(method: str, address: str, *, raises: bool) -> tuple[object, ...]:
    client = TestClient(_site, raise_server_exceptions=raises)
    try:
        answer = client.request(method, address, **({"content": "texte"} if method == "POST" else {}))
    except (ValueError, AssertionError) as error:
        return type(error), str(error) if isinstance(error, ValueError) else ""
    return answer.status_code, answer.headers.multi_items(), answer.content, len(answer.history), str(answer.url)


@pytest.mark.parametrize(
    "address", ["/a%20b?q=é", "/parts", "/nothing", "/early", "/late", "/away", "https://a.fr:1/b"]
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("raises", [True, False])
def test_answers_are_those_of_starlette(method: str, address: str, raises: bool) -> None:
    ours = _outcome(method, address, raises=raises)
    with patch.object(_TestClientTransport, "handle_request", _in_parts):
        assert _outcome(method, address, raises=raises) == ours


def test_parts_are_streamed_on_request() -> None:
    with TestClient(_site).stream("GET", "/parts") as answer:
        assert list(answer.iter_raw()) == [b"one ", b"two"]
