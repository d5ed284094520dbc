"""Strong ETags of their own for compressed answers (RFC 9110, 8.8.3.3).

A weak ETag is the same for both forms of an answer; a strong one, which `If-Match` requires, must differ.
"""

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kb.web.http.conditional_requests import COMPRESSED_SUFFIX


class StrongEtagMiddleware:
    """Changes the strong ETag of an answer that the middleware after it has compressed."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def tagged(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                tag = headers.get("etag", "")
                of_compressed = f'{tag[:-1]}{COMPRESSED_SUFFIX}"'
                compressed = headers.get("content-encoding") == "gzip"
                known = message["status"] == 304 and of_compressed in Headers(scope=scope).get("if-none-match", "")
                if tag.startswith('"') and (compressed or known):
                    headers["etag"] = of_compressed
            await send(message)

        await self.app(scope, receive, tagged if scope["type"] == "http" else send)
