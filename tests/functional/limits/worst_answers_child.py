"""Read every address of the worst library, and print what each answer costs this process: a line of JSON each.

The last line is how many megabytes the process grew, at least, while it gave the quick answers once more.
"""

import asyncio
import json
import sys
import time
from base64 import b64encode
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from starlette.applications import Starlette

from kb.cli.server.worker_app import tune_garbage_collector
from kb.freed_memory import return_freed_memory
from kb.settings import default_settings_in
from kb.site import create_app, open_library
from tests.functional.limits.worst_addresses import MCP_CALLS, addresses_of, reading_routes
from tests.functional.rights.caller_rights import Row, TokenBearer
from tests.support.cpu_time import slowness
from tests.support.thoroughness import IS_THOROUGH

OWNER = "claire"
SESSION, TOKEN = "une-session", "un-jeton"


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a request. `stays` and `peak` are megabytes of memory of this process: what it has more after the
    answer, and had more meanwhile. Only `peak` counts the pages of mapped files, which the system takes back.
    """

    path: str
    address: str
    login: str
    status: int
    size: int
    seconds: float
    stays: float
    peak: float
    is_streamed: bool


def headers_of(row: Row, login: str) -> dict[str, str]:
    match row.bearer if login else None:
        case None:
            return {}
        case TokenBearer.NONE:
            return {"cookie": f"kb-session={SESSION}"}
        case TokenBearer.BASIC:
            return {"authorization": "Basic " + b64encode(f"{login}:{TOKEN}".encode()).decode()}
        case TokenBearer.PARAMETER:
            return {}
        case bearer:
            return {"authorization": f"{bearer.value} {TOKEN}"}


async def ask(app: Starlette, address: str, headers: Mapping[str, str], body: bytes = b"") -> tuple[int, int, bool]:
    """Status and bytes of an answer, which is not kept, and whether it is made while it is sent. A body is posted."""
    parts = urlsplit(address)
    status, size, is_streamed = 0, 0, False

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0)
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        nonlocal status, size, is_streamed
        if message["type"] == "http.response.start":
            status = message["status"]
            is_streamed = all(name.lower() != b"content-length" for name, _ in message["headers"])
        elif message["type"] == "http.response.body":
            size += len(message.get("body", b""))

    sent = {"host": "127.0.0.1:8000", **headers}
    await app(
        {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http",
            "method": "POST" if body else "GET", "path": unquote(parts.path), "raw_path": parts.path.encode(),
            "root_path": "", "query_string": parts.query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
            "client": ("127.0.0.1", 5000), "server": ("127.0.0.1", 8000),
        },
        receive,
        send,
    )  # fmt: skip
    return status, size, is_streamed


def memory(name: str) -> float:
    """Megabytes: `VmRSS` now, `RssAnon` without the pages of mapped files, `VmHWM` at most since `forget_peak`."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) / 1024


def forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def return_memory_if_worth() -> None:
    """Return what many answers freed, each too little of it to be worth it: it is not what stays."""
    global after_return  # noqa: PLW0603 - a value of the process, as its memory is
    if memory("VmRSS") - after_return > WORTH_RETURNING:
        return_freed_memory()
        after_return = memory("VmRSS")


def grown_by_asking_again(app: Starlette, asked: Sequence[tuple[str, Mapping[str, str]]]) -> float:
    """Megabytes that the process has more after these answers, each of which it gave before."""
    return_freed_memory()
    before = memory("RssAnon")
    for address, headers in asked:
        LOOP.run_until_complete(ask(app, address, headers))
        return_memory_if_worth()
    return_freed_memory()
    return memory("RssAnon") - before


def measured(app: Starlette, path: str, address: str, headers: Mapping[str, str], login: str, body: bytes) -> Answer:
    forget_peak()
    before, kept, start = memory("VmRSS"), memory("RssAnon"), time.process_time()
    status, size, is_streamed = LOOP.run_until_complete(ask(app, address, headers, body))
    seconds, peak = time.process_time() - start, memory("VmHWM") - before
    return_memory_if_worth()
    called = f"{address} {body.decode()}" if body else address
    return Answer(path, called, login, status, size, seconds, memory("RssAnon") - kept, peak, is_streamed)


def best_measured(
    app: Starlette, path: str, address: str, headers: Mapping[str, str], login: str, body: bytes = b""
) -> Answer:
    """An answer with the seconds of the machine of `cpu_time`; one that is slow there is asked again: the first answer
    of a process makes values that the others use, and where others use the cores, the speed of the machine halves
    within a second.
    """
    before, answer = 1.0, measured(app, path, address, headers, login, body)
    tries, taken = 1, answer.seconds
    while taken > SLOW:
        after = slowness()
        answer = replace(answer, seconds=taken / max(before, after))
        if answer.is_streamed or answer.seconds <= SLOW or tries == TRIES:
            break
        before, again = after, measured(app, path, address, headers, login, body)
        answer = replace(again, stays=answer.stays + again.stays)
        tries, taken = tries + 1, again.seconds
    return answer


def message_of(method: str, params: Mapping[str, object]) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()


def report(answer: Answer) -> None:
    print(json.dumps(asdict(answer)), flush=True)  # noqa: T201


LOOP = asyncio.new_event_loop()
MCP_HEADERS = {
    "authorization": f"Bearer {TOKEN}",
    "content-type": "application/json",
    "accept": "application/json, text/event-stream",
    "mcp-protocol-version": "2025-06-18",
}
SLOW, TRIES = 0.9, 5
MOST_GROWTH = 10.0
"""Megabytes after some 600 answers that the process gave before: 17 kB each."""
QUICK = 0.1
"""Seconds of an answer that is asked again to see whether memory stays."""
WORTH_RETURNING = 5.0
"""Megabytes."""
after_return = 0.0


def main(data: Path, numbers: Mapping[str, str], only: str = "") -> None:
    """`only`: the routes whose path contains one of these texts, which commas separate."""
    settings = replace(default_settings_in(data), rate_read=0, slow_seconds=0)
    with closing(open_library(settings)) as library:
        app = create_app(library)
        # What a process prepares once, such as vocabularies and the modules of MCP, has bounds of its own.
        for address in ("/search?q=eau", "/g/pire/vocabulary"):
            LOOP.run_until_complete(ask(app, address, {}))
        LOOP.run_until_complete(ask(app, "/mcp", MCP_HEADERS, message_of("tools/list", {})))
        tune_garbage_collector()
        quick: list[tuple[str, Mapping[str, str]]] = []
        for path in reading_routes():
            if not any(part in path for part in only.split(",")):
                continue
            for place, (address, row) in enumerate(addresses_of(path, numbers)):
                # A stranger reads one address of each route: the same texts, of a group that everyone may read; of
                # files, which are the longest of all, only in `scripts/test-thorough`.
                is_streamed = False
                for login in (OWNER, "")[: 1 if place else 2]:
                    if is_streamed and not IS_THOROUGH:
                        continue
                    is_parameter = login and row.bearer is TokenBearer.PARAMETER
                    token = ("&" if "?" in address else "?") + f"auth_token={login}:{TOKEN}" if is_parameter else ""
                    headers = headers_of(row, login)
                    answer = best_measured(app, path, address + token, headers, login)
                    is_streamed = answer.is_streamed
                    report(answer)
                    if answer.seconds < QUICK:
                        quick.append((address + token, headers))
        for method, params in MCP_CALLS:
            report(best_measured(app, "/mcp", "/mcp", MCP_HEADERS, OWNER, message_of(method, params)))
        # What stays after each answer stays each time. Gaps between values are made and filled once.
        growth = [grown_by_asking_again(app, quick)]
        while growth[-1] > MOST_GROWTH and len(growth) < TRIES:
            growth.append(grown_by_asking_again(app, quick))
        print(json.dumps(min(growth)))  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]), *sys.argv[3:])
