"""Connections that keep a site busy, for `bench/pages/fairness.py`.

Reads {"port", "flood", "paths", "addresses", "kind"} as one line of JSON from standard input. Each connection requests
its next page as soon as it has a response, whatever the response: without a session, with an invented session
(`cookies`), or by a form (`forms`). Writes a line once all have sent a request, and the statuses of the responses as
JSON when standard input ends.
"""

import asyncio
import json
import re
import secrets
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import cycle, islice
from typing import Any

_HEAD = "HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: flood\r\nAccept: text/html\r\nX-Forwarded-For: {address}\r\n"
_FORM = "form_token=x&login=nobody&password=a-wrong-password"
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")


async def _ask(
    options: dict[str, Any], address: str, paths: Iterator[str], statuses: Counter[str], sent: asyncio.Semaphore
) -> None:
    first = True
    while True:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", options["port"])
            while True:
                writer.write(_request(options, address, next(paths)).encode("ascii"))
                if first:
                    sent.release()
                    first = False
                head = await reader.readuntil(b"\r\n\r\n")
                statuses[head[9:12].decode("ascii")] += 1
                length = _LENGTH.search(head)
                await reader.readexactly(int(length[1]) if length else 0)
                if b"\r\nconnection: close" in head.lower():
                    writer.close()
                    break
        except (OSError, asyncio.IncompleteReadError):
            statuses["no answer"] += 1
            await asyncio.sleep(0.05)


def _request(options: dict[str, Any], address: str, path: str) -> str:
    head = _HEAD.format(port=options["port"], address=address)
    match options["kind"]:
        case "forms":
            kind = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(_FORM)}"
            return f"POST {path} {head}{kind}\r\n\r\n{_FORM}"
        case "cookies":
            return f"GET {path} {head}Cookie: kb-session={secrets.token_hex(16)}\r\n\r\n"
        case _:
            return f"GET {path} {head}\r\n"


async def _flood(options: dict[str, Any]) -> Counter[str]:
    statuses: Counter[str] = Counter()
    sent = asyncio.Semaphore(0)
    paths = cycle(options["paths"])
    addresses = islice(cycle(options["addresses"]), options["flood"])
    tasks = [asyncio.create_task(_ask(options, address, paths, statuses, sent)) for address in addresses]
    for _ in tasks:
        await sent.acquire()
    print("asked", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return statuses


def main() -> None:
    print(json.dumps(asyncio.run(_flood(json.loads(sys.stdin.readline())))))


if __name__ == "__main__":
    main()
